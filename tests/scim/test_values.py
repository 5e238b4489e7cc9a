"""The single values that the attribute types take (RFC 7643 section 2.3)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from rollcall.scim import values


@pytest.mark.parametrize(
    ("target", "value", "kept"),
    [
        (bool, True, True),
        (bool, "FALSE", False),
        (int, 5, 5),
        (int, "5", "5"),
        (int, 2**70, 2**70),
        (float, 1.5, 1.5),
        (datetime, "2026-01-31T08:00:00Z", "2026-01-31T08:00:00Z"),
        (datetime, "2026-01-31T08:00:00.123+02:00", "2026-01-31T08:00:00.123+02:00"),
        (datetime, "2026-01-31T08:00:00", "2026-01-31T08:00:00Z"),
        (bytes, "aGVsbG8=", "aGVsbG8="),
        (bytes, "aGVs\nbG8=", "aGVs\nbG8="),
        (str, "x", "x"),
    ],
)
def test_a_value_that_fits_is_kept(target: Any, value: Any, kept: Any) -> None:
    assert values.canonical(target, value) == kept


@pytest.mark.parametrize(
    ("target", "wrong", "sentence"),
    [
        (bool, [1, 0, "yes", None, [], 1.0], "true or false"),
        (int, [True, "x", "", None], "a number"),
        (float, [False, "inf", "NaN", "1e400", float("inf"), float("nan")], "a number"),
        (
            datetime,
            ["2026-01-31", "2026", 2026, 1.5, True, "2026-01-31 08:00:00Z", "20260131T080000Z",
             "2026-01-31T08:00Z", "2026-01-31T08:00:00Zx", " 2026-01-31T08:00:00Z", None],
            "a date and a time",
        ),
        (bytes, ["!", "-_-_", "a\\b", "====="], "base64"),
    ],
)  # fmt: skip
def test_a_value_that_does_not_fit_is_refused_with_what_does(
    target: Any, wrong: list[Any], sentence: str
) -> None:
    for value in wrong:
        with pytest.raises(ValueError, match=sentence):
            values.canonical(target, value)


def test_what_is_compared_is_read() -> None:
    assert values.comparable(int, "5") == 5
    assert values.comparable(float, "1.5") == 1.5
    assert values.comparable(str, "5") == "5"
    assert values.comparable(datetime, None) is None
    zoned = values.comparable(datetime, "2026-01-31T08:00:00+02:00")
    assert zoned == values.comparable(datetime, "2026-01-31T06:00:00Z")
    assert zoned.utcoffset() == timedelta(hours=2)
    with pytest.raises(ValueError, match="month"):
        values.comparable(datetime, "2026-13-31T08:00:00Z")
