"""PATCH as clients send it, on users: rows U2 to U20 and U22 of what clients send."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollcall.scim import patch
from rollcall.scim.body import MAX_DEPTH
from rollcall.scim.errors import (
    InvalidPathException,
    InvalidSyntaxException,
    InvalidValueException,
    MutabilityException,
    NoTargetException,
    SCIMException,
)
from rollcall.scim.resource_type import Kind
from tests.scim import strategies
from tests.scim.strategies import FAST, copied

CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
TYPO = "urn:ietf:params:scim:schemas:extension:enterprise:2.0User"
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"

JSON_ROLE = '{"id": "18d1", "value": "Admin", "displayName": "Administrator"}'


def message(*operations: Any) -> dict[str, Any]:
    return {"schemas": [PATCH_OP], "Operations": list(operations)}


def user(**attributes: Any) -> dict[str, Any]:
    schemas = [CORE, ENTERPRISE] if ENTERPRISE in attributes else [CORE]
    return {"schemas": schemas, "userName": "ada", **attributes}


def managed(manager: str = "m1") -> dict[str, Any]:
    return user(**{ENTERPRISE: {"department": "Engines", "manager": {"value": manager}}})


def patched(before: dict[str, Any], *operations: Any) -> dict[str, Any]:
    kind = Kind.GROUP if GROUP in before["schemas"] else Kind.USER
    return patch.read(kind, message(*operations)).apply(before)


def add(path: str, value: Any) -> dict[str, Any]:
    return {"op": "Add", "path": path, "value": value}


def replace(path: str, value: Any) -> dict[str, Any]:
    return {"op": "Replace", "path": path, "value": value}


def remove(path: str) -> dict[str, Any]:
    return {"op": "Remove", "path": path}


WRITES = pytest.mark.parametrize("write", [add, replace])


def test_several_attributes_are_replaced_in_one_request() -> None:
    after = patched(
        user(displayName="Ada", title="Miss"),
        {"op": "Replace", "path": "displayName", "value": "Ada Lovelace"},
        {"op": "Replace", "path": "title", "value": "Countess"},
        {"op": "Replace", "path": "nickName", "value": "AAL"},
    )
    assert after == user(displayName="Ada Lovelace", title="Countess", nickName="AAL")


@pytest.mark.parametrize("op", ["replace", "Replace", "REPLACE", "add", "Add", "ADD"])
def test_an_operation_may_be_in_any_case(op: str) -> None:
    assert patched(user(), {"op": op, "path": "title", "value": "x"}) == user(title="x")


@pytest.mark.parametrize("op", ["remove", "Remove", "REMOVE"])
def test_a_removal_may_be_in_any_case(op: str) -> None:
    assert patched(user(title="x"), {"op": op, "path": "title"}) == user()


@pytest.mark.parametrize(
    "path", ["displayName", "DISPLAYNAME", " displayName ", f"{CORE}:displayName"]
)
def test_a_path_may_be_in_any_case_and_qualified(path: str) -> None:
    assert patched(user(), replace(path, "Ada")) == user(displayName="Ada")


def test_the_keys_of_a_message_may_be_in_any_case() -> None:
    read = patch.read(
        Kind.USER, {"operations": [{"OP": "replace", "Path": "title", "VALUE": "x"}], "nope": 1}
    )
    assert read.apply(user()) == user(title="x")


@WRITES
def test_a_part_of_an_absent_attribute_creates_it(write: Any) -> None:
    assert patched(user(), write("name.familyName", "Byron")) == user(name={"familyName": "Byron"})


@WRITES
def test_a_part_of_an_attribute_leaves_the_other_parts(write: Any) -> None:
    before = user(name={"givenName": "Ada", "familyName": "Byron"})
    after = patched(before, write("name.familyName", "Lovelace"))
    assert after == user(name={"givenName": "Ada", "familyName": "Lovelace"})


@WRITES
@pytest.mark.parametrize(
    ("path", "value", "created"),
    [
        ('emails[type eq "work"].value', "a@b.c", {"emails": [{"type": "work", "value": "a@b.c"}]}),
        (
            'phoneNumbers[type eq "mobile"].value',
            "+44 1",
            {"phoneNumbers": [{"type": "mobile", "value": "+44 1"}]},
        ),
        (
            'addresses[type eq "work"].streetAddress',
            "12 St James's Square",
            {"addresses": [{"type": "work", "streetAddress": "12 St James's Square"}]},
        ),
        (
            'emails[type eq "work" and primary eq true].value',
            "a@b.c",
            {"emails": [{"type": "work", "primary": True, "value": "a@b.c"}]},
        ),
        (
            'emails[type eq "work"]',
            {"value": "a@b.c", "display": "Ada"},
            {"emails": [{"type": "work", "value": "a@b.c", "display": "Ada"}]},
        ),
        (
            'roles[primary eq "True"].value',
            "Admin",
            {"roles": [{"primary": True, "value": "Admin"}]},
        ),
        (
            'roles[primary eq "true"].value',
            "Admin",
            {"roles": [{"primary": True, "value": "Admin"}]},
        ),
        ("roles[primary eq true].value", "Admin", {"roles": [{"primary": True, "value": "Admin"}]}),
    ],
)
def test_a_value_path_without_a_match_creates_the_element(
    write: Any, path: str, value: Any, created: dict[str, Any]
) -> None:
    assert patched(user(), write(path, value)) == user(**created)


def test_operations_after_the_first_find_the_element_that_it_created() -> None:
    after = patched(
        user(),
        add('addresses[type eq "work"].streetAddress', "12 St James's Square"),
        add('addresses[type eq "work"].locality', "London"),
        replace('addresses[type eq "work"].locality', "Westminster"),
        add('emails[type eq "work"].primary', "True"),
        add('emails[type eq "work"].value', "a@b.c"),
    )
    assert after == user(
        addresses=[
            {"type": "work", "streetAddress": "12 St James's Square", "locality": "Westminster"}
        ],
        emails=[{"type": "work", "primary": True, "value": "a@b.c"}],
    )


def test_a_value_path_leaves_the_elements_that_it_does_not_select() -> None:
    before = user(emails=[{"type": "home", "value": "h"}, {"type": "work", "value": "w"}])
    after = patched(before, replace('emails[type eq "work"].value', "new"))
    assert after == user(emails=[{"type": "home", "value": "h"}, {"type": "work", "value": "new"}])


def test_a_value_path_selects_in_any_case() -> None:
    before = user(emails=[{"type": "work", "value": "w"}])
    after = patched(before, replace('EMAILS[TYPE EQ "Work"].VALUE', "new"))
    assert after == user(emails=[{"type": "work", "value": "new"}])


def test_an_element_that_is_replaced_keeps_what_is_not_named() -> None:
    before = user(emails=[{"type": "work", "value": "w", "display": "Ada"}])
    after = patched(before, replace('emails[type eq "work"]', {"value": "new"}))
    assert after == user(emails=[{"type": "work", "value": "new", "display": "Ada"}])


def test_thirty_six_operations_of_one_request_are_applied() -> None:
    labels = [f"label{number}" for number in range(36)]
    after = patched(user(), *(add(f'ims[type eq "{each}"].value', each) for each in labels))
    assert after == user(ims=[{"type": each, "value": each} for each in labels])


@WRITES
@pytest.mark.parametrize(
    "path",
    [
        f"{ENTERPRISE}:department",
        f"{ENTERPRISE.lower()}:DEPARTMENT",
        f"{TYPO}:department",
        f"{TYPO}.department",
    ],
)
def test_an_attribute_of_an_extension_brings_its_urn_into_schemas(write: Any, path: str) -> None:
    assert patched(user(), write(path, "Engines")) == {
        "schemas": [CORE, ENTERPRISE],
        "userName": "ada",
        ENTERPRISE: {"department": "Engines"},
    }


def test_the_last_attribute_of_an_extension_takes_its_urn_out_of_schemas() -> None:
    before = user(**{ENTERPRISE: {"department": "Engines"}})
    assert patched(before, remove(f"{ENTERPRISE}:department")) == user()


@WRITES
@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("manager", [{"$ref": "../Users/m2", "value": "m2"}]),
        ("manager", [{"$ref": None, "value": "m2"}]),
        ("manager", "m2"),
        ("manager", ["m2"]),
        ("MANAGER", {"VALUE": "m2"}),
        ("manager.value", "m2"),
        (f"{ENTERPRISE}:manager", "m2"),
        (f"{ENTERPRISE}:manager", {"value": "m2"}),
        (f"{ENTERPRISE}:manager", {"value": "m2", "displayName": "Eve", "$ref": "../Users/m2"}),
        (f"{ENTERPRISE}:manager.value", "m2"),
        (f"{TYPO}:manager", "m2"),
        ('manager[value eq "m1"]', "m2"),
        ('manager[value eq "m1"].value', "m2"),
        (ENTERPRISE, {"manager": "m2"}),
    ],
)
def test_a_manager_is_set_in_any_shape(write: Any, path: str, value: Any) -> None:
    assert patched(managed("m1"), write(path, value)) == managed("m2")


def test_a_first_manager_brings_the_extension() -> None:
    assert patched(user(), add("manager", "m1")) == user(
        **{ENTERPRISE: {"manager": {"value": "m1"}}}
    )


CLEARING_A_MANAGER = [
    {"op": "remove", "path": "manager"},
    {"op": "remove", "path": f"{ENTERPRISE}:manager"},
    {"op": "remove", "path": f"{ENTERPRISE}:manager.value"},
    {"op": "Remove", "path": 'manager[value eq "m1"]'},
    {"op": "Remove", "path": 'manager[value eq "m1"].value'},
    {"op": "Remove", "path": f'{ENTERPRISE}:manager[value eq "m1"]'},
    {"op": "remove", "path": "manager", "value": [{"value": "m1"}]},
    {"op": "replace", "path": "manager", "value": ""},
    {"op": "replace", "path": "manager", "value": None},
    {"op": "replace", "path": "manager", "value": []},
    {"op": "replace", "path": "manager", "value": {"value": ""}},
    {"op": "replace", "path": "manager", "value": {"value": None}},
    {"op": "replace", "path": "manager", "value": [{"$ref": None, "value": ""}]},
    {"op": "replace", "path": f"{ENTERPRISE}:manager", "value": ""},
    {"op": "replace", "path": f"{ENTERPRISE}:manager.value", "value": ""},
    {"op": "replace", "value": {"manager": None}},
    {"op": "replace", "value": {f"{ENTERPRISE}:manager": ""}},
    {"op": "replace", "value": {ENTERPRISE: {"manager": {"value": ""}}}},
]


@pytest.mark.parametrize("operation", CLEARING_A_MANAGER)
def test_a_manager_is_cleared_in_any_shape(operation: dict[str, Any]) -> None:
    assert patched(managed("m1"), operation) == user(**{ENTERPRISE: {"department": "Engines"}})


@pytest.mark.parametrize("operation", CLEARING_A_MANAGER)
def test_clearing_an_absent_manager_succeeds(operation: dict[str, Any]) -> None:
    assert patched(user(), operation) == user()


def test_removing_another_manager_than_there_is_changes_nothing() -> None:
    assert patched(managed("m1"), remove('manager[value eq "m2"]')) == managed("m1")


@pytest.mark.parametrize(
    "path", ["manager[value pr]", 'manager[value sw "m"]', 'manager[$ref eq "m1"]']
)
def test_a_manager_is_selected_by_the_equality_of_its_id_only(path: str) -> None:
    with pytest.raises(InvalidPathException, match="manager"):
        patched(managed("m1"), remove(path))


def test_without_a_path_the_keys_are_paths() -> None:
    after = patched(
        user(name={"honorificPrefix": "Lady"}),
        {
            "op": "Add",
            "value": {
                "displayName": "Ada",
                "name.givenName": "Ada",
                "name": {"familyName": "Lovelace"},
                f"{CORE}:title": "Countess",
                f"{ENTERPRISE}:employeeNumber": "7",
                'emails[type eq "work"].value': "a@b.c",
                "active": "False",
                TYPO: {"division": "North"},
                ENTERPRISE: {"department": "Engines", "manager": "m1", "manager.value": "m2"},
                CORE: {"nickName": "AAL"},
            },
        },
    )
    assert after == user(
        name={"honorificPrefix": "Lady", "givenName": "Ada", "familyName": "Lovelace"},
        displayName="Ada",
        nickName="AAL",
        title="Countess",
        active=False,
        emails=[{"type": "work", "value": "a@b.c"}],
        **{
            ENTERPRISE: {
                "employeeNumber": "7",
                "division": "North",
                "department": "Engines",
                "manager": {"value": "m2"},
            }
        },
    )


@pytest.mark.parametrize("path", [None, "", " ", CORE])
def test_an_empty_path_and_the_urn_of_the_resource_are_no_path(path: str | None) -> None:
    operation = {"op": "replace", "path": path, "value": {"title": "x", "name.givenName": "Ada"}}
    assert patched(user(), operation) == user(title="x", name={"givenName": "Ada"})


def test_without_a_path_the_object_may_stand_in_an_array() -> None:
    assert patched(user(), {"op": "add", "value": [{"title": "x"}]}) == user(title="x")


def test_a_qualified_key_says_where_it_belongs_wherever_it_stands() -> None:
    value = {ENTERPRISE: {f"{ENTERPRISE}:department": "Engines", f"{CORE}:title": "x"}}
    assert patched(user(), {"op": "add", "value": value}) == user(
        title="x", **{ENTERPRISE: {"department": "Engines"}}
    )


def test_what_the_server_decides_is_ignored_among_the_keys() -> None:
    operation = {
        "op": "replace",
        "value": {
            "id": "mine",
            "schemas": ["urn:example:2.0:User"],
            "meta": {"version": "9"},
            "meta.created": "2026-01-01T00:00:00Z",
            "groups": [{"value": "g"}],
            "active": False,
        },
    }
    assert patched(user(active=True), operation) == user(active=False)


@pytest.mark.parametrize(
    "path",
    [
        "id",
        "ID",
        "meta",
        "meta.version",
        "groups",
        "groups.value",
        'groups[value eq "g"]',
        f"{CORE}:id",
    ],
)
@pytest.mark.parametrize("op", ["add", "replace", "remove"])
def test_what_the_server_decides_is_a_mutability_error_by_path(op: str, path: str) -> None:
    with pytest.raises(MutabilityException) as raised:
        patch.read(Kind.USER, message({"op": op, "path": path, "value": "x"}))
    assert raised.value.scim_type == "mutability"
    assert raised.value.detail == f"{path} is read-only"


@pytest.mark.parametrize(
    ("value", "active"),
    [
        (False, False),
        ("False", False),
        ("false", False),
        ([{"$ref": None, "value": "False"}], False),
        ([False], False),
        (True, True),
        ("True", True),
    ],
)
def test_a_user_is_disabled_and_enabled(value: Any, active: bool) -> None:
    for before in (user(active=True), user(active=False)):
        assert patched(before, replace("active", value)) == user(active=active)
        assert patched(before, {"op": "replace", "value": {"active": value}}) == user(active=active)


@pytest.mark.parametrize(
    "value",
    [
        [{"value": JSON_ROLE}],
        {"value": JSON_ROLE},
        JSON_ROLE,
        [JSON_ROLE],
        [{"VALUE": JSON_ROLE}],
        [{"value": "Admin", "display": "Administrator"}],
    ],
)
def test_a_role_may_be_json_in_a_string(value: Any) -> None:
    assert patched(user(), add("roles", value)) == user(
        roles=[{"value": "Admin", "display": "Administrator"}]
    )


def test_adding_roles_never_removes_and_never_repeats() -> None:
    before = user(roles=[{"value": "User"}, {"value": "Admin", "display": "Administrator"}])
    after = patched(before, add("roles", [{"value": JSON_ROLE}, {"value": "Auditor"}]))
    assert after == user(
        roles=[
            {"value": "User"},
            {"value": "Admin", "display": "Administrator"},
            {"value": "Auditor"},
        ]
    )


def test_adding_an_element_of_labels_alone_changes_nothing() -> None:
    before = user(roles=[{"value": "Admin", "primary": True}])
    assert patched(before, add("roles", [{"primary": "True", "type": "Role"}])) == before


def test_replacing_roles_replaces_the_set() -> None:
    before = user(roles=[{"value": "User"}, {"value": "Auditor"}])
    assert patched(before, replace("roles", [{"value": JSON_ROLE}])) == user(
        roles=[{"value": "Admin", "display": "Administrator"}]
    )


@pytest.mark.parametrize(
    "nothing", ["", None, [], [{"$ref": None, "value": ""}], [{"value": None}]]
)
@pytest.mark.parametrize(
    ("path", "before"),
    [
        ("displayName", user(displayName="Ada")),
        ("active", user(active=True)),
        ("name", user(name={"givenName": "Ada", "familyName": "Lovelace"})),
        ("name.givenName", user(name={"givenName": "Ada"})),
        ("emails", user(emails=[{"value": "a"}, {"value": "b"}])),
        ("emails.value", user(emails=[{"type": "work", "value": "a"}])),
        ('emails[type eq "work"].value', user(emails=[{"type": "work", "value": "a"}])),
        (
            'emails[type eq "work"].value',
            user(emails=[{"type": "work", "primary": True, "value": "a"}]),
        ),
        ('emails[type eq "work"]', user(emails=[{"type": "work", "value": "a"}])),
        ('roles[primary eq "True"].value', user(roles=[{"primary": True, "value": "Admin"}])),
        (f"{ENTERPRISE}:department", user(**{ENTERPRISE: {"department": "Engines"}})),
        ('emails[type eq "home"].value', user()),
        ("title", user()),
    ],
)
def test_replacing_by_nothing_clears(path: str, before: dict[str, Any], nothing: Any) -> None:
    assert patched(before, replace(path, nothing)) == user()
    assert patched(before, {"op": "replace", "value": {path: nothing}}) == user()


@pytest.mark.parametrize(
    "nothing", ["", None, [], [{"$ref": None, "value": ""}], [{"value": None}]]
)
@pytest.mark.parametrize(
    "path",
    [
        "displayName",
        "name",
        "name.givenName",
        'emails[type eq "work"].value',
        "manager",
        "manager.value",
        f"{ENTERPRISE}:department",
        "profileUrl",
    ],
)
def test_adding_nothing_to_a_single_value_clears_it_as_replacing_does(
    path: str, nothing: Any
) -> None:
    before = user(
        displayName="Ada",
        name={"givenName": "Ada"},
        profileUrl="https://ada.example",
        emails=[{"type": "work", "value": "a"}],
        **{ENTERPRISE: {"manager": {"value": "m1"}, "department": "Engines"}},
    )
    replaced = patched(before, replace(path, nothing))
    assert replaced != before
    assert patched(before, add(path, nothing)) == replaced
    assert patched(before, {"op": "add", "value": {path: nothing}}) == replaced


@pytest.mark.parametrize("nothing", ["", None, [], {}])
@pytest.mark.parametrize("path", ["emails", "roles", 'emails[type eq "work"]', ENTERPRISE])
def test_adding_nothing_to_several_values_changes_nothing(path: str, nothing: Any) -> None:
    before = user(
        emails=[{"type": "work", "value": "a"}],
        roles=[{"value": "Admin"}],
        **{ENTERPRISE: {"manager": {"value": "m1"}}},
    )
    assert patched(before, add(path, nothing)) == before
    assert patched(before, {"op": "add", "value": {path: nothing}}) == before


@pytest.mark.parametrize("nothing", ["", None, [], {}, [{"$ref": None, "value": ""}]])
@pytest.mark.parametrize("path", ["active", "ACTIVE", f"{CORE}:active"])
def test_a_disabled_account_stays_disabled_when_active_is_cleared(path: str, nothing: Any) -> None:
    for operation in (
        replace(path, nothing),
        add(path, nothing),
        {"op": "replace", "value": {path: nothing}},
        {"op": "add", "value": {path: nothing}},
        {"op": "replace", "value": {CORE: {"active": nothing}}},
        {"op": "replace", "path": CORE, "value": {"active": nothing}},
        remove(path),
        {"op": "remove", "path": path, "value": nothing},
    ):
        assert patched(user(active=False), operation) == user(active=False), operation
        assert patched(user(active=True), operation) == user(), operation


def test_an_account_that_one_operation_disables_no_other_enables_by_clearing() -> None:
    before = user(active=True, title="x")
    after = patched(before, replace("active", False), remove("active"), replace("title", "y"))
    assert after == user(active=False, title="y")


@WRITES
@pytest.mark.parametrize("nothing", ["", None, [], {}, [{"$ref": None, "value": ""}]])
@pytest.mark.parametrize(("kind", "name"), [(Kind.USER, "userName"), (Kind.GROUP, "displayName")])
def test_what_is_required_cannot_be_cleared(
    kind: Kind, name: str, nothing: Any, write: Any
) -> None:
    operation = write(name, nothing)
    for each in (operation, {"op": operation["op"], "value": {name: nothing}}):
        with pytest.raises(InvalidValueException, match=f"{name} is required"):
            patch.read(kind, message(each))


@pytest.mark.parametrize(("kind", "path"), [(Kind.USER, "userName"), (Kind.GROUP, "displayName")])
def test_a_required_attribute_cannot_be_removed(kind: Kind, path: str) -> None:
    with pytest.raises(MutabilityException, match=f"{path} is required"):
        patch.read(kind, message(remove(path)))


def test_an_object_clears_the_parts_that_it_names_and_no_others() -> None:
    before = user(name={"givenName": "Ada", "familyName": "Byron", "middleName": "King"})
    value = {"familyName": "", "middleName": None}
    assert patched(before, replace("name", value)) == user(name={"givenName": "Ada"})
    assert patched(before, {"op": "replace", "value": {"name": value}}) == user(
        name={"givenName": "Ada"}
    )


@pytest.mark.parametrize("path", ["name", ENTERPRISE, CORE, "manager"])
def test_an_empty_object_names_nothing_and_changes_nothing(path: str) -> None:
    before = {**managed(), "name": {"givenName": "Ada"}}
    assert patched(before, replace(path, {})) == before


@pytest.mark.parametrize("nothing", ["", None, []])
def test_the_resource_itself_is_not_replaced_by_nothing(nothing: Any) -> None:
    assert patched(user(title="x"), replace(CORE, nothing)) == user(title="x")


@pytest.mark.parametrize(
    "operation",
    [remove(ENTERPRISE), replace(ENTERPRISE, None), replace(TYPO, ""), remove(ENTERPRISE.lower())],
)
def test_an_extension_is_removed_as_a_whole(operation: dict[str, Any]) -> None:
    assert patched(managed(), operation) == user()
    assert patched(user(), operation) == user()


@pytest.mark.parametrize("value", ["x", None, "", [{"value": "other"}], 5])
@pytest.mark.parametrize(
    "path", ['emails[type eq "work"].value', 'emails[type eq "work"]', "title"]
)
def test_a_removal_that_says_what_ignores_its_value(path: str, value: Any) -> None:
    before = user(
        title="x", emails=[{"type": "work", "value": "a"}, {"type": "home", "value": "b"}]
    )
    after = patched(before, {"op": "Remove", "path": path, "value": value})
    expected = patched(before, remove(path))
    assert after == expected != before


@pytest.mark.parametrize(
    "value",
    [
        [{"value": "a"}],
        {"value": "a"},
        [{"value": "A"}],
        ["a"],
        "a",
        [{"$ref": None, "value": "a"}],
        [{"$ref": "https://example.com/a", "value": "a"}],
        [{"value": "a", "type": "work"}],
        [{"VALUE": "a"}],
        [{"value": "a", "nope": 1}],
        [{"value": "a"}, {"value": "not there"}],
    ],
)
def test_a_removal_with_values_removes_those(value: Any) -> None:
    before = user(emails=[{"type": "work", "value": "a"}, {"type": "home", "value": "b"}])
    after = patched(before, {"op": "Remove", "path": "emails", "value": value})
    assert after == user(emails=[{"type": "home", "value": "b"}])


@pytest.mark.parametrize(
    "value",
    [
        [],
        "",
        {},
        [{}],
        [None],
        [{"value": ""}],
        [{"value": "not there"}],
        [{"value": "a", "type": "home"}],
        [{"nope": "a"}],
    ],
)
def test_a_removal_with_values_never_clears(value: Any) -> None:
    before = user(emails=[{"type": "work", "value": "a"}, {"type": "home", "value": "b"}])
    assert patched(before, {"op": "Remove", "path": "emails", "value": value}) == before


@pytest.mark.parametrize("value", [5, [5], [{"value": 5}], [{"value": {"x": "y"}}], [["a"]]])
def test_a_removal_with_what_are_no_values_is_an_invalid_value(value: Any) -> None:
    with pytest.raises(InvalidValueException, match="emails"):
        patched(user(emails=[{"value": "a"}]), {"op": "Remove", "path": "emails", "value": value})


@pytest.mark.parametrize(
    "path", ["title", "name.givenName", "emails", 'emails[type eq "fax"]', "roles"]
)
def test_removing_what_is_absent_succeeds(path: str) -> None:
    assert patched(user(), remove(path)) == user()


def test_operations_on_one_attribute_follow_each_other() -> None:
    after = patched(
        user(emails=[{"type": "work", "value": "old"}]),
        remove("emails"),
        add("emails", [{"type": "work", "value": "a"}, {"type": "home", "value": "b"}]),
        replace('emails[type eq "work"].value', "new"),
        remove('emails[type eq "home"]'),
        remove("title"),
        add("title", "x"),
        replace("title", "y"),
    )
    assert after == user(emails=[{"type": "work", "value": "new"}], title="y")


@pytest.mark.parametrize(
    "operation",
    [
        add("emails", [{"type": "home", "value": "h", "primary": True}]),
        add("emails", [{"type": "home", "value": "h", "primary": "True"}]),
        add('emails[type eq "home"]', {"value": "h", "primary": True}),
        {"op": "add", "value": {"emails": [{"type": "home", "value": "h", "primary": True}]}},
    ],
)
def test_a_new_primary_ends_the_old_one(operation: dict[str, Any]) -> None:
    before = user(emails=[{"type": "work", "value": "w", "primary": True}])
    assert patched(before, operation) == user(
        emails=[
            {"type": "work", "value": "w", "primary": False},
            {"type": "home", "value": "h", "primary": True},
        ]
    )


@pytest.mark.parametrize("value", [True, "True", [{"$ref": None, "value": "true"}]])
def test_making_an_element_primary_ends_the_old_one(value: Any) -> None:
    before = user(
        emails=[{"type": "work", "value": "w", "primary": True}, {"type": "home", "value": "h"}],
        roles=[{"value": "Admin", "primary": True}],
    )
    assert patched(before, replace('emails[type eq "home"].primary', value)) == user(
        emails=[
            {"type": "work", "value": "w", "primary": False},
            {"type": "home", "value": "h", "primary": True},
        ],
        roles=[{"value": "Admin", "primary": True}],
    )


def test_two_primaries_in_one_value_are_an_invalid_value() -> None:
    value = [{"value": "a", "primary": True}, {"value": "b", "primary": "True"}]
    with pytest.raises(InvalidValueException, match="emails: Multiple values marked as primary"):
        patched(user(), replace("emails", value))


def test_the_soft_delete_of_entra_is_stored_as_it_was_sent_and_reversed() -> None:
    away = "0123456789abcdef0123456789abcdefada@example.com"
    before = {"schemas": [CORE], "userName": "ada@example.com", "active": True}
    deleted = patched(before, replace("userName", away), replace("active", "False"))
    assert deleted == {"schemas": [CORE], "userName": away, "active": False}
    restored = patched(
        deleted, {"op": "replace", "value": {"userName": "ada@example.com", "active": True}}
    )
    assert restored == before


UNKNOWN = [
    "nope",
    "name.nope",
    "displayName.nope",
    "nope.nope",
    'nope[type eq "work"].value',
    'emails[type eq "work"].nope',
    'emails[nope eq "x"].value',
    "password",
    "manager.displayName",
    f"{ENTERPRISE}:nope",
    "urn:ietf:params:scim:schemas:extension:example:2.0:User",
    "urn:ietf:params:scim:schemas:extension:example:2.0:User:badge",
    "members",
]


@pytest.mark.parametrize("op", ["add", "replace", "remove"])
@pytest.mark.parametrize("path", UNKNOWN)
def test_a_path_that_we_do_not_have_is_ignored_and_named(op: str, path: str) -> None:
    read = patch.read(
        Kind.USER,
        message({"op": op, "path": path, "value": "x"}, replace("active", "False")),
    )
    assert read.apply(user(active=True)) == user(active=False)
    assert read.ignored == [path]


@pytest.mark.parametrize("key", [*UNKNOWN, "a b", "emails[", "urn:x"])
def test_a_key_that_we_do_not_have_is_ignored_and_named(key: str) -> None:
    read = patch.read(Kind.USER, message({"op": "add", "value": {key: "x", "active": False}}))
    assert read.apply(user(active=True)) == user(active=False)
    assert read.ignored == [key]


def test_a_key_of_an_object_is_named_with_its_path() -> None:
    value = {"name": {"nope": "x"}, ENTERPRISE: {"badge": 1}, "manager": {"displayName": "Eve"}}
    read = patch.read(Kind.USER, message({"op": "add", "value": value}))
    assert read.ignored == [
        "name.nope",
        f"{ENTERPRISE}:badge",
        f"{ENTERPRISE}:manager.displayName",
    ]
    assert read.apply(user()) == user()


@pytest.mark.parametrize(
    "path",
    ["a b", ".", "5", "name.familyName.x", "emails[]", 'emails[type eq "work"', "urn:", "x" * 9000],
)
def test_a_malformed_path_is_an_invalid_path(path: str) -> None:
    with pytest.raises(InvalidPathException) as raised:
        patch.read(Kind.USER, message(replace(path, "x")))
    assert (raised.value.status, raised.value.scim_type) == (400, "invalidPath")


@pytest.mark.parametrize("path", [5, [], {}, False])
def test_a_path_that_is_no_string_is_an_invalid_path(path: Any) -> None:
    with pytest.raises(InvalidPathException, match=r"Operations\[1\]\.path"):
        patch.read(Kind.USER, message(remove("title"), {"op": "remove", "path": path}))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ('emails[type sw "wo"].value', "x"),
        ('emails[type eq "work" or type eq "home"].value', "x"),
        ('emails[not (type eq "work")].value', "x"),
        ("emails[value pr]", {"value": "x"}),
    ],
)
def test_a_selection_that_describes_no_element_and_matches_none_has_no_target(
    path: str, value: Any
) -> None:
    with pytest.raises(NoTargetException, match="emails"):
        patched(user(), replace(path, value))


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "remove"},
        {"op": "remove", "path": ""},
        {"op": "remove", "value": {"title": "x"}},
        {"op": "remove", "path": CORE},
    ],
)
def test_a_removal_of_the_resource_itself_has_no_target(operation: dict[str, Any]) -> None:
    with pytest.raises(NoTargetException) as raised:
        patch.read(Kind.USER, message(operation))
    assert raised.value.scim_type == "noTarget"


@pytest.mark.parametrize(
    ("path", "detail"),
    [
        ("emails[type ne 5].value", "emails.type"),
        ("emails[primary gt true].value", "emails.primary"),
        ('emails[primary eq "maybe"].value', "emails.primary"),
        ('name[familyName eq "Byron"].givenName', "name"),
    ],
)
def test_a_selection_that_cannot_be_compared_is_an_invalid_filter(path: str, detail: str) -> None:
    with pytest.raises(SCIMException, match=detail) as raised:
        patched(user(), replace(path, "x"))
    assert raised.value.scim_type == "invalidFilter"


@pytest.mark.parametrize(
    ("path", "value", "named"),
    [
        ("displayName", 5, "displayName"),
        ("displayName", True, "displayName"),
        ("displayName", ["a", "b"], "displayName"),
        ("displayName", {"a": "b"}, "displayName"),
        ("userName", 5, "userName"),
        ("active", "yes", "active"),
        ("active", 1, "active"),
        ("name", "Ada", "name"),
        ("name", 5, "name"),
        ("name", {"givenName": 5}, "name.givenName"),
        ("name.givenName", 5, "name.givenName"),
        ("emails", 5, "emails"),
        ("emails", [5], "emails"),
        ("emails", [{"value": 5}], "emails"),
        ("emails", [{"value": "a", "type": 5}], "emails"),
        ("emails", [{"value": "a", "primary": "maybe"}], "emails"),
        ('emails[type eq "work"].value', 5, 'emails[type eq "work"].value'),
        ('emails[type eq "work"].primary', "maybe", 'emails[type eq "work"].primary'),
        ('emails[type eq "work"]', "a", 'emails[type eq "work"]'),
        ('emails[type eq "work"]', {"type": "home", "value": "a"}, 'emails[type eq "work"]'),
        ("manager", 5, f"{ENTERPRISE}:manager"),
        ("manager", ["a", "b"], f"{ENTERPRISE}:manager"),
        (f"{ENTERPRISE}:department", 5, f"{ENTERPRISE}:department"),
        (ENTERPRISE, "x", ENTERPRISE),
        (CORE, 5, CORE),
        ("schemas", 5, "schemas"),
    ],
)
@WRITES
def test_a_value_that_does_not_fit_is_an_invalid_value_that_names_its_attribute(
    write: Any, path: str, value: Any, named: str
) -> None:
    with pytest.raises(InvalidValueException) as raised:
        patched(user(), write(path, value))
    assert (raised.value.status, raised.value.scim_type) == (400, "invalidValue")
    assert named in raised.value.detail
    assert "\n" not in raised.value.detail


def test_the_schema_of_the_resource_cannot_be_replaced() -> None:
    with pytest.raises(InvalidValueException, match=CORE):
        patched(user(), replace("schemas", ["urn:example:2.0:User"]))


def test_a_schema_without_attributes_is_not_kept() -> None:
    assert patched(user(), add("schemas", ["urn:example:2.0:User", ENTERPRISE])) == user()


@pytest.mark.parametrize("op", ["add", "replace"])
@pytest.mark.parametrize(
    ("operation", "detail"),
    [
        ({"path": "title"}, "title: .* needs a value"),
        ({}, "the operation: .* needs a value"),
        ({"value": None}, "without a path takes an object"),
        ({"value": "x"}, "without a path takes an object"),
        ({"value": []}, "without a path takes an object"),
        ({"value": [{"title": "x"}, {"title": "y"}]}, "without a path takes an object"),
    ],
)
def test_an_operation_without_a_value_to_write_is_an_invalid_value(
    op: str, operation: dict[str, Any], detail: str
) -> None:
    with pytest.raises(InvalidValueException, match=detail):
        patch.read(Kind.USER, message({"op": op, **operation}))


@pytest.mark.parametrize("op", [None, "", "move", "set", 5, ["add"], {}])
def test_an_unknown_operation_is_invalid_syntax_that_says_which(op: Any) -> None:
    with pytest.raises(InvalidSyntaxException, match=r"Operations\[1\]\.op"):
        patch.read(Kind.USER, message(remove("title"), {"op": op, "path": "title", "value": "x"}))


@pytest.mark.parametrize(
    ("payload", "detail"),
    [
        (None, "the body must be a JSON object"),
        ([], "the body must be a JSON object"),
        ("x", "the body must be a JSON object"),
        ({}, "Operations"),
        ({"Operations": None}, "Operations"),
        ({"Operations": []}, "Operations"),
        ({"Operations": {"op": "add"}}, "Operations"),
        ({"Operations": ["add"]}, r"Operations\[0\] must be an object"),
        ({"Operations": [{"op": "add", "value": {}}, None]}, r"Operations\[1\] must be an object"),
    ],
)
def test_a_message_that_is_no_patch_is_invalid_syntax(payload: Any, detail: str) -> None:
    with pytest.raises(InvalidSyntaxException, match=detail) as raised:
        patch.read(Kind.USER, payload)
    assert raised.value.scim_type == "invalidSyntax"


def test_a_message_of_more_levels_than_any_client_sends_is_invalid_syntax() -> None:
    value: Any = "x"
    for _ in range(100_000):
        value = [value]
    with pytest.raises(InvalidSyntaxException, match=str(MAX_DEPTH)):
        patch.read(Kind.USER, message(replace("emails", value)))


@pytest.mark.parametrize(
    "last",
    [
        replace("active", "maybe"),
        replace("displayName", 5),
        replace("emails[value pr].value", "x"),
        replace("id", "x"),
        remove("userName"),
        replace("a b", "x"),
        {"op": "move", "path": "title"},
    ],
)
def test_a_request_is_applied_all_or_not_at_all(last: dict[str, Any]) -> None:
    before = user(
        active=True,
        title="x",
        name={"givenName": "Ada"},
        emails=[{"type": "fax"}],
        roles=[{"value": "User", "primary": True}],
    )
    untouched = copied(before)
    with pytest.raises(SCIMException):
        patched(
            before,
            replace("title", "y"),
            replace("name.givenName", "Eve"),
            remove("emails"),
            add("roles", [{"value": "Admin", "primary": True}]),
            last,
        )
    assert before == untouched


def test_a_patch_leaves_the_document_that_it_is_applied_to() -> None:
    before = user(
        name={"givenName": "Ada"},
        emails=[{"type": "work", "value": "w", "primary": True}],
        **{ENTERPRISE: {"department": "Engines"}},
    )
    untouched = copied(before)
    patched(
        before,
        replace("name.givenName", "Eve"),
        add("emails", [{"type": "home", "value": "h", "primary": True}]),
        remove(f"{ENTERPRISE}:department"),
    )
    assert before == untouched


def test_one_patch_applies_to_many_documents() -> None:
    read = patch.read(Kind.USER, message(add('emails[type eq "work"].value', "a@b.c")))
    assert read.apply(user(title="x")) == user(
        title="x", emails=[{"type": "work", "value": "a@b.c"}]
    )
    assert read.apply(user()) == user(emails=[{"type": "work", "value": "a@b.c"}])


def test_a_patch_that_changes_nothing_returns_an_equal_document() -> None:
    before = {**managed(), "emails": [{"type": "work", "value": "a"}], "active": True}
    after = patched(
        before,
        replace("active", "True"),
        replace('emails[type eq "work"].value', "a"),
        add("emails", [{"type": "work", "value": "a"}]),
        replace("manager", "m1"),
        remove("title"),
    )
    assert after == before


def test_a_group_is_renamed_by_path_and_without() -> None:
    before = {"schemas": [GROUP], "displayName": "Staff", "externalId": "g1"}
    after = {**before, "displayName": "People"}
    assert patched(before, replace("displayName", "People")) == after
    assert patched(before, {"op": "Replace", "value": {"displayName": "People"}}) == after
    assert (
        patched(before, {"op": "Replace", "value": {"id": "g", "displayName": "People"}}) == after
    )


@pytest.mark.parametrize("schemas", [[CORE], [ENTERPRISE], ["urn:example:2.0:User"], "x", None, 5])
def test_schemas_among_the_keys_are_ignored(schemas: Any) -> None:
    read = patch.read(
        Kind.USER, message({"op": "add", "value": {"SCHEMAS": schemas, "title": "x"}})
    )
    assert (read.apply(user()), read.ignored) == (user(title="x"), [])


BEFORE = user(
    id="dropped",
    active=True,
    name={"givenName": "Ada"},
    emails=[{"type": "work", "value": "w", "primary": True}, {"type": "home", "value": "h"}],
    roles=[{"value": "Admin"}],
    **{ENTERPRISE: {"manager": {"value": "m"}, "department": "Engines"}},
)


@FAST
@given(
    st.sampled_from(Kind),
    st.lists(strategies.operations | strategies.values, max_size=4) | strategies.values,
)
def test_any_json_is_applied_or_refused_and_left_as_it_is(kind: Kind, operations: Any) -> None:
    payload = message()
    payload["Operations"] = operations
    sent = copied(payload)
    before = {"schemas": [GROUP], "displayName": "Staff"} if kind is Kind.GROUP else BEFORE
    untouched = copied(before)
    try:
        patch.read(kind, payload).apply(before)
    except SCIMException as error:
        assert error.status == 400
        assert error.scim_type
        assert "\n" not in error.detail
    assert before == untouched
    assert repr(payload) == repr(sent)


@FAST
@given(st.lists(strategies.operations, min_size=1, max_size=4))
def test_what_a_patch_leaves_is_a_canonical_document(operations: list[Any]) -> None:
    try:
        after = patch.read(Kind.USER, message(*operations)).apply(user())
    except SCIMException:
        return
    assert {"id", "meta", "groups", "members"}.isdisjoint(after)
    assert after["userName"]
    assert (ENTERPRISE in after["schemas"]) == (ENTERPRISE in after)
    unchanged = patch.read(Kind.USER, message(add("userName", after["userName"]))).apply(after)
    assert unchanged == after
