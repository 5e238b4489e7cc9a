"""`rollcall accounts` and `rollcall conflicts`, as the support team types them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rollcall.directory.directory import Directory
from rollcall.model.account_link import LINKED, LOCAL, AccountLink, LinkState
from tests.command import rollcall
from tests.conftest import Server

HEX = "0123456789abcdef" * 2


class Support:
    """Somebody with the command and a tenant."""

    def __init__(self, server: Server, path: Path) -> None:
        self.tenant = server.tenant().name
        self.state, self.path = server.state, path
        self.directory: Directory = server.services.directory(self.tenant)

    def says(self, *words: str, code: int = 0) -> str:
        """Return what `accounts` prints; what goes wrong is printed as well."""
        done = rollcall(self.state, "accounts", words[0], self.tenant, *words[1:])
        assert done.returncode == code, (done.stdout, done.stderr)
        return done.stdout if code != 2 else done.stderr

    def reads(self, *words: str, code: int = 0) -> Any:
        return json.loads(self.says(*words, "--json", code=code))

    def account(self, user_name: str, link: AccountLink = LOCAL, **attributes: Any) -> str:
        payload = {"userName": user_name, "active": True, **attributes}
        return self.directory.users.create(payload, link=link).record.id

    def logged(self) -> list[dict[str, Any]]:
        lines = rollcall(self.state, "log", self.tenant, "--json").stdout.splitlines()
        return [json.loads(each) for each in lines]


@pytest.fixture
def support(server: Server, tmp_path: Path) -> Support:
    return Support(server, tmp_path)


def test_an_import_is_tried_made_and_repeated(support: Support) -> None:
    file = support.path / "accounts.csv"
    file.write_text("username,email,protected\nann,ann@x.test,\n,b@x.test,\nroot,,yes\n")

    tried = support.reads("import", str(file), "--dry-run", code=1)
    assert support.reads("list") == []
    made = support.reads("import", str(file), code=1)
    again = support.says("import", str(file), code=1)

    assert (tried["created"], made["created"], made["known"]) == (2, 2, 0)
    assert made["rejected"] == [{"line": 3, "reason": "has no userName"}]
    assert "0 accounts put in, 2 there already, 1 lines rejected" in again
    assert [each.get("protected", False) for each in support.reads("list")].count(True) == 1
    *each_of, last = [each for each in support.logged() if each["method"] == "import"]
    assert sorted(each["detail"] for each in each_of) == ["local", "local, protected"]
    assert last["detail"] == "2 accounts, 0 there already"
    assert all(each["actor"].startswith("operator:") for each in (*each_of, last))


def test_accounts_are_listed_by_whose_they_are(support: Support) -> None:
    support.account("ann"), support.account("bob", LINKED)
    support.account("[root]", AccountLink(LinkState.LOCAL, protected=True))

    def listed(state: str) -> set[str]:
        return {each["userName"] for each in support.reads("list", "--state", state)}

    assert listed("all") == {"ann", "bob", "[root]"}
    assert listed("local") == {"ann", "[root]"}
    assert (listed("linked"), listed("protected")) == ({"bob"}, {"[root]"})
    assert "[root]" in support.says("list")
    assert "There are more than 1" in support.says("list", "--limit", "1")


def test_protecting_is_seen_and_logged(support: Support) -> None:
    support.account("ann")

    assert support.says("protect", "ann") == "ann is protected.\n"
    assert support.says("show", "ann").startswith("ann is local, protected\n")
    support.says("unprotect", "ann")

    actions = {each["method"]: each["detail"] for each in support.logged()}
    assert actions == {
        "protect": "local → local, protected",
        "unprotect": "local, protected → local",
    }


def test_unlinking_shows_what_changes_asks_and_says_what_entra_does_next(
    support: Support,
) -> None:
    ann = support.account("ann", LINKED, externalId="o-1")

    assert "Nothing is changed yet." in support.says("unlink", "ann", "--dry-run")
    assert support.reads("show", "ann")["externalId"] == "o-1"
    said = support.says("unlink", "ann", "--yes")

    assert "source anchor `o-1`" in said
    assert f"target anchor `{ann}`" in said
    assert "externalId" not in support.reads("show", "ann")
    (entry,) = support.logged()
    assert (entry["method"], entry["detail"]) == ("unlink", "linked → local")
    assert entry["changed"] == ["externalId", "link"]
    assert entry["target"] == f"User/{ann}"


def test_relinking_is_logged_and_takes_no_protected_account(support: Support) -> None:
    support.account("ann")
    support.account("root", AccountLink(LinkState.LOCAL, protected=True))

    done = support.reads("relink", "ann", "--external-id", "o-2", "--user-name", "ann@x.test")

    assert done["before"]["link"] == {"state": "local"}
    assert (done["after"]["externalId"], done["after"]["userName"]) == ("o-2", "ann@x.test")
    assert "root is protected" in support.says("relink", "root", code=2)
    assert [each["method"] for each in support.logged()] == ["relink"]


def test_merging_shows_both_and_what_they_become(support: Support) -> None:
    ann = support.account("ann", LINKED, externalId="o-1", title="Intern")
    lee = support.account("lee", title="Chief")
    bob = support.account("bob", LOCAL, **{
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"manager": {"value": lee}}
    })  # fmt: skip
    words = ("merge", "--keep", lee, "--remove", ann, "--reason", "a test")

    tried = support.reads(*words, "--dry-run")
    assert len(support.reads("list")) == 3
    shown = support.says(*words, "--yes")

    assert (tried["after"]["id"], tried["after"]["title"]) == (ann, "Chief")
    assert "Chief" in shown
    assert support.reads("show", lee)["id"] == ann
    assert f'"value": "{ann}"' in support.says("show", bob)
    assert "What was left of it is done." in support.says(*words)
    entries = [each for each in support.logged() if each["target"] == f"User/{ann}"]
    assert entries[0]["method"] == "merge"
    assert entries[0]["detail"] == f"{lee} (local) became an alias of {ann} (linked), with 0 groups"


def test_of_two_linked_accounts_the_deleted_one_stays_as_a_stub(support: Support) -> None:
    old, new = support.account(f"{HEX}ann", LINKED), support.account("ann", LINKED)

    refused = support.says("merge", "--keep", old, "--remove", new, "--yes", code=2)
    done = support.reads(
        "merge", "--keep", old, "--remove", new, "--idp-deletes", old, "--yes", "--reason", "a test"
    )

    assert "both are linked" in refused
    assert (done["after"]["id"], done["removed"]["id"]) == (new, old)
    assert any("thirty days" in each for each in done["next"])


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["show", "nobody"], "there is no user nobody"),
        (["unlink", "ann", "--yes"], "ann is not linked"),
        (["merge", "--keep", "ann", "--remove", "ann", "--yes"], "are one account"),
        (["unlink", "bob", "--json"], "--json does not ask"),
        (["import", "nowhere.csv"], "No such file"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_exit_code_2(
    words: list[str], sentence: str, support: Support
) -> None:
    support.account("ann"), support.account("bob", LINKED)

    said = support.says(*words, code=2)

    assert sentence in said
    assert len(said.strip().splitlines()) == 1


def test_a_check_writes_its_reports_and_its_exit_code_says_whether_to_look(
    support: Support,
) -> None:
    support.account("ann@x.test"), support.account("lee@x.test")
    people = [
        {"id": "1", "userPrincipalName": "ann@x.test", "proxyAddresses": []},
        {"id": "2", "userPrincipalName": "bob@x.test", "proxyAddresses": ["smtp:lee@x.test"]},
    ]
    export = support.path / "users.json"
    files = [support.path / name for name in ("report.csv", "report.html")]
    written = ["--csv", str(files[0]), "--html", str(files[1])]

    def check(*options: str) -> Any:
        words = ("conflicts", "check", support.tenant, "--idp-export", str(export))
        return rollcall(support.state, *words, *options)

    export.write_text(json.dumps(people))
    found = check(*written)
    export.write_text(json.dumps(people[:1]))
    nothing = check()
    export.write_text("nonsense")
    bad = check()

    assert (found.returncode, nothing.returncode, bad.returncode) == (1, 0, 2)
    assert "will be duplicated" in found.stdout
    assert "not checked:" in found.stdout
    assert "https://graph.microsoft.com/v1.0/users?$select=" in found.stdout
    assert "lee@x.test" in files[0].read_text()
    assert "<!doctype html>" in files[1].read_text()
    assert "has no column userPrincipalName" in bad.stderr


def test_the_policy_of_the_tenant_decides_what_is_forecast(support: Support) -> None:
    support.account("ann@x.test")
    export = support.path / "users.json"
    export.write_text(json.dumps([{"id": "1", "userPrincipalName": "ann@x.test"}]))

    rollcall(support.state, "tenants", "policy", support.tenant, "strict")
    found = rollcall(
        support.state, "conflicts", "check", support.tenant, "--idp-export", str(export), "--json"
    )
    rollcall(support.state, "tenants", "domains", "add", support.tenant, "x.test")
    shown = rollcall(support.state, "tenants", "domains", "list", support.tenant, "--json")

    assert json.loads(found.stdout)["findings"][0]["verdict"] == "will be refused"
    assert json.loads(shown.stdout) == {
        "tenant": support.tenant,
        "policy": "strict",
        "domains": ["x.test"],
    }
