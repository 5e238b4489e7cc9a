"""An assertion signs in when everything about it is right, and not when anything is wrong."""

from __future__ import annotations

import hmac
import json
import time
from base64 import urlsafe_b64encode
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from rollcall.federation.assertion import MAX_CHARACTERS, MAX_SECONDS, AssertionVerifier
from rollcall.federation.trust import AssertionRefused, Trust
from rollcall.scim.errors import Unavailable
from tests.federation import issuer as issuers
from tests.federation.issuer import APPLICATION, KEY, OTHER_KEY, SUBJECT, Issuer

HOUR = 3600


def refusal(verify: AssertionVerifier, assertion: str, trust: Trust) -> str:
    with pytest.raises(AssertionRefused) as refused:
        verify(assertion, trust)
    return refused.value.shown


def part(value: Any) -> str:
    content = value if isinstance(value, bytes) else json.dumps(value).encode()
    return urlsafe_b64encode(content).rstrip(b"=").decode()


def now() -> int:
    return int(time.time())


# ── Right ─────────────────────────────────────────────────────────────────────────────────────────


def test_what_is_right_signs_in(verify: AssertionVerifier, issuer: Issuer) -> None:
    verify(issuer.signed(), issuer.trust)


def test_the_same_assertion_signs_in_twice(verify: AssertionVerifier, issuer: Issuer) -> None:
    assertion = issuer.signed()

    verify(assertion, issuer.trust)
    verify(assertion, issuer.trust)


@pytest.mark.parametrize(
    "audience",
    [APPLICATION, f"api://{APPLICATION}", f"api://{APPLICATION}/.default", APPLICATION.upper()],
)
def test_an_audience_has_three_forms(
    audience: str, verify: AssertionVerifier, issuer: Issuer
) -> None:
    verify(issuer.signed(aud=audience), issuer.trust)
    verify(issuer.signed(aud=[audience]), issuer.trust)


@pytest.mark.parametrize(
    "claims",
    [
        {"tid": None},
        {"appid": None},
        {"appid": None, "azp": APPLICATION},
        {"iat": None},
        {"nbf": None},
        {"oid": "0b1c3e7a-52d0-4c39-9d0a-5b6f0f6f2a11"},
        {"jti": "1"},
        {"exp": 1.5 + 2**31},
    ],
    ids=str,
)
def test_what_is_not_given_is_not_asked_for(
    claims: dict[str, Any], verify: AssertionVerifier, issuer: Issuer
) -> None:
    claims = {**claims, "exp": claims["exp"] % 1 + now() + HOUR} if "exp" in claims else claims

    verify(issuer.signed(**claims), issuer.trust)


def test_clocks_may_differ_by_a_minute(verify: AssertionVerifier, issuer: Issuer) -> None:
    verify(issuer.signed(exp=now() - 55), issuer.trust)
    verify(issuer.signed(nbf=now() + 55, iat=now() + 55), issuer.trust)


def test_an_audience_with_a_name_of_its_own_is_compared_as_it_is(
    verify: AssertionVerifier, issuer: Issuer
) -> None:
    trust = replace(issuer.trust, audience="api://contoso.com/scim")

    verify(issuer.signed(aud="api://contoso.com/scim"), trust)
    assert "audience" in refusal(verify, issuer.signed(aud="api://contoso.com/SCIM"), trust)


# ── Wrong values ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"iss": "https://evil.example"}, "its issuer (iss) is 'https://evil.example', and"),
        ({"iss": None}, "its issuer (iss) is missing, and"),
        ({"tid": issuers.other_id()}, "its tenant (tid) is "),
        ({"tid": ["x"]}, "its tenant (tid) is ['x'], and"),
        ({"sub": issuers.other_id()}, "its subject (sub) is "),
        ({"sub": None}, "its subject (sub) is missing, and the trust has d2f8ee76"),
        ({"sub": [SUBJECT]}, "its subject (sub) is ['d2f8ee76"),
        ({"aud": issuers.other_id()}, "its audience (aud) is "),
        ({"aud": f"api://{issuers.other_id()}"}, "its audience (aud) is 'api://"),
        ({"aud": f"api://{issuers.other_id()}/.default"}, "its audience (aud) is 'api://"),
        ({"aud": f"https://{APPLICATION}"}, "its audience (aud) is 'https://"),
        ({"aud": None}, "its audience (aud) is missing, and"),
        ({"aud": []}, "its audience (aud) is [], and"),
        ({"aud": [APPLICATION, "another"]}, "its audience (aud) is ['b5ba7a93"),
        ({"appid": issuers.other_id()}, "its application (appid) is "),
        ({"azp": issuers.other_id()}, "its application (azp) is "),
        ({"sub": "x" * 4000}, f"its subject (sub) is '{'x' * 119}…, and the trust has"),
    ],
)
def test_another_value_does_not_sign_in(
    claims: dict[str, Any], reason: str, verify: AssertionVerifier, issuer: Issuer
) -> None:
    assert refusal(verify, issuer.signed(**claims), issuer.trust).startswith(reason)
    assert issuer.reads == 0  # it makes no key be read


