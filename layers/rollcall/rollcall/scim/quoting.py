"""The quotes around values in filters and in paths' selections (RFC 7644 section 3.4.2.2).

Clients send values without quotes, in single quotes, and with unescaped backslashes. Each text is
read once from beginning to end, so that the time grows with its length alone.
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
    """Return a filter or a path with each string value in double quotes.

    Values without quotes after `eq`, and values in single quotes, get double quotes. Single quotes
    count only at the beginning and the end of a word, and two of them inside stand for one;
    `O'Brien` is not changed.
    """
    return "".join(_parts(text))


def _parts(text: str) -> Iterator[str]:
    end, may_close = 0, True
    while match := _OPERATOR.search(text, end):
        operator = "" if match[0] == '"' else match[0]
        start = match.start() + len(operator)
        yield text[end:start]
        end = start
        if text.startswith('"', start):
            string = _STRING.match(text, start)
            if string is None:
                break  # a quote without an end: no value follows
            yield _escaped(string[0])
            end = string.end()
            continue
        if text.startswith("'", start) and may_close:
            single = _EMPTY.match(text, start) or _SINGLE.match(text, start)
            may_close = single is not None  # else no later one has an end either
            if single is not None:
                yield _string("" if single.re is _EMPTY else single[1].replace("''", "'"))
                end = single.end()
                continue
        bare = _BARE.match(text, start)
        if bare is not None and operator.lower().startswith("eq"):
            yield bare[0] if bare[0].lower() in _LITERALS else _string(bare[0])
            end = bare.end()
    yield text[end:]


def _string(value: str) -> str:
    """Return a JSON string (RFC 7159), which this module does not change when it reads it again."""
    return json.dumps(value, ensure_ascii=False)


def _escaped(string: str) -> str:
    r"""Return a quoted string in which each backslash that escapes nothing is escaped itself.

    `\b`, `\f`, `\n`, `\r` and `\t` would be control characters, which no value has: in `DOM\bob`
    the client did not escape the backslash. The same is true of `\u` without four digits.
    """
    return _BACKSLASH.sub(_backslash, string) if "\\" in string else string


def _backslash(found: re.Match[str]) -> str:
    is_control = found[1] is not None and category(chr(int(found[1], 16))) == "Cc"
    return "\\" + found[0] if is_control or found[0] == "\\" else found[0]
