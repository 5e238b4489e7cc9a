"""The accounts of the tenant acme in memory, and an operator of it."""

from __future__ import annotations

import pytest

from rollcall.operations.operator import Operator
from rollcall.runtime.services import Services
from rollcall.storage.table import Table
from tests.directory.conftest import directory, table
from tests.operations.operators import operator_of


@pytest.fixture(name="operator")
def acting(services: Services, table: Table) -> Operator:
    """An operator of the tenant acme."""
    return operator_of(services, "acme", table)


__all__ = ["directory", "table"]
