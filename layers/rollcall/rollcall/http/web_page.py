"""A page for people: one document with its own style and script, and a policy that allows no other.

Style and script are named by hash in the Content-Security-Policy (CSP level 3), so that nothing
else runs or is loaded, whatever finds its way into the document.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from html import escape
from importlib.resources import files
from string import Template

from starlette.responses import HTMLResponse

HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=31536000",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
}
"""What every answer to a page carries: nothing is cached, framed, indexed or told to others."""


@dataclass(frozen=True)
class WebPage:
    """A document and the headers that it is served with."""

    document: str
    policy: str

    @classmethod
    def of(cls, name: str, values: Mapping[str, str]) -> WebPage:
        """Read `name`.html, .css and .js of `pages`, and fill in values as text."""
        style, script = _asset(f"{name}.css"), _asset(f"{name}.js")
        text = {key: escape(value) for key, value in values.items()}
        document = Template(_asset(f"{name}.html")).substitute(text, style=style, script=script)
        policy = (
            f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; "
            "img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
            "frame-ancestors 'none'"
        )
        return cls(document, policy)

    def response(self) -> HTMLResponse:
        """Return the page as an answer."""
        return HTMLResponse(
            self.document, headers={**HEADERS, "Content-Security-Policy": self.policy}
        )


def _asset(name: str) -> str:
    return files("rollcall.http").joinpath("pages", name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"
