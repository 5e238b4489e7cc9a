"""JSON text is read where an attribute is complex, once, and passes every check of a body."""

from __future__ import annotations

import json
from typing import Any

import pytest
from scim2_models import Context

from rollcall.scim import body, patch
from rollcall.scim.attributes import MAX_VALUES
from rollcall.scim.errors import InvalidValueException, MutabilityException, SCIMException
from rollcall.scim.member_operations import Add, Clear, Remove
from rollcall.scim.resource_type import ROLLCALL, Kind
from rollcall.scim.text_values import MAX_DEPTH

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
WORK = {"value": "n@x.example", "type": "work"}

CREATION, REPLACEMENT = Context.RESOURCE_CREATION_REQUEST, Context.RESOURCE_REPLACEMENT_REQUEST

COMPLEX = pytest.mark.parametrize(
    ("name", "value"),
    [
        ("emails", [WORK]),
        ("emails", [WORK, {"value": "h@x.example", "type": "home"}]),
        ("phoneNumbers", [{"value": "+34 1", "type": "mobile"}]),
        ("addresses", [{"locality": "Madrid", "type": "work"}]),
        ("photos", [{"value": "https://x.example/p.jpg"}]),
        ("entitlements", [{"value": "e", "display": "E"}]),
        ("x509Certificates", [{"value": "QUFB"}]),
        ("name", {"givenName": "Ada", "familyName": "Byron"}),
        (f"{ENTERPRISE}:manager", {"value": "m1"}),
    ],
)


def texts(value: Any) -> list[Any]:
    """Return the ways in which a value may be sent as text."""
    whole = json.dumps(value)
    found: list[Any] = [whole, f" \n{json.dumps(value, indent=2)}\t", [whole]]
    if isinstance(value, list):
        found += [[json.dumps(each) for each in value]]
        found[2:3] = [json.dumps(value[0])] if len(value) == 1 else []
    return found


def document(name: str, value: Any) -> dict[str, Any]:
    urn, _, own = name.rpartition(":")
    schemas = [USER, urn] if urn else [USER]
    return {"schemas": schemas, "userName": "ada", **({urn: {own: value}} if urn else {own: value})}


def patched(*operations: Any, **before: Any) -> dict[str, Any]:
    found = {"schemas": [USER], "userName": "ada", **before}
    return patch.read(Kind.USER, {"Operations": list(operations)}).apply(found)


def members(*operations: Any) -> list[Any]:
    return patch.read(Kind.GROUP, {"Operations": list(operations)}).members


@COMPLEX
@pytest.mark.parametrize("context", [CREATION, REPLACEMENT])
def test_text_in_a_body_is_what_it_says(name: str, value: Any, context: Context) -> None:
    for text in texts(value):
        read = body.read(Kind.USER, document(name, text), context)
        assert read.document == document(name, value), text
        assert read.ignored == []


@COMPLEX
@pytest.mark.parametrize("op", ["add", "replace"])
def test_text_in_an_operation_is_what_it_says(name: str, value: Any, op: str) -> None:
    for text in texts(value):
        for operation in (
            {"op": op, "path": name, "value": text},
            {"op": op, "value": {name: text}},
            {"op": op, "value": json.dumps({name: value})},
            {"op": op, "value": f"  {json.dumps({name: value})} "},
        ):
            assert patched(operation) == document(name, value), operation


def test_an_element_that_a_path_selects_may_be_text() -> None:
    path = 'emails[type eq "work"]'
    assert patched({"op": "replace", "path": path, "value": json.dumps({"value": "a@x"})}) == (
        document("emails", [{"type": "work", "value": "a@x"}])
    )


def test_a_remove_may_carry_text() -> None:
    operation = {"op": "remove", "path": "emails", "value": json.dumps([WORK])}
    assert "emails" not in patched(operation, emails=[WORK])


def test_an_extension_may_be_text() -> None:
    meant = document(f"{ENTERPRISE}:department", "Engines")
    text = json.dumps({"department": "Engines"})
    sent = {"userName": "ada", ENTERPRISE: text}
    assert body.read(Kind.USER, sent, CREATION).document == meant
    assert patched({"op": "add", "path": ENTERPRISE, "value": text}) == meant
    assert patched({"op": "add", "value": {ENTERPRISE: text}}) == meant


def test_the_members_of_a_group_may_be_text() -> None:
    value = [{"value": "u1"}, {"value": "u2"}]
    for text in texts(value):
        operation = {"op": "replace", "path": "members", "value": text}
        assert members(operation) == [Clear(), Add(("u1", "u2"))]
        assert members({**operation, "op": "remove"}) == [Remove(("u1", "u2"))]
        assert members({"op": "add", "value": {"members": text}}) == [Add(("u1", "u2"))]
        read = body.read(Kind.GROUP, {"displayName": "x", "members": text}, CREATION)
        assert read.members == ["u1", "u2"]
    assert body.read(Kind.GROUP, {"displayName": "x", "members": "[]"}, CREATION).members == []


def test_a_group_is_renamed_by_text() -> None:
    read = patch.read(
        Kind.GROUP, {"Operations": [{"op": "replace", "value": '{"displayName":"EPD"}'}]}
    )
    before = {"schemas": [GROUP], "displayName": "x"}
    assert read.apply(before) == {"schemas": [GROUP], "displayName": "EPD"}


