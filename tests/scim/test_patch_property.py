"""PATCH against a slow and obvious reading of RFC 7644 section 3.5.2."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from scim2_models import Context

from rollcall.scim import body, patch
from rollcall.scim.errors import SCIMException
from rollcall.scim.resource_type import Kind
from tests.long import examples
from tests.search.generated import users, words

Document = dict[str, Any]

labels = st.sampled_from(["work", "home", "other"])
values = st.sampled_from(["v", "w", "x"])


def selected(element: Document, label: str) -> bool:
    return str(element.get("type", "")).lower() == label


def simple(document: Document, op: str, name: str, value: str) -> None:
    if op == "remove":
        document.pop(name, None)
    else:
        document[name] = value


def nested(document: Document, op: str, name: str, value: str) -> None:
    simple(document.setdefault("name", {}), op, name, value)
    if not document["name"]:
        del document["name"]


def selection(document: Document, op: str, label: str, value: str) -> None:
    """`emails[type eq "…"].value`: what matches is written, else it is created."""
    emails = document.setdefault("emails", [])
    matching = [each for each in emails if selected(each, label)]
    if op == "remove":
        for each in matching:
            each.pop("value", None)
    elif matching:
        for each in matching:
            each["value"] = value
    else:
        emails.append({"value": value, "type": label})


def removal(document: Document, label: str) -> None:
    emails = [each for each in document.get("emails", []) if not selected(each, label)]
    document.pop("emails", None)
    if emails:
        document["emails"] = emails


def addition(document: Document, label: str, value: str) -> None:
    """What differs in case alone is there already: neither value nor type is case-exact."""
    element = {"value": value, "type": label}
    emails = document.setdefault("emails", [])
    if not any({key: str(of).lower() for key, of in each.items()} == element for each in emails):
        emails.append(element)


ops = st.sampled_from(["add", "replace", "remove", "Add", "Replace", "Remove"])
steps = st.one_of(
    st.tuples(st.just("simple"), ops, st.sampled_from(["title", "displayName"]), values),
    st.tuples(st.just("nested"), ops, st.sampled_from(["familyName", "givenName"]), values),
    st.tuples(st.just("selection"), ops, labels, values),
    st.tuples(st.just("removal"), st.just("remove"), labels, values),
    st.tuples(st.just("addition"), st.just("add"), labels, values),
)


def operation(kind: str, op: str, name: str, value: str) -> Document:
    path = {
        "simple": name,
        "nested": f"name.{name}",
        "selection": f'emails[type eq "{name}"].value',
        "removal": f'emails[type eq "{name}"]',
        "addition": "emails",
    }[kind]
    if op.lower() == "remove":
        return {"op": op, "path": path}
    return {"op": op, "path": path,
            "value": [{"value": value, "type": name}] if kind == "addition" else value}  # fmt: skip


def expected(before: Document, plan: list[tuple[str, str, str, str]]) -> Document:
    document = copy.deepcopy(before)
    for kind, op, name, value in plan:
        match kind:
            case "simple":
                simple(document, op.lower(), name, value)
            case "nested":
                nested(document, op.lower(), name, value)
            case "selection":
                selection(document, op.lower(), name, value)
            case "removal":
                removal(document, name)
            case "addition":
                addition(document, name, value)
    # Only the end of the request takes away what is left with its labels alone.
    emails = [each for each in document.pop("emails", []) if set(each) - {"type", "primary"}]
    return {**document, "emails": emails} if emails else document


@examples(150)
@given(users, st.lists(steps, min_size=1, max_size=6))
def test_a_patch_does_what_the_rfc_says(
    payload: Document, plan: list[tuple[str, str, str, str]]
) -> None:
    before = body.read(Kind.USER, payload, Context.RESOURCE_CREATION_REQUEST).document
    untouched = copy.deepcopy(before)
    request = {"Operations": [operation(*each) for each in plan]}

    after = patch.read(Kind.USER, request).apply(before)

    assert before == untouched
    assert after == expected(before, plan)


json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5), words),
    lambda nested_values: st.one_of(
        st.lists(nested_values, max_size=3),
        st.dictionaries(
            st.sampled_from(["value", "type", "primary", "emails", "name", "$ref", "manager",
                             "title", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
                             "name.givenName", 'emails[type eq "work"].value', "members", "roles"]),
            nested_values,
            max_size=3,
        ),
    ),
    max_leaves=6,
)  # fmt: skip
any_path = st.one_of(
    st.none(),
    st.text(max_size=8),
    st.sampled_from(["userName", "emails", "manager", "roles", "members", "id", "meta.version",
                     'emails[type eq "work"]', 'members[value eq "x"]', "name", "active",
                     'manager[value eq "x"]', "groups", "urn:x:y:z", "emails.value", "$ref"]),
)  # fmt: skip


@examples(200)
@given(
    st.sampled_from(list(Kind)),
    st.lists(st.fixed_dictionaries({"op": ops}, optional={"path": any_path, "value": json_values}),
             max_size=4),
)  # fmt: skip
def test_whatever_is_sent_is_applied_or_refused_and_never_breaks(
    kind: Kind, operations: list[Document]
) -> None:
    name = {"userName": "a"} if kind is Kind.USER else {"displayName": "a"}
    before = body.read(kind, name, Context.RESOURCE_CREATION_REQUEST).document
    untouched = copy.deepcopy(before)
    try:
        after = patch.read(kind, {"Operations": operations}).apply(before)
    except SCIMException as error:
        assert error.status == 400
    else:
        assert after == patch.read(kind, {"Operations": operations}).apply(before)
    assert before == untouched
