"""The one writer of CSV (RFC 4180), whose cells no spreadsheet takes for formulas."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from typing import TextIO
from unicodedata import category, normalize

_SIGNS = "=+-@"


def write(stream: TextIO, titles: Sequence[str], rows: Iterable[Sequence[str | int]]) -> None:
    """Write titles and rows; text that would be calculated gets an apostrophe before it."""
    writer = csv.writer(stream)
    writer.writerow(titles)
    writer.writerows([_plain(each) for each in row] for row in rows)


def _plain(cell: str | int) -> str | int:
    if not isinstance(cell, str):
        return cell
    text = cell.encode(errors="replace").decode()
    return f"'{text}" if _is_formula(text) else text


def _is_formula(text: str) -> bool:
    """Tell whether the first visible character starts a formula, in whatever width it is written.

    Spreadsheets skip blanks, line breaks and invisible characters before it.
    """
    if text[:1] in ("\t", "\r", "\n"):
        return True
    first = next((each for each in text if category(each)[0] not in "CZ"), "")
    return normalize("NFKC", first)[:1] in _SIGNS if first else False