def test_an_issuer_is_compared_exactly(verify: AssertionVerifier, issuer: Issuer) -> None:
    for other in (issuer.issuer + "/", issuer.issuer.upper(), issuer.issuer.removesuffix("/v2.0")):
        assert "issuer (iss)" in refusal(verify, issuer.signed(iss=other), issuer.trust)


def test_an_assertion_of_another_tenant_with_the_same_keys_does_not_sign_in(
    verify: AssertionVerifier, issuer: Issuer
) -> None:
    """Entra signs for all tenants with the same keys."""
    with issuers.running() as other:
        assert "its issuer (iss)" in refusal(verify, other.signed(), issuer.trust)
        claims = {"iss": issuer.issuer}
        assert "its tenant (tid)" in refusal(verify, other.signed(**claims), issuer.trust)


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"exp": -65}, "it expired 65 seconds ago (exp)"),
        ({"exp": -MAX_SECONDS}, f"it expired {MAX_SECONDS} seconds ago (exp)"),
        ({"exp": MAX_SECONDS + 65}, "it is valid for more than a day (exp)"),
        ({"nbf": 65}, "it is not valid for another 65 seconds (nbf)"),
        ({"iat": 65}, "it is issued 65 seconds from now (iat)"),
        ({"iat": -MAX_SECONDS - 65}, "it was issued more than a day ago (iat)"),
    ],
)
def test_another_time_does_not_sign_in(
    claims: dict[str, int], reason: str, issuer: Issuer, verify: AssertionVerifier
) -> None:
    moment = now()
    verify._clock = lambda: float(moment)
    times = {name: moment + seconds for name, seconds in claims.items()}

    assert refusal(verify, issuer.signed(**times), issuer.trust) == reason


def test_an_assertion_without_an_end_does_not_sign_in(
    verify: AssertionVerifier, issuer: Issuer
) -> None:
    reason = refusal(verify, issuer.signed(exp=None), issuer.trust)

    assert reason == "it does not say until when it is valid (exp)"


@pytest.mark.parametrize("value", [True, "4102444800", [], 10**400, -(10**400), 1e300])
@pytest.mark.parametrize("name", ["exp", "nbf", "iat"])
def test_what_is_no_time_does_not_sign_in(
    name: str, value: Any, verify: AssertionVerifier, issuer: Issuer
) -> None:
    claims = {
        **{"iss": issuer.issuer, "sub": SUBJECT, "aud": APPLICATION, "exp": now() + HOUR},
        name: value,
    }
    assertion = f"{part({'alg': 'RS256', 'kid': KEY.id})}.{part(claims)}.{part(b'signature')}"

    assert refusal(verify, assertion, issuer.trust).startswith(f"its {name} is no time: ")


# ── Wrong signatures ──────────────────────────────────────────────────────────────────────────────


def parts(issuer: Issuer) -> tuple[str, str, str]:
    header, claims, signature = issuer.signed().split(".")
    return header, claims, signature


def test_without_a_signature_nobody_signs_in(verify: AssertionVerifier, issuer: Issuer) -> None:
    _, claims, signature = parts(issuer)
    for algorithm in ("none", "None", "NONE", "", None, ["RS256"], "rs256"):
        header = part({"alg": algorithm, "kid": KEY.id})
        reason = refusal(verify, f"{header}.{claims}.{signature}", issuer.trust)
        assert reason.startswith("its algorithm (alg) is not RS256, but ")
        assert "no signed JSON Web Token" in refusal(verify, f"{header}.{claims}.", issuer.trust)


