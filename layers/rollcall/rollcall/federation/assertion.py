"""Assertions: JSON Web Tokens that an issuer signed for a client (RFC 7523 section 3, RFC 8725)."""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from time import time
from typing import Any

from jwt import PyJWS
from jwt.exceptions import InvalidTokenError

from rollcall.federation.entra_issuer import GUID, tenant_id
from rollcall.federation.issuer_keys import MAX_KEY_ID, IssuerKeys
from rollcall.federation.trust import AssertionRefused, Trust
from rollcall.scim import json_text
from rollcall.scim.json_text import JsonTextError

MAX_CHARACTERS = 16_384
"""How long an assertion is at most; Entra's have about 1 500 characters."""

SKEW_SECONDS = 60
"""How much the clocks of an issuer and of this machine may differ."""

MAX_SECONDS = 24 * 3600
"""How old an assertion is at most, and how long it is still valid; Entra's live about an hour."""

ALGORITHM = "RS256"

FirstUse = Callable[[str, int], bool]
"""Notes the use of a `jti` by its digest until a time in Unix seconds; False for a second use."""

_FORM = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+", re.ASCII)
_MAX_DEPTH = 8
_MAX_SHOWN = 120
_MAX_NUMBER = 2**53
_SIGNATURES = PyJWS(algorithms=[ALGORITHM])


@dataclass(frozen=True)
class _Parsed:
    header: dict[str, Any]
    claims: dict[str, Any]


class AssertionVerifier:
    """Verifies assertions, as the token endpoint needs it."""

    def __init__(
        self, keys: IssuerKeys, first_use: FirstUse, *, clock: Callable[[], float] = time
    ) -> None:
        self._keys = keys
        self._first_use = first_use
        self._clock = clock

    def __call__(self, assertion: str, trust: Trust) -> None:
        """Verify an assertion; its use is noted where the trust accepts it only once.

        Raises AssertionRefused, and Unavailable while the keys of the issuer cannot be read.
        """
        for problem in self.problems(assertion, trust):
            raise problem
        if trust.single_use:
            self._use(_parsed(assertion).claims)

    def problems(self, assertion: str, trust: Trust) -> Iterator[AssertionRefused]:
        """Yield what is wrong with an assertion; nothing is noted.

        The signature comes last: an assertion with other values than the trust's makes no key be
        read. Raises Unavailable while the keys of the issuer cannot be read.
        """
        try:
            parsed = _parsed(assertion)
        except AssertionRefused as problem:
            yield problem
            return
        yield from _time_problems(parsed.claims, self._clock())
        yield from _claim_problems(parsed.claims, trust)
        unsound = list(_header_problems(parsed.header))
        yield from unsound or self._signature_problems(assertion, parsed.header["kid"], trust)

    def _signature_problems(
        self, assertion: str, key_id: str, trust: Trust
    ) -> Iterator[AssertionRefused]:
        try:
            key = self._keys.key(trust.jwks, key_id)
            _SIGNATURES.decode(assertion, key, algorithms=[ALGORITHM])
        except AssertionRefused as problem:
            yield problem
        except InvalidTokenError:
            yield AssertionRefused("its signature is not that of the key that it names")

    def _use(self, claims: dict[str, Any]) -> None:
        if not (identifier := claims.get("jti")):
            return
        digest = sha256(f"{claims['iss']}\0{identifier}".encode()).hexdigest()
        if not self._first_use(digest, int(claims["exp"]) + 2 * SKEW_SECONDS):
            raise AssertionRefused("it was used before, and the trust accepts it once (jti)")


def _parsed(assertion: str) -> _Parsed:
    if len(assertion) > MAX_CHARACTERS:
        raise AssertionRefused(f"it has more than {MAX_CHARACTERS} characters")
    if not _FORM.fullmatch(assertion):
        raise AssertionRefused("it is no signed JSON Web Token, which is three parts with dots")
    header, claims, _ = assertion.split(".")
    return _Parsed(_object(header, "header"), _object(claims, "payload"))


def _object(part: str, name: str) -> dict[str, Any]:
    try:
        value = json_text.read(urlsafe_b64decode(part + "=" * (-len(part) % 4)), _MAX_DEPTH)
    except JsonTextError as error:
        raise AssertionRefused(f"its {name} cannot be read", f"its {name} {error}") from error
    except ValueError as error:
        raise AssertionRefused(f"its {name} is not base64url") from error
    if not isinstance(value, dict):
        raise AssertionRefused(f"its {name} is no JSON object")
    return value


