"""Tenants: each is one secret with the tenant's state, the digests of its tokens, its clients.

{"state": "active", "created": "2026-01-01T00:00:00.000Z", "key": "…",
 "tokens": [{"id": "…", "digest": "…", "label": "…", "created": "…", "expires": "…",
             "scope": "read-write", "successor": ""}],
 "linking": {"policy": "match", "domains": ["…"]}, "nameKeys": 2, "absentMembers": "keep",
 "clients": [{"id": "rollcall-client-…", …}], "rate": 50, "closure": {"act": "…", …}}
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from secrets import token_hex
from uuid import uuid4

from rollcall.aws.secrets import Content, SecretExists, SecretMissing, Secrets
from rollcall.model.absent_members import AbsentMembers
from rollcall.model.account_link import LinkPolicy
from rollcall.model.release_tenant import is_release_tenant
from rollcall.operator_error import OperatorError
from rollcall.scim.instant import instant
from rollcall.tenants import token_format
from rollcall.tenants.closure import Closure
from rollcall.tenants.oauth_clients import OAuthClient

TENANT_NAME = re.compile(r"[a-z0-9-]{1,40}")
TOKEN_DAYS = 365

NAME_KEYS = 2
"""The version of the keys of names. A tenant without it may have names under the keys of earlier
releases."""

MIN_RATE, MAX_RATE = 25, 1000
"""How many requests a second a tenant may be allowed; identity providers ask for 25."""

GRACE_DAYS, MAX_GRACE_DAYS = 7, 60
"""How many days the deletions of a tenant's clients wait, and how many they may."""

ACTIVE, DISABLED = "active", "disabled"
READ_WRITE, READ_ONLY = "read-write", "read-only"


class TenantError(OperatorError):
    """An operation on a tenant is not possible; the message is one sentence."""


class UnknownTenantError(TenantError):
    """There is no tenant of this name."""


@dataclass(frozen=True)
class Token:
    """A stored token, without the token itself. Instants are RFC 3339 in UTC.

    `successor` is the id of the token that replaces this one, which then works until it expires.
    """

    id: str
    digest: str
    label: str
    created: str
    expires: str
    scope: str = READ_WRITE
    successor: str = ""

    def is_live(self, now: datetime) -> bool:
        """Tell whether the token is valid at a moment."""
        return datetime.fromisoformat(self.expires) > now


@dataclass(frozen=True)
class Tenant:
    """A tenant's state and its tokens, oldest first; `key` signs its cursors and hashes its names.

    `closed` is when a disabled tenant was disabled. `moved` says that all of its names are under
    the keys of this release. `absent_members` is what a PUT of a group without members does. `rate`
    is how many requests a second the tenant may send, 0 for what the deployment allows. `grace`
    is how many days the deletions of clients wait. `closure` says why a closed tenant is closed.
    """

    name: str
    state: str
    created: str
    key: str = field(repr=False)
    tokens: tuple[Token, ...]
    closed: str = ""
    link_policy: LinkPolicy = field(default_factory=LinkPolicy)
    moved: bool = False
    absent_members: AbsentMembers = AbsentMembers.KEEP
    clients: tuple[OAuthClient, ...] = ()
    rate: int = 0
    grace: int = GRACE_DAYS
    closure: Closure | None = None

    @classmethod
    def of(cls, name: str, content: Content) -> Tenant:
        """Read the content of a tenant's secret."""
        tokens = tuple(Token(**raw) for raw in content["tokens"])
        return cls(
            name,
            content["state"],
            content["created"],
            content["key"],
            tokens,
            content.get("closed", ""),
            LinkPolicy.of(content.get("linking", {})),
            content.get("nameKeys") == NAME_KEYS,
            AbsentMembers(content.get("absentMembers", AbsentMembers.KEEP)),
            tuple(OAuthClient.of(raw) for raw in content.get("clients", [])),
            content.get("rate", 0),
            content.get("grace", GRACE_DAYS),
            Closure.of(content),
        )

    def token(self, identifier: str) -> Token | None:
        """Return one of the tokens, None when it was deleted."""
        return next((token for token in self.tokens if token.id == identifier), None)

    def client(self, identifier: str) -> OAuthClient | None:
        """Return one of the OAuth clients, None when it was revoked."""
        return next((client for client in self.clients if client.id == identifier), None)


