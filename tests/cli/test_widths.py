"""What each command prints on narrow terminals and in a pipe: ids, names and commands are whole."""

from __future__ import annotations

import json
import os
import struct
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from fcntl import ioctl
from io import StringIO
from pathlib import Path
from termios import TIOCSWINSZ
from unittest.mock import patch

import pytest

from rollcall.cli import main
from rollcall.model.account_link import LINKED, LOCAL
from tests.command import ENVIRONMENT, PROGRAM, rollcall
from tests.conftest import Server

ANN = "maximiliana.von-und-zu-hohenstein@very-long-company.example"
ALIAS = "m.hohenstein@very-long-company.example"
EMPLOYEE = {
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"employeeNumber": "4711"}
}
PERSON = {
    "id": "1f0a0000-0000-4000-8000-000000000001",
    "userPrincipalName": ALIAS.upper(),
    "mail": ANN,
}


class Terminal(StringIO):
    """A terminal that keeps what is written to it."""

    def isatty(self) -> bool:
        return True


@dataclass(frozen=True)
class Town:
    """A tenant with one person twice, a template, and whatever else is listed."""

    server: Server
    tenant: str
    path: Path
    ids: tuple[str, str]
    finding: str

    def words(self, command: str) -> list[str]:
        first, second = self.ids
        known = {
            "TENANT": self.tenant,
            "FIRST": first,
            "SECOND": second,
            "FINDING": self.finding,
            "EXPORT": str(self.path / "export.json"),
            "USERS": str(self.path / "users.txt"),
            "TEMPLATE": str(self.path / "template.json"),
            "IMPORT": str(self.path / "import.csv"),
        }
        return [known.get(each, each) for each in command.split()]

    def prints(self, command: str, width: int | None) -> str:
        """Return what a terminal of some columns shows, or what a pipe gets."""
        words = self.words(command)
        if width is None:
            return rollcall(self.server.state, *words).stdout
        with (
            patch.dict(
                os.environ, ENVIRONMENT | {"COLUMNS": str(width), "TERM": "xterm"}, clear=True
            ),
            patch("sys.argv", ["rollcall", "--state", str(self.server.state), *words]),
            redirect_stdout(Terminal()) as out,
            pytest.raises(SystemExit),
        ):
            main()
        return out.getvalue()


