"""Before the first cycle: an export is dropped, checked, and shown person by person."""

from __future__ import annotations

import json
import re
import stat
from pathlib import Path

import pytest

from rollcall.console.view import DEPLOYMENT
from rollcall.runtime.services import Services
from tests.console.consoles import OURS, Visitor
from tests.directory.people import user
from tests.reconcile.cases import person
from tests.reconcile.duplicates.people import mails

SCRIPT = '<img src=x onerror="document.title = 1" hx-get="/">'


@pytest.fixture
def acme(deployed: Services) -> Services:
    deployed.tenants.add("acme")
    own = deployed.directory("acme")
    user(own, "old@acme.test", **mails("ann@acme.test"), displayName=SCRIPT)
    return deployed


def dropped(ann: Visitor, text: str, name: str = "users.json") -> str:
    """Drop a file, wait until it is checked, and return what is shown."""
    answer = ann.client.post(
        f"{ann.root}/t/acme/first-cycle/upload",
        data={"match": ""},
        files={"export": (name, text.encode())},
        headers={**OURS, "HX-Request": "true", DEPLOYMENT: "0"},
    )
    shown = str(answer.text)
    for _ in range(2_000):
        if "at work" not in shown:
            break
        (work,) = re.findall(r'id="work-([\w-]+)"', shown)
        shown = ann.page(f"/work/{work}")
    return shown


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
    acme: Services, ann: Visitor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    dropped(ann, json.dumps({"value": [person("ann@acme.test")]}))

    assert {stat.S_IMODE(each.stat().st_mode) for each in tmp_path.iterdir()} == {0o700}


def test_a_check_that_is_not_there_is_said(acme: Services, ann: Visitor) -> None:
    for path in ("nothing", "nothing/report.csv", "../report.csv"):
        answer = ann.client.get(f"{ann.root}/t/acme/first-cycle/{path}", headers=OURS)
        assert answer.status_code in {404, 409}
