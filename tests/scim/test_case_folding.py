"""Two spellings are equal exactly when the filter engine calls them equal."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollcall.scim.case_folding import collapsed, encodable, exact, folded, former, spread
from rollcall.scim.comparison import comparable
from rollcall.scim.resource_models import PATHS
from rollcall.scim.resource_type import Kind
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
    [
        ("ada@example.com", "ａｄａ＠ｅｘａｍｐｌｅ．ｃｏｍ"),
        ("ADA", "ａｄａ"),
        ("パンカク", "ﾊﾟﾝｶｸ"),
        ("ada", "ada "),
        ("ada", "\tada\r\n"),
        ("ada", "\u3000ada\u00a0"),
        ("ada byron", "ada\u3000byron"),
    ],
)
def test_width_and_the_blanks_around_do_not_tell_names_apart(one: str, other: str) -> None:
    assert folded(one) == folded(other)
    assert collapsed(one) == collapsed(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("ada", "eda"), ("straße", "strasse"), ("a da", "ada"), ("ada", "аda"), ("e", "é"),
     ("ﬁ", "fi"), ("①", "1"), ("ada", "a\u200dda"), ("ada", "a\u200bda")],
)  # fmt: skip
def test_other_differences_tell_names_apart(one: str, other: str) -> None:
    assert folded(one) != folded(other)
    assert collapsed(one) != collapsed(other)


def test_blanks_within_count_as_one_in_the_name_of_a_group_alone() -> None:
    assert collapsed(" Two \u00a0 Blanks ") == collapsed("two blanks") == "two blanks"
    assert folded(" Two \u00a0 Blanks ") == "two \u00a0 blanks"


def test_the_blanks_around_stay_where_parts_are_compared() -> None:
    assert spread(" Ａnn ") == " ann "


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


texts = st.one_of(st.text(), st.text(st.sampled_from("aＡ １ｱﾞ\u3000\u00a0\tßİ\u0301é")))


@FAST
@given(texts)
def test_folding_twice_is_folding_once(text: str) -> None:
    for fold in (folded, collapsed, spread, former, exact):
        assert fold(fold(text)) == fold(text)


@FAST
@given(texts, texts)
def test_what_had_one_key_has_one_key(one: str, other: str) -> None:
    """What an earlier release found by a spelling is found by it still."""
    assert folded(one) == folded(former(one))
    assert collapsed(one) == collapsed(folded(one)) == collapsed(former(one))
    if former(one) == former(other):
        assert folded(one) == folded(other)
    if former(one) != folded(one):
        assert former(one) != folded(other)  # no former key is another's key of today


@pytest.mark.parametrize(
    ("kind", "path", "fold"),
    [
        (Kind.USER, "userName", folded),
        (Kind.USER, "displayName", folded),
        (Kind.USER, "emails.value", folded),
        (Kind.USER, "externalId", exact),
        (Kind.USER, "id", exact),
        (Kind.GROUP, "displayName", collapsed),
    ],
)
def test_folding_is_how_the_filter_engine_compares(
    kind: Kind, path: str, fold: Callable[[str], str]
) -> None:
    found = PATHS[kind](path).resolve()
    assert found is not None

    @FAST
    @given(texts, texts)
    def compare(one: str, other: str) -> None:
        left, right = (comparable(found, each) for each in (one, other))
        keys = fold(one), fold(other)
        assert (left == right) == (keys[0] == keys[1])
        assert (left != right) == (keys[0] != keys[1])
        assert (left < right) == (keys[0] < keys[1])
        assert (left >= right) == (keys[0] >= keys[1])
        assert (hash(left) == hash(right)) or keys[0] != keys[1]
        whole = exact if fold is exact else spread
        assert (right in left) == (whole(other) in whole(one))
        assert left.startswith(right) == whole(one).startswith(whole(other))
        assert left.endswith(right) == whole(one).endswith(whole(other))
        assert comparable(found, left) == left

    compare()
