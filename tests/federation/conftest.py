"""An issuer on loopback, and a verifier that trusts this machine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rollcall.federation.assertion import AssertionVerifier
from rollcall.federation.https_reader import HttpsReader
from rollcall.federation.issuer_keys import IssuerKeys
from tests.conftest import Server
from tests.federation import issuer as issuers
from tests.federation.issuer import Issuer


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A local server that trusts issuers on this machine."""
    started = Server(tmp_path_factory.mktemp("server"), "--trust-loopback-issuer")
    try:
        yield started
    finally:
        started.stop()


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    """An issuer of a tenant of its own."""
    with issuers.running() as issuer:
        yield issuer


@pytest.fixture
def verify() -> AssertionVerifier:
    """A verifier that reads keys from this machine, and notes every `jti` once."""
    used: set[str] = set()

    def first_use(digest: str, until: int) -> bool:
        assert until
        if digest in used:
            return False
        used.add(digest)
        return True

    return AssertionVerifier(IssuerKeys(HttpsReader((), loopback=True)), first_use)
