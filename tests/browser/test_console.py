"""The console as support uses it: from "please enable SCIM" to a merged duplicate."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from selenium.webdriver.common.by import By

from rollcall.directory.directory import Directory
from rollcall.model.account_link import LinkPolicy
from rollcall.operations import duplicate_reports
from rollcall.operations.operator import Operator
from tests.browser.conftest import DESKTOP, PHONE, Browser
from tests.command import ENVIRONMENT, PROGRAM
from tests.conftest import Server
from tests.console.test_brake_page import wave
from tests.directory.people import user
from tests.operations.operators import finished

USER = "urn:ietf:params:scim:schemas:core:2.0:User"


@pytest.fixture
def link(server: Server) -> Iterator[str]:
    """The link of a console of the local server, which works once."""
    words = [PROGRAM, "--state", str(server.state), "console", "--no-browser", "--json"]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, env=ENVIRONMENT)
    assert process.stdout is not None
    yield str(json.loads(process.stdout.readline())["url"])
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)


def opened(browser: Browser, link: str) -> str:
    """Open the link, and return the URL below which the pages are."""
    browser.driver.get(link)
    browser.until(lambda: browser.driver.title == "Tenants · Rollcall", "the console is open")
    root = str(browser.driver.current_url).rstrip("/")
    browser.open(f"{root}/")  # without motion
    return root


def press(browser: Browser, words: str, within: str = "body") -> None:
    """Press the button with these words."""
    (button,) = [each for each in browser.all(f"{within} button") if each.text == words]
    button.click()


def carry_out(browser: Browser, words: str, **entries: str) -> str:
    """Fill the dialog in and press its button; return what is told."""
    browser.until(lambda: browser.all("dialog[open] table, dialog[open] form h2"), "it is shown")
    for name, value in entries.items():
        browser.driver.find_element(By.CSS_SELECTOR, f"dialog [name={name}]").send_keys(value)
    press(browser, words, "dialog")
    browser.until(lambda: browser.all("dialog [data-changed]"), "it is done")
    return browser.text("act-content")


def close(browser: Browser) -> None:
    browser.driver.execute_script("window.isOld = true")
    press(browser, "Close", "dialog")
    is_new = "return !window.isOld && document.readyState === 'complete'"
    browser.until(lambda: browser.driver.execute_script(is_new), "the page is new")


def pictures(browser: Browser, root: str, path: str, name: str) -> None:
    """Look at a page in both widths and both schemes."""
    for size, dark in ((DESKTOP, False), (DESKTOP, True), (PHONE, False), (PHONE, True)):
        browser.open(f"{root}{path}", size, dark=dark)
        kind = f"{'-phone' * (size == PHONE)}{'-dark' * dark}"
        browser.picture(f"console-{name}{kind}")
        assert browser.overflow() == 0
        assert browser.violations() == []
    browser.open(f"{root}{path}")


def test_from_please_enable_scim_to_a_merged_duplicate(
    browser: Browser, link: str, server: Server
) -> None:
    root = opened(browser, link)
    tenant = f"walk{server.tenant().name}"

    browser.driver.find_element(By.CSS_SELECTOR, ".card input[name=name]").send_keys(tenant)
    press(browser, "Look at it first")
    told = carry_out(browser, "Switch on")
    browser.picture("console-switched-on")
    assert f"/handover#{tenant}." in told
    close(browser)

    browser.open(f"{root}/t/{tenant}/")
    (issue,) = [each for each in browser.all("summary") if each.text == "Issue another"]
    issue.click()
    browser.driver.find_element(By.CSS_SELECTOR, "#tokens ~ details [name=label]").send_keys("job")
    press(browser, "Issue …")
    carry_out(browser, "Issue")
    token = browser.driver.find_element(By.CSS_SELECTOR, "dialog .field code").text
    close(browser)

    url = browser.driver.find_element(By.CSS_SELECTOR, ".field code").text
    with httpx.Client(headers={"Authorization": f"Bearer {token}"}) as job:
        for name, mail in (("ann", "ann@corp.test"), ("a.lee", "ann@corp.test")):
            answer = job.post(
                f"{url}/Users",
                json={
                    "schemas": [USER],
                    "userName": f"{name}@corp.test",
                    "displayName": '<img src=x hx-get="/" onerror="document.title = 1">',
                    "externalId": f"e-{name}",
                    "emails": [{"value": mail}],
                },
            )
            assert answer.status_code == 201
    operator = Operator(server.services, "operator:test")
    finished(duplicate_reports.run(operator, tenant))

    browser.open(f"{root}/t/{tenant}/duplicates")
    browser.driver.find_element(By.PARTIAL_LINK_TEXT, "Look into it").click()
    path = str(browser.driver.current_url).removeprefix(root)
    pictures(browser, root, path, "finding")
    deleted = browser.driver.find_element(By.CSS_SELECTOR, "[name=deleted]")
    goes = browser.driver.find_element(By.CSS_SELECTOR, "[name=remove]").text.splitlines()[0]
    deleted.send_keys(goes)
    press(browser, "Merge …")
    browser.until(lambda: browser.all("dialog[open] h2"), "it is shown")
    assert "Before" in browser.text("act-content")
    browser.picture("console-merge")
    told = carry_out(browser, "Merge", reason="one person, says the customer", typed=goes)
    assert "are one account" in told
    close(browser)

    log = list(server.services.log(tenant).read(server.services.tenants.clock().replace(hour=0),
               server.services.tenants.clock()))  # fmt: skip
    merges = [each for each in log if each.method == "merge"]
    assert merges[0].reason == "one person, says the customer"
    for name, page in (
        ("tenants", "/"),
        ("tenant", f"/t/{tenant}/"),
        ("duplicates", f"/t/{tenant}/duplicates"),
        ("people", f"/t/{tenant}/people?q=ann@corp.test"),
        ("log", f"/t/{tenant}/log"),
        ("work", "/work"),
        ("deployments", "/deployments"),
    ):
        pictures(browser, root, page, name)
    assert browser.driver.title != "1"
    assert browser.complaints() == []
    port = root.rpartition("/")[0]
    hosts = {each["url"].partition("#")[0] for each in browser.requests()}
    assert [each for each in hosts if not each.startswith((port, "data:", "about:"))] == []


def test_the_link_works_in_one_browser_once(browser: Browser, link: str) -> None:
    root = opened(browser, link)
    browser.driver.get("about:blank")
    browser.driver.get(link)
    browser.until(lambda: "has been used" in browser.text("sign-in"), "it is said")

    assert httpx.get(root, headers={"Sec-Fetch-Site": "none"}).status_code in {401, 404}


def test_a_console_says_that_it_has_ended(browser: Browser, link: str, tmp_path: Path) -> None:
    opened(browser, link)
    browser.driver.delete_all_cookies()
    browser.driver.find_element(By.CSS_SELECTOR, "[name=q]").send_keys("a")
    browser.until(lambda: browser.element("lost").is_displayed(), "it is said")

    assert "rollcall console" in browser.text("lost")


def test_templates_and_the_brake_are_looked_at(browser: Browser, link: str, server: Server) -> None:
    root, tenant = opened(browser, link), server.tenant().name
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

    browser.open(f"{root}/t/{tenant}/templates")
    editor = browser.driver.find_element(By.CSS_SELECTOR, "textarea[name=text]")
    editor.send_keys("name: everybody\nusers: all\nrole: boss")
    press(browser, "Check and show …")
    browser.until(lambda: browser.all("dialog[open] .problem"), "the mistake is shown")
    assert "(line 3)" in browser.text("act-content")
    browser.picture("console-template-mistake")
    press(browser, "Close", "dialog")
    editor.clear()
    editor.send_keys("name: everybody\nusers: all\nworkAreas:\n  induction: read\nrole: regular")
    press(browser, "Check and show …")
    assert "is version 1" in carry_out(browser, "Set")
    close(browser)
    browser.open(f"{root}/t/{tenant}/brake")
    press(browser, "Enable its accounts …")
    browser.until(lambda: browser.all("dialog[open] table"), "it is shown")
    browser.picture("console-wave")
    press(browser, "Change nothing", "dialog")

    for name, page in (
        ("templates", f"templates?user={people[0]}"),
        ("template", "templates/everybody"),
        ("brake", "brake"),
    ):
        pictures(browser, root, f"/t/{tenant}/{page}", name)
    (refused,) = browser.complaints()
    assert "/acts/set-templates" in refused
    assert "409" in refused
