"""Before the first cycle: an export is dropped, checked, and shown person by person."""

from __future__ import annotations

import html
import json
import re
import stat
from pathlib import Path
from typing import Any

import pytest

from rollcall.console import first_cycle_page
from rollcall.console.cycle_check import CycleCheck, CycleChecks
from rollcall.console.view import DEPLOYMENT
from rollcall.console.workplace import DeploymentChoice
from rollcall.operations.conflicts import IdentityProviderFiles, JobSettings
from rollcall.runtime.services import Services
from tests.console.consoles import OURS, Visitor
from tests.directory.people import user
from tests.reconcile.cases import person
from tests.reconcile.duplicates.people import mails
from tests.reconcile.test_export_files import OPERATORS_WORDS

SCRIPT = '<img src=x onerror="document.title = 1" hx-get="/">'


@pytest.fixture
def acme(deployed: Services) -> Services:
    deployed.tenants.add("acme")
    own = deployed.directory("acme")
    user(own, "old@acme.test", **mails("ann@acme.test"), displayName=SCRIPT)
    return deployed


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary files."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def dropped(ann: Visitor, text: str, name: str = "users.json", **form: str) -> str:
    """Drop a file, wait until it is checked, and return what is shown."""
    return sent(ann, [("export", (name, text.encode()))], **form)


def sent(ann: Visitor, files: list[tuple[str, tuple[str, bytes]]], **form: str) -> str:
    answer = ann.client.post(
        f"{ann.root}/t/acme/first-cycle/upload",
        data={"match": "", **form},
        files=files,
        headers={**OURS, "HX-Request": "true", DEPLOYMENT: "0"},
    )
    return ended(ann, str(answer.text))


def ended(ann: Visitor, shown: str) -> str:
    """Return what is shown of work when it has ended."""
    for _ in range(2_000):
        if "at work" not in shown:
            break
        (work,) = re.findall(r'id="work-([\w-]+)"', shown)
        shown = ann.page(f"/work/{work}")
    return shown


def checked(ann: Visitor, *people: dict[str, Any], **form: str) -> str:
    """Check people, and return the path of the forecast."""
    shown = dropped(ann, json.dumps({"value": people}), **form)
    (work,) = re.findall(r'id="work-([\w-]+)"', shown)
    return f"/t/acme/first-cycle/{work}"


def lines(page: str) -> list[str]:
    """Return the texts of the lines of a forecast."""
    rows = page.partition("<tbody>")[2].partition("</tbody>")[0].split("</tr>")[:-1]
    return [" ".join(re.sub(r"<[^>]+>", " ", row.replace("<wbr>", "")).split()) for row in rows]


def test_an_export_is_checked_and_shown_person_by_person(acme: Services, ann: Visitor) -> None:
    people = [person("ann@acme.test", displayName=SCRIPT, mail="ann@acme.test")]
    shown = dropped(ann, json.dumps({"value": people}))
    assert "1 people, 1 accounts" in shown
    (work,) = re.findall(r'id="work-([\w-]+)"', shown)

    listed = ann.page("/t/acme/first-cycle")
    found = ann.page(f"/t/acme/first-cycle/{work}")
    table = ann.client.get(f"{ann.root}/t/acme/first-cycle/{work}/report.csv", headers=OURS)
    page = ann.client.get(f"{ann.root}/t/acme/first-cycle/{work}/report.html", headers=OURS)

    assert f"/first-cycle/{work}" in listed
    assert "ann@acme.test" in found.replace("<wbr>", "")
    assert "<img" not in found.partition("<main")[2].partition("</main>")[0]
    assert "attachment" in table.headers["content-disposition"]
    assert "attachment" in page.headers["content-disposition"]
    assert "There is none" in ann.page(f"/t/acme/first-cycle/{work}", q="somebody else")


@pytest.mark.parametrize("text", ["", "{", "no,columns\n1,2\n"])
def test_a_file_that_cannot_be_checked_is_said(text: str, acme: Services, ann: Visitor) -> None:
    shown = dropped(ann, text, "users.csv" if "," in text else "users.json")

    assert 'role="alert"' in shown or "role=alert" in shown


def test_what_was_dropped_is_for_its_owner_alone(
    acme: Services, ann: Visitor, temporary: Path
) -> None:
    dropped(ann, json.dumps({"value": [person("ann@acme.test")]}))

    modes = {each: stat.S_IMODE(each.stat().st_mode) for each in temporary.rglob("*")}
    assert {mode for each, mode in modes.items() if each.is_dir()} == {0o700}
    files = {each.name: mode for each, mode in modes.items() if each.is_file()}
    assert set(files) == {"users.json", "report.html", "report.csv", "customer.html"}
    assert set(files.values()) == {0o600}