def _header_problems(header: dict[str, Any]) -> Iterator[AssertionRefused]:
    if (algorithm := header.get("alg")) != ALGORITHM:
        told = f"its algorithm (alg) is not {ALGORITHM}"
        yield AssertionRefused(told, f"{told}, but {_shown(algorithm)}")
    key_id = header.get("kid")
    if not isinstance(key_id, str) or not 0 < len(key_id) <= MAX_KEY_ID:
        yield AssertionRefused("it names no key (kid)")
    if unknown := header.keys() & {"crit", "b64", "zip"}:
        named = ", ".join(sorted(unknown))
        yield AssertionRefused(f"its header has {named}, which is not supported")


def _time_problems(claims: dict[str, Any], now: float) -> Iterator[AssertionRefused]:
    for name in ("exp", "nbf", "iat"):
        if name in claims and not _is_number(claims[name]):
            told = f"its {name} is no time"
            yield AssertionRefused(told, f"{told}: {_shown(claims[name])}")
            return
    if "exp" not in claims:
        yield AssertionRefused("it does not say until when it is valid (exp)")
        return
    left = claims["exp"] - now
    if left <= -SKEW_SECONDS:
        yield AssertionRefused(f"it expired {-left:.0f} seconds ago (exp)")
    if left > MAX_SECONDS + SKEW_SECONDS:
        yield AssertionRefused("it is valid for more than a day (exp)")
    if (early := claims.get("nbf", now) - now) > SKEW_SECONDS:
        yield AssertionRefused(f"it is not valid for another {early:.0f} seconds (nbf)")
    age = now - claims.get("iat", now)
    if age < -SKEW_SECONDS:
        yield AssertionRefused(f"it is issued {-age:.0f} seconds from now (iat)")
    if age > MAX_SECONDS + SKEW_SECONDS:
        yield AssertionRefused("it was issued more than a day ago (iat)")


def _claim_problems(claims: dict[str, Any], trust: Trust) -> Iterator[AssertionRefused]:
    def other(told: str, name: str, expected: str) -> AssertionRefused:
        return AssertionRefused(
            f"its {told} ({name}) is not the trust's",
            f"its {told} ({name}) is {_shown(claims.get(name))}, and the trust has {expected}",
        )

    if claims.get("iss") != trust.issuer:
        yield other("issuer", "iss", trust.issuer)
    tenant = tenant_id(trust.issuer)
    if tenant and "tid" in claims and not _is_same_id(claims["tid"], tenant):
        yield other("tenant", "tid", tenant)
    if not _is_same_id(claims.get("sub"), trust.subject):
        yield other("subject", "sub", trust.subject)
    if not _is_for(claims.get("aud"), trust.audience):
        yield other("audience", "aud", trust.audience)
    if GUID.fullmatch(trust.audience):
        for name in ("appid", "azp"):
            if name in claims and not _is_same_id(claims[name], trust.audience):
                yield other("application", name, trust.audience)
    if trust.single_use and not isinstance(claims.get("jti", ""), str):
        yield AssertionRefused("its jti is no text", f"its jti is no text: {_shown(claims['jti'])}")


def _is_for(audience: Any, expected: str) -> bool:
    """Tell whether an `aud` is the expected one; an application has three forms."""
    if isinstance(audience, list) and len(audience) == 1:
        audience = audience[0]
    if not isinstance(audience, str):
        return False
    if GUID.fullmatch(expected):
        audience = audience.removeprefix("api://").removesuffix("/.default").rstrip("/")
    return _is_same_id(audience, expected)


def _is_same_id(value: Any, expected: str) -> bool:
    """Tell whether a value is the expected one; ids of Entra are compared without case."""
    if not isinstance(value, str):
        return False
    return value == expected or (value.lower() == expected and bool(GUID.fullmatch(expected)))


def _is_number(value: Any) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and abs(value) < _MAX_NUMBER


def _shown(value: Any) -> str:
    """Return a claim for a sentence: it is text that anybody could have written."""
    text = "missing" if value is None else repr(value)
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}…"
