"""The extension that says what a user may do: shown, filtered on, never written."""

from __future__ import annotations

from typing import Any

import pytest
from scim2_models import Context

from rollcall.model import planner
from rollcall.scim import body, filters, patch
from rollcall.scim.errors import MutabilityException
from rollcall.scim.resource_type import ROLLCALL, Kind

CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
ADA: dict[str, Any] = {"schemas": [CORE], "userName": "ada"}
WANTED = {"workAreas": [{"value": "induction", "level": "manage"}], "role": "administrator"}


@pytest.mark.parametrize(
    "sent",
    [
        {ROLLCALL: WANTED},
        {f"{ROLLCALL}:role": "administrator"},
        {f"{ROLLCALL}:workAreas": WANTED["workAreas"]},
    ],
)
@pytest.mark.parametrize(
    "shape", [Context.RESOURCE_CREATION_REQUEST, Context.RESOURCE_REPLACEMENT_REQUEST]
)
def test_in_a_body_it_is_ignored(sent: dict[str, Any], shape: Context) -> None:
    assert body.read(Kind.USER, {**ADA, **sent}, shape).document == ADA


@pytest.mark.parametrize("op", ["add", "replace"])
@pytest.mark.parametrize("sent", [{ROLLCALL: WANTED}, {f"{ROLLCALL}:role": "administrator"}])
def test_in_an_operation_without_a_path_it_is_ignored(op: str, sent: dict[str, Any]) -> None:
    operation = {"op": op, "value": {**sent, "title": "Countess"}}

    assert patched(operation) == {**ADA, "title": "Countess"}


@pytest.mark.parametrize("op", ["add", "replace", "remove"])
@pytest.mark.parametrize(
    "path",
    [
        ROLLCALL,
        f"{ROLLCALL}:role",
        f"{ROLLCALL}:workAreas",
        f"{ROLLCALL}:workAreas.level",
        f'{ROLLCALL}:workAreas[value eq "induction"]',
        f'{ROLLCALL}:workAreas[value eq "induction"].level',
    ],
)
def test_by_path_it_is_refused_as_read_only(op: str, path: str) -> None:
    with pytest.raises(MutabilityException, match="is read-only"):
        patched({"op": op, "path": path, "value": "manage"})


def patched(operation: dict[str, Any]) -> dict[str, Any]:
    return patch.read(Kind.USER, {"Operations": [operation]}).apply(ADA)


@pytest.mark.parametrize(
    ("text", "matches"),
    [
        (f'{ROLLCALL}:workAreas.value eq "induction"', True),
        (f'{ROLLCALL}:workAreas.value eq "Induction"', False),
        (f'{ROLLCALL}:workAreas eq "induction"', True),
        (f'{ROLLCALL}:workAreas[value eq "induction" and level eq "manage"]', True),
        (f'{ROLLCALL}:workAreas[value eq "induction" and level eq "read"]', False),
        (f'{ROLLCALL}:role eq "administrator"', True),
        (f"{ROLLCALL}:workAreas pr", True),
        (f"not ({ROLLCALL}:role pr)", False),
    ],
)
def test_it_is_filtered_on(text: str, matches: bool) -> None:
    parsed = filters.parse(text, [Kind.USER])

    assert parsed.matches(Kind.USER, {**ADA, "id": "1", ROLLCALL: WANTED}) is matches
    assert planner.plan(Kind.USER, parsed.nodes[Kind.USER]) is not None
