"""Cursors (RFC 9865): a position in an order, signed, bound to the query that it continues.

A cursor has unreserved characters only: its content as JSON in URL-safe base64, a dot, and a keyed
hash of it. Nothing is stored for it; the ServiceProviderConfig names the time of its validity.
"""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from rollcall.scim.errors import (
    ExpiredCursorException,
    InvalidCountException,
    InvalidCursorException,
)

TIMEOUT = 3600
"""The seconds for which a cursor is valid."""

_TAG = 16

Position = tuple[Any, ...]


@dataclass(frozen=True)
class Cursor:
    """The beginning of a page: after a position, or before it when reading backwards.

    `inclusive` pages begin at the position itself.
    """

    position: Position
    count: int
    backwards: bool = False
    inclusive: bool = False


@dataclass(frozen=True)
class CursorSigner:
    """Signs and verifies the cursors of one tenant with the tenant's key."""

    key: bytes

    def close(self, cursor: Cursor, query: str, now: float) -> str:
        """Return a cursor as clients get it; `query` names all that the order depends on."""
        content = [
            list(cursor.position),
            cursor.count,
            cursor.backwards,
            cursor.inclusive,
            int(now),
        ]
        body = _encode(json.dumps(content, separators=(",", ":")).encode())
        return f"{body}.{self._tag(body, query)}"

    def open(self, text: str, query: str, count: int | None, now: float) -> Cursor:
        """Return the cursor that a client sent back.

        Raises InvalidCursorException for one that is not of this tenant and query,
        ExpiredCursorException, and InvalidCountException when the page size is another.
        """
        body, _, tag = text.partition(".")
        if not hmac.compare_digest(self._tag(body, query).encode(), tag.encode()):
            raise InvalidCursorException(
                detail="cursor is not one that this query was answered with"
            )
        position, size, backwards, inclusive, made = json.loads(
            urlsafe_b64decode(body + "=" * (-len(body) % 4))
        )
        if now - made > TIMEOUT:
            raise ExpiredCursorException(detail=f"cursor is older than {TIMEOUT} seconds")
        if count is not None and count != size:
            raise InvalidCountException(detail=f"count must stay {size} with this cursor")
        return Cursor(tuple(position), size, backwards, inclusive)

    def _tag(self, body: str, query: str) -> str:
        return _encode(hmac.digest(self.key, f"{query}\n{body}".encode(), sha256)[:_TAG])


def _encode(value: bytes) -> str:
    return urlsafe_b64encode(value).decode().rstrip("=")
