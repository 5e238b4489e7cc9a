"""A path designates an attribute, some of its values, a whole schema, or nothing that we have."""

from __future__ import annotations

import pytest

from rollcall.scim.attributes import MAX_LENGTH, Attribute, Schema, declared, designate, leaves
from rollcall.scim.errors import InvalidPathException
from rollcall.scim.resource_models import FILTERS
from rollcall.scim.resource_type import Kind

CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


def attribute(kind: Kind, path: str) -> Attribute:
    found = designate(kind, path)
    assert isinstance(found, Attribute)
    return found


@pytest.mark.parametrize(
    ("path", "name", "sub"),
    [
        ("userName", "userName", None),
        ("USERNAME", "userName", None),
        (f"{CORE}:userName", "userName", None),
        (f"{CORE.upper()}:username", "userName", None),
        ("name.familyName", "name", "familyName"),
        ("NAME.FAMILYNAME", "name", "familyName"),
        (f"{CORE}:name.familyName", "name", "familyName"),
        ("emails", "emails", None),
        ("emails.value", "emails", "value"),
        ('emails[type eq "work"]', "emails", None),
        ('emails[type eq "work"].value', "emails", "value"),
        ('emails[TYPE eq "work" and not (primary eq true)].VALUE', "emails", "value"),
        ("x509Certificates.value", "x509Certificates", "value"),
        ("meta.lastModified", "meta", "lastModified"),
        ("groups.$ref", "groups", "$ref"),
        (f"{ENTERPRISE}:department", f"{ENTERPRISE}:department", None),
        (f"{ENTERPRISE.lower()}:DEPARTMENT", f"{ENTERPRISE}:department", None),
        (f"{ENTERPRISE}:manager.value", f"{ENTERPRISE}:manager", "value"),
        (f"{ENTERPRISE}:manager.$ref", f"{ENTERPRISE}:manager", "$ref"),
        ("manager", f"{ENTERPRISE}:manager", None),
        ('manager[value eq "m"].value', f"{ENTERPRISE}:manager", "value"),
        ('schemas[value eq "x"]', "schemas", None),
    ],
)
def test_a_path_designates_an_attribute_as_its_schema_spells_it(
    path: str, name: str, sub: str | None
) -> None:
    found = attribute(Kind.USER, path)
    assert (found.name, found.sub) == (name, sub)


@pytest.mark.parametrize(
    ("path", "urn", "is_extension"),
    [
        (CORE, CORE, False),
        (CORE.lower(), CORE, False),
        (" ", CORE, False),
        (ENTERPRISE, ENTERPRISE, True),
        (ENTERPRISE.lower(), ENTERPRISE, True),
        ("urn:ietf:params:scim:schemas:extension:enterprise:2.0User", ENTERPRISE, True),
    ],
)
def test_a_bare_urn_designates_a_schema(path: str, urn: str, is_extension: bool) -> None:
    assert designate(Kind.USER, path) == Schema(urn, is_extension)


@pytest.mark.parametrize(
    "path",
    [
        "nope",
        "name.nope",
        "displayName.nope",
        "emails.nope",
        "emails.$ref",
        'emails[type eq "work"].nope',
        'emails[nope eq "x"]',
        'emails[type eq "work" or nope pr].value',
        'nope[type eq "work"].value',
        "password",
        "manager.displayName",
        'manager[displayName eq "x"]',
        f"{ENTERPRISE}:nope",
        f"{ENTERPRISE}:userName",
        f"{ENTERPRISE}:schemas",
        f"{CORE}:department",
        "urn:example:params:scim:schemas:extension:custom:2.0:User:badge",
        "urn:example:params:scim:schemas:extension:custom:2.0:User",
        GROUP,
        "members",
        "EnterpriseUser",
        "EnterpriseUser.department",
    ],
)
def test_a_path_that_no_schema_declares_designates_nothing(path: str) -> None:
    assert designate(Kind.USER, path) is None


@pytest.mark.parametrize(
    "path", ["userName", "manager", ENTERPRISE, "members.display", 'members[display eq "x"]']
)
def test_what_a_group_does_not_have_designates_nothing_of_it(path: str) -> None:
    assert designate(Kind.GROUP, path) is None


