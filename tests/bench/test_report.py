"""What the report makes of figures, and the part of the page that is written from it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from bench import page, prices
from bench.bill import Bill
from bench.comparison import Plan
from bench.figures import NOT_REACHED, Figures, Measurement, Result
from bench.report import Report, growth, machine, number, read

PLAN = Plan(sizes=(10, 100), requests=4, seconds=1, large=1_000)


def took(cpu: float, database: float = 0.0, p50: float = 1.0) -> Figures:
    return Figures(p50, p50, 100.0, cpu, database, 4)


def at(users: int, get: Figures, listing: Figures) -> Measurement:
    return Measurement(users, {"GET": get, "list": listing}, 50.0, None)


OWN = Result(
    "Rollcall",
    "1",
    "",
    [
        at(10, took(1, 1), took(6, 4)),
        at(100, took(1, 1), took(6, 4)),
        at(1_000, took(1, 2), Figures(wrong="400 to 4 of 4")),
    ],
)
OTHER = Result(
    "other",
    "2",
    "100 of 1,000 users are there after 5 s",
    [at(10, took(0.5), took(20)), at(100, took(0.5), Figures(wrong=NOT_REACHED))],
)
REPORT = Report(
    datetime(2026, 1, 2, tzinfo=UTC),
    PLAN,
    [OWN, OTHER],
    {"GET": Bill(1, 1.0, 0.0), "list": Bill(4, 103.0, 1.0)},
    (1.5, 7.0),
    "a machine",
    "Rollcall at abc.",
)


@pytest.fixture
def written(tmp_path: Path) -> Path:
    REPORT.write(tmp_path)
    return tmp_path


def test_a_report_is_read_as_it_was_written(written: Path) -> None:
    assert read(written / "report.json") == Report(
        REPORT.date, PLAN, [OWN, OTHER], REPORT.bills, [1.5, 7.0], "a machine", "Rollcall at abc."
    )


def test_the_report_says_when_and_where_and_under_what_load_it_was_measured(
    written: Path,
) -> None:
    text = (written / "report.md").read_text()

    assert "2026-01-02 00:00, a machine, load average 1.5 to 7.0. Rollcall at abc." in text


def test_the_machine_is_named_with_its_cores_and_its_memory() -> None:
    assert " cores" in machine()
    assert "Python 3." in machine()


def test_a_server_alone_at_a_size_has_one_table_with_its_database_apart(written: Path) -> None:
    lines = (written / "report.md").read_text().splitlines()
    begin = lines.index("## 1,000 users, one group of them all")
    columns = "| | median, ms | 99th percentile | a second | CPU, ms | CPU of its database, ms |"

    assert columns.replace("| |", "|  |") in lines[begin : begin + 6]
    assert "| GET | 1 | 1 | 100 | 1 | 2 |" in lines[begin:]


def test_growth_is_the_last_over_the_first() -> None:
    assert growth(OWN, "GET", 10, 1_000, lambda each: each.whole_cpu) == "x1.5"


@pytest.mark.parametrize(
    ("result", "operation", "first", "last"),
    [(OWN, "list", 10, 1_000), (OTHER, "list", 10, 100), (OTHER, "GET", 10, 1_000)],
)
def test_what_was_refused_or_not_reached_has_no_growth(
    result: Result, operation: str, first: int, last: int
) -> None:
    assert growth(result, operation, first, last, lambda each: each.whole_cpu) == "-"


def test_what_was_not_reached_stands_in_the_table_of_the_report(written: Path) -> None:
    text = (written / "report.md").read_text()

    assert f"| list | 10 | {NOT_REACHED} |" in text
    assert "| other | 2 | 100 of 1,000 users are there after 5 s |" in text


def test_a_million_requests_cost_their_units_by_the_list_of_prices() -> None:
    listed = prices.read()
    bill = Bill(4, 103.0, 2.0)

    assert bill.database == pytest.approx(
        listed.dollars("dynamodb.read_unit", 103e6) + listed.dollars("dynamodb.write_unit", 2e6)
    )
    idle, busy = bill.whole(0), bill.whole(10)
    assert idle - bill.database == pytest.approx(
        listed.dollars("api.request", 1e6) + listed.dollars("lambda.request", 1e6)
    )
    assert busy > idle


def test_the_page_gets_the_figures_between_its_marks_and_keeps_the_rest(written: Path) -> None:
    file = written / "performance.md"
    file.write_text(f"# Title\n\n{page.BEGIN}\nof last year\n{page.END}\n\nThe end.\n")

    page.write(written / "report.json", file)
    once = file.read_text()
    page.write(written / "report.json", file)

    assert file.read_text() == once
    assert once.startswith(f"# Title\n\n{page.BEGIN}\n\n2026-01-02 00:00, a machine")
    assert once.endswith(f"{page.END}\n\nThe end.\n")
    assert "of last year" not in once
    assert "[the whole report](report.md)" in once


def test_the_page_tells_ahead_and_behind_of_all_others(written: Path) -> None:
    said = list(page.lines(read(written / "report.json"), "report.md"))

    assert "- ahead of all: list;" in said
    assert "- behind all: GET;" in said
    assert "- between: nothing." in said


def test_the_page_has_the_largest_size_with_round_trips_units_and_dollars(written: Path) -> None:
    said = "\n".join(page.lines(read(written / "report.json"), "report.md"))

    assert "Rollcall with 1,000 users, who are all in one group" in said
    get, listing = (number(bill.whole(1.0)) for bill in REPORT.bills.values())
    assert f"| GET | 1 | 1 | 2 | x1.5 | 1 | 1 | 0 | 0.125 | {get} |" in said
    assert f"| list | 400 to 4 of 4 | - | - | - | 4 | 103 | 1 | 13.5 | {listing} |" in said
