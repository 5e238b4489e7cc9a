"""The console and the reports have one word for one thing."""

from __future__ import annotations

import re
from pathlib import Path

import rollcall
from rollcall.reconcile.duplicates import duplicate_report

ROOM = Path(rollcall.__file__).parent / "console" / "html"


def headers(template: str) -> list[str]:
    """Return the headers of the columns of a page, as they are seen."""
    found = re.findall(r'<th scope="col"[^>]*>([^<{]+)</th>', (ROOM / template).read_text("utf-8"))
    return [each.strip() for each in found]


def test_duplicates_have_the_columns_of_their_report() -> None:
    columns = [each.title for each in duplicate_report._COLUMNS]

    assert set(headers("duplicates.html")) <= set(columns)
