"""DynamoDB's answers, read as JSON: the same as the SDK reads with its shapes."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import boto3
import pytest

from rollcall.aws.clients import connect
from rollcall.aws.response_parser import PlainParser
from rollcall.runtime.services import Services

KEY: dict[str, Any] = {"pk": {"S": "a"}, "sk": {"S": "b"}}
ITEM: dict[str, Any] = {
    **KEY,
    "gsi_pk": {"S": "list"},
    "gsi_sk": {"S": "b"},
    "number": {"N": "1.50"},
    "map": {"M": {"yes": {"BOOL": True}, "none": {"NULL": True}}},
    "list": {"L": [{"S": ""}, {"S": "é\U0001f600"}]},
}


@pytest.fixture
def pair(services: Services, dynamodb_url: str | None) -> list[Any]:
    """The client of Rollcall, and an unmodified one of the same table."""
    if dynamodb_url is None:
        pytest.skip("there is no DynamoDB engine for this machine")
    services.clients.dynamodb.put_item(TableName=services.table.name, Item=ITEM)
    session = boto3.session.Session("test", "test", region_name="us-east-1")
    return [connect(dynamodb_url).dynamodb, session.client("dynamodb", endpoint_url=dynamodb_url)]


@pytest.mark.parametrize(
    ("call", "arguments"),
    [
        ("get_item", {"Key": KEY}),
        ("get_item", {"Key": {**KEY, "sk": {"S": "none"}}}),
        (
            "query",
            {
                "KeyConditionExpression": "pk = :pk",
                "ExpressionAttributeValues": {":pk": {"S": "a"}},
                "Limit": 1,
            },
        ),
        (
            "query",
            {
                "IndexName": "index",
                "KeyConditionExpression": "gsi_pk = :pk",
                "ExpressionAttributeValues": {":pk": {"S": "list"}},
            },
        ),
        ("scan", {}),
        (
            "update_item",
            {
                "Key": KEY,
                "UpdateExpression": "SET touched = :one",
                "ExpressionAttributeValues": {":one": {"N": "1"}},
                "ReturnValues": "ALL_NEW",
            },
        ),
        ("describe_table", {}),
    ],
    ids=["item", "no item", "query", "index", "scan", "update", "table"],
)
def test_answers_are_the_same(
    call: str, arguments: dict[str, Any], pair: list[Any], services: Services
) -> None:
    answers = [getattr(client, call)(TableName=services.table.name, **arguments) for client in pair]
    for each in answers:
        del each["ResponseMetadata"]

    assert answers[0] == answers[1]


def test_refusals_are_the_same(pair: list[Any], services: Services) -> None:
    put = {
        "TableName": services.table.name,
        "Item": KEY,
        "ConditionExpression": "attribute_not_exists(pk)",
    }
    errors = []
    for client in pair:
        with pytest.raises(client.exceptions.TransactionCanceledException) as raised:
            client.transact_write_items(TransactItems=[{"Put": put}])
        errors.append(
            (raised.value.response["Error"], raised.value.response["CancellationReasons"])
        )

    assert errors[0] == errors[1]


def test_an_answer_that_is_no_json_is_not_an_empty_one() -> None:
    shape: Any = SimpleNamespace(name="GetItemOutput", event_stream_name=None)

    with pytest.raises(ValueError, match="Expecting value"):
        PlainParser().parse({"status_code": 200, "headers": {}, "body": b"<html>"}, shape)
