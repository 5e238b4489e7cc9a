"""Who may enter: the tenant of the path and the bearer token, decided together (RFC 6750)."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hmac import compare_digest
from threading import Lock

from rollcall.scim.errors import UnauthorizedException
from rollcall.storage.secrets import SecretMissing, Secrets
from rollcall.tenants import tokens
from rollcall.tenants.tenants import ACTIVE, NAME, Tenant

CACHE_SECONDS = 60.0
"""How long a tenant's tokens are believed without reading them again."""

FRESH_SECONDS = 5.0
"""How often, at most, a token that the cache does not know has a tenant's tokens read again."""

_MAX_CACHED = 4096


@dataclass(frozen=True)
class Caller:
    """Who sent a request: a tenant, by one of its tokens; `key` is the tenant's own."""

    tenant: str
    token_id: str
    key: bytes = field(default=b"", repr=False)


@dataclass
class _Cached:
    tenant: Tenant | None
    read_at: float


class Authenticator:
    """Checks tokens against the tenants' secrets, read at most every few seconds each."""

    def __init__(
        self,
        secrets: Secrets,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._secrets = secrets
        self._clock = clock
        self._monotonic = monotonic
        self._cache: OrderedDict[str, _Cached] = OrderedDict()
        self._lock = Lock()

    def authenticate(self, tenant: str, authorization: str | None) -> Caller:
        """Return who sends a request.

        Raises UnauthorizedException, the same for an unknown tenant, a disabled one and a wrong
        token; for what cannot be a token of ours without reading anything.
        """
        scheme, _, token = (authorization or "").strip().partition(" ")
        token = token.strip()
        if (
            scheme.lower() != "bearer"
            or not tokens.is_well_formed(token)
            or not NAME.fullmatch(tenant)
        ):
            raise _refused()
        wanted = tokens.digest(token)
        cached = self._read(tenant, CACHE_SECONDS)
        caller = self._match(cached.tenant, wanted)
        if caller is None and self._monotonic() - cached.read_at >= FRESH_SECONDS:
            caller = self._match(self._read(tenant, FRESH_SECONDS).tenant, wanted)
        if caller is None:
            raise _refused()
        return caller

    def _match(self, tenant: Tenant | None, wanted: str) -> Caller | None:
        """Compare with every live token, in the same time wherever the right one stands."""
        if tenant is None or tenant.state != ACTIVE:
            return None
        now = self._clock().astimezone(UTC)
        found = None
        for each in tenant.tokens:
            same = compare_digest(each.digest, wanted)
            if same and datetime.fromisoformat(each.expires) > now:
                found = Caller(tenant.name, each.id, bytes.fromhex(tenant.key))
        return found

    def _read(self, name: str, max_age: float) -> _Cached:
        now = self._monotonic()
        with self._lock:
            cached = self._cache.get(name)
            if cached is not None and now - cached.read_at < max_age:
                return cached
        try:
            tenant = Tenant.of(name, self._secrets.read(name))
        except SecretMissing:
            tenant = None
        fresh = _Cached(tenant, now)
        with self._lock:
            self._cache[name] = fresh
            self._cache.move_to_end(name)
            if len(self._cache) > _MAX_CACHED:
                self._cache.popitem(last=False)
        return fresh


def _refused() -> UnauthorizedException:
    return UnauthorizedException(detail="the tenant or the token is not known here")
