"""Filters as clients write them, rows M1 to M9, and as RFC 7644 section 3.4.2.2 has them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollcall.scim import filters, member_operations
from rollcall.scim.attributes import MAX_LENGTH
from rollcall.scim.errors import InvalidFilterException
from rollcall.scim.resource_type import Kind
from tests.scim import strategies
from tests.scim.strategies import FAST, copied

CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
TYPO = "urn:ietf:params:scim:schemas:extension:enterprise:2.0User"

ADA: dict[str, Any] = {
    "schemas": [CORE, ENTERPRISE],
    "id": "2819c223",
    "externalId": "Ext-1",
    "userName": "Ada@Example.COM",
    "name": {"givenName": "Ada", "familyName": "O'Malley"},
    "displayName": "Ada O'Malley",
    "title": "Countess",
    "userType": "Employee",
    "active": True,
    "emails": [
        {"type": "work", "value": "Ada@Example.COM", "primary": True},
        {"type": "home", "value": "ada@home.org"},
    ],
    "roles": [{"value": "Admin", "primary": True}],
    "groups": [{"value": "g1", "$ref": "https://example.com/Groups/g1", "type": "direct"}],
    ENTERPRISE: {"employeeNumber": "E7", "manager": {"value": "m1"}},
    "meta": {
        "resourceType": "User",
        "created": "2026-01-01T08:00:00.000Z",
        "lastModified": "2026-02-01T08:00:00.000Z",
        "location": "https://example.com/Users/2819c223",
        "version": 'W/"3"',
    },
}
BO: dict[str, Any] = {
    "schemas": [CORE],
    "id": "b0",
    "userName": "bo",
    "active": False,
    "meta": {"resourceType": "User", "created": "2026-03-01T08:00:00.000Z"},
}
STAFF: dict[str, Any] = {
    "schemas": [GROUP],
    "id": "g1",
    "displayName": "Staff",
    "members": [{"value": "2819c223", "type": "User"}, {"value": "g2", "type": "Group"}],
}


def matches(text: str, document: dict[str, Any] = ADA) -> bool:
    kind = Kind.GROUP if GROUP in document["schemas"] else Kind.USER
    return filters.parse(text, [kind]).matches(kind, document)


def refused(text: str, *kinds: Kind) -> InvalidFilterException:
    with pytest.raises(InvalidFilterException) as raised:
        filters.parse(text, kinds or [Kind.USER])
    assert (raised.value.status, raised.value.scim_type) == (400, "invalidFilter")
    assert "\n" not in raised.value.detail
    return raised.value


@pytest.mark.parametrize(
    "text",
    [
        'userName eq "ada@example.com"',
        'userName Eq "ADA@EXAMPLE.COM"',
        'USERNAME eq "Ada@Example.COM"',
        'externalId eq "Ext-1"',
        "externalId eq Ext-1",
        "(externalId eq Ext-1)",
        "userName eq ada@example.com and active eq true",
        'emails[type eq "work"].value eq "ada@example.com"',
        'emails[type eq "Work"].value eq "ada@example.com"',
        "emails[type eq work].value eq ada@example.com",
        'emails[primary eq true].value eq "ada@example.com"',
        'emails[primary eq "True"].value eq "ada@example.com"',
        'roles[primary eq "True"].value eq "Admin"',
        'emails.value eq "ada@home.org"',
        'emails eq "ada@home.org"',
        f'{CORE}:userName eq "ada@example.com"',
        f'{ENTERPRISE}:employeeNumber eq "e7"',
        f'{ENTERPRISE.lower()}:EMPLOYEENUMBER eq "E7"',
        f'{TYPO}:employeeNumber eq "E7"',
        'id eq "2819c223" and manager eq "m1"',
        'manager eq "m1" and id eq "2819c223"',
        'manager.value eq "m1"',
        f'{ENTERPRISE}:manager eq "m1"',
        f'{ENTERPRISE}:manager.value eq "m1"',
        "manager pr",
        'active eq "True"',
        "active eq True",
        "active eq true",
    ],
)
def test_a_filter_of_a_real_client_finds_the_user(text: str) -> None:
    assert matches(text)
    assert not matches(text, BO)


@pytest.mark.parametrize(
    "text",
    [
        'externalId eq "ext-1"',
        'id eq "2819C223"',
        'manager eq "M1"',
        'emails[type eq "home"].value eq "ada@example.com"',
        'emails[primary eq false].value eq "ada@example.com"',
        'id eq "2819c223" and manager eq "m2"',
        'active eq "False"',
        'userName eq "ada"',
        'userName eq ""',
    ],
)
def test_a_filter_is_never_widened(text: str) -> None:
    assert not matches(text)


def test_a_selection_needs_a_value_to_select() -> None:
    assert not matches('name[not (familyName eq "x")]', BO)
    assert matches('not (name[familyName eq "x"])', BO)
    assert not matches('manager[not (value eq "m1")]', BO)


def test_a_disabled_user_is_found() -> None:
    assert matches('userName eq "bo"', BO)
    assert matches('active eq "False"', BO)
    assert matches("active eq false", BO)


@pytest.mark.parametrize(
    "text",
    [
        'id eq "g1" and members eq "2819c223"',
        'members eq "2819c223" and id eq "g1"',
        'members.value eq "2819c223"',
        'members[value eq "2819c223"]',
        'members[value eq "2819c223" and type eq "User"]',
        'members.type eq "group"',
        'displayName eq "STAFF"',
        "displayName eq staff",
        "members pr",
    ],
)
def test_a_filter_of_a_real_client_finds_the_group(text: str) -> None:
    assert matches(text, STAFF)


def test_a_group_is_not_found_by_who_is_no_member() -> None:
    assert not matches('id eq "g1" and members eq "b0"', STAFF)
    assert not matches('members[value eq "2819c223" and type eq "Group"]', STAFF)


@pytest.mark.parametrize(
    "text",
    [
        # RFC 7644, figure 2
        'name.familyName co "O\'Malley"',
        'userName sw "A"',
        f'{CORE}:userName sw "A"',
        "title pr",
        'meta.lastModified gt "2011-05-13T04:42:34Z"',
        'meta.lastModified ge "2011-05-13T04:42:34Z"',
        'meta.lastModified lt "2027-05-13T04:42:34Z"',
        'meta.lastModified le "2027-05-13T04:42:34Z"',
        'title pr and userType eq "Employee"',
        'title pr or userType eq "Intern"',
        f'schemas eq "{ENTERPRISE}"',
        'userType eq "Employee" and (emails co "example.com" or emails.value co "example.org")',
        'userType ne "Employee" or not (emails co "example.edu" or emails.value co "example.net")',
        'userType eq "Employee" and (emails.type eq "work")',
        'userType eq "Employee" and emails[type eq "work" and value co "@example.com"]',
        'emails[type eq "work" and value co "@example.com"] or ims[type eq "xmpp"]',
    ],
)
def test_the_examples_of_the_specification_find_the_user(text: str) -> None:
    assert matches(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('displayName ew "malley"', True),
        ('displayName ew "ada"', False),
        ('userName gt "ab"', True),
        ('userName gt "b"', False),
        ('userName le "ada@example.com"', True),
        ('title ne "Countess"', False),
        ('nickName ne "x"', True),
        ("nickName eq null", True),
        ("title eq null", False),
        ("nickName pr", False),
        ("name pr", True),
        ("addresses pr", False),
        ('emails ne "ada@home.org"', False),
        ('emails ne "x@y.z"', True),
        ('active eq true and title eq "x" or userName pr', True),
        ('active eq true and (title eq "x" or nickName pr)', False),
        ("not (title pr) or active eq true", True),
        ('meta.created gt "2026-01-01T09:00:00+02:00"', True),
        ('meta.created gt "2026-01-01T09:00:00+01:00"', False),
        ('meta.resourceType eq "User"', True),
        ('meta.resourceType eq "user"', False),
        ('meta.version eq "W/\\"3\\""', True),
        ('groups eq "g1"', True),
        ('groups.type eq "direct"', True),
        ('groups eq "g2"', False),
        ('meta.created eq "2026-01-01T08:00:00"', True),  # without a zone: in UTC
        ('meta.created gt "2026-01-01T09:00:00"', False),
        ('name[familyName eq "o\'malley"]', True),
        ('name[familyName eq "o\'malley" and givenName eq "bo"]', False),
        ('name[not (familyName eq "x")]', True),
        ('manager[value eq "m1"]', True),
        (f'{ENTERPRISE}:manager[value eq "m2"]', False),
        (f'schemas[value eq "{CORE}"]', True),
        ('schemas[value co "x:y" or value ew "2.0:User"]', True),
        ("schemas[not (value pr)]", False),
        ('userName eq "ada@example.com" and manager[value eq "m1"]', True),
        ('displayName eq "\\u0061DA o\'malley"', True),
    ],
)
def test_operators_compare_as_the_specification_says(text: str, expected: bool) -> None:
    assert matches(text) is expected


@pytest.mark.parametrize("text", ["", "   ", "ada", "userName", "Ada Lovelace", '"ada"'])
def test_a_word_is_no_filter(text: str) -> None:
    refused(text)


@pytest.mark.parametrize(
    "text",
    [
        "userName eq",
        'eq "ada"',
        'userName "ada"',
        'userName xx "ada"',
        'userName eq "ada',
        'userName eq "ada" and',
        'userName eq "ada" or or title pr',
        'userName eq "ada" title pr',
        '(userName eq "ada"',
        'userName eq "ada")',
        "not userName pr",
        'emails[type eq "work"',
        "emails[]",
        'emails[emails[type eq "work"]]',
        'name.familyName.x eq "ada"',
        'userName eq a"b',
        "userName co ada",
        "displayName eq " + "1" * 5000 + " 2",
        "(" * 1000 + "title pr" + ")" * 999,
        "not (" * 40 + "title pr" + ")" * 40,
    ],
)
def test_bad_syntax_is_an_invalid_filter(text: str) -> None:
    assert refused(text).detail.startswith("filter: ")


def test_a_filter_beyond_the_limit_is_an_invalid_filter() -> None:
    longest = f'userName eq "{"a" * (MAX_LENGTH - 14)}"'
    assert len(longest) == MAX_LENGTH
    assert not matches(longest)
    assert str(MAX_LENGTH) in refused(f"{longest} ").detail


@pytest.mark.parametrize("text", ['userName eq "\ud800"', 'userName eq "\\ud800"', '\udfff eq "x"'])
def test_half_a_character_is_an_invalid_filter(text: str) -> None:
    assert "half a character" in refused(text).detail


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('nope eq "x"', "nope"),
        ("nope pr", "nope"),
        ('name.nope eq "x"', "name.nope"),
        ('emails.nope eq "x"', "emails.nope"),
        ('emails[nope eq "x"]', "emails.nope"),
        ('emails[type eq "work"].nope eq "x"', "emails.nope"),
        ('emails[type eq "work" and not (nope pr)]', "emails.nope"),
        ('nope[type eq "work"]', "nope"),
        ('userName eq "ada" or not (nope eq "x")', "nope"),
        ('manager.displayName eq "Eve"', "manager.displayName"),
        ('urn:example:2.0:User:badge eq "x"', "urn:example:2.0:User:badge"),
        (f'{ENTERPRISE}:nope eq "x"', f"{ENTERPRISE}:nope"),
        ('members eq "u"', "members"),
        ('EnterpriseUser.department eq "x"', "EnterpriseUser.department"),
        ('password eq "secret"', "password"),
        ("password pr", "password"),
    ],
)
def test_an_unknown_attribute_is_an_invalid_filter_that_names_it(text: str, named: str) -> None:
    assert named in refused(text).detail
    assert "secret" not in refused(text).detail


@pytest.mark.parametrize("operator", ["eq", "ne", "co", "sw", "gt"])
@pytest.mark.parametrize("name", ["name", "addresses", "meta", f"{CORE}:name"])
def test_a_complex_attribute_without_a_value_cannot_be_compared(name: str, operator: str) -> None:
    assert refused(f'{name} {operator} "x"').detail.startswith(f"{name} is complex")
    refused(f"{name} eq null")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("active gt true", "active"),
        ('active co "t"', "active"),
        ('active eq "maybe"', "active"),
        ("userName eq true", "userName"),
        ("userName gt 5", "userName"),
        ('meta.created gt "yesterday"', "meta.created"),
        ("emails[primary lt true]", "emails.primary"),
        ('x509Certificates.value gt "QUFB"', "x509Certificates.value"),
        ('meta.created gt "2026-01-01"', "meta.created"),
        ("meta.created gt 2026", "meta.created"),
        ('meta.created co "2026"', "meta.created"),
        ("displayName co 5", "displayName"),
        ("displayName gt null", "displayName"),
        ("displayName sw null", "displayName"),
        ("active eq 1", "active"),
        ('x509Certificates.value eq "!"', "x509Certificates"),
        ('userName[value eq "x"]', "userName"),
        ('name[nope eq "x"]', "name.nope"),
        ('name[name.familyName eq "x"]', "name"),
        ('schemas[type eq "x"]', "schemas"),
    ],
)
def test_what_an_attribute_cannot_be_compared_with_is_an_invalid_filter(
    text: str, named: str
) -> None:
    assert named in refused(text).detail


@pytest.mark.parametrize(
    ("text", "users", "groups"),
    [
        ('displayName eq "Staff"', False, True),
        ('userName eq "Ada@Example.COM"', True, False),
        ('members eq "2819c223"', False, True),
        ('members eq "2819c223" or groups eq "g1"', True, True),
        ('emails[type eq "work"].value eq "ada@example.com"', True, False),
        ('manager eq "m1"', True, False),
        ("active eq true", True, False),
        ("not (userName pr)", False, True),
        ('meta.resourceType eq "User"', True, False),
    ],
)
def test_over_several_types_an_attribute_has_no_value_where_it_is_foreign(
    text: str, users: bool, groups: bool
) -> None:
    parsed = filters.parse(text, Kind)
    assert parsed.matches(Kind.USER, ADA) is users
    assert parsed.matches(Kind.GROUP, STAFF) is groups


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('nope eq "x"', "nope"),
        ('userName eq "x" and members eq "y" and nope eq "z"', "nope"),
        ('emails[nope eq "x"]', "emails.nope"),
        ('members[nope eq "x"]', "members.nope"),
        ('nope[type eq "x"]', "nope"),
        ("password pr", "password"),
        ('name eq "x"', "name"),
        ('active eq "maybe"', "active"),
    ],
)
def test_over_several_types_what_none_declares_is_an_invalid_filter(text: str, named: str) -> None:
    assert named in refused(text, *Kind).detail


def ids_named(text: str, kind: Kind, name: str) -> list[str] | None:
    return member_operations.compared_ids(filters.parse(text, [kind]).mentions(kind, name))


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ('displayName eq "x"', []),
        ('members eq "a"', ["a"]),
        ('MEMBERS.VALUE eq "a"', ["a"]),
        (f'{GROUP}:members eq "a"', ["a"]),
        ('members[VALUE eq "a"]', ["a"]),
        ('members[value eq "a" or value eq "b"]', ["a", "b"]),
        ('id eq "g" and members eq "a"', ["a"]),
        ('members eq "a" or not (members eq "b" and members eq "a")', ["a", "b"]),
        ("members pr", None),
        ('members ne "a"', None),
        ('members sw "a"', None),
        ("members eq null", None),
        ('members.type eq "User"', None),
        ('members[type eq "User"]', None),
        ('members[value eq "a" and type eq "User"]', None),
        ('members[not (value eq "a")]', None),
        ('members eq "a" and members pr', None),
    ],
)
def test_the_members_that_a_filter_speaks_of_are_known_beforehand(
    text: str, ids: list[str] | None
) -> None:
    assert ids_named(text, Kind.GROUP, "members") == ids


def test_the_groups_that_a_filter_speaks_of_are_known_beforehand() -> None:
    assert ids_named('groups eq "a" or userName eq "b"', Kind.USER, "groups") == ["a"]
    assert ids_named("groups pr", Kind.USER, "groups") is None


@FAST
@given(st.lists(st.sampled_from(["m1", "m2", "m3"]), unique=True), st.data())
def test_the_members_that_a_filter_names_suffice_to_evaluate_it(
    members: list[str], data: st.DataObject
) -> None:
    one, other = (data.draw(st.sampled_from(["m1", "m2"])) for _ in range(2))
    shape = data.draw(
        st.sampled_from(
            [
                'members eq "{}"',
                'not (members eq "{}") or members.value eq "{}"',
                'members[value eq "{}" or value eq "{}"]',
                'not (members[value eq "{}"]) and members eq "{}"',
            ]
        )
    )
    text = shape.format(one, other)
    named = ids_named(text, Kind.GROUP, "members")
    assert named is not None
    whole = {**STAFF, "members": [{"value": each, "type": "User"} for each in members]}
    part = {**whole, "members": [each for each in whole["members"] if each["value"] in named]}
    assert matches(text, whole) == matches(text, part)


@FAST
@given(
    st.text(max_size=40)
    | strategies.filters
    | st.lists(
        st.sampled_from(
            ["userName", "emails[", "]", "(", ")", "not", "and", "eq", "pr", '"a"', "5", ".value"]
        )
    ).map(" ".join)
)
def test_any_text_is_a_filter_or_an_invalid_one(text: str) -> None:
    for kinds in ([Kind.USER], [Kind.GROUP], list(Kind)):
        try:
            parsed = filters.parse(text, kinds)
        except InvalidFilterException as error:
            assert error.detail
        else:
            for kind in kinds:
                resource = STAFF if kind is Kind.GROUP else ADA
                assert parsed.matches(kind, resource) in (True, False)


@FAST
@given(strategies.filters, strategies.users)
def test_a_filter_and_its_negation_divide_the_users(text: str, user: dict[str, Any]) -> None:
    untouched = copied(user)
    assert matches(text, user) != matches(f"not ({text})", user)
    assert user == untouched
