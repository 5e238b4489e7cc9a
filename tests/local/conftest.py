"""The emulator's environment, for tests that start one themselves."""

from pathlib import Path

import pytest

from tests.engine import emulator_home


@pytest.fixture
def home() -> Path:
    return emulator_home()
