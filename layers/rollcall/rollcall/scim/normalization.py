"""Unicode normalization forms (UAX #15) in time that grows with the length of a text alone."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from itertools import groupby
from typing import Literal
from unicodedata import combining

Form = Literal["NFC", "NFD", "NFKC", "NFKD"]

_MANY_MARKS = re.compile(r"[\W\uff9e\uff9f]{32}")
"""What may be many combining marks in a row: none but these two halfwidth marks is a letter."""


def normalized(form: Form, text: str) -> str:
    """Return a text in a normalization form.

    Python sorts the marks that follow a letter pair by pair: 16 000 of them take it a second, and
    twice as many four. Sorted before, they take as long as other text; UAX #15 has nobody write
    more than 30.
    """
    if text.isascii():
        return text
    if _MANY_MARKS.search(text):
        text = "".join(_sorted_marks(form, text))
    return unicodedata.normalize(form, text)


def _sorted_marks(form: Form, text: str) -> Iterator[str]:
    """Yield a text decomposed, its marks in the order of their combining class."""
    decomposition: Form = "NFKD" if "K" in form else "NFD"
    decomposed = "".join(unicodedata.normalize(decomposition, each) for each in text)
    for _, run in groupby(decomposed, key=lambda each: combining(each) > 0):
        yield from sorted(run, key=combining)
