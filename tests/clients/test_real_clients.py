"""Clients that others wrote, over HTTP: scim2-tester and the `scim` command of scim2-cli."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from rollcall.scim.resource_type import ROLLCALL, ROLLCALL_GROUP
from rollcall.templates.template import Template
from tests.conftest import Server, Tenant
from tests.operations.operators import Templates, operator_of

PROGRAM = str(Path(sys.executable).parent / "scim")


def scim(tenant: Tenant, *words: str, body: Any = None, code: int | None = 0) -> str:
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
    assert code in (None, done.returncode), done.stdout + done.stderr
    return done.stdout


FOUND = re.compile(r"^([A-Z]+) (\w+)$(?:\n  ([^\n]*))?", re.MULTILINE)
"""A finding of scim2-tester: verdict, check, and the first line of what it says."""


DISABLED = ("remove_attribute", "active")
"""What it finds where it draws `false` for `active`, in half of its runs: docs/decisions/0065."""


def faults(report: str) -> set[tuple[str, str]]:
    """Return the checks of scim2-tester that failed, with the attribute that each names."""
    return {
        (check.removeprefix("check_"), text.partition("'")[2].partition("'")[0])
        for verdict, check, text in FOUND.findall(report)
        if verdict not in ("SUCCESS", "SKIPPED", "ACCEPTABLE")
    } - {DISABLED}


def test_scim2_tester_finds_no_error(tenant: Tenant) -> None:
    report = scim(tenant, "test", code=None)

    assert faults(report) == set(), report
    verdicts = Counter(verdict for verdict, _, _ in FOUND.findall(report))
    assert verdicts["SUCCESS"] >= 132, verdicts


def test_scim2_tester_wants_to_write_what_templates_give_and_finds_no_other_error(
    server: Server, tenant: Tenant
) -> None:
    """Why these are no faults of ours is in docs/decisions/0064.

    It draws `active` at random. A disabled account shows no access: then nothing is left that its
    removal could miss.
    """
    template = Template(
        "everybody", areas={"induction": "read"}, role="regular", attributes={"locale": "en-GB"}
    )
    Templates(operator_of(server.services, tenant.name), tenant.name).set([template])

    report = scim(tenant, "test", code=1)

    assert faults(report) | {("remove_attribute", ROLLCALL)} == {
        ("add_attribute", ROLLCALL),
        ("replace_attribute", ROLLCALL),
        ("remove_attribute", ROLLCALL),
        ("add_attribute", ROLLCALL_GROUP),
        ("replace_attribute", ROLLCALL_GROUP),
        ("remove_attribute", "locale"),
    }


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
