"""`attributes` and `excludedAttributes` (RFC 7644 section 3.9): what is asked for, and no more."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollcall.scim.errors import InvalidValueException
from rollcall.scim.projection import MAX_NAMES, Projection
from rollcall.scim.resource_type import Kind
from tests.scim.strategies import FAST, PATHS, copied

CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

SCHEMAS = [CORE, ENTERPRISE]
EMAILS = [{"value": "a@b.c", "type": "work"}, {"value": "x@y.z"}]
NAME = {"givenName": "Ada", "familyName": "Lovelace"}
MANAGER = {"value": "m1", "$ref": "https://example.com/Users/m1"}
META = {"resourceType": "User", "version": 'W/"1"'}
ADA: dict[str, Any] = {
    "schemas": SCHEMAS,
    "id": "1",
    "userName": "ada",
    "name": NAME,
    "emails": EMAILS,
    ENTERPRISE: {"department": "Engines", "manager": MANAGER},
    "groups": [{"value": "g"}],
    "meta": META,
}
STAFF: dict[str, Any] = {
    "schemas": [GROUP],
    "id": "g",
    "displayName": "Staff",
    "members": [{"value": "1", "type": "User"}],
}


def asked(*names: str) -> dict[str, Any]:
    return Projection.of(names, None).apply(Kind.USER, ADA)


def without(*names: str) -> dict[str, Any]:
    return Projection.of(None, names).apply(Kind.USER, ADA)


@pytest.mark.parametrize(
    ("names", "part"),
    [
        (["userName"], {"userName": "ada"}),
        (["USERNAME"], {"userName": "ada"}),
        ([f"{CORE}:userName"], {"userName": "ada"}),
        (["id"], {}),
        (["nope"], {}),
        (["a b"], {}),
        (["userName,name.givenName"], {"userName": "ada", "name": {"givenName": "Ada"}}),
        ([" userName ", "NAME.GIVENNAME,"], {"userName": "ada", "name": {"givenName": "Ada"}}),
        (["name", "name.givenName"], {"name": NAME}),
        (["name.middleName"], {}),
        (["emails"], {"emails": EMAILS}),
        (["emails.value"], {"emails": [{"value": "a@b.c"}, {"value": "x@y.z"}]}),
        (["emails.type"], {"emails": [{"type": "work"}]}),
        (["emails.display"], {}),
        ([ENTERPRISE], {ENTERPRISE: ADA[ENTERPRISE]}),
        ([ENTERPRISE.lower()], {ENTERPRISE: ADA[ENTERPRISE]}),
        ([f"{ENTERPRISE}:department"], {ENTERPRISE: {"department": "Engines"}}),
        (["manager"], {ENTERPRISE: {"manager": MANAGER}}),
        ([f"{ENTERPRISE}:manager.value"], {ENTERPRISE: {"manager": {"value": "m1"}}}),
        (["meta.version"], {"meta": {"version": 'W/"1"'}}),
    ],
)
def test_only_the_attributes_that_are_asked_for_come_with_the_id(
    names: list[str], part: dict[str, Any]
) -> None:
    assert asked(*names) == {"schemas": SCHEMAS, "id": "1", **part}


@pytest.mark.parametrize(
    ("names", "changed"),
    [
        (["userName"], {"userName": None}),
        (["USERNAME", f"{CORE}:name"], {"userName": None, "name": None}),
        (["id,schemas"], {}),
        (["nope", "a b", CORE], {}),
        (["name.givenName"], {"name": {"familyName": "Lovelace"}}),
        (["name.givenName,name.familyName"], {"name": None}),
        (["emails.value"], {"emails": [{"type": "work"}]}),
        (["emails.type"], {"emails": [{"value": "a@b.c"}, {"value": "x@y.z"}]}),
        (["emails.value,emails.type"], {"emails": None}),
        ([ENTERPRISE], {ENTERPRISE: None}),
        (["manager"], {ENTERPRISE: {"department": "Engines"}}),
        (["manager.$ref"], {ENTERPRISE: {"department": "Engines", "manager": {"value": "m1"}}}),
        (["groups", "meta"], {"groups": None, "meta": None}),
    ],
)
def test_what_is_excluded_is_left_out_and_the_id_never(
    names: list[str], changed: dict[str, Any]
) -> None:
    expected = {key: value for key, value in {**ADA, **changed}.items() if value is not None}
    assert without(*names) == expected


@pytest.mark.parametrize("names", [None, [], [""], [" , "]])
def test_without_names_everything_is_returned(names: list[str] | None) -> None:
    projection = Projection.of(names, names)
    assert not projection
    assert projection.apply(Kind.USER, ADA) == ADA


def test_excluding_members_leaves_the_rest_of_a_group() -> None:
    projection = Projection.of(None, ["members"])
    assert projection.apply(Kind.GROUP, STAFF) == {
        "schemas": [GROUP],
        "id": "g",
        "displayName": "Staff",
    }


@pytest.mark.parametrize(
    ("attributes", "excluded", "returned"),
    [
        (None, None, True),
        (None, ["members"], False),
        (None, ["MEMBERS"], False),
        (None, [f"{GROUP}:members"], False),
        (None, ["members.type"], True),
        (None, ["displayName"], True),
        (["members"], None, True),
        (["members.value"], None, True),
        (["displayName"], None, False),
        (["id"], None, False),
        (["nope"], None, False),
    ],
)
def test_members_that_nobody_wants_need_not_be_read(
    attributes: list[str] | None, excluded: list[str] | None, returned: bool
) -> None:
    assert Projection.of(attributes, excluded).returns(Kind.GROUP, "members") is returned


def test_an_attribute_is_named_only_by_asking_for_it() -> None:
    assert Projection.of(["userName,groups.value"], None).names(Kind.USER, "groups")
    assert not Projection.of(["userName"], None).names(Kind.USER, "groups")
    assert not Projection.of(None, None).names(Kind.USER, "groups")
    assert not Projection.of(None, ["groups"]).names(Kind.USER, "groups")


def test_asking_and_excluding_at_once_is_an_invalid_value() -> None:
    with pytest.raises(InvalidValueException, match="excludedAttributes"):
        Projection.of(["userName"], ["name"])


@FAST
@given(st.lists(st.sampled_from(PATHS)), st.booleans())
def test_a_projection_is_a_part_with_the_id_and_nothing_empty(
    names: list[str], excluding: bool
) -> None:
    untouched = copied(ADA)
    part = without(*names) if excluding else asked(*names)
    assert (part["id"], part["schemas"]) == ("1", SCHEMAS)
    assert part.items() <= ADA.items() or all(
        isinstance(value, dict | list) for key, value in part.items() if ADA[key] != value
    )
    assert all(value not in ({}, []) for value in part.values())
    assert untouched == ADA


def test_a_request_names_so_many_attributes_each_once_and_no_more() -> None:
    names = [f"a{number}" for number in range(MAX_NAMES - 1)]

    assert asked(*names, "userName", "USERNAME", *names * 3, ",".join(names)) == asked("userName")
    assert without(*names, "userName") == without("userName")
    for parameter in ("attributes", "excludedAttributes"):
        both = [[*names, "userName", "title"], None]
        given = both if parameter == "attributes" else both[::-1]
        with pytest.raises(InvalidValueException, match=f"{parameter} names at most {MAX_NAMES}"):
            Projection.of(*given)


def test_a_name_with_a_selection_is_the_name_of_what_is_selected_among() -> None:
    assert asked('emails[type eq "work"]') == asked("emails")
    assert asked('emails[type eq "work"].value') == asked("emails.value")
    assert asked("emails[[[") == asked("nope")
