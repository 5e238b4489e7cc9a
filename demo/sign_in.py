"""How Entra signs in: by a bearer token, a client secret or an assertion (RFC 6749, RFC 7523).

What it needs comes from the hand-over page of the service, where an administrator presses its
button and pastes the values.
"""

import time
from collections.abc import Callable, Generator
from enum import StrEnum
from uuid import uuid4

import httpx

from rollcall.dev.loopback_issuer import LoopbackIssuer

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
EARLY = 300
"""The seconds before the end of an access token in which another one is fetched."""

Form = dict[str, str]


class SignIn(StrEnum):
    """The sign-in methods of the portal."""

    TOKEN = "token"  # noqa: S105
    CLIENT = "client"
    FEDERATION = "federation"


class BearerToken(httpx.Auth):
    """Sends the same token with every request."""

    def __init__(self, token: str) -> None:
        self.token = token

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Add the token to a request."""
        request.headers["Authorization"] = f"Bearer {self.token}"
        yield request


class AccessTokens(httpx.Auth):
    """Fetches access tokens from a token endpoint, and sends each until shortly before its end.

    `proof` returns the parameters that say who the client is.
    """

    requires_response_body = True

    def __init__(self, token_url: str, proof: Callable[[], Form]) -> None:
        self.token_url = token_url
        self.proof = proof
        self._token = ""
        self._until = 0.0

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Add an access token to a request; without one, it goes out and is refused."""
        if time.monotonic() > self._until:
            form = {"grant_type": "client_credentials", "scope": "scim", **self.proof()}
            response = yield httpx.Request("POST", self.token_url, data=form)
            if response.status_code == httpx.codes.OK:
                issued = response.json()
                self._token = issued["access_token"]
                self._until = time.monotonic() + issued["expires_in"] - EARLY
        request.headers["Authorization"] = f"Bearer {self._token}"
        yield request


def hand_over(link: str, sign_in: SignIn, issuer: LoopbackIssuer) -> tuple[str, httpx.Auth]:
    """Connect by a hand-over link, and return the Tenant URL and how requests sign in.

    A federation trusts an identity of the issuer. Raises httpx.HTTPStatusError when the page
    refuses.
    """
    page, _, code = link.partition("#")
    if sign_in is SignIn.TOKEN:
        made = _press(f"{page}/token", {"code": code})
        return made["url"], BearerToken(made["token"])
    if sign_in is SignIn.CLIENT:
        made = _press(f"{page}/client", {"code": code})
        proof = {"client_id": made["clientId"], "client_secret": made["clientSecret"]}
        return made["url"], AccessTokens(made["tokenUrl"], lambda: proof)
    subject, audience = str(uuid4()), f"api://{uuid4()}"
    trust = {
        "issuer": issuer.issuer,
        "jwks": issuer.jwks,
        "subject": subject,
        "audience": f"{audience}/.default",
    }
    made = _press(f"{page}/client", {"code": code, "trust": trust})

    def assertion() -> Form:
        return {
            "client_id": made["clientId"],
            "client_assertion_type": ASSERTION,
            "client_assertion": issuer.assertion(subject, audience),
        }

    return made["url"], AccessTokens(made["tokenUrl"], assertion)


def _press(url: str, body: dict[str, object]) -> dict[str, str]:
    answer = httpx.post(url, json=body, timeout=30).raise_for_status()
    made: dict[str, str] = answer.json()
    return made
