"""`rollcall verify`, as an operator types it."""

from __future__ import annotations

import json
import re

import pytest

from rollcall.model.actor import Actor
from rollcall.scim.resource_type import Kind
from rollcall.storage.keys import Keys
from rollcall.storage.large_change_items import LargeChangeItems, MemberChanges
from tests.command import rollcall
from tests.conftest import Server, Tenant
from tests.storage import consistency
from tests.storage.former import stored_before

FAULTS = {
    "acme#LOOKUP#externalId#gone User#x of x is left over",
    "acme#USERNAME#ada CLAIM of ada is missing",
    "acme#USERNAME#gone CLAIM of x is left over",
    "bob is a member of sales, and it has one side only",
    "the group sales waits for the change lost, which is not there",
}
NO_SWEEP = "9999-01-01T00:00:00.000Z"
"""When a change is begun that the server's own sweep is to leave alone."""

_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
STRANGE = "acme#WHAT EVER is no item that is known here"


@pytest.fixture
def name(server: Server, tenant: Tenant) -> str:
    """A tenant with ada, bob and the group sales, in which they are."""
    own = server.services.directory(tenant.name)
    for each in ("ada", "bob"):
        own.users.create({"userName": each}, each)
    members = [{"value": "ada"}, {"value": "bob"}]
    own.groups.create({"displayName": "sales", "members": members}, "sales")
    return tenant.name


def spoil(server: Server, name: str) -> None:
    """Make what FAULTS names, and a change that is begun."""
    keys, table = Keys(name), server.services.table
    group = table.get(keys.document(Kind.GROUP, "sales"))
    assert group is not None
    table.put(keys.document(Kind.GROUP, "sales"), {**group, "pending": "lost"})
    table.delete([keys.membership(Kind.USER, "bob", "sales")])
    table.delete([{"pk": f"{name}#USERNAME#ada", "sk": "CLAIM"}])
    table.put({"pk": f"{name}#USERNAME#gone", "sk": "CLAIM"}, {"id": "x"})
    table.put({"pk": f"{name}#LOOKUP#externalId#gone", "sk": "User#x"}, {})
    LargeChangeItems(table, name).write(
        "sales", MemberChanges({}, {"ada": Kind.USER}), Actor(), NO_SWEEP
    )


def named(sentences: list[str], name: str) -> set[str]:
    """Return what is said, of a tenant called acme; changes are named anew each time."""
    plain = {_ID.sub("an id", each.replace(name, "acme", 1)) for each in sentences}
    return {"a change is begun" if "JOURNAL#" in each else each for each in plain}


def test_a_tenant_that_agrees_is_said_to(server: Server, name: str) -> None:
    answer = rollcall(server.state, "verify", name)

    assert answer.returncode == 0
    assert answer.stdout == f"All that is stored of {name} agrees.\n"
    assert json.loads(rollcall(server.state, "verify", name, "--json").stdout) == {
        "tenant": name, "faults": [], "mended": [],
    }  # fmt: skip


def test_what_does_not_agree_is_named_and_left_until_it_is_to_be_mended(
    server: Server, name: str
) -> None:
    spoil(server, name)

    told = rollcall(server.state, "verify", name)
    listed = rollcall(server.state, "verify", name, "--json")
    mended = rollcall(server.state, "verify", name, "--repair")

    expected = FAULTS | {"a change is begun"}
    assert (told.returncode, listed.returncode) == (1, 1)
    assert named(told.stdout.splitlines(), name) == expected
    assert "6 of what is stored" in told.stderr
    assert named(json.loads(listed.stdout)["faults"], name) == expected
    assert mended.returncode == 0
    said = [each.removeprefix("mended: ") for each in mended.stdout.splitlines()]
    assert named(said, name) == expected
    consistency.check(server.services, name)
    assert rollcall(server.state, "verify", name).returncode == 0


def test_what_cannot_be_mended_for_sure_is_left_for_people(server: Server, name: str) -> None:
    server.services.table.put({"pk": f"{name}#WHAT", "sk": "EVER"}, {})
    server.services.table.delete([{"pk": f"{name}#USERNAME#ada", "sk": "CLAIM"}])

    answer = rollcall(server.state, "verify", name, "--repair", "--json")

    assert answer.returncode == 1
    said = json.loads(answer.stdout)
    assert named(said["faults"], name) == {STRANGE}
    assert named(said["mended"], name) == {"acme#USERNAME#ada CLAIM of ada is missing"}


def test_a_tenant_that_is_not_there_is_refused(server: Server) -> None:
    answer = rollcall(server.state, "verify", "nobody")

    assert answer.returncode == 2
    assert "nobody" in answer.stderr


def test_names_of_an_earlier_release_are_moved_once_and_for_all(server: Server, name: str) -> None:
    services = server.services
    services.tenants.change(name, lambda content: {**content, "nameKeys": 1})
    for kind, spelled in ((Kind.USER, "Eve "), (Kind.GROUP, "Two  Blanks")):
        stored_before(services, kind, spelled, name)
    services.directory(name).users.create({"userName": "Claimed twice "}, "twice")

    told = rollcall(server.state, "verify", name)
    assert told.returncode == 1
    assert named(told.stdout.splitlines(), name) == {
        "acme#USERNAME#eve  CLAIM of an id is under the key of an earlier release",
        "acme#GROUPNAME#two  blanks CLAIM of an id is under the key of an earlier release",
    }
    assert not services.tenants.show(name).moved

    mended = rollcall(server.state, "verify", name, "--repair")
    assert mended.returncode == 0
    assert "all names of" in mended.stdout
    assert "claimed twice  CLAIM of twice is left over" in mended.stdout
    assert services.tenants.show(name).moved
    assert (
        rollcall(server.state, "verify", name).stdout == f"All that is stored of {name} agrees.\n"
    )
    consistency.check(services, name, moved=True)


def test_two_names_that_are_one_by_now_are_for_people_and_keep_a_tenant_from_being_moved(
    server: Server, name: str
) -> None:
    services = server.services
    services.tenants.change(name, lambda content: {**content, "nameKeys": 1})
    other = stored_before(services, Kind.USER, "ada ", name)

    answer = rollcall(server.state, "verify", name, "--repair")

    assert answer.returncode == 1
    assert answer.stdout.splitlines()[-1] == (
        f"User ada and {other} have one name: {name}#USERNAME#ada"
    )
    assert not services.tenants.show(name).moved
    services.directory(name).users.delete(other)
    assert rollcall(server.state, "verify", name, "--repair").returncode == 0
    assert services.tenants.show(name).moved


def test_a_tenant_is_born_with_its_names_moved(server: Server, name: str) -> None:
    assert server.services.tenants.show(name).moved