class Tenants:
    """All tenants of a deployment."""

    def __init__(
        self,
        secrets: Secrets,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        changed: Callable[[str], None] = lambda _: None,
    ) -> None:
        """`changed` is called with the name of a tenant that was created, changed or deleted."""
        self._secrets = secrets
        self.clock = clock
        self._changed = changed

    def create(self, name: str, label: str = "first") -> str:
        """Create a tenant and return its first token, which is not stored."""
        plain, first = new_token(label, self.clock(), timedelta(days=TOKEN_DAYS))
        self.add(name, first)
        return plain

    def add(self, name: str, *first: Token) -> None:
        """Create a tenant with some tokens, or without any."""
        self.store(name, self.prepare(name, *first))

    def prepare(self, name: str, *first: Token) -> Content:
        """Return what a tenant is made of. Raises TenantError for an invalid name."""
        check_name(name)
        if is_release_tenant(name):
            raise TenantError(f"{name} is a name that releases use")
        return self._content(*first)

    def add_for_release(self, name: str, token: Token) -> None:
        """Create a tenant that only a release uses, and that is not listed."""
        self.store(name, {**self._content(token), "grace": 0})  # what it deletes is gone at once

    def store(self, name: str, content: Content) -> None:
        """Create a tenant of what was prepared: once, however often that is repeated."""
        try:
            self._secrets.create(name, content)
        except SecretExists as error:
            raise TenantError(f"there is a tenant {name} already") from error
        self._changed(name)

    def _content(self, *first: Token) -> Content:
        return {
            "state": ACTIVE,
            "created": instant(self.clock()),
            "key": token_hex(32),
            "tokens": [asdict(token) for token in first],
            "nameKeys": NAME_KEYS,
        }

    def show(self, name: str) -> Tenant:
        """Return a tenant."""
        try:
            return Tenant.of(name, self._secrets.read(name))
        except SecretMissing as error:
            raise UnknownTenantError(f"there is no tenant {name}") from error

    def names(self) -> Iterator[str]:
        """Yield the names of all tenants, but of those that only a release uses."""
        return (name for name in self._secrets.names() if not is_release_tenant(name))

    def list(self) -> Iterator[Tenant]:
        """Yield all tenants by name, but those that only a release uses."""
        for name in sorted(self.names()):
            try:
                yield Tenant.of(name, self._secrets.read(name))
            except SecretMissing:
                continue  # deleted meanwhile

    def disable(self, name: str) -> None:
        """Disable a tenant's endpoint, within a minute; its data stays."""
        now = instant(self.clock())

        def close(content: Content) -> Content:
            if content["state"] == DISABLED:
                return content
            return {**content, "state": DISABLED, "closed": now}

        self.change(name, close)

    def enable(self, name: str) -> None:
        """Enable a tenant's endpoint again."""
        self.change(name, lambda content: {**content, "state": ACTIVE, "closed": ""})

    def mark_moved(self, name: str, act: str = "") -> None:
        """Mark that all names of a tenant are under the keys of this release."""
        self.change(name, lambda content: {**content, "nameKeys": NAME_KEYS}, act=act)

    def set_absent_members(self, name: str, policy: AbsentMembers) -> None:
        """Set what a PUT of a group without members does; in effect within a minute."""
        self.change(name, lambda content: {**content, "absentMembers": policy.value})

    def set_rate(self, name: str, rate: int) -> None:
        """Set how many requests a second a tenant may send, 0 for what the deployment allows.

        In effect within a minute. Raises TenantError for a rate that no tenant may have.
        """
        if rate and not MIN_RATE <= rate <= MAX_RATE:
            raise TenantError(
                f"a tenant may send {MIN_RATE} to {MAX_RATE} requests a second, not {rate}"
            )
        self.change(name, lambda content: {**content, "rate": rate})

    def set_grace(self, name: str, days: int) -> None:
        """Set how many days the deletions of clients wait from then on, 0 for not at all.

        In effect within a minute. Raises TenantError for more than MAX_GRACE_DAYS.
        """
        if not 0 <= days <= MAX_GRACE_DAYS:
            raise TenantError(f"deletions wait 0 to {MAX_GRACE_DAYS} days, not {days}")
        self.change(name, lambda content: {**content, "grace": days})

    def delete(self, name: str) -> None:
        """Delete a tenant's state and tokens for good."""
        self._secrets.delete(name)
        self._changed(name)

    def change(
        self,
        name: str,
        edit: Callable[[Content], Content],
        overtaken: Callable[[], object] = lambda: None,
        act: str = "",
    ) -> Tenant:
        """Replace the content of a tenant's secret by what `edit` returns, in a compare-and-swap.

        `edit` may be called several times; `overtaken` is called between them when its result was
        certainly not stored. Raises TenantError for an unknown tenant, and for a closed one that
        another act than `act` has closed.
        """

        def permitted(content: Content) -> Content:
            closure = Closure.of(content)
            if closure is not None and closure.act != act:
                raise TenantError(closure.sentence(name))
            return edit(content)

        try:
            tenant = Tenant.of(name, self._secrets.change(name, permitted, overtaken))
        except SecretMissing as error:
            raise UnknownTenantError(f"there is no tenant {name}") from error
        self._changed(name)
        return tenant


def check_name(name: str) -> None:
    """Raise TenantError for an invalid name of a tenant."""
    if not TENANT_NAME.fullmatch(name):
        raise TenantError(f"a tenant's name has 1 to 40 of a-z, 0-9 and -, and {name!r} does not")


def new_token(
    label: str, now: datetime, lifetime: timedelta, scope: str = READ_WRITE, identifier: str = ""
) -> tuple[str, Token]:
    """Return a new token in plain text, and what is stored of it."""
    plain = token_format.generate()
    token = Token(
        identifier or new_token_id(),
        token_format.digest(plain),
        label,
        instant(now),
        instant(now + lifetime),
        scope,
    )
    return plain, token


def new_token_id() -> str:
    """Return an id for a token; it names the token in logs and is no secret."""
    return uuid4().hex[:12]
