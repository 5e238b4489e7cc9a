"""`rollcall verify`: whether all that is stored of a tenant agrees."""

from __future__ import annotations

import json
from functools import partial
from typing import Annotated

import typer

from rollcall.cli.connection import Connection, target
from rollcall.cli.terminal import AsJson, Name, complain, err, operator, say
from rollcall.runtime import Services
from rollcall.storage import verification
from rollcall.storage.audit_log import AuditLog
from rollcall.storage.faults import Fault
from rollcall.storage.transactions import ConditionFailed
from rollcall.templates.grants import mended

Repair = Annotated[bool, typer.Option("--repair", help="Mend what can be mended.")]


def verify(
    context: typer.Context, name: Name, repair: Repair = False, as_json: AsJson = False
) -> None:
    """Check that a tenant's documents, names, lookups, memberships, grants and counts agree.

    Reads the whole table once, twice where something does not agree: what another writer is doing
    at the moment looks like a fault the first time only. With --repair what does not agree is
    mended, as far as one of two sides is right for sure; the rest is left for people. Exit code 1
    says that something does not agree and was not mended.

    Names that a release before this one stored are moved to the keys under which they are looked up
    by now; once that is done for all of them, nothing is looked for in two places any more. Two
    names that have become one stay as they are and are named: rename one, or merge the accounts.
    """
    chosen = target(context)
    moved = chosen.services.tenants.show(name).moved
    right, left = checked(chosen, name, repair=repair, moved=moved)
    if repair and not moved and not any(each.unmoved for each in left):
        chosen.services.tenants.move(name)
        right.append(Fault(f"all names of {name} are under the keys of this release"))
        more, left = checked(chosen, name, repair=True, moved=True)
        right += more
    if as_json:
        said = {
            "tenant": name,
            "faults": [each.sentence for each in left],
            "mended": [each.sentence for each in right],
        }
        print(json.dumps(said))
    else:
        for each in right:
            say(f"mended: {each.sentence}")
        for each in left:
            say(each.sentence)
        if not (right or left):
            say(f"All that is stored of {name} agrees.")
    if left:
        complain(f"{len(left)} of what is stored of {name} does not agree")
        raise typer.Exit(1)


def checked(
    chosen: Connection, name: str, *, repair: bool, moved: bool
) -> tuple[list[Fault], list[Fault]]:
    """Return the faults that were mended, none unless that is wanted, and those that are left."""
    found = lasting_faults(chosen, name, moved=moved)
    acts = chosen.services.acts(name, operator())
    right = [each for each in found if repair and mend(chosen.services, name, each, acts)]
    return right, [each for each in found if each not in right]


def lasting_faults(chosen: Connection, name: str, *, moved: bool) -> list[Fault]:
    """Return the faults that are seen twice."""
    with err.status(f"reading what is stored of {name}"):
        services = chosen.services
        given = partial(mended, scales=services.scales)
        read = partial(verification.faults, services.table, name, given, moved=moved)
        first = list(read())
        if not first:
            return []
        again = {each.sentence for each in read()}
    return [each for each in first if each.sentence in again]


def mend(services: Services, name: str, fault: Fault, acts: AuditLog) -> bool:
    """Mend a fault; tell whether that could be done."""
    if (unfinished := fault.unfinished) is not None:
        finished = services.directory(name).finish(unfinished)
        if finished:
            acts.tell("repair", "", f"what was begun with {unfinished.id} is finished")
        return finished
    if not fault.mends:
        return False
    # What the fault says and the key of an item may hold a name; its kind does not.
    kinds = {f"{each.kind} {each.key['pk'].split('#')[1]}" for each in fault.mends}
    try:
        services.table.transact([*fault.mends, *acts.told("repair", "", ", ".join(sorted(kinds)))])
    except ConditionFailed:
        return False
    return True
