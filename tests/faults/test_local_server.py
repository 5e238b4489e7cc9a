"""The local server while its store is away: its background work is logged and tried again."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

from rollcall.dev import local_server
from rollcall.runtime import events_file
from rollcall.runtime.services import Services
from tests.faults.proxy import Fault, Proxy, always

BOUND = 30.0
"""The seconds after which the test fails that waits for a line of the log."""


class Log:
    """What is logged, by level."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, dict[str, Any]]] = []
        self.came = Event()

    def info(self, msg: str, *, extra: dict[str, Any]) -> None:
        self._add("info", extra)

    def warning(self, msg: str, *, extra: dict[str, Any]) -> None:
        self._add("warning", extra)

    def exception(self, msg: str, *, extra: dict[str, Any]) -> None:
        self._add("exception", extra)

    def _add(self, level: str, extra: dict[str, Any]) -> None:
        self.lines.append((level, extra))
        self.came.set()


def test_a_sweep_of_a_store_that_is_away_is_logged(proxied: Services, proxy: Proxy) -> None:
    log = Log()

    with proxy.faults(always(Fault.RESET_BEFORE)):
        local_server.sweep(proxied, log)

    reason = "the directory cannot be reached, try again"
    works = "the sweep", "the purge", "the summaries"
    assert log.lines == [("warning", {"work": work, "reason": reason}) for work in works]


def test_a_sweep_that_fails_otherwise_is_logged_with_its_stack(proxied: Services) -> None:
    log = Log()
    nowhere = Services(replace(proxied.settings, table="nowhere"), proxied.clients)

    local_server.sweep(nowhere, log)

    works = "the sweep", "the purge", "the summaries"
    assert log.lines == [("exception", {"work": work}) for work in works]


def test_change_events_go_on_when_the_store_is_there_again(
    proxied: Services, proxy: Proxy, tmp_path: Path
) -> None:
    log, path = Log(), tmp_path / "events.jsonl"
    directory = proxied.directory("acme")

    with path.open("a") as lines, events_file.append_events(proxied, lines, log):
        directory.users.create({"userName": "before"})
        with proxy.faults(always(Fault.RESET_BEFORE)):
            assert log.came.wait(BOUND)
        directory.users.create({"userName": "after"})

    events = [json.loads(line)["detail-type"] for line in path.read_text().splitlines()]
    assert events == ["user.created", "user.created"]
    assert {level for level, _ in log.lines} == {"warning"}
