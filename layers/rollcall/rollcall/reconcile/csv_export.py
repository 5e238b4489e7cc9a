"""A report as CSV for spreadsheets (RFC 4180), in which nothing is a formula."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from typing import TextIO
from unicodedata import category, normalize

_SIGNS = "=+-@"


def write(stream: TextIO, titles: Sequence[str], rows: Iterable[Sequence[str | int]]) -> None:
    """Write titles and rows; text that a spreadsheet would calculate gets an apostrophe first."""
    writer = csv.writer(stream)
    writer.writerow(titles)
    writer.writerows([_plain(each) for each in row] for row in rows)


def _plain(cell: str | int) -> str | int:
    if not isinstance(cell, str):
        return cell
    text = cell.encode(errors="replace").decode()
    return f"'{text}" if _is_formula(text) else text


def _is_formula(text: str) -> bool:
    """Tell whether the first sign that is seen begins a formula, in whatever width it is written.

    Spreadsheets pass over blanks, line breaks and invisible characters before it.
    """
    if text[:1] in ("\t", "\r", "\n"):
        return True
    first = next((sign for sign in text if category(sign)[0] not in "CZ"), "")
    return normalize("NFKC", first)[:1] in _SIGNS if first else False
