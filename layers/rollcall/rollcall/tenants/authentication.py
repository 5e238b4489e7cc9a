"""Who may enter: the tenant of the path and the bearer token, decided together (RFC 6750)."""

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
"""How long a tenant's tokens are believed without reading them again."""

FRESH_SECONDS = 5.0
MAX_LOOKS = 2
"""Tokens that the cache does not know have a tenant's tokens read again, MAX_LOOKS times in
FRESH_SECONDS and once for each: one that is refused again and again leaves a look for a new one."""

_MAX_CACHED = 4096
_REMEMBERED = timedelta(days=90)


@dataclass(frozen=True)
class Caller:
    """Who sent a request: a tenant, by one of its tokens; the rest is the tenant's."""

    tenant: str
    token_id: str
    key: bytes = field(default=b"", repr=False)
    scope: str = READ_WRITE
    link_policy: LinkPolicy = field(default_factory=LinkPolicy)
    moved: bool = False
    absent_members: AbsentMembers = AbsentMembers.KEEP


@dataclass
class _Cached:
    """What is believed of a tenant, read under its lock by one request at a time."""

    tenant: Tenant | None = None
    read_at: float = float("-inf")
    looks: list[tuple[float, str]] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)

    def is_older(self, seconds: float, now: float) -> bool:
        """Tell whether it was read longer ago; a clock that was set back makes it old."""
        return not 0 <= now - self.read_at < seconds

    def may_look(self, digest: str, now: float) -> bool:
        """Tell whether an unknown token is worth a reading."""
        self.looks = [(at, seen) for at, seen in self.looks if 0 <= now - at < FRESH_SECONDS]
        return len(self.looks) < MAX_LOOKS and digest not in {seen for _, seen in self.looks}


class _Cache:
    """Tenants by name, the least recently used forgotten.

    Names that nobody bears are kept apart, so that inventing them drives no tenant out.
    """

    def __init__(self) -> None:
        self._known: OrderedDict[str, _Cached] = OrderedDict()
        self._unknown: OrderedDict[str, _Cached] = OrderedDict()
        self._lock = Lock()

    def at(self, name: str) -> _Cached:
        """Return what is believed of a name, nothing yet for a new one."""
        with self._lock:
            cached = self._known.get(name) or self._unknown.get(name) or _Cached()
            self._keep(name, cached)
            return cached

    def sort(self, name: str, cached: _Cached) -> None:
        """Keep a name where it belongs after a reading."""
        with self._lock:
            self._keep(name, cached)

    def _keep(self, name: str, cached: _Cached) -> None:
        here, there = self._known, self._unknown
        if cached.tenant is None:
            here, there = there, here
        there.pop(name, None)
        here[name] = cached
        here.move_to_end(name)
        if len(here) > _MAX_CACHED:
            here.popitem(last=False)


class Authenticator:
    """Checks tokens against the tenants' secrets, read at most every few seconds each.

    Ages are by the clock of the day: one that counts from the start of a machine stands still
    while a function is frozen, and a revoked token would be believed for longer. With a table the
    use of tokens is noted there.
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
        self._noted: OrderedDict[str, str] = OrderedDict()

    def authenticate(self, tenant: str, authorization: str | None) -> Caller:
        """Return who sends a request.

        Raises UnauthorizedException, the same for an unknown tenant, a disabled one and a wrong
        token; for what cannot be a token of ours without reading anything.
        """
        scheme, _, token = (authorization or "").strip().partition(" ")
        token = token.strip()
        if (
            scheme.lower() != "bearer"
            or not token_format.is_well_formed(token)
            or not TENANT_NAME.fullmatch(tenant)
        ):
            raise _refused()
        found = self._find(tenant, token_format.digest(token))
        if found is None:
            raise _refused()
        caller, kept = found
        self._note(caller, kept)
        return caller

    def _find(self, name: str, wanted: str) -> tuple[Caller, Token] | None:
        cached = self._cache.at(name)
        # Who comes while another request reads waits for it, and then needs no reading.
        with cached.lock:
            now = self._clock().timestamp()
            fresh = cached.is_older(CACHE_SECONDS, now)
            if fresh:
                self._read(name, cached, now)
            found = self._match(cached.tenant, wanted)
            if found is None and not fresh and cached.may_look(wanted, now):
                self._read(name, cached, now)
                cached.looks.append((now, wanted))
                found = self._match(cached.tenant, wanted)
        return found

    def _read(self, name: str, cached: _Cached, now: float) -> None:
        try:
            cached.tenant = Tenant.of(name, self._secrets.read(name))
        except SecretMissing:
            cached.tenant = None
        cached.read_at = now
        self._cache.sort(name, cached)

    def _match(self, tenant: Tenant | None, wanted: str) -> tuple[Caller, Token] | None:
        """Compare with every live token, in the same time wherever the right one stands."""
        if tenant is None or tenant.state != ACTIVE:
            return None
        now = self._clock().astimezone(UTC)
        found = None
        for each in tenant.tokens:
            same = compare_digest(each.digest, wanted)
            if same and each.is_live(now):
                key = bytes.fromhex(tenant.key)
                policies = tenant.link_policy, tenant.moved, tenant.absent_members
                caller = Caller(tenant.name, each.id, key, each.scope, *policies)
                found = caller, each
        return found

    def _note(self, caller: Caller, token: Token) -> None:
        """Note once a day that a token is used."""
        now = instant(self._clock())
        name, day = f"{caller.tenant}#{token.id}", now[:10]
        if self._table is None or self._noted.get(name) == day:
            return
        gone = datetime.fromisoformat(token.expires) + _REMEMBERED
        usage = TokenUsage(self._table, caller.tenant)
        if usage.write(token.id, now, int(gone.timestamp())):
            self._noted[name] = day
            if len(self._noted) > _MAX_CACHED:
                self._noted.popitem(last=False)


def _refused() -> UnauthorizedException:
    return UnauthorizedException(detail="the tenant or the token is not known here")
