"""A report as one HTML page: figures, notes and a table that is sorted, filtered and printed.

The page loads nothing and runs nothing but its own script, which its Content-Security-Policy names
by hash (CSP level 3); whatever comes from the data is escaped text. Without the script it is still
a readable table.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from html import escape
from importlib.resources import files
from typing import TypeAlias

Cell: TypeAlias = str | int | Sequence[str]
"""Text, a number, or several lines of text; what stands in `backticks` is set as code."""

MAX_ROWS = 10_000
"""The rows that a page shows: browsers become slow with more, and nobody reads them."""

TONES = ("bad", "warn", "good", "quiet")

_CODE = re.compile("`([^`]+)`")


@dataclass(frozen=True)
class Column:
    """A column; with `tones` its values are few: shown as marks and offered as a choice.

    What is `short` is not broken into lines, what is `wide` holds sentences.
    """

    title: str
    tones: Mapping[str, str] = field(default_factory=dict)
    short: bool = False
    wide: bool = False


@dataclass(frozen=True)
class Page:
    """What stands above the table, and the table's columns.

    `figures` are label and value, `notes` are paragraphs, `more` says where the rows are that a
    page does not show.
    """

    title: str
    lead: str
    columns: Sequence[Column]
    figures: Sequence[tuple[str, str | int]] = ()
    notes: Sequence[str] = ()
    more: str = "the CSV report has all of them"


def render(page: Page, rows: Iterable[Sequence[Cell]]) -> Iterator[str]:
    """Yield the page piece by piece; the first MAX_ROWS rows, one cell for every column."""
    style, script = _asset("page.css"), _asset("page.js")
    policy = (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    yield (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(policy)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="robots" content="noindex">\n<meta name="referrer" content="no-referrer">\n'
        f"<title>{_text(page.title)}</title>\n<style>{style}</style>\n</head>\n<body>\n"
    )
    yield from _head(page)
    yield from _table(page, rows)
    yield f"</main>\n<script>{script}</script>\n</body>\n</html>\n"


def _head(page: Page) -> Iterator[str]:
    yield f"<header>\n<h1>{_text(page.title)}</h1>\n<p>{_marked(page.lead)}</p>\n</header>\n"
    yield "<main>\n"
    if page.figures:
        yield '<dl class="figures">\n'
        for label, value in page.figures:
            shown = f"{value:,}" if isinstance(value, int) else _text(value)
            yield f"<div><dt>{_text(label)}</dt><dd>{shown}</dd></div>\n"
        yield "</dl>\n"
    if page.notes:
        yield '<section class="notes">\n'
        yield from (f"<p>{_marked(each)}</p>\n" for each in page.notes)
        yield "</section>\n"


def _table(page: Page, rows: Iterable[Sequence[Cell]]) -> Iterator[str]:
    yield '<form class="tools" hidden>\n<label>Search <input type="search" id="search"></label>\n'
    for number, column in enumerate(page.columns):
        if column.tones:
            options = "".join(f"<option>{_text(each)}</option>" for each in column.tones)
            yield (
                f'<label>{_text(column.title)} <select data-column="{number}">'
                f'<option value="">all</option>{options}</select></label>\n'
            )
    yield '<output id="shown"></output>\n</form>\n<table>\n<thead>\n<tr>'
    for column in page.columns:
        yield f'<th scope="col">{_text(column.title)}</th>'
    yield "</tr>\n</thead>\n<tbody>\n"
    left = 0
    for number, row in enumerate(rows):
        if number < MAX_ROWS:
            cells = zip(page.columns, row, strict=True)
            yield f"<tr>{''.join(_cell(*each) for each in cells)}</tr>\n"
        else:
            left += 1
    yield "</tbody>\n</table>\n"
    if left:
        yield f'<p class="more">{left:,} more are not shown here: {_marked(page.more)}.</p>\n'


def _cell(column: Column, cell: Cell) -> str:
    if isinstance(cell, int):
        return f'<td class="number" data-value="{cell}">{cell:,}</td>'
    if column.tones and isinstance(cell, str):
        return f'<td><span class="mark {column.tones.get(cell, "quiet")}">{_text(cell)}</span></td>'
    lines = [cell] if isinstance(cell, str) else cell
    kind = ' class="short"' if column.short else ' class="wide"' if column.wide else ""
    return f'<td dir="auto"{kind}>{"<br>".join(map(_marked, lines))}</td>'


def _text(text: str) -> str:
    """Return text as it stands in a page: half a character (a lone surrogate) becomes `?`."""
    return escape(text.encode(errors="replace").decode())


def _marked(text: str) -> str:
    return _CODE.sub(r"<code>\1</code>", _text(text))


def _asset(name: str) -> str:
    return files("rollcall.reconcile").joinpath(name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(sha256(text.encode()).digest()).decode()
