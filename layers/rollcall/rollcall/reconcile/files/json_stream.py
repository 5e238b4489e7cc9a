"""A JSON text (RFC 8259) of any length, read value by value in little memory."""

from __future__ import annotations

import json
from dataclasses import dataclass

from rollcall.reconcile.files.text_file import TextFile
from rollcall.reconcile.input_error import InputError

MAX_VALUE = 1_048_576
"""The characters of the longest value that is read as a whole."""

BLANK = " \t\r\n\ufeff"
"""The characters between values; files that were joined have byte order marks there."""

_CHUNK = 65_536
_CUT = 2
_TOO_LONG = f"a value has more than {MAX_VALUE:,} characters"
_FINDER = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=str)
"""Finds the end of a value without converting its numbers."""


@dataclass
class JsonStream:
    """A file, and the piece of it that is in memory."""

    file: TextFile
    _piece: str = ""
    _at: int = 0
    _line: int = 1
    """The line on which the piece begins."""
    _ended: bool = False

    def __post_init__(self) -> None:
        self.file.stream.seek(0)

    def peek(self) -> str:
        """Return the next character that is not blank, empty at the end."""
        while True:
            rest = self._piece[self._at : self._at + 1]
            if rest and rest in BLANK:
                self._at += 1
            elif rest or self._ended:
                return rest
            else:
                self._read_on()

    def take(self, sign: str) -> bool:
        """Tell whether a character comes next, and move behind it if it does."""
        if self.peek() != sign:
            return False
        self._at += 1
        return True

    def expect(self, signs: str) -> str:
        """Move behind one of several characters and return it. Raises InputError for any other."""
        found = self.peek()
        if not found or found not in signs:
            wanted = " or ".join(f"'{each}'" for each in signs)
            raise self.error(f"expecting {wanted}")
        self._at += 1
        return found

    def name(self) -> str:
        """Return the text of the next name and move behind its colon. Raises InputError."""
        if self.peek() != '"':
            raise self.error("expecting a name in quotation marks")
        name = self.value()
        self.expect(":")
        return name

    def value(self) -> str:
        """Return the text of the next value and move behind it. Raises InputError."""
        self.peek()
        while True:
            try:
                _, end = _FINDER.raw_decode(self._piece, self._at)
            except RecursionError as error:
                raise self.error("it nests too deep") from error
            except json.JSONDecodeError as error:
                if self._ended:
                    raise self.error(error.msg, error.pos) from error
                if len(self._piece) - self._at > MAX_VALUE:
                    raise self.error(f"{error.msg}, or {_TOO_LONG}", error.pos) from error
            else:
                if end - self._at > MAX_VALUE:
                    raise self.error(_TOO_LONG)
                # A number that is cut by the end of the piece, `1.` or `1E+`, seems to end before.
                if end < len(self._piece) - _CUT or self._ended:
                    text = self._piece[self._at : end]
                    self._at = end
                    return text
            self._read_on()

    def error(self, problem: str, at: int | None = None) -> InputError:
        """Return the error for a problem at an offset of the piece, or at the current one."""
        line = self._line + self._piece.count("\n", 0, self._at if at is None else at)
        reason = f"{problem[:1].lower()}{problem[1:]}"
        return InputError(f"{self.file.name} cannot be read as JSON: line {line}: {reason}")

    def _read_on(self) -> None:
        """Read as much again as is left: a long value is then tried only a few times."""
        self._line += self._piece.count("\n", 0, self._at)
        rest = self._piece[self._at :]
        more = self.file.stream.read(max(_CHUNK, len(rest)))
        self._piece, self._at, self._ended = rest + more, 0, not more