@pytest.mark.parametrize("form", [PublicFormat.SubjectPublicKeyInfo, PublicFormat.PKCS1])
def test_the_public_key_is_no_secret_to_sign_with(
    form: PublicFormat, verify: AssertionVerifier, issuer: Issuer
) -> None:
    public = KEY.private.public_key().public_bytes(Encoding.PEM, form)
    signed = f"{part({'alg': 'HS256', 'kid': KEY.id})}.{parts(issuer)[1]}"
    assertion = f"{signed}.{part(hmac.digest(public, signed.encode(), sha256))}"

    reason = refusal(verify, assertion, issuer.trust)

    assert reason == "its algorithm (alg) is not RS256, but 'HS256'"


@pytest.mark.parametrize("algorithm", ["RS384", "RS512", "PS256"])
def test_another_algorithm_of_the_same_key_does_not_sign_in(
    algorithm: str, verify: AssertionVerifier, issuer: Issuer
) -> None:
    header = part({"alg": algorithm, "kid": KEY.id})
    assertion = ".".join((header, *parts(issuer)[1:]))

    reason = refusal(verify, assertion, issuer.trust)

    assert reason == f"its algorithm (alg) is not RS256, but '{algorithm}'"


WRONG_SIGNATURE = "its signature is not that of the key that it names"


def test_another_key_under_the_same_id_does_not_sign_in(
    verify: AssertionVerifier, issuer: Issuer
) -> None:
    forged = issuer.signed(key=OTHER_KEY, header={"kid": KEY.id})

    assert refusal(verify, forged, issuer.trust) == WRONG_SIGNATURE


def test_a_key_that_the_assertion_brings_is_not_looked_at(
    verify: AssertionVerifier, issuer: Issuer
) -> None:
    with issuers.running() as evil:
        evil.publish({**OTHER_KEY.jwk(), "kid": KEY.id})
        header = {"kid": KEY.id, "jwk": OTHER_KEY.jwk(), "jku": evil.jwks, "x5u": evil.jwks}

        forged = issuer.signed(key=OTHER_KEY, header=header)

        assert refusal(verify, forged, issuer.trust) == WRONG_SIGNATURE
        assert evil.reads == 0


def test_a_change_after_signing_does_not_sign_in(verify: AssertionVerifier, issuer: Issuer) -> None:
    header, _, signature = parts(issuer)
    _, longer, _ = issuer.signed(exp=now() + 2 * HOUR).split(".")

    assert refusal(verify, f"{header}.{longer}.{signature}", issuer.trust) == WRONG_SIGNATURE


def test_a_signature_has_one_form(verify: AssertionVerifier, issuer: Issuer) -> None:
    header, claims, signature = parts(issuer)
    for other in (signature[:-4], signature + "AAAA", part(b"x" * 256), part(b"\0" * 256)):
        assert refusal(verify, f"{header}.{claims}.{other}", issuer.trust) == WRONG_SIGNATURE


def test_a_key_that_rotates_signs_in_at_once(verify: AssertionVerifier, issuer: Issuer) -> None:
    verify(issuer.signed(), issuer.trust)
    issuer.publish(KEY, OTHER_KEY)

    verify(issuer.signed(key=OTHER_KEY), issuer.trust)
    verify(issuer.signed(), issuer.trust)
    assert issuer.reads == 2


@pytest.mark.parametrize(
    "key_id", ["../../etc/passwd", "' OR 1=1 --", '"', "first\n", "\0", "first?x=1", "é", "x" * 200]
)
def test_a_key_id_is_nothing_but_a_name(
    key_id: str, verify: AssertionVerifier, issuer: Issuer
) -> None:
    reason = refusal(verify, issuer.signed(header={"kid": key_id}), issuer.trust)

    assert reason == f"the issuer has no key {key_id!r}"


@pytest.mark.parametrize("key_id", [None, "", 7, ["first"], {}, "x" * 201])
def test_an_assertion_names_its_key(key_id: Any, verify: AssertionVerifier, issuer: Issuer) -> None:
    header = part({"alg": "RS256", "kid": key_id})
    _, claims, signature = parts(issuer)

    reason = refusal(verify, f"{header}.{claims}.{signature}", issuer.trust)

    assert reason == "it names no key (kid)"
    assert refusal(verify, f"{part({'alg': 'RS256'})}.{claims}.{signature}", issuer.trust) == reason
    assert issuer.reads == 0


@pytest.mark.parametrize(
    "jwks",
    [
        [{**KEY.jwk(), "use": "enc"}],
        [{**KEY.jwk(), "kty": "EC"}],
        [KEY, {**OTHER_KEY.jwk(), "kid": KEY.id}],
        [],
    ],
    ids=["use", "kty", "doubled", "none"],
)
def test_a_key_that_does_not_count_does_not_sign_in(
    jwks: list[Any], verify: AssertionVerifier, issuer: Issuer
) -> None:
    issuer.publish(*jwks)

    assert refusal(verify, issuer.signed(), issuer.trust) == "the issuer has no key 'first'"


