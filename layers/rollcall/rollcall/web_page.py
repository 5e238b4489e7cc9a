"""A page for people: one document with its own style and script, which loads nothing else.

Style and script are named by their hashes in the Content-Security-Policy (CSP level 3). So nothing
else runs, whatever text gets into the document.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from html import escape
from importlib.resources import files


@dataclass(frozen=True)
class WebPage:
    """The frame of a page: title, style and script.

    `style` comes after the style that all pages share. `head` is HTML for the head of the
    document, `allowed` are further directives of the policy.
    """

    title: str
    style: str
    script: str
    head: str = ""
    allowed: tuple[str, ...] = ()

    @property
    def policy(self) -> str:
        """The Content-Security-Policy."""
        directives = (
            "default-src 'none'",
            f"style-src {digest(self._whole_style)}",
            f"script-src {digest(self.script)}",
            *self.allowed,
            "base-uri 'none'",
            "form-action 'none'",
        )
        return "; ".join(directives)

    @property
    def _whole_style(self) -> str:
        return shared_style() + self.style

    def document(self, body: Iterable[str]) -> Iterator[str]:
        """Yield the document piece by piece; `body` is HTML from the tag `<body>` on."""
        yield (
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
            f'<meta http-equiv="Content-Security-Policy" content="{escape(self.policy)}">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            '<meta name="robots" content="noindex, nofollow">\n'
            '<meta name="referrer" content="no-referrer">\n'
            f"{self.head}<title>{escaped(self.title)}</title>\n"
            f"<style>{self._whole_style}</style>\n</head>\n"
        )
        yield from body
        yield f"<script>{self.script}</script>\n</body>\n</html>\n"


def escaped(value: str) -> str:
    """Return text as HTML; half a character (a lone surrogate) becomes `?`."""
    return escape(value.encode(errors="replace").decode())


def asset(package: str, path: str) -> str:
    """Read a file of text that lies in a package of ours."""
    return files(package).joinpath(path).read_text(encoding="utf-8")


@cache
def shared_style() -> str:
    """Return the style that all pages share."""
    return asset("rollcall", "web_page.css")


def digest(source: str) -> str:
    """Return the source of a style or a script as a policy names it."""
    return f"'sha256-{b64encode(sha256(source.encode()).digest()).decode()}'"
