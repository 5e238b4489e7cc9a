"""The duplicate report as the customer's administrator reads it, from the link on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rollcall.runtime.tenant_report import duplicate_run
from rollcall.storage.report_files import report_path
from tests.browser.conftest import DESKTOP, LAPTOP, PHONE, Browser
from tests.conftest import Server
from tests.directory.people import user
from tests.reconcile.duplicates.people import MONDAY, TUESDAY, done, mails, numbered

SCRIPT = '<script>document.title = "owned"</script>'
IMAGE = '"><img src=x onerror="document.title = 1">'
LATER = 36_500
"""The days by which runs look ahead of all that is done today, whenever that is."""

HEX = "0123456789abcdef" * 2


@pytest.fixture(scope="module")
def link(server: Server) -> str:
    """The link that an administrator gets, to a report with findings of every kind."""
    name = server.tenant().name
    own = server.services.directory(name)
    user(own, "old@corp.test", **mails("old@corp.test"))
    gone = user(own, "old2@corp.test", **mails("OLD@corp.test"))
    for number, person in enumerate(("Ann Lee", "Élodie Durand", "Bob Ray", "Cy Orr")):
        address = f"{person.replace(' ', '.').lower()}@corp.test"
        user(own, address, **mails(address), **numbered(f"{number + 1}"), displayName=person)
        user(own, f"n{number}@corp.test", **numbered(f"00{number + 1}"), displayName=person)
    user(own, "eve@corp.test", **mails("eve@corp.test"), displayName=SCRIPT)
    user(own, "eve2@corp.test", **mails("eve@corp.test"), displayName=IMAGE)
    user(own, f"{HEX}dee@corp.test", **mails("dee@corp.test"), active=False)
    user(own, "dee@corp.test", **mails("dee@corp.test"))
    user(own, "jo1@corp.test", displayName="John Smith")
    user(own, "jo2@corp.test", displayName="John Smith")
    run = duplicate_run(server.services, name)
    done(run, MONDAY)
    own.users.delete(gone)
    user(own, "ann@corp.test", **mails("ann.lee@corp.test"), displayName="Ann Lee")
    own.users.create({"userName": "left@corp.test", "active": False})
    done(replace(run, inactive_days=-LATER), TUESDAY)
    code = server.services.reports.create_link(report_path(name, TUESDAY), run.delivery.clock())
    return f"{server.running.url}/reports/{code}"


def shown(browser: Browser) -> list[str]:
    """Return the rows that are to be seen, as text."""
    return [each.text for each in browser.all("tbody tr") if each.is_displayed()]


def test_the_page_shows_what_it_is_about_and_loads_nothing(browser: Browser, link: str) -> None:
    browser.open(link, DESKTOP)
    browser.picture("duplicates")

    (title,) = browser.all("h1")
    assert title.text.startswith("Duplicate accounts in t")
    assert browser.driver.title == title.text
    assert len(shown(browser)) == 12
    assert len(browser.requests()) == 2  # the link, and the page that it leads to
    assert browser.complaints() == []
    assert browser.violations() == []


def test_a_display_name_that_is_a_script_stays_text(browser: Browser, link: str) -> None:
    browser.open(link)

    assert any(SCRIPT in each for each in shown(browser))
    assert any(IMAGE in each for each in shown(browser))
    assert browser.all("img") == []
    assert "owned" not in browser.driver.title


def test_the_rows_are_searched_chosen_and_sorted(browser: Browser, link: str) -> None:
    browser.open(link)
    search = browser.element("search")

    search.send_keys("elodie durand")
    assert len(shown(browser)) == 1
    browser.picture("duplicates-search")
    search.clear()
    search.send_keys("nobody of that name")
    assert shown(browser) == []

    for at, choice in enumerate(("resolved", "recreated")):
        browser.open(link)
        browser.all("select")[at].send_keys(choice)
        (row,) = shown(browser)
        assert choice in row

    browser.open(link)
    since = next(each for each in browser.all("th button") if each.text.startswith("Since"))
    since.click()
    first = shown(browser)[0]
    since.click()
    assert MONDAY[:10] in first
    assert TUESDAY[:10] in shown(browser)[0]


def test_the_page_is_printed_without_what_paper_cannot_do(browser: Browser, link: str) -> None:
    browser.open(link)
    browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    browser.picture("duplicates-print")

    assert not any(each.is_displayed() for each in browser.all("form.tools"))
    assert len(shown(browser)) == 12
    browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})


def test_the_page_is_read_on_a_phone_and_at_night(browser: Browser, link: str) -> None:
    browser.open(link, PHONE)
    browser.picture("duplicates-phone")
    browser.open(link, DESKTOP, dark=True)
    browser.picture("duplicates-dark")

    assert browser.violations() == []


@pytest.mark.parametrize("size", [LAPTOP, PHONE])
def test_no_word_is_broken_and_nothing_pushed_out(
    size: tuple[int, int], browser: Browser, link: str
) -> None:
    browser.open(link, size)

    assert browser.overflow() == 0
    assert browser.broken() == []


def test_the_customer_reads_no_commands(browser: Browser, link: str) -> None:
    browser.open(link)
    page = browser.all("body")[0]
    assert "rollcall " not in page.text
    assert "Tell support" in page.text

    browser.all("details.support summary")[0].click()

    assert "rollcall duplicates dismiss" in page.text
