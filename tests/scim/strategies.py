"""What properties are tried on: JSON of any shape, users, and filters over them."""

from __future__ import annotations

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

FAST = settings(max_examples=100, deadline=None)
"""Enough to find a shape that nobody thought of, quick enough for every run."""

PATHS = [
    "userName",
    "displayName",
    "active",
    "name",
    "name.familyName",
    "emails",
    "emails.value",
    'emails[type eq "work"]',
    'emails[type eq "work"].value',
    'emails[type eq "work" and primary eq true].value',
    'emails[type ne "work"].primary',
    'roles[primary eq "True"].value',
    'addresses[type eq "work"].streetAddress',
    "roles",
    "photos",
    "x509Certificates",
    "schemas",
    "manager",
    'manager[value eq "m"]',
    f"{ENTERPRISE}:manager.value",
    f"{ENTERPRISE}:department",
    ENTERPRISE,
    CORE,
    "members",
    'members[value eq "u"]',
    "externalId",
    "id",
    "meta.created",
    "nope",
    "nope.nope",
    'emails[nope eq "x"].value',
    "urn:example:nope:2.0:User:nope",
    "emails[",
    "",
]
"""Paths of every kind: known, unknown, read-only, with selections, malformed."""

names = st.sampled_from([*PATHS, "value", "type", "primary", "$ref", "display", "givenName"])
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(["True", "false", "a@b.c", "", '{"value": "Admin"}', "work"]),
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(names | st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=8,
)
"""JSON, with a bias for names that mean something."""

operations = st.fixed_dictionaries(
    {"op": st.sampled_from(["add", "Add", "remove", "Remove", "replace", "Replace"])},
    optional={"path": st.sampled_from(PATHS), "value": values},
)

logins = st.sampled_from(["ada", "Ada", "bo", "İda", "straße", "a@b.c", " ada", "\uff42o "])
labels = st.sampled_from(["work", "home", "other"])
emails = st.lists(
    st.fixed_dictionaries({"value": logins}, optional={"type": labels}), min_size=1, max_size=2
)
users = st.fixed_dictionaries(
    {"schemas": st.just([CORE, ENTERPRISE]), "id": st.sampled_from(["1", "2"]), "userName": logins},
    optional={
        "externalId": logins,
        "displayName": logins,
        "active": st.booleans(),
        "emails": emails,
        ENTERPRISE: st.fixed_dictionaries(
            {}, optional={"employeeNumber": logins, "manager": st.just({"value": "1"})}
        ),
    },
)
"""Whole representations of users."""

_COMPARED = [
    "id",
    "userName",
    "USERNAME",
    f"{CORE}:userName",
    "externalId",
    "displayName",
    "emails",
    "emails.value",
    "emails.type",
    f"{ENTERPRISE}:employeeNumber",
    "manager",
]
_quoted = st.one_of(logins, st.sampled_from(["1", "2", "work", ""])).map(lambda text: f'"{text}"')
_operators = st.sampled_from(["eq", "eq", "eq", "ne", "sw", "co", "ew", "gt", "le"])
_inner = st.one_of(
    st.builds("value {} {}".format, _operators, _quoted),
    st.builds("type eq {}".format, _quoted),
    st.just("primary pr"),
)
_selections = st.one_of(
    _inner,
    st.builds("{} and {}".format, _inner, _inner),
    st.builds("{} or {}".format, _inner, _inner),
    st.builds("not ({})".format, _inner),
)
filters: st.SearchStrategy[str] = st.recursive(
    st.one_of(
        st.builds("{} {} {}".format, st.sampled_from(_COMPARED), _operators, _quoted),
        st.builds("{} pr".format, st.sampled_from(_COMPARED)),
        st.builds("emails[{}]".format, _selections),
        st.builds("emails[{}].value eq {}".format, _selections, _quoted),
    ),
    lambda inner: st.one_of(
        st.builds("({} and {})".format, inner, inner),
        st.builds("({} or {})".format, inner, inner),
        st.builds("not ({})".format, inner),
    ),
    max_leaves=4,
)
"""Filters over users, all of them valid."""


def copied(value: Any) -> Any:
    """Return a copy of JSON that shares nothing with it."""
    if isinstance(value, dict):
        return {key: copied(each) for key, each in value.items()}
    return [copied(each) for each in value] if isinstance(value, list) else value