def test_a_check_that_is_not_there_is_said(acme: Services, ann: Visitor) -> None:
    for path in ("nothing", "nothing/report.csv", "../report.csv"):
        answer = ann.client.get(f"{ann.root}/t/acme/first-cycle/{path}", headers=OURS)
        assert answer.status_code in {404, 409}


def test_the_pages_of_an_answer_are_dropped_together(acme: Services, ann: Visitor) -> None:
    first = {"@odata.nextLink": "https://x/2", "value": [person("ann@acme.test")]}
    last = {"value": [person("bob@acme.test")]}
    assigned = b"ann@acme.test\n"

    shown = sent(
        ann,
        [
            ("export", ("../users.json", json.dumps(first).encode())),
            ("export", ("users.json", json.dumps(last).encode())),
            ("assigned", ("who.csv", assigned)),
        ],
    )

    assert "2 people, 1 accounts" in shown
    assert "1 not provisioned" in shown
    assert "one page of several" not in shown
    assert "users.json, 2-users.json" in ann.page("/t/acme/first-cycle").replace("<wbr>", "")


WRONG = {
    "nothing": (b"", "users.csv is empty"),
    "a workbook": (b"PK\x03\x04\x14\x00", "users.csv is a workbook or an archive, not text"),
    "a sign-in page": (b"<!DOCTYPE html>\n<html>", "users.csv is a web page or XML"),
    "other columns": (b"Name;Mail\nAnn;a@x\n", "users.csv: line 1 has no column userPrincipalName"),
    "no rows": (b"\xef\xbb\xbfuserPrincipalName\n\n", "users.csv holds no rows"),
    "a quotation mark": (
        b'userPrincipalName,displayName\na@x.test,Ann\nb@x.test,"Bob\n',
        "users.csv cannot be read as CSV: line 3: the quotation mark that opens here is never",
    ),
    "another encoding": (
        "userPrincipalName\nm\u00fcller@x.test\n".encode("cp1252"),
        "users.csv is not text in UTF-8 or UTF-16, line 2 is not: save it as UTF-8",
    ),
    "nobody": (b"userPrincipalName,id\n,\n,,\n", "users.csv "),
}


@pytest.mark.parametrize("kind", WRONG)
def test_a_file_that_is_no_export_is_said_with_its_line_and_nothing_is_kept(
    kind: str, acme: Services, ann: Visitor, temporary: Path
) -> None:
    content, sentence = WRONG[kind]
    good = ("export", ("good.csv", b"userPrincipalName,id\nann@x.test,1\n"))

    shown = sent(ann, [good, ("export", ("users.csv", content))])

    text = html.unescape(shown)
    assert f"role=alert>{sentence}" in text  # a name of a file keeps its case
    assert "Nothing is kept" in text
    assert "--encoding" not in text
    assert "Go on" not in text
    assert str(temporary) not in text
    assert not [each for each in temporary.rglob("*") if each.is_file()]


def test_spreadsheets_of_other_countries_are_read(acme: Services, ann: Visitor) -> None:
    table = (
        "sep=;\r\n\r\nObject ID;User principal name;Display name\r\n"
        '1;m\u00fcller@x.test;"M\u00fc\r\nller"\r\n;;\r\n'
    )

    shown = dropped(ann, table.encode("cp1252").decode("latin-1"), "users.csv")
    assert "1 people, 1 accounts" in shown
    as_cp1252 = sent(
        ann,
        [("export", ("users.csv", table.encode("cp1252")))],
        encoding="windows-1252",
    )
    assert "1 people, 1 accounts" in as_cp1252


def test_a_form_that_is_refused_keeps_nothing(ann: Visitor, temporary: Path) -> None:
    shown = dropped(ann, "userPrincipalName\n", encoding="klingon")

    assert "That is not possible" in shown
    assert not [each for each in temporary.rglob("*") if each.is_file()]


def named(line: str) -> str:
    """Return the person of a line."""
    (name, *_) = re.findall(r"\S+@\S+|nobody", line)
    return str(name)


