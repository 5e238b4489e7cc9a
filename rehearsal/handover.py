"""The hand-over page in a real browser."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

from rehearsal.cloud import NotReadyError

_SECONDS = 60
_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--force-prefers-reduced-motion",  # a click would meet the page while it still scrolls
)


def show_details(link: str) -> tuple[str, str]:
    """Open a link, ask for a token, and return the Tenant URL and the token that are shown."""
    with _browser() as driver:
        driver.get(link)
        _until(driver, "show", bool)
        driver.find_element(By.CSS_SELECTOR, "[name=way][value=token]").click()
        driver.find_element(By.ID, "show").click()
        _until(driver, "token", bool)
        return driver.find_element(By.ID, "url").text, driver.find_element(By.ID, "token").text


def connection_status(link: str) -> str:
    """Open a link again, and return what the page shows about the connection test."""
    with _browser() as driver:
        driver.get(link)
        return _until(driver, "signal-test", lambda text: bool(text) and "waiting" not in text)


def _until(driver: webdriver.Chrome, identifier: str, enough: Callable[[str], bool]) -> str:
    def text(_: object) -> str:
        found = driver.find_element(By.ID, identifier).text
        return found if enough(found) else ""

    return WebDriverWait(driver, _SECONDS, 0.1).until(text, f"{identifier} is shown")


@contextmanager
def _browser() -> Iterator[webdriver.Chrome]:
    chromium, chromedriver = shutil.which("chromium"), shutil.which("chromedriver")
    if chromium is None or chromedriver is None:
        raise NotReadyError("the hand-over page needs a browser: install chromium and its driver")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for flag in _FLAGS:
        options.add_argument(flag)
    driver = webdriver.Chrome(options=options, service=Service(chromedriver))
    try:
        yield driver
    finally:
        driver.quit()
