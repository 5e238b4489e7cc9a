"""A report as an HTML page: figures, notes, and a table to sort, filter and print.

Whatever comes from the data is escaped text. Without its script the page is still a readable table.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from rollcall.reconcile.advice import Advice
from rollcall.web_page import WebPage, asset, escaped

Cell: TypeAlias = str | int | Sequence[str] | Advice
"""Text, a number, lines of text, or advice; text in `backticks` is set as code."""

MAX_ROWS = 10_000
"""The rows that a page shows: browsers become slow with more."""

TONES = ("bad", "warn", "good", "quiet")

SUPPORT = "For the support team"

NARROW = "screen and (max-width: 60rem)"
"""The screens on which each row is a card; the script adds those that are too narrow for it."""

LONG = 40
"""The characters above which a word may be broken into lines."""

_CODE = re.compile("`([^`]+)`")
_BLANKS = re.compile(r"(\s+)")
_PIECE = re.compile(r"[^@./_-]*[@./_-]+|[^@./_-]+")


@dataclass(frozen=True)
class Column:
    """A column; one with `tones` has few values, shown as marks and offered as a filter.

    A `short` column is not broken into lines, a `wide` one holds sentences.
    """

    title: str
    tones: Mapping[str, str] = field(default_factory=dict)
    short: bool = False
    wide: bool = False


@dataclass(frozen=True)
class ReportPage:
    """The head of a report, and the columns of its table.

    `figures` are labels and values, `notes` paragraphs, `support` paragraphs for the support team
    alone; `more` says where to find the rows that the page does not show.
    """

    title: str
    lead: str
    columns: Sequence[Column]
    figures: Sequence[tuple[str, str | int]] = ()
    notes: Sequence[str] = ()
    support: Sequence[str] = ()
    more: str = "the CSV report has all of them"


def render(page: ReportPage, rows: Iterable[Sequence[Cell]]) -> Iterator[str]:
    """Yield the page piece by piece, with the first MAX_ROWS rows; each has a cell per column."""
    cards = f"@media {NARROW} {{\n{_asset('cards.css')}{_titles(page.columns)}}}\n"
    frame = WebPage(page.title, style=_asset("page.css") + cards, script=_asset("page.js"))
    yield from frame.document(_body(page, rows))


def _body(page: ReportPage, rows: Iterable[Sequence[Cell]]) -> Iterator[str]:
    yield "<body>\n"
    yield from _head(page)
    yield from _table(page, rows)
    yield "</main>\n"


def _head(page: ReportPage) -> Iterator[str]:
    yield f"<header>\n<h1>{escaped(page.title)}</h1>\n<p>{_marked(page.lead)}</p>\n</header>\n"
    yield "<main>\n"
    if page.figures:
        yield '<dl class="figures">\n'
        for label, value in page.figures:
            shown = f"{value:,}" if isinstance(value, int) else escaped(value)
            yield f"<div><dt>{escaped(label)}</dt><dd>{shown}</dd></div>\n"
        yield "</dl>\n"
    if page.notes:
        yield '<section class="notes">\n'
        yield from (f"<p>{_marked(each)}</p>\n" for each in page.notes)
        yield "</section>\n"
    if page.support:
        yield f'<details class="support">\n<summary>{SUPPORT}</summary>\n'
        yield from (f"<p>{_marked(each)}</p>\n" for each in page.support)
        yield "</details>\n"


def _table(page: ReportPage, rows: Iterable[Sequence[Cell]]) -> Iterator[str]:
    yield '<form class="tools" hidden>\n<label>Search <input type="search" id="search"></label>\n'
    for number, column in enumerate(page.columns):
        if column.tones:
            options = "".join(f"<option>{escaped(each)}</option>" for each in column.tones)
            yield (
                f'<label>{escaped(column.title)} <select data-column="{number}">'
                f'<option value="">all</option>{options}</select></label>\n'
            )
    yield '<output id="shown"></output>\n</form>\n<table>\n<thead>\n<tr>'
    for column in page.columns:
        yield f'<th scope="col">{escaped(column.title)}</th>'
    yield "</tr>\n</thead>\n<tbody>\n"
    hidden = 0
    for number, row in enumerate(rows):
        if number < MAX_ROWS:
            cells = zip(page.columns, row, strict=True)
            yield f"<tr>{''.join(_cell(*each) for each in cells)}</tr>\n"
        else:
            hidden += 1
    yield "</tbody>\n</table>\n"
    if hidden:
        yield f'<p class="more">{hidden:,} more are not shown here: {_marked(page.more)}.</p>\n'


def _cell(column: Column, cell: Cell) -> str:
    if isinstance(cell, int):
        return f'<td class="number" data-value="{cell}">{cell:,}</td>'
    if column.tones and isinstance(cell, str):
        return (
            f'<td><span class="mark {column.tones.get(cell, "quiet")}">{escaped(cell)}</span></td>'
        )
    if isinstance(cell, Advice):
        return f'<td dir="auto" class="wide">{_advice(cell)}</td>'
    lines = [cell] if isinstance(cell, str) else cell
    kind = ' class="short"' if column.short else ' class="wide"' if column.wide else ""
    return f'<td dir="auto"{kind}>{"<br>".join(map(_marked, lines))}</td>'


def _advice(advice: Advice) -> str:
    """Return advice as HTML; its commands are folded, for support only, and not printed."""
    customer = f"<p><b>You can</b> {_marked(advice.customer)}.</p>" if advice.customer else ""
    support = f"<p><b>Support will</b> {_marked(advice.support)}.</p>" if advice.support else ""
    commands = "".join(f"<p><code>{escaped(each)}</code></p>" for each in advice.commands)
    if commands:
        support += f'<details class="support"><summary>{SUPPORT}</summary>{commands}</details>'
    return customer + support


def _titles(columns: Sequence[Column]) -> str:
    """Return the style that puts the title of its column before each cell of a card."""
    return "".join(
        f"td:nth-child({number})::before {{ content: '{_in_style(column.title)}'; }}\n"
        for number, column in enumerate(columns, 1)
    )


def _in_style(text: str) -> str:
    """Return text for a string of CSS: all but ASCII letters and digits as code points."""
    return "".join(
        each if each.isascii() and each.isalnum() else f"\\{ord(each):x} " for each in text
    )


def _breakable(text: str) -> str:
    """Return HTML whose lines break between words, and in long words after punctuation."""
    return "".join(map(_word, _BLANKS.split(text)))


def _word(word: str) -> str:
    if len(word) > LONG:
        return "<wbr>".join(map(escaped, _PIECE.findall(word)))
    # Browsers would break addresses and other words after a hyphen.
    return f'<span class="whole">{escaped(word)}</span>' if {*"-/"} & {*word} else escaped(word)


def _marked(text: str) -> str:
    parts = _CODE.split(text)
    return "".join(
        f"<code>{_breakable(part)}</code>" if number % 2 else _breakable(part)
        for number, part in enumerate(parts)
    )


def _asset(name: str) -> str:
    return asset("rollcall.reconcile", name)
