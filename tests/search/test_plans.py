"""Every plan finds exactly what evaluating the filter on all resources finds."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from scim2_models import Context

from rollcall.directory.search import Query
from rollcall.model import planner
from rollcall.model.planner import (
    ByEntry,
    ByGroup,
    ById,
    ByMember,
    ByPrefix,
    ByWorkArea,
    Leg,
    Lookup,
)
from rollcall.runtime.services import Services
from rollcall.scim import body, filters, indexing
from rollcall.scim.errors import UniquenessException
from rollcall.scim.resource_type import Kind
from tests.long import examples
from tests.search import generated
from tests.search.conftest import Store


def holds(leg: Leg, identifier: str, document: dict[str, Any]) -> bool:
    """Tell whether the index has a document under a leg, as the storage writes it."""
    claim = indexing.claim(Kind.USER, document)
    match leg:
        case ById():
            return leg.id == identifier
        case ByPrefix():
            return claim.key.startswith(leg.entry.key)
        case ByEntry():
            entries = {claim.forms[0], *indexing.lookups(Kind.USER, document)}
            return leg.entry.forms[0] in entries
        case ByMember() | ByGroup() | ByWorkArea():
            return False


@examples(300)
@given(st.lists(generated.users, min_size=1, max_size=4), generated.filters)
def test_a_plan_names_whoever_matches(people: list[dict[str, Any]], text: str) -> None:
    parsed = filters.parse(text, [Kind.USER])
    plan = planner.plan(Kind.USER, parsed.nodes[Kind.USER])
    for number, payload in enumerate(people):
        document = body.read(Kind.USER, payload, Context.RESOURCE_CREATION_REQUEST).document
        meta = {"resourceType": "User", "created": "2026-01-01T00:00:00.000Z"}
        matches = parsed.evaluated(Kind.USER, {**document, "id": str(number), "meta": meta})
        if matches and isinstance(plan, Lookup):
            assert any(holds(leg, str(number), document) for leg in plan.legs)


def test_a_search_gives_what_evaluating_all_gives(services: Services) -> None:
    store = Store(services)
    resources: list[dict[str, Any]] = []

    @examples(25, 40)
    @given(generated.users)
    def fill(payload: dict[str, Any]) -> None:
        try:
            resources.append(store.users.create(payload).resource)
        except UniquenessException:
            return

    fill()

    @examples(80)
    @given(generated.filters, st.sampled_from([None, "userName", "title", "meta.created"]))
    def compare(text: str, sort_by: str | None) -> None:
        parsed = filters.parse(text, [Kind.USER])
        expected = {each["id"] for each in resources if parsed.evaluated(Kind.USER, each)}
        page = store.search.run([Kind.USER], Query(filter=text, sort_by=sort_by, count=200))
        walked, cursor = [], ""
        while True:
            query = Query(filter=text, sort_by=sort_by, count=17, cursor=cursor)
            part = store.search.run([Kind.USER], query)
            walked += [each["id"] for each in part["Resources"]]
            if "nextCursor" not in part:
                break
            cursor = part["nextCursor"]
        found = [each["id"] for each in page["Resources"]]
        assert page["totalResults"] == len(expected)
        assert set(found) == expected
        assert walked == found

    compare()
    assert len(resources) >= 5
