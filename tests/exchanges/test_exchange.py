"""The comparison of answers with what a file expects says neither too much nor too little."""

from __future__ import annotations

from typing import Any

import pytest

from tests.exchanges.exchange import Step, differences, filled, presences, present

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        ({}, {"id": "1"}),
        ({"name": {"familyName": "B"}}, {"name": {"familyName": "B", "givenName": "A"}}),
        ([1, 2], [2, 1]),
        ([], []),
        (["..."], []),
        (["home", "..."], ["work", "home"]),
        ([{"type": "work"}], [{"type": "work", "value": "a"}]),
        ([{"type": "work"}, {"type": "work", "value": "a"}], [{"type": "work", "value": "a"}] * 2),
        ([{}, {"a": 1}], [{"a": 1}, {"b": 1}]),
    ],
)
def test_a_value_that_holds_what_is_expected_has_no_differences(expected: Any, actual: Any) -> None:
    assert differences(expected, actual) == []


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        ({"id": "1"}, {}),
        ({"id": "1"}, {"id": "2"}),
        ({"id": "1"}, ["id"]),
        ({"active": True}, {"active": "True"}),
        ({"active": True}, {"active": 1}),
        ({"totalResults": 0}, {"totalResults": False}),
        ({"totalResults": 1}, {"totalResults": "1"}),
        ([], [1]),
        ([1], []),
        ([1, 1], [1, 2]),
        ([1], {"0": 1}),
        (["a", "..."], ["b"]),
    ],
)
def test_a_value_that_lacks_what_is_expected_has_differences(expected: Any, actual: Any) -> None:
    assert differences(expected, actual)


def test_one_element_does_not_serve_two_expectations() -> None:
    both = [{"type": "work"}, {"value": "a"}]
    assert differences(both, [{"type": "work", "value": "a"}, {"type": "home"}])
    assert not differences(both, [{"type": "work", "value": "a"}, {"value": "a"}])


def test_a_difference_says_where_it_is() -> None:
    assert differences({"name": {"givenName": "A"}}, {"name": {"givenName": "B"}}) == [
        "body.name.givenName is 'B', not 'A'"
    ]


@pytest.mark.parametrize(
    "path",
    [
        "emails",
        "EMAILS",
        "emails.display",
        f"{ENTERPRISE}",
        f"{ENTERPRISE}:manager.value",
        f"{ENTERPRISE}.manager",
    ],
)
def test_an_attribute_that_is_there_is_present(path: str) -> None:
    body = {
        "emails": [{"type": "work"}, {"display": "x"}],
        ENTERPRISE: {"manager": {"value": "1"}},
    }
    assert present(path, body)


@pytest.mark.parametrize("path", ["email", "emails.value", "name.familyName", f"{ENTERPRISE}:x"])
def test_an_attribute_that_is_not_there_is_not_present(path: str) -> None:
    assert not present(path, {"emails": [{"type": "work"}], ENTERPRISE: {"manager": {}}})


def test_an_object_among_the_absent_must_not_describe_the_body() -> None:
    body = {"attributes": [{"name": "userName"}, {"name": "password"}]}
    assert presences([{"attributes": [{"name": "password"}, "..."]}], body)
    assert not presences([{"attributes": [{"name": "passport"}, "..."]}], body)


def test_placeholders_are_filled_in_strings_and_keys() -> None:
    names = {"user": {"id": "7", "meta": {"version": "W/1"}}, "all": {"Resources": [{"id": "8"}]}}
    assert filled(
        {'members[value eq "{user}"]': ["{user.meta.version}", "{all.Resources.0.id}", 1, None]},
        names,
    ) == {'members[value eq "7"]': ["W/1", "8", 1, None]}
    assert filled("{guid}-{guid}", {"guid": "x"}) == "x-x"


def test_json_inside_a_string_is_no_placeholder() -> None:
    assert filled('{"id":"1"}', {}) == '{"id":"1"}'


def test_an_unknown_placeholder_is_an_error() -> None:
    with pytest.raises(KeyError):
        filled("/Users/{nobody}", {})


def test_a_misspelt_key_of_a_step_is_an_error() -> None:
    with pytest.raises(TypeError):
        Step.read({"method": "GET", "path": "/Users", "status": 200, "respone": {}})


def test_a_search_is_no_write() -> None:
    assert not Step("POST", "/Users/.search", 200).writes
    assert Step("POST", "/Users", 201).writes


def test_a_request_for_some_attributes_projects() -> None:
    assert Step("GET", "/Users", 200, query={"excludedAttributes": "groups"}).projects
    assert Step("POST", "/.search", 200, body={"attributes": ["id"]}).projects
    assert Step("GET", "/Users", 200, raw_query="attributes=id").projects
    assert not Step("GET", "/Users", 200, query={"filter": "id pr"}).projects
