"""What a command asks of AWS, as IAM checks it: an action, an ARN, and the partitions it is for."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

ACCOUNT = "us-east-1:000000000000"

_LEGS = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem"}
_LEGS |= {"ConditionCheck": "ConditionCheckItem", "Get": "GetItem"}
_OBJECTS = {"PUT": "PutObject", "GET": "GetObject", "DELETE": "DeleteObject"}
_EQUAL = re.compile(r"(#?\w+) = (:\w+)")


@dataclass(frozen=True, order=True)
class Asked:
    """An action, the ARN that it is for (* where it is for none), and the leading keys.

    `keys` are the partition keys of the table's call, of the index where it queries an index. A
    scan has none.
    """

    action: str
    resource: str
    keys: tuple[str, ...] = ()


def asked_by(method: str, path: str, target: str, body: bytes) -> Iterator[Asked]:
    """Yield what a request to AWS asks for, each leg of a transaction by itself."""
    service, _, action = target.rpartition(".")
    if service.startswith("DynamoDB"):
        yield from _of_table(action, json.loads(body))
    elif service == "secretsmanager":
        yield from _of_secrets(action, json.loads(body))
    elif service == "AWSEvents":
        for entry in json.loads(body)["Entries"]:
            bus = entry["EventBusName"].rpartition("/")[2]
            yield Asked(f"events:{action}", f"arn:aws:events:{ACCOUNT}:event-bus/{bus}")
    elif b"Action=" in body:
        yield _of_form({name: values[0] for name, values in parse_qs(body.decode()).items()})
    else:
        yield _of_bucket(method, path)


def _of_table(action: str, content: dict[str, Any]) -> Iterator[Asked]:
    if action.startswith("Transact"):
        for leg in content["TransactItems"]:
            for name, inner in leg.items():
                key = inner.get("Item") or inner["Key"]
                yield Asked(f"dynamodb:{_LEGS[name]}", _table(inner), (key["pk"]["S"],))
    elif action.startswith("Batch"):
        for table, inner in content["RequestItems"].items():
            keys = tuple(sorted({key["pk"]["S"] for key in _batched(inner)}))
            yield Asked(f"dynamodb:{action}", _table({"TableName": table}), keys)
    elif action == "Scan":
        yield Asked("dynamodb:Scan", _table(content))
    elif action == "Query":
        index = f"/index/{content['IndexName']}" if "IndexName" in content else ""
        yield Asked("dynamodb:Query", _table(content) + index, (_partition(content),))
    else:
        key = content.get("Item") or content.get("Key")
        keys = (key["pk"]["S"],) if key else ()
        yield Asked(f"dynamodb:{action}", _table(content), keys)


def _batched(inner: Any) -> Iterator[Mapping[str, Any]]:
    """Yield the keys of a batch that is read, or the keys and items of one that is written."""
    if "Keys" in inner:
        yield from inner["Keys"]
        return
    for each in inner:
        for request in each.values():
            yield request.get("Item") or request["Key"]


def _partition(query: dict[str, Any]) -> str:
    """Return the value that a query's partition key is equal to."""
    for name, value in _EQUAL.findall(query["KeyConditionExpression"]):
        if query.get("ExpressionAttributeNames", {}).get(name, name).endswith("pk"):
            return str(query["ExpressionAttributeValues"][value]["S"])
    raise AssertionError(f"no partition in {query['KeyConditionExpression']}")


def _table(content: Mapping[str, Any]) -> str:
    return f"arn:aws:dynamodb:{ACCOUNT}:table/{content['TableName']}"


def _of_secrets(action: str, content: dict[str, Any]) -> Iterator[Asked]:
    """Yield what a call about secrets needs; one about many secrets needs the read of each, too."""
    names = [content[name] for name in ("SecretId", "Name") if name in content]
    if not names:
        yield Asked(f"secretsmanager:{action}", "*")
        names, action = content.get("SecretIdList", []), "GetSecretValue"
    for name in names:
        arn = name if name.startswith("arn:") else _secret(name)
        yield Asked(f"secretsmanager:{action}", arn)


def _secret(name: str) -> str:
    return f"arn:aws:secretsmanager:{ACCOUNT}:secret:{name}-AbCdEf"


def _of_form(form: Mapping[str, str]) -> Asked:
    action = form["Action"]
    if action == "DescribeStacks":
        stack = f"arn:aws:cloudformation:{ACCOUNT}:stack/{form['StackName']}/1"
        return Asked(f"cloudformation:{action}", stack)
    if action == "GetCallerIdentity":
        return Asked(f"sts:{action}", "*")
    return Asked(f"sns:{action.removesuffix('Batch')}", form["TopicArn"])


def _of_bucket(method: str, path: str) -> Asked:
    parts = urlsplit(path)
    name = parts.path.strip("/")
    if "/" not in name:
        batch = method == "POST" and "delete" in parts.query
        return Asked("s3:DeleteObject" if batch else "s3:ListBucket", f"arn:aws:s3:::{name}")
    return Asked(f"s3:{_OBJECTS[method]}", f"arn:aws:s3:::{name}")
