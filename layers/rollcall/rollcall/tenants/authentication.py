"""Authentication: the tenant of the path and the token, checked together (RFC 6750)."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hmac import compare_digest

from rollcall.aws.secrets import Secrets
from rollcall.aws.signing_keys import SigningKeys
from rollcall.model.absent_members import AbsentMembers
from rollcall.model.account_link import LinkPolicy
from rollcall.scim.errors import UnauthorizedException
from rollcall.scim.instant import instant
from rollcall.storage.table import Table
from rollcall.storage.token_usage import TokenUsage
from rollcall.tenants import access_token, token_format
from rollcall.tenants.access_token import AccessToken
from rollcall.tenants.oauth_clients import Way
from rollcall.tenants.tenant_cache import MAX_CACHED, TenantCache
from rollcall.tenants.tenants import READ_ONLY, READ_WRITE, TENANT_NAME, Tenant

_USE_KEPT = timedelta(days=90)
_YEAR = timedelta(days=365)


@dataclass(frozen=True)
class Caller:
    """The sender of a request: a tenant, by one of its tokens, with the settings of the tenant.

    `token_id` is the id of the bearer token, or of the client that the access token was issued to.
    """

    tenant: str
    token_id: str
    key: bytes = field(default=b"", repr=False)
    scope: str = READ_WRITE
    link_policy: LinkPolicy = field(default_factory=LinkPolicy)
    moved: bool = False
    absent_members: AbsentMembers = AbsentMembers.KEEP
    way: Way = "token"
    rate: int = 0
    grace: int = 0


@dataclass(frozen=True)
class _SignedIn:
    """A caller, and the ids of what it signed in with, whose use is stored until a while after."""

    caller: Caller
    used: tuple[str, ...]
    expires: str


class Authenticator:
    """Checks tokens against the tenants' secrets, which are cached.

    With a table the use of tokens is stored there. Without signing keys no access token is valid.
    """

    def __init__(
        self,
        secrets: Secrets,
        table: Table | None = None,
        signing_keys: SigningKeys | None = None,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._table = table
        self._signing_keys = signing_keys
        self._clock = clock
        self._cache = TenantCache(secrets, clock)
        self._stored_uses: OrderedDict[str, str] = OrderedDict()

    def authenticate(self, tenant: str, authorization: str | None) -> Caller:
        """Return the sender of a request.

        Raises UnauthorizedException, the same for an unknown tenant, a disabled one and a wrong
        token. A malformed token is refused without reading anything. Raises Unavailable while a
        tenant or the signing keys cannot be read.
        """
        scheme, _, token = (authorization or "").strip().partition(" ")
        token = token.strip()
        if scheme.lower() != "bearer" or not TENANT_NAME.fullmatch(tenant):
            raise _refused()
        if token.startswith(access_token.PREFIX):
            signed_in = self._by_access_token(tenant, token)
        else:
            signed_in = self._by_token(tenant, token)
        if signed_in is None:
            raise _refused()
        for used in signed_in.used:
            self._store_use(tenant, used, signed_in.expires)
        return signed_in.caller

    def knows(self, tenant: str) -> bool:
        """Tell whether there certainly is such an active tenant; nothing is read for it."""
        return self._cache.knows(tenant)

    def _by_token(self, name: str, plain: str) -> _SignedIn | None:
        """Find the live token with a digest; the time that it takes does not depend on which."""
        if not token_format.is_well_formed(plain):
            return None
        digest = token_format.digest(plain)

        def match(tenant: Tenant) -> _SignedIn | None:
            now, found = self._clock().astimezone(UTC), None
            for token in tenant.tokens:
                same = compare_digest(token.digest, digest)
                if same and token.is_live(now):
                    caller = _caller(tenant, token.id, token.scope, "token")
                    found = _SignedIn(caller, (token.id,), token.expires)
            return found

        return self._cache.find(name, digest, match)

    def _by_access_token(self, name: str, text: str) -> _SignedIn | None:
        """Verify an access token, and find the client that it was issued to."""
        now = self._clock().astimezone(UTC)
        token = access_token.verify(text, name, now.timestamp(), self._signing_key)
        if token is None:
            return None

        def match(tenant: Tenant) -> _SignedIn | None:
            return _client_of(tenant, token, now)

        return self._cache.find(name, token.client + token.secret, match, signed=True)

    def _signing_key(self, identifier: str) -> bytes | None:
        key = None if self._signing_keys is None else self._signing_keys.find(identifier)
        return None if key is None else key.key

    def _store_use(self, tenant: str, identifier: str, expires: str) -> None:
        """Store once a day that a token, a client or one of its secrets is used."""
        now = instant(self._clock())
        name, day = f"{tenant}#{identifier}", now[:10]
        if self._table is None or self._stored_uses.get(name) == day:
            return
        until = datetime.fromisoformat(expires) + _USE_KEPT
        usage = TokenUsage(self._table, tenant)
        if usage.write(identifier, now, int(until.timestamp())):
            self._stored_uses[name] = day
            if len(self._stored_uses) > MAX_CACHED:
                self._stored_uses.popitem(last=False)


def _client_of(tenant: Tenant, token: AccessToken, now: datetime) -> _SignedIn | None:
    """Return the client of a valid access token if it still accepts it."""
    client = tenant.client(token.client)
    if client is None or not client.accepts(token.secret, now):
        return None
    # The use of a client that does not expire is kept for a year after the last one.
    expires = client.expires or instant(now + _YEAR)
    scope = READ_ONLY if READ_ONLY in (token.scope, client.scope) else READ_WRITE
    caller = _caller(tenant, client.id, scope, client.way)
    return _SignedIn(caller, (client.id, token.secret) if token.secret else (client.id,), expires)


def _caller(tenant: Tenant, identifier: str, scope: str, way: Way) -> Caller:
    return Caller(
        tenant.name,
        identifier,
        bytes.fromhex(tenant.key),
        scope,
        tenant.link_policy,
        tenant.moved,
        tenant.absent_members,
        way,
        tenant.rate,
        tenant.grace,
    )


def _refused() -> UnauthorizedException:
    return UnauthorizedException(detail="the tenant or the token is not known here")
