"""Remove the values of a request from an error's sentence, so that a log may keep it.

Whatever stands in a request is a value unless its place makes it structure: `op`, `schemas`, the
names in a path or before an operator of a filter. Ids that we issue are no values.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from hashlib import sha256
from typing import Any

from rollcall.scim import json_text, tolerance
from rollcall.scim.case_folding import collapsed, encodable
from rollcall.scim.json_text import JsonTextError

MAX_LENGTH = 300
GONE = "…"
_MAX_READ = 2000
"""How much of a sentence is looked at: more than is kept of it, as values are taken out of it."""

_WORD = re.compile(r"""[^\s"'`()\[\],;<>]+""")
_CITED = re.compile(r"\"[^\"]*\"|'[^']*'|\[[^\]]*\]")
_OPEN = re.compile(r"[\"'\[]")
_COMPARED = re.compile(
    r"(?<![^\s()\[\]])([^\s()\[\]]++)\s++(?:eq|ne|co|sw|ew|gt|ge|lt|le|pr)\b", re.IGNORECASE
)
"""A name before an operator, looked for where a word begins: once for each, however long it is."""
_OPERATORS = frozenset(
    {"eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le", "pr"}
    | {"and", "or", "not", "true", "false", "null"}
)
_NAME = re.compile(r"[A-Za-z$][\w$:.-]*")
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_ROUTE = re.compile(r"[\w.-]{1,40}|urn:[\w.:-]{1,100}", re.ASCII)
_RESOURCES = frozenset({"users", "groups"})
_STRUCTURE = frozenset({"op", "schemas", "method", "attributes", "excludedattributes", "sortorder"})
_PATHS = frozenset({"path", "filter", "sortby"})


def redact(detail: str, sent: Any) -> str:
    """Return a sentence without the values in `sent`, the JSON of a request or parts of it."""
    plain = _CITED.sub(GONE, detail) if len(detail) <= _MAX_READ else _beginning(detail)
    values = _values(sent, {_bare(found[0]) for found in _WORD.finditer(plain)})

    def replacement(found: re.Match[str]) -> str:
        word = _bare(found[0])
        is_value = _ID.fullmatch(word) is None and ("@" in word or word in values)
        return GONE if is_value else found[0]

    return _WORD.sub(replacement, plain)[:MAX_LENGTH]


def _beginning(detail: str) -> str:
    """Return the beginning of a long sentence, whole words of it, and of citations whole ones."""
    read = detail[:_MAX_READ].rpartition(" ")[0]
    return _OPEN.split(_CITED.sub(GONE, read), maxsplit=1)[0] + GONE


def keyed_hash(key: bytes, value: str, fold: Callable[[str], str] = collapsed) -> str:
    """Return the keyed hash that stands for a name, the same for any spelling of it."""
    text = fold(value) if encodable(value) else ""
    return hmac.digest(key, text.encode(), sha256).hex()[:16]


def name(sent: str) -> str:
    """Return a name that a client sent if it looks like an attribute's, else the ellipsis."""
    named = sent.partition("[")[0]
    is_name = _NAME.fullmatch(named) or _ID.fullmatch(named)
    return named[:100] if is_name and len(named) <= 200 else GONE


def identifier(sent: str) -> str:
    """Return an id in a path if we could have issued it, else the ellipsis."""
    return sent if _ID.fullmatch(sent.lower()) else GONE if sent else ""


def is_identifier(text: str) -> bool:
    """Tell whether a text has the form of the ids that we issue."""
    return _ID.fullmatch(text) is not None


def path(sent: str) -> str:
    """Return a path with only our routes and ids in it, nothing that could name a person."""
    parts = sent.split("/")
    kept = [each if _ROUTE.fullmatch(each) else GONE if each else "" for each in parts]
    for number, before in enumerate(parts[:-1], 1):
        if before.lower() in _RESOURCES and parts[number] != ".search":
            kept[number] = identifier(parts[number])
    return "/".join(kept)


def _values(sent: Any, asked: AbstractSet[str]) -> set[str]:
    """Return which of some words, bare and in lower case, stand in values."""
    found: set[str] = set()
    waiting: list[tuple[str, Any]] = [("", sent)]
    while waiting:
        key, value = waiting.pop()
        if isinstance(value, dict):
            waiting += ((str(name).lower(), each) for name, each in value.items())
        elif isinstance(value, list | tuple):
            waiting += ((key, each) for each in value)
        elif key in _PATHS:
            found |= asked & _compared(str(value))
        elif (held := _held(value)) is not None:
            waiting.append((key, held))
        elif key in _STRUCTURE:
            continue
        elif isinstance(value, str):
            found |= asked & _words(value)
        elif isinstance(value, int | float) and (number := str(value)) in asked:
            found.add(number)  # not true or false, which `asked` has in lower case
    return found


def _held(value: Any) -> Any:
    """Return what JSON text in the place of a value holds, whose escapes hide words; else None."""
    if not tolerance.is_json_text(value):
        return None
    try:
        return json_text.read(value.strip())
    except JsonTextError:
        return None


def _compared(text: str) -> set[str]:
    """Return the words of a filter or a path that are no names; of one without operators the rest.

    A path without a selection is a name.
    """
    names = {_bare(found[1]) for found in _COMPARED.finditer(text)}
    if not names and "[" not in text and _NAME.fullmatch(text):
        return set()
    return _words(text) - names - _OPERATORS


def _words(text: str) -> set[str]:
    return set(map(_bare, set(_WORD.findall(text))))


def _bare(word: str) -> str:
    return word.strip(".:!?").lower()
