"""Normalization gives what Python's own gives, however many marks stand in a row."""

from __future__ import annotations

import unicodedata
from typing import get_args
from unicodedata import combining

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollcall.scim import normalization
from rollcall.scim.normalization import Form, normalized
from tests.scim.strategies import FAST

FORMS = get_args(Form)

marks = st.text("\u0301\u0316\u0327\u0344\u0345\u0334\u0f73\u0f81\uff9e\u3099 a", max_size=200)


@FAST
@given(
    st.sampled_from(FORMS), st.one_of(st.text(), marks, st.tuples(marks, st.text()).map("".join))
)
def test_a_text_is_normalized_as_unicode_has_it(form: Form, text: str) -> None:
    assert normalized(form, text) == unicodedata.normalize(form, text)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "mark", ["\u0301\u0316", "\u0f73", "\u0344\u0316", "\uff9e\u0301", "e\u0301"]
)
def test_many_marks_in_a_row_are_normalized_as_few_are(mark: str, form: Form) -> None:
    for number in (10, 500):
        text = f"Ann {mark * number} Lee"
        assert normalized(form, text) == unicodedata.normalize(form, text)


def test_every_mark_counts_as_one_where_many_are_looked_for() -> None:
    every = map(chr, range(0x110000))
    marks = [
        each
        for each in every
        if all(combining(part) for part in unicodedata.normalize("NFKD", each))
    ]

    assert len(marks) > 900
    missed = [each for each in marks if not normalization._MANY_MARKS.fullmatch(each * 32)]
    assert missed == []
