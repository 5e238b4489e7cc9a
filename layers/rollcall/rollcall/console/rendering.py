"""Pages from templates: whatever comes from data is escaped, and one style and script is used.

What is in `assets` is the only text that gets into a page as it is.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from rollcall.web_page import asset, digest, shared_style

_PIECES = 500
"""How many pieces of a template are sent together."""

_WORD = re.compile(r"[a-z][a-z'-]*(?=[,;:.?!]?(?:\s|$))")
"""A word of a sentence, unlike an address, an id, or the name of an attribute."""

_CODE = re.compile("`([^`]+)`")
_INSTANT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|\+00:00))")
_WHOLE_INSTANT = re.compile(rf"(?<!\S){_INSTANT.pattern}(?!\S)")
_BREAKS = re.compile(r"(?<=[@./_:#-])(?=[^@./_:#-])")

TONES: Mapping[str, str] = {
    **dict.fromkeys(
        ("refused", "expired", "failed", "duplicate", "disabled", "brake", "closed"), "bad"
    ),
    **dict.fromkeys(("silent", "expiring", "limited", "duplicates", "recreated"), "warn"),
    **dict.fromkeys(("rejected", "unmanaged"), "warn"),
    **dict.fromkeys(("active", "succeeded", "resolved", "linked"), "good"),
}
"""The tone of a mark by its word; others are quiet."""

PERMISSIONS = (
    "img-src data:",
    "connect-src 'self'",
    "form-action 'none'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
)


def render(template: str, **values: Any) -> str:
    """Return a template with values, as HTML."""
    return _environment().get_template(template).render(**values)


def stream(template: str, **values: Any) -> Iterator[str]:
    """Yield a template with values piece by piece, for pages that are as long as their data."""
    pieces = _environment().get_template(template).stream(**values)
    pieces.enable_buffering(_PIECES)
    return iter(pieces)


@cache
def style() -> str:
    """Return the style of all pages."""
    return shared_style() + asset("rollcall.console", "assets/console.css")


@cache
def script() -> str:
    """Return the script of all pages: htmx, and ours."""
    names = ("htmx.min.js", "console.js")
    return "\n".join(asset("rollcall.console", f"assets/{name}") for name in names)


@cache
def policy() -> str:
    """Return the Content-Security-Policy: one style and one script by their hashes."""
    sources = (
        "default-src 'none'",
        f"style-src {digest(style())}",
        f"script-src {digest(script())}",
    )
    return "; ".join((*sources, *PERMISSIONS))


def marked(sentence: str) -> Markup:
    """Return a sentence with what is in `backticks` as code, and times as those of the reader."""
    pieces = _CODE.split(sentence)
    return Markup("").join(
        Markup("<code>{}</code>").format(breakable(each)) if number % 2 else timed(each)
        for number, each in enumerate(pieces)
    )


def timed(text: str) -> Markup:
    """Return text with its instants as those of the reader."""
    pieces = _INSTANT.split(text)
    return Markup("").join(
        moment(each) if number % 2 else escape(each) for number, each in enumerate(pieces)
    )


def breakable(text: str) -> Markup:
    """Return text that may be broken into lines where an id or an address has a sign."""
    pieces = _WHOLE_INSTANT.split(text)
    return Markup("").join(
        moment(each) if number % 2 else Markup("<wbr>").join(_BREAKS.split(each))
        for number, each in enumerate(pieces)
    )


def moment(instant: str) -> Markup:
    """Return an instant for the script to show in the time zone of the reader."""
    if not instant:
        return Markup("")
    shown = instant[:16].replace("T", " ") + (" UTC" if len(instant) > 10 else "")
    return Markup('<time datetime="{}">{}</time>').format(instant, shown)


def tone(word: str) -> str:
    """Return the tone of a mark."""
    return TONES.get(word, "quiet")


def sentence(text: str) -> str:
    """Return text with a capital, where it begins with a word, and a full stop at its end.

    What begins with a name has it in `backticks`: a name keeps its case.
    """
    begun = text[:1].upper() + text[1:] if _WORD.match(text) else text
    return begun if begun.endswith((".", "?", "!", ":")) else f"{begun}."


def quoted(text: str, names: Collection[str]) -> str:
    """Return a sentence that begins with one of some names with it in backticks."""
    first, space, rest = text.partition(" ")
    return f"`{first}`{space}{rest}" if first in names else text


def counted(number: int, one: str, many: str) -> str:
    """Return a number with its noun."""
    return f"{number:,} {one if number == 1 else many}"


def columns(values: Sequence[int], height: int) -> list[int]:
    """Return the heights of bars, the largest of which is as high as the plot."""
    most = max(values, default=0) or 1
    return [round(value * height / most) for value in values]


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("rollcall.console", "html"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters = (marked, breakable, moment, tone, sentence)
    environment.filters |= {each.__name__: each for each in filters}
    environment.globals |= {
        "counted": counted,
        "style": Markup(style()),  # noqa: S704  # what is in `assets`
        "script": Markup(script()),  # noqa: S704
    }
    return environment
