"""Members and names: what a group shows, and what one request does to them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from rollcall.directory.context import Context
from rollcall.directory.directory import Directory
from rollcall.runtime.services import Services
from rollcall.scim.errors import (
    InvalidValueException,
    MutabilityException,
    NotFoundException,
    UniquenessException,
)
from rollcall.scim.resource_type import Kind
from tests.directory.people import (
    GROUP,
    NEVER_ISSUED,
    URL,
    adding,
    group,
    groups_of,
    members_of,
    patch,
    removing,
    setting,
    user,
    users,
)
from tests.storage.faults import counted


def test_a_created_group_is_returned_whole(directory: Directory) -> None:
    ada, inner = user(directory, "ada"), group(directory, "inner")

    answer = directory.groups.create(
        {
            "schemas": [GROUP, "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM"],
            "displayName": "Sales",
            "externalId": "E1",
            "members": [{"value": ada, "$ref": None}, {"value": inner, "type": "User"}],
        }
    )
    made = answer.record

    members = {each["value"]: each for each in answer.resource.pop("members")}
    assert members == {
        ada: {"value": ada, "$ref": f"{URL}/Users/{ada}", "type": "User"},
        inner: {"value": inner, "$ref": f"{URL}/Groups/{inner}", "type": "Group"},
    }
    assert answer.resource == {
        "schemas": [GROUP],
        "id": made.id,
        "displayName": "Sales",
        "externalId": "E1",
        "meta": {
            "resourceType": "Group",
            "created": made.created,
            "lastModified": made.created,
            "location": f"{URL}/Groups/{made.id}",
            "version": 'W/"1"',
        },
    }
    assert members_of(directory, made.id) == {ada, inner}


def test_a_group_shows_on_its_members(directory: Directory) -> None:
    ada = user(directory, "ada")
    sales = group(directory, "sales", ada)

    assert directory.users.read(ada).resource["groups"] == [
        {"value": sales, "$ref": f"{URL}/Groups/{sales}", "type": "direct"}
    ]


@pytest.mark.parametrize("name", ["Sales", "SALES", "sales"])
def test_a_second_group_of_a_name_is_refused_in_any_case(directory: Directory, name: str) -> None:
    group(directory, "Sales")

    with pytest.raises(UniquenessException) as refusal:
        group(directory, name)

    assert (refusal.value.status, refusal.value.scim_type) == (409, "uniqueness")
    assert directory.counts()[Kind.GROUP] == 1


@pytest.mark.parametrize("payload", [{}, {"displayName": None}, {"displayName": ""}])
def test_a_group_without_a_name_is_refused(directory: Directory, payload: dict[str, Any]) -> None:
    sales = group(directory, "sales")

    with pytest.raises(InvalidValueException):
        directory.groups.create({"schemas": [GROUP], **payload})
    with pytest.raises(InvalidValueException):
        directory.groups.replace(sales, {"schemas": [GROUP], **payload})


@pytest.mark.parametrize("value", ["", None])
def test_the_name_cannot_be_cleared(directory: Directory, value: str | None) -> None:
    sales = group(directory, "sales")

    with pytest.raises(InvalidValueException):
        directory.groups.patch(sales, patch(("replace", "displayName", value)))


def test_a_rename_to_a_taken_name_adds_nobody(directory: Directory) -> None:
    ada, sales = user(directory, "ada"), group(directory, "sales")
    group(directory, "marketing")

    rename = patch(("replace", "displayName", "Marketing"), ("add", "members", [{"value": ada}]))
    with pytest.raises(UniquenessException):
        directory.groups.patch(sales, rename)

    assert members_of(directory, sales) == set()


def test_a_rename_and_new_members_are_one_change(directory: Directory) -> None:
    ada, sales = user(directory, "ada"), group(directory, "sales")

    directory.groups.patch(
        sales, patch(("replace", "displayName", "Marketing"), ("add", "members", [{"value": ada}]))
    )

    answer = directory.groups.read(sales)
    assert answer.resource["displayName"] == "Marketing"
    assert answer.record.version == 2
    assert members_of(directory, sales) == {ada}


def test_only_whom_a_change_concerns_gets_a_new_version(directory: Directory) -> None:
    ada, bob, eve = users(directory, 3)
    sales = group(directory, "sales", bob)

    directory.groups.patch(sales, adding(ada, bob))

    versions = [directory.users.read(each).record.version for each in (ada, bob, eve)]
    assert versions == [2, 2, 1]


@pytest.mark.parametrize("what", ["add", "remove", "replace", "rename", "unknown"])
def test_a_patch_that_changes_nothing_writes_nothing(
    services: Services, directory: Directory, what: str
) -> None:
    ada, bob = users(directory, 2)
    sales = group(directory, "sales", ada)
    before = directory.groups.read(sales).resource
    requests = {
        "add": adding(ada),
        "remove": removing(bob),
        "replace": setting(ada),
        "rename": patch(("replace", "displayName", "sales")),
        "unknown": patch(("replace", "noSuchAttribute", "x")),
    }

    with counted(services.clients.dynamodb) as calls:
        directory.groups.patch(sales, requests[what])

    assert {each.operation for each in calls} <= {"BatchGetItem", "GetItem", "Query"}
    assert directory.groups.read(sales).resource == before


@pytest.mark.parametrize("shape", ["objects", "object", "string", "strings"])
def test_members_are_added_in_every_shape(directory: Directory, shape: str) -> None:
    (ada,), sales = users(directory, 1), group(directory, "sales")
    values: dict[str, Any] = {
        "objects": [{"$ref": None, "value": ada}],
        "object": {"value": ada},
        "string": ada,
        "strings": [ada],
    }

    directory.groups.patch(sales, patch(("Add", "members", values[shape])))

    assert members_of(directory, sales) == {ada}


def test_a_removal_ends_the_memberships_that_it_names_and_no_others(directory: Directory) -> None:
    ada, bob, eve = users(directory, 3)
    sales = group(directory, "sales", ada, bob, eve)

    directory.groups.patch(sales, removing(ada))
    directory.groups.patch(sales, patch(("remove", f'members[value eq "{bob}"]', None)))
    directory.groups.patch(sales, patch(("remove", "members", [])))

    assert members_of(directory, sales) == {eve}
    assert groups_of(directory, ada) == groups_of(directory, bob) == set()


@pytest.mark.parametrize("identifier", [NEVER_ISSUED, "x" * 3000])
def test_who_is_no_member_is_removed_with_success(directory: Directory, identifier: str) -> None:
    ada = user(directory, "ada")
    sales = group(directory, "sales", ada)

    directory.groups.patch(sales, removing(identifier))

    assert members_of(directory, sales) == {ada}


def test_members_are_set_and_cleared(directory: Directory) -> None:
    ada, bob, eve = users(directory, 3)
    sales = group(directory, "sales", ada, bob)

    directory.groups.patch(sales, setting(bob, eve))
    assert members_of(directory, sales) == {bob, eve}
    assert groups_of(directory, ada) == set()

    directory.groups.patch(sales, {"Operations": [{"op": "remove", "path": "members"}]})
    assert members_of(directory, sales) == set()


def test_the_deleted_are_skipped_in_a_post_and_in_a_put(directory: Directory) -> None:
    ada, gone = users(directory, 2)
    directory.users.delete(gone)
    both = [{"value": gone}, {"value": ada}]

    made = directory.groups.create({"displayName": "sales", "members": both})
    put = directory.groups.replace(made.record.id, {"displayName": "staff", "members": both})

    assert made.ignored == put.ignored == [gone]
    assert members_of(directory, made.record.id) == {ada}


@pytest.mark.parametrize("how", ["POST", "PUT", "PATCH"])
def test_an_id_that_was_never_issued_spoils_the_whole_request(
    directory: Directory, how: str
) -> None:
    ada, sales = user(directory, "ada"), group(directory, "sales")
    members = [{"value": each} for each in (ada, "unknown-1", "unknown-2")]
    payload = {"displayName": "renamed", "members": members}
    operations = patch(("replace", "displayName", "renamed"), ("add", "members", members))
    acts: dict[str, Callable[[], object]] = {
        "POST": lambda: directory.groups.create(payload),
        "PUT": lambda: directory.groups.replace(sales, payload),
        "PATCH": lambda: directory.groups.patch(sales, operations),
    }

    with pytest.raises(InvalidValueException, match="unknown-1, unknown-2") as refusal:
        acts[how]()

    assert ada not in str(refusal.value.detail)
    assert directory.groups.read(sales).resource["displayName"] == "sales"
    assert groups_of(directory, ada) == set()
    assert directory.counts()[Kind.GROUP] == 1


def test_a_group_that_does_not_exist_is_not_found_whoever_is_to_be_its_member(
    directory: Directory,
) -> None:
    unknown = {"displayName": "x", "members": [{"value": "unknown"}]}
    acts: list[Callable[[], object]] = [
        lambda: directory.groups.read(NEVER_ISSUED),
        lambda: directory.groups.replace(NEVER_ISSUED, unknown),
        lambda: directory.groups.patch(NEVER_ISSUED, adding("unknown")),
        lambda: directory.groups.patch(NEVER_ISSUED, adding(user(directory, "ada"))),
        lambda: directory.groups.delete(NEVER_ISSUED),
    ]

    for act in acts:
        with pytest.raises(NotFoundException):
            act()


def test_a_put_clears_what_it_does_not_send(directory: Directory) -> None:
    sales = directory.groups.create({"displayName": "sales", "externalId": "E1"}).record.id

    answer = directory.groups.replace(sales, {"displayName": "sales"})

    assert "externalId" not in answer.resource
    assert answer.record.version == 2


def test_a_put_of_what_was_read_changes_nothing(directory: Directory) -> None:
    sales = group(directory, "sales", *users(directory, 3))
    before = directory.groups.read(sales).resource

    assert directory.groups.replace(sales, before).resource == before


def test_a_put_cannot_make_a_group_its_own_member(directory: Directory) -> None:
    sales = group(directory, "sales")

    with pytest.raises(InvalidValueException, match=sales):
        directory.groups.replace(sales, {"displayName": "sales", "members": [{"value": sales}]})


def test_of_a_member_nothing_can_be_changed(directory: Directory) -> None:
    ada = user(directory, "ada")
    sales = group(directory, "sales", ada)

    with pytest.raises(MutabilityException):
        directory.groups.patch(
            sales, patch(("replace", f'members[value eq "{ada}"].type', "Group"))
        )


def test_a_change_of_members_counts_as_an_operation_for_each_fifty(services: Services) -> None:
    charged: list[int] = []
    own = Directory(Context(services.table, "acme", URL, charge=charged.append))

    def taken() -> int:
        operations = sum(charged)
        charged.clear()
        return operations

    people = users(own, 101)
    assert taken() == 0
    sales = group(own, "sales", *people)
    assert taken() == 2  # the first fifty are the request itself
    own.groups.patch(sales, setting(*people))
    assert taken() == 0  # nothing changes
    own.groups.patch(sales, removing(*people[:50]))
    assert taken() == 0
    own.groups.patch(sales, removing(*people[50:]))
    assert taken() == 1
    own.groups.patch(sales, adding(*people[:100]))
    assert taken() == 1
    own.groups.patch(sales, adding(people[100]))
    assert taken() == 0
    own.groups.delete(sales)  # in several transactions
    assert taken() == 2


def test_members_that_a_failed_change_names_are_not_counted(services: Services) -> None:
    charged: list[int] = []
    own = Directory(Context(services.table, "acme", URL, charge=charged.append))
    people = users(own, 20)
    with pytest.raises(InvalidValueException):
        group(own, "sales", *people, NEVER_ISSUED)

    assert sum(charged) == 0
