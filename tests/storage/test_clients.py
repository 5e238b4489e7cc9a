"""The clients: where a signed URL leads, and whose credentials an emulator sees."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from rollcall.aws.clients import Login, connect, connect_channels
from rollcall.runtime.settings import Settings


@pytest.fixture(autouse=True)
def operator(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "operators")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("us-east-1", "reports.s3.amazonaws.com"),
        ("eu-west-1", "reports.s3.eu-west-1.amazonaws.com"),
        ("ap-southeast-5", "reports.s3.ap-southeast-5.amazonaws.com"),
        ("cn-north-1", "reports.s3.cn-north-1.amazonaws.com.cn"),
        ("us-gov-west-1", "reports.s3.us-gov-west-1.amazonaws.com"),
    ],
)
@pytest.mark.parametrize("endpoint", [None, ""])
def test_a_signed_url_leads_to_the_host_of_the_buckets_region(
    region: str, host: str, endpoint: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", region)
    if endpoint is not None:
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)  # as the template sets it

    url = connect_channels(Settings.of({"AWS_ENDPOINT_URL": ""}).endpoint_url).s3
    signed = url.generate_presigned_url("get_object", Params={"Bucket": "reports", "Key": "a/b"})

    assert urlsplit(signed).hostname == host
    assert urlsplit(signed).path == "/a/b"


def test_at_an_emulator_a_bucket_is_a_part_of_the_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    s3 = connect_channels("http://host.docker.internal:4566", role=True).s3
    signed = s3.generate_presigned_url("get_object", Params={"Bucket": "reports", "Key": "a/b"})

    assert signed.startswith("http://host.docker.internal:4566/reports/a/b?")


def key_of(endpoint: str, *, role: bool) -> str:
    client = connect(endpoint, role=role).dynamodb
    found = client._request_signer._credentials  # type: ignore[attr-defined]
    return str(found.access_key)


def test_an_emulator_on_this_machine_sees_no_credentials_of_the_operator(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")

    assert key_of("http://127.0.0.1:4566", role=False) == "test"
    assert key_of("http://127.0.0.1:4566", role=True) == "operators"
    assert key_of("https://dynamodb.eu-west-1.amazonaws.com", role=False) == "operators"


def test_a_function_uses_what_its_role_gives_it() -> None:
    assert Settings.of({"AWS_LAMBDA_FUNCTION_NAME": "rollcall-UsersFunction"}).role
    assert not Settings.of({}).role


def test_each_of_two_deployments_is_reached_by_a_profile_and_in_a_region_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    profiles = tmp_path / "credentials"
    profiles.write_text("[there]\naws_access_key_id = theirs\naws_secret_access_key = secret\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(profiles))
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")

    logins = (Login(), Login("there", "eu-central-1"))
    reached = list[tuple[str, str]]()
    for login in logins:
        clients, channels = connect(login=login), connect_channels(login=login)
        made: tuple[Any, ...] = (clients.dynamodb, clients.secretsmanager, channels.s3)
        reached += [(e.meta.region_name, e._request_signer._credentials.access_key) for e in made]

    assert reached == [("eu-west-1", "operators")] * 3 + [("eu-central-1", "theirs")] * 3
