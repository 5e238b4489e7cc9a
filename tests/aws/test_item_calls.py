"""Calls about items: how they reach DynamoDB, and which take the SDK's own way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from botocore.exceptions import ConnectionClosedError, NoCredentialsError

from rollcall.aws import deadline
from rollcall.aws.clients import connect
from rollcall.aws.http_session import DeadlineExceeded
from tests.storage.faults import registered

KEY = {"pk": {"S": "a"}, "sk": {"S": "b"}}


@pytest.fixture
def sent() -> list[Any]:
    """The requests that would have been sent."""
    return []


@pytest.fixture
def client(sent: list[Any]) -> Iterator[Any]:
    """A client whose connections break before an answer comes."""

    def lose(request: Any, **_: Any) -> None:
        sent.append(request)
        raise ConnectionClosedError(endpoint_url=request.url)

    with (
        closing(connect("http://127.0.0.1:1").dynamodb) as client,
        registered(client, "before-send.dynamodb", lose),
    ):
        yield client


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)


def test_a_call_is_sent_with_its_name_its_parameters_and_a_signature(
    client: Any, sent: list[Any]
) -> None:
    with pytest.raises(ConnectionClosedError):
        client.get_item(TableName="t", Key=KEY)

    first = sent[0]
    assert first.url == "http://127.0.0.1:1"
    assert first.headers["x-amz-target"] == "DynamoDB_20120810.GetItem"
    assert first.headers["host"] == "127.0.0.1:1"
    assert first.headers["authorization"].startswith("AWS4-HMAC-SHA256 Credential=test/")
    assert first.headers["user-agent"].startswith("Botocore/")
    assert first.body == b'{"TableName":"t","Key":{"pk":{"S":"a"},"sk":{"S":"b"}}}'


def test_a_call_that_breaks_off_is_made_again_with_one_token(client: Any, sent: list[Any]) -> None:
    put = {"Put": {"TableName": "t", "Item": KEY}}
    with pytest.raises(ConnectionClosedError):
        client.transact_write_items(TransactItems=[put])

    assert len(sent) == 4
    assert b"ClientRequestToken" in sent[0].body
    assert len({each.body for each in sent}) == 1


def test_a_call_is_not_made_after_the_deadline(client: Any, sent: list[Any]) -> None:
    with deadline.within(0), pytest.raises(DeadlineExceeded):
        client.get_item(TableName="t", Key=KEY)

    assert sent == []


def test_no_call_is_made_without_credentials(client: Any, sent: list[Any]) -> None:
    client._request_signer._credentials = None

    with pytest.raises(NoCredentialsError):
        client.get_item(TableName="t", Key=KEY)

    assert sent == []


def test_all_other_calls_take_the_sdks_way(client: Any, sent: list[Any]) -> None:
    with pytest.raises(ConnectionClosedError):
        client.describe_table(TableName="t")

    assert sent[0].headers["X-Amz-Target"] == b"DynamoDB_20120810.DescribeTable"


def test_behind_a_proxy_all_calls_take_the_sdks_way(
    sent: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:2")
    monkeypatch.setenv("no_proxy", "")

    assert connect("http://127.0.0.1:1").dynamodb._item_caller is None  # type: ignore[attr-defined]
