"""Users in large numbers: one is created, and its items are copied under other ids and names.

A hundred thousand requests would take half an hour. The copies are the items that Rollcall itself
has written, with the entries of all indexes; the log has no lines of them.
"""

from __future__ import annotations

import json
from contextlib import closing
from http.client import HTTPConnection
from itertools import islice
from typing import Any
from uuid import UUID

from bench.load import Request, Target, send
from bench.population import Population, add_members, checked, ids, populate, post, user
from bench.process import LOOPBACK
from rollcall.runtime.settings import Settings
from rollcall.scim.resource_type import Kind
from rollcall.storage.keys import Keys

_PATTERN = 987_654_321
"""The number of the user that is copied: digits that nothing else has."""

_BATCH = 25
"""The items in one call of BatchWriteItem, at most."""


class Database:
    """A DynamoDB on loopback, called without the SDK, which would take most of the time."""

    def __init__(self, port: int) -> None:
        self._http = HTTPConnection(LOOPBACK, port, timeout=60)
        self._table = Settings().table

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def items(self) -> list[dict[str, Any]]:
        """Return all items of the table, which is small."""
        found: list[dict[str, Any]] = self._call("Scan", {"TableName": self._table})["Items"]
        return found

    def write(self, items: list[str]) -> None:
        """Write items, each as JSON; at most 25."""
        puts = ",".join(f'{{"PutRequest":{{"Item":{item}}}}}' for item in items)
        left = self._call(
            "BatchWriteItem", f'{{"RequestItems":{{{json.dumps(self._table)}:[{puts}]}}}}'
        )["UnprocessedItems"]
        if left:
            raise OSError("the database did not take all items")

    def _call(self, operation: str, body: Any) -> Any:
        content = body if isinstance(body, str) else json.dumps(body)
        headers = {
            "X-Amz-Target": f"DynamoDB_20120810.{operation}",
            "Content-Type": "application/x-amz-json-1.0",
            # It asks for a signature, and does not check it.
            "X-Amz-Date": "20260101T000000Z",
            "Authorization": "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/dynamodb/"
            "aws4_request, SignedHeaders=host, Signature=0",
        }
        self._http.request("POST", "/", content.encode(), headers)
        answer = self._http.getresponse()
        said = answer.read()
        if answer.status != 200:
            raise OSError(f"{operation}: {said[:200].decode(errors='replace')}")
        return json.loads(said)


def copies(target: Target, port: int, tenant: str, name: str, size: int) -> Population:
    """Fill a tenant whose database is at a port with so many users, and a group of them all."""
    people = populate(target, name, 1, 1)
    (pattern,) = ids(send(target, [post("/Users", user(name, _PATTERN))]).answers)
    checked(send(target, [add_members(people.group, [pattern])]).answers)
    with closing(Database(port)) as database:
        # The log's lines expire, and are not copied.
        items = [
            text
            for item in database.items()
            if "expires" not in item and pattern in (text := json.dumps(item))
        ]
        checked(send(target, [Request("DELETE", f"/Users/{pattern}")]).answers)
        counts = Keys(tenant).counts(Kind.USER)
        count = next(item for item in database.items() if item["pk"]["S"] == counts)
        count["amount"] = {"N": str(int(count["amount"]["N"]) + size - 1)}
        people.users += [str(UUID(int=number, version=4)) for number in range(1, size)]
        written = (
            text.replace(pattern, people.users[number]).replace(str(_PATTERN), str(number))
            for number in range(1, size)
            for text in items
        )
        for batch in iter(lambda: list(islice(written, _BATCH)), []):
            database.write(batch)
        database.write([json.dumps(count)])
    return people
