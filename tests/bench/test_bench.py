"""The comparison of servers, at its smallest: Rollcall alone, and what the report makes of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

import pytest

from bench import chart
from bench.comparison import Plan, compare
from bench.figures import Result, wrong
from bench.installation import AbsentError
from bench.load import Answer
from bench.operation import OPERATIONS
from bench.peer import ROLLCALL, Peer, Running
from bench.report import Report
from tests import dynamodb

PLAN = Plan(sizes=(3,), requests=4, seconds=5, connections=2)
NAMES = [operation.name for operation in OPERATIONS]


@contextmanager
def not_here() -> Iterator[Running]:
    raise AbsentError("npm is not here")
    yield


@pytest.fixture(scope="module")
def results() -> list[Result]:
    if dynamodb.program() is None:
        pytest.skip("the DynamoDB engine is not installed")
    peers = (ROLLCALL, Peer("other", "1.0", not_here))
    return [compare(peer, PLAN, lambda _: None) for peer in peers]


@pytest.fixture(scope="module")
def folder(results: list[Result], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    (three,) = results[0].measurements
    rollcall = replace(results[0], measurements=[three, replace(three, users=6)])
    plan = replace(PLAN, sizes=(3, 6))
    Report(datetime(2026, 1, 2, tzinfo=UTC), plan, [rollcall, results[1]]).write(folder)
    return folder


pytestmark = pytest.mark.emulator


def test_rollcall_answers_every_operation_rightly(results: list[Result]) -> None:
    measurements = results[0].measurements

    assert results[0].absent == ""
    assert [each.users for each in measurements] == [3]
    for each in measurements:
        assert list(each.operations) == NAMES
        assert {name: took.wrong for name, took in each.operations.items() if took.wrong} == {}
        assert all(took.requests == 4 for took in each.operations.values())
        assert each.memory
        assert each.database_memory


def test_a_peer_that_cannot_be_installed_is_reported_as_absent(
    results: list[Result], folder: Path
) -> None:
    assert results[1] == Result("other", "1.0", "npm is not here", [])
    assert "| other | 1.0 | npm is not here |" in (folder / "report.md").read_text()


def test_the_report_has_each_figure_of_an_operation_at_each_size(folder: Path) -> None:
    lines = (folder / "report.md").read_text().splitlines()

    assert [line for line in lines if line.startswith("## ")] == [
        "## 3 users, one group of them all",
        "## 6 users, one group of them all",
        "## Growth: median latency at 6 users over that at 3",
        "## Growth: CPU with the database at 6 users over that at 3",
    ]
    for name in NAMES:
        rows = [line for line in lines if line.startswith(f"| {name} |")]
        assert [row.count("|") - 2 for row in rows] == [5, 5, 1, 1], rows


def test_the_report_in_json_has_every_figure(folder: Path) -> None:
    report = json.loads((folder / "report.json").read_text())

    assert report["date"] == "2026-01-02T00:00:00+00:00"
    assert report["plan"]["sizes"] == [3, 6]
    figures = report["results"][0]["measurements"][0]["operations"]["PATCH active"]
    assert figures.keys() == {"p50", "p99", "rate", "cpu", "database_cpu", "requests", "wrong"}


def test_the_charts_of_the_report_exist_and_are_well_formed(folder: Path) -> None:
    named = {
        line.partition("](")[2].rstrip(")")
        for line in (folder / "report.md").read_text().splitlines()
        if line.startswith("![")
    }

    assert named == {file.name for file in folder.glob("*.svg")}
    for file in folder.glob("*.svg"):
        texts = {each.text for each in ElementTree.parse(file).findall(".//{*}text")}
        assert set(NAMES) <= texts, file.name


def test_a_server_whose_cpu_is_not_known_has_no_chart_of_it(
    results: list[Result], tmp_path: Path
) -> None:
    (three,) = results[0].measurements
    unknown = {
        name: replace(took, cpu=None, database_cpu=None) for name, took in three.operations.items()
    }
    deployed = Result("deployed", measurements=[replace(three, operations=unknown, memory=None)])

    Report(datetime(2026, 1, 2, tzinfo=UTC), PLAN, [deployed]).write(tmp_path)

    assert [file.name for file in tmp_path.glob("*.svg")] == ["p50-3.svg"]
    assert "whole-cpu-3.svg" not in (tmp_path / "report.md").read_text()


def test_a_bar_ten_times_as_long_is_a_step_of_the_scale_further() -> None:
    drawn = ElementTree.fromstring(chart.bars("Times", {"a": {"x": 1, "y": 10, "z": 100}}))
    bars = [each for each in drawn.findall(".//{*}rect") if float(each.get("x", "0")) == 170][1:]
    widths = [float(each.get("width", "0")) for each in bars]

    assert widths == [1, 285, 570]


@pytest.mark.parametrize(
    ("answers", "total", "said"),
    [
        ([Answer(200, b'{"totalResults": 1}', 0.1)], 1, ""),
        ([Answer(200, b'{"totalResults": 0}', 0.1)], 1, "finds 0, not 1"),
        ([Answer(204, b"", 0.1), Answer(409, b"{}", 0.1)], None, "409 to 1 of 2"),
    ],
)
def test_answers_that_are_wrong_do_not_count(
    answers: list[Answer], total: int | None, said: str
) -> None:
    assert wrong(answers, total) == said
