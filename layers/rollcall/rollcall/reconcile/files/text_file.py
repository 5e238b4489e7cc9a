"""Text files from elsewhere: their encoding and their lines."""

from __future__ import annotations

import codecs
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from rollcall.operator_error import naming
from rollcall.reconcile.input_error import InputError

MAX_LINE = 1_048_576
"""The characters of the longest line that is read."""

_CHUNK = 65_536
_BYTE_ORDER_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",  # begins like that of UTF-16
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_BINARY = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF", b"\x1f\x8b")
"""The first bytes of workbooks, documents and archives."""


@dataclass(frozen=True)
class TextFile:
    """An open text file, which can be read several times."""

    path: Path
    stream: TextIOWrapper

    @property
    def name(self) -> str:
        """The name of the file in errors."""
        return _name(self.path)

    def lines(self) -> Iterator[tuple[int, str]]:
        """Yield the number and the text of every line, with its line break.

        Raises InputError for a line that is not text, or longer than MAX_LINE.
        """
        self.stream.seek(0)
        number = 0
        while line := self.stream.readline(MAX_LINE + 1):
            number += 1
            if len(line) > MAX_LINE:
                raise InputError(
                    f"{self.name}: line {number} has more than {MAX_LINE:,} characters"
                )
            if "\0" in line:
                raise InputError(f"{self.name} is damaged or no text: line {number} has a NUL byte")
            yield number, line

    def entries(self) -> Iterator[tuple[int, str]]:
        """Yield the number and the text of each entry of a list, without quotation marks."""
        for number, line in self.lines():
            if text := line.strip().strip('"\ufeff').strip():
                yield number, text

    def head(self, size: int = _CHUNK) -> str:
        """Return the first characters of the file."""
        self.stream.seek(0)
        return self.stream.read(size)


@contextmanager
def open_text(path: Path, encoding: str | None = None) -> Iterator[TextFile]:
    """Open a file in UTF-8, UTF-16 or UTF-32, or standard input for `-`.

    `encoding` is for a file in none of these: its bytes do not tell which one it is. None means
    that the command has no option to name it. Raises InputError for a file that is not text,
    OperatorError for one that cannot be opened.
    """
    with _seekable(path) as raw:
        name = _encoding(raw, _name(path), encoding)
        with TextIOWrapper(raw, encoding=name, newline="") as stream:
            yield TextFile(path, stream)


@contextmanager
def _seekable(path: Path) -> Iterator[IO[bytes]]:
    """Open a file; the content of a pipe is copied, because it is read more than once."""
    if str(path) == "-":
        with TemporaryFile() as copy:
            shutil.copyfileobj(sys.stdin.buffer, copy)
            yield copy
        return
    with naming(path):
        file = path.open("rb")
    with file as raw:
        if raw.seekable():
            yield raw
            return
        with TemporaryFile() as copy:
            shutil.copyfileobj(raw, copy)
            yield copy


def _name(path: Path) -> str:
    return "standard input" if str(path) == "-" else str(path)


def _encoding(raw: IO[bytes], named: str, fallback: str | None) -> str:
    """Return the encoding in which all of a file can be read."""
    raw.seek(0)
    begin = raw.read(_CHUNK)
    if begin.startswith(_BINARY):
        raise InputError(f"{named} is a workbook or an archive, not text: save it as CSV in UTF-8")
    marked = next((name for mark, name in _BYTE_ORDER_MARKS.items() if begin.startswith(mark)), "")
    name = marked or _unmarked_utf16(begin) or "utf-8"
    line = _undecodable(raw, name)
    if line is None:
        return name
    if not fallback:
        option = "" if fallback is None else ", or name its encoding, --encoding windows-1252"
        raise InputError(
            f"{named} is not text in UTF-8 or UTF-16, line {line} is not: save it as UTF-8 "
            f"(in Excel as “CSV UTF-8”){option}"
        )
    if _undecodable(raw, _known(fallback)) is not None:
        raise InputError(f"{named} is not text in UTF-8, UTF-16 or {fallback}")
    return fallback


def _known(encoding: str) -> str:
    try:
        "a".encode(encoding)
    except (LookupError, UnicodeError) as error:
        raise InputError(f"there is no encoding {encoding}: windows-1252 is one") from error
    return encoding


def _unmarked_utf16(begin: bytes) -> str:
    """Recognise UTF-16 without a byte order mark by the zero bytes of ASCII characters.

    Headings and the punctuation of JSON are ASCII: the first character is, and a quarter of all.
    """
    first, second = begin[0::2], begin[1::2]
    for zeros, others, name in ((second, first, "utf-16-le"), (first, second, "utf-16-be")):
        if zeros[:1] == b"\0" != others[:1] and 4 * zeros.count(0) > len(zeros):
            return name
    return ""


def _undecodable(raw: IO[bytes], encoding: str) -> int | None:
    """Return the number of the first line that is not in an encoding, None if every line is."""
    decoder = codecs.getincrementaldecoder(encoding)()
    raw.seek(0)
    line = 1
    try:
        while chunk := raw.read(_CHUNK):
            line += decoder.decode(chunk).count("\n")
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        before = error.object[: error.start]
        return line + before.decode(error.encoding, "ignore").count("\n")
    return None
