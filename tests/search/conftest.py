"""A directory in memory to search in, and how its calls to DynamoDB are counted."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from rollcall.directory.context import Context
from rollcall.directory.groups import Groups
from rollcall.directory.search import Query, Search
from rollcall.directory.users import Users
from rollcall.model.actor import Actor
from rollcall.runtime.services import Services
from rollcall.scim.budget import Budget
from rollcall.scim.resource_type import Kind
from rollcall.storage.table import Table
from tests.directory.people import URL


class Store:
    """A tenant's users, groups and searches, on a clock that goes on with each look at it."""

    def __init__(self, services: Services, tenant: str = "acme", key: bytes = b"k") -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        self.calls: list[str] = []
        table = Table(services.clients.dynamodb, services.table.name)
        self._context = Context(
            table, tenant, URL, actor=Actor(actor="token:token"), key=key, clock=self._tick
        )
        self.users, self.groups = Users(self._context), Groups(self._context)
        self.search = Search(self._context)

    def search_with(self, room: int) -> Search:
        """Return the searches of a request that has so much room."""
        return Search(replace(self._context, budget=Budget(room)))

    def _tick(self) -> datetime:
        self.now += timedelta(milliseconds=1)
        return self.now

    def user(self, user_name: str, /, **attributes: object) -> str:
        return self.users.create({"userName": user_name, **attributes}).record.id

    def names(self, *kinds: Kind, **query: object) -> list[str]:
        found = self.search.run(kinds or [Kind.USER], Query(**query))  # type: ignore[arg-type]
        return [each.get("userName") or each["displayName"] for each in found["Resources"]]


@pytest.fixture
def store(services: Services) -> Store:
    return Store(services)
