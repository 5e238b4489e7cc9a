"""A plan names every resource that can match, by the cheapest legs that the filter allows."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import event, given

from rollcall.model import planner
from rollcall.model.planner import (
    ByEntry,
    ByGroup,
    ById,
    ByMember,
    ByPrefix,
    Leg,
    Lookup,
    Plan,
    Walk,
)
from rollcall.scim import filters
from rollcall.scim.indexing import IndexEntry, claim, lookups
from rollcall.scim.resource_type import Kind
from tests.scim import strategies
from tests.scim.strategies import FAST

CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
TYPO = "urn:ietf:params:scim:schemas:extension:enterprise:2.0User"

ADA = ByEntry(IndexEntry("userName", "ada"), unique=True)
MAIL = ByEntry(IndexEntry("emails.value", "a@b.c"), unique=False)


def plan(text: str, kind: Kind = Kind.USER) -> Plan:
    return planner.plan(kind, filters.parse(text, [kind]).nodes[kind])


@pytest.mark.parametrize(
    ("text", "leg"),
    [
        ('userName eq "Ada"', ADA),
        ('USERNAME eq "ada"', ADA),
        (f'{CORE}:userName eq "ada"', ADA),
        ("userName eq ada", ADA),
        ('externalId eq "X"', ByEntry(IndexEntry("externalId", "X"), unique=False)),
        ('emails.value eq "A@b.c"', MAIL),
        ('emails eq "a@b.c"', MAIL),
        ('emails[value eq "a@b.c"]', MAIL),
        ('emails[type eq "work"].value eq "a@b.c"', MAIL),
        ('emails[type eq "work" and value eq "a@b.c"]', MAIL),
        ('emails[primary eq "True"].value eq "a@b.c"', MAIL),
        (f'{CORE}:emails[value eq "a@b.c"]', MAIL),
        (
            f'{ENTERPRISE}:employeeNumber eq "E7"',
            ByEntry(IndexEntry(f"{ENTERPRISE}:employeeNumber", "e7"), unique=False),
        ),
        (
            f'{TYPO}:employeeNumber eq "E7"',
            ByEntry(IndexEntry(f"{ENTERPRISE}:employeeNumber", "e7"), unique=False),
        ),
        ('id eq "X"', ById("X")),
        ('groups eq "g"', ByGroup("g")),
        ('groups.value eq "g"', ByGroup("g")),
        ('groups[value eq "g"]', ByGroup("g")),
        ('userName sw "Ad"', ByPrefix(IndexEntry("userName", "ad"))),
    ],
)
def test_a_comparison_with_an_index_is_looked_up(text: str, leg: Leg) -> None:
    assert plan(text) == Lookup((leg,))


@pytest.mark.parametrize(
    ("text", "leg"),
    [
        ('displayName eq "Staff"', ByEntry(IndexEntry("displayName", "staff"), unique=True)),
        ('displayName sw "St"', ByPrefix(IndexEntry("displayName", "st"))),
        ('externalId eq "X"', ByEntry(IndexEntry("externalId", "X"), unique=False)),
        ('id eq "g" and members eq "u"', ById("g")),
        ('members eq "u" and id eq "g"', ById("g")),
        ('members eq "u"', ByMember("u")),
        ('members.value eq "u"', ByMember("u")),
        ('members[value eq "u" and type eq "User"]', ByMember("u")),
    ],
)
def test_a_group_is_looked_up_by_name_and_by_member(text: str, leg: Leg) -> None:
    assert plan(text, Kind.GROUP) == Lookup((leg,))


@pytest.mark.parametrize(
    ("text", "leg"),
    [
        ('id eq "x" and manager eq "m"', ById("x")),
        ('manager eq "m" and id eq "x"', ById("x")),
        ('userName eq "ada" and active eq true', ADA),
        ('title pr and emails eq "a@b.c" and not (active eq true)', MAIL),
        ('groups eq "g" and userName eq "ada"', ADA),
        ('userName sw "a" and groups eq "g"', ByGroup("g")),
        ('(userName eq "a" or userName eq "b") and id eq "x"', ById("x")),
    ],
)
def test_a_conjunction_takes_its_cheapest_leg(text: str, leg: Leg) -> None:
    assert plan(text) == Lookup((leg,))


def test_of_two_legs_as_cheap_the_fewer_are_taken() -> None:
    assert plan('(userName eq "a" or userName eq "b") and userName eq "ada"') == Lookup((ADA,))


def test_a_disjunction_is_the_union_of_its_legs() -> None:
    assert plan('userName eq "ada" or emails eq "a@b.c" or userName eq "ADA"') == Lookup(
        (ADA, MAIL)
    )


@pytest.mark.parametrize(
    "text",
    [
        "userName pr",
        'userName ne "ada"',
        'userName co "ada"',
        'userName sw ""',
        'userName gt "ada"',
        "userName eq null",
        'not (userName eq "ada")',
        'userName eq "ada" or active eq true',
        'displayName eq "Ada"',
        'displayName sw "Ada"',
        'emails.type eq "work"',
        'emails[type eq "work"]',
        'emails sw "a"',
        'emails[value eq "a" or type eq "work"]',
        'emails[not (value eq "a")]',
        'emails[type eq "work"].value ne "a"',
        'manager eq "m"',
        'active eq true and title eq "x"',
        'meta.created gt "2026-01-01T00:00:00Z"',
    ],
)
def test_anything_else_is_a_walk(text: str) -> None:
    assert plan(text) == Walk()


def test_what_compares_a_foreign_attribute_looks_at_nothing() -> None:
    parsed = filters.parse('userName eq "ada"', Kind)
    assert planner.plan(Kind.USER, parsed.nodes[Kind.USER]) == Lookup((ADA,))
    assert planner.plan(Kind.GROUP, parsed.nodes[Kind.GROUP]) == Lookup(())


@pytest.mark.parametrize(
    ("text", "legs"),
    [
        ("userName pr", ()),
        ('emails[type eq "work"]', ()),
        ('userName eq "a" or displayName eq "b"', (ByEntry(IndexEntry("displayName", "b"), True),)),
        ('userName eq "a" and displayName co "b"', ()),
        ('not (userName eq "a")', None),
        ('userName eq "a" or displayName co "b"', None),
    ],
)
def test_a_foreign_attribute_has_no_value(text: str, legs: tuple[Leg, ...] | None) -> None:
    node = filters.parse(text, Kind).nodes[Kind.GROUP]
    expected = Walk() if legs is None else Lookup(legs)
    assert planner.plan(Kind.GROUP, node) == expected


def found(leg: Leg, user: dict[str, Any]) -> bool:
    """Tell whether the indexes of a user hold what a leg asks for."""
    match leg:
        case ById():
            return bool(user["id"] == leg.id)
        case ByEntry():
            entries = {claim(Kind.USER, user)} if leg.unique else lookups(Kind.USER, user)
            return leg.entry.forms[0] in {each.forms[0] for each in entries}
        case ByPrefix():
            return claim(Kind.USER, user).key.startswith(leg.entry.key)
        case ByGroup():
            return any(each["value"] == leg.id for each in user.get("groups", []))
    raise AssertionError(f"users are not found {leg}")


@FAST
@given(strategies.filters, strategies.users)
def test_a_plan_finds_every_user_that_matches(text: str, user: dict[str, Any]) -> None:
    parsed = filters.parse(text, [Kind.USER])
    planned = planner.plan(Kind.USER, parsed.nodes[Kind.USER])
    event(type(planned).__name__)
    if isinstance(planned, Lookup) and parsed.matches(Kind.USER, user):
        assert any(found(leg, user) for leg in planned.legs)
