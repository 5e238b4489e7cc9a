"""A client of a SCIM endpoint that reports answers instead of judging them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from rollcall.gallery import http_exchange
from rollcall.gallery.http_exchange import RawAnswer

Document = dict[str, Any]

CONTENT_TYPE = "application/scim+json"
AGENT = "rollcall-gallery-check"
MAX_DETAIL = 160
"""How much of an error's text is shown."""


@dataclass(frozen=True)
class ScimAnswer:
    """An answer: its status, and its body where that is a JSON object."""

    status: int
    body: Document | None
    summary: str
    """The status with the error that the body tells, for a sentence."""

    @property
    def document(self) -> Document:
        """Return the body, empty where it is no JSON object."""
        return self.body or {}

    @property
    def resources(self) -> list[Document]:
        """Return the resources of a list."""
        resources = self.document.get("Resources")
        if not isinstance(resources, list):
            return []
        return [each for each in resources if isinstance(each, dict)]


class ScimClient:
    """Sends requests to one endpoint with a bearer token."""

    def __init__(self, url: str, token: str | None, seconds: float = http_exchange.SECONDS) -> None:
        self.url = url.rstrip("/")
        self.token = token
        self._seconds = seconds
        self.requests = 0

    def get(self, path: str, **query: str | int) -> ScimAnswer:
        """Read; the query is written as Entra writes it, with %20 for a space."""
        suffix = f"?{urlencode(query, quote_via=quote)}" if query else ""
        return self._send("GET", path + suffix)

    def post(self, path: str, body: Document) -> ScimAnswer:
        """Create."""
        return self._send("POST", path, body)

    def patch(self, path: str, *operations: Document) -> ScimAnswer:
        """Change, by the operations of one PATCH."""
        schema = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
        return self._send("PATCH", path, {"schemas": [schema], "Operations": list(operations)})

    def delete(self, path: str) -> ScimAnswer:
        """Delete."""
        return self._send("DELETE", path)

    def post_form(self, url: str, form: Mapping[str, str]) -> ScimAnswer:
        """Send a form to a token endpoint, without the bearer token (RFC 6749 section 4.4.2)."""
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "application/json",
            "User-Agent": AGENT,
        }
        return self._answer("POST", url, headers, urlencode(form).encode())

    def _send(self, method: str, path: str, body: Document | None = None) -> ScimAnswer:
        headers = {"Accept": CONTENT_TYPE, "User-Agent": AGENT}
        if self.token is not None:
            headers["Authorization"] = f"Bearer {self.token}"
        content = None
        if body is not None:
            headers["Content-Type"] = CONTENT_TYPE
            content = json.dumps(body).encode()
        return self._answer(method, self.url + path, headers, content)

    def _answer(
        self, method: str, url: str, headers: Mapping[str, str], content: bytes | None
    ) -> ScimAnswer:
        self.requests += 1
        raw = http_exchange.exchange(method, url, headers, content, self._seconds)
        body = _parsed(raw)
        return ScimAnswer(raw.status, body, self._summary(raw, body))

    def _summary(self, raw: RawAnswer, body: Document | None) -> str:
        """Return the status and the error, never the token: some servers repeat requests."""
        if raw.status < 400:
            return (
                str(raw.status) if body is not None or not raw.content else f"{raw.status}, no JSON"
            )
        error = body or {}
        known = ("scimType", "error", "detail", "error_description")
        text = ": ".join(str(error[name]) for name in known if error.get(name))
        if body is None:
            text = "no JSON"
        if self.token:
            text = text.replace(self.token, "…")
        return f"{raw.status} ({text[:MAX_DETAIL]})" if text else str(raw.status)


def _parsed(raw: RawAnswer) -> Document | None:
    try:
        body = json.loads(raw.content)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None
