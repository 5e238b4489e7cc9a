"""The table: conditions by name, conflicts tried again, and what failures mean to a client."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from rollcall.aws.attribute_values import Item, encoded
from rollcall.aws.retry import Retry
from rollcall.runtime.services import Services
from rollcall.scim.errors import TooManyException, Unavailable
from rollcall.storage.keys import Key
from rollcall.storage.table import Table
from rollcall.storage.transactions import Action, ConditionFailed
from tests.storage.faults import Time, answering, cancellation, counted, losing, refusal, success

ONE: Key = {"pk": "acme#X#1", "sk": "A"}
TWO: Key = {"pk": "acme#X#1", "sk": "B"}
PUT_ONE = Action("Put", ONE, item={"n": 1}, condition="attribute_not_exists(pk)", label="one")
PUT_TWO = Action("Put", TWO, item={"n": 2}, condition="attribute_not_exists(pk)", label="two")


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def table(services: Services, time: Time) -> Table:
    patience = Retry(clock=time.clock, sleep=time.sleep)
    return Table(services.clients.dynamodb, services.table.name, patience)


def test_an_item_is_read_as_it_was_put(table: Table) -> None:
    table.transact([replace(PUT_ONE, item={"n": 1, "text": "ä", "many": ["a", "b"]})])

    assert table.get(ONE) == {**ONE, "n": 1, "text": "ä", "many": ["a", "b"]}
    assert table.get(TWO) is None


def test_reads_are_strongly_consistent(services: Services, table: Table) -> None:
    with counted(services.clients.dynamodb) as requests:
        table.get(ONE)
        table.get_many([ONE])
        list(table.query("acme#X#1"))

    get, batch, query = (each.body for each in requests)
    assert get["ConsistentRead"] is True
    assert batch["RequestItems"][table.name]["ConsistentRead"] is True
    assert query["ConsistentRead"] is True


def test_the_conditions_that_do_not_hold_are_named(table: Table) -> None:
    table.transact([PUT_TWO])

    with pytest.raises(ConditionFailed) as failure:
        table.transact([PUT_ONE, PUT_TWO])

    assert failure.value.labels == {"two"}
    assert table.get(ONE) is None


def test_all_conditions_that_do_not_hold_are_named(table: Table) -> None:
    table.transact([PUT_ONE, PUT_TWO])

    with pytest.raises(ConditionFailed) as failure:
        table.transact([PUT_ONE, PUT_TWO])

    assert failure.value.labels == {"one", "two"}


def test_every_action_of_a_transaction_is_applied(table: Table) -> None:
    table.transact([PUT_ONE, PUT_TWO])
    table.transact(
        [
            Action("Update", ONE, update="ADD n :more", values={":more": 4}),
            Action("Delete", TWO, condition="attribute_exists(pk)"),
        ]
    )

    assert table.get(ONE) == {**ONE, "n": 5}
    assert table.get(TWO) is None


def test_a_transaction_in_conflict_is_tried_again_until_it_goes_through(
    services: Services, table: Table, time: Time
) -> None:
    conflict = cancellation("TransactionConflict")
    with answering(services.clients.dynamodb, "TransactWriteItems", *[conflict] * 5) as left:
        table.transact([PUT_ONE])

    assert not left
    assert table.get(ONE) is not None
    assert len(time.pauses) == 5


def test_the_pauses_between_tries_are_jittered_and_bounded(
    services: Services, table: Table, time: Time
) -> None:
    conflict = cancellation("TransactionConflict")
    with answering(services.clients.dynamodb, "TransactWriteItems", *[conflict] * 30):
        table.transact([PUT_ONE])

    ceilings = [min(0.01 * 2**tried, 0.5) for tried in range(30)]
    assert all(pause <= most for pause, most in zip(time.pauses, ceilings, strict=True))
    assert len(set(time.pauses)) == 30


def test_a_conflict_that_lasts_is_a_429_with_retry_after(
    services: Services, table: Table, time: Time
) -> None:
    conflict = cancellation("None", "TransactionConflict")
    endless = [conflict] * 10_000
    with (
        answering(services.clients.dynamodb, "TransactWriteItems", *endless),
        pytest.raises(Unavailable) as failure,
    ):
        table.transact([PUT_ONE, PUT_TWO])

    assert (failure.value.status, failure.value.retry_after) == (429, 1)
    assert 8 <= time.now < 9
    assert table.get(ONE) is None


@pytest.mark.parametrize("seconds", [0.0, 2.0])
def test_a_transaction_may_be_given_up_sooner(
    services: Services, table: Table, time: Time, seconds: float
) -> None:
    endless = [cancellation("TransactionConflict")] * 1_000
    with (
        answering(services.clients.dynamodb, "TransactWriteItems", *endless) as left,
        pytest.raises(Unavailable) as failure,
    ):
        table.transact([PUT_ONE], seconds)

    assert failure.value.status == 429
    assert seconds <= time.now <= seconds + 0.5
    assert (len(left) == 999) == (seconds == 0)


def test_an_action_with_several_items_to_choose_from_takes_another_with_each_try(
    services: Services, table: Table
) -> None:
    shards: list[Key] = [{"pk": "acme#COUNT", "sk": str(number)} for number in range(8)]
    count = Action(
        "Update", shards[0], update="ADD n :one", values={":one": 1}, alternatives=shards[1:]
    )
    conflict = cancellation("TransactionConflict")
    with (
        answering(services.clients.dynamodb, "TransactWriteItems", *[conflict] * 20),
        counted(services.clients.dynamodb) as requests,
    ):
        table.transact([count])

    tried = [each.actions[0]["Update"]["Key"]["sk"]["S"] for each in requests]
    assert len(tried) == 21
    assert set(tried) > {tried[0]}
    (item,) = table.query("acme#COUNT")
    assert (item["sk"], item["n"]) == (tried[-1], 1)


SINGLE: dict[str, Callable[[Table], None]] = {
    "PutItem": lambda table: table.put(ONE, {"n": 2}),
    "BatchWriteItem": lambda table: table.delete([ONE]),
    "DeleteItem": lambda table: table.remove(Action("Delete", ONE)),
}
"""The writes that are no transactions."""


@pytest.mark.parametrize("operation", SINGLE)
def test_a_single_write_in_a_transactions_way_is_tried_again(
    services: Services, table: Table, time: Time, operation: str
) -> None:
    table.put(ONE, {"n": 1})
    conflict = refusal("TransactionConflictException")
    with answering(services.clients.dynamodb, operation, *[conflict] * 5) as left:
        SINGLE[operation](table)

    assert not left
    assert len(time.pauses) == 5
    expected = {**ONE, "n": 2} if operation == "PutItem" else None
    assert table.get(ONE) == expected


@pytest.mark.parametrize(
    ("operation", "status"), [("PutItem", 429), ("DeleteItem", 429), ("BatchWriteItem", 503)]
)
def test_a_single_write_that_stays_in_a_transactions_way_is_to_be_repeated_later(
    services: Services, table: Table, time: Time, operation: str, status: int
) -> None:
    endless = [refusal("TransactionConflictException")] * 10_000
    with (
        answering(services.clients.dynamodb, operation, *endless),
        pytest.raises(Unavailable) as failure,
    ):
        SINGLE[operation](table)

    assert (failure.value.status, failure.value.retry_after) == (status, 1)
    assert 8 <= time.now < 9


def test_a_condition_beside_a_conflict_is_a_condition(services: Services, table: Table) -> None:
    with (
        answering(
            services.clients.dynamodb,
            "TransactWriteItems",
            cancellation("TransactionConflict", "ConditionalCheckFailed"),
        ),
        pytest.raises(ConditionFailed) as failure,
    ):
        table.transact([PUT_ONE, PUT_TWO])

    assert failure.value.labels == {"two"}


@pytest.mark.parametrize("reason", ["ThrottlingError", "ProvisionedThroughputExceeded"])
def test_a_transaction_that_is_throttled_by_an_item_is_tried_again(
    services: Services, table: Table, reason: str
) -> None:
    with answering(services.clients.dynamodb, "TransactWriteItems", cancellation(reason)) as left:
        table.transact([PUT_ONE])

    assert not left
    assert table.get(ONE) is not None


def test_a_transaction_that_can_never_succeed_is_a_failure_of_ours(
    services: Services, table: Table, time: Time
) -> None:
    with (
        answering(
            services.clients.dynamodb,
            "TransactWriteItems",
            cancellation("ItemCollectionSizeLimitExceeded"),
        ),
        pytest.raises(ClientError),
    ):
        table.transact([PUT_ONE])

    assert not time.pauses


THROTTLED = [
    refusal("ThrottlingException"),
    refusal("ProvisionedThroughputExceededException"),
    refusal("RequestLimitExceeded"),
    refusal("TransactionInProgressException"),
    refusal("InternalServerError", 500),
    refusal("ServiceUnavailable", 503),
]


@pytest.mark.parametrize("answer", THROTTLED, ids=lambda each: str(each["Error"]["Code"]))
def test_throttling_and_failures_of_aws_are_a_503_with_retry_after(
    services: Services, table: Table, answer: dict[str, Any]
) -> None:
    dynamodb = services.clients.dynamodb
    works: dict[str, Callable[[], object]] = {
        "TransactWriteItems": lambda: table.transact([PUT_ONE]),
        "GetItem": lambda: table.get(ONE),
        "BatchGetItem": lambda: table.get_many([ONE]),
        "Query": lambda: list(table.query("acme#X#1")),
        "BatchWriteItem": lambda: table.delete([ONE]),
        "DeleteItem": lambda: table.remove(Action("Delete", ONE)),
    }
    refused = []
    for operation, work in works.items():
        with answering(dynamodb, operation, answer), pytest.raises(Unavailable) as failure:
            work()
        refused.append((failure.value.status, failure.value.retry_after))

    assert refused == [(503, 1)] * len(works)


def test_an_answer_that_is_lost_is_a_503(services: Services, table: Table) -> None:
    with (
        losing(services.clients.dynamodb, "TransactWriteItems"),
        pytest.raises(Unavailable) as failure,
    ):
        table.transact([PUT_ONE])

    assert failure.value.status == 503
    assert table.get(ONE) is not None


@pytest.mark.parametrize("code", ["ValidationException", "AccessDeniedException"])
def test_a_mistake_of_ours_is_no_503(services: Services, table: Table, code: str) -> None:
    with (
        answering(services.clients.dynamodb, "GetItem", refusal(code)),
        pytest.raises(ClientError) as failure,
    ):
        table.get(ONE)

    assert failure.value.response["Error"]["Code"] == code


def test_a_change_larger_than_a_transaction_is_refused_before_it_is_sent(
    services: Services,
) -> None:
    small = Table(services.clients.dynamodb, services.table.name, max_actions=1)
    with counted(services.clients.dynamodb) as requests, pytest.raises(TooManyException):
        small.transact([PUT_ONE, PUT_TWO])

    assert requests == []


def test_many_items_are_read_a_hundred_at_a_time(services: Services, table: Table) -> None:
    keys: list[Key] = [{"pk": "acme#X#1", "sk": f"{number:03}"} for number in range(205)]
    for at in range(0, len(keys), 50):
        table.transact([Action("Put", key) for key in keys[at : at + 50]])

    with counted(services.clients.dynamodb) as requests:
        found = table.get_many([*keys, *keys, TWO])

    assert set(found) == {(key["pk"], key["sk"]) for key in keys}
    asked = [len(each.body["RequestItems"][table.name]["Keys"]) for each in requests]
    assert asked == [100, 100, 6]


def test_nothing_is_asked_for_no_keys(services: Services, table: Table) -> None:
    with counted(services.clients.dynamodb) as requests:
        assert table.get_many([]) == {}
        table.delete([])

    assert requests == []


def test_keys_that_were_not_processed_are_asked_again(
    services: Services, table: Table, time: Time
) -> None:
    table.transact([PUT_ONE, PUT_TWO])
    first = {"pk": {"S": ONE["pk"]}, "sk": {"S": ONE["sk"]}}
    second = {"pk": {"S": TWO["pk"]}, "sk": {"S": TWO["sk"]}}
    halves = [
        success(
            Responses={table.name: [{**first, "n": {"N": "1"}}]},
            UnprocessedKeys={table.name: {"Keys": [second], "ConsistentRead": True}},
        ),
        success(Responses={}, UnprocessedKeys={table.name: {"Keys": [second]}}),
    ]
    with (
        counted(services.clients.dynamodb) as requests,
        answering(services.clients.dynamodb, "BatchGetItem", *halves),
    ):
        found = table.get_many([ONE, TWO])

    assert {item["n"] for item in found.values()} == {1, 2}
    assert [each.body["RequestItems"][table.name]["Keys"] for each in requests] == [
        [first, second],
        [second],
        [second],
    ]
    assert len(time.pauses) == 2


def test_keys_that_are_never_processed_are_a_503(
    services: Services, table: Table, time: Time
) -> None:
    key = {"pk": {"S": ONE["pk"]}, "sk": {"S": ONE["sk"]}}
    stuck = success(Responses={}, UnprocessedKeys={table.name: {"Keys": [key]}})
    with (
        answering(services.clients.dynamodb, "BatchGetItem", *[stuck] * 10_000),
        pytest.raises(Unavailable) as failure,
    ):
        table.get_many([ONE])

    assert failure.value.status == 503
    assert time.now < 9


def test_items_are_deleted_in_batches_and_what_is_left_is_deleted_again(
    services: Services, table: Table
) -> None:
    keys: list[Key] = [{"pk": "acme#X#1", "sk": f"{number:02}"} for number in range(30)]
    table.transact([Action("Put", key) for key in keys])
    left = {"DeleteRequest": {"Key": {"pk": {"S": "acme#X#1"}, "sk": {"S": "00"}}}}
    stuck = success(UnprocessedItems={table.name: [left]})
    with answering(services.clients.dynamodb, "BatchWriteItem", stuck):
        table.delete([keys[0]])

    assert table.get(keys[0]) is None
    table.delete(keys)
    assert list(table.query("acme#X#1")) == []


def test_items_are_written_in_batches_and_what_is_left_is_written_again(
    services: Services, table: Table, time: Time
) -> None:
    items: list[Item] = [{"pk": "acme#X#1", "sk": f"{number:02}", "n": 1} for number in range(30)]
    left = {"PutRequest": {"Item": encoded(items[0])}}
    stuck = success(UnprocessedItems={table.name: [left]})
    with answering(services.clients.dynamodb, "BatchWriteItem", stuck):
        table.put_many(items[:1])

    assert len(time.pauses) == 1
    table.put_many(items)
    assert [each["sk"] for each in table.query("acme#X#1")] == [each["sk"] for each in items]


def test_a_partition_is_read_in_order_whole_by_prefix_or_after_a_key(table: Table) -> None:
    keys: list[Key] = [{"pk": "acme#X#1", "sk": sk} for sk in ("B#2", "A", "B#1", "C")]
    table.transact([Action("Put", key) for key in keys])

    assert [each["sk"] for each in table.query("acme#X#1")] == ["A", "B#1", "B#2", "C"]
    assert [each["sk"] for each in table.query("acme#X#1", "B#")] == ["B#1", "B#2"]
    assert [each["sk"] for each in table.query("acme#X#1", after="B#1")] == ["B#2", "C"]


def test_a_partition_of_several_pages_is_read_to_its_end(services: Services, table: Table) -> None:
    key = {"pk": {"S": "acme#X#1"}, "sk": {"S": "A"}}
    page = success(Items=[{**key, "n": {"N": "1"}}], LastEvaluatedKey=key)
    table.transact([PUT_TWO])
    with (
        counted(services.clients.dynamodb) as requests,
        answering(services.clients.dynamodb, "Query", page),
    ):
        found = [item["n"] for item in table.query("acme#X#1")]

    assert found == [1, 2]
    assert [each.body.get("ExclusiveStartKey") for each in requests] == [None, key]


def test_the_index_lists_keys_in_its_own_order(table: Table) -> None:
    table.transact(
        [
            replace(PUT_ONE, item={"gsi_pk": "acme#L", "gsi_sk": "2"}),
            replace(PUT_TWO, item={"gsi_pk": "acme#L", "gsi_sk": "1", "more": "x"}),
        ]
    )

    listed = list(table.query_index("acme#L"))
    assert [each["sk"] for each in listed] == ["B", "A"]
    assert set(listed[0]) == {"pk", "sk", "gsi_pk", "gsi_sk"}
