"""The built function of the token endpoint verifies assertions with what its own layer holds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from events import gateway, runtime
from events.__main__ import environment
from events.runtime import Function
from events.template import ROOT, Template
from rollcall.federation.trust import Trust
from rollcall.tenants.client_grant import ASSERTION_TYPE
from tests.federation.issuer import APPLICATION, SUBJECT, Issuer
from tests.federation.tls import certificate, over_tls
from tests.sam import policies
from tests.sam.conftest import Deployed
from tests.sam.policies import Policies
from tests.sam.recorder import Recorder, recording

TOKEN = "TokenFunction"


class Federation:
    """The running function, and an issuer that it reads over HTTPS."""

    def __init__(self, function: Function, issuer: Issuer, recorder: Recorder) -> None:
        self.function = function
        self.issuer = issuer
        self.recorder = recorder
        origin = issuer.origin.replace("http:", "https:")
        self.trust = Trust(f"{origin}/", f"{origin}/keys", SUBJECT, APPLICATION, single_use=True)

    def sign_in(self, tenant: str, client: str, **claims: Any) -> dict[str, Any]:
        form = {
            "grant_type": "client_credentials",
            "client_id": client,
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": self.issuer.signed(iss=self.trust.issuer, **claims),
        }
        headers = (("Content-Type", "application/x-www-form-urlencoded"),)
        target = f"/scim/{tenant}/oauth2/token"
        request = gateway.Request("POST", target, headers, urlencode(form).encode())
        answer: dict[str, Any] = self.function.invoke(gateway.event(request))
        return answer


@pytest.fixture
def federation(deployed: Deployed, tmp_path: Path) -> Iterator[Federation]:
    """The function with the issuer's certificate among those that its system trusts."""
    file, issuer = certificate(tmp_path), Issuer()
    code = tmp_path / "token"
    code.mkdir()
    trusting = f'import os\n\nos.environ["SSL_CERT_FILE"] = "{file}"\n'
    app = ROOT / Template().functions()[TOKEN]["CodeUri"] / "app.py"
    (code / "app.py").write_text(trusting + app.read_text())
    with ExitStack() as stack:
        recorder = stack.enter_context(
            recording(deployed.services.clients.dynamodb.meta.endpoint_url)
        )
        host = stack.enter_context(over_tls(issuer, file))
        given = {**environment(recorder.url), "ROLLCALL_ISSUER_HOSTS": host}
        function = stack.enter_context(runtime.running(TOKEN, tmp_path, given, code))
        yield Federation(function, issuer, recorder)


@pytest.fixture
def tenant(deployed: Deployed) -> Iterator[str]:
    """A tenant that goes again: another test counts them."""
    deployed.services.tenants.add("federated")
    yield "federated"
    deployed.services.tenants.delete("federated")


def test_an_assertion_signs_in_once_with_the_calls_that_the_role_allows(
    deployed: Deployed, federation: Federation, tenant: str
) -> None:
    clients = deployed.services.oauth_clients(tenant)
    client = clients.create_trusted("Entra", federation.trust).id

    first = federation.sign_in(tenant, client, jti="1")
    again = federation.sign_in(tenant, client, jti="1")
    wrong = federation.sign_in(tenant, client, jti="2", sub="somebody-else")

    assert first["statusCode"] == 200, first
    assert json.loads(first["body"])["access_token"]
    assert again["statusCode"] == wrong["statusCode"] == 401
    assert federation.issuer.reads == 1
    allowed = Policies(Template()).allowed(TOKEN)
    made = federation.recorder.calls
    assert {each for each in made if not any(policies.covers(by, each) for by in allowed)} == set()
    assert "dynamodb:PutItem" in {action for action, _ in made}
