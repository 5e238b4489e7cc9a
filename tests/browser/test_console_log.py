"""The log of the console in a browser that is in another time zone than UTC."""

from __future__ import annotations

from selenium.webdriver.common.by import By

from tests.browser.conftest import Browser
from tests.browser.console_visit import signed_in
from tests.browser.test_console import link
from tests.conftest import Server

__all__ = ["link"]

REQUESTS = "return performance.getEntriesByType('resource').map((each) => each.name)"


def test_a_time_is_shown_and_entered_in_the_zone_of_the_reader(
    browser: Browser,
    link: str,
    server: Server,
) -> None:
    path = f"/t/{server.tenant().name}/log"
    visit = signed_in(browser, link)
    zone = "Emulation.setTimezoneOverride"
    browser.driver.execute_cdp_cmd(zone, {"timezoneId": "Asia/Kolkata"})
    try:
        visit.open(f"{path}?until=2026-01-01T12:00")
        shown = _entry(browser)
        enter = "document.querySelector('[name=until]').value = '2026-01-01T05:00'"
        browser.driver.execute_script(enter)
        visit.press("Show")
        browser.until(lambda: browser.driver.execute_script(REQUESTS), "it is asked for")
        (asked,) = browser.driver.execute_script(REQUESTS)
        browser.until(lambda: _entry(browser) == "2026-01-01T05:00", "what was entered stays")
        named = browser.driver.find_element(By.CSS_SELECTOR, ".tools [data-zone]").text
    finally:
        browser.driver.execute_cdp_cmd(zone, {"timezoneId": ""})

    assert shown == "2026-01-01T17:30"
    assert "until=2025-12-31T23%3A30" in asked
    assert named in {"Asia/Kolkata", "Asia/Calcutta"}


def _entry(browser: Browser) -> str:
    entry = browser.driver.find_element(By.CSS_SELECTOR, "[name=until]")
    return str(entry.get_property("value"))