@pytest.mark.parametrize("text", ['{"value": "x"}', "[1]", "{not json", "[", " {", "{}"])
@pytest.mark.parametrize(
    "name", ["displayName", "title", "name.givenName", 'emails[type eq "work"].value', "externalId"]
)
def test_a_simple_attribute_keeps_its_text(name: str, text: str) -> None:
    after = patched({"op": "add", "path": name, "value": text})
    assert json.dumps(text) in json.dumps(after)
    sent = {"userName": "ada", "title": text, "emails": [{"value": text}]}
    assert body.read(Kind.USER, sent, CREATION).document == {"schemas": [USER], **sent}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{value: n@x.example}", "is not valid JSON"),
        ("[", "is not valid JSON"),
        ('{"value": "a"} x', "is not valid JSON"),
        ('{"value": NaN}', "is not valid JSON"),
        ('{"value": 1e999}', "is not valid JSON"),
        ('{"value": "\\ud800"}', "is not valid JSON"),
        ('{"value": "a", "value": "b"}', "twice"),
        ("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1), f"more than {MAX_DEPTH} deep"),
        ("[" * 100_000, "deep"),
        (json.dumps({f"x{number}": 1 for number in range(1001)}), "more than 1000 names"),
    ],
)
def test_text_that_no_body_may_be_is_an_invalid_value_that_names_the_attribute(
    text: str, reason: str
) -> None:
    for name in ("emails", "name", "manager", "roles"):
        for value in (text, [text]):
            sent = {"userName": "ada", name: value}
            for refused in (
                lambda sent=sent: body.read(Kind.USER, sent, CREATION),
                lambda name=name, value=value: patched({"op": "add", "path": name, "value": value}),
                lambda name=name, value=value: patched({"op": "add", "value": {name: value}}),
            ):
                with pytest.raises(InvalidValueException, match=name) as raised:
                    refused()
                assert reason in raised.value.detail
    with pytest.raises(InvalidValueException, match="without a path"):
        patched({"op": "add", "value": text})
    with pytest.raises(InvalidValueException, match="members"):
        members({"op": "add", "path": "members", "value": [text]})


def test_text_is_parsed_once() -> None:
    inner = json.dumps(WORK)
    assert patched({"op": "add", "path": "emails", "value": json.dumps([inner])}) == document(
        "emails", [{"value": inner}]
    )
    role = json.dumps([{"value": '{"value": "Admin"}'}])
    assert patched({"op": "add", "path": "roles", "value": role}) == document(
        "roles", [{"value": '{"value": "Admin"}'}]
    )
    with pytest.raises(InvalidValueException, match="name takes an object"):
        patched({"op": "add", "value": json.dumps({"name": '{"givenName": "Ada"}'})})


def test_what_comes_out_of_text_is_no_more_than_what_is_sent_plainly() -> None:
    many = json.dumps([{"value": f"{number}@x"} for number in range(MAX_VALUES + 1)])
    for refused in (
        lambda: body.read(Kind.USER, {"userName": "ada", "emails": many}, CREATION),
        lambda: patched({"op": "add", "path": "emails", "value": many}),
    ):
        with pytest.raises(SCIMException, match=f"at most {MAX_VALUES} values"):
            refused()
    with pytest.raises(MutabilityException):
        patched({"op": "add", "path": "groups", "value": '[{"value": "g1"}]'})
    read_only = {"id": "x", "groups": [{"value": "g1"}], ROLLCALL: {"role": "r"}, "title": "x"}
    assert patched({"op": "add", "value": json.dumps(read_only)}) == document("title", "x")
    with pytest.raises(InvalidValueException, match="userName is required"):
        patched({"op": "replace", "value": '{"userName": ""}'})


def test_the_texts_of_a_request_hold_no_more_than_a_body_may() -> None:
    text = json.dumps([[]] * 60_000)
    with pytest.raises(InvalidValueException, match="too many arrays and objects"):
        members({"op": "add", "path": "members", "value": [text] * 4})


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ({"value": '{"id":"1","value":null,"displayName":"User"}'}, {"display": "User"}),
        ({"value": '{"id":"1","value":"","displayName":"User"}'}, {"display": "User"}),
        (
            {"Value": '{"id":"1","value":"Admin","displayName":"Boss"}', "primary": True},
            {"value": "Admin", "display": "Boss", "primary": True},
        ),
        ('{"id":"1","value":"Admin","displayName":"Boss"}', {"value": "Admin", "display": "Boss"}),
        ('{"id":"1","value":null,"displayName":"User"}', {"display": "User"}),
        ({"value": "{broken"}, {"value": "{broken"}),
        ({"value": '{"value": "\\ud800"}'}, {"value": '{"value": "\\ud800"}'}),
    ],
)
def test_a_role_is_what_its_text_says(sent: Any, kept: dict[str, Any]) -> None:
    meant = document("roles", [kept])
    assert body.read(Kind.USER, {"userName": "ada", "roles": [sent]}, CREATION).document == meant
    for operation in (
        {"op": "add", "path": "roles", "value": [sent]},
        {"op": "replace", "path": "roles", "value": sent},
        {"op": "add", "value": {"roles": [sent]}},
    ):
        assert patched(operation) == meant
        assert patched(operation, operation) == meant
    if isinstance(sent, dict) and "display" in kept:
        removed = {"op": "remove", "path": "roles", "value": [sent]}
        assert "roles" not in patched(removed, roles=[kept])
