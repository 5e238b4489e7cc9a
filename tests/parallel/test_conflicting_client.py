"""What stands in the way of a transaction in flight, and what does not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from rollcall.runtime.services import Services
from tests.parallel.conflicts import Conflicting
from tests.storage.faults import preceded

HELD: dict[str, Any] = {"pk": {"S": "acme#X"}, "sk": {"S": "held"}}
FREE: dict[str, Any] = {"pk": {"S": "acme#X"}, "sk": {"S": "free"}}


@pytest.fixture
def client(services: Services) -> Conflicting:
    return Conflicting(services.clients.dynamodb)


@pytest.fixture
def during(services: Services, client: Conflicting) -> Callable[[Callable[[], object]], None]:
    """Return what acts while a transaction holds HELD, and again when it is answered."""
    table = services.table.name

    def act_during(act: Callable[[], object]) -> None:
        with preceded(services.clients.dynamodb, "TransactWriteItems", act) as left:
            client.transact_write_items(TransactItems=[_put(table, HELD)])
        assert not left
        assert sum(client.conflicts.values()) == 1

    return act_during


def _put(table: str, key: dict[str, Any]) -> dict[str, Any]:
    return {"Put": {"TableName": table, "Item": key}}


@pytest.mark.parametrize("other", ["write", "check", "get"])
def test_another_transaction_is_cancelled_and_says_by_which_item(
    services: Services, client: Conflicting, during: Callable[..., None], other: str
) -> None:
    table = services.table.name
    check = {"TableName": table, "Key": HELD, "ConditionExpression": "attribute_exists(pk)"}
    operation, actions = {
        "write": (client.transact_write_items, [_put(table, FREE), _put(table, HELD)]),
        "check": (client.transact_write_items, [_put(table, FREE), {"ConditionCheck": check}]),
        "get": (
            client.transact_get_items,
            [{"Get": {"TableName": table, "Key": key}} for key in (FREE, HELD)],
        ),
    }[other]

    def meet() -> None:
        with pytest.raises(client.exceptions.TransactionCanceledException) as error:
            operation(TransactItems=actions)
        reasons = error.value.response["CancellationReasons"]
        assert [each["Code"] for each in reasons] == ["None", "TransactionConflict"]

    during(meet)

    assert "Item" not in client.get_item(TableName=table, Key=FREE)
    client.transact_write_items(TransactItems=[_put(table, FREE), {"ConditionCheck": check}])


@pytest.mark.parametrize("operation", ["put_item", "update_item", "delete_item"])
def test_a_single_write_is_refused(
    services: Services, client: Conflicting, during: Callable[..., None], operation: str
) -> None:
    def write(key: dict[str, Any]) -> None:
        requests: dict[str, dict[str, Any]] = {
            "put_item": {"Item": key},
            "update_item": {"Key": key, "UpdateExpression": "REMOVE n"},
            "delete_item": {"Key": key},
        }
        getattr(client, operation)(TableName=services.table.name, **requests[operation])

    def meet() -> None:
        write(FREE)
        with pytest.raises(client.exceptions.TransactionConflictException):
            write(HELD)

    during(meet)

    write(HELD)


def test_a_batch_leaves_the_item_unprocessed_and_writes_the_others(
    services: Services, client: Conflicting, during: Callable[..., None]
) -> None:
    table = services.table.name
    requests: list[Any] = [
        {"DeleteRequest": {"Key": HELD}},
        {"PutRequest": {"Item": FREE}},
    ]

    def meet() -> None:
        answer = client.batch_write_item(RequestItems={table: requests})
        assert answer["UnprocessedItems"] == {table: requests[:1]}

    during(meet)

    assert "Item" in client.get_item(TableName=table, Key=FREE)
    assert client.batch_write_item(RequestItems={table: requests})["UnprocessedItems"] == {}


def test_reads_and_transactions_on_other_items_are_in_nobodys_way(
    services: Services, client: Conflicting
) -> None:
    table = services.table.name

    def meet() -> None:
        assert "Item" not in client.get_item(TableName=table, Key=HELD)
        client.transact_write_items(TransactItems=[_put(table, FREE)])

    with preceded(services.clients.dynamodb, "TransactWriteItems", meet) as left:
        client.transact_write_items(TransactItems=[_put(table, HELD)])

    assert not left
    assert not client.conflicts


def test_a_transaction_that_fails_lets_go_of_its_items(
    services: Services, client: Conflicting
) -> None:
    table = services.table.name
    check = {"TableName": table, "Key": HELD, "ConditionExpression": "attribute_exists(pk)"}

    with pytest.raises(client.exceptions.TransactionCanceledException):
        client.transact_write_items(TransactItems=[{"ConditionCheck": check}])

    client.put_item(TableName=table, Item=HELD)
    assert not client.conflicts
