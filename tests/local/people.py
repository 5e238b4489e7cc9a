"""A table and the clients for what an emulator should keep."""

import boto3
from mypy_boto3_dynamodb import DynamoDBClient
from mypy_boto3_secretsmanager import SecretsManagerClient


def dynamodb(url: str) -> DynamoDBClient:
    return boto3.client(
        "dynamodb",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


def secrets_manager(url: str) -> SecretsManagerClient:
    return boto3.client(
        "secretsmanager",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


def create_table(url: str) -> None:
    dynamodb(url).create_table(
        TableName="people",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "team", "AttributeType": "S"},
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "teams",
                "KeySchema": [{"AttributeName": "team", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
        ],
    )
    dynamodb(url).update_time_to_live(
        TableName="people", TimeToLiveSpecification={"Enabled": True, "AttributeName": "ttl"}
    )
    put(url, "ada")


def put(url: str, name: str) -> None:
    dynamodb(url).put_item(TableName="people", Item={"pk": {"S": name}, "team": {"S": "engines"}})


def people(url: str) -> set[str]:
    found = dynamodb(url).query(
        TableName="people",
        IndexName="teams",
        KeyConditionExpression="team = :team",
        ExpressionAttributeValues={":team": {"S": "engines"}},
    )
    return {item["pk"]["S"] for item in found["Items"]}
