"""A request as a test writes it down, and the shapes of text that requests are made long with."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote

SHAPES = (
    "a", " ", "(", ")", "[", "]", "{", '"', "'", "\\", '\\"', "\\u", "a ", "a.", "a@", "@", "-",
    "_", "a eq ", ' eq "a" or a', "not (", "x[", 'a[b eq "c"]', "a pr and ", "urn:", "urn:a:",
    ":", ",", "a,", "/", "//", "%", "%25", "&", "=", "&a=", ";", "0", "1e9", "\t", "\n", "\x00",
    "é", "ß", "\u0130", "\u0301\u0316", "\u0f73", "\ufdfa", "\u200b", "\uff41", "😀", "xn--a.",
    "<", "a+", "smtp:", "(a) ", '{"a":', "''", "' ", "W/", "Bearer ", "bulkId:", '"bulkId:a"',
)  # fmt: skip
"""What has made regular expressions go back and forth, or might."""

FEW = ("a", "(", '\\"', "a eq ", "\u0f73", "a,")

TEXT = "{text}"
"""Where the long text goes in a request; `{user}` and `{group}` are ids of what there is."""


@dataclass(frozen=True)
class Sent:
    """A request; `body` is JSON or bytes."""

    method: str
    path: str
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    base: str = "/scim/acme/v2"

    @property
    def content(self) -> bytes:
        """The body as bytes."""
        if self.body is None or isinstance(self.body, bytes):
            return self.body or b""
        return json.dumps(self.body, ensure_ascii=False).encode(errors="replace")

    @property
    def operations(self) -> int:
        """How many operations it has, and those in the parts of a bulk request; one at least."""
        try:
            return max(1, _operations(json.loads(self.content)))
        except (ValueError, RecursionError):
            return 1

    def with_text(self, text: str) -> Sent:
        """Return the request with a text in its place."""
        quoted = quote(text, safe="/" if self.path.endswith("/" + TEXT) else "")
        plain = text.encode("ascii", "replace").decode()
        plain = "".join(each if each.isprintable() else "?" for each in plain)
        return replace(
            self,
            path=self.path.replace(TEXT, quoted),
            base=self.base.replace(TEXT, quote(text, safe="")),
            headers={name: value.replace(TEXT, plain) for name, value in self.headers.items()},
            body=_filled(self.body, text),
        )


def repeated(shape: str, size: int) -> str:
    """Return a text of so many bytes."""
    return shape * max(1, size // len(shape.encode()))


def _operations(body: Any) -> int:
    given = {key.lower(): each for key, each in body.items()} if isinstance(body, dict) else {}
    found = given.get("operations")
    if not isinstance(found, list):
        return 0
    inner = (each.get("data") for each in found if isinstance(each, dict))
    return len(found) + sum(map(_operations, inner))


def _filled(value: Any, text: str) -> Any:
    if isinstance(value, str):
        return value.replace(TEXT, text)
    if isinstance(value, bytes):
        return value.replace(TEXT.encode(), text.encode())
    if isinstance(value, dict):
        return {_filled(key, text): _filled(each, text) for key, each in value.items()}
    return [_filled(each, text) for each in value] if isinstance(value, list) else value
