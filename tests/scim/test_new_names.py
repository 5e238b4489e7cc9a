"""New names are such that people see what is in them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollcall.scim.errors import InvalidValueException
from rollcall.scim.names import check
from rollcall.scim.resource_type import Kind
from tests.scim.strategies import FAST

REFUSED = {
    "a\x00b": "U+0000, a control character",
    "a\tb": "U+0009, a control character",
    "a\nb": "U+000A, a control character",
    "a\r": "U+000D, a control character",
    "a\x7f": "U+007F, a control character",
    "a\x85b": "U+0085, a control character",
    "a\u2028b": "U+2028 LINE SEPARATOR, a control character",
    "a\u2029b": "U+2029 PARAGRAPH SEPARATOR, a control character",
    "a\u200bb": "U+200B ZERO WIDTH SPACE, which cannot be seen",
    "\ufeffa": "U+FEFF ZERO WIDTH NO-BREAK SPACE, which cannot be seen",
    "a\u00adb": "U+00AD SOFT HYPHEN, which cannot be seen",
    "a\u202eb": "U+202E RIGHT-TO-LEFT OVERRIDE, which cannot be seen",
    "a\u2066b\u2069": "U+2066 LEFT-TO-RIGHT ISOLATE, which cannot be seen",
    "a\u200f": "U+200F RIGHT-TO-LEFT MARK, which cannot be seen",
    "a\u2060b": "U+2060 WORD JOINER, which cannot be seen",
    "a\u3164b": "U+3164 HANGUL FILLER, which cannot be seen",
    "\u2800": "U+2800 BRAILLE PATTERN BLANK, which cannot be seen",
    "a\u034fb": "U+034F COMBINING GRAPHEME JOINER, which cannot be seen",
    "a\ufe0fb": "U+FE0F VARIATION SELECTOR-16, which cannot be seen",
    "a\U000e0041": "U+E0041 TAG LATIN CAPITAL LETTER A, which cannot be seen",
    "a\ufffe": "U+FFFE, which cannot be seen",
    "a\U0001ffff": "U+1FFFF, which cannot be seen",
    "\u200dab": "U+200D ZERO WIDTH JOINER, which cannot be seen",
    "ab\u200d": "U+200D ZERO WIDTH JOINER, which cannot be seen",
    "a \u200cb": "U+200C ZERO WIDTH NON-JOINER, which cannot be seen",
    "\u0645\u06cc\u200c\u200cx": "U+200C ZERO WIDTH NON-JOINER, which cannot be seen",
}

TAKEN = [
    "ann@acme.example",
    "Ann Lee",
    " ann ",
    "a\u00a0b",
    "\u3000a",
    "\uff41nn\uff20acme.example",
    "Wei\u00df",
    "Zoe\u0308",
    "\u0915\u094d\u200d\u0937",
    "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
    "\U0001f469\u200d\U0001f4bb Developers",
    "\u2764\ufe0f\u200d\U0001f525",
    "1\ufe0f\u20e3 First",
    "\u845b\U000e0100\u57ce",
    "\u0600 1",
    "a\ue000",
    "O'Brien, DOM\\bob #1",
]


@pytest.mark.parametrize("name", REFUSED, ids=ascii)
def test_a_name_with_what_cannot_be_seen_is_refused_naming_it(name: str) -> None:
    for kind, attribute in ((Kind.USER, "userName"), (Kind.GROUP, "displayName")):
        with pytest.raises(InvalidValueException) as refused:
            check(kind, {}, {attribute: name})
        assert refused.value.detail == f"{attribute} holds {REFUSED[name]}"


@pytest.mark.parametrize("name", ["", " ", "   ", "\u3000", "\u00a0 \u2003"], ids=ascii)
def test_a_blank_name_is_refused(name: str) -> None:
    with pytest.raises(InvalidValueException, match="displayName is blank"):
        check(Kind.GROUP, {}, {"displayName": name})


@pytest.mark.parametrize("name", TAKEN, ids=ascii)
def test_a_name_that_can_be_seen_is_taken(name: str) -> None:
    check(Kind.USER, {}, {"userName": name})
    check(Kind.GROUP, {}, {"displayName": name})


@pytest.mark.parametrize("name", [*REFUSED, " "], ids=ascii)
def test_whoever_bears_a_name_may_keep_it(name: str) -> None:
    check(Kind.USER, {"userName": name}, {"userName": name, "active": False})
    check(Kind.USER, {"userName": name}, {})


@pytest.mark.parametrize("name", REFUSED, ids=ascii)
def test_who_is_deleted_softly_keeps_what_is_in_the_name(name: str) -> None:
    deleted = f"0123456789abcdef0123456789abcdef{name}"
    check(Kind.USER, {"userName": name}, {"userName": deleted, "active": False})
    check(Kind.USER, {"userName": deleted}, {"userName": name, "active": True})


def test_what_a_name_holds_beyond_what_it_held_is_refused() -> None:
    with pytest.raises(InvalidValueException, match=r"U\+0000"):
        check(Kind.USER, {"userName": "a\u200bb"}, {"userName": "a\u200bb\x00"})


def test_what_a_user_is_shown_as_is_no_name() -> None:
    check(Kind.USER, {}, {"userName": "ann", "displayName": "Ann\u200b"})


@FAST
@given(st.text(min_size=1))
def test_a_name_of_printable_characters_is_blank_or_taken(text: str) -> None:
    printable = "".join(each for each in text if each.isprintable() and each not in "\u2800\u3164")
    if printable.strip() and printable.isascii():
        check(Kind.USER, {}, {"userName": printable})
