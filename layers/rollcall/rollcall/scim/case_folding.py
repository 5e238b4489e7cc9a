"""The forms under which strings are compared (RFC 7643 section 2.2, `caseExact`).

What people see as one name is one key: in any case, in any width (RFC 8265 section 3.3.2), with
blanks around it or without; of a group's name, blanks within count as one (RFC 8266 section 2.1).
"""

from __future__ import annotations

from unicodedata import decomposition

from rollcall.scim.normalization import normalized

_WIDE = (0x3000, *range(0xFF01, 0xFFEF))
_WIDTH = {
    each: chr(int(found[1], 16))
    for each in _WIDE
    if (found := decomposition(chr(each)).split()) and found[0] in ("<wide>", "<narrow>")
}
"""The letters of full and of half width, and what they are in their usual width."""


def folded(value: str) -> str:
    """Return the key under which two spellings of a case-insensitive value are equal."""
    return spread(value).strip()


def collapsed(value: str) -> str:
    """Return the key under which two spellings of a group's name are equal."""
    return " ".join(spread(value).split())


def spread(value: str) -> str:
    """Return a case-insensitive value as its parts are compared, with the blanks around it."""
    text = former(value)
    if max(text, default="") < "\u3000":  # no letter of another width, and a quarter of the time
        return text
    return normalized("NFC", text.translate(_WIDTH))


def former(value: str) -> str:
    """Return the key of the releases that told names apart by width and by blanks around them.

    Names that had one key then have one key now.
    """
    return value.lower() if value.isascii() else normalized("NFC", exact(value).lower())


def exact(value: str) -> str:
    """Return the key of a value whose case matters."""
    return value if value.isascii() else normalized("NFC", value)


def encodable(value: str) -> bool:
    """Tell whether a string is text: half a character (a lone surrogate) is not."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
