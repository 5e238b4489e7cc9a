"""Every page of the console as people see it: two widths, by day and at night."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import chain
from zoneinfo import ZoneInfo

import pytest
from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from rollcall.console.console_application import _OWN, _PAGES
from tests.browser.conftest import Browser
from tests.browser.console_visit import ConsoleVisit, console, signed_in
from tests.conftest import Server
from tests.console.test_round_trips import PAGES
from tests.tenants import everything
from tests.tenants.everything import Filled

ACME = "acme-isms-platform"

EMPTY = ("", "duplicates", "people?q=nobody", "templates", "brake", "log", "notes")


@pytest.fixture(scope="module")
def filled(server: Server) -> Filled:
    """A tenant with something of everything, and what is known of the tenants."""
    made = everything.fill(server.services, ACME)
    server.services.tenants.add("empty")
    server.services.summaries.run(datetime.now(UTC))
    return made


@pytest.fixture(scope="module")
def visit(chromium: webdriver.Chrome, server: Server, filled: Filled) -> Iterator[ConsoleVisit]:
    """A person at a console of the local server."""
    with console(server.state) as link:
        yield signed_in(Browser(chromium), link)


def name_of(page: str) -> str:
    """Return the name of the pictures of a page."""
    words = re.sub(r"%40|[^a-z]+", "-", page.removeprefix("/t/acme").replace("{", "one-"))
    return words.strip("-") or ("tenant" if page.startswith("/t/") else "tenants")


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_read_in_both_widths_and_schemes(
    page: str, visit: ConsoleVisit, filled: Filled
) -> None:
    visit.open(page.format_map(filled.ids).replace("acme", ACME))

    assert visit.look(name_of(page), briefly="?" in page) == []


@pytest.mark.parametrize("page", EMPTY)
def test_a_page_without_anything_says_so(page: str, visit: ConsoleVisit) -> None:
    visit.open(f"/t/empty/{page}")

    assert visit.look(f"empty-{name_of(page)}", briefly=True) == []


def test_a_problem_says_what_to_do(visit: ConsoleVisit) -> None:
    visit.open("/t/nowhere/")

    assert visit.look("problem", briefly=True) == []


def test_no_page_is_forgotten() -> None:
    """Each path of a page is looked at, a check in the walk; files and prints are no pages."""
    no_pages = {"/work/{work}", "/t/{tenant}/log/new"}
    files = ("{file}", ".html", ".csv", "/print", "{check}")
    paths = {
        each.path
        for each in chain(_OWN, *(page.ROUTES for page in _PAGES))
        if each.method == "GET" and not each.path.endswith(files)
    }
    seen = [page.partition("?")[0].replace("/t/acme", "/t/{tenant}") for page in PAGES]
    patterns = {path: re.sub(r"\{\w+\}", r"[^/]+", path) for path in paths - no_pages}

    assert [
        path
        for path, pattern in patterns.items()
        if not any(re.fullmatch(pattern, each) for each in seen)
    ] == []


FOCUSED = """
  const at = document.activeElement, style = getComputedStyle(at);
  return [at.id || at.className || at.name || at.tagName, at.innerText || "",
          style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0];
"""


class Keyboard:
    """Nothing but a keyboard."""

    def __init__(self, driver: webdriver.Chrome) -> None:
        self.driver = driver

    def type(self, *keys: str) -> None:
        """Press keys, wherever the focus is."""
        ActionChains(self.driver).send_keys(*keys).perform()

    def focused(self) -> tuple[str, str, bool]:
        """Return what has the focus: its id or class or name, its words, whether one sees it."""
        name, words, is_seen = self.driver.execute_script(FOCUSED)
        return str(name), str(words), bool(is_seen)

    def go_to(self, wanted: str) -> None:
        """Press Tab until something of that name or those words has the focus, which is seen."""
        for _ in range(100):
            self.type(Keys.TAB)
            name, words, is_seen = self.focused()
            assert is_seen, (name, words)
            if wanted in {name, words}:
                return
        raise AssertionError(f"the keyboard does not reach {wanted}")


def test_an_act_is_done_with_the_keyboard_alone(visit: ConsoleVisit, server: Server) -> None:
    server.services.tenants.add("keys")
    server.services.summaries.run(datetime.now(UTC))
    visit.open("/")
    keyboard, browser = Keyboard(visit.browser.driver), visit.browser
    keyboard.go_to("skip")
    keyboard.type(Keys.ENTER)
    assert keyboard.focused()[0] == "main"

    keyboard.go_to("q")
    keyboard.type("keys")
    visit.told("#rows", "1 tenant of")
    keyboard.go_to("keys")
    keyboard.type(Keys.ENTER)
    visit.told("h1", "keys")
    keyboard.go_to("Switch off …")
    keyboard.type(Keys.ENTER)
    visit.until_planned()
    within = "return document.activeElement.closest('dialog') !== null"
    assert browser.driver.execute_script(within)
    keyboard.type(Keys.ESCAPE)
    browser.until(lambda: not browser.all("dialog[open]"), "the dialog is closed")
    assert keyboard.focused()[1] == "Switch off …"

    keyboard.type(Keys.ENTER)
    visit.until_planned()
    keyboard.go_to("Switch off")
    keyboard.type(Keys.ENTER)
    browser.until(lambda: browser.all("dialog [data-changed]"), "it is done")
    told = browser.driver.execute_script("return document.getElementById('told').innerText")
    assert "keys is disabled" in told
    assert browser.driver.execute_script(within)
    keyboard.go_to("Close")
    keyboard.type(Keys.ENTER)
    visit.told("#state", "SCIM is off")


def test_times_are_those_of_the_reader(visit: ConsoleVisit) -> None:
    driver = visit.browser.driver
    zone = ZoneInfo("Pacific/Auckland")
    driver.execute_cdp_cmd("Emulation.setTimezoneOverride", {"timezoneId": zone.key})
    try:
        visit.open(f"/t/{ACME}/log")
        assert visit.find("[data-zone]").text == zone.key
        shown = visit.find("#rows time")
        instant = datetime.fromisoformat(str(shown.get_attribute("datetime"))).astimezone(zone)
        assert shown.text == f"{instant.day} {instant:%b %Y, %H:%M}"
    finally:
        driver.execute_cdp_cmd("Emulation.setTimezoneOverride", {"timezoneId": ""})


def test_nothing_moves_for_who_wants_no_motion(visit: ConsoleVisit) -> None:
    visit.open("/")
    motion = "return getComputedStyle(document.querySelector('.primary')).transitionProperty"

    assert visit.browser.driver.execute_script(motion) == "none"
