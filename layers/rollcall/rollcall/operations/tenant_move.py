"""Moves a tenant from one deployment to another, or takes the move back.

It may be interrupted anywhere and repeated: `relocation` (of tenants) says how far it is. Secrets
and items pass through memory, and are neither printed nor stored anywhere else.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from rollcall.model.actor import Actor
from rollcall.model.progress import Progress
from rollcall.operations import closing
from rollcall.operations.move_run import MoveRun
from rollcall.operations.operator import Operator
from rollcall.storage import tenant_items
from rollcall.storage.outbox import Outbox
from rollcall.storage.tenant_copy import Comparison, TenantCopy
from rollcall.tenants.relocation import Relocation, Stage
from rollcall.tenants.tenants import TenantError

_Result = TypeVar("_Result")

ROUNDS = 3
"""How often the copy is compared until nothing had to be written again."""


@dataclass(frozen=True)
class PlannedMove:
    """What a move would do: how far it is, from which Tenant URL to which, what the tenant holds.

    `tokens` and `clients` are how many there are that go on working.
    """

    tenant: str
    stage: Stage
    source_url: str
    target_url: str
    users: int
    groups: int
    tokens: int
    clients: int


@dataclass(frozen=True)
class FinishedMove:
    """A tenant that another deployment serves; the comparison is None where it was made before."""

    tenant: str
    source_url: str
    target_url: str
    clients: int
    comparison: Comparison | None


def plan(source: Operator, target: Operator, tenant: str) -> PlannedMove:
    """Return what a move would do; nothing is changed. Raises TenantError."""
    stage = _relocation(source, target, tenant).stage()
    _check_deployments(source, target)
    stored = source.services.tenants.show(tenant)
    counts = {kind.value: n for kind, n in source.services.directory(tenant).counts().items()}
    return PlannedMove(
        tenant,
        stage,
        source.tenant_url(tenant),
        target.tenant_url(tenant),
        counts["User"],
        counts["Group"],
        len(stored.tokens),
        len(stored.clients),
    )


def move(
    source: Operator,
    target: Operator,
    tenant: str,
    *,
    pace: int = 0,
    wait: bool = True,
    sleep: Callable[[float], None] = time.sleep,
) -> Generator[Progress, None, FinishedMove]:
    """Move a tenant, or go on with its move.

    `pace` is how many items a second are written at most, 0 for as many as possible. Without `wait`
    it does not wait for requests that are under way. Raises TenantError where the tenant cannot be
    moved, another one has its name at the target, or another process is at the move.
    """
    relocation = _relocation(source, target, tenant)
    stage = relocation.stage()
    if stage is Stage.ABANDONED:
        raise TenantError(f"the move of {tenant} is being taken back, repeat it with --abandon")
    _check_deployments(source, target)
    act, comparison = relocation.act(), None
    if stage in (Stage.NOT_BEGUN, Stage.CLOSED):
        reason = f"it is moved to {target.tenant_url(tenant)}; repeat the move, or --abandon it"
        yield from closing.close(source, tenant, act, reason, wait=wait, sleep=sleep)
        if stage is Stage.NOT_BEGUN:
            _log(source, tenant, f"to {target.tenant_url(tenant)}")
    with MoveRun(target.services, tenant, pace=pace, sleep=sleep) as run:
        if stage in (Stage.NOT_BEGUN, Stage.CLOSED):
            closing.keep_sweep_away(target.services, tenant, act)
            is_new = relocation.announce(act, source.tenant_url(tenant))
            comparison = yield from _copied(source, target, tenant, run, is_new=is_new)
            relocation.depart(act, target.tenant_url(tenant))
        closing.let_sweep(target.services, tenant, act)
        run.renew()
        relocation.arrive(act)
    _tell(source, target, tenant, act)
    clients = len(target.services.tenants.show(tenant).clients)
    urls = source.tenant_url(tenant), target.tenant_url(tenant)
    return FinishedMove(tenant, *urls, clients, comparison)


def abandon(
    source: Operator, target: Operator, tenant: str, sleep: Callable[[float], None] = time.sleep
) -> Generator[Progress]:
    """Take a move back: delete what has arrived, and let the source serve the tenant again.

    Raises TenantError where no move has begun, or the target serves the tenant already.
    """
    relocation = _relocation(source, target, tenant)
    stage = relocation.stage()
    if stage is Stage.NOT_BEGUN:
        raise TenantError(f"{tenant} is not being moved")
    if stage is Stage.DONE:
        raise TenantError(
            f"{target.tenant_url(tenant)} is served already: move {tenant} back, once what is left "
            "of it at the source is deleted"
        )
    act = relocation.act()
    with MoveRun(target.services, tenant, sleep=sleep) as run:
        relocation.forget(act)
        target.services.reports.delete(tenant)
        for number in tenant_items.delete(target.services.table, tenant):
            run.renew()
            yield Progress(number, unit="items", step="deleting what has arrived:")
        closing.let_sweep(target.services, tenant, act)
        closing.reopen(source, tenant, act)
    _log(source, tenant, "abandoned")


def _copied(
    source: Operator, target: Operator, tenant: str, run: MoveRun, *, is_new: bool
) -> Generator[Progress, None, Comparison]:
    """Copy everything but the secret, and compare it until both sides are equal."""
    here, there = source.services, target.services
    for number in here.reports.copy(tenant, there.reports):
        run.renew()
        yield Progress(number, unit="reports", step="copying")
    erasures = there.erasures(tenant)
    for each in here.erasures(tenant).read():
        erasures.record(each.id, each.names, datetime.fromisoformat(each.at))
    copy = TenantCopy(here.table, there.table, tenant)
    if is_new:
        yield from _told("copying", run.steps(copy.write()))
    for _ in range(ROUNDS):
        comparison = yield from _told("comparing", run.steps(copy.compare()))
        if comparison.is_equal:
            return comparison
    raise TenantError(f"something still changes {tenant} at the source; repeat the move later")


def _told(step: str, work: Generator[int, None, _Result]) -> Generator[Progress, None, _Result]:
    """Yield the progress of work that yields how many items it has handled."""
    while True:
        try:
            yield Progress(next(work), unit="items", step=step)
        except StopIteration as end:
            result: _Result = end.value
            return result


def _relocation(source: Operator, target: Operator, tenant: str) -> Relocation:
    here, there = source.services, target.services
    return Relocation(tenant, (here.tenants, here.secrets), (there.tenants, there.secrets))


def _check_deployments(source: Operator, target: Operator) -> None:
    """Refuse a target that would show other access, or refuse a client that signs in here."""
    here, there = source.services.settings, target.services.settings
    if here.access_levels != there.access_levels:
        raise TenantError("the deployments have different access levels or roles")
    if missing := sorted(here.issuer_hosts - there.issuer_hosts):
        raise TenantError(f"the target does not read the keys of issuers at {', '.join(missing)}")


def _tell(source: Operator, target: Operator, tenant: str, act: str) -> None:
    """Tell the consumers of events that the tenant is here now, once however often it is told."""
    said = {"from": source.tenant_url(tenant), "to": target.tenant_url(tenant)}
    notice = act.replace(" ", "-")
    actor = Actor(notice, target.name)
    Outbox(target.services.table, tenant).write("tenant.moved", tenant, said, actor, notice)
    _log(target, tenant, f"from {source.tenant_url(tenant)}")


def _log(operator: Operator, tenant: str, detail: str) -> None:
    operator.audit_log(tenant).write("move", f"Tenant/{tenant}", detail)
