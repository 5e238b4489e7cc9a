"""Two spellings are equal exactly when the filter engine calls them equal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollcall.scim.folding import encodable, exact, folded
from rollcall.scim.resources import PATHS, Kind
from tests.scim.strategies import FAST


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ada@Example.COM", "ada@example.com"),
        ("ÉLODIE", "élodie"),
        ("e\u0301lodie", "élodie"),
        ("E\u0301LODIE", "élodie"),
        ("Ångström", "a\u030angstro\u0308m"),
        ("\u212b", "å"),
        ("ΣΑΣ", "σας"),
    ],
)
def test_case_and_composition_of_characters_do_not_tell_names_apart(one: str, other: str) -> None:
    assert folded(one) == folded(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("ada", "eda"), ("straße", "strasse"), ("ada ", "ada"), ("ada", "аda"), ("e", "é"), ("", " ")],
)
def test_other_differences_tell_names_apart(one: str, other: str) -> None:
    assert folded(one) != folded(other)


def test_an_exact_value_keeps_its_case() -> None:
    assert exact("Ada") == "Ada"
    assert exact("Ada") != exact("ada")


def test_an_exact_value_is_composed() -> None:
    assert exact("e\u0301") == "é"


@pytest.mark.parametrize("text", ["", "ada", "é", "\U0001f600", "\x00"])
def test_text_is_encodable(text: str) -> None:
    assert encodable(text)


@pytest.mark.parametrize("text", ["\ud800", "ada\udfff", "\ude00\ud83d"])
def test_half_a_character_is_not_encodable(text: str) -> None:
    assert not encodable(text)


@FAST
@given(st.text())
def test_folding_twice_is_folding_once(text: str) -> None:
    assert folded(folded(text)) == folded(text)
    assert exact(exact(text)) == exact(text)


@FAST
@given(st.text())
def test_folding_is_how_the_filter_engine_compares(text: str) -> None:
    name = PATHS[Kind.USER]("userName").resolve()
    identifier = PATHS[Kind.USER]("externalId").resolve()
    assert name is not None
    assert identifier is not None
    assert folded(text) == name.comparable(text)
    assert exact(text) == identifier.comparable(text)
