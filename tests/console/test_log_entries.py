"""The page of the provisioning log: filtered, paged, followed, explained."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from rollcall.console.job_memory import JobMemory
from rollcall.directory.directory import Directory
from rollcall.operations import log_explanation, log_reader, object_connection
from rollcall.operations.object_connection import SynchronizationJob
from rollcall.operations.operator_acts import OPERATOR_ACTS
from rollcall.runtime.services import Services
from rollcall.scim.instant import instant
from rollcall.storage.provisioning_log import LogEntry
from rollcall.tenants.tenants import Tenants
from tests.cli.test_operators_log import VERBS, WRITING
from tests.console.consoles import OURS, Visitor
from tests.console.test_brake_page import wave
from tests.directory.people import user
from tests.operations.operators import operator_of

PRINCIPAL = "11111111-2222-3333-4444-555555555555"
GONE = "00000000-0000-4000-8000-000000000001"


@pytest.fixture
def acme(deployed: Services) -> Services:
    deployed.tenants.add("acme")
    return deployed


def write(services: Services, number: int = 0, tenant: str = "acme", **values: object) -> LogEntry:
    """Write an entry of now, or of some days ago."""
    facts: dict[str, object] = {
        "time": instant(datetime.now(UTC)),
        "request": f"r{number:03d}",
        "actor": "token:x",
        "method": "PATCH",
        "path": "/Users/{id}",
        "status": 404,
        "detail": f"there is no User {GONE}",
        "target": f"User/{GONE}",
    }
    entry = LogEntry(**{**facts, **values})  # type: ignore[arg-type]
    services.log(tenant).write(entry)
    return entry


def follow(ann: Visitor, path: str) -> str:
    """Return what a link leads to."""
    answer = ann.client.get(ann.root + path.replace("&amp;", "&"), headers=OURS)
    assert answer.status_code == 200, answer.text
    return answer.text


def rows(page: str) -> int:
    return page.count('data-title="Asked"')


def test_an_entry_says_what_was_asked_what_it_means_and_where_entra_shows_it(
    acme: Services, ann: Visitor
) -> None:
    write(acme)

    shown = ann.page("/t/acme/log").replace("<wbr>", "")

    assert "Change a user." in shown
    assert "404: refused" in shown
    assert "The account was deleted here" in shown
    assert "delete the connection of this one person" in shown
    assert f"Target ID <code>{GONE}</code>" in shown
    assert "Status Failure" in shown
    assert "InvalidAnchor" in shown


def test_what_entra_sends_is_explained_without_values(acme: Services, ann: Visitor) -> None:
    own = Directory(operator_of(acme).context("acme"))
    created = user(own, "lee@corp.test", displayName="Lee")

    shown = ann.page("/t/acme/log")

    assert created in shown.replace("<wbr>", "")
    assert "displayName" in shown
    assert "lee@corp.test" not in shown


@pytest.mark.parametrize(
    ("filters", "number"),
    [
        ({}, 4),
        ({"status": "4"}, 2),
        ({"method": "POST"}, 1),
        ({"method": "operator"}, 1),
        ({"q": GONE}, 1),
        ({"text": "USERNAME IS"}, 1),
        ({"text": "nothing like that"}, 0),
        ({"until": "2020-01-01T00:00"}, 0),
    ],
)
def test_entries_are_filtered(
    filters: dict[str, str], number: int, acme: Services, ann: Visitor
) -> None:
    write(acme, 1)
    write(acme, 2, method="POST", status=409, detail="userName is taken by another", target="")
    write(acme, 3, method="disable", status=200, detail="", target="", actor="operator:ann")
    write(acme, 4, method="PUT", status=200, detail="", target="User/other")

    assert rows(ann.page("/t/acme/log", **filters)) == number


def test_a_person_is_found_by_any_name_of_theirs(acme: Services, ann: Visitor) -> None:
    user(Directory(operator_of(acme).context("acme")), "lee@corp.test", externalId="e-1")
    write(acme)

    assert rows(ann.page("/t/acme/log", q="LEE@corp.test")) == 1


def test_a_filter_that_is_none_is_said(acme: Services, ann: Visitor) -> None:
    for name, value in (("status", "x"), ("days", "9"), ("until", "soon"), ("before", "x#1")):
        answer = ann.client.get(f"{ann.root}/t/acme/log", params={name: value}, headers=OURS)

        assert answer.status_code == 409, name


def test_a_problem_is_shown_within_the_page_that_was_to_be_replaced(
    acme: Services, ann: Visitor
) -> None:
    headers = {**OURS, "HX-Request": "true"}
    answer = ann.client.get(f"{ann.root}/t/acme/log?days=x", headers=headers)

    assert 'class="problem"' in answer.text
    assert (answer.headers["HX-Reselect"], answer.headers["HX-Reswap"]) == (".problem", "innerHTML")


@pytest.mark.parametrize("status", ["", "4"])
def test_pages_follow_each_other_without_a_gap(
    status: str, acme: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_reader, "PAGE", 3)
    monkeypatch.setattr(log_reader, "LOOKED_AT", 4)
    now = datetime.now(UTC)
    times = [now - timedelta(minutes=each) for each in range(5)]
    times += [now - timedelta(days=each) for each in range(1, 6)]
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)
    times += [midnight, midnight - timedelta(milliseconds=1)]
    Tenants(acme.secrets, lambda: now - timedelta(days=8)).add("older")
    written = [write(acme, each, "older", time=instant(at)) for each, at in enumerate(times)]
    operator, since = operator_of(acme), now - timedelta(days=8)
    read: list[LogEntry] = []
    before, pages = instant(now + timedelta(seconds=1)), 0
    while before and pages < 20:
        page = log_reader.page(operator, "older", since, before, status=status)
        read, before, pages = [*read, *page.entries], page.rest, pages + 1

    assert [each.order for each in read] == sorted((each.order for each in written), reverse=True)
    assert before == ""


def test_the_page_leads_to_earlier_ones(acme: Services, ann: Visitor) -> None:
    for number in range(51):
        write(acme, number)

    shown = ann.page("/t/acme/log")
    (link,) = re.findall(r'href="/[^"/]+(/t/acme/log\?[^"]*before=[^"]+)"', shown)

    assert rows(shown) == 50
    assert rows(follow(ann, link)) == 1


def test_new_entries_are_shown_once(acme: Services, ann: Visitor) -> None:
    write(acme, 1)
    shown = ann.page("/t/acme/log", follow="1")
    (path,) = re.findall(r'hx-get="/[^"/]+(/t/acme/log/new\?log=[^"]+)"', shown)
    assert "every 3s" in shown

    nothing = follow(ann, path)
    write(acme, 2)
    first, again = follow(ann, path), follow(ann, path)

    assert [rows(each) for each in (nothing, first, again)] == [0, 1, 0]


def test_what_is_not_followed_any_more_takes_the_place_of_what_asks(
    acme: Services, ann: Visitor
) -> None:
    headers = {**OURS, "HX-Request": "true"}
    answer = ann.client.get(f"{ann.root}/t/acme/log/new?log=x", headers=headers)

    assert answer.status_code == 409
    assert answer.headers["HX-Retarget"] == "#following"


def test_the_calls_that_clear_a_connection_are_filled_in_once_the_job_is_entered(
    acme: Services, ann: Visitor
) -> None:
    write(acme)
    assert "servicePrincipals/{id}/synchronization/jobs/{jobId}/pause" in ann.page("/t/acme/log")

    refused = ann.send("/t/acme/log/job", {"principal": "x", "job": "scim.1"})
    told = ann.send("/t/acme/log/job", {"principal": PRINCIPAL, "job": "scim.abc.1"})
    shown = ann.page("/t/acme/log").replace("&#39;", "'")

    assert "is the Object ID" in refused.text
    assert told.status_code == 200
    job = f"https://graph.microsoft.com/beta/servicePrincipals/{PRINCIPAL}/synchronization/jobs"
    for call in (
        f"POST {job}/scim.abc.1/pause",
        f"DELETE {job}/scim.abc.1/objectConnections('{GONE}')",
        f"POST {job}/scim.abc.1/start",
    ):
        assert call in shown


def test_a_job_is_remembered_for_the_next_time(tmp_path: Path) -> None:
    file = tmp_path / "rollcall" / "synchronization-jobs.json"
    job = object_connection.parse(PRINCIPAL.upper(), "scim.1")
    JobMemory(file).write("prod@eu", "acme", job)

    assert JobMemory(file).read("prod@eu", "acme") == SynchronizationJob(PRINCIPAL, "scim.1")
    assert not JobMemory(file).read("prod@eu", "other").is_known
    assert not JobMemory(file).read("test@eu", "acme").is_known

    file.write_text("[1")
    assert not JobMemory(file).read("prod@eu", "acme").is_known


@pytest.mark.parametrize("job", ["", "a b", "a'/../b", "\u0661"])
def test_ids_that_are_none_are_refused(job: str) -> None:
    with pytest.raises(object_connection.SynchronizationJobError):
        object_connection.parse(PRINCIPAL, job)


def test_script_in_an_entry_is_text(acme: Services, ann: Visitor) -> None:
    script = '<script>alert(1)</script><b hx-get="/x">'
    write(acme, detail=script, target=f"User/{script}", actor=script, changed=(script,))

    shown = ann.page("/t/acme/log").replace("<wbr>", "")

    assert "alert(1)" in shown
    assert "<script>alert" not in shown
    assert '<b hx-get="/x"' not in shown


def test_an_operators_act_has_no_place_in_the_log_of_entra() -> None:
    entry = LogEntry(method="disable", status=200, actor="operator:ann")

    explained = log_explanation.explain(entry)

    assert (explained.entra, explained.connection, explained.remedy) == ("", "", None)


@pytest.mark.parametrize(
    ("method", "target", "meaning"),
    [
        ("disable", "Tenant/acme", "SCIM is switched off for the tenant"),
        ("disable", f"User/{GONE}", "an account is disabled"),
        ("revoke", "Token/t1", "a token is refused from now on"),
        ("PATCH", f"User/{GONE}", ""),
    ],
)
def test_an_operators_act_says_what_it_did(method: str, target: str, meaning: str) -> None:
    entry = LogEntry(method=method, status=200, target=target)

    assert log_explanation.explain(entry).meaning == meaning


def test_every_act_of_an_operator_has_its_sentence() -> None:
    logged = {VERBS.get(each, each.rpartition(" ")[2]) for each in WRITING}
    logged |= {f"brake {each}" for each in ("enable", "refuse", "release", "enabled", "dismissed")}

    assert not (logged | {"move", "restore"}) - OPERATOR_ACTS.keys()


def test_a_page_takes_three_round_trips_at_most(
    acme: Services, ann: Visitor, calls: list[str]
) -> None:
    user(acme.directory("acme"), "lee@corp.test")
    ann.page("/t/acme/log", q="lee@corp.test")
    calls.clear()

    ann.page("/t/acme/log")
    without = calls.copy()
    calls.clear()
    ann.page("/t/acme/log", q="lee@corp.test")

    # The settings and two days of four shards at once; beside them, a name takes three reads of
    # each kind, one after the other.
    assert without.count("Query") <= 4 * 4, without
    assert len(without) <= 1 + 4 * 4, without
    assert len(calls) <= 1 + 6 + 4 * 4, calls


def test_what_is_no_id_of_ours_leads_nowhere() -> None:
    explained = log_explanation.explain(LogEntry(method="PATCH", status=404, target="User/…"))

    assert (explained.subject, explained.connection) == ("", "")


def test_the_calls_are_filled_in_wherever_a_connection_is_cleared(
    acme: Services, ann: Visitor
) -> None:
    lee = user(acme.directory("acme"), "lee@corp.test")
    wave(acme, user(acme.directory("acme"), "kim@corp.test", active=False))
    gaps = ann.plan("unlink", tenant="acme", account=lee)[1]
    ann.send("/t/acme/log/job", {"principal": PRINCIPAL, "job": "scim.1"})
    erasure = ann.plan("erase", tenant="acme", account=lee)[1]
    brake = ann.page("/t/acme/brake")
    cleared = ann.act("unlink", tenant="acme", account=lee)

    job = f"https://graph.microsoft.com/beta/servicePrincipals/{PRINCIPAL}/synchronization/jobs/scim.1"
    deletion = f"DELETE {job}/objectConnections(&#39;{lee}&#39;)"
    assert "/t/acme/log#job" in gaps
    assert "servicePrincipals/{id}/synchronization/jobs/{jobId}/objectConnections" in gaps
    for shown in (erasure, cleared):
        assert deletion in shown
        assert "/t/acme/log#job" not in shown
    assert f"POST {job}/pause" in brake
    assert f"POST {job}/start" in brake
