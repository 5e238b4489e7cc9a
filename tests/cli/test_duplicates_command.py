"""`rollcall duplicates`, as an operator types it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rollcall.directory.directory import Directory
from rollcall.model.account_link import LOCAL
from rollcall.model.tenant_url import tenant_url
from rollcall.storage.findings import Findings
from tests.command import rollcall
from tests.conftest import Server, Tenant
from tests.directory.people import user
from tests.reconcile.duplicates.people import mails

HEX = "0123456789abcdef" * 2


class Operator:
    """Somebody with the command and a tenant."""

    def __init__(self, server: Server) -> None:
        self.tenant = server.tenant().name
        self.state = server.state
        self.directory: Directory = server.services.directory(self.tenant)
        self.findings = Findings(server.services.table, self.tenant)

    def says(self, verb: str, *words: str, code: int = 0) -> str:
        """Return what the command prints; what goes wrong is printed as well."""
        done = rollcall(self.state, "duplicates", verb, self.tenant, *words)
        assert done.returncode == code, done.stderr
        return done.stdout if code == 0 else done.stderr

    def reads(self, verb: str, *words: str) -> Any:
        """Return what the command prints for programs."""
        return json.loads(self.says(verb, *words, "--json"))


@pytest.fixture
def operator(server: Server) -> Operator:
    """An operator whose tenant has a duplicate, someone recreated, and a hint."""
    made = Operator(server)
    user(made.directory, "ann@b.c", **mails("ann@b.c"), displayName="[bold]Ann[/] Lee")
    user(made.directory, "alee@b.c", **mails("Ann@b.c"))
    user(made.directory, f"{HEX}cy@b.c", **mails("cy@b.c"), active=False)
    user(made.directory, "cy@b.c", **mails("cy@b.c"))
    user(made.directory, "di@b.c", displayName="Di Orr")
    user(made.directory, "dia@b.c", displayName="Di Orr")
    return made


def test_run_then_list_then_show(operator: Operator) -> None:
    assert "There" not in operator.says("list")
    said = operator.says("run")
    assert "2 new, 0 still open, 0 resolved, 1 weak hints" in said

    listed = operator.says("list")
    assert listed.index("duplicate") < listed.index("recreated") < listed.index("possible")
    assert "same address: ann@b.c" in listed
    (duplicate,) = operator.reads("list", "--kind", "duplicate")
    shown = operator.says("show", duplicate["finding"])
    assert "[bold]Ann[/] Lee" in shown
    assert f"rollcall accounts merge {operator.tenant} --keep" in shown
    assert operator.reads("show", duplicate["finding"]) == duplicate


def test_list_is_narrowed_by_kind_state_and_user(operator: Operator) -> None:
    operator.says("run")

    def kinds(*words: str) -> list[str]:
        return [each["kind"] for each in operator.reads("list", *words)]

    assert kinds() == ["duplicate", "recreated", "possible"]
    assert kinds("--kind", "recreated", "--kind", "possible") == ["recreated", "possible"]
    assert kinds("--user", "CY@b.c") == ["recreated"]
    assert kinds("--state", "dismissed") == []
    assert kinds("--state", "all") == kinds()
    assert "Nothing" in operator.says("list", "--state", "resolved")


def test_a_list_with_nothing_in_it_says_what_is_dismissed_and_resolved(operator: Operator) -> None:
    operator.says("run")
    found = [each["finding"] for each in operator.reads("list")]
    for each in found:
        operator.says("dismiss", each)

    assert operator.reads("list") == []
    assert (
        operator.says("list").split()
        == (
            f"Nothing of that kind is open in {operator.tenant}; 3 are dismissed: "
            "--state dismissed lists them."
        ).split()
    )
    assert "1 is dismissed" in operator.says("list", "--kind", "duplicate")
    assert "Nothing of that kind is known" in operator.says("list", "--kind", "unmanaged")

    operator.says("open", found[0])
    said = operator.says("list", "--state", "resolved")
    assert "1 is open" in said
    assert "2 are dismissed" in said
    assert "--state all" in said


def test_what_a_post_made_is_listed_before_any_run(server: Server) -> None:
    operator = Operator(server)
    tenant = operator.tenant
    token = server.services.tokens(tenant).issue("test").plain
    with Tenant(tenant, tenant_url(server.running.url, tenant), token).client() as client:
        document = {"userName": "asmith@b.c", "displayName": "Alice Smith"}
        old = operator.directory.users.create(document, link=LOCAL).record.id
        new = client.post("/Users", json={**document, "userName": "alice.smith@b.c"}).json()["id"]

    (found,) = operator.reads("list")
    assert {each["id"] for each in found["accounts"]} == {old, new}
    shown = operator.says("show", found["finding"])
    assert "the only two of one full name" in shown
    assert "ask first whether it is one person" in shown
    assert f"rollcall accounts merge {tenant} --keep {old} --remove {new}" in shown
    assert f"rollcall accounts unlink {tenant} {new}" in shown
    assert "1 new, 0 still open" in operator.says("run")
    assert "0 new, 1 still open" in operator.says("run")


def test_dismiss_and_open_show_before_and_after(operator: Operator) -> None:
    operator.says("run")
    (each,) = operator.reads("list", "--kind", "duplicate")
    finding = each["finding"]

    assert "Would be dismissed now, was open" in operator.says("dismiss", finding, "--dry-run")
    assert operator.reads("show", finding)["state"] == "open"
    said = operator.reads("dismiss", finding, "--reason", "twins")
    assert said == {"finding": finding, "before": "open", "after": "dismissed", "dryRun": False}
    shown = operator.says("show", finding)
    assert "dismissed by operator:" in shown
    assert "twins" in shown
    assert "0 new, 1 still open" in operator.says("run")
    assert "Is open now, was dismissed" in operator.says("open", finding)
    assert operator.reads("show", finding)["note"] is None


def test_a_service_account_is_named_by_no_run_until_it_is_a_person_again(
    operator: Operator,
) -> None:
    assert "would be a service account" in operator.says(
        "dismiss", "--service-account", "alee@b.c", "--dry-run"
    )
    operator.says("dismiss", "--service-account", "alee@b.c")
    assert operator.reads("flagged", "--kind", "service")[0]["userName"] == "alee@b.c"
    assert operator.reads("run")["kinds"] == {"recreated": 1}

    assert "a person" in operator.says("open", "--service-account", "alee@b.c")
    assert operator.reads("flagged", "--kind", "service") == []


def test_flagged_lists_users_by_kind(operator: Operator) -> None:
    assert "Nobody" in operator.says("flagged")
    operator.says("run")

    found = [(each["kind"], each["userName"]) for each in operator.reads("flagged")]
    assert sorted(found) == [
        ("duplicate", "alee@b.c"),
        ("duplicate", "ann@b.c"),
        ("possible", "di@b.c"),
        ("possible", "dia@b.c"),
        ("recreated", f"{HEX}cy@b.c"),
        ("recreated", "cy@b.c"),
    ]
    assert "di@b.c" in operator.says("flagged", "--kind", "possible")


@pytest.mark.parametrize("form", ["html", "csv", "json"])
def test_save_writes_the_report_of_the_last_run(
    operator: Operator, tmp_path: Path, form: str
) -> None:
    operator.says("run")
    file = tmp_path / f"report.{form}"
    operator.says("save", str(file))

    assert "alee@b.c" in file.read_text()
    assert operator.says("save", "-", "--form", form).strip() == file.read_text().strip()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("show", "nothing"), "there is no finding nothing"),
        (("dismiss", "nothing"), "there is no open or dismissed finding nothing"),
        (("dismiss",), "name a finding, or a --service-account"),
        (("open",), "name a finding, or a --service-account"),
        (("dismiss", "--service-account", "nobody"), "there is no user nobody"),
        (("list", "--user", "nobody"), "there is no user nobody"),
        (("save", "x.html"), "there is no report of"),
        (("flagged", "--kind", "nonsense"), "'nonsense' is no kind: duplicate, recreated"),
    ],
)
def test_a_mistake_is_one_sentence(server: Server, words: tuple[str, ...], sentence: str) -> None:
    said = Operator(server).says(*words, code=2)

    assert said.startswith("error: ")
    assert sentence in said


def test_a_report_is_not_saved_in_an_unknown_form(operator: Operator, tmp_path: Path) -> None:
    operator.says("run")

    said = operator.says("save", str(tmp_path / "report.pdf"), code=2)
    assert "reports are written as html, csv or json, not as pdf" in said


def test_an_unknown_tenant_is_one_sentence(server: Server) -> None:
    done = rollcall(server.state, "duplicates", "list", "nowhere")

    assert done.returncode == 2
    assert done.stderr.strip() == "error: there is no tenant nowhere"
