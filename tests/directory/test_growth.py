"""What a membership costs does not depend on the size of the group: calls and units, counted."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from rollcall.directory.directory import Directory
from rollcall.directory.search import Query
from rollcall.scim.projection import Projection
from rollcall.scim.resource_type import Kind
from tests.conftest import Server
from tests.directory.large import filled
from tests.directory.people import URL, adding, patch, removing, user
from tests.storage.units import Cost, metered

pytestmark = pytest.mark.slow


SIZES = (100, 1_000, 10_000, 100_000)

Operation = Callable[[Directory, str, str], object]


def check(directory: Directory, group: str, member: str) -> object:
    text = f'id eq "{group}" and members eq "{member}"'
    without = Projection.of(None, ["members"])
    return directory.search.run([Kind.GROUP], Query(filter=text, projection=without))


OPERATIONS: dict[str, tuple[Operation, tuple[int, float, float]]] = {
    "add": (lambda d, g, m: d.groups.patch(g, adding(m)), (2, 4, 8)),
    "check": (check, (2, 3, 0)),
    "read without members": (lambda d, g, _: d.groups.read(g, members=False), (1, 1, 0)),
    "rename": (lambda d, g, _: d.groups.patch(g, patch(("replace", "displayName", g))), (2, 2, 6)),
    "remove": (lambda d, g, m: d.groups.patch(g, removing(m)), (2, 4, 8)),
}
"""Each with its round trips, read units and write units."""


@pytest.fixture(scope="module")
def costs(server: Server) -> dict[str, list[Cost]]:
    """What each operation costs at each size."""
    tenant = server.tenant()
    directory = server.services.directory(tenant.name, URL)
    ada = user(directory, "ada")
    found: dict[str, list[Cost]] = {name: [] for name in OPERATIONS}
    for size in SIZES:
        group = filled(server.services, tenant.name, directory, f"of {size}", size)
        for name, (operation, _) in OPERATIONS.items():
            with metered(server.services.clients.dynamodb) as cost:
                operation(directory, group, ada)
            found[name].append(cost)
    return found


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_costs_the_same_at_every_size(name: str, costs: dict[str, list[Cost]]) -> None:
    expected = OPERATIONS[name][1]

    assert [each.total for each in costs[name]] == [expected] * len(SIZES)
