"""The conflict report as the support team opens it: a file, from the disk."""

from __future__ import annotations

import json

import pytest

from rollcall.reconcile.conflicts import conflict_report
from rollcall.reconcile.conflicts.conflict_check import check
from rollcall.reconcile.conflicts.directory_account import DirectoryAccount
from rollcall.reconcile.conflicts.entra_export import EntraExport
from rollcall.reconcile.conflicts.forecast import ProvisioningJob
from rollcall.reconcile.files.account_file import AccountFile
from tests.browser.conftest import DESKTOP, LAPTOP, PHONE, Browser
from tests.browser.test_duplicates_page import shown
from tests.operations.operators import finished
from tests.reconcile.cases import account, person
from tests.scenario.two_hundred import NUMBERS, Cause, everyone, write

SCRIPT = '<script>document.title = "owned"</script>'


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The report of the two hundred, and of one who has a script for a name."""
    folder = tmp_path_factory.mktemp("conflicts")
    staff = everyone()
    files = write(staff, folder)
    hostile = person("eve@x.test", displayName=SCRIPT, otherMails=["eve@old.test"])
    people = [each.exported for each in staff]
    files["users.json"].write_text(json.dumps({"value": [*people, hostile]}))
    accounts = [
        DirectoryAccount(str(each.where), each.document, each.link)
        for each in AccountFile(files["accounts.csv"]).drafts()
    ]
    accounts.append(account("eve@old.test", displayName=SCRIPT))
    made = finished(check(ProvisioningJob("acme"), EntraExport(files["users.json"]), accounts))
    file = folder / "report.html"
    file.write_text("".join(conflict_report.as_page(made, "users.json", "24 November 2026")))
    return file.as_uri()


def test_the_page_says_what_the_cycle_will_do_and_loads_nothing(
    browser: Browser, page: str
) -> None:
    browser.open(page, DESKTOP)
    browser.picture("conflicts")

    assert browser.driver.title == "Conflicts of acme"
    strangers = NUMBERS[Cause.NAMESAKE_NUMBERED]
    assert len(shown(browser)) == sum(NUMBERS.values()) + strangers + 1 + 6 + 5
    assert len(browser.requests()) == 1
    assert browser.complaints() == []
    assert browser.violations() == []


def test_a_name_that_is_a_script_stays_text(browser: Browser, page: str) -> None:
    browser.open(page)

    assert any(SCRIPT in each for each in shown(browser))
    assert "owned" not in browser.driver.title


def test_what_needs_attention_is_chosen_searched_and_sorted(browser: Browser, page: str) -> None:
    browser.open(page)
    browser.all("select")[0].send_keys("ambiguous")
    assert len(shown(browser)) == 4

    browser.open(page)
    browser.element("search").send_keys("zoe2")
    (row,) = shown(browser)
    assert "zoë2@example.com" in row

    browser.open(page, (1600, 900))  # wide enough for a table, and the buttons above it
    confidence = next(each for each in browser.all("th button") if each.text == "Confidence")
    confidence.click()
    assert "the name of both" in shown(browser)[0]


def test_it_is_read_on_paper_on_a_phone_and_at_night(browser: Browser, page: str) -> None:
    browser.open(page, PHONE)
    browser.picture("conflicts-phone")
    browser.open(page, DESKTOP, dark=True)
    browser.picture("conflicts-dark")
    assert browser.violations() == []
    browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    browser.picture("conflicts-print")

    assert not any(each.is_displayed() for each in browser.all("form.tools"))
    browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})


LONG = ("von-und-zu-hohenstein@acme.example", "maximiliana.jo.hohenstein@other.example")


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A report of addresses as long as people have them, and of one that nobody has."""
    folder = tmp_path_factory.mktemp("long")
    own, other = LONG
    endless = f"{'hohenstein-' * 20}@acme.example"
    people = [
        person(own, displayName="Maximiliana von und zu Hohenstein", mail=other),
        person(endless, displayName=endless),
    ]
    accounts = [
        account(other, displayName="Maximiliana von und zu Hohenstein"),
        account(f"x{own}", displayName="Maximiliana von und zu Hohenstein"),
        account(endless.upper(), displayName=endless),
    ]
    file = folder / "users.json"
    file.write_text(json.dumps(people))
    made = finished(check(ProvisioningJob("acme"), EntraExport(file), accounts))
    page = folder / "report.html"
    page.write_text("".join(conflict_report.as_page(made, "users.json", "24 November 2026")))
    return page.as_uri()


@pytest.mark.parametrize("size", [DESKTOP, LAPTOP, (800, 900), PHONE])
def test_no_word_is_broken_and_nothing_pushed_out_at_any_width(
    size: tuple[int, int], browser: Browser, long: str
) -> None:
    browser.open(long, size)
    browser.picture(f"conflicts-{size[0]}")

    assert browser.overflow() == 0
    assert browser.broken() == []
    assert all(any(each in row for row in shown(browser)) for each in LONG)


def test_what_support_does_is_marked_and_stays_closed(browser: Browser, long: str) -> None:
    browser.open(long)
    commands = [each.text for each in browser.all("body *") if "rollcall " in each.text]

    assert commands == []
    assert any("You can confirm that it is the same person." in row for row in shown(browser))
    assert any("Support will let the job find the account." in row for row in shown(browser))
    (mark, *_) = browser.all("td details.support summary")
    mark.click()
    assert mark.text == "For the support team"
    assert any("rollcall accounts relink acme id-" in row for row in shown(browser))
    assert browser.violations() == []
