"""The keys of an issuer are read within bounds, kept, and read again."""

from __future__ import annotations

import ssl
import threading
from pathlib import Path
from typing import Any

import pytest

from rollcall.dev.loopback_issuer import KeyPair
from rollcall.federation.entra_issuer import KEY_HOSTS
from rollcall.federation.https_reader import MAX_BYTES, HttpsReader, NotRead, UrlForbidden
from rollcall.federation.issuer_keys import (
    COOL_DOWN_SECONDS,
    FRESH_SECONDS,
    MAX_KEYS,
    RETRY_SECONDS,
    STALE_SECONDS,
    IssuerKeys,
    read_keys,
)
from rollcall.federation.trust import AssertionRefused
from rollcall.scim.errors import Unavailable
from tests.federation import issuer as issuers
from tests.federation.issuer import KEY, OTHER_KEY, Answer, Issuer
from tests.federation.tls import certificate, over_tls

SHORT = 0.3
"""The seconds that a reader has where the issuer never ends."""


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def keys(clock: Clock) -> IssuerKeys:
    return IssuerKeys(HttpsReader((), loopback=True), clock=clock)


def is_key(found: object, key: KeyPair) -> bool:
    return found == key.private.public_key()


# ── Kept, and read again ──────────────────────────────────────────────────────────────────────────


def test_keys_are_read_once_an_hour(keys: IssuerKeys, clock: Clock, issuer: Issuer) -> None:
    for _ in range(3):
        assert is_key(keys.key(issuer.jwks, KEY.id), KEY)
    assert issuer.reads == 1

    clock.now += FRESH_SECONDS
    assert is_key(keys.key(issuer.jwks, KEY.id), KEY)
    assert issuer.reads == 2


def test_a_clock_that_is_set_back_makes_them_be_read_again(
    keys: IssuerKeys, clock: Clock, issuer: Issuer
) -> None:
    keys.key(issuer.jwks, KEY.id)
    clock.now -= 10

    keys.key(issuer.jwks, KEY.id)

    assert issuer.reads == 2


def test_a_key_that_is_new_is_found_at_once(keys: IssuerKeys, issuer: Issuer) -> None:
    keys.key(issuer.jwks, KEY.id)
    issuer.publish(OTHER_KEY)

    assert is_key(keys.key(issuer.jwks, OTHER_KEY.id), OTHER_KEY)
    with pytest.raises(AssertionRefused, match="the issuer has no such key"):
        keys.key(issuer.jwks, KEY.id)


def test_unknown_keys_make_them_be_read_again_once_a_minute(
    keys: IssuerKeys, clock: Clock, issuer: Issuer
) -> None:
    for number in range(20):
        with pytest.raises(AssertionRefused):
            keys.key(issuer.jwks, f"unknown-{number}")
    assert issuer.reads == 2  # the first time, and once again

    issuer.publish(KEY, OTHER_KEY)
    clock.now += COOL_DOWN_SECONDS
    assert is_key(keys.key(issuer.jwks, OTHER_KEY.id), OTHER_KEY)
    assert issuer.reads == 3


def test_a_key_that_is_taken_back_counts_for_an_hour_at_most(
    keys: IssuerKeys, clock: Clock, issuer: Issuer
) -> None:
    keys.key(issuer.jwks, KEY.id)
    issuer.publish(OTHER_KEY)
    clock.now += FRESH_SECONDS

    with pytest.raises(AssertionRefused):
        keys.key(issuer.jwks, KEY.id)


# ── Away ──────────────────────────────────────────────────────────────────────────────────────────


def test_without_any_keys_an_issuer_that_is_away_is_no_refusal(
    keys: IssuerKeys, clock: Clock, issuer: Issuer
) -> None:
    issuer.answer = issuers.status(500)
    for _ in range(5):
        with pytest.raises(Unavailable) as away:
            keys.key(issuer.jwks, KEY.id)
        assert (away.value.status, away.value.retry_after) == (503, RETRY_SECONDS)
        assert str(away.value.__cause__) == "it answers 500"
    assert issuer.reads == 1

    issuer.answer = None
    clock.now += RETRY_SECONDS
    assert is_key(keys.key(issuer.jwks, KEY.id), KEY)


