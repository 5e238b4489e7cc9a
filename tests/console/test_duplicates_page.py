"""Findings on pages: compared, merged, dismissed; and what clients fill in."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import pytest
from markupsafe import escape

from rollcall.model.account_link import LOCAL
from rollcall.operations import accounts, duplicate_reports, log_reader
from rollcall.runtime.services import Services
from tests.console.conftest import ARN
from tests.console.consoles import OURS, Visitor
from tests.directory.people import user
from tests.operations.operators import finished, operator_of
from tests.reconcile.duplicates.people import mails, numbered

HOSTILE = (
    '<script>document.title = "owned"</script>',
    '"><img src=x onerror="document.title = 1" hx-get="/" hx-trigger="load">',
    "' hx-post='/acts/disable' hx-trigger='load",
    "{{ 7 * 7 }}{% raw %}",
    "`code` <wbr> &lt;b&gt;",
)


@pytest.fixture
def acme(deployed: Services) -> Services:
    deployed.tenants.add("acme")
    return deployed


def found(services: Services) -> None:
    finished(duplicate_reports.run(operator_of(services), "acme"))


def pair(services: Services) -> tuple[str, str]:
    own = services.directory("acme")
    ann = user(own, "ann@corp.test", **mails("ann@corp.test"), displayName="Ann Lee")
    other = user(own, "a.lee@corp.test", **mails("ann@corp.test"), displayName="Ann Lee")
    found(services)
    return ann, other


def finding(page: str) -> str:
    return str(re.findall(r'/duplicates/([\w-]+)"', page)[0])


def logged(services: Services) -> list[tuple[str, str, str]]:
    operator = operator_of(services)
    created = datetime.fromisoformat(services.tenants.show("acme").created)
    entries = log_reader.entries(operator, log_reader.query(operator, "acme", created))
    return [(each.method, each.actor, each.reason) for each in entries if each.actor == ARN]


def test_a_duplicate_is_shown_with_its_accounts_in_columns(acme: Services, ann: Visitor) -> None:
    pair(acme)

    listed = ann.page("/t/acme/duplicates")
    shown = ann.page(f"/t/acme/duplicates/{finding(listed)}").replace("<wbr>", "")

    assert "same address: ann@corp.test" in shown
    assert shown.count('<tr class="same">') + shown.count("<tr class=same>") >= 3
    assert "Why: same address: ann@corp.test" in shown
    assert "There is none" in ann.page("/t/acme/duplicates", kind="possible")
    assert "There is none" in ann.page("/t/acme/duplicates", state="dismissed")


def test_two_accounts_become_one_after_it_was_shown(acme: Services, ann: Visitor) -> None:
    first, second = pair(acme)
    form = {"tenant": "acme", "keep": first, "remove": second, "deleted": second}

    _, shown = ann.plan("merge", **form)
    told = ann.act("merge", typed="a.lee@corp.test", reason="confirmed by Bob", **form)

    assert "Afterwards" in shown
    assert "are one account" in told.replace("<wbr>", "")
    assert ("merge", ARN, "confirmed by Bob") in logged(acme)
    directory = acme.directory("acme")
    assert directory.users.read(first).resource["userName"] == "ann@corp.test"


def test_a_merge_of_what_has_changed_is_refused_whole(acme: Services, ann: Visitor) -> None:
    first, second = pair(acme)
    name, _ = ann.plan("merge", tenant="acme", keep=first, remove=second, deleted=second)
    acme.directory("acme").users.replace(first, {"userName": "ann.new@corp.test"})

    answer = ann.send(f"/plans/{name}", {"typed": "a.lee@corp.test", "reason": "one person"})

    assert answer.status_code == 409
    assert "has changed meanwhile" in answer.text
    assert acme.directory("acme").users.read(second).resource["userName"] == "a.lee@corp.test"
    assert logged(acme) == []


def test_different_people_are_dismissed_and_looked_at_again(acme: Services, ann: Visitor) -> None:
    pair(acme)
    name = finding(ann.page("/t/acme/duplicates"))

    ann.act("dismiss", tenant="acme", finding=name, reason="father and daughter")
    dismissed = ann.page("/t/acme/duplicates", state="dismissed")
    ann.act("reopen", tenant="acme", finding=name)

    assert "father and daughter" in dismissed
    assert name in ann.page("/t/acme/duplicates")
    assert [verb for verb, _, _ in logged(acme)] == ["dismiss", "open"]


def test_a_link_is_cleared_and_made_again(acme: Services, ann: Visitor) -> None:
    first, _ = pair(acme)

    ann.act("unlink", tenant="acme", account=first)
    ann.act("relink", tenant="acme", account=first, externalId="e-1", userName="")

    record = accounts.find(operator_of(acme), "acme", first)
    assert (record.link.local, record.document["externalId"]) == (False, "e-1")
    assert [verb for verb, _, _ in logged(acme)] == ["unlink", "relink"]


def test_an_account_is_protected(acme: Services, ann: Visitor) -> None:
    first, _ = pair(acme)

    assert "linked, protected" in ann.act("protect", tenant="acme", account=first)
    assert "protect it first" in ann.send(
        "/acts/relink", {"tenant": "acme", "account": first}
    ).text.replace("<wbr>", "")


def test_the_search_goes_on_when_it_is_left(acme: Services, ann: Visitor) -> None:
    own = acme.directory("acme")
    for name in ("ann", "a.lee"):
        user(own, f"{name}@corp.test", **mails("ann@corp.test"))

    told = ann.act("look", tenant="acme")
    (work,) = re.findall(r'hx-get="/[^/]+/work/([\w-]+)"', told) or [""]
    shown = told
    for _ in range(1_000):
        if not work or "at work" not in shown:
            break
        shown = ann.page(f"/work/{work}")

    assert "1 new" in shown
    assert "Duplicates of acme" in ann.page("/work")
    assert finding(ann.page("/t/acme/duplicates"))


@pytest.mark.parametrize("text", HOSTILE)
def test_what_a_client_fills_in_stays_text(text: str, acme: Services, ann: Visitor) -> None:
    own = acme.directory("acme").users
    values: dict[str, Any] = {
        "displayName": text,
        "title": text,
        "nickName": text,
        "externalId": text,
        "name": {"formatted": text, "familyName": text, "givenName": text},
        "emails": [{"value": "eve@corp.test", "display": text, "type": "work"}],
    }
    own.create({"userName": f"eve{text}@corp.test", **values})
    own.create({"userName": "eve2@corp.test", **values, "externalId": "e2"})
    found(acme)

    listed = ann.page("/t/acme/duplicates")
    shown = ann.page(f"/t/acme/duplicates/{finding(listed)}")

    for page in (listed, shown):
        main = page.partition("<main")[2].partition("</main>")[0].replace("<wbr>", "")
        assert "<script" not in main
        assert "<img" not in main
        assert "hx-trigger='load" not in main
        assert escape(text) in main
        assert set(re.findall(r'<[^>]*\shx-trigger="([^"]*)"', main)) <= {"change"}


def test_a_page_of_findings_takes_three_round_trips(
    acme: Services, ann: Visitor, calls: list[str]
) -> None:
    own = acme.directory("acme")
    for number in range(1, 31):
        for name in ("a", "b"):
            user(own, f"{name}{number}@corp.test", **numbered(f"{number}"))
    found(acme)
    calls.clear()

    first = ann.page("/t/acme/duplicates")
    listing = list(calls)
    calls.clear()
    ann.page(f"/t/acme/duplicates/{finding(first)}")

    assert sorted(listing) == ["BatchGetItem", "BatchGetItem", "GetSecretValue", "Query"]
    assert len(calls) == 5  # two at once, then three at once
    names = re.findall(r'/duplicates/([\w-]+)"', first)
    pages = 1
    page = first
    while after := re.findall(r"after=([^\"&]+)", page):
        page = ann.page("/t/acme/duplicates", after=after[0].replace("%23", "#"))
        names += re.findall(r'/duplicates/([\w-]+)"', page)
        pages += 1
    assert len(names) == len(set(names)) == 30
    assert pages <= 3


@pytest.mark.parametrize("path", ["/t/acme/duplicates/nothing", "/t/nobody/duplicates"])
def test_what_is_not_there_is_said(path: str, acme: Services, ann: Visitor) -> None:
    answer = ann.client.get(ann.root + path, headers=OURS)

    assert answer.status_code == 409
    assert "There is no" in answer.text


def test_of_three_accounts_two_are_merged_at_a_time(acme: Services, ann: Visitor) -> None:
    own = acme.directory("acme")
    first, second = (
        user(own, f"{name}@corp.test", **mails("ann@corp.test")) for name in ("ann", "a.lee")
    )
    local = own.users.create({"userName": "lee", **mails("ann@corp.test")}, link=LOCAL).record.id
    found(acme)
    path = f"/t/acme/duplicates/{finding(ann.page('/t/acme/duplicates'))}"
    shown = ann.page(path)
    told = ann.act(
        "merge", typed="lee", reason="one person", tenant="acme", keep=first, remove=local
    )
    found(acme)
    path = f"/t/acme/duplicates/{finding(ann.page('/t/acme/duplicates'))}"
    after = ann.page(path)
    dismissed = ann.act("dismiss", tenant="acme", finding=path[-12:], reason="father and daughter")
    history = ann.page(path)

    assert "Two are merged at a time" in shown
    (knows,) = re.findall("<li>Entra ID knows (.*), and goes on", shown.replace("<wbr>", ""))
    assert sorted(re.findall("<code>(.*?)</code>", knows)) == ["a.lee@corp.test", "ann@corp.test"]
    assert "It does not know <code>lee</code>, and sends nothing for it." in shown
    assert "are one account" in told.replace("<wbr>", "")
    assert second in after
    assert "It does not know" not in after
    assert "is dismissed" in dismissed
    assert "father and daughter" in history.partition('id="history"')[2]
    assert "dismissed after" in ann.page("/t/acme/log", q=path[-12:], days="90")
