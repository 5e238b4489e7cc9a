"""What a new name may hold: the userName of a user, the displayName of a group.

A name is for people, and a character that nobody can see would tell apart what looks the same
(RFC 8264 section 4 refuses these, too).
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
"""They join or part the letters around them, and the parts of an emoji."""

_SELECTORS = _characters(
    (0x180B, 0x180D), (0x180F, 0x180F), (0xFE00, 0xFE0F), (0xE0100, 0xE01EF)
)  # fmt: skip
"""They choose a form of the character before: an ideograph's, an emoji's."""

_KEYCAP = "\u20e3"

_BLANKS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Fillers and the like, which are letters, marks or symbols by name and leave nothing to see."""

_DRAWN = _characters(
    (0x600, 0x605), (0x6DD, 0x6DD), (0x70F, 0x70F), (0x890, 0x891), (0x8E2, 0x8E2),
    (0x110BD, 0x110BD), (0x110CD, 0x110CD),
)  # fmt: skip
"""Signs around numbers: formats by name, and drawn."""


def check(kind: Kind, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """Check the name that a write gives a resource, unless the resource has that name already.

    Raises InvalidValueException when the name is blank, and naming the code point when it holds a
    control character or one that cannot be seen. What the name held before it may go on holding:
    Entra disables whom it deletes in the request that puts a prefix before the name (exchange u20).
    """
    attribute = next(each.attribute for each in INDEXED[kind] if each.unique)
    value, old = after.get(attribute), before.get(attribute)
    if not isinstance(value, str) or value == old:
        return
    if (found := _refused(value, set(old or ""))) is not None:
        raise InvalidValueException(detail=f"{attribute} holds {found}")
    if not value.strip():
        raise InvalidValueException(detail=f"{attribute} is blank")


def _refused(value: str, known: AbstractSet[str]) -> str | None:
    """Return the first character that a name may not hold, in words; None when there is none."""
    doubtful = {each for each in set(value) - known if _is_doubtful(each)}
    if not doubtful:
        return None
    for at, each in enumerate(value):
        if each not in doubtful:
            continue
        spelled = f"U+{ord(each):04X} {name(each, '')}".rstrip()
        if category(each) in _CONTROLS:
            return f"{spelled}, a control character"
        if not _shapes(each, value[max(at - 1, 0) : at], value[at + 1 : at + 2]):
            return f"{spelled}, which cannot be seen"
    return None


def _is_doubtful(each: str) -> bool:
    """Tell whether a character is not drawn, wherever it stands."""
    if category(each) in _CONTROLS | _FORMATS:
        return each not in _DRAWN
    number = ord(each)
    is_none = number & 0xFFFE == 0xFFFE or 0xFDD0 <= number <= 0xFDEF  # for ever unassigned
    return is_none or each in _BLANKS or each in _SELECTORS


def _shapes(each: str, before: str, after: str) -> bool:
    """Tell whether a character that is not drawn changes how its neighbours are."""
    if each in _JOINERS:
        return all(other and category(other)[0] in "LMS" for other in (before, after))
    return each in _SELECTORS and (after == _KEYCAP or before > "\x7f")
