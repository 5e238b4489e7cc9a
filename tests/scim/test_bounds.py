"""What bounds the work of one request: values of an attribute, changes of a PATCH, comparisons."""

from __future__ import annotations

from typing import Any

import pytest
from scim2_models import Context

from rollcall.scim import body, filters, patch
from rollcall.scim.body import MAX_VALUES
from rollcall.scim.errors import (
    InvalidFilterException,
    InvalidValueException,
    PayloadTooLargeException,
)
from rollcall.scim.patch import MAX_STEPS
from rollcall.scim.resources import Kind


def roles(number: int) -> list[dict[str, Any]]:
    return [{"value": f"r{each}"} for each in range(number)]


def created(**attributes: Any) -> dict[str, Any]:
    payload = {"userName": "ann", **attributes}
    return body.read(Kind.USER, payload, Context.RESOURCE_CREATION_REQUEST).document


def patched(before: dict[str, Any], *operations: dict[str, Any]) -> dict[str, Any]:
    return patch.read(Kind.USER, {"Operations": list(operations)}).apply(before)


def test_an_attribute_has_so_many_values_and_no_more() -> None:
    full = created(roles=roles(MAX_VALUES))

    with pytest.raises(InvalidValueException, match=f"roles takes at most {MAX_VALUES} values"):
        created(roles=roles(MAX_VALUES + 1))
    with pytest.raises(InvalidValueException, match="x509Certificates takes at most"):
        created(x509Certificates=[{"value": "QUFB"}] * (MAX_VALUES + 1))
    with pytest.raises(InvalidValueException, match="roles takes at most"):
        patched(full, {"op": "add", "path": "roles", "value": [{"value": "one more"}]})
    swapped = patched(
        full,
        {"op": "remove", "path": 'roles[value eq "r0"]'},
        {"op": "add", "path": "roles", "value": [{"value": "one more"}]},
    )
    assert len(swapped["roles"]) == MAX_VALUES


def test_a_patch_changes_so_many_attributes_and_no_more() -> None:
    change = {"op": "replace", "path": "title", "value": "Chief"}

    assert len(patch.read(Kind.USER, {"Operations": [change] * MAX_STEPS}).steps) == MAX_STEPS
    with pytest.raises(PayloadTooLargeException, match=f"at most {MAX_STEPS}"):
        patch.read(Kind.USER, {"Operations": [change] * (MAX_STEPS + 1)})


def test_the_members_that_a_patch_names_are_not_counted() -> None:
    operations = [{"op": "add", "path": "members", "value": [f"m{each}"]} for each in range(2000)]

    assert len(patch.read(Kind.GROUP, {"Operations": operations}).members) == 2000


def test_what_grows_while_a_patch_is_applied_is_noticed_on_the_way() -> None:
    operations = [
        {"op": "add", "path": f'addresses[type eq "t{each}"].locality', "value": "x"}
        for each in range(MAX_VALUES + 1)
    ]
    clearing = {"op": "remove", "path": "addresses"}

    with pytest.raises(InvalidValueException, match="addresses takes at most"):
        patched(
            created(), *operations, *[{"op": "add", "path": "title", "value": "x"}] * 20, clearing
        )


@pytest.mark.parametrize(
    ("text", "comparisons"),
    [
        ("userName pr", 1),
        ('userName eq "a" or not (title pr and active eq true)', 3),
        ('emails[type eq "work" and (value co "a" or value co "b")] and title pr', 4),
        ('name[familyName eq "a"]', 2),
    ],
)
def test_the_comparisons_of_a_filter_are_counted(text: str, comparisons: int) -> None:
    assert filters.parse(text, [Kind.USER]).comparisons == comparisons


@pytest.mark.parametrize(
    "text", ['userName eq "' + "x" * 8192 + '"', "not (" * 40 + "userName pr" + ")" * 40]
)
def test_a_filter_is_so_long_and_so_deep_and_no_more(text: str) -> None:
    with pytest.raises(InvalidFilterException):
        filters.parse(text, [Kind.USER])
