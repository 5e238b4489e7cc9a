"""The figures of the console, over the smallest deployment: each page and each act answers."""

from __future__ import annotations

import pytest

from bench.console.__main__ import measure, report
from bench.console.consumption import rounds
from bench.console.filling import SMALLEST, begin, finish
from bench.console.first_cycle import LongWork
from bench.console.visits import IMPOSSIBLE
from bench.gateway import event_loop
from rollcall.console.console_application import ACTS, ROUTES
from rollcall.runtime.services import Services
from tests import dynamodb


def test_each_page_and_each_plan_is_measured(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with event_loop():
        dynamodb.paste(services, list(begin(services, SMALLEST)))
        finish(services, SMALLEST)
        rows, checked, bare = measure(services, SMALLEST, lambda _: None, times=0, delay=0)

    refused = {name: each for name, each in rows if isinstance(each, str)}
    works = {name: each.told for name, each in rows if isinstance(each, LongWork)}
    pages = sum(1 for each in ROUTES if each.method == "GET")
    lines = list(report(SMALLEST, rows, checked, bare))

    assert refused == {}
    assert len(rows) >= len(ACTS) - len(IMPOSSIBLE) + pages
    assert "It is known what will be done" in works["plan of erase"]
    assert "is in a file" in works["file of a person"]
    assert "12 people" in checked.told
    assert any(line.startswith("| `/t/{tenant}/people/{person}` | ") for line in lines)


def test_rounds_are_calls_that_wait_for_each_other() -> None:
    beside = [(0.0, 2.0), (0.1, 2.1), (0.2, 1.9)]

    assert rounds([]) == 0
    assert rounds(beside) == 1
    assert rounds([*beside, (2.2, 3.0)]) == 2
