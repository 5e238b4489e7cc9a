"""The characters that a new name may have: the userName of a user, the displayName of a group.

Names are for people: with invisible characters, two different names could look the same (RFC 8264
section 4 refuses these characters, too).
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Any
from unicodedata import category, name

from rollcall.scim.errors import InvalidValueException
from rollcall.scim.indexing import INDEXED
from rollcall.scim.resource_type import Kind


def _characters(*ranges: tuple[int, int]) -> frozenset[str]:
    return frozenset(chr(each) for first, last in ranges for each in range(first, last + 1))


_CONTROLS = frozenset({"Cc", "Zl", "Zp"})
_FORMATS = frozenset({"Cf", "Cs"})

_JOINERS = frozenset("\u200c\u200d")
"""They join or separate the letters beside them, and join the parts of an emoji."""

_SELECTORS = _characters(
    (0x180B, 0x180D), (0x180F, 0x180F), (0xFE00, 0xFE0F), (0xE0100, 0xE01EF)
)  # fmt: skip
"""They choose a form of the character before them, an ideograph or an emoji."""

_KEYCAP = "\u20e3"

_BLANKS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Fillers and the like: letters, marks or symbols by their category, but invisible."""

_VISIBLE_FORMATS = _characters(
    (0x600, 0x605), (0x6DD, 0x6DD), (0x70F, 0x70F), (0x890, 0x891), (0x8E2, 0x8E2),
    (0x110BD, 0x110BD), (0x110CD, 0x110CD),
)  # fmt: skip
"""Signs around numbers: formats by their category, but visible."""


def check(kind: Kind, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """Check the name that a write gives a resource, unless the resource has that name already.

    Raises InvalidValueException when the name is blank, and naming the code point when it holds a
    control character or an invisible one. Characters of the former name stay allowed: Entra
    disables a deleted user in the request that puts a prefix before the name (exchange u20).
    """
    attribute = next(each.attribute for each in INDEXED[kind] if each.unique)
    value, old = after.get(attribute), before.get(attribute)
    if not isinstance(value, str) or value == old:
        return
    if (character := _refused(value, set(old or ""))) is not None:
        raise InvalidValueException(detail=f"{attribute} holds {character}")
    if not value.strip():
        raise InvalidValueException(detail=f"{attribute} is blank")


def _refused(value: str, former: AbstractSet[str]) -> str | None:
    """Describe the first character that a name may not have; None when there is none."""
    invisible = {each for each in set(value) - former if _is_invisible(each)}
    if not invisible:
        return None
    for index, each in enumerate(value):
        if each not in invisible:
            continue
        spelled = f"U+{ord(each):04X} {name(each, '')}".rstrip()
        if category(each) in _CONTROLS:
            return f"{spelled}, a control character"
        if not _shapes(each, value[max(index - 1, 0) : index], value[index + 1 : index + 2]):
            return f"{spelled}, which cannot be seen"
    return None


def _is_invisible(each: str) -> bool:
    """Tell whether a character by itself is invisible; control characters are."""
    if category(each) in _CONTROLS | _FORMATS:
        return each not in _VISIBLE_FORMATS
    number = ord(each)
    is_noncharacter = number & 0xFFFE == 0xFFFE or 0xFDD0 <= number <= 0xFDEF
    return is_noncharacter or each in _BLANKS or each in _SELECTORS


def _shapes(each: str, before: str, after: str) -> bool:
    """Tell whether an invisible character changes the look of its neighbours."""
    if each in _JOINERS:
        return all(other and category(other)[0] in "LMS" for other in (before, after))
    return each in _SELECTORS and (after == _KEYCAP or before > "\x7f")
