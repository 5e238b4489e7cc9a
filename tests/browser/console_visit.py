"""A visit of a console with Chromium: what is pressed, filled in, told and looked at."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

from tests.browser.conftest import DESKTOP, PHONE, Browser
from tests.command import ENVIRONMENT, PROGRAM

ZOOMED = (DESKTOP[0] // 2, DESKTOP[1] // 2)
"""The window in which a page is read at 200 %."""

_SHOWN = """
  const found = [...document.querySelectorAll(arguments[0])];
  return found.some((each) => each.innerText.includes(arguments[1]));
"""


@contextmanager
def console(state: Path) -> Iterator[str]:
    """Run a console of the local server; yields its link, which works once."""
    words = [PROGRAM, "--state", str(state), "console", "--no-browser", "--json"]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, env=ENVIRONMENT)
    assert process.stdout is not None
    try:
        yield str(json.loads(process.stdout.readline())["url"])
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)


class ConsoleVisit:
    """A person at a console, below whose root the pages are."""

    def __init__(self, browser: Browser, root: str) -> None:
        self.browser = browser
        self.root = root

    def open(self, path: str) -> None:
        """Open a page anew."""
        self.browser.open(self.root + path)

    def find(self, selector: str) -> WebElement:
        """Return the one element that a CSS selector finds."""
        return self.browser.driver.find_element(By.CSS_SELECTOR, selector)

    def follow(self, words: str) -> None:
        """Follow the first link that has the words."""
        self.browser.driver.find_element(By.PARTIAL_LINK_TEXT, words).click()

    def press(self, words: str, within: str = "body") -> None:
        """Press the first button with these words."""
        found = [each for each in self.browser.all(f"{within} button") if each.text == words]
        assert found, [each.text for each in self.browser.all(f"{within} button")]
        found[0].click()

    def unfold(self, words: str) -> None:
        """Open the first details with these words."""
        next(each for each in self.browser.all("summary") if each.text == words).click()

    def until_planned(self) -> str:
        """Wait for the dialog of an act, and return what it shows."""
        shown = "dialog[open] table, dialog[open] form h2, dialog[open] .problem"
        self.browser.until(lambda: self.browser.all(shown), "the plan is shown")
        return self.browser.text("act-content")

    def carry_out(self, words: str, **entries: str) -> str:
        """Fill the dialog in and press its button; return what is told."""
        self.until_planned()
        for name, value in entries.items():
            self.find(f"dialog [name={name}]").send_keys(value)
        self.press(words, "dialog")
        self.browser.until(lambda: self.browser.all("dialog [data-changed]"), "it is done")
        return self.browser.text("act-content")

    def close(self) -> None:
        """Close the dialog of what was done, after which the page is loaded anew."""
        self.browser.driver.execute_script("window.isOld = true")
        self.press("Close", "dialog")
        is_new = "return !window.isOld && document.readyState === 'complete'"
        self.browser.until(lambda: self.browser.driver.execute_script(is_new), "the page is new")

    def told(self, selector: str, words: str) -> None:
        """Wait until what is shown has the words, however often it is shown anew meanwhile."""
        ask = self.browser.driver.execute_script
        self.browser.until(lambda: ask(_SHOWN, selector, words), words)

    def look(self, name: str, *, briefly: bool = False) -> list[str]:
        """Keep pictures of what is shown, in both widths by day and at night.

        Briefly, these are two: the wide one by day, the narrow one at night. Returns what is not as
        it should be: what is pushed out, and what is not accessible.
        """
        wrong = []
        for size, kind in ((DESKTOP, ""), (PHONE, "-phone")):
            self.browser.resize(size)
            for dark in (False, True):
                if briefly and dark == (size == DESKTOP):
                    continue
                self.browser.emulate(dark=dark)
                self.browser.picture(f"console-{name}{kind}{'-dark' * dark}")
            if pixels := self.browser.overflow():
                wrong.append(f"{name} at {size[0]}: {pixels} pixels are pushed out")
        wrong += self.browser.violations("color-contrast")  # at night
        self.browser.emulate(dark=False)
        self.browser.resize(ZOOMED)
        if pixels := self.browser.overflow():
            wrong.append(f"{name} at 200 %: {pixels} pixels are pushed out")
        self.browser.resize(DESKTOP)
        return [*wrong, *self.browser.violations()]


def signed_in(browser: Browser, link: str) -> ConsoleVisit:
    """Open the link of a console."""
    browser.driver.get(link)
    browser.until(lambda: browser.driver.title == "Tenants · Rollcall", "the console is open")
    visit = ConsoleVisit(browser, str(browser.driver.current_url).rstrip("/"))
    visit.open("/")  # without motion
    return visit
