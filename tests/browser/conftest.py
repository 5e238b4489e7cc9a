"""A real Chromium without a window, and pictures of what it shows, in artefacts/."""

from __future__ import annotations

import json
import os
import shutil
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_core_python.selenium import Axe
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait

ARTEFACTS = Path(__file__).parents[2] / "artefacts"

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

DESKTOP, LAPTOP, PHONE = (1280, 900), (1200, 800), (390, 844)
_SECONDS = 20


_BROKEN = r"""
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), found = [];
  for (let node; (node = walker.nextNode());) {
    if (!node.parentElement.checkVisibility() || node.parentElement.closest("script")) continue;
    for (const word of node.data.matchAll(/\S+/g)) {
      const end = word.index + word[0].length;
      if (word[0].length > 40 || /^[^@\d]+-[^@\d]+$/.test(word[0])) continue;
      if (!word.index && node.previousSibling?.nodeName === "WBR") continue;
      if (end === node.data.length && node.nextSibling?.nodeName === "WBR") continue;
      const range = document.createRange();
      range.setStart(node, word.index);
      range.setEnd(node, end);
      const tops = Array.from(range.getClientRects(), (each) => Math.round(each.top));
      if (new Set(tops).size > 1) found.push(word[0]);
    }
  }
  return found;
"""


class Browser:
    """A browser, as people use it: what is not to be seen cannot be read or pressed."""

    def __init__(self, driver: webdriver.Chrome) -> None:
        self.driver = driver

    def open(self, url: str, size: tuple[int, int] = DESKTOP, *, dark: bool = False) -> None:
        """Open a URL anew in a window of a size, and wait until the page has settled."""
        self.resize(size)
        self.emulate(dark=dark)
        self.driver.get("about:blank")
        self.driver.get(url)
        self.until(
            lambda: not any(each.is_displayed() for each in self.all("#loading")),
            "the page has settled",
        )

    def resize(self, size: tuple[int, int]) -> None:
        """Show what is shown in a window of another size."""
        width, height = size
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)

    def emulate(self, *, dark: bool) -> None:
        """Show what is shown by day or at night, without motion."""
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        still = {"name": "prefers-reduced-motion", "value": "reduce"}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme, still]})

    def element(self, identifier: str) -> WebElement:
        """Return an element by its id."""
        return self.driver.find_element(By.ID, identifier)

    def text(self, identifier: str) -> str:
        """Return what is to be read in an element, nothing while it is hidden."""
        return self.element(identifier).text

    def all(self, selector: str) -> list[WebElement]:
        """Return the elements that a CSS selector finds."""
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def press(self, identifier: str) -> None:
        """Press what can be pressed."""
        self.element(identifier).click()

    def until(self, condition: Any, what: str) -> None:
        """Wait until a condition holds."""
        WebDriverWait(self.driver, _SECONDS, 0.05).until(lambda _: condition(), what)

    def picture(self, name: str) -> None:
        """Keep a picture of the whole page, as it is before anybody scrolls."""
        self.driver.execute_script("scrollTo(0, 0)")
        ARTEFACTS.mkdir(exist_ok=True)
        size = self.driver.execute_cdp_cmd("Page.getLayoutMetrics", {})["cssContentSize"]
        wanted = {
            "captureBeyondViewport": True,
            "clip": {**size, "scale": 1},
            "optimizeForSpeed": True,
        }
        taken = self.driver.execute_cdp_cmd("Page.captureScreenshot", wanted)
        (ARTEFACTS / f"{name}.png").write_bytes(b64decode(taken["data"]))

    def clipboard(self, url: str) -> str:
        """Return what was copied."""
        wanted = {"permissions": ["clipboardReadWrite"], "origin": url}
        self.driver.execute_cdp_cmd("Browser.grantPermissions", wanted)
        script = "navigator.clipboard.readText().then(arguments[0], arguments[0])"
        copied = str(self.driver.execute_async_script(script))
        self.driver.execute_cdp_cmd("Browser.resetPermissions", {})
        return copied

    def violations(self, *rules: str) -> list[str]:
        """Return what is not accessible (WCAG 2 and best practice), as axe-core sees it.

        With the names of rules, only these are looked at.
        """
        options: dict[str, object] = {"resultTypes": ["violations"]}
        if rules:
            options["runOnly"] = list(rules)
        return [
            f"{found['id']}: {node['html']}"
            for found in Axe().run(self.driver, options=options)["violations"]
            for node in found["nodes"]
        ]

    def overflow(self) -> int:
        """Return by how many pixels the page is wider than its window."""
        root = "document.documentElement"
        return int(self.driver.execute_script(f"return {root}.scrollWidth - {root}.clientWidth"))

    def broken(self) -> list[str]:
        """Return the words, of 40 characters at most, that are broken into lines.

        Behind a hyphen only addresses and ids count.
        """
        return list(self.driver.execute_script(_BROKEN))

    def requests(self) -> list[dict[str, Any]]:
        """Return the requests since this was asked last, without those that were not let out."""
        logged = [json.loads(each["message"])["message"] for each in self._log("performance")]
        kept = {
            each["params"]["requestId"]
            for each in logged
            if each["method"] == "Network.loadingFailed" and each["params"].get("blockedReason")
        }
        return [
            each["params"]["request"]
            for each in logged
            if each["method"] == "Network.requestWillBeSent"
            and each["params"]["requestId"] not in kept
        ]

    def complaints(self) -> list[str]:
        """Return what the console says since this was asked last."""
        return [each["message"] for each in self._log("browser")]

    def _log(self, kind: str) -> list[dict[str, Any]]:
        return list(self.driver.get_log(kind))  # type: ignore[no-untyped-call]


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    """Chromium, of a profile of its own."""
    browser, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if browser is None or driver is None:
        if os.environ.get("ROLLCALL_CI"):
            pytest.fail("chromium and chromedriver are not installed")
        pytest.skip("chromium and chromedriver are not installed")
    options = webdriver.ChromeOptions()
    options.binary_location = browser
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('chromium')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    started = webdriver.Chrome(options, Service(driver))
    started.set_script_timeout(3 * _SECONDS)  # axe looks at each of some thousand elements
    try:
        yield started
    finally:
        started.quit()


@pytest.fixture
def browser(chromium: webdriver.Chrome) -> Browser:
    """The browser, with nothing asked or said yet."""
    chromium.get("about:blank")
    asked = Browser(chromium)
    asked.requests()
    asked.complaints()
    return asked
