"""Files of rows, as spreadsheets, shells and directories write them: CSV and JSON."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO, TypeAlias

import ijson

from rollcall.reconcile.mistake import Mistake

Row: TypeAlias = tuple[int, dict[str, Any]]
"""Where a row stands, by line (of a CSV) or number (of JSON), and its values by name."""

_BOMS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_BEGIN = 65_536
_PAGE = re.compile(r'^\s*\{[^[]*?"value"\s*:\s*\[', re.DOTALL)


@dataclass(frozen=True)
class Text:
    """An open file and how it begins."""

    path: Path
    stream: TextIO
    begin: str

    @property
    def is_json(self) -> bool:
        """Whether it holds JSON, otherwise it is a CSV or a list."""
        return self.begin.lstrip()[0] in "[{"

    @property
    def is_lines(self) -> bool:
        """Whether it holds objects one after another, and not an array or a page of them."""
        return self.begin.lstrip()[0] == "{" and not _PAGE.match(self.begin)


@contextmanager
def opened(path: Path) -> Iterator[Text]:
    """Open a file in UTF-8 or UTF-16. Raises Mistake for what cannot be read, OSError."""
    with path.open("rb") as raw:
        start = raw.read(4)
    encoding = next((name for bom, name in _BOMS.items() if start.startswith(bom)), "utf-8")
    try:
        with path.open(encoding=encoding, newline="") as stream:
            begin = stream.read(_BEGIN)
            stream.seek(0)
            if not begin.strip():
                raise Mistake(f"{path} is empty")
            yield Text(path, stream, begin)
    except UnicodeError as error:
        raise Mistake(f"{path} is not text in UTF-8 or UTF-16") from error
    except csv.Error as error:
        raise Mistake(f"{path} cannot be read as CSV: {error}") from error
    except ijson.JSONError as error:
        said = str(error).strip().splitlines()[0]
        raise Mistake(f"{path} cannot be read as JSON: {said}") from error


def rows(text: Text) -> Iterator[Row]:
    """Yield the rows of a file. Raises Mistake."""
    return _json(text) if text.is_json else _csv(text)


def columns(text: Text) -> list[str]:
    """Return the headings of a CSV."""
    return next(_reader(text.begin.splitlines(keepends=True), text.begin), [])


def _csv(text: Text) -> Iterator[Row]:
    reader = _reader(text.stream, text.begin)
    names = [each.strip() for each in next(reader)]
    for row in reader:
        if any(row):
            yield reader.line_num, dict(zip(names, row, strict=False))


def _reader(lines: Any, begin: str) -> Any:
    # Spreadsheets save with what their country parts numbers by.
    return csv.reader(lines, delimiter=max(",;\t", key=begin.splitlines()[0].count))


def _json(text: Text) -> Iterator[Row]:
    where = "item" if text.begin.lstrip()[0] == "[" else "" if text.is_lines else "value.item"
    # Pages may follow one another, and so may lines that are an object each.
    found = ijson.items(_Encoded(text.stream), where, multiple_values=True, use_float=True)
    for number, each in enumerate(found, 1):
        if not isinstance(each, dict):
            raise Mistake(f"{text.path}: number {number} is not an object")
        yield number, each


@dataclass
class _Encoded:
    """A text stream as the parser wants it: in UTF-8, whatever the file is in."""

    stream: TextIO

    def read(self, size: int = -1) -> bytes:
        return self.stream.read(size).encode()
