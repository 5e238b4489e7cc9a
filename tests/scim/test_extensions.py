"""Extension schemas of a deployment: kept and told like the built-in ones, or refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from scim2_models import Context

from rollcall.model.record import Record
from rollcall.scim import body, discovery, extensions, filters, patch
from rollcall.scim.errors import (
    InvalidFilterException,
    InvalidValueException,
    MutabilityException,
)
from rollcall.scim.extensions import ExtensionError
from rollcall.scim.projection import Projection
from rollcall.scim.resource_type import Kind

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
                attribute("shown", returned="always"),
                attribute("photo", type="binary"),
                attribute("levels", type="integer", multiValued=True),
                attribute(
                    "visits",
                    type="complex",
                    multiValued=True,
                    subAttributes=[
                        attribute("value", returned="always"),
                        attribute("at", type="dateTime"),
                        attribute("count", type="integer"),
                        attribute("guided", type="boolean"),
                    ],
                ),
            ],
        }
    ],
    "Group": [{"id": SITE, "name": "Site", "attributes": [attribute("city", caseExact=True)]}],
}
WORN = {
    "number": "7", "pin": "0000", "note": "n", "level": 3, "doors": ["a", "b"],
    "issued": "2026-01-01T00:00:00Z", "car": {"plate": "X 1"},
}  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def declared() -> Iterator[None]:
    """The extensions, declared once: to build their models takes longer than all tests."""
    extensions.declare(DECLARED)
    yield
    extensions.declare({})


@pytest.fixture
def declared_again() -> Iterator[None]:
    """The extensions are declared again after a test that declares others."""
    yield
    extensions.declare(DECLARED)


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


@pytest.mark.parametrize(
    "wrong",
    [
        {"level": True},
        {"level": "inf"},
        {"issued": 5},
        {"issued": "2026-01-01"},
        {"photo": "!!"},
        {"levels": [1, True]},
        {"visits": [{"value": "a"}, {"value": "b", "at": "2026"}]},
        {"visits": [{"value": "a", "count": True}]},
        {"visits": [{"value": "a", "guided": 1}]},
    ],
)
def test_a_value_is_of_its_type_and_of_no_other(wrong: dict[str, Any]) -> None:
    ((name, value),) = wrong.items()
    for op in ("add", "replace"):
        with pytest.raises(InvalidValueException, match=name):
            patched(created(), {"op": op, "path": f"{BADGE}:{name}", "value": value})
        with pytest.raises(InvalidValueException, match=name):
            patched(created(), {"op": op, "value": {BADGE: wrong}})
    with pytest.raises(InvalidValueException, match=name):
        created(**wrong)


def test_an_instant_without_a_zone_is_in_utc() -> None:
    assert created(issued="2026-01-01T00:00:00")[BADGE]["issued"] == "2026-01-01T00:00:00Z"


def test_what_is_always_returned_is_returned_whatever_is_asked() -> None:
    visits = [{"value": "a", "count": 1}]
    resource = {"id": "1", **created(shown="s", level=3, visits=visits)}

    def asked(attributes: list[str] | None, excluded: list[str] | None) -> Any:
        shown = Projection.of(attributes, excluded).apply(Kind.USER, resource)
        assert {"id", "schemas"} <= set(shown)
        return shown.get(BADGE)

    assert asked(["userName"], None) == {"shown": "s"}
    assert asked([f"{BADGE}:level"], None) == {"shown": "s", "level": 3}
    assert asked([f"{BADGE}:visits.count"], None) == {"shown": "s", "visits": visits}
    assert asked(None, [BADGE]) == {"shown": "s"}
    assert asked(None, [f"{BADGE}:shown", f"{BADGE}:visits.value"]) == resource[BADGE]
    assert asked(None, [f"{BADGE}:visits.count", f"{BADGE}:level"]) == {
        "shown": "s",
        "visits": [{"value": "a"}],
    }


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
        body.replace(Kind.USER, before, created(number="8"))
    assert body.replace(Kind.USER, before, created(number="7"))[BADGE]["number"] == "7"


def test_what_is_never_returned_stays_when_it_is_not_sent() -> None:
    after = body.replace(Kind.USER, created(), created(number="7"))

    assert after[BADGE] == {"number": "7", "pin": "0000"}
    changed = body.replace(Kind.USER, created(), created(number="7", pin="1"))
    assert changed[BADGE]["pin"] == "1"


@pytest.mark.usefixtures("declared_again")
def test_what_is_stored_of_an_extension_that_is_no_longer_declared_is_kept_and_not_served() -> None:
    before = created()
    extensions.declare({})
    operation = {"op": "add", "path": "title", "value": "Chief"}
    sent = body.read(Kind.USER, {"userName": "ann"}, Context.RESOURCE_REPLACEMENT_REQUEST).document

    after = patched(before, operation)

    assert (after["title"], after[BADGE]) == ("Chief", WORN)
    assert body.replace(Kind.USER, before, sent) == before
    record = Record(
        Kind.USER, "1", after, 1, "2026-01-01T00:00:00.000Z", "2026-01-01T00:00:00.000Z"
    )
    shown = record.representation("https://example.com")
    assert BADGE not in shown
    assert shown["schemas"] == ["urn:ietf:params:scim:schemas:core:2.0:User"]
    extensions.declare(DECLARED)
    assert record.representation("https://example.com")[BADGE] == WORN


def test_what_is_immutable_stays_when_it_is_not_sent() -> None:
    sent = body.read(Kind.USER, {"userName": "ann"}, Context.RESOURCE_REPLACEMENT_REQUEST)

    after = body.replace(Kind.USER, created(number="7", note="n"), sent.document)

    assert after[BADGE] == {"number": "7"}
    assert BADGE in after["schemas"]


def test_what_is_never_returned_or_on_request_only_is_so() -> None:
    resource = {"id": "1", **created()}
    note = Projection.of([f"{BADGE}:note"], None)

    shown = Projection().apply(Kind.USER, resource)[BADGE]

    assert {"pin", "note"}.isdisjoint(shown)
    assert note.apply(Kind.USER, resource)[BADGE] == {"note": "n"}
    assert BADGE not in Projection.of([f"{BADGE}:pin"], None).apply(Kind.USER, resource)


@pytest.mark.parametrize(
    "sent",
    [
        {BADGE: {"note": "n"}},
        {f"{BADGE}:note": "n"},
        {"Operations": [{"op": "add", "path": f"{BADGE}:note", "value": "n"}]},
        {"Operations": [{"op": "add", "value": {BADGE: {"NOTE": "n"}}}]},
        {"operations": [{"Op": "add", "Path": BADGE, "Value": {"note": "n"}}]},
    ],
)
def test_what_is_returned_on_request_is_returned_to_who_wrote_it(sent: dict[str, Any]) -> None:
    resource = {"id": "1", **created()}

    shown = Projection().apply(Kind.USER, resource, {"userName": "ann", **sent})

    assert shown[BADGE]["note"] == "n"
    assert "pin" not in shown[BADGE]
    assert "note" not in Projection().apply(Kind.USER, resource, {"userName": "ann"})[BADGE]


@pytest.mark.parametrize(
    ("text", "matches"),
    [
        (f"{BADGE}:level gt 2", True),
        (f"{BADGE}:level gt 3", False),
        (f'{BADGE}:doors eq "B"', True),
        (f'{BADGE}:car.plate sw "x"', True),
        (f'{BADGE}:issued lt "2026-01-01T02:00:00+01:00"', True),
        (f"{BADGE}:car pr and not ({BADGE}:level pr)", False),
        (f'{BADGE}:doors[value eq "A"]', True),
        (f'{BADGE}:doors[value sw "x" or not (value pr)]', False),
        (f'{BADGE}:car[plate eq "x 1"]', True),
        (f'{BADGE}:level eq "3"', True),
        (f"{BADGE}:level eq 3", True),
        (f"{BADGE}:levels[value gt 7 and value lt 9]", True),
        (f'{BADGE}:levels[value eq "9"]', True),
        (f"{BADGE}:levels[value gt 9]", False),
        (f'{BADGE}:visits[at ge "2026-01-01T00:00:00" and count eq 2]', True),
        (f'{BADGE}:visits[at gt "2026-01-01T00:00:00" and count eq 2]', False),
        (f'{BADGE}:photo eq "aGVsbG8="', True),
    ],
)
def test_it_is_filtered(text: str, matches: bool) -> None:
    parsed = filters.parse(text, [Kind.USER])

    visits = [{"value": "a", "at": "2026-01-01T00:00:00Z", "count": 2}]
    badge = {**WORN, "levels": [8, 9], "visits": visits, "photo": "aGVsbG8="}
    assert parsed.matches(Kind.USER, {"id": "1", **created(**badge)}) is matches


@pytest.mark.parametrize(
    "text",
    [
        f"{BADGE}:level co 3",
        f"{BADGE}:level eq true",
        f'{BADGE}:level gt "x"',
        f'{BADGE}:issued gt "2026"',
        f"{BADGE}:issued gt 5",
        f'{BADGE}:issued sw "2026"',
        f'{BADGE}:pin sw "0"',
        f'{BADGE}:visits[at gt "x"]',
        f"{BADGE}:visits[guided eq 1]",
        f'{BADGE}:levels[value eq "x"]',
        f'{BADGE}:levels[other eq "x"]',
        f"{BADGE}:nope pr",
    ],
)
def test_it_is_not_filtered_by_what_its_type_is_not(text: str) -> None:
    with pytest.raises(InvalidFilterException):
        filters.parse(text, [Kind.USER])


def test_it_is_advertised_with_its_characteristics() -> None:
    schemas = {each["id"]: each for each in discovery.schemas("https://x")}
    users, groups = discovery.resource_types("https://x")

    number, pin = schemas[BADGE]["attributes"][:2]
    assert (number["mutability"], pin["returned"]) == ("immutable", "never")
    assert {"schema": BADGE, "required": False} in users["schemaExtensions"]
    assert groups["schemaExtensions"][1:] == [{"schema": SITE, "required": False}]


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
