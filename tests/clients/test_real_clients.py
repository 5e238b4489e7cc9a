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


def scim(tenant: Tenant, *words: str, body: Any = None) -> str:
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
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_scim2_tester_finds_no_error(tenant: Tenant) -> None:
    report = scim(tenant, "test")

    verdicts = Counter(
        line.split()[0]
        for line in report.splitlines()
        if line.split()[:1] and line.split()[0].isupper() and len(line.split()) == 2
    )
    assert not verdicts["ERROR"], report
    assert not verdicts["CRITICAL"], report
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
