"""Whether everything stored of a tenant agrees, and the repair of what does not."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from functools import partial

from rollcall.model.progress import Progress
from rollcall.operations.operator import Operator
from rollcall.runtime.services import Services
from rollcall.storage import verification
from rollcall.storage.audit_log import AuditLog
from rollcall.storage.faults import Fault
from rollcall.storage.transactions import ConditionFailed
from rollcall.templates.grants import repaired_access


@dataclass(frozen=True)
class Verification:
    """The faults of a tenant, a sentence each: those that remain, and those that were repaired."""

    remaining: tuple[str, ...] = ()
    repaired: tuple[str, ...] = ()


def verify(
    operator: Operator, tenant: str, *, repair: bool = False, act: str = ""
) -> Generator[Progress, None, Verification]:
    """Check that a tenant's documents, names, lookups, memberships, grants and counts agree.

    Reads the whole table once, and again when it finds a fault: a write that is just being made
    looks like a fault in one of the two reads only. A repair also moves the names that an earlier
    release stored to the keys of this one. `act` is the act that has closed the tenant, if one has.
    Raises TenantError for an unknown tenant.
    """
    services = operator.services
    moved = services.tenants.show(tenant).moved
    log = operator.audit_log(tenant)
    faults = yield from _lasting_faults(services, tenant, moved=moved)
    if not repair:
        return Verification(tuple(fault.sentence for fault in faults))
    repaired, remaining = repair_all(services, tenant, faults, log)
    if not moved and not any(fault.former_key for fault in remaining):
        services.tenants.mark_moved(tenant, act)
        repaired.append(Fault(f"all names of {tenant} are under the keys of this release"))
        faults = yield from _lasting_faults(services, tenant, moved=True)
        repaired_now, remaining = repair_all(services, tenant, faults, log)
        repaired += repaired_now
    return Verification(
        tuple(fault.sentence for fault in remaining), tuple(fault.sentence for fault in repaired)
    )


def repair_all(
    services: Services, tenant: str, faults: Sequence[Fault], log: AuditLog
) -> tuple[list[Fault], list[Fault]]:
    """Repair the faults that allow it; return those that were repaired, and the others."""
    repaired = [fault for fault in faults if _repair(services, tenant, fault, log)]
    return repaired, [fault for fault in faults if fault not in repaired]


def _lasting_faults(
    services: Services, tenant: str, *, moved: bool
) -> Generator[Progress, None, list[Fault]]:
    """Return the faults that are in both of two reads of the table."""
    grants = partial(repaired_access, access_levels=services.settings.access_levels)
    read = partial(verification.faults, services.table, tenant, grants, moved=moved)
    yield Progress(step="reading")
    first = list(read())
    if not first:
        return []
    yield Progress(len(first), unit="possible faults", step="reading again because of")
    again = {fault.sentence for fault in read()}
    return [fault for fault in first if fault.sentence in again]


def _repair(services: Services, tenant: str, fault: Fault, log: AuditLog) -> bool:
    """Repair a fault; return whether that was possible."""
    if (unfinished := fault.unfinished) is not None:
        finished = services.directory(tenant).finish(unfinished)
        if finished:
            log.write("repair", "", f"what was begun with {unfinished.id} is finished")
        return finished
    if not fault.repairs:
        return False
    # The sentence of a fault and the key of an item may hold a person's name; the type does not.
    types = {f"{action.kind} {action.key['pk'].split('#')[1]}" for action in fault.repairs}
    entry = log.actions("repair", "", ", ".join(sorted(types)))
    try:
        services.table.transact([*fault.repairs, *entry])
    except ConditionFailed:  # another writer changed it since it was read
        return False
    return True
