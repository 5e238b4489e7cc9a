"""Unicode normalization forms (UAX #15) in time that grows with the length of a text alone."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from itertools import chain, groupby
from typing import Literal
from unicodedata import combining

Form = Literal["NFC", "NFD", "NFKC", "NFKD"]

_MANY_MARKS = re.compile(r"[\W\uff9e\uff9f]{32}")
"""Perhaps many combining marks in a row; only these two halfwidth marks count as letters."""


def normalized(form: Form, text: str) -> str:
    """Return a text in a normalization form.

    Python takes quadratic time to sort the marks after a letter: 16 000 of them take a second, and
    twice as many four. Sorted before, they take as long as other text.
    """
    if text.isascii():
        return text
    if _MANY_MARKS.search(text):
        return _with_many_marks(form, text)
    return unicodedata.normalize(form, text)


@lru_cache(maxsize=16)
def _with_many_marks(form: Form, text: str) -> str:
    """Return a text in a normalization form, after sorting its marks by their combining class.

    Cached, since a request makes many keys of one value.
    """
    decomposition: Form = "NFKD" if "K" in form else "NFD"
    decomposed = "".join(unicodedata.normalize(decomposition, each) for each in text)
    runs = groupby(decomposed, key=lambda each: combining(each) > 0)
    ordered = "".join(chain.from_iterable(sorted(run, key=combining) for _, run in runs))
    return unicodedata.normalize(form, ordered)
