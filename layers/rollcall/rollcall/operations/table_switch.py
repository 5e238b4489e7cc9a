"""Makes a copy of the table at an earlier time fit to take the table's place, for all tenants.

The tenants are closed first, and stay closed until the stack uses the copy. Whoever was shut out
since the time is shut out of the copy, from the table where it can still be read, and from the list
of erasures in any case. Like a restore it is repeated with the same command where it was stopped.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta

from rollcall.aws.table_copies import TableCopies
from rollcall.directory.context import Context
from rollcall.model.progress import Progress
from rollcall.model.record import Record
from rollcall.operations import closing, repair
from rollcall.operations.operator import Operator
from rollcall.operations.restore_plan import RestorePlan
from rollcall.operations.restore_writes import RestoreWrites
from rollcall.operations.table_restore import (
    POLL_SECONDS,
    Restoration,
    Restored,
    act_of,
    copy_of,
    plan_of,
    write_all,
)
from rollcall.runtime.services import Services
from rollcall.scim.instant import instant
from rollcall.scim.resource_type import Kind
from rollcall.storage.deployment_keys import ASSERTION
from rollcall.storage.document_item import TOMBSTONE_DAYS, is_held
from rollcall.storage.findings import Findings
from rollcall.storage.held_accounts import HeldAccounts
from rollcall.storage.keys import Keys, identifier
from rollcall.storage.person_items import PersonItems
from rollcall.storage.table import Table
from rollcall.storage.table_comparison import TableComparison
from rollcall.storage.transactions import ConditionFailed
from rollcall.tenants import closure
from rollcall.tenants.tenants import TenantError


@dataclass
class PreparedCopy:
    """A copy that may take the table's place, its stream, and what was done for each tenant."""

    name: str
    stream: str = ""
    tenants: dict[str, Restored] = field(default_factory=dict)
    unknown: int = 0


def prepare(operator: Operator, how: Restoration) -> Generator[Progress, None, PreparedCopy]:
    """Close all tenants, and make the copy of the table at a time fit to take its place.

    Raises CopyError where no copy can be made.
    """
    services = operator.services
    copies = TableCopies(services.clients.dynamodb, services.table.name)
    copy = yield from copy_of(services, how)
    live = services.table if copies.source_exists() else None
    prepared = PreparedCopy(copy.name)
    settings = replace(services.settings, table=copy.name)
    over_copy = replace(operator, services=Services(settings, services.clients, services.clock))
    (operator if live is not None else over_copy).record("restore --whole-table", copy.name)
    tenants = sorted(services.tenants.names())
    yield from _close(operator, tenants, how, live=live is not None)
    for tenant in tenants:
        comparison = TableComparison(copy, live, tenant)
        plan = plan_of(services, comparison, how.at)
        result = yield from _prepare(over_copy, plan, how)
        prepared.tenants[tenant] = result
    if live is not None:
        for item in live.scan(ASSERTION):
            _put(copy, item)
        services.deployment_log().copy_to(copy)
    prepared.unknown = yield from _delete_others(copy, set(tenants))
    while not copies.make_ready_to_serve(copy.name):
        yield Progress(step=f"waiting for recovery, stream and protection of {copy.name}")
        how.sleep(POLL_SECONDS)
    prepared.stream = copies.state(copy.name).stream
    return prepared


def is_in_place(operator: Operator, how: Restoration) -> bool:
    """Tell whether the deployment uses the copy of the table at a time."""
    name = operator.services.table.name
    return name.endswith(TableCopies(operator.services.clients.dynamodb, "").name(how.at))


def reopen(operator: Operator, how: Restoration) -> list[str]:
    """Open the tenants that the preparation of a copy has closed; return their names."""
    act, tenants = act_of(how.at), operator.services.tenants
    operator.record("restore --reopen", operator.services.table.name)
    names = [each.name for each in tenants.list() if each.closure and each.closure.act == act]
    for name in names:
        closing.reopen(operator, name, act)
    return names