def test_old_keys_count_for_a_day_while_their_issuer_is_away(
    keys: IssuerKeys, clock: Clock, issuer: Issuer
) -> None:
    keys.key(issuer.jwks, KEY.id)
    issuer.answer = issuers.status(503)

    clock.now += STALE_SECONDS - 1
    assert is_key(keys.key(issuer.jwks, KEY.id), KEY)

    clock.now += 1
    with pytest.raises(Unavailable):
        keys.key(issuer.jwks, KEY.id)


def test_an_unknown_key_is_no_refusal_while_the_issuer_is_away(
    keys: IssuerKeys, clock: Clock, issuer: Issuer
) -> None:
    keys.key(issuer.jwks, KEY.id)
    issuer.publish(KEY, OTHER_KEY)
    issuer.answer = issuers.status(503)

    for _ in range(2):
        with pytest.raises(Unavailable):
            keys.key(issuer.jwks, OTHER_KEY.id)
        assert is_key(keys.key(issuer.jwks, KEY.id), KEY)
        clock.now += RETRY_SECONDS / 2

    issuer.answer = None
    assert is_key(keys.key(issuer.jwks, OTHER_KEY.id), OTHER_KEY)


def test_an_issuer_that_does_not_listen_is_away(keys: IssuerKeys) -> None:
    with issuers.running() as gone:
        url = gone.jwks

    with pytest.raises(Unavailable):
        keys.key(url, KEY.id)


# ── Bounds ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (issuers.status(302, Location="https://login.microsoftonline.com/"), "it answers 302"),
        (issuers.status(301, Location="/elsewhere"), "it answers 301"),
        (issuers.status(404), "it answers 404"),
        (issuers.status(204), "it answers 204"),
        (issuers.text(b"x" * (MAX_BYTES + 1)), f"it answers with more than {MAX_BYTES} bytes"),
        (issuers.text(b"x" * 50_000_000), f"it answers with more than {MAX_BYTES} bytes"),
        (issuers.status(200, Location="x" * 70_000), "it cannot be reached: LineTooLong"),
    ],
    ids=["redirect", "redirect-own", "missing", "empty", "large", "huge", "large-header"],
)
def test_an_answer_that_is_no_key_set_is_not_read(
    answer: Answer, reason: str, issuer: Issuer
) -> None:
    issuer.answer = answer

    with pytest.raises(NotRead) as failure:
        HttpsReader((), loopback=True).read(issuer.jwks)

    assert str(failure.value) == reason
    assert issuer.reads == 1  # what it redirects to is not asked


@pytest.mark.parametrize("answer", [issuers.dripping, issuers.dripping_headers])
def test_an_issuer_that_never_ends_is_given_up(answer: Answer, issuer: Issuer) -> None:
    issuer.answer = answer

    with pytest.raises(NotRead):
        HttpsReader((), loopback=True, seconds=SHORT).read(issuer.jwks)


def test_an_issuer_that_says_nothing_is_given_up(issuer: Issuer) -> None:
    silent = threading.Event()

    def say_nothing(_: object) -> None:
        silent.wait(20)

    issuer.answer = say_nothing

    try:
        with pytest.raises(NotRead):
            HttpsReader((), loopback=True, seconds=SHORT).read(issuer.jwks)
    finally:
        silent.set()


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/keys",
        "http://login.microsoftonline.com/common/discovery/v2.0/keys",
        "https://login.microsoftonline.com.evil.example/keys",
        "https://login.microsoftonline.com@evil.example/keys",
        "https://evil.example@login.microsoftonline.com/keys",
        "https://login.microsoftonline.com:8443/keys",
        "https://LOGIN.microsoftonline.com/keys",
        "https://login.microsoftonline.com/keys\r\nHost: evil.example",
        "https://login.microsoftonline.com/a b",
        "https://169.254.169.254/latest/meta-data",
        "http://169.254.169.254/latest/meta-data",
        "http://localhost:8080/keys",
        "http://127.0.0.1/keys",
        "http://127.0.0.1:8080/keys",
        "file:///etc/passwd",
        "https://[::1/keys",
        "",
    ],
)
def test_no_other_url_is_read(url: str) -> None:
    with pytest.raises(UrlForbidden):
        HttpsReader(KEY_HOSTS).read(url)
    with pytest.raises(AssertionRefused, match="the URL of the keys may not be read"):
        IssuerKeys(HttpsReader(KEY_HOSTS)).key(url, KEY.id)


