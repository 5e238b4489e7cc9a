"""What is kept of a user's access is held against its grants, and mended where they are sure."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from rollcall.aws.attribute_values import encoded
from rollcall.directory.directory import Directory
from rollcall.runtime.services import Services
from rollcall.scim.resource_type import Kind
from rollcall.storage.keys import Keys
from rollcall.storage.table import Table
from tests.command import rollcall
from tests.conftest import Server, Tenant
from tests.directory.people import group, user
from tests.operations.operators import Templates
from tests.storage import consistency
from tests.storage.consistency import verified
from tests.templates.test_new_users import AS_ENGINEER, ENGINEERING, EVERYBODY, access

HIGHER = {"induction": "manage", "policies": "edit", "code": "manage"}


@pytest.fixture
def ada(templates: Templates, directory: Directory) -> str:
    """A user with what two templates give."""
    templates.set([EVERYBODY, ENGINEERING])
    made = user(directory, "ada")
    group(directory, "Engineering", made)
    return made


def kept(table: Table, tenant: str, user: str, **changed: Any) -> None:
    """Change what is kept of a user's access, beside its grants."""
    key = Keys(tenant).document(Kind.USER, user)
    item = table.get(key)
    assert item is not None
    table.put(key, {**item, "access": {**item["access"], **changed}})


@pytest.mark.parametrize(
    "wrong",
    [
        {"areas": {}},
        {"areas": HIGHER},
        {"role": "administrator"},
        {"defaults": {"locale": "xx-XX"}},
        {"defaults": {}},
        {"granted": {"everybody": 1}},
    ],
    ids=json.dumps,
)
def test_what_is_kept_is_what_the_grants_give(
    directory: Directory, services: Services, ada: str, wrong: dict[str, Any]
) -> None:
    shown = directory.users.read(ada).resource
    kept(services.table, "acme", ada, **wrong)

    (fault,) = verified(services, "acme")
    assert fault.sentence == f"the access of {ada} is not what its grants give"
    services.table.transact(list(fault.repairs))

    assert access(directory, ada) == AS_ENGINEER
    read = directory.users.read(ada)
    assert {**read.resource, "meta": {}} == {**shown, "meta": {}}
    consistency.check(services, "acme")


def test_a_grant_that_is_lost_is_for_people(
    directory: Directory, services: Services, ada: str
) -> None:
    key = Keys("acme").grant(ada, "engineering")
    item = services.table.get(key)
    assert item is not None
    services.table.delete([key])

    (fault,) = verified(services, "acme")
    assert fault.sentence == (
        f"the grants of {ada} differ: ['everybody'] are stored, "
        "['engineering', 'everybody'] are in force"
    )
    assert fault.repairs == ()
    services.clients.dynamodb.put_item(TableName=services.table.name, Item=encoded(item))


def test_the_command_mends_it(server: Server, tenant: Tenant, api: httpx.Client) -> None:
    made = api.post("/Users", json={"userName": "ada"}).json()["id"]
    rollcall(server.state, "access", "grant", tenant.name, made, "induction=read")
    kept(server.services.table, tenant.name, made, areas={"induction": "manage"})

    found = rollcall(server.state, "verify", tenant.name)
    assert found.returncode == 1
    assert found.stdout == f"the access of {made} is not what its grants give\n"

    done = rollcall(server.state, "verify", tenant.name, "--repair", "--json")
    assert (done.returncode, json.loads(done.stdout)["faults"]) == (0, [])
    said = rollcall(server.state, "access", tenant.name, made).stdout
    assert said.startswith("ada has access to induction read.")
    assert rollcall(server.state, "verify", tenant.name).returncode == 0
