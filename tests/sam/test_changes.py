"""The changes function under Lambda's runtime: all that can happen, and what fails."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from events import case, runtime
from events.__main__ import environment
from tests.changes import happenings, streamed
from tests.changes.conftest import client
from tests.changes.schemas import faults
from tests.changes.streamed import Received, Streamed, aws, batches
from tests.changes.test_stream import passes
from tests.sam.conftest import Deployed

FUNCTION = "ChangesFunction"
MAX_BYTES = 200_000


@pytest.fixture(scope="module")
def happened(deployed: Deployed) -> Streamed:
    """A table on which something of everything has happened."""
    table = streamed.streamed(deployed.services)
    with client(table.services) as api:
        happenings.everything(table.services, api)
    return table


def test_everything_that_happens_is_published(deployed: Deployed, happened: Streamed) -> None:
    product = Received(deployed.services, "everything")
    filtering = aws(deployed.services, "events")

    for batch in batches(happened.records()):
        records = [each for each in batch if passes(filtering, each)]
        done = deployed.functions[FUNCTION].invoke({"Records": records})
        assert done == {"batchItemFailures": []}

    received = product.all()
    assert Counter(each["detail-type"] for each in received) == happenings.TOLD
    assert max(len(json.dumps(each["detail"])) for each in received) < MAX_BYTES
    told = {each.claims["jti"]: each for each in happened.events()}
    assert {each["detail"]["jti"] for each in received} == set(told)
    assert [faults(each) for each in told.values()] == [[]] * len(told)


class _Bus(BaseHTTPRequestHandler):
    """A bus that refuses one event, counted from 0 over all calls, every time that it comes."""

    protocol_version = "HTTP/1.1"
    refused: str

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        entries = [
            {"ErrorCode": "ThrottlingException", "ErrorMessage": "slower"}
            if json.loads(each["Detail"])["jti"] == self.refused
            else {"EventId": "e"}
            for each in asked["Entries"]
        ]
        failed = sum("ErrorCode" in each for each in entries)
        answer = json.dumps({"FailedEntryCount": failed, "Entries": entries}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


@contextmanager
def refusing(event: str, logs: Path) -> Iterator[runtime.Function]:
    """Run the function in front of a bus that refuses the event of an id."""
    handler = type("Bus", (_Bus,), {"refused": event})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        url = f"http://127.0.0.1:{server.server_address[1]}"
        try:
            with runtime.running(FUNCTION, logs, environment(url)) as function:
                yield function
        finally:
            server.shutdown()
            thread.join()


def test_of_a_batch_the_record_whose_event_is_refused_is_named(
    happened: Streamed, built: None, tmp_path: Path
) -> None:
    (batch, *_) = batches(happened.records())
    told = happened.events()
    event = told[25]

    with refusing(event.claims["jti"], tmp_path) as function:
        failed = function.invoke({"Records": batch})

    (failure,) = failed["batchItemFailures"]
    assert failure["itemIdentifier"].zfill(40) == event.claims["sequence"]
    numbers = [each["dynamodb"]["SequenceNumber"] for each in batch]
    assert failure["itemIdentifier"] in numbers


def test_a_batch_is_all_named_where_the_bus_does_not_answer(
    happened: Streamed, built: None, tmp_path: Path
) -> None:
    (batch, *_) = batches(happened.records())

    with runtime.running(FUNCTION, tmp_path, environment("http://127.0.0.1:9")) as function:
        failed = function.invoke({"Records": batch})

    (failure,) = failed["batchItemFailures"]
    assert failure["itemIdentifier"].zfill(40) == happened.events()[0].claims["sequence"]


def test_a_record_that_cannot_be_told_fails_the_batch_which_lambda_halves(
    deployed: Deployed,
) -> None:
    event: Any = deepcopy(next(e.event for e in case.cases() if e.name == "changes-created"))
    document = next(
        each["dynamodb"]["NewImage"]
        for each in event["Records"]
        if "document" in each["dynamodb"]["NewImage"]
    )
    document["document"] = {"S": "no JSON"}

    assert deployed.functions[FUNCTION].invoke(event)["errorType"] == "JSONDecodeError"
