"""JSON text that a client sent: a body, or a value that holds an object as text (RFC 8259).

Reading takes time that grows with the length alone, and the result is safe to work on: it is not
deep, and has no half characters and no infinite numbers.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from itertools import accumulate
from math import isfinite
from typing import Any, NoReturn

MAX_DEPTH = 64
"""How deep arrays and objects nest; in SCIM's own they nest seven deep."""

MAX_NAMES = 1000
"""How many names an object has; a user with every attribute and an extension has below 200."""

MAX_CONTAINERS = 200_000
"""How many arrays and objects a text holds; a body of five megabytes names half as many members."""

_NO_BRACKETS = re.compile(r'(?:[^\[\]{}"]++|"[^"\\]*+(?:\\.[^"\\]*+)*+"?)++', re.DOTALL)
"""What is between brackets. It gives nothing back and needs no quote at the end: a text of quotes
and backslashes is read once."""

_STEPS = {"[": 1, "{": 1, "]": -1, "}": -1}

_PLAIN_NAME = re.compile(r"[\w$:.-]{1,100}")


class JsonTextError(ValueError):
    """A text cannot be read; the message says why and has the text as its subject."""


def read(text: str | bytes, max_depth: int = MAX_DEPTH) -> Any:
    """Return the value of a JSON text.

    Raises JsonTextError for a text that is not JSON, nests deeper than `max_depth`, or has more
    arrays and objects than MAX_CONTAINERS, an object with more names than MAX_NAMES or with one
    name twice, a number that is not finite, or half a character.
    """
    try:
        text = text.decode(json.detect_encoding(text)) if isinstance(text, bytes) else text
        _check_containers(text, max_depth)
        parsed = json.loads(
            text, object_pairs_hook=_object, parse_constant=_no_constant, parse_float=_finite
        )
        if "\\u" in text:  # a lone surrogate, half a character, is valid JSON and no valid text
            json.dumps(parsed, ensure_ascii=False).encode()
    except JsonTextError:
        raise
    except ValueError as error:
        raise JsonTextError("is not valid JSON") from error
    return parsed


def _check_containers(text: str, max_depth: int) -> None:
    """Refuse too many levels, and too many arrays and objects, without parsing."""
    count = text.count("[") + text.count("{")
    if count <= max_depth:
        return
    brackets = _NO_BRACKETS.sub("", text)
    if count > MAX_CONTAINERS and len(brackets) > 2 * MAX_CONTAINERS:
        raise JsonTextError(f"has more than {MAX_CONTAINERS} arrays and objects")
    if any(depth > max_depth for depth in accumulate(map(_STEPS.__getitem__, brackets))):
        raise JsonTextError(f"nests more than {max_depth} deep")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(pairs) > MAX_NAMES:
        raise JsonTextError(f"has an object with more than {MAX_NAMES} names")
    found = dict(pairs)
    if len(found) < len(pairs):
        raise JsonTextError(f"has {_doubled(pairs)} twice in one object")
    return found


def _doubled(pairs: list[tuple[str, Any]]) -> str:
    name = next(name for name, count in Counter(name for name, _ in pairs).items() if count > 1)
    return f'"{name}"' if _PLAIN_NAME.fullmatch(name) else "a name"


def _finite(text: str) -> float:
    number = float(text)
    if not isfinite(number):
        raise ValueError(f"{text} is larger than what can be kept")
    return number


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
