"""Where the tests find their engines: a missing one fails in CI and skips elsewhere."""

import os
from pathlib import Path
from typing import NoReturn

import pytest

from rollcall.dev import emulator


def emulator_home() -> Path:
    """Return the environment that holds the AWS emulator."""
    home = os.environ.get("ROLLCALL_EMULATOR")
    try:
        return emulator.environment(Path(home) if home else None)
    except emulator.EmulatorError as error:
        missing(str(error))


def missing(reason: str) -> NoReturn:
    """Skip the test that needs what is missing; in CI, where nothing may be missing, fail it."""
    if os.environ.get("ROLLCALL_CI") == "1":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)
