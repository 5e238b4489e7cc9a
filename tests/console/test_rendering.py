"""How texts get into a page."""

from __future__ import annotations

import pytest

from rollcall.console.rendering import breakable, marked, quoted, sentence


def test_an_instant_in_a_sentence_is_shown_in_the_zone_of_the_reader() -> None:
    shown = marked("it opens once, until 2026-11-30T22:56:46.751Z, by `2026-11-30T22:56:46Z`")

    assert shown.count("<time datetime=") == 2
    assert '<time datetime="2026-11-30T22:56:46.751Z">2026-11-30 22:56 UTC</time>' in shown
    assert breakable("2026-11-30T22:56:46Z").startswith("<time")


def test_a_text_that_only_looks_like_an_instant_stays_text() -> None:
    hostile = '2026-11-30T22:56Z"><img src=x>'

    for shown in (marked(hostile), breakable(hostile), breakable("build-2026-11-30T22:56Z")):
        assert "<img" not in shown
        assert not shown.startswith('<time datetime="2026-11-30T22:56Z"><')
    assert "<time" not in breakable("build-2026-11-30T22:56Z")


def test_an_instant_among_the_words_of_a_value_is_shown_in_the_zone_of_the_reader() -> None:
    shown = breakable("off until 2026-11-28T07:20:24.441Z")

    assert shown.startswith('off until <time datetime="2026-11-28T07:20:24.441Z">')


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("the brake is on", "The brake is on."),
        ("re-open it", "Re-open it."),
        ("no: it was there", "No: it was there."),
        ("userName is taken", "userName is taken."),
        ("ann.lee@corp.test is protected", "ann.lee@corp.test is protected."),
        ("scim.example.com does not answer", "scim.example.com does not answer."),
        ("http://127.0.0.1:1 cannot be reached", "http://127.0.0.1:1 cannot be reached."),
        ("`demo` is active", "`demo` is active."),
    ],
)
def test_a_sentence_has_a_capital_and_a_name_keeps_its_case(text: str, shown: str) -> None:
    assert sentence(text) == shown


def test_a_sentence_that_begins_with_a_known_name_has_it_as_code() -> None:
    assert quoted("demo has no wave 1", {"demo"}) == "`demo` has no wave 1"
    assert quoted("demonstrations are open", {"demo", ""}) == "demonstrations are open"
