"""What the style of pages, reports and the hand-over page may not do."""

from __future__ import annotations

from pathlib import Path

import pytest

import rollcall

STYLES = sorted(Path(rollcall.__file__).parent.rglob("*.css"))


@pytest.mark.parametrize("style", STYLES, ids=lambda path: path.name)
def test_no_style_cuts_an_id_or_a_command(style: Path) -> None:
    """What is long is broken into lines."""
    text = style.read_text("utf-8")

    assert "text-overflow" not in text
    assert "line-clamp" not in text


def test_the_styles_are_found() -> None:
    assert len(STYLES) > 2
