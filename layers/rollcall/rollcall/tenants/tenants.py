"""Tenants: each is one secret with the tenant's state and the digests of its live tokens.

{"state": "active", "created": "2026-01-01T00:00:00.000Z", "key": "…",
 "tokens": [{"id": "…", "digest": "…", "label": "…", "created": "…", "expires": "…"}]}
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from secrets import token_hex
from typing import Any
from uuid import uuid4

from rollcall.storage.secrets import SecretExists, SecretMissing, Secrets
from rollcall.tenants import tokens

NAME = re.compile(r"[a-z0-9-]{1,40}")

TOKEN_DAYS = 365

ACTIVE, DISABLED = "active", "disabled"


class TenantError(Exception):
    """What an operator asked for cannot be done; the message is one sentence."""


@dataclass(frozen=True)
class Token:
    """What is kept of a token. Instants are RFC 3339 in UTC."""

    id: str
    digest: str
    label: str
    created: str
    expires: str


@dataclass(frozen=True)
class Tenant:
    """A tenant's state and its tokens, oldest first; `key` signs what it is to read back."""

    name: str
    state: str
    created: str
    key: str
    tokens: tuple[Token, ...]

    @classmethod
    def of(cls, name: str, content: dict[str, Any]) -> Tenant:
        """Read the content of a tenant's secret."""
        kept = tuple(Token(**each) for each in content["tokens"])
        return cls(name, content["state"], content["created"], content["key"], kept)


class Tenants:
    """All tenants of a deployment."""

    def __init__(
        self, secrets: Secrets, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._secrets = secrets
        self._clock = clock

    def create(self, name: str, label: str = "first") -> str:
        """Create a tenant and return its first token, which is kept nowhere."""
        if not NAME.fullmatch(name):
            raise TenantError(
                f"a tenant's name has 1 to 40 of a-z, 0-9 and -, and {name!r} does not"
            )
        plain, kept = self._new_token(label, TOKEN_DAYS)
        content = {
            "state": ACTIVE,
            "created": self._now(),
            "key": token_hex(32),
            "tokens": [asdict(kept)],
        }
        try:
            self._secrets.create(name, content)
        except SecretExists as error:
            raise TenantError(f"there is a tenant {name} already") from error
        return plain

    def issue(self, name: str, label: str, days: int = TOKEN_DAYS) -> str:
        """Add a token to a tenant and return it; expired ones are forgotten."""
        plain, kept = self._new_token(label, days)
        now = self._now()

        def add(content: dict[str, Any]) -> dict[str, Any]:
            live = [each for each in content["tokens"] if each["expires"] > now]
            return {**content, "tokens": [*live, asdict(kept)]}

        self._change(name, add)
        return plain

    def show(self, name: str) -> Tenant:
        """Return a tenant."""
        try:
            return Tenant.of(name, self._secrets.read(name))
        except SecretMissing as error:
            raise _unknown(name) from error

    def list(self) -> Iterator[Tenant]:
        """Yield all tenants by name."""
        for name in sorted(self._secrets.names()):
            try:
                yield Tenant.of(name, self._secrets.read(name))
            except SecretMissing:
                continue  # deleted meanwhile

    def disable(self, name: str) -> None:
        """Close a tenant's endpoint, within a minute; everything is kept."""
        self._change(name, lambda content: {**content, "state": DISABLED})

    def enable(self, name: str) -> None:
        """Open a tenant's endpoint again."""
        self._change(name, lambda content: {**content, "state": ACTIVE})

    def forget(self, name: str) -> None:
        """Delete a tenant's state and tokens for good."""
        self._secrets.delete(name)

    def _change(self, name: str, edit: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
        try:
            self._secrets.change(name, edit)
        except SecretMissing as error:
            raise _unknown(name) from error

    def _new_token(self, label: str, days: int) -> tuple[str, Token]:
        plain = tokens.generate()
        expires = _instant(self._clock() + timedelta(days=days))
        return plain, Token(uuid4().hex[:12], tokens.digest(plain), label, self._now(), expires)

    def _now(self) -> str:
        return _instant(self._clock())


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _unknown(name: str) -> TenantError:
    return TenantError(f"there is no tenant {name}")
