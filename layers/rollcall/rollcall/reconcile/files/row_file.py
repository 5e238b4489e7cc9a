"""The one reader of files with rows, CSV or JSON, from spreadsheets, scripts and directories.

Nothing in such a file is trusted. A file that cannot be read for certain is refused with the number
of the line, and a row that cannot be used has a problem.
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
    """An open file of rows, which can be read several times."""

    file: TextFile
    source: CsvRows | JsonRows

    @property
    def headings(self) -> list[str] | None:
        """The headings of a CSV, None for JSON."""
        return self.source.headings

    @property
    def title(self) -> str:
        """The name of the file and the line of its headings, for the beginning of an error."""
        return f"{self.file.name}: line {self.source.heading_line}"

    @property
    def shown_headings(self) -> str:
        """The first headings, for an error."""
        headings = self.headings or []
        shown = ", ".join(repr(each[:_MAX_SHOWN]) for each in headings[:_MAX_HEADINGS])
        return f"{shown}, …" if len(headings) > _MAX_HEADINGS else shown

    @property
    def unit(self) -> str:
        """The unit of positions: `line`, or `object` in JSON that is not in lines."""
        return self.source.unit

    @property
    def partial(self) -> str:
        """Why the rows are only a part of an answer; empty if they are all."""
        return self.source.partial

    @property
    def counted(self) -> int:
        """The number of rows on all pages of an answer, 0 where it does not say so."""
        return self.source.counted

    @property
    def following(self) -> str:
        """The page after the last one, empty where there is none."""
        return self.source.following

    def rows(self) -> Iterator[Row]:
        """Yield the rows. Raises InputError where the rest cannot be read for certain."""
        return self.source.rows()


@contextmanager
def open_rows(path: Path, encoding: str | None = "") -> Iterator[RowFile]:
    """Open a file, or standard input for `-`; `encoding` is for a file that is not in Unicode.

    Raises InputError, OSError.
    """
    with text_file.open_text(path, encoding) as file:
        start = file.head().strip().lstrip("\ufeff")
        if not start:
            raise InputError(f"{file.name} is empty")
        if start.startswith("<"):
            raise InputError(
                f"{file.name} is a web page or XML, not CSV or JSON: line 1 begins with "
                f"{start.splitlines()[0][:_MAX_SHOWN]!r}"
            )
        yield RowFile(file, JsonRows(file) if start[0] in "[{" else CsvRows(file))
