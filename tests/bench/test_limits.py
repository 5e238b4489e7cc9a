"""A comparison ends in time, whatever a server does, and its processes with it."""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from bench import process
from bench.comparison import Plan, compare
from bench.figures import NOT_REACHED
from bench.load import Target
from bench.operation import OPERATIONS
from bench.peer import Peer, Running

SECONDS = 1.5
PLAN = Plan(sizes=(2,), requests=2, seconds=5, connections=1, limit=SECONDS)


class _Handler(BaseHTTPRequestHandler):
    """Does what it is asked to; once it is measured, it answers no GET until the test has ended."""

    protocol_version = "HTTP/1.1"
    server: _Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.measured |= b"user-0" in body
        self._answer({"id": "one"})

    def do_PATCH(self) -> None:
        self.do_POST()

    def do_DELETE(self) -> None:
        self._answer({})

    def do_GET(self) -> None:
        if self.server.measured:
            self.server.end.wait()
            self.close_connection = True
        else:
            self._answer({"totalResults": 0})

    def _answer(self, content: Any) -> None:
        body = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


class _Server(ThreadingHTTPServer):
    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.end = threading.Event()
        self.measured = False


@contextmanager
def slow() -> Iterator[Running]:
    """Run a server that hangs."""
    server = _Server()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield Running(Target(f"http://127.0.0.1:{server.server_port}", "token", patience=SECONDS))
    finally:
        server.end.set()
        server.shutdown()
        server.server_close()
        thread.join()


def test_an_operation_without_an_answer_is_said_and_what_comes_after_the_limit_not_reached() -> (
    None
):
    (measured,) = compare(Peer("slow", "1", slow), PLAN, lambda _: None).measurements

    created, asked, *others = [measured.operations[each.name].wrong for each in OPERATIONS]
    assert created == ""
    assert asked == "no answer within 2 s"
    assert set(others) == {NOT_REACHED}


def test_a_population_that_takes_too_long_is_said_with_what_was_there() -> None:
    plan = replace(PLAN, limit=0)

    result = compare(Peer("slow", "1", slow), plan, lambda _: None)

    assert result.absent == "0 of 2 users are there after 0 s"
    assert result.measurements == []


def test_a_server_in_an_emulator_is_left_out_where_the_plan_has_no_size_for_it() -> None:
    result = compare(Peer("emulated", "1", slow, emulated=True), PLAN, lambda _: None)

    assert result.absent == "not in this run"


@pytest.mark.parametrize("ending", [KeyboardInterrupt, SystemExit, OSError])
def test_a_process_ends_with_its_block_whatever_ends_that(
    ending: type[BaseException], tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "http.server", "--bind", process.LOOPBACK, "{port}"]
    started: list[int] = []

    def run() -> None:
        with process.running(command, tmp_path / "log") as server:
            started.append(server.pid)
            raise ending

    with pytest.raises(ending):
        run()

    with pytest.raises(ProcessLookupError):
        os.kill(started[0], 0)
