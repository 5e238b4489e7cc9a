"""The console as support uses it: from "please enable SCIM" to a merged duplicate."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from demo.entra import Job, Source, connect
from demo.people import groups, staff
from rollcall.directory.directory import Directory
from rollcall.model.account_link import LOCAL, LinkPolicy
from rollcall.operations.operator import Operator
from tests.browser.conftest import Browser
from tests.browser.console_visit import console, signed_in
from tests.browser.test_handover_page import choose
from tests.conftest import Server
from tests.console.test_brake_page import wave
from tests.directory.people import user
from tests.reconcile.cases import person
from tests.reconcile.duplicates.people import mails

SCRIPT = '<img src=x hx-get="/" onerror="document.title = 1">'


@pytest.fixture
def link(server: Server) -> Iterator[str]:
    """The link of a console of the local server, which works once."""
    with console(server.state) as link:
        yield link


def test_from_please_enable_scim_to_a_merged_duplicate(
    browser: Browser, link: str, server: Server, tmp_path: Path
) -> None:
    """The customer guide, with an administrator and a provisioning job beside support."""
    visit = signed_in(browser, link)
    tenant = f"walk{server.tenant().name}"
    services = server.services

    # Step 1: "please enable SCIM".
    visit.find(".card input[name=name]").send_keys(tenant)
    visit.press("Look at it first")
    assert visit.until_planned().startswith(f"Switch SCIM on for {tenant}")
    assert visit.look("switch-on-plan", briefly=True) == []
    told = visit.carry_out("Switch on")
    assert visit.look("switch-on-result", briefly=True) == []
    handover = next(each for each in told.split() if f"/handover#{tenant}." in each)
    visit.close()

    # The administrator opens the link, and nobody else sees the token.
    browser.open(handover)
    choose(browser, "token")
    browser.press("show")
    browser.until(lambda: browser.text("token"), "the token is shown")
    url, token = browser.text("url"), browser.text("token")

    # Step 2: local conflicts. The product has accounts already, some by another address.
    people = staff(7, 8)
    ann, lee, same, *_ = people
    own = services.directory(tenant).users
    for name, mail, display in (
        ("ann.old@corp.test", ann.mail, SCRIPT),
        (same.user_principal_name, same.mail, same.display_name),
    ):
        had = {"userName": name, "displayName": display, **mails(str(mail))}
        own.create(had, link=LOCAL)
    exported = [
        person(
            each.user_principal_name, id=each.object_id, displayName=each.display_name,
            givenName=each.given_name, surname=each.surname, mail=each.mail,
            employeeId=each.employee_id,
        )
        for each in people
    ]  # fmt: skip
    export = tmp_path / "users.json"
    export.write_text(json.dumps({"value": exported}))
    visit.open(f"/t/{tenant}/first-cycle")
    visit.find("input[type=file]").send_keys(str(export))
    visit.press("Check")
    visit.told(".work", "8 people, 2 accounts")
    visit.open(f"/t/{tenant}/first-cycle")
    assert visit.look("first-cycle-checked", briefly=True) == []
    visit.follow("Person by person")
    visit.told("main", "ann.old@corp.test")
    assert visit.look("forecast") == []

    # Step 3: a New User Template, with a mistake at first.
    visit.open(f"/t/{tenant}/templates")
    editor = visit.find("textarea[name=text]")
    editor.send_keys("name: everybody\nusers: all\nrole: boss")
    visit.press("Check and show …")
    browser.until(lambda: browser.all("dialog[open] .problem"), "the mistake is shown")
    assert "(line 3)" in browser.text("act-content")
    assert visit.look("template-mistake", briefly=True) == []
    visit.press("Close", "dialog")
    editor.clear()
    editor.send_keys("name: everybody\nusers: all\nworkAreas:\n  induction: read\nrole: regular")
    visit.press("Check and show …")
    assert "is version 1" in visit.carry_out("Set")
    visit.close()

    # Steps 5 to 16: the job's first cycle, while support follows the log.
    visit.open(f"/t/{tenant}/log?follow=1")
    source = Source()
    source.add(*people, groups(1, people)[0])
    with connect(url, token) as client:
        job = Job(source, client)
        assert job.test_connection().good
        job.run()
        visit.told("#rows tr", "201")
    assert visit.look("log-followed", briefly=True) == []

    # A person is found by the number, disabled and enabled; the link is cleared (step 4).
    visit.open(f"/t/{tenant}/people")
    visit.find("[name=q]").send_keys(str(lee.employee_id))
    visit.press("Find")
    visit.told("main table", str(lee.user_principal_name))
    visit.follow(str(lee.user_principal_name))
    visit.told("main", "Template everybody, version 1")
    for words, told in (("Disable", "is disabled"), ("Enable", "is active")):
        visit.press(f"{words} …")
        assert "Before" in visit.until_planned()
        assert told in visit.carry_out(words)
        visit.close()
    visit.press("Clear the link …")
    assert "Before" in visit.until_planned()
    assert "local" in visit.carry_out("Clear the link")
    assert visit.look("link-cleared", briefly=True) == []
    visit.close()

    # Step 4: duplicates. Support looks for them, and merges.
    visit.open(f"/t/{tenant}/duplicates")
    visit.press("Look for duplicates now …")
    visit.until_planned()
    browser.driver.find_element("css selector", "dialog .primary").click()
    visit.told("dialog .work", "Back to where it was begun")
    assert visit.look("work-ended", briefly=True) == []
    visit.close()
    visit.follow("Look into it")
    visit.told("main", "ann.old@corp.test")
    assert visit.look("duplicate") == []
    assert "ann.old@corp.test" in visit.find(".ticket").text
    visit.press("Merge …")
    assert "Before" in visit.until_planned()
    assert visit.look("merge-plan", briefly=True) == []
    typed = visit.find("dialog form p + .entry code").text
    told = visit.carry_out("Merge", reason="one person, says the customer", typed=typed)
    assert "are one account" in told
    assert visit.look("merge-result", briefly=True) == []
    visit.close()

    clock = services.tenants.clock()
    log = services.log(tenant).read(clock - timedelta(hours=1), clock)
    assert [each.reason for each in log if each.method == "merge"] == [
        "one person, says the customer"
    ]
    assert browser.driver.title != "1"
    (refused,) = browser.complaints()
    assert "/acts/set-templates" in refused
    assert "409" in refused
    port = visit.root.rpartition("/")[0]
    hosts = {each["url"].partition("#")[0] for each in browser.requests()}
    allowed = (port, server.running.url, "data:", "about:")
    assert [each for each in hosts if not each.startswith(allowed)] == []


def test_the_link_works_in_one_browser_once(browser: Browser, link: str) -> None:
    root = signed_in(browser, link).root
    browser.driver.get("about:blank")
    browser.driver.get(link)
    browser.until(lambda: "has been used" in browser.text("sign-in"), "it is said")

    assert httpx.get(root, headers={"Sec-Fetch-Site": "none"}).status_code in {401, 404}


def test_a_console_says_that_it_has_ended(browser: Browser, link: str) -> None:
    visit = signed_in(browser, link)
    browser.driver.delete_all_cookies()
    visit.find("[name=q]").send_keys("a")
    browser.until(lambda: browser.element("lost").is_displayed(), "it is said")

    assert "rollcall console" in browser.text("lost")


def test_a_wave_is_enabled_and_deletions_come_back(
    browser: Browser, link: str, server: Server
) -> None:
    visit, tenant = signed_in(browser, link), server.tenant().name
    services = server.services
    operator = Operator(services, "operator:test")
    context = services.context(tenant, replace(operator.actor, actor="token:t1"))
    client = Directory(replace(context, linking=LinkPolicy(), grace=7))
    people = [user(client, f"u{each}@corp.test", active=False) for each in range(12)]
    gone = [user(client, f"gone{each}@corp.test") for each in range(3)]
    for each in gone:
        client.users.delete(each)
    user(client, "gone1@corp.test")
    wave(services, *people, tenant=tenant)

    visit.open(f"/t/{tenant}/brake")
    assert visit.look("brake-wave") == []
    visit.press("Enable its accounts …")
    visit.until_planned()
    assert visit.look("wave-plan", briefly=True) == []
    visit.press("Change nothing", "dialog")

    assert browser.complaints() == []