@pytest.mark.parametrize(
    "path",
    [
        "a b",
        ".",
        "name.",
        "name.familyName.x",
        "5",
        "emails[",
        "emails[]",
        'emails[type eq "work"',
        "emails[type co work]",
        'emails[type eq "work"].',
        'emails[emails[type eq "work"]]',
        "urn:",
        f"{ENTERPRISE}:a b",
        'emails[type eq "\\ud800"].value',
        'emails[not (type ne "\\udfff")]',
    ],
)
def test_a_malformed_path_is_an_invalid_path_that_names_it(path: str) -> None:
    with pytest.raises(InvalidPathException) as raised:
        designate(Kind.USER, path)
    assert raised.value.scim_type == "invalidPath"
    assert path[:4] in raised.value.detail


def test_a_path_beyond_the_limit_is_refused() -> None:
    longest = f'members[value eq "{"u" * (MAX_LENGTH - 20)}"]'
    assert len(longest) == MAX_LENGTH
    assert attribute(Kind.GROUP, longest).name == "members"
    with pytest.raises(InvalidPathException, match=f"at most {MAX_LENGTH} characters"):
        designate(Kind.GROUP, f"{longest} ")


@pytest.mark.parametrize("key", ["a b", "", "emails[", "x" * (MAX_LENGTH + 1)])
def test_a_key_never_fails_its_siblings(key: str) -> None:
    assert not isinstance(declared(Kind.USER, key), Attribute)


@pytest.mark.parametrize(
    ("path", "multi_valued", "is_complex"),
    [
        ("userName", False, False),
        ("active", False, False),
        ("name", False, True),
        ("name.familyName", False, False),
        ("emails", True, True),
        ("emails.value", False, False),
        ('emails[type eq "work"]', True, True),
        ('emails[type eq "work"].value', False, False),
        ("schemas", True, False),
        ("manager", False, True),
    ],
)
def test_an_attribute_says_its_shape(path: str, multi_valued: bool, is_complex: bool) -> None:
    found = attribute(Kind.USER, path)
    assert (found.multi_valued, found.complex) == (multi_valued, is_complex)


@pytest.mark.parametrize("path", ["id", "meta", "meta.created", "groups", "groups.value"])
def test_what_the_server_decides_is_read_only(path: str) -> None:
    assert attribute(Kind.USER, path).read_only


@pytest.mark.parametrize("path", ["userName", "externalId", "schemas", "emails.value", "manager"])
def test_what_clients_decide_is_not_read_only(path: str) -> None:
    assert not attribute(Kind.USER, path).read_only


def test_the_parts_of_a_member_are_immutable_and_the_members_are_not() -> None:
    assert attribute(Kind.GROUP, "members.value").immutable
    assert not attribute(Kind.GROUP, "members").immutable


@pytest.mark.parametrize(
    ("kind", "path", "required"),
    [
        (Kind.USER, "userName", True),
        (Kind.USER, "displayName", False),
        (Kind.USER, "emails.value", False),
        (Kind.GROUP, "displayName", True),
        (Kind.GROUP, "members", False),
    ],
)
def test_only_the_names_are_required(kind: Kind, path: str, required: bool) -> None:
    assert attribute(kind, path).required is required


@pytest.mark.parametrize(
    ("kind", "path", "case_exact"),
    [
        (Kind.USER, "userName", False),
        (Kind.USER, "emails.value", False),
        (Kind.USER, "externalId", True),
        (Kind.USER, "id", True),
        (Kind.USER, "manager.value", True),
        (Kind.GROUP, "members.value", True),
        (Kind.GROUP, "displayName", False),
    ],
)
def test_identifiers_are_case_exact_and_names_are_not(
    kind: Kind, path: str, case_exact: bool
) -> None:
    assert attribute(kind, path).case_exact is case_exact


def test_a_child_is_a_part_of_what_the_path_selects() -> None:
    found = attribute(Kind.USER, 'emails[type eq "work"]')
    assert found.child("value") == 'emails[type eq "work"].value'


def test_the_leaves_of_a_filter_are_its_comparisons_presences_and_selections() -> None:
    text = 'not (userName eq "a" or title pr) and emails[type eq "work" and value pr]'
    assert [str(leaf) for leaf in leaves(FILTERS[Kind.USER](text).ast)] == [
        'userName eq "a"',
        "title pr",
        'emails[type eq "work" and value pr]',
    ]
