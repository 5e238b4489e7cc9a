"""OAuth clients of a tenant, as its secret keeps them (RFC 6749 section 2).

{"id": "rollcall-client-…", "label": "…", "created": "…", "scope": "read-write",
 "token_seconds": 3600, "secrets": [{"id": "…", "digest": "…", "created": "…", "expires": "…"}],
 "trust": null}
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeAlias
from uuid import uuid4

from rollcall.federation.trust import Trust

PREFIX = "rollcall_secret_"
"""How every client secret begins."""

CLIENT_ID = re.compile(r"rollcall-client-[0-9a-f]{16}")

TOKEN_SECONDS = 3600
MAX_TOKEN_SECONDS = 6 * 3600
"""How long an access token of a client is valid: by default, and at most."""

Way: TypeAlias = Literal["token", "client_secret", "federation"]
"""How a request signs in: a bearer token, or an access token of a client of one of two kinds."""


@dataclass(frozen=True)
class ClientSecret:
    """A stored secret of a client, without the secret itself. Instants are RFC 3339 in UTC."""

    id: str
    digest: str
    created: str
    expires: str

    def is_live(self, now: datetime) -> bool:
        """Tell whether the secret is valid at a moment."""
        return datetime.fromisoformat(self.expires) > now


@dataclass(frozen=True)
class OAuthClient:
    """A client that gets access tokens: by its secrets, or by a trust, never by both.

    Expired secrets are kept for MAX_TOKEN_SECONDS: an access token is valid only while the secret
    that it was issued for stands here.
    """

    id: str
    label: str
    created: str
    scope: str
    token_seconds: int = TOKEN_SECONDS
    secrets: tuple[ClientSecret, ...] = ()
    trust: Trust | None = None

    @classmethod
    def of(cls, content: dict[str, Any]) -> OAuthClient:
        """Read a client from the content of a tenant's secret."""
        secrets = tuple(ClientSecret(**raw) for raw in content["secrets"])
        trust = Trust(**content["trust"]) if content["trust"] else None
        return cls(**{**content, "secrets": secrets, "trust": trust})

    @property
    def way(self) -> Way:
        """How this client signs in."""
        return "client_secret" if self.trust is None else "federation"

    @property
    def expires(self) -> str:
        """When its last secret expires; empty with a trust, which does not expire."""
        return max((secret.expires for secret in self.secrets), default="")

    def is_live(self, now: datetime) -> bool:
        """Tell whether the client can sign in at a moment."""
        return self.trust is not None or any(secret.is_live(now) for secret in self.secrets)

    def accepts(self, secret: str, now: datetime) -> bool:
        """Tell whether access tokens that were issued for a secret, "" with a trust, are valid."""
        if self.trust is not None:
            return not secret
        return self.is_live(now) and secret in {stored.id for stored in self.secrets}


def new_client_id() -> str:
    """Return an id for a client; it names the client in logs and is no secret."""
    return f"rollcall-client-{uuid4().hex[:16]}"


def new_secret_id() -> str:
    """Return an id for a secret of a client; it is no secret itself."""
    return uuid4().hex[:12]
