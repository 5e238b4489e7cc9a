"""Paths such as `emails.value` lose nothing that is there; what they carry is stored or refused."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollcall.scim import patch
from rollcall.scim.errors import NoTargetException
from rollcall.scim.resource_type import Kind
from tests.scim.strategies import FAST

CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
WORK = {"type": "work", "value": "w@x.example"}
HOME = {"type": "home", "value": "h@x.example"}
NEW = "n@x.example"

OTHERS = pytest.mark.parametrize(
    ("name", "value"),
    [
        ("emails", NEW),
        ("phoneNumbers", "+34 1"),
        ("ims", "n"),
        ("photos", "https://x.example/n.jpg"),
        ("roles", "Admin"),
        ("entitlements", "e"),
        ("x509Certificates", "QUFB"),
    ],
)


def user(**attributes: Any) -> dict[str, Any]:
    return {"schemas": [CORE], "userName": "ada", **attributes}


def patched(before: dict[str, Any], *operations: Any) -> dict[str, Any]:
    return patch.read(Kind.USER, {"Operations": list(operations)}).apply(before)


def write(op: str, path: str, value: Any) -> list[dict[str, Any]]:
    """Return the operations by path, by key, and by a qualified path."""
    return [
        {"op": op, "path": path, "value": value},
        {"op": op, "value": {path: value}},
        {"op": op, "path": f"{CORE}:{path}", "value": value},
        {"op": op, "value": {CORE: {path: value}}},
    ]


@OTHERS
@pytest.mark.parametrize("op", ["add", "replace"])
def test_where_there_is_no_value_one_is_created(op: str, name: str, value: str) -> None:
    for operation in write(op, f"{name}.value", value):
        assert patched(user(), operation) == user(**{name: [{"value": value}]})


@OTHERS
def test_what_is_added_stands_beside_what_is_there(name: str, value: str) -> None:
    for number in (1, 2):
        there = [{"type": "work", "value": "QUFC"}, {"type": "home", "value": "QUFD"}][:number]
        for operation in write("add", f"{name}.value", value):
            after = patched(user(**{name: there}), operation)
            assert after == user(**{name: [*there, {"value": value}]})


@OTHERS
def test_what_replaces_takes_the_place_of_the_only_value(name: str, value: str) -> None:
    there = {"type": "work", "value": "QUFC"}
    for operation in write("replace", f"{name}.value", value):
        assert patched(user(**{name: [there]}), operation) == user(
            **{name: [{**there, "value": value}]}
        )


@OTHERS
def test_what_would_replace_one_of_several_is_no_target(name: str, value: str) -> None:
    before = user(**{name: [{"value": "QUFC"}, {"value": "QUFD"}]})
    for operation in write("replace", f"{name}.value", value):
        with pytest.raises(NoTargetException, match=rf"{name}\.value is a part of 2 values"):
            patched(before, operation)


@pytest.mark.parametrize("value", ["w@x.example", "W@X.example"])
def test_an_address_that_is_there_is_not_added_again(value: str) -> None:
    before = user(emails=[WORK, HOME])
    assert patched(before, {"op": "add", "path": "emails.value", "value": value}) == before


def test_the_keys_of_an_object_describe_one_value() -> None:
    keys = {"emails.type": "other", "emails.value": NEW, "emails.primary": "True", "title": "x"}
    for op in ("add", "replace"):
        assert patched(user(), {"op": op, "value": keys}) == user(
            title="x", emails=[{"type": "other", "value": NEW, "primary": True}]
        )
    assert patched(user(emails=[WORK]), {"op": "add", "value": keys})["emails"] == [
        WORK,
        {"type": "other", "value": NEW, "primary": True},
    ]
    assert patched(user(emails=[WORK]), {"op": "replace", "value": keys})["emails"] == [
        {"type": "other", "value": NEW, "primary": True}
    ]


def test_the_same_key_twice_is_two_values() -> None:
    keys = {"emails.value": NEW, "EMAILS.value": "o@x.example"}
    assert patched(user(), {"op": "add", "value": keys})["emails"] == [
        {"value": NEW},
        {"value": "o@x.example"},
    ]


def test_the_parts_of_an_address_come_one_by_one() -> None:
    parts = {"streetAddress": "Calle 1", "locality": "Madrid", "country": "ES", "type": "work"}
    operations = [
        {"op": "add", "path": f"addresses.{name}", "value": value} for name, value in parts.items()
    ]
    assert patched(user(), *operations) == user(addresses=[parts])
    keys = {f"addresses.{name}": value for name, value in parts.items()}
    assert patched(user(), {"op": "add", "value": keys}) == user(addresses=[parts])


def test_a_part_that_the_only_value_has_is_replaced_and_not_added() -> None:
    before = user(addresses=[{"locality": "Madrid", "country": "ES"}])
    with pytest.raises(NoTargetException, match=r"addresses\.locality has a value"):
        patched(before, {"op": "add", "path": "addresses.locality", "value": "Bilbao"})
    assert patched(
        before, {"op": "replace", "path": "addresses.locality", "value": "Bilbao"}
    ) == user(addresses=[{"locality": "Bilbao", "country": "ES"}])


@pytest.mark.parametrize("op", ["add", "replace"])
@pytest.mark.parametrize(
    ("path", "value"), [("emails.type", "work"), ("emails.primary", True), ("roles.type", "x")]
)
def test_a_label_without_a_value_is_no_target(op: str, path: str, value: Any) -> None:
    for operation in write(op, path, value):
        with pytest.raises(NoTargetException, match="there is no value"):
            patched(user(), operation)


@pytest.mark.parametrize("op", ["add", "replace"])
def test_the_only_value_gets_a_label(op: str) -> None:
    operation = {"op": op, "path": "emails.type", "value": "work"}
    assert patched(user(emails=[{"value": NEW}]), operation)["emails"] == [
        {"value": NEW, "type": "work"}
    ]


@pytest.mark.parametrize("nothing", ["", None, [], {}, [{"$ref": None, "value": ""}]])
def test_nothing_clears_the_only_value_and_none_of_several(nothing: Any) -> None:
    clearing = {"op": "replace", "path": "emails.value", "value": nothing}
    adding = {"op": "add", "path": "emails.value", "value": nothing}
    assert patched(user(), clearing) == user()
    assert patched(user(emails=[WORK]), clearing) == user()
    with pytest.raises(NoTargetException):
        patched(user(emails=[WORK, HOME]), clearing)
    assert patched(user(emails=[WORK, HOME]), adding) == user(emails=[WORK, HOME])


def test_a_remove_without_a_value_is_of_all_and_with_one_of_that_one() -> None:
    before = user(emails=[WORK, HOME])

    def removed(path: str, *value: Any) -> dict[str, Any]:
        carried = {"value": value[0]} if value else {}
        return patched(before, {"op": "remove", "path": path, **carried})

    assert removed("emails.value") == user()
    assert removed("emails.value", None) == user()
    assert removed("emails.value", "w@x.example") == user(emails=[HOME])
    assert removed("emails.value", [{"value": "w@x.example"}, "h@x.example"]) == user()
    assert removed("emails.value", "nobody@x.example") == before
    assert removed("emails.value", []) == removed("emails.value", "") == before
    assert removed("emails.type", "work") == user(emails=[{"value": "w@x.example"}, HOME])
    assert removed("emails.type") == user(
        emails=[{"value": "w@x.example"}, {"value": "h@x.example"}]
    )


def test_a_remove_with_a_value_takes_what_stands_beside_the_value_along() -> None:
    before = user(roles=[{"value": "Admin", "display": "Administrator"}, {"value": "User"}])
    operation = {"op": "remove", "path": "roles.value", "value": "Admin"}
    assert patched(before, operation) == user(roles=[{"value": "User"}])


def test_what_a_path_selects_is_written_as_before() -> None:
    operation = {"op": "replace", "path": 'emails[type eq "work"].value', "value": NEW}
    assert patched(user(emails=[WORK, HOME]), operation)["emails"] == [
        {"type": "work", "value": NEW},
        HOME,
    ]


@FAST
@given(
    st.lists(st.sampled_from("abc"), unique=True, max_size=3),
    st.lists(st.sampled_from("abcde"), min_size=1, max_size=4),
)
def test_adding_loses_nothing_and_keeps_all_that_is_added(there: list[str], new: list[str]) -> None:
    before = user(emails=[{"value": each, "type": each} for each in there])
    adding = [{"op": "add", "path": "emails.value", "value": each} for each in new]
    after = patched(before, *adding)["emails"]
    assert after[: len(there)] == before["emails"]
    assert {each["value"] for each in after} == {*there, *new}
