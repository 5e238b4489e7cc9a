"""What an import costs is paid by the function that needs it: what a start must not load."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

FUNCTIONS = Path(__file__).parents[2] / "functions"

EVERYWHERE = {
    "boto3",
    "s3transfer",
    "moto",
    "rich",
    "sqlite3",
    "typer",
    "uvicorn",
    "yaml",
    "rollcall.cli",
    "rollcall.dev",
    "rollcall.operations",
}
"""What no function imports: the command line, the local server, and boto3's part of the SDK."""

MODELS = {"lark", "pydantic", "scim2_models", "rollcall.directory", "rollcall.scim.resource_models"}
"""The engine of SCIM, whose import takes half of a start."""

WEB = {"anyio", "mangum", "starlette", "rollcall.http.middleware"}

PAGES = {"rollcall.http.handover_page", "rollcall.http.report_links"}
"""The pages for people."""

REPORTS = {"rollcall.reconcile.duplicates.duplicate_run"}

NOT_NEEDED = {
    "bulk": PAGES | REPORTS,
    "changes": MODELS | WEB | REPORTS,
    "discovery": PAGES | REPORTS,
    "duplicates": MODELS | WEB,
    "expiry": MODELS | WEB | REPORTS,
    "groups": PAGES | REPORTS,
    "handover": MODELS | REPORTS,
    "reports": MODELS | REPORTS,
    "sweep": WEB | REPORTS,
    "users": PAGES | REPORTS,
}

LOADED = "import sys, app; print(*sys.modules)"


def loaded(function: str) -> set[str]:
    """Return the names of the modules that are there when a function has started."""
    started = subprocess.run(
        [sys.executable, "-c", LOADED],
        cwd=FUNCTIONS / function,
        env={**os.environ, "AWS_DEFAULT_REGION": "us-east-1"},
        capture_output=True,
        text=True,
        check=True,
    )
    return set(started.stdout.split())


def test_every_function_is_listed() -> None:
    assert {each.parent.name for each in FUNCTIONS.glob("*/app.py")} == set(NOT_NEEDED)


@pytest.mark.parametrize("function", NOT_NEEDED)
def test_a_function_imports_nothing_that_it_does_not_need(function: str) -> None:
    modules = loaded(function)

    assert "app" in modules
    assert not modules & (EVERYWHERE | NOT_NEEDED[function])
