"""Each shape that real clients send is mended by one function, and nothing else is touched."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rollcall.scim import tolerance

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
TYPO = "urn:ietf:params:scim:schemas:extension:enterprise:2.0User"


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        ("manager", f"{ENTERPRISE}:manager"),
        ("MANAGER", f"{ENTERPRISE}:MANAGER"),
        (" manager ", f"{ENTERPRISE}:manager"),
        ("manager.value", f"{ENTERPRISE}:manager.value"),
        ('manager[value eq "m"]', f'{ENTERPRISE}:manager[value eq "m"]'),
        ('manager eq "m"', f'{ENTERPRISE}:manager eq "m"'),
        (f"{TYPO}:department", f"{ENTERPRISE}:department"),
        (f"{TYPO}.department", f"{ENTERPRISE}:department"),
        (f"{TYPO}:manager.value", f"{ENTERPRISE}:manager.value"),
        (f"{ENTERPRISE}.department", f"{ENTERPRISE}:department"),
        (TYPO, ENTERPRISE),
        (TYPO.upper(), ENTERPRISE),
        (ENTERPRISE.lower(), ENTERPRISE),
    ],
)
def test_a_bare_manager_and_a_typo_in_the_extension_are_mended(sent: str, meant: str) -> None:
    assert tolerance.attribute_path(sent) == meant


@pytest.mark.parametrize(
    "path",
    [
        "",
        "userName",
        "managers",
        "managerial.value",
        "name.manager",
        f"{ENTERPRISE}:manager",
        f"{TYPO}s:department",
        "urn:example:2.0User:department",
        'emails[type eq "manager"].value',
    ],
)
def test_another_path_stays_as_it_is(path: str) -> None:
    assert tolerance.attribute_path(path) == path


@pytest.mark.parametrize("value", [None, "", [], {}])
def test_null_and_what_is_empty_are_no_value(value: Any) -> None:
    assert tolerance.is_unassigned(value)


@pytest.mark.parametrize("value", [False, 0, 0.0, " ", [None], [""], {"value": ""}, "null"])
def test_anything_else_is_a_value(value: Any) -> None:
    assert not tolerance.is_unassigned(value)


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        ("x", "x"),
        (["x"], "x"),
        ({"value": "x"}, "x"),
        ({"$ref": None, "value": "x"}, "x"),
        ([{"$ref": None, "value": "x"}], "x"),
        ([{"$ref": "u", "value": False}], False),
        ([{"$ref": None, "value": None}], None),
        ([{"value": ""}], ""),
        (None, None),
        ([], []),
        (["x", "y"], ["x", "y"]),
        ({"$ref": "u"}, {"$ref": "u"}),
        ({"value": "x", "type": "work"}, {"value": "x", "type": "work"}),
        ([["x"]], ["x"]),
    ],
)
def test_a_single_value_comes_out_of_its_wrapping(sent: Any, meant: Any) -> None:
    assert tolerance.unwrapped(sent) == meant


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        ("m", {"value": "m"}),
        (["m"], {"value": "m"}),
        ([{"value": "m"}], {"value": "m"}),
        ({"value": "m", "$ref": "u"}, {"value": "m", "$ref": "u"}),
        (["m", "n"], ["m", "n"]),
        (7, 7),
    ],
)
def test_a_manager_is_an_object_whatever_it_came_as(sent: Any, meant: Any) -> None:
    assert tolerance.manager(sent) == meant


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        ("x", [{"value": "x"}]),
        ({"value": "x"}, [{"value": "x"}]),
        (["x", {"value": "y"}], [{"value": "x"}, {"value": "y"}]),
        (
            [{"VALUE": "x", "Primary": True}],
            [{"value": "x", "Primary": True}],
        ),
        ([7, None, ["x"]], [7, None, ["x"]]),
        ([], []),
    ],
)
def test_the_values_of_an_attribute_are_objects_in_a_list(sent: Any, meant: Any) -> None:
    assert tolerance.elements(sent) == meant


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        (
            '{"id": "1", "value": "Admin", "displayName": "Administrator"}',
            ("Admin", "Administrator"),
        ),
        (' {"value": "Admin"} ', ("Admin", None)),
        ('{"value": "Admin", "displayName": null}', ("Admin", None)),
    ],
)
def test_a_role_is_read_out_of_json(text: str, meant: tuple[str, str | None]) -> None:
    role = tolerance.role({"value": text, "primary": True})
    assert (role["value"], role.get("display"), role["primary"]) == (*meant, True)


@pytest.mark.parametrize(
    "role",
    [
        "Admin",
        None,
        {},
        {"value": None},
        {"value": 7},
        {"value": "Admin"},
        {"value": "{Admin}"},
        {"value": '{"value": '},
        {"value": '["Admin"]'},
        {"value": '{"value": 7}'},
        {"value": '{"displayName": "Administrator"}'},
        {"value": '{"value": "\\ud800"}'},
        {"value": '{"value": "Admin", "x": "\\udfff"}'},
        {"value": '{"value": ' + "[" * 100_000 + "}"},
    ],
)
def test_what_is_no_role_in_json_stays_as_it_is(role: Any) -> None:
    assert tolerance.role(role) == role


def test_a_role_in_json_is_not_changed_where_it_stands() -> None:
    role = {"value": json.dumps({"value": "Admin"})}
    tolerance.role(role)
    assert role == {"value": '{"value": "Admin"}'}


@pytest.mark.parametrize(
    ("sent", "meant"),
    [("True", True), ("true", True), (" FALSE ", False), (True, True), (False, False)],
)
def test_a_boolean_may_be_a_string_in_any_case(sent: Any, meant: bool) -> None:
    assert tolerance.boolean(sent) is meant


@pytest.mark.parametrize("sent", ["yes", "1", "", None, 1, ["True"]])
def test_what_is_no_boolean_stays_as_it_is(sent: Any) -> None:
    assert tolerance.boolean(sent) == sent


@pytest.mark.parametrize("element", [{}, {"type": "work"}, {"type": "work", "primary": True}])
def test_an_element_of_labels_holds_nothing(element: dict[str, Any]) -> None:
    assert tolerance.is_label_only(element)


@pytest.mark.parametrize("element", [{"type": "work", "value": "x"}, {"display": "x"}, "work", []])
def test_an_element_with_more_than_labels_holds_something(element: Any) -> None:
    assert not tolerance.is_label_only(element)


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        ("externalId eq x", 'externalId eq "x"'),
        ("externalId EQ x-1", 'externalId EQ "x-1"'),
        ("userName eq a@b.c", 'userName eq "a@b.c"'),
        ("externalId eq 12345", 'externalId eq "12345"'),
        ("(id eq x) and active eq true", '(id eq "x") and active eq true'),
        ("emails[type eq work].value eq a@b.c", 'emails[type eq "work"].value eq "a@b.c"'),
        ("externalId eq a\\b", 'externalId eq "a\\\\b"'),
        ("externalId eq eq", 'externalId eq "eq"'),
    ],
)
def test_a_bare_value_behind_eq_is_quoted(sent: str, meant: str) -> None:
    assert tolerance.filter_text(sent) == meant


@pytest.mark.parametrize(
    "text",
    [
        "",
        "userName",
        'userName eq "a eq b"',
        'userName eq "say \\" eq x"',
        "active eq true",
        "active eq False",
        "title eq null",
        "userName co x",
        "userName ne x",
        'userName eq "x',
        "userName eq",
    ],
)
def test_another_filter_stays_as_it_is(text: str) -> None:
    assert tolerance.filter_text(text) == text
