"""The verifier of assertions of a deployment: its libraries are only in the token function."""

from __future__ import annotations

from rollcall.federation.assertion import AssertionVerifier
from rollcall.federation.entra_issuer import KEY_HOSTS
from rollcall.federation.https_reader import HttpsReader
from rollcall.federation.issuer_keys import IssuerKeys
from rollcall.runtime.backend import Backend
from rollcall.storage.used_assertions import UsedAssertions


def assertion_verifier(backend: Backend) -> AssertionVerifier:
    """Return a verifier that reads keys from the hosts of the settings."""
    settings = backend.settings
    hosts = KEY_HOSTS | settings.issuer_hosts
    reader = HttpsReader(hosts, loopback=settings.trust_loopback_issuer)
    return AssertionVerifier(IssuerKeys(reader), UsedAssertions(backend.table).note)