def test_keys_at_a_place_that_may_not_be_read_do_not_sign_in(
    verify: AssertionVerifier, issuer: Issuer
) -> None:
    trust = replace(issuer.trust, jwks="https://evil.example/keys")

    assert refusal(verify, issuer.signed(), trust) == (
        "the URL of the keys may not be read: https://evil.example is not read"
    )


def test_an_issuer_that_is_away_is_no_refusal(verify: AssertionVerifier, issuer: Issuer) -> None:
    issuer.answer = issuers.status(500)

    with pytest.raises(Unavailable):
        verify(issuer.signed(), issuer.trust)


# ── Wrong forms ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("header", [{"crit": ["exp"]}, {"crit": []}, {"zip": "DEF"}])
def test_a_header_that_changes_the_meaning_is_refused(
    header: dict[str, Any], verify: AssertionVerifier, issuer: Issuer
) -> None:
    _, claims, signature = parts(issuer)
    changed = part({"alg": "RS256", "kid": KEY.id, **header})

    reason = refusal(verify, f"{changed}.{claims}.{signature}", issuer.trust)

    assert reason == f"its header has {next(iter(header))}, which is not supported"


def test_a_detached_payload_is_refused(verify: AssertionVerifier, issuer: Issuer) -> None:
    _, claims, signature = parts(issuer)
    header = part({"alg": "RS256", "kid": KEY.id, "b64": False, "crit": ["b64"]})

    reason = refusal(verify, f"{header}.{claims}.{signature}", issuer.trust)

    assert reason == "its header has b64, crit, which is not supported"


def test_a_token_in_a_token_is_refused(verify: AssertionVerifier, issuer: Issuer) -> None:
    header, _, signature = parts(issuer)
    nested = part(issuer.signed().encode())

    reason = refusal(verify, f"{header}.{nested}.{signature}", issuer.trust)

    assert reason == "its payload is not valid JSON"


TWICE = b'{"alg": "RS256", "alg": "none"}'


@pytest.mark.parametrize(
    ("assertion", "reason"),
    [
        ("", "it is no signed JSON Web Token"),
        ("a.b", "it is no signed JSON Web Token"),
        ("a.b.c.d", "it is no signed JSON Web Token"),
        ("a.b.c.d.e", "it is no signed JSON Web Token"),
        ("..", "it is no signed JSON Web Token"),
        (" a.b.c", "it is no signed JSON Web Token"),
        ("a.b.c\n", "it is no signed JSON Web Token"),
        ("é.b.c", "it is no signed JSON Web Token"),
        ("a==.b.c", "it is no signed JSON Web Token"),
        ("a.b.c", "its header is not base64url"),
        (f"{part([])}.{part({})}.c", "its header is no JSON object"),
        (f"{part(b'{')}.{part({})}.c", "its header is not valid JSON"),
        (f"{part({})}.{part('text')}.c", "its payload is no JSON object"),
        (f"{part({})}.{part(b'{' * 6000)}.c", "its payload nests more than 8 deep"),
        (f"{part({})}.{part(b'[' * 6000)}.c", "its payload nests more than 8 deep"),
        (f"{part({})}.{part(b'NaN')}.c", "its payload is not valid JSON"),
        (f"{part(b'{}' * 2)}.{part({})}.c", "its header is not valid JSON"),
        (f"{part(TWICE)}.{part({})}.c", 'its header has "alg" twice in one object'),
        (f"{part({})}.{part(b'9' * 5000)}.c", "its payload is not valid JSON"),
        ("a.b." + "c" * MAX_CHARACTERS, f"it has more than {MAX_CHARACTERS} characters"),
        ("a." * 10_000_000, f"it has more than {MAX_CHARACTERS} characters"),
    ],
    ids=range(21),
)
def test_what_is_no_assertion_is_refused(
    assertion: str, reason: str, verify: AssertionVerifier, issuer: Issuer
) -> None:
    assert refusal(verify, assertion, issuer.trust).startswith(reason)


# ── Once ──────────────────────────────────────────────────────────────────────────────────────────


