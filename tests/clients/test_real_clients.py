"""Clients that others wrote, over HTTP: scim2-tester and the `scim` command of scim2-cli."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from tests.conftest import Tenant

PROGRAM = str(Path(sys.executable).parent / "scim")


def scim(tenant: Tenant, *words: str, body: Any = None, code: int = 0) -> str:
    environment = {
        **os.environ,
        "SCIM_CLI_URL": tenant.url,
        "SCIM_CLI_HEADERS": f"Authorization: Bearer {tenant.token}",
    }
    done = subprocess.run(
        [PROGRAM, *words],
        input=None if body is None else json.dumps(body),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env=environment,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


READ_ONLY = "urn:ietf:params:scim:schemas:extension:rollcall:2.0:User"
"""Wholly read-only: the tester adds it all the same, as an object without attributes."""

REFUSED = [f"Failed to {verb} attribute '{READ_ONLY}'" for verb in ("add", "replace")]


def test_scim2_tester_finds_no_error(tenant: Tenant) -> None:
    lines = [line.strip() for line in scim(tenant, "test", code=1).splitlines()]
    verdicts = Counter(
        line.split()[0]
        for line in lines
        if line.split()[:1] and line.split()[0].isupper() and len(line.split()) == 2
    )
    found = [lines[at + 1] for at, line in enumerate(lines) if line.startswith("ERROR ")]

    assert [each.split(": ")[0] for each in found] == REFUSED
    assert not verdicts["CRITICAL"], lines
    assert verdicts["SUCCESS"] >= 133, verdicts


def test_scim2_cli_creates_queries_modifies_replaces_and_deletes(tenant: Tenant) -> None:
    made = json.loads(scim(tenant, "create", "user", "--user-name", "ann@example.com"))
    assert made["userName"] == "ann@example.com"

    found = json.loads(scim(tenant, "query", "user", "--filter", 'userName eq "ANN@example.com"'))
    assert [each["id"] for each in found["Resources"]] == [made["id"]]

    modified = json.loads(
        scim(tenant, "modify", "user", made["id"], "replace", "displayName", "Ann",
             "add", "emails", '[{"value": "ann@example.com", "type": "work"}]')
    )  # fmt: skip
    assert (modified["displayName"], len(modified["emails"])) == ("Ann", 1)

    replaced = json.loads(
        scim(tenant, "replace", "user", "--id", made["id"], "--user-name", "ann@example.com",
             "--display-name", "Ann B")
    )  # fmt: skip
    assert replaced["displayName"] == "Ann B"
    assert "emails" not in replaced
    assert json.loads(scim(tenant, "query", "user", made["id"])) == replaced

    scim(tenant, "delete", "user", made["id"])
    empty = json.loads(scim(tenant, "query", "user"))
    assert empty["totalResults"] == 0
