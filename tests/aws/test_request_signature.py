"""The signature of a request: the same as the SDK's."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import ReadOnlyCredentials

from rollcall.aws.request_signature import signed

NOW = datetime(2026, 11, 27, 1, 2, 3, tzinfo=UTC)
HEADERS = {
    "host": "dynamodb.eu-west-1.amazonaws.com",
    "content-type": "application/x-amz-json-1.0",
    "x-amz-target": "DynamoDB_20120810.GetItem",
}
BODY = '{"pk":{"S":"é"}}'.encode()


@pytest.mark.parametrize("token", [None, "a/session+token=="])
def test_it_is_the_sdks(token: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    credentials = ReadOnlyCredentials("AKID", "secret", token)
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: NOW.replace(tzinfo=None))
    request = AWSRequest("POST", f"https://{HEADERS['host']}/", dict(HEADERS), BODY)
    SigV4Auth(credentials, "dynamodb", "eu-west-1").add_auth(request)

    headers = signed(HEADERS, BODY, credentials, ("eu-west-1", "dynamodb"), NOW)

    assert headers["authorization"] == request.headers["Authorization"]
    assert headers["x-amz-date"] == request.headers["X-Amz-Date"]
    assert headers.get("x-amz-security-token") == token


def test_it_is_of_the_day_and_of_the_credentials() -> None:
    one, other = (ReadOnlyCredentials("AKID", secret, None) for secret in ("one", "other"))
    scope = ("eu-west-1", "dynamodb")

    made = {
        signed(HEADERS, BODY, credentials, scope, NOW.replace(day=day))["authorization"]
        for credentials in (one, other)
        for day in (26, 27)
    }

    assert len(made) == 4
