"""The end of a stream: what comes from a moment on, each record once."""

from __future__ import annotations

import pytest

from rollcall.aws.clients import connect_streams
from rollcall.aws.stream_reader import StreamReader
from rollcall.runtime.services import Services
from rollcall.runtime.settings import Settings
from rollcall.scim.errors import Unavailable
from tests.changes import streamed as making
from tests.changes.streamed import Streamed
from tests.conftest import Server
from tests.storage.faults import answering, refusal


@pytest.fixture
def streamed(server: Server) -> Streamed:
    """A table with a stream on the emulator, whose sequence numbers are as long as DynamoDB's."""
    return making.streamed(Services(Settings(endpoint_url=server.engines.emulator_url)))


def put(streamed: Streamed, *names: str) -> None:
    for name in names:
        streamed.services.table.put({"pk": "acme#X", "sk": name}, {})


def read(tail: StreamReader) -> list[str]:
    return [each["dynamodb"]["Keys"]["sk"]["S"] for page in tail.pages() for each in page]


def test_what_was_there_before_is_not_read_and_the_rest_once(streamed: Streamed) -> None:
    put(streamed, "a")
    tail = StreamReader(connect_streams(streamed.services.settings.endpoint_url), streamed.arn)

    assert read(tail) == []
    put(streamed, "b", "c")
    assert read(tail) == ["b", "c"]
    put(streamed, "d")
    assert read(tail) == ["d"]
    assert read(tail) == []


def test_after_a_sleep_it_goes_on_where_it_was(streamed: Streamed) -> None:
    client = connect_streams(streamed.services.settings.endpoint_url)
    tail = StreamReader(client, streamed.arn)
    put(streamed, "a")
    assert read(tail) == ["a"]
    put(streamed, "b")

    with answering(client, "GetRecords", refusal("ExpiredIteratorException", 400)):
        assert read(tail) == ["b"]


def test_nothing_is_lost_where_the_stream_does_not_answer(streamed: Streamed) -> None:
    client = connect_streams(streamed.services.settings.endpoint_url)
    tail = StreamReader(client, streamed.arn)
    put(streamed, "a")

    with (
        answering(client, "GetRecords", refusal("InternalServerError", 500)),
        pytest.raises(Unavailable),
    ):
        read(tail)
    assert read(tail) == ["a"]
