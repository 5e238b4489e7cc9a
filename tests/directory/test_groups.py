"""Groups and membership: who may be a member, and what a write leaves behind."""

from __future__ import annotations

import pytest

from rollcall.directory.directory import Directory
from rollcall.directory.precondition import Precondition
from rollcall.scim.errors import (
    InvalidValueException,
    PreconditionFailedException,
    UniquenessException,
)
from tests.directory.people import NEVER_ISSUED, adding, group, patch, user, users


def members(directory: Directory, identifier: str) -> set[str]:
    resource = directory.groups.read(identifier).resource
    return {each["value"] for each in resource.get("members", [])}


def test_ids_that_were_never_issued_are_all_named_and_nothing_is_applied(
    directory: Directory,
) -> None:
    ann = user(directory, "ann")
    staff = group(directory, "Staff")

    with pytest.raises(InvalidValueException) as caught:
        directory.groups.patch(staff, adding(ann, NEVER_ISSUED, "another-one"))

    assert NEVER_ISSUED in str(caught.value)
    assert "another-one" in str(caught.value)
    assert members(directory, staff) == set()


def test_an_id_that_was_deleted_is_skipped(directory: Directory) -> None:
    ann, bob = users(directory, 2)
    staff = group(directory, "Staff")
    directory.users.delete(ann)

    assert directory.groups.patch(staff, adding(ann, bob)).ignored == [ann]
    assert members(directory, staff) == {bob}


def test_groups_are_members_of_groups_and_leave_when_they_are_deleted(
    directory: Directory,
) -> None:
    child = group(directory, "Child")
    parent = group(directory, "Parent", child)
    (member,) = directory.groups.read(parent).resource["members"]
    assert (member["value"], member["type"]) == (child, "Group")

    directory.groups.delete(child)

    assert members(directory, parent) == set()


def test_groups_that_contain_each_other_can_be_deleted(directory: Directory) -> None:
    one, other = group(directory, "One"), group(directory, "Other")
    directory.groups.patch(one, adding(other))
    directory.groups.patch(other, adding(one))

    directory.groups.delete(one)

    assert members(directory, other) == set()


def test_a_group_cannot_be_a_member_of_itself(directory: Directory) -> None:
    staff = group(directory, "Staff")

    with pytest.raises(InvalidValueException) as patched:
        directory.groups.patch(staff, adding(staff))
    with pytest.raises(InvalidValueException) as replaced:
        directory.groups.replace(staff, {"displayName": "Staff", "members": [{"value": staff}]})

    for raised in (patched, replaced):
        assert raised.value.detail == f"members: the group {staff} cannot be a member of itself"


def test_what_cannot_become_a_member_is_named_with_the_reason(directory: Directory) -> None:
    staff = group(directory, "Staff")

    with pytest.raises(InvalidValueException) as raised:
        directory.groups.patch(staff, adding(staff, "nobody"))

    assert raised.value.detail == (
        f"members: the group {staff} cannot be a member of itself; "
        "there is no user or group with the id nobody"
    )


def test_operations_on_members_are_applied_in_their_order(directory: Directory) -> None:
    ann, bob, cid = users(directory, 3)
    staff = group(directory, "Staff", ann)

    directory.groups.patch(
        staff,
        patch(
            ("remove", "members", [{"value": ann}]),
            ("add", "members", [{"value": bob}]),
            ("add", "members", [{"value": ann}]),
            ("remove", f'members[value eq "{bob}"]', None),
            ("add", "members", [{"value": cid}]),
        ),
    )

    assert members(directory, staff) == {ann, cid}


def test_a_put_keeps_members_that_it_does_not_name_and_an_empty_array_clears(
    directory: Directory,
) -> None:
    ann, bob = users(directory, 2)
    staff = group(directory, "Staff", ann)

    directory.groups.replace(staff, {"displayName": "Renamed"})
    assert members(directory, staff) == {ann}
    directory.groups.replace(staff, {"displayName": "Renamed", "members": [{"value": bob}]})
    assert members(directory, staff) == {bob}
    directory.groups.replace(staff, {"displayName": "Renamed", "members": []})
    assert members(directory, staff) == set()


def test_a_name_is_unique_in_any_case_and_free_after_a_rename(directory: Directory) -> None:
    staff, other = group(directory, "Staff"), group(directory, "Other")

    with pytest.raises(UniquenessException, match="displayName"):
        directory.groups.patch(other, patch(("replace", "displayName", "STAFF")))
    directory.groups.patch(staff, patch(("replace", "displayName", "Team")))
    directory.groups.patch(other, patch(("replace", "displayName", "STAFF")))

    assert directory.groups.read(other).resource["displayName"] == "STAFF"


def test_a_change_of_members_moves_both_versions_on(directory: Directory) -> None:
    ann = user(directory, "ann")
    staff = group(directory, "Staff")

    directory.groups.patch(staff, adding(ann))

    assert directory.groups.read(staff).record.version == 2
    assert directory.users.read(ann).record.version == 2


def test_another_version_than_the_client_thinks_changes_nobody(directory: Directory) -> None:
    ann = user(directory, "ann")
    staff = group(directory, "Staff")

    with pytest.raises(PreconditionFailedException):
        directory.groups.patch(staff, adding(ann), Precondition('W/"2"'))
    directory.groups.patch(staff, adding(ann), Precondition('W/"1"'))

    assert members(directory, staff) == {ann}


def test_more_than_a_transaction_holds_is_one_change_all_the_same(directory: Directory) -> None:
    people = users(directory, 40)
    staff = group(directory, "Staff")

    directory.groups.patch(staff, adding(*people))

    assert members(directory, staff) == set(people)
    assert directory.groups.read(staff).record.version == 2
