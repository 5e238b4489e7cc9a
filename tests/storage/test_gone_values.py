"""Who is gone: a deleted user is found by what it was called, and nothing stored says a name."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from rollcall.directory.context import Context
from rollcall.directory.directory import Directory
from rollcall.runtime.services import Services
from rollcall.scim.resource_type import Kind
from rollcall.storage.gone_values import GoneValue, GoneValues
from tests.directory.people import user
from tests.storage import consistency

KEY = b"k" * 32
ANNA = {
    "externalId": "E-7",
    "emails": [{"type": "work", "value": "anna@x.test"}, {"type": "home", "value": "an@y.test"}],
}


@pytest.fixture
def directory(services: Services) -> Directory:
    return Directory(Context(services.table, "acme", key=KEY))


def gone(services: Services, key: bytes = KEY) -> GoneValues:
    return GoneValues(services.table, "acme", key)


@pytest.mark.parametrize(
    ("asked", "attributes"),
    [
        ("anna@x.test", ("userName", "emails")),
        (" ANNA@x.test ", ("userName", "emails")),
        ("E-7", ("externalId",)),
        ("an@y.test", ("emails",)),
    ],
)
def test_a_deleted_user_is_found_by_what_it_was_called(
    services: Services, directory: Directory, asked: str, attributes: tuple[str, ...]
) -> None:
    identifier = user(directory, "anna@x.test", **ANNA)
    assert gone(services).find(asked) == []

    directory.users.delete(identifier)

    assert gone(services).find(asked) == [GoneValue(identifier, attributes)]
    assert gone(services, b"another" * 5).find(asked) == []


def test_two_users_who_had_one_name_are_both_found(
    services: Services, directory: Directory
) -> None:
    people = [user(directory, "anna@x.test")]
    directory.users.delete(people[0])
    people.append(user(directory, "Anna@x.test"))
    directory.users.delete(people[1])

    assert {each.user for each in gone(services).find("anna@x.test")} == set(people)


def test_a_user_whom_entra_renamed_before_it_deleted_it_is_found_by_its_name(
    services: Services, directory: Directory
) -> None:
    renamed = f"{'0a' * 16}anna@x.test"
    identifier = user(directory, renamed)

    directory.users.delete(identifier)

    assert gone(services).find("anna@x.test") == [GoneValue(identifier, ("userName",))]
    assert gone(services).find(renamed) == [GoneValue(identifier, ("userName",))]


def test_what_is_stored_goes_with_the_tombstone_and_holds_no_value(
    services: Services, directory: Directory
) -> None:
    identifier = user(directory, "anna@x.test", **ANNA)
    directory.users.delete(identifier)

    stored = consistency.items(services, "acme")
    notes = {pk: item for (pk, _), item in stored.items() if pk.startswith("GONE#")}
    tombstone = stored[f"USER#{identifier}", "DOCUMENT"]
    consistency.check(services, "acme")
    assert sorted(tombstone["gone"]) == sorted(pk.removeprefix("GONE#") for pk in notes)
    assert {item["expires"] for item in notes.values()} == {tombstone["expires"]}
    assert tombstone["expires"] > datetime.now(UTC).timestamp()
    text = json.dumps([[*place, item] for place, item in stored.items()], default=str).lower()
    assert [value for value in ("anna", "an@y", "e-7") if value in text] == []


def test_without_the_key_of_the_tenant_nothing_is_noted(services: Services) -> None:
    directory = Directory(Context(services.table, "acme"))
    identifier = user(directory, "anna@x.test", **ANNA)

    directory.users.delete(identifier)

    stored = consistency.items(services, "acme")
    assert [pk for pk, _ in stored if pk.startswith("GONE#")] == []
    assert directory.context.resources.read(Kind.USER, identifier) is None
