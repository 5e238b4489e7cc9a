"""A filter in Entra ID leaves out 60 of 100 people: told, undone by one command, quiet after it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from demo.entra import Cycle, Job, Source, User
from rollcall.runtime.brake_watch import disable_watch
from rollcall.runtime.json_log import logger
from tests.changes.streamed import Streamed, handed_over
from tests.command import rollcall
from tests.conftest import Server
from tests.storage import consistency

PEOPLE = 100
OUT = 60
ENOUGH = PEOPLE // 5
"""One more than so many is told."""


class Customer:
    """A customer with Entra ID, the stream of its changes, and an operator with the command."""

    def __init__(self, streamed: Streamed, api: httpx.Client, state: Path) -> None:
        settings = streamed.services.settings
        self.environment = {
            "ROLLCALL_TABLE": settings.table,
            "ROLLCALL_SECRETS": settings.secrets,
            "AWS_ENDPOINT_URL": str(settings.endpoint_url),
        }
        self.state, self.streamed, self.api = state, streamed, api
        self.source = Source()
        self.people = [person(number) for number in range(PEOPLE)]
        self.source.add(*self.people)
        self.job = Job(self.source, api)
        self.messages: list[dict[str, Any]] = []
        self._seen = 0

    def changes(self) -> list[dict[str, Any]]:
        """Return the records of the stream since the last time."""
        records = self.streamed.records()
        fresh, self._seen = records[self._seen :], len(records)
        return [handed_over(each) for each in fresh]

    def watch(self, records: list[dict[str, Any]]) -> None:
        disable_watch(self.streamed.services, logger()).look(records)

    def says(self, *words: str) -> str:
        done = rollcall(self.state, "brake", *words, **self.environment)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def active(self) -> int:
        found = self.api.get("/Users", params={"filter": "active eq true", "count": 1}).json()
        return int(found["totalResults"])


def person(number: int) -> User:
    name = f"user{number:03d}"
    return User(
        str(UUID(int=number + 1, version=4)), f"{name}@contoso.example", name, display_name=name
    )


@pytest.fixture
def customer(
    server: Server, streamed: Streamed, api: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Customer]:
    made = Customer(streamed, api, server.state)
    events = streamed.services.channels.sns.meta.events

    def note(params: dict[str, Any], **_: Any) -> None:
        made.messages.append(json.loads(json.loads(params["Message"])["default"]))

    events.register("before-parameter-build.sns.Publish", note)
    yield made
    events.unregister("before-parameter-build.sns.Publish", note)


def sent(cycle: Cycle) -> list[str]:
    """Return what a cycle wrote."""
    return [each.method for each in cycle.exchanges if each.method != "GET"]


def disables(record: dict[str, Any]) -> bool:
    images = [record["dynamodb"].get(name, {}) for name in ("OldImage", "NewImage")]
    before, after = ('"active":false' in each.get("document", {"S": ""})["S"] for each in images)
    return bool(images[0]) and after and not before


def test_a_filter_that_disables_sixty_of_a_hundred_is_told_and_undone_by_one_command(
    customer: Customer,
) -> None:
    assert customer.job.run().good
    customer.watch(customer.changes())

    left_out = [each.object_id for each in customer.people[:OUT]]
    customer.source.unassign(*left_out)
    assert sent(customer.job.run()) == ["PATCH"] * OUT
    assert customer.active() == PEOPLE - OUT

    records = customer.changes()
    numbers = [number for number, record in enumerate(records, 1) if disables(record)]
    assert len(numbers) == OUT
    customer.watch(records[: numbers[ENOUGH - 1]])
    assert customer.messages == []
    customer.watch(records[: numbers[ENOUGH]])  # the stream hands a batch over after a second
    customer.watch(records)
    (message,) = customer.messages
    assert (message["tenant"], message["disabled"], message["linked"]) == ("acme", 21, 100)

    shown = customer.says("show", "acme")
    assert "user059@contoso.example" in shown
    assert "Prevent accidental deletions" in shown
    assert "user060@contoso.example" not in shown
    assert "60 accounts would be enabled." in customer.says(
        "enable", "acme", "--wave", "1", "--dry-run"
    )
    assert customer.active() == PEOPLE - OUT
    assert "60 accounts enabled." in customer.says("enable", "acme", "--wave", "1")
    assert customer.active() == PEOPLE

    assert sent(customer.job.run()) == []  # nothing has changed in Entra ID, so nothing is sent
    assert customer.active() == PEOPLE

    customer.source.change(left_out[0], display_name="Ada")  # out of scope still: out again
    assert sent(customer.job.run()) == ["PATCH"]
    assert customer.active() == PEOPLE - 1
    customer.source.assign(*left_out)  # the filter is corrected: one is enabled, 59 are as they are
    assert sent(customer.job.run()) == ["PATCH"]
    assert customer.active() == PEOPLE

    customer.watch(customer.changes())
    assert len(customer.messages) == 1
    assert consistency.verified(customer.streamed.services, "acme") == []
