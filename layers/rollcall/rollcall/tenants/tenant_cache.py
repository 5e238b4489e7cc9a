"""Tenants, cached for a minute: what signs in is looked for here first."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import TypeVar

from rollcall.aws.secrets import SecretMissing, Secrets
from rollcall.tenants.closure import CLOSED
from rollcall.tenants.tenants import ACTIVE, Tenant

CACHE_SECONDS = 60.0
"""How long a tenant is cached."""

FRESH_SECONDS = 5.0
MAX_LOOKS = 2
"""What is not found makes the tenant be read again, once for each key and at most MAX_LOOKS times
in FRESH_SECONDS: a refused token that is sent again does not block a new one."""

MAX_CACHED = 4096

_T = TypeVar("_T")


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

    def may_look(self, key: str, now: float, *, signed: bool) -> bool:
        """Tell whether a key that was not found makes the tenant be read again."""
        self.looks = [(at, seen) for at, seen in self.looks if 0 <= now - at < FRESH_SECONDS]
        has_looked = key in {seen for _, seen in self.looks}
        return not has_looked and (signed or len(self.looks) < MAX_LOOKS)


class TenantCache:
    """The tenants that were asked for last.

    Names without a tenant are cached separately, so that invented names evict no tenant. The age of
    the cache is measured with the wall clock: a monotonic clock stands still while a function is
    frozen, and a revoked token would work for longer.
    """

    def __init__(
        self, secrets: Secrets, clock: Callable[[], datetime], seconds: float = CACHE_SECONDS
    ) -> None:
        self._secrets = secrets
        self._clock = clock
        self._seconds = seconds
        self._known: OrderedDict[str, _CachedTenant] = OrderedDict()
        self._unknown: OrderedDict[str, _CachedTenant] = OrderedDict()
        self._lock = Lock()

    def find(
        self, name: str, key: str, match: Callable[[Tenant], _T | None], *, signed: bool = False
    ) -> _T | None:
        """Return what `match` finds in an active tenant; None is the same for an unknown tenant.

        Raises TenantClosed for what it finds in a closed one.
        Where it finds nothing, the tenant may be read again. `key` is what is looked for, as a
        digest or an id; `signed` says that it is certainly one of ours, and no guess.
        """
        cached = self._entry(name)
        tenant, is_new = self._current(name, cached)
        found = _match(tenant, match)
        if found is None and not is_new:
            latest = self._look(name, cached, key, signed=signed)
            found = None if latest is tenant else _match(latest, match)
        return found

    def knows(self, name: str) -> bool:
        """Tell whether there is an active tenant of this name, without reading it."""
        with self._lock:
            cached = self._known.get(name)
        tenant = None if cached is None else cached.tenant
        return tenant is not None and tenant.state == ACTIVE

    def _current(self, name: str, cached: _CachedTenant) -> tuple[Tenant | None, bool]:
        """Return a tenant, and whether it was read now."""
        # A request that comes while another one reads the tenant waits for the same result.
        with cached.lock:
            now = self._clock().timestamp()
            is_stale = cached.is_older(self._seconds, now)
            if is_stale:
                self._read(name, cached, now)
            return cached.tenant, is_stale

    def _look(self, name: str, cached: _CachedTenant, key: str, *, signed: bool) -> Tenant | None:
        """Return a tenant after a look for a key, which this or another request took."""
        with cached.lock:
            now = self._clock().timestamp()
            if cached.may_look(key, now, signed=signed):
                self._read(name, cached, now)
                cached.looks.append((now, key))
            return cached.tenant

    def _read(self, name: str, cached: _CachedTenant, now: float) -> None:
        try:
            cached.tenant = Tenant.of(name, self._secrets.read(name))
        except SecretMissing:
            cached.tenant = None
        cached.read_at = now
        with self._lock:
            self._store(name, cached)

    def _entry(self, name: str) -> _CachedTenant:
        """Return the cache entry of a name, an empty one for a new name."""
        with self._lock:
            cached = self._known.get(name) or self._unknown.get(name) or _CachedTenant()
            self._store(name, cached)
            return cached

    def _store(self, name: str, cached: _CachedTenant) -> None:
        """Store a name as one with or without a tenant, without the least recently used."""
        half, other_half = self._known, self._unknown
        if cached.tenant is None:
            half, other_half = other_half, half
        other_half.pop(name, None)
        half[name] = cached
        half.move_to_end(name)
        if len(half) > MAX_CACHED:
            half.popitem(last=False)


def _match(tenant: Tenant | None, match: Callable[[Tenant], _T | None]) -> _T | None:
    if tenant is None or tenant.state not in (ACTIVE, CLOSED):
        return None
    found = match(tenant)
    if found is not None and tenant.closure is not None:
        raise tenant.closure.refusal
    return found
