"""A report as CSV for spreadsheets (RFC 4180), in which nothing is a formula."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from typing import TextIO

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write(stream: TextIO, titles: Sequence[str], rows: Iterable[Sequence[str | int]]) -> None:
    """Write titles and rows; text that a spreadsheet would calculate gets an apostrophe first."""
    writer = csv.writer(stream)
    writer.writerow(titles)
    writer.writerows([_plain(each) for each in row] for row in rows)


def _plain(cell: str | int) -> str | int:
    if not isinstance(cell, str):
        return cell
    text = cell.encode(errors="replace").decode()
    return f"'{text}" if text.startswith(_FORMULA) else text
