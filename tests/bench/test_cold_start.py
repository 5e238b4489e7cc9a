"""The table of starts: ratios to the plain function, in one run."""

from __future__ import annotations

from bench.cold_start import KINDS, Start, table
from events.case import Case, cases
from events.template import Template


def test_each_function_has_a_first_request() -> None:
    measured = {case.function for case in cases() if case.name in KINDS}

    assert set(KINDS) <= {case.name for case in cases()}
    assert measured == set(Template().functions())


def test_a_row_holds_ratios_of_medians() -> None:
    read = Case("users-read", "UsersFunction", {}, {})
    measured = {
        ("plain", "plain"): [Start(100, 10), Start(90, 10), Start(500, 10)],
        ("before", "users-read"): [Start(300, 30)],
        ("after", "users-read"): [Start(150, 15), Start(140, 15), Start(900, 15)],
    }

    lines = [*table(measured, [read], ["before", "after"])]

    assert lines == [
        "| first request | start, before | together | start, after | together |",
        "|---|---|---|---|---|",
        "| users-read | 3.00 | 3.00 | 1.50 | 1.50 |",
        "",
        "1 is 100 ms of CPU for a start of the plain function, 110 with its first request; "
        "the budget is 1.9.",
    ]