def _close(
    operator: Operator, tenants: list[str], how: Restoration, *, live: bool
) -> Iterator[Progress]:
    """Close all tenants, then wait once for what is under way.

    Raises TenantError before any is closed where another act has closed one.
    """
    services, act = operator.services, act_of(how.at)
    for each in services.tenants.list():
        if each.closure and each.closure.act != act:
            raise TenantError(each.closure.sentence(each.name))
    for number, tenant in enumerate(tenants):
        yield Progress(number, len(tenants), unit="tenants", step="closing")
        closure.close(services.tenants, tenant, act, f"all goes back to {instant(how.at)}")
        if live:
            closing.keep_sweep_away(services, tenant, act)
    if live and tenants:
        longest = max(closing.time_under_way(services, tenant) for tenant in tenants)
        yield from closing.waiting(longest, how.sleep)


def _prepare(
    over_copy: Operator, plan: RestorePlan, how: Restoration
) -> Generator[Progress, None, Restored]:
    """Shut whoever was shut out since the time out of the copy, for one tenant."""
    comparison, act = plan.comparison, act_of(how.at)
    tenant, live = comparison.tenant, comparison.live
    result = Restored(comparison.copy.name)
    log = over_copy.audit_log(tenant)
    writes = RestoreWrites(over_copy.contexts(tenant, act), comparison, how.at, log)
    writes.finish()
    yield from write_all(plan, writes, how, result)
    _purge_held(plan, writes)
    if live is not None:
        writes.bring_tombstones(live)
        _carry_over(comparison.copy, live, tenant)
    writes.finish()
    _erase_again(plan, writes.context)
    result.failed = writes.failed
    result.verification = yield from repair.verify(over_copy, tenant, repair=True, act=act)
    return result


def _purge_held(plan: RestorePlan, writes: RestoreWrites) -> None:
    """Purge the accounts that were held at the time, and were purged or erased since."""
    comparison = plan.comparison
    held = HeldAccounts(comparison.copy, comparison.tenant)
    for account in held.all():
        record = Record(Kind.USER, account.id, account.document, 0, account.created, "")
        (pair,) = comparison.read(Kind.USER, [account.id])
        gone = pair.live is not None and "deleted" in pair.live and not is_held(pair.live)
        if gone or record in plan.erased:
            writes.context.table.transact(held.purge(account))


def _erase_again(plan: RestorePlan, context: Context) -> None:
    """Erase what else the copy holds of those who were erased since, the tombstone last."""
    table, keys = context.table, context.resources.keys
    documents = table.get_many(keys.document(Kind.USER, each) for each in plan.erased.ids)
    gone = {identifier(pk): each for (pk, _), each in documents.items() if "deleted" in each}
    if not gone:
        return
    items, findings = PersonItems(table, context.tenant, gone), Findings(table, context.tenant)
    for name, finding in items.findings():
        findings.delete(name, finding)
    table.delete([*items.own(), *items.notices()])
    now, until = context.now(), context.clock() + timedelta(days=TOMBSTONE_DAYS)
    for account, tombstone in gone.items():
        notes = context.gone_values.deletions(account, tombstone.get("gone", ()))
        erasing = items.erasing(account, now, int(until.timestamp()), context.actor)
        with suppress(ConditionFailed):  # the erasure itself is in the copy
            table.transact([erasing, *notes])


def _carry_over(copy: Table, live: Table, tenant: str) -> None:
    """Bring hand-over links, notes and the use of tokens as they are now: a used link stays used.

    A link or a note that is gone does not come back.
    """
    keys = Keys(tenant)
    for partition in (keys.handovers(), keys.notes()):
        present = {item["sk"] for item in live.query(partition)}
        copy.delete(
            {"pk": partition, "sk": item["sk"]}
            for item in list(copy.query(partition))
            if item["sk"] not in present
        )
    for partition in (keys.handovers(), keys.notes(), keys.token_usages()):
        for item in live.query(partition):
            _put(copy, item)


def _delete_others(copy: Table, tenants: set[str]) -> Generator[Progress, None, int]:
    """Delete the items of tenants that were deleted since; return how many."""
    number = 0
    for page in copy.scan_pages(only=("pk", "sk")):
        others = [
            item for item in page if (name := item["pk"].partition("#")[0]) and name not in tenants
        ]
        copy.delete({"pk": item["pk"], "sk": item["sk"]} for item in others)
        number += len(others)
        yield Progress(number, unit="items", step="deleting what is of tenants that are gone:")
    return number


def _put(table: Table, item: dict[str, object]) -> None:
    key = {"pk": str(item["pk"]), "sk": str(item["sk"])}
    table.put(key, {name: value for name, value in item.items() if name not in key})
