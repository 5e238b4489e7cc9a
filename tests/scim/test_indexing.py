"""A document's index entries: one claim, which is unique, and lookups, which are not."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from rollcall.scim.errors import InvalidValueException
from rollcall.scim.indexing import INDEXED, MAX_VALUES, IndexEntry, claim, lookups
from rollcall.scim.resource_type import Kind
from tests.scim import strategies
from tests.scim.strategies import FAST

CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


def test_a_user_claims_its_folded_user_name() -> None:
    assert claim(Kind.USER, {"userName": "E\u0301lodie@Example.COM"}) == IndexEntry(
        "userName", "élodie@example.com"
    )


def test_a_group_claims_its_folded_display_name() -> None:
    assert claim(Kind.GROUP, {"displayName": "STAFF"}) == IndexEntry("displayName", "staff")


def test_a_user_is_looked_up_by_identifiers_and_addresses() -> None:
    document = {
        "schemas": [CORE, ENTERPRISE],
        "userName": "ada",
        "externalId": "Ext-1",
        "emails": [{"value": "Ada@B.c", "type": "work"}, {"value": "ada@b.C"}, {"value": "x@y.z"}],
        "phoneNumbers": [{"value": "1"}],
        ENTERPRISE: {"employeeNumber": "E7", "department": "Engines"},
    }
    assert lookups(Kind.USER, document) == {
        IndexEntry("externalId", "Ext-1"),
        IndexEntry("emails.value", "ada@b.c"),
        IndexEntry("emails.value", "x@y.z"),
        IndexEntry(f"{ENTERPRISE}:employeeNumber", "e7"),
    }


def test_a_group_is_looked_up_by_its_external_id() -> None:
    document = {"schemas": [GROUP], "displayName": "Staff", "externalId": "Ext-1"}
    assert lookups(Kind.GROUP, document) == {IndexEntry("externalId", "Ext-1")}


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"emails": []},
        {"emails": [{"type": "work"}, {"value": None}, {"value": ""}]},
        {"externalId": ""},
        {"externalId": None},
        {ENTERPRISE: {}},
        {ENTERPRISE: {"department": "Engines"}},
    ],
)
def test_what_has_no_value_is_not_looked_up(document: dict[str, Any]) -> None:
    assert lookups(Kind.USER, document) == frozenset()


def test_more_addresses_than_the_limit_are_an_invalid_value() -> None:
    emails = [{"value": f"ada{number}@b.c"} for number in range(MAX_VALUES)]
    assert len(lookups(Kind.USER, {"emails": emails})) == MAX_VALUES
    with pytest.raises(InvalidValueException, match=f"emails takes at most {MAX_VALUES} values"):
        lookups(Kind.USER, {"emails": [*emails, {"value": "one@too.many"}]})


@pytest.mark.parametrize("kind", Kind)
def test_one_attribute_of_a_type_is_unique(kind: Kind) -> None:
    assert sum(each.unique for each in INDEXED[kind]) == 1


@FAST
@given(strategies.users)
def test_entries_differ_exactly_where_keys_differ(document: dict[str, Any]) -> None:
    shouted = {**document, "userName": document["userName"].upper()}
    assert (claim(Kind.USER, shouted) == claim(Kind.USER, document)) == (
        shouted["userName"].lower() == document["userName"].lower()
    )
    assert lookups(Kind.USER, shouted) == lookups(Kind.USER, document)
