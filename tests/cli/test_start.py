"""What the command imports before it knows what is to run."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from typer.main import get_command

from rollcall.cli import app
from rollcall.cli.command_group import PLACES

ROOT: Any = get_command(app)
IMPORTED = """
import sys
from contextlib import suppress
from rollcall.cli import app
with suppress(SystemExit):
    app(["--help"])
print(*sys.modules, file=sys.stderr)
"""


def test_help_imports_no_room_below_and_no_library_of_theirs() -> None:
    done = subprocess.run(
        [sys.executable, "-c", IMPORTED], capture_output=True, text=True, check=True
    )
    modules = set(done.stderr.split())

    assert "rollcall.cli.command_group" in modules
    assert modules.isdisjoint({"botocore", "starlette", "uvicorn", "yaml", "pydantic"})
    assert modules.isdisjoint({"rollcall.runtime.services", "rollcall.storage", "rollcall.scim"})


@pytest.mark.parametrize("name", PLACES)
def test_the_listing_says_of_a_command_what_its_own_help_says_first(name: str) -> None:
    first, _, _ = ROOT.commands[name].help.partition("\n\n")

    assert PLACES[name].help == " ".join(first.split())


def test_an_unknown_command_is_answered_with_the_one_that_is_meant() -> None:
    with pytest.raises(Exception, match="Did you mean 'tenants'") as refused:
        app(["tenant"], standalone_mode=False)

    assert refused.value.exit_code == 2  # type: ignore[attr-defined]