def test_a_proxy_of_the_environment_is_not_used(
    issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")

    assert HttpsReader((), loopback=True).read(issuer.jwks) == issuer.key_set()


# ── TLS ───────────────────────────────────────────────────────────────────────────────────────────


def test_an_issuer_is_read_over_tls(tmp_path: Path) -> None:
    file = certificate(tmp_path)
    trusting = ssl.create_default_context(cafile=file)

    with over_tls(Issuer(), file) as host:
        assert HttpsReader({host}, context=trusting).read(f"https://{host}/keys")
        with pytest.raises(NotRead):  # nobody vouches for it
            HttpsReader({host}).read(f"https://{host}/keys")


def test_an_issuer_over_tls_that_never_ends_is_given_up(tmp_path: Path) -> None:
    file = certificate(tmp_path)
    trusting = ssl.create_default_context(cafile=file)
    issuer = Issuer()
    issuer.answer = issuers.dripping

    with over_tls(issuer, file) as host, pytest.raises(NotRead):
        HttpsReader({host}, context=trusting, seconds=SHORT).read(f"https://{host}/keys")


# ── Which keys count ──────────────────────────────────────────────────────────────────────────────


def document(*jwks: Any) -> bytes:
    issuer = Issuer()
    issuer._server.server_close()
    issuer.publish(*jwks)
    return issuer.key_set()


def test_a_key_for_signatures_counts() -> None:
    assert set(read_keys(document(KEY, OTHER_KEY))) == {"first", "second"}
    plain = {name: KEY.jwk()[name] for name in ("kty", "kid", "n", "e")}
    assert set(read_keys(document(plain))) == {"first"}
    assert set(read_keys(document({**plain, "alg": "RS256", "x5c": ["…"]}))) == {"first"}


WEAK = KeyPair("weak", bits=1024)


@pytest.mark.parametrize(
    "change",
    [
        {"use": "enc"},
        {"kty": "EC"},
        {"kty": "oct", "k": "c2VjcmV0"},
        {"alg": "RS512"},
        {"alg": "HS256"},
        {"kid": None},
        {"kid": 7},
        {"n": None},
        {"n": ""},
        {"n": "!!!"},
        {"n": "AQAB"},
        pytest.param({"n": WEAK.jwk()["n"]}, id="{'n': weak}"),
        {"n": "f" * 4000},
        {"e": "AQ"},
        {"e": "Ag"},
        {"e": ""},
        {"e": 65537},
        {"e": "f" * 300},
        {"d": "AQAB"},
    ],
    ids=str,
)
def test_another_key_does_not_count(change: dict[str, Any]) -> None:
    assert read_keys(document({**KEY.jwk(), **change}, OTHER_KEY)).keys() == {"second"}


@pytest.mark.parametrize("other", ["key", 7, None, [], {}])
def test_what_is_no_key_does_not_count(other: Any) -> None:
    assert read_keys(document(other, KEY)).keys() == {"first"}


def test_an_id_of_two_keys_names_none() -> None:
    doubled = {**OTHER_KEY.jwk(), "kid": KEY.id}

    assert read_keys(document(KEY, doubled)).keys() == set()
    assert read_keys(document(KEY, doubled, KEY)).keys() == set()
    assert read_keys(document(KEY, KEY)).keys() == {"first"}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"", "its answer is not valid JSON"),
        (b"<html>", "its answer is not valid JSON"),
        (b"\xff\xfe\xfd", "its answer is not valid JSON"),
        (b"[" * 60_000, "its answer nests more than 8 deep"),
        (b"[]", "its answer is no key set"),
        (b'{"keys": {}}', "its answer is no key set"),
        (b'{"keys": [], "keys": []}', 'its answer has "keys" twice in one object'),
        (b'{"keys": [' + b"{}," * MAX_KEYS + b"{}]}", f"it has more than {MAX_KEYS} keys"),
    ],
)
def test_what_is_no_key_set_is_not_read(text: bytes, reason: str) -> None:
    with pytest.raises(NotRead) as failure:
        read_keys(text)

    assert str(failure.value) == reason
