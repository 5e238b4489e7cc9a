"""The client credentials grant: who gets an access token (RFC 6749 section 4.4, RFC 7523).

A wrong request is refused by what it says, before anything is read. An unknown tenant, a disabled
one, an unknown client, a wrong or expired secret and a wrong assertion are refused alike, after the
same calls; nothing is written here for any of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hmac import compare_digest

from rollcall.aws.secrets import Secrets
from rollcall.aws.signing_keys import SigningKeys
from rollcall.federation.trust import AssertionRefused, Trust, Verifier
from rollcall.tenants import oauth_clients, token_format
from rollcall.tenants.access_token import AccessToken
from rollcall.tenants.oauth_clients import CLIENT_ID, OAuthClient
from rollcall.tenants.tenant_cache import FRESH_SECONDS, TenantCache
from rollcall.tenants.tenants import READ_ONLY, READ_WRITE, TENANT_NAME, Tenant

GRANT_TYPE = "client_credentials"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

SCOPES: Mapping[str, str] = {"scim": READ_WRITE, "scim:read": READ_ONLY}
"""The scopes that are granted, and what they permit."""


class OAuthError(Exception):
    """A request is refused with an error of RFC 6749 section 5.2.

    The description is for the client, `reason` for our log; neither repeats what was sent.
    """

    def __init__(self, error: str, description: str, *, reason: str = "") -> None:
        super().__init__(description)
        self.error = error
        self.description = description
        self.reason = reason or description

    @property
    def status(self) -> int:
        """The status of the answer."""
        return 401 if self.error == "invalid_client" else 400


@dataclass(frozen=True)
class IssuedAccessToken:
    """A new access token, and what the client is told of it."""

    plain: str = field(repr=False)
    client: OAuthClient
    scope: str


@dataclass(frozen=True)
class _Credentials:
    """What a client signs in with: a secret or an assertion."""

    client: str
    secret: str = field(default="", repr=False)
    assertion: str = field(default="", repr=False)


class ClientGrant:
    """Grants access tokens to the clients of all tenants.

    A tenant is cached for FRESH_SECONDS only: a client signs in once an hour. Without a verifier,
    clients with a trust are refused.
    """

    def __init__(
        self,
        secrets: Secrets,
        signing_keys: SigningKeys,
        verifier: Verifier | None = None,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._signing_keys = signing_keys
        self._verifier = verifier
        self._clock = clock
        self._cache = TenantCache(secrets, clock, FRESH_SECONDS)

    def issue(
        self, tenant: str, parameters: Mapping[str, str], basic: tuple[str, str] | None = None
    ) -> IssuedAccessToken:
        """Issue an access token for the parameters of a form.

        `basic` are the client and the secret of HTTP Basic. Raises OAuthError, and Unavailable
        while the tenant, the signing keys or the keys of an issuer cannot be read.
        """
        grant_type = parameters.get("grant_type")
        if grant_type is None:
            raise OAuthError("invalid_request", "grant_type is missing")
        if grant_type != GRANT_TYPE:
            raise OAuthError("unsupported_grant_type", f"grant_type must be {GRANT_TYPE}")
        credentials = _credentials(parameters, basic)
        asked = _scope(parameters.get("scope"))
        client, secret = self._authenticate(tenant, credentials)
        permitted = READ_ONLY if READ_ONLY in (asked, client.scope) else READ_WRITE
        key, now = self._signing_keys.current(), int(self._clock().timestamp())
        expires = now + client.token_seconds
        token = AccessToken(key.id, tenant, client.id, secret, permitted, now, expires)
        granted = next(name for name, permits in SCOPES.items() if permits == permitted)
        return IssuedAccessToken(token.sign(key.key), client, granted)

    def knows(self, tenant: str) -> bool:
        """Tell whether there certainly is such an active tenant; nothing is read for it."""
        return self._cache.knows(tenant)

    def _authenticate(self, tenant: str, credentials: _Credentials) -> tuple[OAuthClient, str]:
        """Return the client, and the id of its secret, "" for a trust. Raises OAuthError."""
        is_secret = token_format.is_well_formed(credentials.secret, oauth_clients.PREFIX)
        if not TENANT_NAME.fullmatch(tenant) or not CLIENT_ID.fullmatch(credentials.client):
            raise _refused("there can be no such tenant or client")
        if not is_secret and not credentials.assertion:
            raise _refused("the secret does not have the form of ours")
        attempt = _Attempt(credentials, self._verifier, self._clock().astimezone(UTC))
        match = self._cache.find(tenant, attempt.digest, attempt.match)
        if match is None:
            raise _refused(attempt.reason)
        return match


class _Attempt:
    """One attempt to sign in, at a tenant as it is cached, and where that fails as it is now."""

    def __init__(self, credentials: _Credentials, verifier: Verifier | None, now: datetime) -> None:
        self._credentials = credentials
        self._verifier = verifier
        self._now = now
        self._refused: set[Trust] = set()
        self._secret = token_format.digest(credentials.secret)
        self.digest = token_format.digest(
            f"{credentials.client} {credentials.secret} {credentials.assertion}"
        )
        self.reason = "the tenant, the client or its secret is not known"

    def match(self, tenant: Tenant) -> tuple[OAuthClient, str] | None:
        """Return the client that signs in, and the id of its secret."""
        if self._credentials.assertion:
            return self._by_assertion(tenant)
        return self._by_secret(tenant)

    def _by_secret(self, tenant: Tenant) -> tuple[OAuthClient, str] | None:
        """Compare all secrets: the time that it takes does not depend on which one it is."""
        match = None
        for client in tenant.clients:
            is_client = compare_digest(client.id, self._credentials.client)
            for secret in client.secrets:
                same = compare_digest(secret.digest, self._secret)
                if is_client and same and secret.is_live(self._now):
                    match = client, secret.id
                elif is_client and same:
                    self.reason = f"the secret {secret.id} has expired"
        return match

    def _by_assertion(self, tenant: Tenant) -> tuple[OAuthClient, str] | None:
        client = tenant.client(self._credentials.client)
        if client is None or client.trust is None or client.trust in self._refused:
            return None
        if self._verifier is None:
            self.reason = "assertions are not verified here"
            return None
        try:
            self._verifier(self._credentials.assertion, client.trust)
        except AssertionRefused as refusal:
            self._refused.add(client.trust)
            self.reason = str(refusal)
            return None
        return client, ""


def _credentials(parameters: Mapping[str, str], basic: tuple[str, str] | None) -> _Credentials:
    """Read the credentials of exactly one method. Raises OAuthError."""
    client, secret = parameters.get("client_id", ""), parameters.get("client_secret", "")
    assertion = parameters.get("client_assertion", "")
    assertion_type = parameters.get("client_assertion_type")
    if sum((basic is not None, bool(secret), bool(assertion))) > 1:
        raise OAuthError("invalid_request", "only one method of authentication may be used")
    if basic is not None:
        if client not in ("", basic[0]):
            raise OAuthError("invalid_request", "client_id differs from the one in Authorization")
        return _Credentials(*basic)
    if bool(assertion) != (assertion_type is not None):
        raise OAuthError(
            "invalid_request", "client_assertion and client_assertion_type belong together"
        )
    if assertion and assertion_type != ASSERTION_TYPE:
        raise OAuthError("invalid_request", f"client_assertion_type must be {ASSERTION_TYPE}")
    if not client or not (secret or assertion):
        raise _refused("client_id, or a secret and an assertion, are missing")
    return _Credentials(client, secret, assertion)


def _scope(asked: str | None) -> str:
    """Return what the scopes asked for permit; everything where none is named.

    A client that may only read gets less than it asks for, and is told so (RFC 6749 section 3.3):
    Entra ID always asks for `scim`. Raises OAuthError.
    """
    names = set((asked or "").split()) or {"scim"}
    if not names <= set(SCOPES):
        raise OAuthError("invalid_scope", f"the scopes are {' and '.join(SCOPES)}")
    return READ_WRITE if READ_WRITE in {SCOPES[name] for name in names} else READ_ONLY


def _refused(reason: str) -> OAuthError:
    return OAuthError("invalid_client", "the client cannot be authenticated", reason=reason)
