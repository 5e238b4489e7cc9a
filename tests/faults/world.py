"""A tenant whose state can be set back, and is compared as clients see it and as it is stored."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from rollcall.aws.retry import Retry
from rollcall.directory.context import Clock, Context, present
from rollcall.directory.directory import Directory
from rollcall.directory.sweep import Sweep
from rollcall.runtime.services import Services
from rollcall.storage import large_change_items
from rollcall.storage.table import Table
from tests.directory.people import URL, members_of
from tests.storage import consistency
from tests.storage.faults import Time

TENANT = "acme"
NESTED = "inner"
"""A group without members."""

BATCH = 25

State = Mapping[str, Any]
"""What there is, by userName or displayName: ids of what was created differ from run to run."""


@dataclass
class World:
    """A table with one tenant in it, and the limits that requests meet there."""

    services: Services
    max_actions: int = 100
    page_items: int | None = None
    _kept: dict[tuple[str, str], Any] = field(default_factory=dict)

    @property
    def client(self) -> Any:
        """The client that all requests go through."""
        return self.services.clients.dynamodb

    def directory(self, clock: Clock = present) -> Directory:
        """Return the directory as another process has it, with patience that takes no time.

        Each pause passes a second, so that a request takes the same calls whenever it is made.
        """
        time = Time()
        patience = Retry(clock=time.clock, sleep=lambda _: time.sleep(1.0))
        table = Table(
            self.services.clients.dynamodb,
            self.services.table.name,
            patience,
            self.max_actions,
            self.page_items,
        )
        return Directory(Context(table, TENANT, URL, clock=clock))

    def sweep(self) -> None:
        """Go on, an hour later, with what is unfinished."""
        later = datetime.now(UTC) + timedelta(hours=1)

        def clock() -> datetime:
            return later

        for _ in Sweep(self.services.table, lambda _: self.directory(clock), clock).run():
            pass

    def settle(self) -> None:
        """Sweep where something is unfinished; it has to be finished by that."""
        if list(large_change_items.unfinished_changes(self.services.table, "9")):
            self.sweep()
            assert list(large_change_items.unfinished_changes(self.services.table, "9")) == []

    def keep(self) -> None:
        """Remember all items, to be set back to."""
        self._kept = dict(self._items())

    def set_back(self) -> None:
        """Make the items again what they were."""
        present = dict(self._items())
        requests: list[Any] = [
            {"DeleteRequest": {"Key": {"pk": item["pk"], "sk": item["sk"]}}}
            for place, item in present.items()
            if place not in self._kept
        ]
        requests += [
            {"PutRequest": {"Item": item}}
            for place, item in self._kept.items()
            if present.get(place) != item
        ]
        for at in range(0, len(requests), BATCH):
            self.client.batch_write_item(
                RequestItems={self.services.table.name: requests[at : at + BATCH]}
            )

    def seen(self) -> State:
        """Return what clients see of documents and members.

        Not what may lag behind a change that is larger than a transaction: versions, and the groups
        of users.
        """
        found, directory = _Found(consistency.items(self.services, TENANT)), self.directory()
        return {
            name: (document, found.named(members_of(directory, identifier)) if is_group else None)
            for identifier, (name, document, is_group, _) in found.resources.items()
            if name != NESTED
        }

    def stored(self, *, finished: bool = True) -> State:
        """Return what is stored: documents, versions, members and groups, what users got.

        When all is `finished` it has to agree.
        """
        items = consistency.items(self.services, TENANT)
        assert not finished or list(consistency.faults(items, TENANT)) == []
        found = _Found(items)
        return {
            name: (
                document,
                version,
                found.named(found.beside[identifier]),
                found.access.get(identifier),
            )
            for identifier, (name, document, _, version) in found.resources.items()
        }

    def _items(self) -> Iterator[tuple[tuple[str, str], Any]]:
        pages = self.client.get_paginator("scan").paginate(
            TableName=self.services.table.name, ConsistentRead=True
        )
        for page in pages:
            for item in page["Items"]:
                yield (item["pk"]["S"], item["sk"]["S"]), item


class _Found:
    """The living resources among items: name, document, whether it is a group, and version by id.

    `beside` are the members of groups and the groups of users, `access` what users may do, by id.
    """

    def __init__(self, items: Mapping[tuple[str, str], Any]) -> None:
        self.resources: dict[str, tuple[str, Any, bool, int]] = {}
        self.beside: dict[str, set[str]] = defaultdict(set)
        self.access: dict[str, Any] = {}
        for (pk, sk), item in items.items():
            kind, _, identifier = pk.partition("#")
            if sk == "DOCUMENT" and "document" in item:
                document = json.loads(item["document"])
                name = document.get("userName") or document["displayName"]
                self.access[identifier] = item.get("access")
                self.resources[identifier] = name, document, kind == "GROUP", int(item["version"])
            elif sk.startswith(("MEMBER#", "GROUP#")) and "ended" not in item:
                self.beside[identifier].add(sk.partition("#")[2])

        self.access = {each: self._comparable(access) for each, access in self.access.items()}

    def _comparable(self, access: Any) -> Any:
        """Return access without what differs from run to run: times, and ids of groups."""
        if not access or "following" not in access:
            return access
        following = {
            self.resources[group][0] if group in self.resources else group: {
                name: {**grant, "at": "", "revoked": dict.fromkeys(grant.get("revoked", ()), "")}
                for name, grant in grants.items()
            }
            for group, grants in access["following"].items()
        }
        return {**access, "following": following}

    def named(self, identifiers: set[str]) -> set[str]:
        """Return the names behind ids; of what does not live, the ids."""
        return {self.resources[each][0] if each in self.resources else each for each in identifiers}
