"""Sign-in by client credentials and by federation (RFC 6749, RFC 7523): one has to pass."""

from __future__ import annotations

from rollcall.gallery.check_result import CheckError, Mismatch, Outcome, SkippedCheckError
from rollcall.gallery.check_session import READ, CheckSession, expect, shown
from rollcall.gallery.scim_client import ScimAnswer

MIN_SECONDS, MAX_SECONDS = 3_600, 21_600

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_SENT = "POST to the token URL sent client id and secret"


def validate_credentials(session: CheckSession) -> list[Mismatch]:
    """Get an access token, look at how long it lives, and read with it."""
    credentials = session.credentials
    if credentials is None:
        raise SkippedCheckError("only a bearer token was given, no client id and token URL")
    form = {
        "grant_type": "client_credentials",
        "client_id": credentials.client_id,
        "client_secret": credentials.secret,
    }
    if credentials.scope:
        form["scope"] = credentials.scope
    answer = _token(session, credentials.token_url, form, _SENT)
    mismatches = _lifetime(answer)
    session.client.token = str(answer.document["access_token"])
    users = session.client.get("/Users", startIndex=1, count=1)
    expect(users, READ, "GET /Users?startIndex=1&count=1 with the access token")
    return mismatches


def federated_identity(session: CheckSession) -> list[Mismatch]:
    """Get an access token for an assertion, as the validator asks for one (RFC 7523)."""
    federated = session.federated
    if federated is None:
        raise SkippedCheckError(
            "it needs an assertion of an issuer that the server trusts, and none was given",
            Outcome.NOT_TRIED,
        )
    form = {
        "grant_type": "client_credentials",
        "client_id": federated.client_id,
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": federated.assertion,
        "baseAddress": session.client.url,
    }
    answer = _token(session, federated.token_url, form, "POST to the token URL sent an assertion")
    if session.client.token is None:
        session.client.token = str(answer.document["access_token"])
    return []


def _token(session: CheckSession, url: str, form: dict[str, str], sent: str) -> ScimAnswer:
    """Return the answer of a token endpoint. Raises CheckError where it has no access token."""
    answer = session.client.post_form(url, form)
    if not 200 <= answer.status < 300:
        raise CheckError(Mismatch("HTTP status", sent, f"the answer was {answer.summary}", "200"))
    token = answer.document.get("access_token")
    if not isinstance(token, str) or not token:
        none = f"the answer {answer.summary} has none"
        raise CheckError(Mismatch("access_token", sent, none, "an access token"))
    return answer


def _lifetime(answer: ScimAnswer) -> list[Mismatch]:
    """Return a mismatch for a lifetime outside the bounds; without one an hour is assumed."""
    seconds = answer.document.get("expires_in", MIN_SECONDS)
    if isinstance(seconds, str) and seconds.isdigit():
        seconds = int(seconds)
    if isinstance(seconds, int) and MIN_SECONDS <= seconds <= MAX_SECONDS:
        return []
    return [
        Mismatch(
            "expires_in",
            _SENT,
            f"the answer had {shown(seconds)}",
            "3600 to 21600 seconds, which is one hour to six",
        )
    ]
