"""Authentication: the tenant of the path and the bearer token, checked together (RFC 6750)."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hmac import compare_digest
from threading import Lock

from rollcall.aws.secrets import SecretMissing, Secrets
from rollcall.model.absent_members import AbsentMembers
from rollcall.model.account_link import LinkPolicy
from rollcall.scim.errors import UnauthorizedException
from rollcall.scim.instant import instant
from rollcall.storage.table import Table
from rollcall.storage.token_usage import TokenUsage
from rollcall.tenants import token_format
from rollcall.tenants.tenants import ACTIVE, READ_WRITE, TENANT_NAME, Tenant, Token

CACHE_SECONDS = 60.0
"""How long the tokens of a tenant are cached."""

FRESH_SECONDS = 5.0
MAX_LOOKS = 2
"""An unknown token makes the tenant's tokens be read again, once for each token and at most
MAX_LOOKS times in FRESH_SECONDS: a refused token that is sent again does not block a new one."""

_MAX_CACHED = 4096
_USE_KEPT = timedelta(days=90)


@dataclass(frozen=True)
class Caller:
    """The sender of a request: a tenant, by one of its tokens, with the settings of the tenant."""

    tenant: str
    token_id: str
    key: bytes = field(default=b"", repr=False)
    scope: str = READ_WRITE
    link_policy: LinkPolicy = field(default_factory=LinkPolicy)
    moved: bool = False
    absent_members: AbsentMembers = AbsentMembers.KEEP


@dataclass
class _CachedTenant:
    """A cached tenant, read under its lock by one request at a time."""

    tenant: Tenant | None = None
    read_at: float = float("-inf")
    looks: list[tuple[float, str]] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)

    def is_older(self, seconds: float, now: float) -> bool:
        """Tell whether it was read longer ago, or the clock was set back."""
        return not 0 <= now - self.read_at < seconds

    def may_look(self, digest: str, now: float) -> bool:
        """Tell whether an unknown token makes the tenant be read again."""
        self.looks = [(at, seen) for at, seen in self.looks if 0 <= now - at < FRESH_SECONDS]
        return len(self.looks) < MAX_LOOKS and digest not in {seen for _, seen in self.looks}


class _Cache:
    """Tenants by name, without the least recently used.

    Names without a tenant are cached separately, so that invented names evict no tenant.
    """

    def __init__(self) -> None:
        self._known: OrderedDict[str, _CachedTenant] = OrderedDict()
        self._unknown: OrderedDict[str, _CachedTenant] = OrderedDict()
        self._lock = Lock()

    def entry(self, name: str) -> _CachedTenant:
        """Return the cache entry of a name, an empty one for a new name."""
        with self._lock:
            cached = self._known.get(name) or self._unknown.get(name) or _CachedTenant()
            self._store(name, cached)
            return cached

    def update(self, name: str, cached: _CachedTenant) -> None:
        """Cache a name as one with or without a tenant, after it was read."""
        with self._lock:
            self._store(name, cached)

    def _store(self, name: str, cached: _CachedTenant) -> None:
        half, other_half = self._known, self._unknown
        if cached.tenant is None:
            half, other_half = other_half, half
        other_half.pop(name, None)
        half[name] = cached
        half.move_to_end(name)
        if len(half) > _MAX_CACHED:
            half.popitem(last=False)


class Authenticator:
    """Checks tokens against the tenants' secrets, which are cached.

    The age of the cache is measured with the wall clock: a monotonic clock stands still while a
    function is frozen, and a revoked token would work for longer. With a table the use of tokens is
    stored there.
    """

    def __init__(
        self,
        secrets: Secrets,
        table: Table | None = None,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._secrets = secrets
        self._table = table
        self._clock = clock
        self._cache = _Cache()
        self._stored_uses: OrderedDict[str, str] = OrderedDict()

    def authenticate(self, tenant: str, authorization: str | None) -> Caller:
        """Return the sender of a request.

        Raises UnauthorizedException, the same for an unknown tenant, a disabled one and a wrong
        token. A malformed token is refused without reading anything.
        """
        scheme, _, token = (authorization or "").strip().partition(" ")
        token = token.strip()
        if (
            scheme.lower() != "bearer"
            or not token_format.is_well_formed(token)
            or not TENANT_NAME.fullmatch(tenant)
        ):
            raise _refused()
        match = self._find(tenant, token_format.digest(token))
        if match is None:
            raise _refused()
        caller, stored = match
        self._store_use(caller, stored)
        return caller

    def _find(self, name: str, digest: str) -> tuple[Caller, Token] | None:
        cached = self._cache.entry(name)
        # A request that comes while another one reads the tenant waits for the same result.
        with cached.lock:
            now = self._clock().timestamp()
            is_stale = cached.is_older(CACHE_SECONDS, now)
            if is_stale:
                self._read(name, cached, now)
            match = self._match(cached.tenant, digest)
            if match is None and not is_stale and cached.may_look(digest, now):
                self._read(name, cached, now)
                cached.looks.append((now, digest))
                match = self._match(cached.tenant, digest)
        return match

    def _read(self, name: str, cached: _CachedTenant, now: float) -> None:
        try:
            cached.tenant = Tenant.of(name, self._secrets.read(name))
        except SecretMissing:
            cached.tenant = None
        cached.read_at = now
        self._cache.update(name, cached)

    def _match(self, tenant: Tenant | None, digest: str) -> tuple[Caller, Token] | None:
        """Return the live token with a digest; the time that it takes does not depend on which."""
        if tenant is None or tenant.state != ACTIVE:
            return None
        now = self._clock().astimezone(UTC)
        match = None
        for token in tenant.tokens:
            same = compare_digest(token.digest, digest)
            if same and token.is_live(now):
                key = bytes.fromhex(tenant.key)
                policies = tenant.link_policy, tenant.moved, tenant.absent_members
                caller = Caller(tenant.name, token.id, key, token.scope, *policies)
                match = caller, token
        return match

    def _store_use(self, caller: Caller, token: Token) -> None:
        """Store once a day that a token is used."""
        now = instant(self._clock())
        name, day = f"{caller.tenant}#{token.id}", now[:10]
        if self._table is None or self._stored_uses.get(name) == day:
            return
        expires = datetime.fromisoformat(token.expires) + _USE_KEPT
        usage = TokenUsage(self._table, caller.tenant)
        if usage.write(token.id, now, int(expires.timestamp())):
            self._stored_uses[name] = day
            if len(self._stored_uses) > _MAX_CACHED:
                self._stored_uses.popitem(last=False)


def _refused() -> UnauthorizedException:
    return UnauthorizedException(detail="the tenant or the token is not known here")
