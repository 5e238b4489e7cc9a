"""What bounds the work of one request: values of an attribute, changes of a PATCH, comparisons."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from scim2_models import Context

from rollcall.scim import attributes, body, filters, member_operations, patch
from rollcall.scim.attributes import MAX_VALUES
from rollcall.scim.budget import Budget
from rollcall.scim.errors import (
    InvalidFilterException,
    InvalidPathException,
    InvalidValueException,
    PayloadTooLargeException,
)
from rollcall.scim.patch import MAX_STEPS
from rollcall.scim.resource_type import ENTERPRISE, Kind


def roles(number: int) -> list[dict[str, Any]]:
    return [{"value": f"r{each}"} for each in range(number)]


def created(**attributes: Any) -> dict[str, Any]:
    payload = {"userName": "ann", **attributes}
    return body.read(Kind.USER, payload, Context.RESOURCE_CREATION_REQUEST).document


def patched(before: dict[str, Any], *operations: dict[str, Any]) -> dict[str, Any]:
    return patch.read(Kind.USER, {"Operations": list(operations)}).apply(before)


def test_an_attribute_has_so_many_values_and_no_more() -> None:
    full = created(roles=roles(MAX_VALUES))

    with pytest.raises(InvalidValueException, match=f"roles takes at most {MAX_VALUES} values"):
        created(roles=roles(MAX_VALUES + 1))
    with pytest.raises(InvalidValueException, match="x509Certificates takes at most"):
        created(x509Certificates=[{"value": "QUFB"}] * (MAX_VALUES + 1))
    with pytest.raises(InvalidValueException, match="roles takes at most"):
        patched(full, {"op": "add", "path": "roles", "value": [{"value": "one more"}]})
    swapped = patched(
        full,
        {"op": "remove", "path": 'roles[value eq "r0"]'},
        {"op": "add", "path": "roles", "value": [{"value": "one more"}]},
    )
    assert len(swapped["roles"]) == MAX_VALUES


def test_a_patch_changes_so_many_attributes_and_no_more() -> None:
    change = {"op": "replace", "path": "title", "value": "Chief"}

    assert len(patch.read(Kind.USER, {"Operations": [change] * MAX_STEPS}).steps) == MAX_STEPS
    with pytest.raises(PayloadTooLargeException, match=f"at most {MAX_STEPS}"):
        patch.read(Kind.USER, {"Operations": [change] * (MAX_STEPS + 1)})


def test_changes_of_what_nobody_declares_count_as_well() -> None:
    operations = [{"op": "add", "path": f"x{each}", "value": 1} for each in range(MAX_STEPS)]

    assert len(patch.read(Kind.USER, {"Operations": operations}).ignored) == MAX_STEPS
    with pytest.raises(PayloadTooLargeException, match=f"at most {MAX_STEPS}"):
        patch.read(Kind.USER, {"Operations": [*operations, *operations]})


def selecting(number: int, comparisons: int = 1) -> list[dict[str, Any]]:
    several = " or ".join(['value eq "none"'] * (comparisons - 1) + ['value eq "r0"'])
    path = f"roles[{several}].display"
    return [{"op": "replace", "path": path, "value": f"d{each}"} for each in range(number)]


def test_a_patch_that_looks_at_many_values_time_and_again_is_refused() -> None:
    full, few = created(roles=roles(MAX_VALUES)), created(roles=roles(12))

    assert patched(few, *selecting(60))["roles"][0]["display"] == "d59"
    assert patched(full, *selecting(4))["roles"][0]["display"] == "d3"
    for number, comparisons in ((80, 1), (16, 50)):
        wanted = patch.read(Kind.USER, {"Operations": selecting(number, comparisons)}, Budget(2000))
        with pytest.raises(PayloadTooLargeException, match="look at too many values"):
            wanted.apply(full)


def test_what_a_patch_adds_on_the_way_is_looked_at_as_well() -> None:
    adding = {"op": "add", "path": "roles", "value": roles(MAX_VALUES)}
    wanted = patch.read(Kind.USER, {"Operations": [adding, *selecting(14)]}, Budget(2000))

    with pytest.raises(PayloadTooLargeException, match="look at too many values"):
        wanted.apply(created())


def test_the_operations_of_a_request_share_its_budget() -> None:
    full, budget = created(roles=roles(MAX_VALUES)), Budget(1500)

    patch.read(Kind.USER, {"Operations": selecting(2)}, budget).apply(full)
    with pytest.raises(PayloadTooLargeException, match="look at too many values"):
        patch.read(Kind.USER, {"Operations": selecting(2)}, budget).apply(full)


def test_a_patch_that_is_applied_again_is_not_charged_again() -> None:
    full, budget = created(roles=roles(MAX_VALUES)), Budget(1500)
    wanted = patch.read(Kind.USER, {"Operations": selecting(2)}, budget)

    assert all(wanted.apply(full) for _ in range(3))


def test_a_remove_by_values_takes_as_many_as_an_attribute_has() -> None:
    full = created(roles=roles(MAX_VALUES))
    removing = {"op": "remove", "path": "roles", "value": roles(MAX_VALUES)}

    assert "roles" not in patched(full, removing)
    for path in ("roles", "roles.value", "roles.type", "x509Certificates.value"):
        with pytest.raises(InvalidValueException, match=f"{path} takes at most {MAX_VALUES}"):
            patched(full, {**removing, "path": path, "value": roles(MAX_VALUES + 1)})


def test_the_paths_of_a_patch_have_a_length_each_and_in_all() -> None:
    def read(count: int, length: int, *, as_keys: bool) -> None:
        paths = [f'roles[value eq "{each:0{length}}"].display' for each in range(count)]
        operations = (
            [{"op": "add", "value": dict.fromkeys(paths, "x")}]
            if as_keys
            else [{"op": "add", "path": each, "value": "x"} for each in paths]
        )
        patch.read(Kind.USER, {"Operations": operations})

    for as_keys in (False, True):
        read(50, 36, as_keys=as_keys)
        with pytest.raises(InvalidPathException, match="has at most 1024 characters"):
            read(1, 1024, as_keys=as_keys)
    with pytest.raises(PayloadTooLargeException, match="paths of the request are too long"):
        read(MAX_STEPS, 900, as_keys=True)


@pytest.mark.parametrize("path", [None, "name", "manager", ENTERPRISE])
@pytest.mark.parametrize("form", [dict, json.dumps])
def test_the_keys_of_a_value_are_paths_wherever_they_are_read_as_such(
    form: Callable[[Any], Any], path: str | None
) -> None:
    value = form({f'x[a eq "{each:0900}"]': "x" for each in range(MAX_STEPS)})

    with pytest.raises(PayloadTooLargeException, match="paths of the request are too long"):
        patch.read(Kind.USER, {"Operations": [{"op": "add", "path": path, "value": value}]})


def test_names_that_nobody_declares_are_looked_up_and_not_parsed() -> None:
    before = attributes.designate.cache_info().misses
    element = {"value": "x", **{f"n{each}": each for each in range(900)}}

    assert created(roles=[element], **element)["roles"] == [{"value": "x"}]
    assert attributes.designate.cache_info().misses <= before + 10


def test_the_members_that_a_patch_names_are_not_counted() -> None:
    operations = [{"op": "add", "path": "members", "value": [f"m{each}"]} for each in range(2000)]

    assert len(patch.read(Kind.GROUP, {"Operations": operations}).members) == 2000


def test_what_grows_while_a_patch_is_applied_is_noticed_on_the_way() -> None:
    operations = [
        {"op": "add", "path": f'addresses[type eq "t{each}"].locality', "value": "x"}
        for each in range(MAX_VALUES + 1)
    ]
    clearing = {"op": "remove", "path": "addresses"}

    with pytest.raises(InvalidValueException, match="addresses takes at most"):
        patched(
            created(), *operations, *[{"op": "add", "path": "title", "value": "x"}] * 20, clearing
        )


def test_a_selection_among_members_is_made_so_many_times_and_no_more() -> None:
    removing = {"op": "remove", "path": 'members[type eq "Nobody"]'}
    current = {f"m{number}": "User" for number in range(20)}

    def outcome(number: int) -> dict[str, None]:
        asked = patch.read(Kind.GROUP, {"Operations": [removing] * number})
        return member_operations.members_after(asked.members, current, Budget(0))

    assert len(outcome(10)) == 20
    with pytest.raises(PayloadTooLargeException, match="select among too many members"):
        outcome(100)


@pytest.mark.parametrize(
    ("text", "comparisons"),
    [
        ("userName pr", 1),
        ('userName eq "a" or not (title pr and active eq true)', 3),
        ('emails[type eq "work" and (value co "a" or value co "b")] and title pr', 4),
        ('name[familyName eq "a"]', 2),
    ],
)
def test_the_comparisons_of_a_filter_are_counted(text: str, comparisons: int) -> None:
    assert filters.parse(text, [Kind.USER]).comparisons == comparisons


@pytest.mark.parametrize(
    "text", ['userName eq "' + "x" * 8192 + '"', "not (" * 40 + "userName pr" + ")" * 40]
)
def test_a_filter_is_so_long_and_so_deep_and_no_more(text: str) -> None:
    with pytest.raises(InvalidFilterException):
        filters.parse(text, [Kind.USER])
