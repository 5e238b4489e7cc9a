"""The keys of issuers: read from where a trust says, within bounds, and cached (RFC 7517).

The URL is input. Only hosts of a list are read, by HTTPS, without redirects, in a bounded size and
time. When an issuer is away, the keys that were read before go on to verify for a bounded time.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from time import time
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt.algorithms import RSAAlgorithm
from jwt.exceptions import InvalidKeyError

from rollcall.federation.https_reader import HttpsReader, NotRead, UrlForbidden
from rollcall.federation.trust import AssertionRefused
from rollcall.scim import json_text
from rollcall.scim.errors import Unavailable
from rollcall.scim.json_text import JsonTextError

FRESH_SECONDS = 3600.0
"""How long keys are used before they are read again."""

STALE_SECONDS = 24 * 3600.0
"""How long keys are used when they cannot be read again."""

COOL_DOWN_SECONDS = 60.0
"""How often the keys of an issuer are read again because of an unknown key id."""

RETRY_SECONDS = 10
"""How long an issuer is left alone that could not be read."""

MAX_KEYS = 50
"""How many keys an issuer has at most; Entra has fewer than ten."""

MAX_KEY_ID = 200
_MAX_DEPTH = 8
MIN_BITS, MAX_BITS = 2048, 8192
_MAX_EXPONENT = 2**32
_MAX_CACHED = 1000


@dataclass
class _KeySet:
    """The keys at one URL, read under its lock by one request at a time."""

    keys: dict[str, RSAPublicKey] = field(default_factory=dict)
    read_at: float = float("-inf")
    looked_at: float = float("-inf")
    failed_at: float = float("-inf")
    failure: NotRead | None = None
    lock: Lock = field(default_factory=Lock)


class IssuerKeys:
    """The keys of issuers, by the URL of their key set and by key id.

    Ages are measured with the wall clock: a monotonic clock stands still while a function is
    frozen.
    """

    def __init__(self, reader: HttpsReader, *, clock: Callable[[], float] = time) -> None:
        self._reader = reader
        self._clock = clock
        self._sets: OrderedDict[str, _KeySet] = OrderedDict()
        self._lock = Lock()

    def key(self, url: str, key_id: str) -> RSAPublicKey:
        """Return the key of an id.

        Raises AssertionRefused for a key that the issuer does not have and for a URL that may not
        be read, and Unavailable while the issuer cannot be asked.
        """
        key_set = self._set(url)
        with key_set.lock:
            now = self._clock()
            if not _is_within(FRESH_SECONDS, key_set.read_at, now):
                self._read(url, key_set, now)
            elif key_id not in key_set.keys and not _is_within(
                COOL_DOWN_SECONDS, key_set.looked_at, now
            ):
                self._read(url, key_set, now)
                if key_set.failure is None:
                    key_set.looked_at = now
            if key_id in key_set.keys and _is_within(STALE_SECONDS, key_set.read_at, now):
                return key_set.keys[key_id]
            if key_set.failure is not None:
                raise Unavailable(
                    "the keys of the issuer cannot be read", retry_after=RETRY_SECONDS
                ) from key_set.failure
        raise AssertionRefused(
            "the issuer has no such key (kid)", f"the issuer has no key {key_id[:MAX_KEY_ID]!r}"
        )

    def _read(self, url: str, key_set: _KeySet, now: float) -> None:
        """Read the keys, unless that failed a moment ago."""
        if key_set.failure is not None and _is_within(RETRY_SECONDS, key_set.failed_at, now):
            return
        try:
            key_set.keys = read_keys(self._reader.read(url))
        except UrlForbidden as error:
            raise AssertionRefused(f"the URL of the keys may not be read: {error}") from error
        except NotRead as error:
            key_set.failure, key_set.failed_at = error, now
        else:
            key_set.failure, key_set.read_at = None, now

    def _set(self, url: str) -> _KeySet:
        with self._lock:
            key_set = self._sets.setdefault(url, _KeySet())
            self._sets.move_to_end(url)
            if len(self._sets) > _MAX_CACHED:
                self._sets.popitem(last=False)
            return key_set


def read_keys(text: bytes) -> dict[str, RSAPublicKey]:
    """Return the keys of a key set that may verify RS256, by id. Raises NotRead.

    An id of two different keys names none of them.
    """
    try:
        document = json_text.read(text, _MAX_DEPTH)
    except JsonTextError as error:
        raise NotRead(f"its answer {error}") from error
    listed = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(listed, list):
        raise NotRead("its answer is no key set")
    if len(listed) > MAX_KEYS:
        raise NotRead(f"it has more than {MAX_KEYS} keys")
    usable = [(jwk["kid"], key) for jwk in listed if (key := _rsa_key(jwk)) is not None]
    keys = dict(usable)
    ambiguous = {key_id for key_id, key in usable if key != keys[key_id]}
    return {key_id: key for key_id, key in keys.items() if key_id not in ambiguous}


def _rsa_key(jwk: Any) -> RSAPublicKey | None:
    """Return a key for RS256, None for any other and for one that is not sound."""
    if not isinstance(jwk, dict) or "d" in jwk or jwk.get("kty") != "RSA":
        return None
    if jwk.get("use", "sig") != "sig" or jwk.get("alg", "RS256") != "RS256":
        return None
    key_id, modulus, exponent = (jwk.get(name) for name in ("kid", "n", "e"))
    if not (isinstance(key_id, str) and isinstance(modulus, str) and isinstance(exponent, str)):
        return None
    try:
        key = RSAAlgorithm.from_jwk({"kty": "RSA", "n": modulus, "e": exponent})
    except (InvalidKeyError, ValueError):
        return None
    if not isinstance(key, RSAPublicKey) or not MIN_BITS <= key.key_size <= MAX_BITS:
        return None
    return key if key.public_numbers().e < _MAX_EXPONENT else None


def _is_within(seconds: float, moment: float, now: float) -> bool:
    """Tell whether a moment was less than so long ago; not when the clock was set back."""
    return 0 <= now - moment < seconds
