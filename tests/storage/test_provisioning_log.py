"""The provisioning log: days and shards, in the order of time, gone when their time is over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from rollcall.runtime.services import Services
from rollcall.storage.provisioning_log import SHARDS, LogEntry, ProvisioningLog
from tests.storage.faults import answering, counted, refusal

MIDNIGHT = datetime(2026, 1, 2, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def log(services: Services) -> ProvisioningLog:
    return ProvisioningLog(services.table, "acme", keep_days=90)


def at(moment: datetime, request: str = "r", number: int = 0) -> LogEntry:
    time = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return LogEntry(time, request, number)


def test_an_entry_is_read_as_it_was_written(log: ProvisioningLog) -> None:
    entry = LogEntry(
        "2026-01-01T12:00:00.000Z", "r", 1, "token:t", "POST", "/Users", 409, "uniqueness",
        "userName is taken", "User/x", ("a",), ("b", "c"), ("0123",), 12,
    )  # fmt: skip
    assert log.write(entry)

    assert list(log.read(MIDNIGHT - DAY, MIDNIGHT)) == [entry]


def test_entries_of_all_shards_and_days_are_in_the_order_of_time(
    log: ProvisioningLog, services: Services
) -> None:
    moments = [MIDNIGHT + timedelta(minutes=7 * minute) for minute in range(-50, 50)]
    written = [at(moment, f"request {number}") for number, moment in enumerate(moments)]
    for entry in reversed(written):
        log.write(entry)

    items = services.clients.dynamodb.scan(TableName=services.table.name)["Items"]
    assert len({item["pk"]["S"] for item in items}) == 2 * SHARDS
    assert list(log.read(MIDNIGHT - DAY, MIDNIGHT + DAY)) == written


def test_reading_begins_and_ends_where_it_is_told(log: ProvisioningLog) -> None:
    hours = [MIDNIGHT + timedelta(hours=hour) for hour in range(-6, 6)]
    for number, hour in enumerate(hours):
        log.write(at(hour, str(number)))

    read = log.read(MIDNIGHT - timedelta(hours=2), MIDNIGHT + timedelta(hours=2))

    assert [entry.request for entry in read] == ["4", "5", "6", "7"]


def test_several_entries_of_one_request_are_kept(log: ProvisioningLog) -> None:
    written = [at(MIDNIGHT, "bulk", number) for number in range(12)]
    for entry in written:
        log.write(entry)

    assert list(log.read(MIDNIGHT, MIDNIGHT + DAY)) == written


def test_a_day_is_read_with_a_query_a_shard(log: ProvisioningLog, services: Services) -> None:
    log.write(at(MIDNIGHT))
    with counted(services.clients.dynamodb) as made:
        list(log.read(MIDNIGHT, MIDNIGHT + timedelta(hours=5)))

    assert [each.operation for each in made] == ["Query"] * SHARDS


def test_an_entry_goes_when_its_time_is_over(log: ProvisioningLog, services: Services) -> None:
    log.write(at(MIDNIGHT))

    (item,) = services.clients.dynamodb.scan(TableName=services.table.name)["Items"]
    assert int(item["expires"]["N"]) == int((MIDNIGHT + 90 * DAY).timestamp())


@pytest.mark.parametrize(
    "answer",
    [refusal("ThrottlingException"), refusal("InternalServerError", 500), refusal("AccessDenied")],
    ids=lambda answer: str(answer["Error"]["Code"]),
)
def test_an_entry_that_cannot_be_written_fails_nothing(
    log: ProvisioningLog, services: Services, answer: dict[str, object]
) -> None:
    with answering(services.clients.dynamodb, "PutItem", answer):
        assert not log.write(at(MIDNIGHT))