def test_lines_are_sorted_by_each_column_and_read_in_pages(
    acme: Services, ann: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(first_cycle_page, "SHOWN", 2)
    path = checked(ann, *(person(f"{name}@acme.test") for name in ("cid", "bob", "dan", "eve")))

    first = ann.page(path, verdict="everything", sort="person", down="1")
    (after,) = re.findall(r"after=(\d+)", first)
    second = ann.page(path, verdict="everything", sort="person", down="1", after=after)
    printed = ann.page(f"{path}/print", verdict="everything", sort="person")

    assert [named(row) for row in lines(first) + lines(second)] == [
        "eve@acme.test", "dan@acme.test", "cid@acme.test", "bob@acme.test",
    ]  # fmt: skip
    assert [named(row) for row in lines(printed)] == [
        "nobody", "bob@acme.test", "cid@acme.test", "dan@acme.test", "eve@acme.test",
    ]  # fmt: skip
    assert "<button" not in printed
    assert "<form" not in printed
    assert 'aria-sort="descending"' in first
    for wrong in ({"sort": "data"}, {"verdict": "no"}, {"after": "x"}):
        answer = ann.client.get(ann.root + path, params=wrong, headers=OURS)
        assert answer.status_code == 409


def mend(ann: Visitor, page: str, label: str, **form: str) -> str:
    """Plan and carry out the act of a line, and return what is told."""
    forms = page.replace("<wbr>", "").split("<form ")
    (form_of,) = [each for each in forms if f">{label} …</button>" in each]
    (path,) = re.findall(rf'hx-post="{ann.root}([^"]+)"', form_of)
    shown = ann.send(path, form)
    assert shown.status_code == 200, shown.text
    (name,) = re.findall(r'hx-post="[^"]+/plans/([\w-]+)"', shown.text)
    done = ann.send(f"/plans/{name}", {"reason": "", "typed": ""})
    assert done.status_code == 200, done.text
    return str(done.text)


def test_a_line_has_its_act_says_that_it_was_done_and_is_checked_again(
    acme: Services, ann: Visitor
) -> None:
    path = checked(ann, person("new@acme.test", mail="ann@acme.test", displayName="Ann"))
    before = ann.page(path)
    assert "will be duplicated" in before

    told = mend(ann, before, "Call it new@acme.test")
    after = ann.page(path)
    again = ended(ann, ann.send(f"{path}/again").text)

    assert "new@acme.test" in told.replace("<wbr>", "")
    assert "done" in lines(after)[0]
    assert "the forecast is older than they are" in after
    assert "1 links" in again
    (work,) = re.findall(r'id="work-([\w-]+)"', again)
    assert "forecast is older" not in ann.page(f"/t/acme/first-cycle/{work}")


def test_an_act_that_is_not_there_is_said(acme: Services, ann: Visitor) -> None:
    path = checked(ann, person("new@acme.test", mail="ann@acme.test"))

    for line in ("1/7", "99/0"):
        assert ann.send(f"{path}/lines/{line}").status_code == 409


def test_a_check_is_of_one_tenant(acme: Services, ann: Visitor) -> None:
    acme.tenants.add("other")
    path = checked(ann, person("new@acme.test")).replace("/t/acme/", "/t/other/")

    for each in (path, f"{path}/print", f"{path}/customer.html"):
        assert ann.client.get(ann.root + each, headers=OURS).status_code == 409
    assert "Person by person" not in ann.page("/t/other/first-cycle")


def test_a_check_is_of_one_deployment(acme: Services, ann: Visitor) -> None:
    checks = CycleChecks()
    check = CycleCheck(
        DeploymentChoice("rollcall", "dev", "eu-west-1").key,
        "acme",
        IdentityProviderFiles([]),
        JobSettings(),
        Path(),
    )
    checks.add("work", check)

    of_another_account = DeploymentChoice("rollcall", "production", "eu-west-1").key
    assert checks.of(check.deployment, "acme") == [("work", check)]
    assert checks.of(of_another_account, "acme") == []


def test_the_customers_page_is_downloaded_without_words_of_operators(
    acme: Services, ann: Visitor
) -> None:
    path = checked(ann, person("new@acme.test", mail="ann@acme.test", displayName="Ann"))
    answer = ann.client.get(f"{ann.root}{path}/customer.html", headers=OURS)

    assert "attachment" in answer.headers["content-disposition"]
    assert "confirm that it is the same person" in answer.text
    assert not [
        each
        for each in OPERATORS_WORDS
        if each in answer.text.partition("<body>")[2].partition("<script>")[0].lower()
    ]
