"""How texts get into a page."""

from __future__ import annotations

from rollcall.console.rendering import breakable, marked


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
