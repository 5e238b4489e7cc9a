"""The erasure of a person, and a search of everything that the stack holds for what is left."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from rehearsal.rows import expect
from rehearsal.stack import Stack
from rehearsal.tenant import Tenant

WORD = "kay@acme.example"
"""The address of both accounts of the person whom the duplicate report names."""

_WHY = ("--force", "--yes", "--reason", "the rehearsal of an erasure")


def check_erasure(stack: Stack, tenant: Tenant) -> str:
    """Erase both accounts of the person, and look for the person everywhere."""
    accounts = stack.json("person", "find", tenant.name, WORD)
    expect(len(accounts), 2, "the accounts with the address")
    before = [place for place, text in _texts(stack) if WORD in text.casefold()]
    expect(any("report" in place.casefold() for place in before), True, "a report that names it")
    for account in accounts:
        stack.rollcall("person", "erase", tenant.name, account["id"], *_WHY)
        expect(tenant.status("GET", f"/Users/{account['id']}"), 404, "the account by its id")
    searched = list(_texts(stack))
    expect([place for place, text in searched if WORD in text.casefold()], [], "what names it")
    expect(stack.json("person", "find", tenant.name, WORD), [], "who has, or had, the address")
    return f"named in {len(before)} places before, in none of {len(searched)} after"


def _texts(stack: Stack) -> Iterator[tuple[str, str]]:
    """Yield all items, objects, secrets, waiting messages and log events, and where each is."""
    resources, cloud = stack.resources(), stack.cloud
    for name in ("Table", "ErasureTable"):
        items = _pages(cloud.client("dynamodb"), "scan", "Items", TableName=resources[name])
        yield from ((name, json.dumps(item, default=str)) for item in items)
    s3 = cloud.client("s3")
    for name in ("ReportBucket", "UnpublishedBucket"):
        for each in _pages(s3, "list_objects_v2", "Contents", Bucket=resources[name]):
            body = s3.get_object(Bucket=resources[name], Key=each["Key"])["Body"].read()
            yield f"{name} {each['Key']}", body.decode(errors="replace")
    secrets = cloud.client("secretsmanager")
    for each in _pages(secrets, "list_secrets", "SecretList"):
        yield each["Name"], secrets.get_secret_value(SecretId=each["ARN"])["SecretString"]
    sqs = cloud.client("sqs")
    for url in _pages(sqs, "list_queues", "QueueUrls"):
        waiting = sqs.receive_message(QueueUrl=url, VisibilityTimeout=0, MaxNumberOfMessages=10)
        yield from ((url, each["Body"]) for each in waiting.get("Messages", ()))
    logs = cloud.client("logs")
    for group in _pages(logs, "describe_log_groups", "logGroups"):
        name = group["logGroupName"]
        for event in _pages(logs, "filter_log_events", "events", logGroupName=name):
            yield name, event["message"]


def _pages(client: Any, call: str, member: str, **parameters: str) -> Iterator[Any]:
    for page in client.get_paginator(call).paginate(**parameters):
        yield from page.get(member, ())
