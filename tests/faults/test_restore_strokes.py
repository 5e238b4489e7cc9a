"""A restore, struck at every call: repeated, it comes to the same end, and nobody gets in before.

Every call is struck in one of the four ways, in turn: what an end before a call leaves behind is
what an end after the call before it does. Where it should not take minutes, few of them are.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from typing import Any

import pytest

from rollcall.operations import table_restore
from rollcall.scim.errors import Unavailable
from rollcall.storage.document_item import is_tombstone
from rollcall.templates.template import Template
from tests import dynamodb
from tests.conftest import Server
from tests.directory.people import group, patch, setting, user
from tests.faults.strokes import STROKES, Ended
from tests.long import LONG
from tests.operations.drill import TENANT, Drill, deployment
from tests.operations.operators import Templates, finished
from tests.storage import consistency
from tests.tenants.conftest import Clock, without_waits

pytestmark = pytest.mark.faults

STEP = {"dynamodb": 13, "secretsmanager": 3}
"""How many calls it is from one that is struck to the next."""


class SmallDrill(Drill):
    """The same with four people and one group."""

    def fill(self) -> None:
        Templates(self.operator, TENANT).set([Template("everybody", areas={"wiki": "read"})])
        for name in ("ann", "bob", "carl", "dora"):
            emails = [{"value": f"{name}@x.test"}]
            self.ids[name] = user(self.directory, f"{name}@x.test", emails=emails)
        self.ids["Staff"] = group(self.directory, "Staff", self.ids["ann"], self.ids["bob"])

    def shut_out(self) -> None:
        self.directory.users.delete(self.ids["bob"])
        self.directory.users.patch(self.ids["carl"], patch(("replace", "active", False)))

    def damage(self) -> None:
        self.directory.users.patch(self.ids["ann"], patch(("replace", "title", "wrong")))
        self.directory.groups.patch(self.ids["Staff"], setting(self.ids["dora"]))
        self._swap_names("ann", "dora")
        self.ids["new"] = user(self.directory, "new@x.test")
        self._lose("carl")
        Templates(self.operator, TENANT).set([Template("everybody", areas={"wiki": "manage"})])


@pytest.fixture(scope="module")
def drill(server: Server) -> Iterator[SmallDrill]:
    with deployment(server) as services:
        without_waits(services, Clock())
        drill = SmallDrill(services)
        drill.fill()
        with drill.copied():
            drill.shut_out()
            drill.damage()
            yield drill


def restore(drill: Drill) -> None:
    finished(table_restore.restore(drill.operator, TENANT, drill.how))


def end(drill: Drill) -> dict[Any, Any]:
    """Return what a restore comes to: everything but versions, times, origins and the log."""
    consistency.check(drill.services, TENANT)
    told: dict[Any, Any] = {"state": drill.services.tenants.show(TENANT).state}
    for (pk, sk), item in consistency.items(drill.services, TENANT).items():
        if sk == "DOCUMENT" and is_tombstone(item):
            told[pk] = "deleted"
        elif sk == "DOCUMENT":
            told[pk] = item["document"], item.get("access", {}).get("areas")
        elif sk.startswith("MEMBER#"):
            told[pk, sk] = "member"
    contents = drill.operator.context(TENANT).templates.read().contents
    return told | {"templates": [(each["name"], each["areas"]) for each in contents]}


@pytest.mark.parametrize("service", ["dynamodb", "secretsmanager"])
def test_wherever_it_is_struck_it_comes_to_the_same_end(service: str, drill: SmallDrill) -> None:
    damaged = dynamodb.copied(drill.services)
    restore(drill)
    expected = end(drill)
    client = getattr(drill.services.clients, service)
    struck = 0

    for number in count(1, 1 if LONG else STEP[service]):
        stroke = STROKES[number % len(STROKES)]
        _put_back(drill, damaged)
        with stroke.at(client, number) as calls, suppress(Ended, Unavailable):
            restore(drill)
        if not calls.came:
            break
        struck += 1

        restore(drill)

        assert end(drill) == expected, f"{stroke} at call {number} of {service}"
    _put_back(drill, damaged)
    fewest = 30 if LONG and service == "dynamodb" else 2
    assert struck > fewest


def _put_back(drill: Drill, items: list[dict[str, Any]]) -> None:
    """Put the table back to what it was after the damage."""
    table = drill.services.table
    table.delete({"pk": each["pk"], "sk": each["sk"]} for each in list(table.scan()))
    dynamodb.paste(drill.services, items)
