"""Rows of JSON: an array, objects one after another or one a line, pages of a directory's answer.

A page is an object whose `value` is an array of rows. Rows are read one at a time, whatever the
size of the file, by the same JSON reader as the bodies of requests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from rollcall.reconcile.files.json_stream import BLANK, MAX_VALUE, JsonStream
from rollcall.reconcile.files.row import Row
from rollcall.reconcile.files.text_file import TextFile
from rollcall.reconcile.input_error import InputError
from rollcall.scim import json_text
from rollcall.scim.json_text import JsonTextError

MAX_DEPTH = 16

_LINES = {".jsonl", ".ndjson"}


@dataclass
class JsonRows:
    """The rows of a JSON file. Raises InputError for a file that is not JSON.

    `in_lines`: each line is an object, so that a damaged line does not affect the others.
    `partial`: after the rows were read, why they are only a part of an answer.
    """

    file: TextFile
    headings: None = field(init=False, default=None)
    heading_line: int = field(init=False, default=1)
    in_lines: bool = field(init=False)
    partial: str = field(init=False, default="")
    counted: int = field(init=False, default=0)
    """The number of rows on all pages, as the answer says."""
    following: str = field(init=False, default="")
    """The page that follows the last one, as it names it."""

    def __post_init__(self) -> None:
        first, more, _ = self.file.head().lstrip(BLANK).partition("\n")
        row = _row(1, first)
        is_page = isinstance(row.values.get("value"), list)
        named = bool(more) and self.file.path.suffix.lower() in _LINES
        self.in_lines = not is_page and (named or not row.problem)

    @property
    def unit(self) -> str:
        """The unit of positions."""
        return "line" if self.in_lines else "object"

    def rows(self) -> Iterator[Row]:
        """Yield the rows."""
        self.partial, self.following, self.counted = "", "", 0
        if self.in_lines:
            for number, line in self.file.lines():
                if text := line.strip(BLANK):
                    yield _row(number, text)
            return
        number = 0
        for number, text in enumerate(self._texts(JsonStream(self.file)), 1):
            if not text.startswith("{"):
                raise InputError(f"{self.file.name}: number {number} is not an object")
            yield _row(number, text)
        if number < self.counted:
            self.partial = f"it counts {self.counted:,} and has {number:,} (`@odata.count`)"

    def _texts(self, stream: JsonStream) -> Iterator[str]:
        """Yield the texts of all rows."""
        while stream.peek():
            if stream.take("["):
                yield from _elements(stream, self._object)
            else:
                yield from self._object(stream)

    def _object(self, stream: JsonStream) -> Iterator[str]:
        """Yield the texts of the rows of a page, or that of a value which is a row itself."""
        if not stream.take("{"):
            yield stream.value()
            return
        members: list[str] = []
        size, is_page = 0, False
        more = not stream.take("}")
        while more:
            name = stream.name()
            if name == '"value"' and not is_page and stream.take("["):
                is_page = True
                yield from _elements(stream, _whole)
            else:
                members.append(f"{name}:{stream.value()}")
                size += len(members[-1])
            if size > MAX_VALUE:
                raise stream.error(f"an object has more than {MAX_VALUE:,} characters")
            more = stream.expect(",}") == ","
        text = f"{{{','.join(members)}}}"
        if is_page:
            self._note(_row(0, text), stream)
        else:
            yield text

    def _note(self, page: Row, stream: JsonStream) -> None:
        """Read what a page says about the other pages."""
        if page.problem:
            raise stream.error(f"a page {page.problem}")
        members = {name.lower().removeprefix("@"): value for name, value in page.values.items()}
        self.following = str(members.get("odata.nextlink") or "")
        is_last = not self.following
        self.partial = "" if is_last else "its last page names another one (`@odata.nextLink`)"
        if type(count := members.get("odata.count")) is int:
            self.counted = max(self.counted, count)


def _elements(stream: JsonStream, read: Callable[[JsonStream], Iterable[str]]) -> Iterator[str]:
    """Yield what `read` returns for each element of an array that was opened."""
    if stream.take("]"):
        return
    yield from read(stream)
    while stream.expect(",]") == ",":
        yield from read(stream)


def _whole(stream: JsonStream) -> tuple[str]:
    return (stream.value(),)


def _row(where: int, text: str) -> Row:
    try:
        value = json_text.read(text, MAX_DEPTH)
    except JsonTextError as error:
        return Row(where, {}, str(error))
    if not isinstance(value, Mapping):
        return Row(where, {}, "is not an object")
    return Row(where, {name: _trimmed(each) for name, each in value.items()})


def _trimmed(value: Any) -> Any:
    """Return a value whose strings have no blanks around them."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, list):
        return [_trimmed(each) for each in value]
    if isinstance(value, dict):
        return {name: _trimmed(each) for name, each in value.items()}
    return value
