"""Access tokens: short-lived, and valid by their signature (RFC 6749 section 1.4).

PREFIX VERSION.KEY.TENANT.CLIENT.SECRET.SCOPE.ISSUED.EXPIRES.MAC, without blanks. The MAC is
HMAC-SHA256 over all that stands before it, with a key for each tenant, which is derived from the
signing key of the deployment (HKDF, RFC 5869).
"""

from __future__ import annotations

import hmac
import re
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

from rollcall.tenants.oauth_clients import CLIENT_ID

PREFIX = "rollcall_access_"
"""No bearer token of a tenant begins like this: what follows their prefix has no underscore."""

LEEWAY = 60
"""By how many seconds the clock of who issued a token may be ahead of ours."""

_LABEL = b"rollcall access token v1 "
_NONE = "-"

_FORM = re.compile(
    r"1\.(?P<key_id>[0-9A-Za-z-]{8})\.(?P<tenant>[a-z0-9-]{1,40})"
    rf"\.(?P<client>{CLIENT_ID.pattern})\.(?P<secret>[0-9a-f]{{12}}|{_NONE})"
    r"\.(?P<scope>read-write|read-only)\.(?P<issued>[0-9]{10})\.(?P<expires>[0-9]{10})",
    re.ASCII,
)


@dataclass(frozen=True)
class AccessToken:
    """What an access token says; `secret` is the id of the secret that it was issued for.

    `secret` is empty for a client with a trust. `issued` and `expires` are Unix times.
    """

    key_id: str
    tenant: str
    client: str
    secret: str
    scope: str
    issued: int
    expires: int

    def sign(self, key: bytes) -> str:
        """Return the token, signed with a signing key of the deployment."""
        content = PREFIX + ".".join(
            (
                "1",
                self.key_id,
                self.tenant,
                self.client,
                self.secret or _NONE,
                self.scope,
                str(self.issued),
                str(self.expires),
            )
        )
        return f"{content}.{_mac(key, self.tenant, content)}"


def verify(
    text: str, tenant: str, now: float, key_of: Callable[[str], bytes | None]
) -> AccessToken | None:
    """Return what a token says if it is of this tenant, valid now, and signed; None otherwise.

    `key_of` returns the signing key with an id. It is called only for a token that has the form of
    ours, is of this tenant, and is valid now by what it says.
    """
    content, _, mac = text.rpartition(".")
    form = _FORM.fullmatch(content.removeprefix(PREFIX)) if content.startswith(PREFIX) else None
    if form is None or not mac.isascii() or form["tenant"] != tenant:
        return None
    issued, expires = int(form["issued"]), int(form["expires"])
    if not issued - LEEWAY <= now < expires:
        return None
    key = key_of(form["key_id"])
    if key is None or not hmac.compare_digest(mac, _mac(key, tenant, content)):
        return None
    secret = "" if form["secret"] == _NONE else form["secret"]
    return AccessToken(
        form["key_id"], tenant, form["client"], secret, form["scope"], issued, expires
    )


def _mac(key: bytes, tenant: str, content: str) -> str:
    derived = _derive(key, _LABEL + tenant.encode())
    return urlsafe_b64encode(hmac.digest(derived, content.encode(), sha256)).decode().rstrip("=")


def _derive(key: bytes, info: bytes) -> bytes:
    """Return 32 bytes by HKDF-SHA256 without a salt: one block is enough."""
    extracted = hmac.digest(bytes(sha256().digest_size), key, sha256)
    return hmac.digest(extracted, info + b"\x01", sha256)
