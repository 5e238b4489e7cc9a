"""An account is named by its id, by an id that was merged into it, or by its name: everywhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from rollcall.model.account_link import LOCAL
from tests.command import rollcall
from tests.conftest import Server
from tests.directory.people import user

EVERYBODY = '{"name": "everybody", "users": "all", "workAreas": {"induction": "read"}}'


@dataclass(frozen=True)
class Merged:
    """An account, and ids that mean it: of one that became part of it, and of one before that."""

    server: Server
    tenant: str
    id: str
    ids: tuple[str, str]
    group: str

    def says(self, *words: str, code: int = 0) -> str:
        done = rollcall(self.server.state, *words)
        assert done.returncode == code, (done.stdout, done.stderr)
        return done.stdout

    def reads(self, *words: str) -> Any:
        return json.loads(self.says(*words, "--json"))


@pytest.fixture(scope="module")
def merged(server: Server) -> Merged:
    tenant = server.tenant().name
    directory = server.services.directory(tenant)
    first, second, third = (
        directory.users.create({"userName": f"{name}@acme.example"}, link=LOCAL).record.id
        for name in ("ann", "a.lee", "ann.lee")
    )
    group = directory.groups.create({"displayName": "Staff", "members": [{"value": third}]})
    made = Merged(server, tenant, third, (first, second), group.record.id)
    for keep, remove in ((second, first), (third, second)):
        words = ("merge", tenant, "--keep", keep, "--remove", remove, "--yes", "--reason", "a test")
        made.says("accounts", *words)
    return made


@pytest.fixture(params=["id", "merged id", "id merged before", "name", "NAME"])
def named(request: pytest.FixtureRequest, merged: Merged) -> str:
    """One of the ways to name the account."""
    return {
        "id": merged.id,
        "merged id": merged.ids[1],
        "id merged before": merged.ids[0],
        "name": "ann.lee@acme.example",
        "NAME": "ANN.LEE@ACME.EXAMPLE",
    }[str(request.param)]


def test_accounts_show(merged: Merged, named: str) -> None:
    assert merged.reads("accounts", "show", merged.tenant, named)["id"] == merged.id


def test_accounts_protect_and_unprotect(merged: Merged, named: str) -> None:
    for verb in ("protect", "unprotect"):
        assert "ann.lee@acme.example" in merged.says("accounts", verb, merged.tenant, named)


def test_accounts_relink_and_unlink(merged: Merged, named: str) -> None:
    relinked = ("relink", merged.tenant, named, "--external-id", "1")
    assert merged.reads("accounts", *relinked)["after"]["id"] == merged.id
    unlinked = ("unlink", merged.tenant, named, "--yes")
    assert merged.reads("accounts", *unlinked)["after"]["id"] == merged.id


def test_accounts_merge(merged: Merged, named: str) -> None:
    directory = merged.server.services.directory(merged.tenant)
    other = user(directory, "other@acme.example")
    words = ("merge", merged.tenant, "--keep", named, "--remove", other, "--dry-run")

    assert merged.reads("accounts", *words)["before"]["id"] in {merged.id, other}
    directory.users.delete(other)


def test_access_show_grant_and_revoke(merged: Merged, named: str) -> None:
    merged.says("access", "grant", merged.tenant, named, "policies=edit")
    shown = merged.reads("access", "show", merged.tenant, named)

    assert (shown["id"], shown["workAreas"]["policies"]) == (merged.id, "edit")
    assert merged.reads("access", merged.tenant, named) == shown
    merged.says("access", "revoke", merged.tenant, named, "policies")


def test_templates_preview_and_apply(merged: Merged, named: str, tmp_path: Path) -> None:
    file = tmp_path / "template.json"
    file.write_text(EVERYBODY)
    merged.says("templates", "set", merged.tenant, str(file))
    preview = merged.reads("templates", "preview", merged.tenant, named)
    (tmp_path / "users.txt").write_text(f"{named}\n")
    users = str(tmp_path / "users.txt")
    applied = merged.reads("templates", "apply", merged.tenant, "--users", users)

    assert preview["workAreas"] == {"induction": "read"}
    assert [each["id"] for each in applied["users"]] == [merged.id]
    assert applied["missing"] == []


def test_duplicates_of_a_user_and_a_service_account(merged: Merged, named: str) -> None:
    assert merged.reads("duplicates", "list", merged.tenant, "--user", named) == []
    words = ("dismiss", merged.tenant, "--service-account", named)
    assert merged.reads("duplicates", *words)["user"] == merged.id
    words = ("open", merged.tenant, "--service-account", named)
    assert merged.reads("duplicates", *words)["user"] == merged.id


def test_log_of_a_user(merged: Merged, named: str) -> None:
    merged.says("accounts", "protect", merged.tenant, merged.id)
    merged.says("accounts", "unprotect", merged.tenant, merged.id)
    lines = merged.says("log", merged.tenant, "--user", named, "--json").splitlines()

    assert f"User/{merged.id}" in {json.loads(each)["target"] for each in lines}


@pytest.mark.parametrize("how", ["id", "name"])
def test_a_group_is_named_by_id_or_name(merged: Merged, how: str, tmp_path: Path) -> None:
    named = merged.group if how == "id" else "STAFF"
    file = tmp_path / "template.json"
    file.write_text(
        '{"name": "staff", "group": {"displayName": "Staff"}, "workAreas": {"x": "read"}}'
    )
    merged.says("templates", "set", merged.tenant, str(file))

    preview = merged.reads("templates", "preview", merged.tenant, "--group", named)
    lines = merged.says("log", merged.tenant, "--user", named, "--json").splitlines()

    assert preview["workAreas"] == {"x": "read"}
    assert lines == []  # it was made without a log


@pytest.fixture(autouse=True)
def without_templates(merged: Merged) -> Iterator[None]:
    """Leave no template behind."""
    yield
    for each in merged.reads("templates", "list", merged.tenant):
        merged.says(
            "templates", "remove", merged.tenant, each["name"], "--yes", "--reason", "a test"
        )
