"""Publishing: all of a batch, or the record to go on with."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rollcall.aws.clients import connect_bus
from rollcall.aws.event_bus import MAX_BYTES, EventBus, EventEntry
from rollcall.runtime.changes_function import publish
from rollcall.runtime.json_log import logger
from tests.changes.test_change_events import USER, document, record
from tests.storage.faults import answering, counted, refusal, success


@pytest.fixture
def bus() -> EventBus:
    """A bus that nobody serves: what is asked of it is answered by the test."""
    return EventBus(connect_bus("http://127.0.0.1:9"), "rollcall")


def entries(number: int, size: int = 100) -> list[EventEntry]:
    return [EventEntry("user.created", "x" * size, 1_800_000_000) for _ in range(number)]


def accepted(number: int) -> dict[str, object]:
    return success(FailedEntryCount=0, Entries=[{"EventId": "e"}] * number)


def sizes(requests: list[object]) -> Iterator[int]:
    for each in requests:
        yield len(each.body["Entries"])  # type: ignore[attr-defined]


def test_ten_events_go_in_one_call(bus: EventBus) -> None:
    with (
        counted(bus.client) as requests,
        answering(bus.client, "PutEvents", accepted(10), accepted(10), accepted(5)),
    ):
        assert bus.publish(entries(25)) == 25
    assert list(sizes(list(requests))) == [10, 10, 5]


def test_fewer_when_they_are_large(bus: EventBus) -> None:
    with (
        counted(bus.client) as requests,
        answering(bus.client, "PutEvents", accepted(2), accepted(1)),
    ):
        assert bus.publish(entries(3, MAX_BYTES // 3)) == 3
    assert list(sizes(list(requests))) == [2, 1]


def test_what_is_before_the_first_failure_counts(bus: EventBus) -> None:
    partly = success(
        FailedEntryCount=1, Entries=[{"EventId": "e"}, {"ErrorCode": "Throttled"}, {"EventId": "e"}]
    )
    with answering(bus.client, "PutEvents", accepted(10), partly):
        assert bus.publish(entries(13)) == 11


def test_a_bus_that_does_not_answer_publishes_nothing_more(bus: EventBus) -> None:
    with answering(bus.client, "PutEvents", accepted(10), refusal("InternalException", 500)):
        assert bus.publish(entries(13)) == 10


def test_a_batch_names_the_record_to_go_on_with(bus: EventBus) -> None:
    other = {"pk": "acme#USERNAME#x", "sk": "CLAIM"}
    records = [
        record(other, None, {"id": "u1"}, 1),
        record(USER, None, document(1, active=True), 2),
        record(USER, document(1, active=True), document(2, active=False, title="x"), 3),
        record(USER, document(2), document(3, title="y"), 4),
    ]
    partly = success(
        FailedEntryCount=1,
        Entries=[{"EventId": "e"}, {"EventId": "e"}, {"ErrorCode": "x"}, {"EventId": "e"}],
    )
    with answering(bus.client, "PutEvents", partly):
        failed = publish(records, bus, "https://scim.test", logger())

    assert failed == {"batchItemFailures": [{"itemIdentifier": "3"}]}


def test_a_batch_that_means_nothing_asks_for_nothing(bus: EventBus) -> None:
    with counted(bus.client) as requests:
        records = [record({"pk": "acme#USERNAME#x", "sk": "CLAIM"}, None, {"id": "u1"})]
        assert publish(records, bus, "", logger()) == {"batchItemFailures": []}
    assert requests == []