@pytest.fixture(scope="module")
def town(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Town:
    tenant, path = server.tenant().name, tmp_path_factory.mktemp("town")
    directory = server.services.directory(tenant)
    name = {"givenName": "Maximiliana", "familyName": "von und zu Hohenstein"}
    first, second = (
        directory.users.create(
            {"userName": each, "name": name, "externalId": number * 32, **EMPLOYEE, **more},
            link=LINKED if each == ALIAS else LOCAL,
        ).record.id
        for each, number, more in ((ANN, "1", {"displayName": "Maximiliana"}), (ALIAS, "2", {}))
    )
    (path / "export.json").write_text(json.dumps([PERSON]))
    (path / "users.txt").write_text(f"{ANN}\n{second}\n")
    (path / "import.csv").write_text(f"userName,emails\n{ANN},{ALIAS}\n,x\n")
    template = {"name": "everybody", "users": "all", "workAreas": {"induction": "read"}}
    (path / "template.json").write_text(json.dumps(template))
    for words in (
        ("templates", "set", tenant, str(path / "template.json")),
        ("access", "grant", tenant, ANN, "induction=edit", "policies=manage"),
        ("duplicates", "run", tenant),
        ("oauth", "create", tenant),
        ("accounts", "protect", tenant, ANN),
        ("accounts", "unprotect", tenant, ANN),
    ):
        done = rollcall(server.state, *words)
        assert done.returncode == 0, done.stderr
    listed = json.loads(rollcall(server.state, "duplicates", "list", tenant, "--json").stdout)
    return Town(server, tenant, path, (first, second), listed[0]["finding"])


COMMANDS = {
    "tenants list": ["TENANT"],
    "tenants show TENANT": ["TENANT", "URL"],
    "tokens list TENANT": ["TOKEN"],
    "accounts list TENANT": ["FIRST", "SECOND", ANN, ALIAS, "1" * 32],
    "accounts show TENANT FIRST": ["FIRST", ANN],
    "accounts merge TENANT --keep FIRST --remove SECOND --dry-run": ["FIRST", "SECOND", ANN, ALIAS],
    "accounts relink TENANT FIRST --user-name other --dry-run": ["FIRST", ANN],
    "accounts import TENANT IMPORT --dry-run": [],
    "access show TENANT FIRST": [ANN, "induction edit, policies manage"],
    "duplicates list TENANT": ["FINDING", ANN, ALIAS],
    "duplicates show TENANT FINDING": [
        "FIRST",
        "SECOND",
        ANN,
        "rollcall accounts merge TENANT --keep FIRST --remove SECOND",
        "rollcall duplicates dismiss TENANT FINDING --reason …",
    ],
    "duplicates flagged TENANT": ["FIRST", "SECOND", ANN, "FINDING"],
    "duplicates run TENANT": ["rollcall duplicates list TENANT"],
    "templates list TENANT": ["everybody", "induction read"],
    "templates show TENANT everybody": ["everybody"],
    "templates show TENANT everybody --history": ["everybody"],
    "templates preview TENANT FIRST": ["everybody"],
    "templates apply TENANT --users USERS --dry-run": [ANN, "SECOND"],
    "templates set TENANT TEMPLATE --dry-run": ["everybody"],
    "conflicts check TENANT --idp-export EXPORT --all": [ANN, ALIAS],
    "log TENANT": ["User FIRST"],
    "handover TENANT": ["URL/handover#", "rollcall tokens revoke TENANT TOKEN"],
    "oauth create TENANT": ["rollcall_secret_", "/scim/TENANT/oauth2/token", "/scim/TENANT/v2"],
    "oauth list TENANT": ["rollcall-client-"],
    "tokens issue TENANT": ["rollcall_", "/scim/TENANT/v2"],
    "verify TENANT": [],
    "events list": [],
    "gallery attest": ["docs/entra.md", "rollcall oauth create"],
}  # fmt: skip
"""Each command and what it has to show whole."""


FILES = ("templates show TENANT everybody", "accounts show TENANT FIRST")
"""What prints a file, whose lines are as they are."""


@pytest.mark.parametrize("width", [None, 80, 40])
@pytest.mark.parametrize("command", COMMANDS)
def test_nothing_is_cut_or_broken(command: str, width: int | None, town: Town) -> None:
    printed = town.prints(command, width)
    (token, *_) = town.server.services.tenants.show(town.tenant).tokens
    for each in COMMANDS[command]:
        words = each.replace("TOKEN", token.id).replace("URL", town.server.running.url).split(" ")
        whole = " ".join(town.words(" ".join(words)))
        whole = whole.replace("TENANT", town.tenant)
        assert any(whole in line for line in printed.splitlines()), (whole, printed)
    assert "…" not in printed.replace("--reason …", "")


@pytest.mark.parametrize("width", [80, 40])
@pytest.mark.parametrize("command", [each for each in COMMANDS if each not in FILES])
def test_a_line_is_wider_than_the_terminal_only_for_a_word_or_a_command(
    command: str, width: int, town: Town
) -> None:
    wide = [line for line in town.prints(command, width).splitlines() if len(line) > width]

    for line in wide:
        a_word = max(map(len, line.split())) > width - 20
        assert a_word or line.startswith(("20", "  GET ")) or "rollcall " in line, line


def test_a_pipe_has_no_width_although_the_other_streams_are_a_terminal(town: Town) -> None:
    command = [PROGRAM, "--state", str(town.server.state), "accounts", "list", town.tenant]
    with terminal(40) as (_, writer):
        done = subprocess.run(
            command, stdin=writer, stderr=writer, stdout=subprocess.PIPE, env=PLAIN, check=True
        )

    assert [len(each.split()) for each in done.stdout.decode().splitlines()] == [5, 5, 5]


def test_a_terminal_shows_whole_ids(town: Town) -> None:
    command = [PROGRAM, "--state", str(town.server.state), "accounts", "list", town.tenant]
    with terminal(40) as (reader, writer):
        subprocess.run(command, stdout=writer, env=PLAIN, check=True)
        shown = os.read(reader, 100_000).decode()

    assert all(each in shown for each in (*town.ids, ANN, ALIAS))


PLAIN = {key: value for key, value in ENVIRONMENT.items() if key != "COLUMNS"} | {"TERM": "xterm"}


@contextmanager
def terminal(columns: int) -> Iterator[tuple[int, int]]:
    """Open a terminal of so many columns; yields the side that reads what is written."""
    reader, writer = os.openpty()
    ioctl(writer, TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    try:
        yield reader, writer
    finally:
        os.close(writer)
        os.close(reader)


def test_off_a_terminal_no_line_is_empty_because_of_a_progress_bar(town: Town) -> None:
    for command in ("duplicates run TENANT", "templates apply TENANT --users USERS --dry-run"):
        done = rollcall(town.server.state, *town.words(command))

        assert done.stderr == ""


def test_what_was_dismissed_is_shown_as_it_is_now(town: Town) -> None:
    dismissed = town.prints("duplicates dismiss TENANT FINDING --reason twins", None)
    opened = town.prints("duplicates open TENANT FINDING", None)

    assert f"{town.finding} duplicate, dismissed" in dismissed
    assert "twins" in dismissed
    assert "rollcall duplicates dismiss" not in dismissed
    assert f"{town.finding} duplicate, open" in opened
