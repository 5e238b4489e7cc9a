"""Brings one tenant back to what it was at an earlier time, from a copy of the table.

The copy is named by its time, and what is done already is no difference any more: a restore that
was stopped is repeated with the same command, and until it is done the tenant stays closed.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from rollcall.aws.table_copies import CopyError, TableCopies
from rollcall.model.progress import Progress
from rollcall.operations import closing, repair, template_changes
from rollcall.operations.operator import Operator
from rollcall.operations.repair import Verification
from rollcall.operations.restore_plan import (
    ErasedAccounts,
    RestoredResource,
    RestorePlan,
    revocations,
    shut_out,
    summary,
)
from rollcall.operations.restore_writes import RestoreWrites
from rollcall.runtime.services import Services
from rollcall.scim.instant import instant
from rollcall.scim.resource_type import Kind
from rollcall.storage.brake_items import BrakeItems
from rollcall.storage.table import Table
from rollcall.storage.table_comparison import TableComparison
from rollcall.templates.catalogue import Catalogue

__all__ = ["CopyError", "Restoration", "Restored", "act_of", "copy_of", "instant", "restore"]

POLL_SECONDS = 10
"""How long it is between two looks at a copy that is being made."""

WRITES_A_SECOND = 50
"""How many resources are written a second at most, unless an operator says otherwise."""

Show = Callable[[Mapping[str, Any]], None]
Sleep = Callable[[float], None]

_ORDER = (Kind.GROUP, Kind.USER)
"""Groups first: what their memberships give to users depends on which of them there are."""


@dataclass
class Restored:
    """What a restore found and did: the copy, differences by type, and what it applied again."""

    copy: str
    differences: Counter[str] = field(default_factory=Counter)
    again: Counter[str] = field(default_factory=Counter)
    verification: Verification = field(default_factory=Verification)
    failed: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Restoration:
    """How an operator wants a restore: the time, what is shown of it, and how fast it writes."""

    at: datetime
    show: Show = lambda _: None
    writes_a_second: int = WRITES_A_SECOND
    sleep: Sleep = time.sleep


def act_of(at: datetime) -> str:
    """Return the name of the act that closes tenants while they are brought back to a time."""
    return f"restore {instant(at)}"


def restore(
    operator: Operator, tenant: str, how: Restoration, *, dry_run: bool = False
) -> Generator[Progress, None, Restored]:
    """Bring a tenant back to a time, but for whoever was shut out since; with `dry_run` only show.

    Raises TenantError for an unknown tenant, CopyError where no copy can be made.
    """
    services = operator.services
    services.tenants.show(tenant)
    copy = yield from copy_of(services, how)
    comparison = TableComparison(copy, services.table, tenant)
    result = Restored(copy.name)
    plan = plan_of(services, comparison, how.at)
    if dry_run:
        yield from _show_all(plan, how, result)
        return result
    act = act_of(how.at)
    yield from closing.close(
        operator, tenant, act, f"it is brought back to {instant(how.at)}", sleep=how.sleep
    )
    writes = RestoreWrites(
        operator.contexts(tenant, act),
        comparison,
        how.at,
        operator.audit_log(tenant),
    )
    writes.finish()
    _show_templates(comparison, how, result)
    _restore_templates(operator, comparison, act)
    yield from write_all(plan, writes, how, result)
    yield from _restore_members(plan, writes, how, result)
    writes.bring_tombstones(copy)
    writes.finish()
    result.failed = writes.failed
    result.verification = yield from repair.verify(operator, tenant, repair=True, act=act)
    writes.log.write("restore", "", _detail(how.at, result))
    closing.reopen(operator, tenant, act)
    return result


def copy_of(services: Services, how: Restoration) -> Generator[Progress, None, Table]:
    """Make the copy of the table at a time, or wait for the one that is being made."""
    copies = TableCopies(services.clients.dynamodb, services.table.name)
    name, waited = copies.name(how.at), 0
    while not (state := copies.state(name)).ready:
        if not state.exists:
            copies.begin(name, how.at)
        yield Progress(step=f"waiting for the copy {name}, {waited // 60} minutes so far")
        how.sleep(POLL_SECONDS)
        waited += POLL_SECONDS
    copies.set_expiry_and_tags(name)
    return Table(services.clients.dynamodb, name, services.table.retry)


def plan_of(services: Services, comparison: TableComparison, at: datetime) -> RestorePlan:
    """Return the plan for the tenant of a comparison; `services` are over the live table."""
    tenant = comparison.tenant
    key = bytes.fromhex(services.tenants.show(tenant).key)
    erased = ErasedAccounts(services.erasures(tenant).read(), key)
    since, gone = [], frozenset[str]()
    if comparison.live is not None:
        since = list(services.log(tenant).read(at, services.clock()))
        gone = shut_out(BrakeItems(comparison.live, tenant).disabled(instant(at)), since)
    levels = services.settings.access_levels
    return RestorePlan(comparison, erased, revocations(since), levels, gone)


def write_all(
    plan: RestorePlan, writes: RestoreWrites, how: Restoration, result: Restored
) -> Iterator[Progress]:
    """Write what the plan says of every group and user, and count it."""
    paced = _Pace(how)
    for kind in _ORDER:
        for outcome in plan.outcomes(kind):
            count(outcome, how, result)
            if writes.is_needed(outcome):
                yield paced.next(f"restoring {kind.value.lower()}s")
                writes.write(outcome)
        yield from _write_waiting(plan, writes, kind, paced)


def count(outcome: RestoredResource, how: Restoration, result: Restored) -> None:
    """Count and show a difference."""
    result.again.update(each.value for each in outcome.again)
    if outcome.change:
        result.differences[f"{outcome.kind.value.lower()}s {outcome.change}"] += 1
        how.show(summary(outcome))


def _write_waiting(
    plan: RestorePlan, writes: RestoreWrites, kind: Kind, paced: _Pace
) -> Iterator[Progress]:
    """Write the resources that could not be written: others had their names, or changed them.

    Where several want each other's names, they are given other names in between.
    """
    waiting, freed = writes.waiting(kind), False
    while waiting:
        for outcome in map(plan.outcome, plan.comparison.read(kind, waiting)):
            yield paced.next("restoring names that others had")
            writes.write(outcome)
        left = writes.waiting(kind)
        if len(left) == len(waiting):
            if freed:
                writes.failed += [f"{kind.value} {each}: its name is taken" for each in left]
                return
            for outcome in map(plan.outcome, plan.comparison.read(kind, left)):
                writes.free_name(outcome)
        freed, waiting = len(left) == len(waiting), left


def _restore_members(
    plan: RestorePlan, writes: RestoreWrites, how: Restoration, result: Restored
) -> Iterator[Progress]:
    paced = _Pace(how)
    for outcome in plan.outcomes(Kind.GROUP):
        _show_members(plan, outcome, how, result)
        if outcome.copy is not None and outcome.after is not None:
            for _ in writes.members(outcome.copy):
                yield paced.next("restoring memberships")


def _show_members(
    plan: RestorePlan, outcome: RestoredResource, how: Restoration, result: Restored
) -> None:
    """Count and show the members of a group that lives on which one of both tables lacks."""
    if outcome.copy is None or outcome.after is None:
        return
    pending = outcome.live.pending if outcome.live else ""
    for member, _, in_copy in plan.comparison.members(outcome.copy, pending):
        change = "only in the copy" if in_copy else "only live"
        result.differences[f"memberships {change}"] += 1
        how.show({"type": "Membership", "group": outcome.id, "id": member, "change": change})


def _show_all(plan: RestorePlan, how: Restoration, result: Restored) -> Iterator[Progress]:
    _show_templates(plan.comparison, how, result)
    for number, kind in enumerate(_ORDER):
        yield Progress(number, len(_ORDER), unit=f"{kind.value.lower()}s", step="comparing")
        for outcome in plan.outcomes(kind):
            count(outcome, how, result)
            if kind is Kind.GROUP:
                _show_members(plan, outcome, how, result)


def _templates_of(comparison: TableComparison) -> tuple[Catalogue, Catalogue]:
    copy, live = comparison.templates()
    return Catalogue.of(copy), Catalogue() if live is None else Catalogue.of(live)


def _show_templates(comparison: TableComparison, how: Restoration, result: Restored) -> None:
    copy, live = ({t.name: t for t in each.templates} for each in _templates_of(comparison))
    for name in sorted({*copy, *live}):
        if name not in live or name not in copy:
            change = "only in the copy" if name in copy else "only live"
        elif copy[name].has_same_content(live[name]):
            continue
        else:
            change = "differs"
        result.differences[f"templates {change}"] += 1
        how.show({"type": "Template", "id": name, "change": change})


def _restore_templates(operator: Operator, comparison: TableComparison, act: str) -> None:
    copy, live = _templates_of(comparison)
    if copy.templates or live.templates:
        template_changes.replace_all(operator, comparison.tenant, copy.templates, act)


def _detail(at: datetime, result: Restored) -> str:
    """Return what the log says of a restore: numbers."""
    counts = [f"{number} {each}" for each, number in sorted(result.differences.items())]
    again = [f"{number} {each} again" for each, number in sorted(result.again.items())]
    return "; ".join([f"brought back to {instant(at)}", *counts, *again])


@dataclass
class _Pace:
    """Writes so many resources a second at most."""

    how: Restoration
    done: int = 0

    def next(self, step: str) -> Progress:
        """Wait where the second is used up, and return the progress."""
        self.done += 1
        if self.done % self.how.writes_a_second == 0:
            self.how.sleep(1)
        return Progress(self.done, unit="written", step=step)
