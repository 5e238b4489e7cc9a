"""The values in filters and in the selections of paths, quoted as RFC 7644 section 3.4.2.2 has it.

Clients write them bare, in single quotes, and with backslashes that nobody escaped. Every text is
gone through once, from its beginning to its end, whatever stands in it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from unicodedata import category

_OPERATOR = re.compile(r'"|(?<=[\s\]])(?:eq|ne|co|sw|ew|gt|ge|lt|le)\s+', re.IGNORECASE)
_STRING = re.compile(r'"(?:[^"\\]|\\.)*+"', re.DOTALL)
_SINGLE = re.compile(r"'((?:[^'\x00-\x1f]|''|'(?![\s)\]]|\Z))*+)'(?=[\s)\]]|\Z)")
_EMPTY = re.compile(r"''(?=[\s)\]]|\Z)")
_BARE = re.compile(r'[^\s"()\[\]\x00-\x1f]+')
_BACKSLASH = re.compile(r'\\(?:["\\/]|u([0-9A-Fa-f]{4})|)')
_LITERALS = frozenset({"true", "false", "null"})


def quoted(text: str) -> str:
    """Return a filter or a path with each value that is a string in double quotes.

    Bare values behind `eq` and single-quoted ones mean the same as quoted ones. Single quotes count
    only where the word begins and ends with one, and two of them inside are one; `O'Brien` keeps
    its own.
    """
    return "".join(_parts(text))


def _parts(text: str) -> Iterator[str]:
    at, has_end = 0, True
    while found := _OPERATOR.search(text, at):
        operator = "" if found[0] == '"' else found[0]
        start = found.start() + len(operator)
        yield text[at:start]
        at = start
        if text.startswith('"', start):
            string = _STRING.match(text, start)
            if string is None:
                break  # a quote that is never closed: what follows is no value
            yield _escaped(string[0])
            at = string.end()
            continue
        if text.startswith("'", start) and has_end:
            single = _EMPTY.match(text, start) or _SINGLE.match(text, start)
            has_end = single is not None  # else no later one has an end either
            if single is not None:
                yield _string("" if single.re is _EMPTY else single[1].replace("''", "'"))
                at = single.end()
                continue
        bare = _BARE.match(text, start)
        if bare is not None and operator.lower().startswith("eq"):
            yield bare[0] if bare[0].lower() in _LITERALS else _string(bare[0])
            at = bare.end()
    yield text[at:]


def _string(value: str) -> str:
    """Return a string as RFC 7159 writes it; what this module has quoted it leaves as it is."""
    return json.dumps(value, ensure_ascii=False)


def _escaped(string: str) -> str:
    r"""Return a quoted string in which a backslash that escapes nothing is a backslash.

    `\b`, `\f`, `\n`, `\r` and `\t` would be control characters, which no value has: in `DOM\bob`
    a client has not escaped its backslash. So has none that sends `\u` without four digits.
    """
    return _BACKSLASH.sub(_backslash, string) if "\\" in string else string


def _backslash(found: re.Match[str]) -> str:
    is_control = found[1] is not None and category(chr(int(found[1], 16))) == "Cc"
    return "\\" + found[0] if is_control or found[0] == "\\" else found[0]
