"""Text for terminals: lines broken between words, and never within an id, a name or a command."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import TypeAlias

from rich.cells import cell_len
from rich.text import Text

_COMMAND = re.compile("`(rollcall [^`]+)`")
"""A command in a sentence, shown without the backticks so that it can be copied."""

_WORD = re.compile(r"\s*(?:`[^`]+`|\S)+")
"""A word with the blanks before it; text in backticks is one word."""

_BEGIN = re.compile(r"\s*(?:- )?")

ENDLESS = 10**9
"""The width of an output that is no terminal, where no line is broken."""


class Prose(str):
    """A sentence: may be broken into lines, but not within `backticks`."""

    __slots__ = ()


Cell: TypeAlias = str | Text
"""Text as it is, a sentence (Prose), or text with a style."""


def lines(text: Cell, width: int) -> list[Text]:
    """Return the lines of a text; sentences are broken before a word that does not fit."""
    if isinstance(text, Text):
        return list(text.split("\n"))
    parts = harmless(text).split("\n")
    if not isinstance(text, Prose):
        return [Text(part) for part in parts]
    return [_styled(line) for part in parts for line in _broken(part, width)]


def harmless(text: str) -> str:
    """Return text with control characters, which terminals obey, and lone surrogates escaped."""
    return "".join(char if _is_printable(char) else repr(char)[1:-1] for char in text)


def _is_printable(character: str) -> bool:
    return character == "\n" or unicodedata.category(character) not in {"Cc", "Cs"}


def _broken(text: str, width: int) -> Iterator[str]:
    line, indent = "", " " * len(_BEGIN.match(text)[0])  # type: ignore[index]  # matches all
    for word in _WORD.findall(text):
        if line.strip() and _width(line + word) > width:
            yield line
            line = indent + word.lstrip()
        else:
            line += word
    yield line


def _width(text: str) -> int:
    return cell_len(_COMMAND.sub(r"\1", text))


def _styled(text: str) -> Text:
    parts = _COMMAND.split(text)
    styled = Text()
    for number, part in enumerate(parts):
        styled.append(part, "bold" if number % 2 else "")
    return styled
