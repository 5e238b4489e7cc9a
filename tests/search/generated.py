"""Generated users, of few values so that filters hit, and filters over the whole grammar."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
CORE = "urn:ietf:params:scim:schemas:core:2.0:User"

words = st.sampled_from(
    ["a", "A", "ab", "Ab", "b", "é", "e\u0301", "x y", "x  y", 'q"', "\\", "ß", "1", " a", "b ",
     "\uff41b", "\uff11", "\u3000x y"]
)  # fmt: skip
types = st.sampled_from(["work", "home", "WORK"])

users: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"userName": words},
    optional={
        "externalId": words,
        "title": words,
        "active": st.booleans(),
        "name": st.fixed_dictionaries({}, optional={"familyName": words, "givenName": words}),
        "emails": st.lists(
            st.fixed_dictionaries({"value": words}, optional={"type": types}), max_size=3
        ),
        ENTERPRISE: st.fixed_dictionaries(
            {},
            optional={
                "employeeNumber": words,
                "department": words,
                "manager": st.fixed_dictionaries({"value": words}),
            },
        ),
    },
)


def quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


strings = words.map(quoted)
paths = st.sampled_from(
    ["userName", "USERNAME", f"{CORE}:userName", "externalId", "title", "name.familyName", "emails",
     "emails.value", "emails.type", f"{ENTERPRISE}:employeeNumber", f"{ENTERPRISE}:department",
     "manager", f"{ENTERPRISE}:manager.value", "id"]
)  # fmt: skip
operators = st.sampled_from(["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le", "EQ", "Sw"])

comparisons = st.one_of(
    st.builds("{} {} {}".format, paths, operators, strings),
    st.builds("{} eq {}".format, paths, strings),
    st.builds("active {} {}".format, st.sampled_from(["eq", "ne"]),
              st.sampled_from(["true", "false", '"True"', '"FALSE"', "True"])),
    st.builds("{} pr".format, st.one_of(paths, st.sampled_from(["active", "name", "manager"]))),
    st.builds("meta.created {} {}".format, st.sampled_from(["gt", "le", "ge", "lt"]),
              st.sampled_from(['"2020-01-01T00:00:00Z"', '"2030-01-01T01:00:00+01:00"'])),
)  # fmt: skip

inner = st.one_of(
    st.builds("type eq {}".format, st.sampled_from(['"work"', '"home"'])),
    st.builds("value {} {}".format, operators, strings),
    st.sampled_from(["type pr", "not (type pr)"]),
)
inners = st.one_of(
    inner,
    st.builds("{} and {}".format, inner, inner),
    st.builds("({} or {})".format, inner, inner),
)
selections = st.one_of(
    st.builds("emails[{}]".format, inners),
    st.builds("emails[{}].value eq {}".format, inners, strings),
)

filters: st.SearchStrategy[str] = st.recursive(
    st.one_of(comparisons, selections),
    lambda nested: st.one_of(
        st.builds("{} and {}".format, nested, nested),
        st.builds("{} or {}".format, nested, nested),
        st.builds("({} or {}) and {}".format, nested, nested, nested),
        st.builds("not ({})".format, nested),
    ),
    max_leaves=5,
)
