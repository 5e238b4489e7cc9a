"""Signature Version 4 of requests that have JSON in their body and nothing in their path.

The SDK derives the key of the day again for every request; here it is derived once.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256

from botocore.credentials import ReadOnlyCredentials

_ALGORITHM = "AWS4-HMAC-SHA256"


def signed(
    headers: Mapping[str, str],
    body: bytes,
    credentials: ReadOnlyCredentials,
    scope: tuple[str, str],
    now: datetime | None = None,
) -> dict[str, str]:
    """Return the headers of a POST of / with its signature; all that are given are signed.

    The names of the given headers are in lower case and their values without blanks at the ends.
    `scope` is the region and the name of the service.
    """
    instant = (now or datetime.now(UTC)).strftime("%Y%m%dT%H%M%SZ")
    signed_headers = {**headers, "x-amz-date": instant}
    if credentials.token:
        signed_headers["x-amz-security-token"] = credentials.token
    names = sorted(signed_headers)
    listed, lines = ";".join(names), "".join(f"{each}:{signed_headers[each]}\n" for each in names)
    canonical = f"POST\n/\n\n{lines}\n{listed}\n{sha256(body).hexdigest()}"
    parts = (instant[:8], *scope, "aws4_request")
    whole_scope = "/".join(parts)
    digest = sha256(canonical.encode()).hexdigest()
    key = _key(credentials.secret_key, *parts)
    signature = _hmac(key, f"{_ALGORITHM}\n{instant}\n{whole_scope}\n{digest}").hex()
    signed_headers["authorization"] = (
        f"{_ALGORITHM} Credential={credentials.access_key}/{whole_scope}, "
        f"SignedHeaders={listed}, Signature={signature}"
    )
    return signed_headers


@lru_cache(maxsize=8)
def _key(secret: str, *parts: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in parts:
        key = _hmac(key, part)
    return key


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), "sha256")
