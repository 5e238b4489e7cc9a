"""What requests want of a group's members: rows G3 to G8, G10 and G11 of what clients send."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollcall.scim import patch
from rollcall.scim.errors import (
    InvalidValueException,
    MutabilityException,
    NoTargetException,
    SCIMException,
)
from rollcall.scim.member_operations import (
    Add,
    Clear,
    Operation,
    Remove,
    RemoveSelected,
    ids,
    members_after,
    named_members,
    needs_all,
)
from rollcall.scim.resource_type import Kind
from tests.scim.strategies import FAST

GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"


def wanted(*operations: dict[str, Any]) -> list[Operation]:
    return patch.read(Kind.GROUP, {"Operations": list(operations)}).members


def members(current: dict[str, str], *operations: dict[str, Any]) -> list[str]:
    return list(members_after(wanted(*operations), current))


STAFF = {"u1": "User", "u2": "User", "g1": "Group"}


@pytest.mark.parametrize("op", ["Add", "add"])
@pytest.mark.parametrize(
    "operation",
    [
        {"path": "members", "value": [{"$ref": None, "value": "u3"}]},
        {"path": "members", "value": [{"value": "u3", "display": "Eve", "type": "User"}]},
        {"path": "members", "value": {"value": "u3"}},
        {"path": "members", "value": {"VALUE": "u3"}},
        {"path": "members", "value": "u3"},
        {"path": "members", "value": ["u3", "u3"]},
        {"path": "MEMBERS", "value": ["u3", {"value": "u1"}]},
        {"path": f"{GROUP}:members", "value": ["u3"]},
        {"path": 'members[value eq "u3"]', "value": {"value": "u3"}},
        {"value": {"members": [{"value": "u3"}]}},
        {"value": {f"{GROUP}:members": "u3"}},
        {"value": {GROUP: {"members": "u3"}}},
        {"path": GROUP, "value": {"members": "u3"}},
    ],
)
def test_a_member_is_added_in_any_shape(op: str, operation: dict[str, Any]) -> None:
    assert members(STAFF, {"op": op, **operation}) == ["u1", "u2", "g1", "u3"]


def test_thousands_of_members_are_added_in_order() -> None:
    thousands = [f"u{number}" for number in range(5000)]
    operation = {"op": "Add", "path": "members", "value": [{"value": each} for each in thousands]}
    assert members({}, operation) == thousands


def test_adding_a_member_again_changes_nothing() -> None:
    operation = {"op": "Add", "path": "members", "value": [{"value": "u1"}]}
    assert members(STAFF, operation) == list(STAFF)


@pytest.mark.parametrize(
    "operation",
    [
        {"path": "members", "value": [{"value": "u1"}]},
        {"path": "members", "value": [{"$ref": None, "value": "u1"}]},
        {"path": "members", "value": {"value": "u1"}},
        {"path": "members", "value": "u1"},
        {"path": "members", "value": ["u1", "nobody"]},
        {"path": 'members[value eq "u1"]'},
        {"path": 'MEMBERS[VALUE EQ "u1"]'},
        {"path": 'members[value eq "u1" or value eq "nobody"]'},
        {"path": f'{GROUP}:members[value eq "u1"]'},
        {"path": 'members[value eq "u1"].value'},
        {"path": 'members[value eq "u1"]', "value": [{"value": "u2"}]},
        {"path": 'members[value eq "u1" and type eq "User"]'},
    ],
)
def test_a_member_is_removed_in_any_shape_and_nobody_else(operation: dict[str, Any]) -> None:
    assert members(STAFF, {"op": "Remove", **operation}) == ["u2", "g1"]


@pytest.mark.parametrize(
    "operation",
    [
        {"path": "members", "value": []},
        {"path": "members", "value": ""},
        {"path": "members", "value": {}},
        {"path": "members", "value": ["nobody"]},
        {"path": "members", "value": ["U1"]},
        {"path": 'members[value eq "nobody"]'},
        {"path": 'members[value eq "U1"]'},
        {"path": 'members[display eq "Ada"]'},
    ],
)
def test_a_removal_that_names_no_member_never_clears(operation: dict[str, Any]) -> None:
    assert members(STAFF, {"op": "remove", **operation}) == list(STAFF)


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "remove", "path": "members"},
        {"op": "remove", "path": "members", "value": None},
        {"op": "replace", "path": "members", "value": []},
        {"op": "replace", "path": "members", "value": None},
        {"op": "replace", "value": {"members": []}},
    ],
)
def test_all_members_are_removed_when_the_request_says_so(operation: dict[str, Any]) -> None:
    assert members(STAFF, operation) == []


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "replace", "path": "members", "value": [{"value": "u3"}, {"value": "u1"}]},
        {"op": "Replace", "path": "members", "value": ["u3", "u1"]},
        {"op": "replace", "value": {"members": [{"value": "u3"}, {"value": "u1"}]}},
    ],
)
def test_replacing_members_sets_them(operation: dict[str, Any]) -> None:
    assert members(STAFF, operation) == ["u3", "u1"]


def test_members_are_selected_by_their_type() -> None:
    assert members(STAFF, {"op": "remove", "path": 'members[type eq "Group"]'}) == ["u1", "u2"]
    assert members(STAFF, {"op": "remove", "path": 'members[type eq "user"]'}) == ["g1"]
    assert members(STAFF, {"op": "remove", "path": 'members[not (value eq "u1")]'}) == ["u1"]
    assert members(STAFF, {"op": "remove", "path": 'members[value sw "u"]'}) == ["g1"]


def test_operations_follow_each_other() -> None:
    assert members(
        STAFF,
        {"op": "Add", "path": "members", "value": ["u3", "u4"]},
        {"op": "Remove", "path": "members", "value": ["u1", "u4"]},
        {"op": "Add", "path": "members", "value": ["u1"]},
        {"op": "Remove", "path": 'members[value eq "g1"]'},
    ) == ["u2", "u3", "u1"]


def test_a_clearing_forgets_what_came_before_it() -> None:
    assert members(
        STAFF,
        {"op": "Add", "path": "members", "value": ["u3"]},
        {"op": "Remove", "path": "members"},
        {"op": "Add", "path": "members", "value": ["u4"]},
    ) == ["u4"]


def test_a_rename_and_members_come_in_one_request() -> None:
    read = patch.read(
        Kind.GROUP,
        {
            "Operations": [
                {"op": "Replace", "path": "displayName", "value": "People"},
                {"op": "Add", "path": "members", "value": ["u3"]},
                {"op": "Add", "value": {"externalId": "x", "members": ["u4"]}},
            ]
        },
    )
    assert read.members == [Add(("u3",)), Add(("u4",))]
    assert read.apply({"schemas": [GROUP], "displayName": "Staff"}) == {
        "schemas": [GROUP],
        "displayName": "People",
        "externalId": "x",
    }


def test_members_alone_leave_the_document() -> None:
    before = {"schemas": [GROUP], "displayName": "Staff"}
    read = patch.read(
        Kind.GROUP, {"Operations": [{"op": "Add", "path": "members", "value": ["u3"]}]}
    )
    assert read.apply(before) == before


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        ({"op": "add", "path": "members", "value": ["b", "a"]}, [Add(("b", "a"))]),
        ({"op": "remove", "path": "members", "value": ["a"]}, [Remove(("a",))]),
        ({"op": "remove", "path": 'members[value eq "a"]'}, [Remove(("a",))]),
        ({"op": "remove", "path": "members"}, [Clear()]),
        ({"op": "replace", "path": "members", "value": ["a"]}, [Clear(), Add(("a",))]),
    ],
)
def test_an_operation_says_what_it_wants(
    operation: dict[str, Any], expected: list[Operation]
) -> None:
    assert wanted(operation) == expected


@pytest.mark.parametrize("op", ["add", "replace", "remove"])
@pytest.mark.parametrize("value", [5, [5], [None, 5], [{"value": 5}], [{"display": "x"}], [["a"]]])
def test_a_member_without_an_id_is_an_invalid_value(op: str, value: Any) -> None:
    with pytest.raises(InvalidValueException, match="members") as raised:
        wanted({"op": op, "path": "members", "value": value})
    assert raised.value.scim_type == "invalidValue"


@pytest.mark.parametrize("op", ["add", "replace", "remove"])
@pytest.mark.parametrize("path", ["members.type", "members.$ref", 'members[value eq "u1"].type'])
def test_the_parts_of_a_member_are_immutable(op: str, path: str) -> None:
    with pytest.raises(MutabilityException) as raised:
        wanted({"op": op, "path": path, "value": "Group"})
    assert raised.value.detail == f"{path} is immutable"


@pytest.mark.parametrize("op", ["add", "replace"])
@pytest.mark.parametrize("path", ['members[type eq "User"]', "members[value pr]"])
def test_a_selection_that_does_not_say_whom_to_add_has_no_target(op: str, path: str) -> None:
    with pytest.raises(NoTargetException, match="members"):
        wanted({"op": op, "path": path, "value": {"type": "Group"}})


@pytest.mark.parametrize("value", [None, "", [], {}])
def test_nothing_holds_no_ids(value: Any) -> None:
    assert ids(value) == []


def test_ids_come_in_order_and_once() -> None:
    assert ids(["b", {"value": "a"}, {"VALUE": "b"}]) == ["b", "a"]


def test_the_ids_that_operations_name_are_looked_up() -> None:
    operations: list[Operation] = [Add(("a", "b")), Clear(), Remove(("b", "c")), Add(("a",))]
    assert named_members(operations) == ["a", "b", "c"]


def test_adding_and_removing_needs_nobody_else() -> None:
    assert not needs_all([Add(("a",)), Remove(("b",))])
    assert needs_all([Add(("a",)), Clear()])
    assert needs_all(wanted({"op": "remove", "path": 'members[type eq "Group"]'}))


NAMES = ["u1", "u2", "u3", "g1"]
some = st.lists(st.sampled_from(NAMES), max_size=3)
steps = st.one_of(
    st.builds(lambda each: {"op": "add", "path": "members", "value": each}, some),
    st.builds(lambda each: {"op": "remove", "path": "members", "value": each}, some),
    st.builds(
        lambda each: {"op": "remove", "path": f'members[value eq "{each}"]'}, st.sampled_from(NAMES)
    ),
)


@FAST
@given(st.lists(steps, min_size=1, max_size=5), st.sets(st.sampled_from(NAMES)))
def test_members_that_are_not_named_do_not_matter(
    operations: list[dict[str, Any]], current: set[str]
) -> None:
    asked = wanted(*operations)
    assert not needs_all(asked)
    named = named_members(asked)
    among_all = members_after(asked, dict.fromkeys(sorted(current), "User"))
    among_named = members_after(asked, {each: "User" for each in named if each in current})
    assert {each for each in among_all if each in named} == set(among_named)
    assert {each for each in among_all if each not in named} == {
        each for each in current if each not in named
    }


@FAST
@given(st.text(max_size=8), st.sampled_from(["add", "remove", "replace"]))
def test_any_id_is_taken_as_it_is(identifier: str, op: str) -> None:
    try:
        asked = wanted({"op": op, "path": "members", "value": [{"value": identifier}]})
    except SCIMException:
        assert not identifier
    else:
        assert named_members(asked) == [identifier]


def test_a_selection_among_members_is_kept_for_when_they_are_known() -> None:
    (operation,) = wanted({"op": "remove", "path": 'members[type eq "Group"]'})
    assert isinstance(operation, RemoveSelected)
    assert str(operation.selection) == 'type eq "Group"'
