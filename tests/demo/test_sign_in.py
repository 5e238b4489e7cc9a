"""The first day with each sign-in method, against a local server of its own."""

import json
import subprocess
import sys

import httpx
import pytest

from demo.sign_in import AccessTokens, SignIn
from tests.engine import emulator_home


@pytest.mark.slow
@pytest.mark.emulator
@pytest.mark.parametrize("sign_in", SignIn)
def test_the_first_day_goes_well_by_each_sign_in_method(sign_in: SignIn) -> None:
    emulator_home()
    ran = subprocess.run(
        [sys.executable, "-m", "demo", "--sign-in", sign_in, "--json"],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )

    assert (ran.returncode, ran.stderr) == (0, "")
    lines = [json.loads(line) for line in ran.stdout.splitlines()]
    assert lines[-1]["passed"] is True
    assert {line["status"] for line in lines if line["step"] == "request"} == {
        200, 201, 204, 409
    }  # fmt: skip


def answered(request: httpx.Request) -> httpx.Response:
    """Play a token endpoint, and a service that answers with what signed in."""
    if request.url.path == "/token":
        return httpx.Response(200, json={"access_token": "issued", "expires_in": 3600})
    return httpx.Response(200, text=request.headers["Authorization"])


def test_an_access_token_is_fetched_once_and_sent_with_every_request() -> None:
    proofs: list[str] = []

    def proof() -> dict[str, str]:
        proofs.append("asked")
        return {"client_id": "id"}

    auth = AccessTokens("https://scim.test/token", proof)
    with httpx.Client(transport=httpx.MockTransport(answered), auth=auth) as client:
        sent = [client.get("https://scim.test/Users").text for _ in range(3)]

    assert sent == ["Bearer issued"] * 3
    assert proofs == ["asked"]


def test_the_other_methods_are_shown_against_a_local_server_only() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "demo", "--url", "https://scim.test", "--token", "x",
         "--sign-in", "federation"],
        capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip

    assert ran.returncode == 2
    assert "--url goes with a token" in ran.stderr
