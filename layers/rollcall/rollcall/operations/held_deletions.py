"""Deletions of clients that wait: listed, released (purged now) or refused (brought back)."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from rollcall.directory import held_deletion, purge
from rollcall.directory.context import Context
from rollcall.model.account_link import LOCAL
from rollcall.model.progress import Progress
from rollcall.model.record import Record
from rollcall.operations.accounts import client_errors
from rollcall.operations.operator import Operator
from rollcall.operator_error import OperatorError
from rollcall.scim.indexing import claim
from rollcall.scim.resource_type import Kind
from rollcall.storage.brake_items import BrakeItems
from rollcall.storage.held_accounts import HeldAccount
from rollcall.storage.index_entries import CLAIMED
from rollcall.storage.resources import Resources
from rollcall.storage.transactions import ConditionFailed

__all__ = [
    "HeldAccount",
    "HeldOutcome",
    "HeldResult",
    "HeldView",
    "batches",
    "holders_of",
    "refuse",
    "release",
    "select",
    "set_grace",
    "view",
]


class HeldError(OperatorError):
    """An account is not held, or there is no such wave."""


class HeldOutcome(StrEnum):
    """What became of an account whose deletion waited, or would become of it."""

    PURGED = "purged"
    BACK = "back, disabled and local"
    NAME_TAKEN = "its name is taken"
    GONE = "not held any more"


@dataclass(frozen=True)
class HeldResult:
    """What became of one account; `holder` is the id of the account that has its name."""

    held: HeldAccount
    outcome: HeldOutcome
    holder: str = ""


@dataclass(frozen=True)
class HeldView:
    """The accounts of a tenant whose deletion waits, the first that were deleted at the beginning.

    `grace` is how many days deletions wait; purging is stopped since `stopped`, empty where it is
    not. `holders` are the ids of the accounts that have the names by now, by the ids of the held
    ones.
    """

    grace: int
    stopped: str
    accounts: tuple[HeldAccount, ...]
    holders: dict[str, str]


def set_grace(operator: Operator, tenant: str, days: int) -> None:
    """Set how many days deletions wait. Raises TenantError."""
    operator.services.tenants.set_grace(tenant, days)
    operator.audit_log(tenant).write("brake set", f"Tenant/{tenant}", f"grace: {days} days")


def view(operator: Operator, tenant: str) -> HeldView:
    """Return the accounts whose deletion waits. Raises TenantError for an unknown tenant."""
    grace = operator.services.tenants.show(tenant).grace
    context = operator.context(tenant)
    accounts = tuple(context.held_accounts.all())
    stopped = context.purge_stop.since() if purge.is_stopped(context) else ""
    return HeldView(grace, stopped, accounts, holders_of(context.resources, accounts))


def select(
    operator: Operator,
    tenant: str,
    identifiers: Sequence[str],
    wave: int | None = None,
    *,
    every: bool = False,
) -> list[HeldAccount]:
    """Return held accounts by their ids, or those of a wave, or every one.

    Raises TenantError for an unknown tenant, HeldError for an id that is not held.
    """
    context = operator.context(tenant)
    if identifiers:
        found = context.held_accounts.read_many(identifiers)
        if missing := [each for each in identifiers if each not in found]:
            raise HeldError(
                f"{missing[0]} is not held: `rollcall brake list {tenant}` lists who is"
            )
        return list(found.values())
    selected = batches(operator, tenant, None if every else wave)
    return [each for batch in selected for each in batch]


def batches(
    operator: Operator, tenant: str, wave: int | None = None, until: str = ""
) -> Iterator[list[HeldAccount]]:
    """Yield the held accounts of a wave, or all, some at once; none that was deleted after `until`.

    Raises TenantError for an unknown tenant, HeldError for an unknown wave.
    """
    held_accounts = operator.context(tenant).held_accounts
    if wave is None:
        return held_accounts.batches(until=until)
    of_tenant = BrakeItems(operator.services.table, tenant).wave(wave)
    if of_tenant is None:
        raise HeldError(f"{tenant} has no wave {wave}: `rollcall brake show {tenant}` lists them")
    latest = min(of_tenant.latest, until) if until else of_tenant.latest
    return held_accounts.batches(of_tenant.began, latest)


def release(
    operator: Operator, tenant: str, accounts: Sequence[HeldAccount], *, dry_run: bool = False
) -> Generator[Progress, None, list[HeldResult]]:
    """Purge accounts now. What is interrupted can be repeated."""

    def act(context: Context, held: HeldAccount) -> HeldResult:
        context.log.describe("brake release", f"deleted {held.deleted}")
        context.log.set_change(_record(held), {}, ())
        purged = held_deletion.purge(context, held, context.actor)
        return HeldResult(held, HeldOutcome.PURGED if purged else HeldOutcome.GONE)

    results: list[HeldResult] = []
    if dry_run:
        return [HeldResult(held, HeldOutcome.PURGED) for held in accounts]
    contexts = operator.contexts(tenant)
    for held in accounts:
        results.append(act(contexts(), held))
        yield Progress(len(results), len(accounts), "accounts")
    _settle(operator, contexts())
    return results


def refuse(
    operator: Operator,
    tenant: str,
    accounts: Sequence[HeldAccount],
    user_name: str = "",
    *,
    dry_run: bool = False,
) -> Generator[Progress, None, list[HeldResult]]:
    """Bring accounts back, disabled and local, into the groups that still exist.

    One account may get another `user_name`. What is interrupted can be repeated, and the sweep
    joins the groups that were left. Raises AccountError for a name that no account may have.
    """
    if user_name and len(accounts) != 1:
        raise HeldError("another userName is for one account: name its id")
    documents = [
        {**held.document, "active": False, **({"userName": user_name} if user_name else {})}
        for held in accounts
    ]
    if dry_run:
        holders = holders_of(operator.context(tenant).resources, accounts, documents)
        return [_expected(held, holders) for held in accounts]
    results: list[HeldResult] = []
    contexts = operator.contexts(tenant)
    for held, document in zip(accounts, documents, strict=True):
        with client_errors():
            results.append(_refuse(contexts(), held, document))
        yield Progress(len(results), len(accounts), "accounts")
    _settle(operator, contexts())
    return results


def _refuse(context: Context, held: HeldAccount, document: dict[str, object]) -> HeldResult:
    context.log.describe("brake refuse", f"deleted {held.deleted}")
    record, actions = held_deletion.bring_back(
        context, held, document, LOCAL, groups=tuple(held.groups)
    )
    context.log.set_change(record, record.document, (), "link")
    try:
        context.commit(actions)
    except ConditionFailed as error:
        if error.labels != {CLAIMED}:
            return HeldResult(held, HeldOutcome.GONE)
        holders = holders_of(context.resources, [held], [document])
        return HeldResult(held, HeldOutcome.NAME_TAKEN, holders.get(held.id, ""))
    while not held_deletion.finish_return(context, held.id):
        pass  # it goes on where it was
    return HeldResult(held, HeldOutcome.BACK)


def _settle(operator: Operator, context: Context) -> None:
    """Let purging go on where nothing that stopped it is left."""
    if context.purge_stop.since() and not purge.is_stopped(context):
        context.purge_stop.clear()
        operator.services.summaries.note_change(context.tenant)


def _expected(held: HeldAccount, holders: dict[str, str]) -> HeldResult:
    if holder := holders.get(held.id):
        return HeldResult(held, HeldOutcome.NAME_TAKEN, holder)
    return HeldResult(held, HeldOutcome.BACK)


def holders_of(
    resources: Resources,
    accounts: Sequence[HeldAccount],
    documents: Iterable[dict[str, object]] = (),
) -> dict[str, str]:
    """Return the ids of the accounts that have the names of held ones, by the ids of these."""
    named = {
        held.id: claim(Kind.USER, document)
        for held, document in zip(accounts, documents or _documents(accounts), strict=True)
    }
    holders = resources.find_many(Kind.USER, named.values())
    return {held: holders[entry] for held, entry in named.items() if entry in holders}


def _documents(accounts: Iterable[HeldAccount]) -> Iterator[dict[str, object]]:
    return (dict(held.document) for held in accounts)


def _record(held: HeldAccount) -> Record:
    return Record(
        Kind.USER, held.id, held.document, held.version, held.created, held.deleted, link=held.link
    )
