"""The brake on a page: a wave with what to do, deletions that wait, planned work."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote

import pytest
from markupsafe import escape

from rollcall.console import held_acts
from rollcall.directory.directory import Directory
from rollcall.model.account_link import LinkPolicy
from rollcall.model.brake import Disabled, Wave
from rollcall.operations import disable_waves, held_deletions
from rollcall.runtime.services import Services
from rollcall.scim.instant import instant
from rollcall.scim.resource_type import Kind
from rollcall.storage import held_accounts
from rollcall.storage.brake_items import BrakeItems, fingerprint
from rollcall.storage.purge_stop import PurgeStop
from tests.console.conftest import ARN
from tests.console.consoles import OURS, Visitor
from tests.console.round_trips import counted
from tests.console.test_duplicates_page import HOSTILE, logged
from tests.directory.people import URL, group, patch, user
from tests.operations.operators import operator_of


@pytest.fixture
def acme(deployed: Services) -> Services:
    deployed.tenants.add("acme")
    return deployed


@pytest.fixture
def client(acme: Services) -> Directory:
    """The directory as a client has it, where deletions wait."""
    operator = operator_of(acme)
    context = acme.context("acme", replace(operator.actor, actor="token:t1"))
    return Directory(replace(context, base_url=URL, linking=LinkPolicy(), grace=7))


def wave(services: Services, *users: str, tenant: str = "acme") -> None:
    """Write that a client has disabled users a minute ago, as a wave."""
    now = datetime.now(UTC)
    time = instant(now - timedelta(minutes=1))
    items = BrakeItems(services.table, tenant)
    records = services.directory(tenant).context.resources.read_many(Kind.USER, users)
    items.note(
        Disabled(each, time, True, fingerprint(record.document, record.link))
        for each, record in records.items()
    )
    items.open(Wave(1, time, time, len(users), len(users)), "test", now)


def is_active(services: Services, identifier: str) -> bool:
    record = services.directory("acme").context.resources.read(Kind.USER, identifier)
    assert record is not None
    return record.active


def carried(ann: Visitor, told: str) -> str:
    """Return what is told of work when it has ended."""
    (work,) = re.findall(r'id="work-([\w-]+)"', told)
    for _ in range(1_000):
        if "at work" not in told:
            break
        told = ann.page(f"/work/{work}")
    return told


def test_a_wave_is_shown_first_with_what_to_do_in_entra(acme: Services, ann: Visitor) -> None:
    own = acme.directory("acme")
    wave(acme, *(user(own, f"u{number}@corp.test", active=False) for number in range(3)))

    shown = ann.page("/t/acme/brake").replace("<wbr>", "")

    assert shown.index("Wave 1") < shown.index("Deletions that wait")
    assert "Pause provisioning" in shown
    assert "Prevent accidental deletions" in shown
    assert shown.count("enabled again") == 3
    assert "u2@corp.test" in shown


def test_a_wave_is_enabled_after_it_was_shown(acme: Services, ann: Visitor) -> None:
    own = acme.directory("acme")
    first, second = (user(own, f"{name}@corp.test", active=False) for name in ("ann", "bob"))
    wave(acme, first, second)
    own.users.patch(second, patch(("add", "title", "Chief")))

    name, shown = ann.plan("wave-enable", tenant="acme", wave="1")
    before = is_active(acme, first)
    told = carried(ann, ann.send(f"/plans/{name}").text)

    assert "Enable 1<" in shown
    assert "Left as they are: 1 changed since." in shown
    assert "Pause provisioning" in shown
    assert "Enabled again: 1." in told
    assert (before, is_active(acme, first), is_active(acme, second)) == (False, True, False)
    assert "Pause provisioning" not in ann.page("/t/acme/brake")
    assert "brake enable" in {method for method, _, _ in logged(acme)}


def test_a_wave_that_was_meant_to_be_is_dismissed(acme: Services, ann: Visitor) -> None:
    wave(acme, user(acme.directory("acme"), "ann@corp.test", active=False))

    assert "is dismissed" in ann.act("wave-dismiss", tenant="acme", wave="1")
    assert "Pause provisioning" not in ann.page("/t/acme/brake")
    unknown = ann.send("/acts/wave-dismiss", {"tenant": "acme", "wave": "7"}).text
    assert "<code>acme</code> has no wave 7" in unknown


def test_a_deletion_that_waits_is_refused_with_a_reason(
    acme: Services, client: Directory, ann: Visitor
) -> None:
    gone = user(client, "ann@corp.test")
    group(client, "Team", gone)
    client.users.delete(gone)
    listed = ann.page("/t/acme/brake").replace("<wbr>", "")
    name, shown = ann.plan("refuse", tenant="acme", account=gone)
    without_reason = ann.send(f"/plans/{name}", {"reason": ""}).text
    told = carried(ann, ann.send(f"/plans/{name}", {"reason": "a wrong filter"}).text)

    assert "ann@corp.test" in listed
    assert "back, disabled and local" in shown
    assert "Say why" in without_reason
    assert "Back, disabled and local: 1." in told
    assert not is_active(acme, gone)
    assert ("brake refuse", ARN, "a wrong filter") in logged(acme)
    assert "No deletion waits." in ann.page("/t/acme/brake")


def test_an_account_whose_name_is_taken_comes_back_under_another(
    acme: Services, client: Directory, ann: Visitor
) -> None:
    gone = user(client, "ann@corp.test")
    client.users.delete(gone)
    holder = user(client, "ann@corp.test")

    shown = ann.page("/t/acme/brake").replace("<wbr>", "")
    _, plain = ann.plan("refuse", tenant="acme", account=gone)
    told = ann.act(
        "refuse", reason="two people", tenant="acme", account=gone, userName="ann2@corp.test"
    )

    assert f"by {holder}" in shown
    assert "its name is taken" in plain
    assert "1." in carried(ann, told)
    assert is_active(acme, holder)
    assert not is_active(acme, gone)


def test_all_that_wait_are_purged_when_the_tenant_was_typed(
    acme: Services, client: Directory, ann: Visitor
) -> None:
    for name in ("ann@corp.test", "bob@corp.test"):
        client.users.delete(user(client, name))
    PurgeStop(acme.table, "acme").set(instant(datetime.now(UTC) + timedelta(seconds=1)))
    stopped = ann.page("/t/acme/brake")
    name, shown = ann.plan("release", tenant="acme", all="yes")
    refused = ann.send(f"/plans/{name}", {"typed": "other", "reason": "left the firm"}).text
    waiting = held_deletions.view(operator_of(acme), "acme").accounts
    told = ann.send(f"/plans/{name}", {"typed": "acme", "reason": "left the firm"}).text

    assert "Purging is stopped since" in stopped
    assert "This cannot be undone." in shown
    assert "nothing is changed" in refused
    assert len(waiting) == 2
    assert "Purged: 2." in carried(ann, told)
    assert held_deletions.view(operator_of(acme), "acme").accounts == ()
    assert "Purging is stopped" not in ann.page("/t/acme/brake")
    again = ann.send("/acts/release", {"tenant": "acme", "all": "yes"})
    assert "No deletion waits there any more." in again.text


def test_the_brake_is_off_for_planned_work_with_a_reason(acme: Services, ann: Visitor) -> None:
    told = ann.act("brake-off", reason="a branch is sold", tenant="acme", hours="4")
    off = ann.page("/t/acme/brake")

    assert "is off until" in told
    assert "The brake is off until" in off
    assert ("brake off", ARN, "a branch is sold") in logged(acme)
    assert "on again" in ann.act("brake-on", tenant="acme")
    assert "The brake is on." in ann.page("/t/acme/brake")
    assert ann.send("/acts/brake-on", {"tenant": "acme"}).status_code == 409
    assert "1 to 168 hours" in ann.send("/acts/brake-off", {"tenant": "acme", "hours": "169"}).text


def test_deletions_wait_as_long_as_is_chosen(acme: Services, ann: Visitor) -> None:
    _, shown = ann.plan("grace", tenant="acme", grace="0")
    ann.act("grace", tenant="acme", grace="0")

    assert "7 days" in shown
    assert acme.tenants.show("acme").grace == 0
    assert "Deletions do not wait." in ann.page("/t/acme/")
    assert ann.send("/acts/grace", {"tenant": "acme", "grace": "61"}).status_code == 409


def test_the_page_takes_three_round_trips_and_pages_by_fifty(
    acme: Services, client: Directory, ann: Visitor, calls: list[str]
) -> None:
    people = [user(client, f"u{number}@corp.test", active=False) for number in range(52)]
    wave(acme, *people)
    for each in people[:51]:
        client.users.delete(each)
    calls.clear()

    first = ann.page("/t/acme/brake")

    # Six at once, then two, then two.
    assert sorted(calls) == sorted(
        ["GetSecretValue", "GetItem", "GetItem", *["Query"] * 4, *["BatchGetItem"] * 3]
    )
    (after,) = re.findall(r"\?after=([^\"]+)", first)
    (further,) = re.findall(r"first=(\d+)", first)
    second = ann.page("/t/acme/brake", after=after.replace("%23", "#").replace("%3A", ":"))
    names = [
        re.findall(r'name="account" value="([\w-]+)"', page.partition('id="held"')[2])
        for page in (first, second)
    ]
    assert [len(set(each)) for each in names] == [50, 1]
    assert set(names[0]).isdisjoint(names[1])
    rest = ann.page("/t/acme/brake", wave="1", first=further)
    assert rest.count('data-title="Enabling it"') == 2


@pytest.mark.parametrize("text", HOSTILE)
def test_what_a_client_fills_in_stays_text(
    text: str, acme: Services, client: Directory, ann: Visitor
) -> None:
    values: dict[str, Any] = {"displayName": text, "externalId": text, "active": False}
    waved = user(client, f"eve{text}@corp.test", **values)
    wave(acme, waved)
    gone = user(client, f"kim{text}@corp.test", displayName=text)
    client.users.delete(gone)

    page = ann.page("/t/acme/brake")
    _, enabled = ann.plan("wave-enable", tenant="acme", wave="1")
    _, released = ann.plan("release", tenant="acme", account=gone)

    for shown, name in ((page, "eve"), (page, "kim"), (enabled, "eve"), (released, "kim")):
        main = shown.partition("<main")[2].partition("</main>")[0] or shown
        main = main.replace("<wbr>", "")
        assert "<script" not in main
        assert "<img" not in main
        assert "hx-trigger" not in re.sub(r"&#3[49];.*?hx-trigger|hx-trigger=&", "", main)
        assert escape(f"{name}{text}@corp.test") in main


@pytest.mark.parametrize("query", ["wave=x", "wave=7", "first=-1", "wave=\u0661"])
def test_what_is_not_there_is_said(query: str, acme: Services, ann: Visitor) -> None:
    answer = ann.client.get(f"{ann.root}/t/acme/brake?{query}", headers=OURS)

    assert answer.status_code == 409
    assert 'role="alert"' in answer.text


def test_of_a_huge_wave_a_page_looks_at_a_part(
    acme: Services, ann: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disable_waves, "LOOKED_AT", 3)
    own = acme.directory("acme")
    wave(acme, *(user(own, f"u{number}@corp.test", active=False) for number in range(7)))

    with counted(acme) as taken:
        page = ann.page("/t/acme/brake")
    seen: list[str] = []
    while True:
        main = page.replace("<wbr>", "")
        seen += re.findall(r">(u\d)@corp.test<", main)
        further = re.findall(r"\?wave=1&amp;begin=([^\"]+)", page)
        if not further:
            break
        page = ann.page("/t/acme/brake", wave="1", begin=unquote(further[0]))
    _, planned = ann.plan("wave-enable", tenant="acme", wave="1")
    told = carried(ann, ann.act("wave-enable", tenant="acme", wave="1"))

    assert taken.number <= 3, str(taken)
    assert sorted(seen) == [f"u{number}" for number in range(7)]
    assert "the others are treated likewise" in planned
    assert "Enabled again: 7." in told


def test_of_many_deletions_a_plan_looks_at_the_first(
    acme: Services, client: Directory, ann: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(held_acts, "LOOKED_AT", 1)
    monkeypatch.setattr(held_accounts, "MAX_BATCH", 2)
    gone = [user(client, f"u{number}@corp.test") for number in range(6)]
    for each in gone[:5]:
        client.users.delete(each)

    name, planned = ann.plan("refuse", tenant="acme", all="yes")
    later = datetime.now(UTC)
    while instant(datetime.now(UTC)) == instant(later):
        pass  # the next deletion is of another millisecond
    client.users.delete(gone[5])
    told = carried(ann, ann.send(f"/plans/{name}", {"reason": "a mistake"}).text)

    assert "more than 2" in planned
    assert "Back, disabled and local: 5." in told
    assert "u5@corp.test" in ann.page("/t/acme/brake").replace("<wbr>", "")
