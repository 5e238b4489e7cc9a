"""A tenant that has an item of every shape: what is to be exported, and to go with it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from time import time_ns
from typing import Any

from rollcall.aws.attribute_values import Item
from rollcall.directory.context import Context
from rollcall.directory.directory import Directory
from rollcall.model.account_link import LOCAL, LinkRule
from rollcall.model.actor import Actor
from rollcall.model.brake import BrakeSwitch, Disabled, Wave
from rollcall.operations import accounts, link_policies, tenant_notes
from rollcall.operations.operator import Operator
from rollcall.reconcile.duplicates.case_store import OperatorNote
from rollcall.runtime import tenant_report
from rollcall.runtime.services import Services
from rollcall.storage.bookmarks import Bookmarks
from rollcall.storage.brake_items import BrakeItems
from rollcall.storage.outbox import Outbox
from rollcall.storage.provisioning_log import LogEntry
from rollcall.storage.rate_item import QUESTIONS, REQUESTS, RateItem
from rollcall.storage.table import Table
from rollcall.storage.usage_items import UsageItems
from rollcall.templates.template import Selector, Template
from rollcall.tenants.authentication import Authenticator
from rollcall.tenants.handover import HandoverService
from tests.directory.people import ENTERPRISE, group, patch, removing, user
from tests.faults.strokes import STROKES, Ended
from tests.operations import operators

SMALL = 12
"""The actions of a transaction that a change of eight members does not fit in."""

MONDAY = "2026-11-23T02:00:00Z"
OPERATOR = Actor("r1", "operator:someone")
(KILLED,) = (each for each in STROKES if each.ends and each.applied)


@dataclass(frozen=True)
class Filled:
    """What is in the tenant: ids by what they are, its tokens and the codes of its hand-overs."""

    ids: dict[str, str]
    tokens: tuple[str, ...]
    codes: tuple[str, ...]


def fill(having: Services, name: str) -> Filled:
    """Make a tenant and, in it, an item of every shape that a key has."""
    first = having.tenants.create(name)
    operator = Operator(having, OPERATOR.actor)
    link_policies.add_domain(operator, name, "x.test")
    link_policies.set_rule(operator, name, LinkRule.ADOPT)
    everybody = Template("everybody", areas={"induction": "read"}, role="regular")
    staff = Template("staff", Selector("displayName", "Staff"), {"code": "edit"})
    operators.Templates(operator, name).set([everybody, staff])
    directory = having.directory(name)
    ids = _people(operator, name, directory)
    operators.UserAccesses(operator, name).grant(ids["ann"], {"policies": "edit"}, "")
    _merged(operator, name, directory, ids)
    _begun(having, name, ids)
    walk = directory.context.template_walks.start("staff", ids["staff"], _now(), OPERATOR)
    having.table.transact([walk])
    codes = _handed_over(having, name, first)
    having.oauth_clients(name).create("Entra ID")
    Outbox(having.table, name).write("token.rotated", "t1", {"until": MONDAY}, OPERATOR)
    Bookmarks(having.table, name).write("walk", 101, "somewhere", datetime.now(UTC))
    for of in (REQUESTS, QUESTIONS):
        RateItem(having.table, name, of).add(1_000_000, time_ns() // 1000, 0, busy=True)
    UsageItems(having.table, name).add(datetime.now(UTC), {"succeeded": 1}, None, None)
    _braked(having, name, ids["bob"])
    having.log(name).write(LogEntry(_now(), "r2", actor="token:t1", method="POST", status=409))
    _reported(having, name, ids)
    ids["note"] = tenant_notes.add(operator, name, tenant_notes.new(operator, "They move.")).id
    return Filled(ids, (first,), codes)


def items(having: Services) -> list[Item]:
    """Return all items of the table."""
    return list(having.table.scan(""))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _people(operator: Operator, tenant: str, directory: Directory) -> dict[str, str]:
    names = ("ann", "anna", "bob", "gone", "held")
    ids = {
        each: user(
            directory,
            f"{each}@x.test",
            externalId=f"E-{each}",
            emails=[{"value": "ann@x.test" if each == "anna" else f"{each}@x.test"}],
            displayName=f"The {each}",
            **{ENTERPRISE: {"employeeNumber": f"No. {each}"}},
        )
        for each in names
    }
    ids["local"] = directory.users.create({"userName": "local"}, link=LOCAL).record.id
    accounts.protect(operator, tenant, "local")
    ids["inner"] = group(directory, "Inner", ids["bob"])
    ids["staff"] = group(directory, "Staff", ids["ann"], ids["bob"], ids["inner"])
    directory.groups.patch(ids["staff"], removing(ids["bob"]))
    directory.users.patch(ids["bob"], patch(("replace", "active", False)))
    Directory(operator.context(tenant)).users.delete(ids["gone"])
    waiting = replace(directory.context, grace=7)
    Directory(waiting).users.delete(ids["held"])
    waiting.purge_stop.set(_now())
    return ids


def _merged(operator: Operator, tenant: str, directory: Directory, ids: dict[str, str]) -> None:
    """Merge two pairs: an id that means another user, and one that still answers for itself."""
    for name in ("kept", "alias", "stubbed", "stub"):
        link = {"link": LOCAL} if name in ("kept", "alias") else {}
        ids[name] = directory.users.create({"userName": name}, **link).record.id  # type: ignore[arg-type]
    for keep, remove, gone in (("kept", "alias", None), ("stubbed", "stub", "stub")):
        idp_deletes = ids[gone] if gone else None
        operators.merge(operator, tenant, ids[keep], ids[remove], idp_deletes)


def _begun(having: Services, name: str, ids: dict[str, str]) -> None:
    """Begin a change of many members and a deletion of one with many groups, and finish neither."""
    small = Table(having.clients.dynamodb, having.table.name, max_actions=SMALL)
    directory = Directory(Context(small, name))
    crowd = [user(directory, f"crowd{number}") for number in range(9)]
    ids |= {f"crowd{number}": each for number, each in enumerate(crowd)}
    ids["crowd"] = group(directory, "Crowd")
    for number in range(6):
        ids[f"g{number}"] = group(directory, f"G{number}", crowd[0])
    adding = patch(("add", "members", [{"value": each} for each in crowd[1:]]))
    _until(having, directory, "#JOURNAL#", lambda: directory.groups.patch(ids["crowd"], adding))
    _until(having, directory, "#LEAVING", lambda: directory.users.delete(crowd[0]))


def _braked(having: Services, name: str, disabled: str) -> None:
    brake, now = BrakeItems(having.table, name), _now()
    brake.note([Disabled(disabled, now, by_client=True, fingerprint="0" * 32)])
    brake.open(Wave(1, now, now, 10, 40), "r1", datetime.now(UTC))
    brake.set_switch(BrakeSwitch(now, now, OPERATOR.actor))


def _until(having: Services, directory: Directory, sign: str, act: Any) -> None:
    """Do something in a process that ends as soon as it has left what is looked for."""
    for number in count(1):
        with suppress(Ended), KILLED.at(having.clients.dynamodb, number) as calls:
            act()
        assert calls.came, f"it left no {sign}"
        if any(_is_begun(item, sign) for item in items(having)):
            return


def _is_begun(item: Item, sign: str) -> bool:
    if sign == "#LEAVING":
        return sign in item["pk"]
    return "pending" in item


def _handed_over(having: Services, name: str, first: str) -> tuple[str, ...]:
    desk = HandoverService(having.table, having.tenants)
    shown = desk.offer(name, timedelta(days=1)).code
    issued = desk.reveal(shown)
    assert issued is not None
    for token in (first, issued.plain):
        Authenticator(having.secrets, having.table, clock=having.tenants.clock).authenticate(
            name, f"Bearer {token}"
        )
    return shown, desk.offer(name, timedelta(days=1)).code


def _reported(having: Services, name: str, ids: dict[str, str]) -> None:
    tenant_report.duplicate_run(having, name).advance(MONDAY, lambda _: False)
    book = tenant_report.case_store(having, name)
    note = OperatorNote(OPERATOR.actor, _now(), "a robot")
    book.mark_service_account(ids["bob"], note)
    (finding,) = [each for each in book.all() if ids["ann"] in each.finding.accounts]
    ids["finding"] = finding.id
