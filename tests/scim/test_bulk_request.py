"""A BulkRequest, and in which order its operations can be done."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest

from rollcall.scim import bulk_request
from rollcall.scim.bulk_request import BulkRequest, Operation


def request(*operations: dict[str, Any]) -> BulkRequest:
    numbers = count()
    return bulk_request.read({"Operations": list(operations)}, lambda: f"id{next(numbers)}")


def post(bulk_id: str, *references: str) -> dict[str, Any]:
    members = [{"value": f"bulkId:{each}"} for each in references]
    return {"method": "POST", "path": "/Groups", "bulkId": bulk_id, "data": {"members": members}}


def order(*operations: dict[str, Any]) -> list[str | None]:
    read = request(*operations)
    first = read.operations[0]
    assert isinstance(first, Operation)
    return [each.bulk_id for each in read.in_order(first)]


@pytest.mark.parametrize(
    ("operations", "expected"),
    [
        ([post("a")], ["a"]),
        ([post("a", "b"), post("b")], ["b", "a"]),
        ([post("a", "b", "c"), post("b", "c"), post("c")], ["c", "b", "a"]),
        ([post("a", "b"), post("b", "a")], ["b", "a"]),
        ([post("a", "a")], ["a"]),
        ([post("a", "b"), post("b", "c"), post("c", "a")], ["c", "b", "a"]),
        ([post("a", "x"), post("b")], ["a"]),
    ],
)
def test_what_is_referred_to_comes_first(
    operations: list[dict[str, Any]], expected: list[str]
) -> None:
    assert order(*operations) == expected


@pytest.mark.parametrize("last", [post("o999"), post("o999", "o0")])
def test_references_may_be_as_long_a_chain_as_a_request(last: dict[str, Any]) -> None:
    chain = [post(f"o{each}", f"o{each + 1}") for each in range(999)]

    assert order(*chain, last) == [f"o{each}" for each in range(999, -1, -1)]


@pytest.mark.parametrize("reference", ['"bulkId:b"', "'bulkId:b'", "bulkId:b"])
def test_references_stand_in_paths_and_selections_and_anywhere_in_data(reference: str) -> None:
    read = request(
        post("a"),
        {
            "method": "PATCH",
            "path": "/Groups/bulkId:a",
            "data": [
                {"path": f"members[value eq {reference}]"},
                ["bulkId:c"],
                "about bulkId:d",
            ],
        },
    )
    patch = read.operations[1]
    assert isinstance(patch, Operation)

    assert patch.references == ["a", "b", "c"]
    read.by_bulk_id |= {"b": read.by_bulk_id["a"], "c": read.by_bulk_id["a"]}
    assert read.resolved(patch.data) == [
        {"path": 'members[value eq "id0"]'}, ["id0"], "about bulkId:d",
    ]  # fmt: skip
