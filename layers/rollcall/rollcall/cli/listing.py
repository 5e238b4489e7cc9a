"""A listing for people: a table, or a block for each row where the terminal is too narrow.

Ids, names and commands are copied from it, so no cell is ever cut or broken.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest

from rich.text import Text

from rollcall.cli.text import ENDLESS, Cell, Prose, lines

GAP = 2
"""The blanks between two columns."""

MIN_PROSE = 32
"""The minimum width in which the sentences of a table are broken into lines."""


@dataclass(frozen=True)
class ListingRow:
    """The cells of a row, and a sentence below them."""

    cells: tuple[Cell, ...]
    below: str

    def last(self, width: int) -> Iterator[Text]:
        """Yield the lines below the cells."""
        if self.below:
            yield from lines(Prose(f"  {self.below}"), width)


class Listing:
    """Rows under headings."""

    def __init__(self, *headings: str) -> None:
        self._headings = headings
        self._rows: list[ListingRow] = []

    def add(self, *cells: Cell, below: str = "") -> None:
        """Add a row, one cell for each heading; a cell may have several lines.

        `below` is a sentence about the row, as wide as the terminal: commands are long.
        """
        if len(cells) != len(self._headings):
            raise ValueError(f"{len(cells)} cells under {len(self._headings)} headings")
        self._rows.append(ListingRow(cells, below))

    def __bool__(self) -> bool:
        """Tell whether there is a row."""
        return bool(self._rows)

    def lines(self, width: int) -> Iterator[Text]:
        """Yield the lines for a terminal of this width; a line with a wider word is wider."""
        if not self.fits(width):
            return self._blocks(width)
        return self._table(width)

    def fits(self, width: int) -> bool:
        """Tell whether the table fits into a terminal of this width."""
        last_width = self._last_width(width)
        return self._column_width(-1) <= last_width or (
            last_width >= MIN_PROSE and self._ends_in_prose()
        )

    def _last_width(self, width: int) -> int:
        """Return the width that remains for the last column."""
        return width - sum(
            self._column_width(number) + GAP for number in range(len(self._headings) - 1)
        )

    def _column_width(self, column: int) -> int:
        cells = [row.cells[column] for row in self._rows]
        texts = [line for cell in cells for line in lines(cell, ENDLESS)]
        return max([len(self._headings[column]), *(text.cell_len for text in texts)])

    def _ends_in_prose(self) -> bool:
        return all(isinstance(row.cells[-1], Prose) for row in self._rows)

    def _table(self, width: int) -> Iterator[Text]:
        widths = [self._column_width(number) for number in range(len(self._headings) - 1)]
        if any(self._headings):
            yield _join([Text(heading, "bold") for heading in self._headings], widths)
        for row in self._rows:
            columns = [lines(cell, self._last_width(width)) for cell in row.cells]
            for parts in zip_longest(*columns, fillvalue=Text()):
                yield _join(list(parts), widths)
            yield from row.last(width)

    def _blocks(self, width: int) -> Iterator[Text]:
        """Yield the first cell of each row, and below it the others, each with its heading."""
        indent = max(map(len, self._headings[1:]), default=0)
        for number, row in enumerate(self._rows):
            first, *others = row.cells
            if number:
                yield Text()
            for line in lines(first, width):
                line.stylize("bold")
                yield line
            for heading, cell in zip(self._headings[1:], others, strict=True):
                if str(cell):
                    yield from _labelled(heading, cell, indent, width)
            yield from row.last(width)


def _labelled(heading: str, cell: Cell, indent: int, width: int) -> Iterator[Text]:
    """Yield a heading with its cell: on one line, or below it where that is too wide."""
    before = f"  {heading:{indent}}  "
    room = width - len(before)
    texts = lines(cell, room)
    if max(text.cell_len for text in texts) <= room:
        yield Text.assemble((before, "dim"), texts[0])
        yield from (Text(" " * len(before)) + text for text in texts[1:])
        return
    yield Text(f"  {heading}", "dim")
    yield from (Text("    ") + text for text in lines(cell, width - 4))


def _join(parts: list[Text], widths: list[int]) -> Text:
    """Return a line of cells, all but the last as wide as their columns."""
    line = Text()
    for part, width in zip(parts, widths, strict=False):
        line.append_text(part)
        line.append(" " * (width - part.cell_len + GAP))
    line.append_text(parts[-1])
    line.rstrip()
    return line
