"""RFC 7644 section 3.5.2, sentence by sentence, in the order of its text.

Where real clients need something else than a sentence says, the case says so; docs/clients.md
lists these differences.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.http.api import Api
from tests.rfc7644.sentences import Sentence

CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

WORK = {"value": "w@example.com", "type": "work"}
HOME = {"value": "h@example.org", "type": "home"}


def ada(**attributes: Any) -> dict[str, Any]:
    return {"userName": "ada", **attributes}


def crew(*members: str, name: str = "Crew") -> dict[str, Any]:
    return {"displayName": name, **({"members": list(members)} if members else {})}


def add(value: Any, path: str | None = None) -> dict[str, Any]:
    return {"op": "add", "value": value, **({} if path is None else {"path": path})}


def remove(path: str) -> dict[str, Any]:
    return {"op": "remove", "path": path}


def replace(value: Any, path: str | None = None) -> dict[str, Any]:
    return {**add(value, path), "op": "replace"}


MESSAGE = [
    Sentence(
        "Operations holds one or more operations",
        ada(), [], refused=(400, "invalidSyntax"),
    ),
    Sentence(
        "each operation has exactly one op",
        ada(), [{"path": "title", "value": "x"}], refused=(400, "invalidSyntax"),
    ),
    Sentence(
        "op is add, remove or replace",
        ada(), [{"op": "move", "path": "title", "value": "x"}], refused=(400, "invalidSyntax"),
    ),
    Sentence(
        "path is a string",
        ada(), [{"op": "add", "path": ["title"], "value": "x"}], refused=(400, "invalidPath"),
    ),
    Sentence(
        "path follows the grammar",
        ada(), [add("x", "emails[type eq")], refused=(400, "invalidPath"),
    ),
    Sentence(
        "a path may be an attribute",
        crew(), [add([{"value": "@ann"}], "members")], crew("@ann"),
    ),
    Sentence(
        "a path may be a sub-attribute",
        ada(), [add("Lovelace", "name.familyName")], ada(name={"familyName": "Lovelace"}),
    ),
    Sentence(
        "a path may select values",
        ada(emails=[WORK, HOME]), [remove('emails[type eq "work"]')], ada(emails=[HOME]),
    ),
    Sentence(
        "a path may select values and name a sub-attribute of them",
        ada(emails=[WORK, HOME]),
        [replace("new@example.com", 'emails[type eq "work"].value')],
        ada(emails=[{**WORK, "value": "new@example.com"}, HOME]),
    ),
    Sentence(
        "names are qualified by their schema, in any case (section 3.10)",
        ada(), [add("Countess", f"{CORE.upper()}:TITLE")], ada(title="Countess"),
    ),
    Sentence(
        "what is read-only is not modified: add",
        ada(), [add("1", "id")], refused=(400, "mutability"),
    ),
    Sentence(
        "what is read-only is not modified: replace of a sub-attribute",
        ada(), [replace("2026-01-01T00:00:00Z", "meta.created")], refused=(400, "mutability"),
    ),
    Sentence(
        "what is read-only is not modified: groups",
        ada(), [add([{"value": "x"}], "groups")], refused=(400, "mutability"),
    ),
    Sentence(
        "what is immutable is not modified",
        crew("@ann"), [replace("Group", 'members[value eq "@ann"].type')],
        refused=(400, "mutability"),
    ),
    Sentence(
        "what does not fit the schema is refused",
        ada(), [add(5, "title")], refused=(400, "invalidValue"),
    ),
    Sentence(
        "an attribute under its full name brings its schema",
        ada(), [add("E7", f"{ENTERPRISE}:employeeNumber")],
        ada(schemas=[CORE, ENTERPRISE], **{ENTERPRISE: {"employeeNumber": "E7"}}),
    ),
    Sentence(
        "operations are applied in sequence",
        ada(title="a"), [remove("title"), add("b", "title"), replace("c", "title")], ada(title="c"),
    ),
    Sentence(
        "each is applied to what the one before it left",
        ada(),
        [add(WORK, "emails"), replace("n@example.com", 'emails[type eq "work"].value')],
        ada(emails=[{**WORK, "value": "n@example.com"}]),
    ),
    Sentence(
        "a new primary value ends the old one, by path",
        ada(emails=[{**WORK, "primary": True}, HOME]),
        [add(True, 'emails[type eq "home"].primary')],
        ada(emails=[{**WORK, "primary": False}, {**HOME, "primary": True}]),
    ),
    Sentence(
        "a new primary value ends the old one, as an added value",
        ada(emails=[{**WORK, "primary": True}]),
        [add([{**HOME, "primary": True}], "emails")],
        ada(emails=[{**WORK, "primary": False}, {**HOME, "primary": True}]),
    ),
    Sentence(
        "a request is atomic: the last operation fails",
        ada(title="a", emails=[WORK]),
        [replace("b", "title"), remove("emails"), add(5, "nickName")],
        refused=(400, "invalidValue"),
    ),
    Sentence(
        "a request is atomic: members with the rest",
        crew("@ann"),
        [remove("members"), replace("New", "displayName"), add("nobody", "members")],
        refused=(400, "invalidValue"),
    ),
]  # fmt: skip

ADD = [
    Sentence("add has a value", ada(), [{"op": "add", "path": "title"}],
             refused=(400, "invalidValue")),
    Sentence("the value may be plain", ada(), [add("Countess", "title")], ada(title="Countess")),
    Sentence(
        "the value may be an object of sub-attributes",
        ada(name={"givenName": "Ada"}), [add({"familyName": "Byron"}, "name")],
        ada(name={"givenName": "Ada", "familyName": "Byron"}),
    ),
    Sentence(
        "without a path the value holds attributes of the resource",
        ada(emails=[WORK], title="a"),
        [add({"emails": [HOME], "nickName": "Babs", "title": "b"})],
        ada(emails=[WORK, HOME], nickName="Babs", title="b"),
    ),
    Sentence(
        "without a path the value is an object",
        ada(), [add("x")], refused=(400, "invalidValue"),
    ),
    Sentence(
        "what does not exist is added",
        ada(), [add("London", 'addresses[type eq "work"].locality')],
        ada(addresses=[{"type": "work", "locality": "London"}]),
    ),
    Sentence(
        "a complex attribute takes a set of sub-attributes",
        ada(), [add("Byron", "name")], refused=(400, "invalidValue"),
    ),
    Sentence(
        "a multi-valued attribute gets a new value",
        ada(emails=[WORK]), [add([HOME], "emails")], ada(emails=[WORK, HOME]),
    ),
    Sentence(
        "a multi-valued attribute gets a new value, which may stand without an array",
        ada(emails=[WORK]), [add(HOME, "emails")], ada(emails=[WORK, HOME]),
    ),
    Sentence(
        "a group gets a new member",
        crew("@ann"), [add([{"value": "@bob"}], "members")], crew("@ann", "@bob"),
    ),
    Sentence(
        "the value of a single-valued attribute is replaced",
        ada(title="a"), [add("b", "title")], ada(title="b"),
    ),
    Sentence(
        "the value of a sub-attribute is replaced",
        ada(name={"givenName": "A", "familyName": "B"}), [add("C", "name.familyName")],
        ada(name={"givenName": "A", "familyName": "C"}),
    ),
    Sentence(
        "an attribute without a value gets one",
        ada(), [add([WORK], "emails")], ada(emails=[WORK]),
    ),
    Sentence(
        "an extension without a value gets one",
        ada(), [add({"department": "Engines"}, ENTERPRISE)],
        ada(schemas=[CORE, ENTERPRISE], **{ENTERPRISE: {"department": "Engines"}}),
    ),
    Sentence(
        "what is there already changes nothing, the modify timestamp included: plain",
        ada(title="a"), [add("a", "title")], ada(title="a"),
    ),
    Sentence(
        "what is there already changes nothing: a value of several",
        ada(emails=[WORK, HOME]), [add([HOME], "emails")], ada(emails=[WORK, HOME]),
    ),
    Sentence(
        "what is there already changes nothing: a member",
        crew("@ann", "@bob"), [add([{"value": "@ann"}], "members")], crew("@ann", "@bob"),
    ),
    Sentence(
        "what is there already changes nothing: without a path",
        ada(name={"familyName": "B"}), [add({"name": {"familyName": "B"}})],
        ada(name={"familyName": "B"}),
    ),
]  # fmt: skip

REMOVE = [
    Sentence("remove has a path", ada(title="a"), [{"op": "remove"}], refused=(400, "noTarget")),
    Sentence(
        "remove has a path, whatever its value",
        ada(title="a"), [{"op": "remove", "value": {"title": "a"}}], refused=(400, "noTarget"),
    ),
    Sentence("a single-valued attribute is removed", ada(title="a"), [remove("title")], ada()),
    Sentence(
        "a sub-attribute is removed",
        ada(name={"givenName": "A", "familyName": "B"}), [remove("name.givenName")],
        ada(name={"familyName": "B"}),
    ),
    Sentence(
        "a complex attribute without sub-attributes is unassigned",
        ada(name={"givenName": "A"}), [remove("name.givenName")], ada(),
    ),
    Sentence("a complex attribute is removed", ada(name={"givenName": "A"}), [remove("name")],
             ada()),
    Sentence(
        "a multi-valued attribute is removed with all its values",
        ada(emails=[WORK, HOME]), [remove("emails")], ada(),
    ),
    Sentence("all members are removed", crew("@ann", "@bob"), [remove("members")], crew()),
    Sentence(
        "the values that a filter of their value matches are removed",
        crew("@ann", "@bob"), [remove('members[value eq "@ann"]')], crew("@bob"),
    ),
    Sentence(
        "the last value leaves the attribute unassigned",
        crew("@ann"), [remove('members[value eq "@ann"]')], crew(),
    ),
    Sentence(
        "the values that a filter of their sub-attributes matches are removed",
        ada(emails=[WORK, HOME, {**WORK, "value": "w@example.net"}]),
        [remove('emails[type eq "work" and value ew "example.com"]')],
        ada(emails=[HOME, {**WORK, "value": "w@example.net"}]),
    ),
    Sentence(
        "the last such value leaves the attribute unassigned",
        ada(emails=[WORK]), [remove('emails[type eq "work"]')], ada(),
    ),
    Sentence(
        "a sub-attribute of what a filter matches is removed",
        ada(emails=[{**WORK, "display": "W"}, HOME]), [remove('emails[type eq "work"].display')],
        ada(emails=[WORK, HOME]),
    ),
    Sentence(
        "what is required is not removed",
        ada(), [remove("userName")], refused=(400, "mutability"),
    ),
    Sentence(
        "what is required is not removed, of a group",
        crew(), [remove("displayName")], refused=(400, "mutability"),
    ),
    Sentence("what is read-only is not removed", ada(), [remove("meta")],
             refused=(400, "mutability")),
    Sentence(
        "what is not there is removed with success (clients repeat themselves)",
        ada(), [remove("title"), remove('emails[type eq "work"]')], ada(),
    ),
    Sentence(
        "an extension is removed, and its schema",
        ada(**{ENTERPRISE: {"department": "Engines"}}), [remove(ENTERPRISE)], ada(),
    ),
]  # fmt: skip

REPLACE = [
    Sentence("replace has a value", ada(title="a"), [{"op": "replace", "path": "title"}],
             refused=(400, "invalidValue")),
    Sentence(
        "without a path the value holds attributes that are replaced",
        ada(emails=[WORK], title="a", nickName="n"),
        [replace({"emails": [HOME], "title": "b"})],
        ada(emails=[HOME], title="b", nickName="n"),
    ),
    Sentence("a single-valued attribute is replaced", ada(title="a"), [replace("b", "title")],
             ada(title="b")),
    Sentence(
        "a multi-valued attribute is replaced with all its values",
        ada(emails=[WORK, {**WORK, "type": "other"}]), [replace([HOME], "emails")],
        ada(emails=[HOME]),
    ),
    Sentence(
        "all members are replaced",
        crew("@ann", "@bob"), [replace([{"value": "@cid"}, {"value": "@bob"}], "members")],
        crew("@bob", "@cid"),
    ),
    Sentence("what does not exist is added", ada(), [replace("b", "title")], ada(title="b")),
    Sentence(
        "what does not exist is added: a sub-attribute",
        ada(), [replace("B", "name.familyName")], ada(name={"familyName": "B"}),
    ),
    Sentence(
        "what does not exist is added: of several values",
        ada(), [replace([WORK], "emails")], ada(emails=[WORK]),
    ),
    Sentence(
        "the sub-attributes of a complex attribute that are not specified are left",
        ada(name={"givenName": "A", "familyName": "B"}),
        [replace({"familyName": "C", "middleName": "M"}, "name")],
        ada(name={"givenName": "A", "familyName": "C", "middleName": "M"}),
    ),
    Sentence(
        "every value that a filter matches is replaced, and keeps what is not specified",
        ada(addresses=[
            {"type": "work", "locality": "a", "country": "DE"},
            {"type": "work", "locality": "b"},
            {"type": "home", "locality": "c"},
        ]),
        [replace({"locality": "x"}, 'addresses[type eq "work"]')],
        ada(addresses=[
            {"type": "work", "locality": "x", "country": "DE"},
            {"type": "work", "locality": "x"},
            {"type": "home", "locality": "c"},
        ]),
    ),
    Sentence(
        "a sub-attribute of every value that a filter matches is replaced",
        ada(addresses=[
            {"type": "work", "streetAddress": "a", "country": "DE"},
            {"type": "work", "streetAddress": "b"},
        ]),
        [replace("x", 'addresses[type eq "work"].streetAddress')],
        ada(addresses=[
            {"type": "work", "streetAddress": "x", "country": "DE"},
            {"type": "work", "streetAddress": "x"},
        ]),
    ),
    Sentence(
        "DIFFERENT: where a filter matches nothing, the value that it describes is created",
        ada(emails=[HOME]), [replace("n@example.com", 'emails[type eq "work"].value')],
        ada(emails=[HOME, {"type": "work", "value": "n@example.com"}]),
    ),
    Sentence(
        "where a filter matches nothing and describes no value, there is no target",
        ada(emails=[HOME]), [replace("n@example.com", 'emails[type ne "home"].value')],
        refused=(400, "noTarget"),
    ),
    Sentence(
        "what is required is not cleared",
        ada(), [replace("", "userName")], refused=(400, "invalidValue"),
    ),
    Sentence(
        "what is required is not cleared without a path",
        ada(), [replace({"userName": None})], refused=(400, "invalidValue"),
    ),
    Sentence(
        "what replaces a value by itself changes nothing",
        ada(title="a", emails=[WORK]), [replace("a", "title"), replace([WORK], "emails")],
        ada(title="a", emails=[WORK]),
    ),
]  # fmt: skip


@pytest.mark.parametrize("case", [*MESSAGE, *ADD, *REMOVE, *REPLACE], ids=lambda case: case.text)
def test_a_sentence(case: Sentence, api: Api) -> None:
    case.play(api)


def test_a_success_is_200_with_the_resource_or_204(api: Api) -> None:
    user = api.user()
    group = api.send("POST", "/Groups", json={"displayName": "Crew"}).json()
    rename = {"Operations": [{"op": "replace", "path": "displayName", "value": "New"}]}

    assert api.send("PATCH", f"/Users/{user['id']}", json=rename).json()["displayName"] == "New"
    silent = api.send("PATCH", f"/Groups/{group['id']}", json=rename)
    assert (silent.status_code, silent.content) == (204, b"")


def test_a_success_is_200_when_attributes_are_asked_for(api: Api) -> None:
    group = api.send("POST", "/Groups", json={"displayName": "Crew"}).json()
    rename = {"Operations": [{"op": "replace", "path": "displayName", "value": "New"}]}

    answer = api.send("PATCH", f"/Groups/{group['id']}?attributes=displayName", json=rename)

    assert answer.status_code == 200
    assert set(answer.json()) == {"schemas", "id", "displayName"}
    assert answer.headers["etag"]


@pytest.mark.parametrize("path", ["/Users/nobody", "/Groups/nobody"])
def test_what_is_not_there_is_404(path: str, api: Api) -> None:
    rename = {"Operations": [{"op": "replace", "path": "displayName", "value": "New"}]}

    assert api.send("PATCH", path, json=rename).status_code == 404
