"""Extension schemas of a deployment: kept and told like the built-in ones, or refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from scim2_models import Context

from rollcall.scim import body, discovery, extensions, filters, patch
from rollcall.scim.errors import InvalidValueException, MutabilityException
from rollcall.scim.extensions import ExtensionError
from rollcall.scim.projection import Projection
from rollcall.scim.resources import Kind

BADGE = "urn:example:params:scim:schemas:badge:2.0:User"
SITE = "urn:example:params:scim:schemas:site:2.0:Group"


def attribute(name: str, **characteristics: Any) -> dict[str, Any]:
    return {"name": name, "type": "string", "multiValued": False, **characteristics}


DECLARED = {
    "User": [
        {
            "id": BADGE,
            "name": "Badge",
            "description": "A badge",
            "attributes": [
                attribute("number", mutability="immutable"),
                attribute("pin", mutability="writeOnly", returned="never"),
                attribute("note", returned="request"),
                attribute("level", type="integer"),
                attribute("doors", multiValued=True),
                attribute("issued", type="dateTime"),
                attribute("car", type="complex", subAttributes=[attribute("plate")]),
            ],
        }
    ],
    "Group": [{"id": SITE, "name": "Site", "attributes": [attribute("city", caseExact=True)]}],
}
WORN = {
    "number": "7", "pin": "0000", "note": "n", "level": 3, "doors": ["a", "b"],
    "issued": "2026-01-01T00:00:00Z", "car": {"plate": "X 1"},
}  # fmt: skip


@pytest.fixture(autouse=True)
def declared() -> Iterator[None]:
    extensions.declare(DECLARED)
    yield
    extensions.declare({})


def created(**badge: Any) -> dict[str, Any]:
    payload = {"userName": "ann", BADGE: badge or WORN}
    return body.read(Kind.USER, payload, Context.RESOURCE_CREATION_REQUEST).document


def patched(before: dict[str, Any], *operations: dict[str, Any]) -> dict[str, Any]:
    return patch.read(Kind.USER, {"Operations": list(operations)}).apply(before)


def test_what_is_declared_is_stored_under_its_urn() -> None:
    document = created()

    assert document[BADGE] == WORN
    assert document["schemas"][-1] == BADGE


def test_a_value_of_another_type_is_refused_by_name() -> None:
    with pytest.raises(InvalidValueException, match="level"):
        created(level="high")


def test_it_is_patched_by_urn_and_without_a_path() -> None:
    after = patched(
        created(),
        {"op": "replace", "path": f"{BADGE}:level", "value": 4},
        {"op": "add", "path": f"{BADGE}:doors", "value": "c"},
        {"op": "replace", "value": {BADGE: {"car": {"plate": "Y 2"}}, f"{BADGE}:note": ""}},
    )

    assert after[BADGE]["level"] == 4
    assert after[BADGE]["doors"] == ["a", "b", "c"]
    assert after[BADGE]["car"] == {"plate": "Y 2"}
    assert "note" not in after[BADGE]


@pytest.mark.parametrize("value", ["a", ["a"], ["A", "c"], [{"value": "a"}]])
def test_some_of_several_plain_values_are_removed(value: Any) -> None:
    operation = {"op": "Remove", "path": f"{BADGE}:doors", "value": value}
    after = patched(created(), operation)

    assert after[BADGE]["doors"] == ["b"]


@pytest.mark.parametrize("doors", ["a", ["a"], [{"$ref": None, "value": "a"}], ["a", None, ""]])
def test_several_plain_values_come_in_any_shape(doors: Any) -> None:
    assert created(doors=doors)[BADGE] == {"doors": ["a"]}


def test_what_is_immutable_stays_once_it_has_a_value() -> None:
    before = created()

    with pytest.raises(MutabilityException):
        patched(before, {"op": "replace", "path": f"{BADGE}:number", "value": "8"})
    with pytest.raises(MutabilityException):
        body.check_immutable(Kind.USER, before, created(number="8"))
    body.check_immutable(Kind.USER, before, created(number="7"))


def test_what_is_never_returned_or_on_request_only_is_so() -> None:
    resource = {"id": "1", **created()}
    note = Projection.of([f"{BADGE}:note"], None)

    shown = Projection().apply(Kind.USER, resource)[BADGE]

    assert {"pin", "note"}.isdisjoint(shown)
    assert note.apply(Kind.USER, resource)[BADGE] == {"note": "n"}
    assert BADGE not in Projection.of([f"{BADGE}:pin"], None).apply(Kind.USER, resource)


@pytest.mark.parametrize(
    ("text", "matches"),
    [
        (f"{BADGE}:level gt 2", True),
        (f"{BADGE}:level gt 3", False),
        (f'{BADGE}:doors eq "B"', True),
        (f'{BADGE}:car.plate sw "x"', True),
        (f'{BADGE}:issued lt "2026-01-01T02:00:00+01:00"', True),
        (f"{BADGE}:car pr and not ({BADGE}:level pr)", False),
    ],
)
def test_it_is_filtered(text: str, matches: bool) -> None:
    parsed = filters.parse(text, [Kind.USER])

    assert parsed.matches(Kind.USER, {"id": "1", **created()}) is matches


def test_it_is_advertised_with_its_characteristics() -> None:
    schemas = {each["id"]: each for each in discovery.schemas("https://x")}
    users, groups = discovery.resource_types("https://x")

    number, pin = schemas[BADGE]["attributes"][:2]
    assert (number["mutability"], pin["returned"]) == ("immutable", "never")
    assert {"schema": BADGE, "required": False} in users["schemaExtensions"]
    assert groups["schemaExtensions"] == [{"schema": SITE, "required": False}]


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ([], "are declared as"),
        ({"Robot": []}, "are declared as"),
        ({"User": ["x"]}, "extension schema"),
        ({"User": [{"id": "https://x", "name": "X", "attributes": []}]}, "id must be a URN"),
        ({"User": [{"id": BADGE, "name": "X", "attributes": []}]}, "there are no attributes"),
        ({"User": [{"id": BADGE, "name": "a b", "attributes": []}]}, "name must be a word"),
        ({"User": DECLARED["User"] * 2}, "is declared already"),
        (
            {"User": [{"id": BADGE, "name": "X",
                       "attributes": [attribute("a", uniqueness="server")]}]},
            "a: uniqueness must be none",
        ),
        (
            {"User": [{"id": BADGE, "name": "X", "attributes": [attribute("a", type="complex")]}]},
            "complex attributes, and only they, have subAttributes",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_kept_is_refused_in_one_sentence_and_changes_nothing(
    wrong: Any, sentence: str
) -> None:
    with pytest.raises(ExtensionError, match=sentence):
        extensions.declare(wrong)

    assert BADGE in {each["id"] for each in discovery.schemas("")}
