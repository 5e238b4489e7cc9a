"""What Rollcall's requests ask of DynamoDB, counted on the wire, over users that were copied."""

from __future__ import annotations

import pytest

from bench.bill import Bill, bills
from bench.operation import OPERATIONS
from tests import dynamodb


@pytest.fixture(scope="module")
def asked() -> dict[str, Bill]:
    if dynamodb.program() is None:
        pytest.skip("the DynamoDB engine is not installed")
    return bills(30, lambda _: None)


pytestmark = [pytest.mark.emulator, pytest.mark.slow]


def test_every_operation_finds_the_copied_users_and_has_its_round_trips(
    asked: dict[str, Bill],
) -> None:
    assert list(asked) == [each.name for each in OPERATIONS]
    assert all(bill.calls >= 1 and bill.reads > 0 for bill in asked.values())


def test_units_of_the_indexes_count(asked: dict[str, Bill]) -> None:
    change = asked["PATCH active"]
    assert change.writes > 2 * 3, "the document, its place in the order of change, the log"
    assert asked["GET user in no group"] == Bill(1, 1.0, 0.0)
