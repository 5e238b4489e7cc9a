"""What each request costs: calls of DynamoDB, and the units that it says they take.

The figures are exact, so that a call or a unit that is added fails here. What is counted of a
tenant's usage from time to time, by UpdateItem, is no part of a request.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from rollcall.runtime.services import Services
from tests.directory.people import patch
from tests.http.api import Api
from tests.storage.faults import registered

_READING = {"GetItem", "BatchGetItem", "Query"}
PAGE, PEOPLE = 20, 45


@dataclass
class Spent:
    """Calls in their order, read units and write units."""

    calls: list[str] = field(default_factory=list)
    reads: float = 0
    writes: float = 0

    @property
    def whole(self) -> tuple[str, float, float]:
        """The calls as a text, and the units."""
        return " ".join(self.calls), self.reads, self.writes


@contextmanager
def metered(client: Any) -> Iterator[Spent]:
    """Yield what the calls of a client take meanwhile, as DynamoDB says it."""
    spent = Spent()

    def ask(params: dict[str, Any], **_: Any) -> None:
        params["ReturnConsumedCapacity"] = "TOTAL"

    def answer(model: Any, parsed: dict[str, Any], **_: Any) -> None:
        if model.name == "UpdateItem":
            return
        consumed = parsed.get("ConsumedCapacity", [])
        units = sum(
            each["CapacityUnits"] for each in (consumed if type(consumed) is list else [consumed])
        )
        spent.calls.append(model.name)
        if model.name in _READING:
            spent.reads += units
        else:
            spent.writes += units

    with ExitStack() as hooks:
        hooks.enter_context(registered(client, "before-parameter-build.dynamodb", ask))
        hooks.enter_context(registered(client, "after-call.dynamodb", answer))
        yield spent


class People:
    """A tenant with some users, all of them members of one group, but for the last one."""

    def __init__(self, services: Services) -> None:
        self.api, self._services = Api(services), services
        self.users = [
            self.api.user(
                userName=f"user{each}@x.test",
                externalId=f"e{each}",
                title="Engineer",
                emails=[{"type": "work", "value": f"mail{each}@x.test", "primary": True}],
            )["id"]
            for each in range(PEOPLE)
        ]
        members = [{"value": each} for each in self.users[:-1]]
        made = self.api.send("POST", "/Groups", json={"displayName": "All", "members": members})
        self.group = made.json()["id"]

    def spent(
        self, method: str, path: str, body: Any = None, **query: str
    ) -> tuple[str, float, float]:
        """Send a request; return what it took."""
        names = {"user": self.users[0], "group": self.group, "last": self.users[-1]}
        text = {key: value.format(**names) for key, value in query.items()}
        with metered(self._services.clients.dynamodb) as spent:
            answer = self.api.send(method, path.format(**names), json=body, params=text)
        assert answer.status_code < 300, answer.text
        return spent.whole


@pytest.fixture
def people(services: Services, dynamodb_url: str | None) -> People:
    if dynamodb_url is None:
        pytest.skip("there is no DynamoDB engine for this machine")
    return People(services)


def test_reads_cost_what_they_cost(people: People) -> None:
    def find(text: str, path: str = "/Users", **more: str) -> tuple[str, float, float]:
        return people.spent("GET", path, filter=text, **more)

    member = 'id eq "{group}" and members eq "{user}"'

    assert {
        "Test Connection": find('userName eq "nobody"'),
        "GET user": people.spent("GET", "/Users/{user}"),
        "userName": find('userName eq "user1@x.test"'),
        "externalId": find('externalId eq "e1"'),
        "e-mail": find('emails.value eq "mail1@x.test"'),
        "not indexed": find('title co "nothing"'),
        "list": people.spent("GET", "/Users", count=str(PAGE)),
        "list, far": people.spent("GET", "/Users", count=str(PAGE), startIndex="26"),
        "group": people.spent("GET", "/Groups/{group}", excludedAttributes="members"),
        "group with members": people.spent("GET", "/Groups/{group}"),
        "membership": find(member, "/Groups", attributes="id"),
    } == {
        "Test Connection": ("GetItem PutItem", 1, 1),
        "GET user": ("Query", 1, 0),
        "userName": ("GetItem BatchGetItem", 2, 0),
        "externalId": ("Query BatchGetItem", 2, 0),
        "e-mail": ("Query BatchGetItem", 2, 0),
        "not indexed": ("Query BatchGetItem PutItem", 46, 1),
        "list": ("Query Query BatchGetItem PutItem", 22, 1),
        "list, far": ("GetItem Query Query BatchGetItem PutItem", 23, 1),
        "group": ("GetItem", 1, 0),
        "group with members": ("Query Query GetItem", 4, 0),
        "membership": ("BatchGetItem BatchGetItem", 3, 0),
    }


def test_writes_cost_what_they_cost(people: People) -> None:
    def change(path: str, *operation: Any) -> tuple[str, float, float]:
        return people.spent("PATCH", path, patch(operation))

    last, mail = people.users[-1], 'emails[type eq "work"].value'
    member = f'members[value eq "{last}"]'
    bulk = [
        {"method": "POST", "path": "/Users", "bulkId": each, "data": {"userName": f"{each}@x.test"}}
        for each in ("a", "b")
    ]

    assert {
        "POST user": people.spent("POST", "/Users", {"userName": "new@x.test", "title": "Chief"}),
        "POST user with externalId": people.spent(
            "POST", "/Users", {"userName": "other@x.test", "externalId": "e99"}
        ),
        "PATCH active": change("/Users/{user}", "replace", "active", False),
        "PATCH a value path": change("/Users/{user}", "replace", mail, "other@x.test"),
        "PATCH nothing": change("/Users/{user}", "replace", "active", False),
        "add a member": change("/Groups/{group}", "add", "members", [{"value": last}]),
        "remove a member": change("/Groups/{group}", "remove", member, None),
        "bulk of two": people.spent("POST", "/Bulk", {"Operations": bulk}),
        "DELETE user": people.spent("DELETE", "/Users/{last}"),
        "DELETE a member": people.spent("DELETE", "/Users/{user}"),
    } == {
        "POST user": ("GetItem TransactWriteItems", 1, 14),
        "POST user with externalId": ("Query GetItem TransactWriteItems", 2, 16),
        "PATCH active": ("Query TransactWriteItems", 1, 9),
        "PATCH a value path": ("Query TransactWriteItems", 1, 12),
        "PATCH nothing": ("Query PutItem", 1, 1),
        "add a member": ("BatchGetItem TransactWriteItems", 4, 14),
        "remove a member": ("BatchGetItem TransactWriteItems", 4, 14),
        "bulk of two": ("GetItem TransactWriteItems GetItem TransactWriteItems", 2, 28),
        "DELETE user": ("Query Query TransactWriteItems", 2, 29),
        "DELETE a member": ("Query Query BatchGetItem TransactWriteItems", 5, 40),
    }