def test_where_the_trust_asks_for_it_an_assertion_signs_in_once(
    verify: AssertionVerifier, issuer: Issuer
) -> None:
    trust = replace(issuer.trust, single_use=True)
    assertion = issuer.signed(jti="1")

    verify(assertion, trust)

    reason = refusal(verify, assertion, trust)
    assert reason == "it was used before, and the trust accepts it once (jti)"
    assert refusal(verify, issuer.signed(jti="1", iat=None), trust) == reason
    verify(issuer.signed(jti="2"), trust)


def test_without_an_identifier_it_signs_in_again(verify: AssertionVerifier, issuer: Issuer) -> None:
    """Entra gives none, and sends the same assertion again after a timeout."""
    trust = replace(issuer.trust, single_use=True)
    assertion = issuer.signed()

    verify(assertion, trust)
    verify(assertion, trust)


def test_a_forged_assertion_uses_up_no_identifier(
    verify: AssertionVerifier, issuer: Issuer
) -> None:
    trust = replace(issuer.trust, single_use=True)
    forged = issuer.signed(key=OTHER_KEY, header={"kid": KEY.id}, jti="1")

    assert refusal(verify, forged, trust) == WRONG_SIGNATURE
    verify(issuer.signed(jti="1"), trust)


def test_an_identifier_is_text(verify: AssertionVerifier, issuer: Issuer) -> None:
    _, claims, signature = parts(issuer)
    trust = replace(issuer.trust, single_use=True)
    content = {"iss": issuer.issuer, "sub": SUBJECT, "aud": APPLICATION, "exp": now() + HOUR}
    claims = part({**content, "jti": {"a": 1}})

    reason = refusal(verify, f"{parts(issuer)[0]}.{claims}.{signature}", trust)

    assert reason == "its jti is no text: {'a': 1}"


# ── All at once ───────────────────────────────────────────────────────────────────────────────────


def test_everything_that_is_wrong_is_told(verify: AssertionVerifier, issuer: Issuer) -> None:
    forged = issuer.signed(key=OTHER_KEY, exp=now() - HOUR, sub="x", aud="y")

    problems = list(verify.problems(forged, issuer.trust))

    beginnings = ["it expired", "its subject", "its audience", "the issuer has no key 'second'"]
    assert len(problems) == len(beginnings)
    for problem, beginning in zip(problems, beginnings, strict=True):
        assert problem.shown.startswith(beginning)


WRITTEN = "written-by-anybody"


def written(claims: dict[str, Any], header: dict[str, Any]) -> str:
    """Return an assertion that is not signed."""
    usual = {"alg": "RS256", "kid": "first"}
    return f"{part({**usual, **header})}.{part({'exp': now() + HOUR, **claims})}.{part(b'x')}"


@pytest.mark.parametrize(
    ("claims", "header"),
    [
        *(({name: WRITTEN}, {}) for name in ("iss", "tid", "sub", "aud", "appid", "azp", "jti")),
        *(({name: [WRITTEN]}, {}) for name in ("iss", "tid", "sub", "aud", "appid", "azp", "jti")),
        *(({name: WRITTEN}, {}) for name in ("exp", "nbf", "iat")),
        *(({}, {name: WRITTEN}) for name in ("alg", "kid", "crit", "zip", "b64", "typ")),
        ({WRITTEN: WRITTEN}, {WRITTEN: WRITTEN}),
    ],
    ids=str,
)
def test_a_reason_repeats_nothing_of_an_assertion(
    claims: dict[str, Any], header: dict[str, Any], verify: AssertionVerifier, issuer: Issuer
) -> None:
    """It goes to a log, where nothing belongs that anybody wrote."""
    trust = replace(issuer.trust, single_use=True)
    whole = {"iss": issuer.issuer, "sub": SUBJECT, "aud": APPLICATION}
    for content in (claims, {**whole, **claims}):
        problems = list(verify.problems(written(content, header), trust))

        assert problems
        assert [problem for problem in problems if WRITTEN in str(problem)] == []


@pytest.mark.parametrize(
    "assertion",
    [
        WRITTEN,
        f"{part(WRITTEN)}.{part({})}.c",
        f"{part({})}.{part(WRITTEN)}.c",
        f"{part({})}.{part(TWICE.replace(b'alg', WRITTEN.encode()))}.c",
    ],
    ids=range(4),
)
def test_nor_of_what_is_no_assertion(
    assertion: str, verify: AssertionVerifier, issuer: Issuer
) -> None:
    (problem,) = verify.problems(assertion, issuer.trust)

    assert WRITTEN not in str(problem)
