"""Filters as functions of a stored document: they agree with the engine, and know their limits."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from rollcall.scim import filters
from rollcall.scim.predicate import NotPlainError
from rollcall.scim.resource_type import ENTERPRISE, Kind
from tests.scim import strategies
from tests.scim.strategies import CORE, FAST

ANN: dict[str, Any] = {
    "schemas": [CORE, ENTERPRISE],
    "userName": "Ann@example.com",
    "title": "Head of Räume",
    "active": False,
    "name": {"givenName": "Ann"},
    "emails": [{"value": "ann@example.com", "type": "work", "primary": True}, {"value": "a@b.c"}],
    ENTERPRISE: {"department": "Sales", "manager": {"value": "7"}},
}

PLAIN = [
    'title co "räume"',
    'title sw "HEAD"',
    'title ew "x"',
    'title eq "head of räume"',
    'title gt "a"',
    'nickName ne "x"',
    "nickName eq null",
    "title ne null",
    "title pr",
    "name pr",
    "emails pr",
    "emails.type pr",
    "nickName pr",
    "active eq false",
    "active ne true",
    'emails co "B.C"',
    'emails.value ne "ann@example.com"',
    'emails.type eq "home"',
    "emails.type eq null",
    'emails[type eq "work" and value co "ann"]',
    'emails[type eq "home" or not (primary pr)]',
    "emails[primary eq true]",
    f'{ENTERPRISE}:department eq "sales"',
    f'{ENTERPRISE}:costCenter eq "1"',
    'manager eq "7"',
    'name.givenName eq "ann" and not (title pr)',
    'userName eq "ann@example.com" or title pr',
]

COMPUTED = [
    'id eq "1"',
    'meta.lastModified gt "2026-01-01T00:00:00Z"',
    f'schemas eq "{CORE}"',
    'groups eq "1"',
    'manager.$ref co "Users"',
]


@pytest.mark.parametrize("text", PLAIN)
@pytest.mark.parametrize(
    "document", [ANN, {"schemas": [CORE], "userName": "bo"}], ids=["ann", "bo"]
)
def test_a_function_of_stored_attributes_agrees_with_the_engine(
    text: str, document: dict[str, Any]
) -> None:
    parsed = filters.parse(text, [Kind.USER])

    plain = parsed.predicates[Kind.USER](document)

    assert plain is parsed.evaluated(Kind.USER, {**document, "id": "1"})


@FAST
@given(strategies.users, strategies.filters)
def test_any_filter_agrees_with_the_engine(user: dict[str, Any], text: str) -> None:
    parsed = filters.parse(text, [Kind.USER])

    assert parsed.matches(Kind.USER, user) is parsed.evaluated(Kind.USER, user)


@pytest.mark.parametrize("text", COMPUTED)
def test_what_is_computed_at_read_is_for_the_engine(text: str) -> None:
    parsed = filters.parse(f"title pr and {text}", [Kind.USER])

    assert Kind.USER not in parsed.predicates


def test_names_of_groups_are_compared_without_their_blanks() -> None:
    parsed = filters.parse('displayName eq "all  Staff"', [Kind.GROUP])
    group = {"schemas": [strategies.GROUP], "displayName": "All staff"}

    assert parsed.predicates[Kind.GROUP](group)
    assert parsed.evaluated(Kind.GROUP, {**group, "id": "1"})


def test_a_value_of_another_type_is_for_the_engine() -> None:
    parsed = filters.parse('title eq "x"', [Kind.USER])

    with pytest.raises(NotPlainError):
        parsed.predicates[Kind.USER]({"title": 1})
