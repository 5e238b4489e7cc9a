"""Files of people, as spreadsheets, shells and directories write them: the one way to read them.

Nothing in such a file is trusted: what cannot be read for certain is refused with its line, and a
row that is not like the others has a problem that says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rollcall.reconcile.files import text_file
from rollcall.reconcile.files.csv_rows import CsvRows
from rollcall.reconcile.files.json_rows import JsonRows
from rollcall.reconcile.files.row import Row
from rollcall.reconcile.files.text_file import TextFile
from rollcall.reconcile.input_error import InputError

_MAX_SHOWN, _MAX_HEADINGS = 40, 6


@dataclass(frozen=True)
class RowFile:
    """An open file of rows, which may be read several times."""

    file: TextFile
    source: CsvRows | JsonRows

    @property
    def headings(self) -> list[str] | None:
        """The headings of a CSV, None for JSON."""
        return self.source.headings if isinstance(self.source, CsvRows) else None

    @property
    def title(self) -> str:
        """The file and the line of its headings, as a sentence begins."""
        line = self.source.heading_line if isinstance(self.source, CsvRows) else 1
        return f"{self.file.name}: line {line}"

    @property
    def shown_headings(self) -> str:
        """The first headings, for a sentence."""
        headings = self.headings or []
        shown = ", ".join(repr(each[:_MAX_SHOWN]) for each in headings[:_MAX_HEADINGS])
        return f"{shown}, …" if len(headings) > _MAX_HEADINGS else shown

    @property
    def unit(self) -> str:
        """What rows are counted by: `line`, or `object` of JSON that is not in lines."""
        in_objects = isinstance(self.source, JsonRows) and not self.source.in_lines
        return "object" if in_objects else "line"

    @property
    def partial(self) -> str:
        """Why the rows that were read are a part of an answer only; empty if they are not."""
        return self.source.partial if isinstance(self.source, JsonRows) else ""

    def rows(self) -> Iterator[Row]:
        """Yield the rows. Raises InputError for what makes the rest of the file uncertain."""
        return self.source.rows()


@contextmanager
def open_rows(path: Path, encoding: str = "") -> Iterator[RowFile]:
    """Open a file, or standard input for `-`; `encoding` is for one that is not in Unicode.

    Raises InputError for what cannot be read, OSError.
    """
    with text_file.open_text(path, encoding) as file:
        begin = file.head().strip().lstrip("\ufeff")
        if not begin:
            raise InputError(f"{file.name} is empty")
        yield RowFile(file, JsonRows(file) if begin[0] in "[{" else CsvRows(file))
