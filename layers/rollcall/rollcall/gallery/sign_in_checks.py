"""Sign-in by OAuth client credentials (RFC 6749 section 4.4); one of two ways has to pass."""

from __future__ import annotations

from rollcall.gallery.check_result import CheckError, Mismatch, Outcome, SkippedCheckError
from rollcall.gallery.check_session import READ, CheckSession, ClientCredentials, expect, shown
from rollcall.gallery.scim_client import ScimAnswer

MIN_SECONDS, MAX_SECONDS = 3_600, 21_600


def validate_credentials(session: CheckSession) -> list[Mismatch]:
    """Get an access token, look at how long it lives, and read with it."""
    credentials = session.require_client_credentials()
    answer = _token(session, credentials)
    mismatches = _lifetime(answer)
    session.client.token = str(answer.document["access_token"])
    users = session.client.get("/Users", startIndex=1, count=1)
    expect(users, READ, "GET /Users?startIndex=1&count=1 with the access token")
    return mismatches


def federated_identity(session: CheckSession) -> list[Mismatch]:
    """Say why federation is not tried: only Entra can sign what a server trusts."""
    raise SkippedCheckError(
        "only an assertion that Entra signed is accepted, and the check has no such key",
        Outcome.NOT_TRIED,
    )


def _token(session: CheckSession, credentials: ClientCredentials) -> ScimAnswer:
    form = {
        "grant_type": "client_credentials",
        "client_id": credentials.client_id,
        "client_secret": credentials.secret,
    }
    if credentials.scope:
        form["scope"] = credentials.scope
    sent = "POST to the token URL sent client id and secret"
    answer = session.client.post_form(credentials.token_url, form)
    if not 200 <= answer.status < 300:
        raise CheckError(Mismatch("status", sent, f"the answer was {answer.summary}", "200"))
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
            "POST to the token URL sent client id and secret",
            f"the answer had {shown(seconds)}",
            "3600 to 21600 seconds, which is one hour to six",
        )
    ]
