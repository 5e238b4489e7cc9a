"""Rows of CSV (RFC 4180), separated by `,`, `;` or tabs, as spreadsheets of each country write it.

Quotation marks are read strictly: a missing one would turn all lines up to the next one into one
cell.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from rollcall.reconcile.files.row import Row
from rollcall.reconcile.files.text_file import TextFile
from rollcall.reconcile.input_error import InputError

MAX_CELL = 131_072
"""The characters of the longest cell."""

MAX_COLUMNS = 1_000
MAX_HEADING = 1_000
"""The characters of the longest heading."""

_NOTES = ("#type ", "version:v")
"""The beginnings of lines that PowerShell and Entra's templates write before the headings."""

_SEPARATOR_LINE = re.compile(r'\ufeff?"?sep=(.)"?[\s,;]*', re.IGNORECASE)
_QUOTED = re.compile(r'"[^"]*"?')


@dataclass
class CsvRows:
    """The rows of a CSV file and its headings. Raises InputError for a file that is not CSV.

    Before the headings, empty lines and notes of programs (`sep=;`, `#TYPE`) are skipped.
    """

    file: TextFile
    headings: list[str] = field(init=False, default_factory=list)
    unit: str = field(init=False, default="line")
    partial: str = field(init=False, default="")
    counted: int = field(init=False, default=0)
    following: str = field(init=False, default="")
    heading_line: int = field(init=False, default=1)
    delimiter: str = field(init=False, default="")

    def __post_init__(self) -> None:
        for number, line in self.file.lines():
            if not self._is_note(line):
                self.heading_line = number
                self.delimiter = self.delimiter or _delimiter(line)
                break
        else:
            raise InputError(f"{self.file.name} holds no rows")
        _, self.headings, _ = next(self._records())
        self._check_headings()

    def rows(self) -> Iterator[Row]:
        """Yield the rows, without blank ones and without those that repeat the headings.

        A row with more or fewer cells than there are headings has a problem.
        """
        own = [each.casefold() for each in self.headings]
        own_set = set(own)
        records = self._records()
        next(records)
        for line, cells, swallows in records:
            if not any(cells):
                continue
            if cells[0].casefold() in own_set:
                folded = [each.casefold() for each in cells]
                if folded == own:
                    continue
                if len(own) > 1 and sorted(folded) == sorted(own):
                    raise InputError(
                        f"{self.file.name}: line {line} has the headings in another order"
                    )
            yield self._row(line, cells, swallows)

    def _row(self, line: int, cells: list[str], swallows: int) -> Row:
        if len(cells) != len(self.headings):
            counts = _counted(len(cells), "cell"), _counted(len(self.headings), "heading")
            return Row(line, {}, "has {} under {}".format(*counts))
        if swallows:
            problem = f"a cell goes on to line {swallows}, over lines that look like rows"
            return Row(line, {}, f"{problem}: look at the quotation marks")
        if any(cell and not name for name, cell in zip(self.headings, cells, strict=True)):
            return Row(line, {}, "has a value in a column without a heading")
        return Row(line, dict(zip(self.headings, cells, strict=True)))

    def _is_note(self, line: str) -> bool:
        """Tell whether a line precedes the headings; a delimiter that it names is used."""
        if found := _SEPARATOR_LINE.fullmatch(line):
            self.delimiter = found[1]
            return True
        text = line.strip().lstrip("\ufeff")
        return not text.strip(",;\t") or text.lower().startswith(_NOTES)

    def _check_headings(self) -> None:
        seen: set[str] = set()
        where = f"{self.file.name}: line {self.heading_line}"
        if len(self.headings) > MAX_COLUMNS:
            raise InputError(f"{where} has more than {MAX_COLUMNS:,} columns")
        for name in self.headings:
            if len(name) > MAX_HEADING:
                raise InputError(f"{where} has a heading of more than {MAX_HEADING:,} characters")
            if name and name.casefold() in seen:
                raise InputError(f"{where} has two columns {name!r}: rename or remove one of them")
            seen.add(name.casefold())

    def _records(self) -> Iterator[tuple[int, list[str], int]]:
        """Yield the headings and the rows: first line, cells, and a suspicious line or 0.

        A line inside a cell is suspicious when it has as many cells as there are headings.
        """
        lines = (each for each in self.file.lines() if each[0] >= self.heading_line)
        for number, text in lines:
            line = text.lstrip("\ufeff")  # of a file that was appended to another one
            if '"' in line:
                record = _Record(self, lines, number, line)
                yield number, record.cells, record.swallows
            else:
                cells = line.rstrip("\r\n").split(self.delimiter)
                if len(line) > MAX_CELL:
                    self.check_size(max(map(len, cells)), number)
                yield number, [each.strip() for each in cells], 0

    def check_size(self, size: int, line: int, perhaps: str = "") -> None:
        """Refuse a cell of more than MAX_CELL characters."""
        if size > MAX_CELL:
            raise self.error(line, f"a cell has more than {MAX_CELL:,} characters{perhaps}")

    def error(self, line: int, problem: str) -> InputError:
        """Return the error for a problem in one line."""
        return InputError(f"{self.file.name} cannot be read as CSV: line {line}: {problem}")


class _Record:
    """A row with quotation marks, which can span several lines."""

    def __init__(
        self, table: CsvRows, lines: Iterator[tuple[int, str]], number: int, line: str
    ) -> None:
        self._table, self._lines = table, lines
        self._number, self._line, self._at = number, line, 0
        self.swallows = 0
        self.cells = [self._cell()]
        while self._line.startswith(table.delimiter, self._at):
            self._at += 1
            self.cells.append(self._cell())

    def _cell(self) -> str:
        """Read a cell and move to the delimiter after it."""
        if self._line.startswith('"', self._at):
            return self._quoted().strip()
        end = self._line.find(self._table.delimiter, self._at)
        cell = self._line[self._at : end if end >= 0 else len(self._line)]
        if '"' in cell:
            raise self._table.error(
                self._number,
                'a quotation mark stands in a cell that does not begin with one: write "" for it, '
                "and the cell in quotation marks",
            )
        self._table.check_size(len(cell), self._number)
        self._at += len(cell)
        return cell.strip()

    def _quoted(self) -> str:
        opened, parts, size = self._number, [], 0
        begin = self._at + 1
        while True:
            end = self._line.find('"', begin)
            part = self._line[begin : end if end >= 0 else len(self._line)]
            parts.append(part)
            size += len(part)
            self._table.check_size(size, opened, ": a quotation mark may be missing")
            if begin == 0:
                self._note_row(part)
            if end < 0:
                self._next_line(opened)
                begin = 0
            elif self._line.startswith('"', end + 1):
                parts.append('"')
                begin = end + 2
            else:
                break
        self._at = end + 1
        after = self._line[self._at : self._at + 1]
        if after and after not in f"{self._table.delimiter}\r\n":
            raise self._table.error(
                opened,
                "the quotation mark that opens here is closed in "
                f"line {self._number} inside of a cell: one is missing or one too many",
            )
        return "".join(parts)

    def _next_line(self, opened: int) -> None:
        self._number, self._line = next(self._lines, (0, ""))
        if not self._line:
            raise self._table.error(opened, "the quotation mark that opens here is never closed")

    def _note_row(self, part: str) -> None:
        """Remember a line inside the cell that looks like a row."""
        between = len(self._table.headings) - 1
        if between > 0 and part.count(self._table.delimiter) == between:
            self.swallows = self._number


def _delimiter(line: str) -> str:
    """Return the delimiter of the headings."""
    return max(",;\t", key=_QUOTED.sub("", line).count)


def _counted(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"
