"""Key shapes: each begins with the tenant, none grows with what a client sends."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from rollcall.scim.indexing import IndexEntry
from rollcall.scim.resource_type import Kind
from rollcall.storage import keys
from rollcall.storage.keys import Keys, identifier, part

LONG = "ä" * 2_000
SAMPLES: dict[str, Any] = {
    "Kind": Kind.USER,
    "IndexEntry": IndexEntry("emails.value", LONG),
    "str": LONG,
    "int": 3,
}
OURS = {
    ("membership", "group"),
    ("lookup", "identifier"),
    ("bookmark", "walk"),
    ("template_version", "name"),
    ("grant", "template"),
    ("template_walk", "template"),
    ("notice", "notice"),
    ("member_change", "change"),
    ("evidence", "source"),
    ("gone_values", "hashed"),
    ("gone_value", "hashed"),
    ("gone_value", "identifier"),
    ("token_usage", "token"),
    ("handover", "digest"),
    ("rate", "of"),
    ("usage_hour", "hour"),
    ("disabled", "time"),
    ("log", "day"),
    ("log_entry", "day"),
    ("log_entry", "order"),
}
"""The arguments that never hold what a client sends, only ids, names and digests of our own."""


def built(shape: str) -> list[str]:
    """Return the strings of a key, made of samples."""
    method = getattr(Keys("acme"), shape)
    arguments = {
        name: "x" * 64 if (shape, name) in OURS else SAMPLES[parameter.annotation]
        for name, parameter in inspect.signature(method).parameters.items()
    }
    key = method(**arguments)
    if isinstance(key, list):
        return key[:1]
    return list(key.values()) if isinstance(key, dict) else [key]


SHAPES = [name for name, each in vars(Keys).items() if callable(each) and not name.startswith("_")]


@pytest.mark.parametrize("shape", SHAPES)
def test_every_partition_begins_with_the_tenant(shape: str) -> None:
    assert built(shape)[0].startswith("acme#")


@pytest.mark.parametrize("shape", SHAPES)
def test_no_value_of_a_client_makes_a_key_longer_than_dynamodb_takes(shape: str) -> None:
    pk, *rest = built(shape)

    assert len(pk.encode()) <= 2048
    assert all(len(sk.encode()) <= 1024 for sk in rest)


def test_a_part_of_200_bytes_is_kept_as_it_is() -> None:
    assert part("x" * 200) == "x" * 200


def test_a_longer_part_is_cut_to_200_bytes_and_told_apart_by_a_hash() -> None:
    one, other = part("x" * 201), part("x" * 202)

    assert one != other
    assert one.startswith("x" * 100)
    assert len(one.encode()) <= 200


def test_bytes_count_and_characters_stay_whole() -> None:
    assert part("ä" * 100) == "ä" * 100
    cut = part("ä" * 101)
    assert len(cut.encode()) <= 200
    assert cut.partition("#")[0] == "ä" * len(cut.partition("#")[0])


def test_one_tenant_s_name_being_the_beginning_of_another_s_shares_no_partition() -> None:
    assert not Keys("acme2").listing(Kind.USER).startswith(Keys("acme").listing(Kind.USER))
    assert Keys("a").partition(Kind.USER, "b") != Keys("a-").partition(Kind.USER, "b")


def test_the_types_share_no_partition() -> None:
    own = Keys("acme")
    entry = IndexEntry("externalId", "x")

    assert own.partition(Kind.USER, "1") != own.partition(Kind.GROUP, "1")
    assert own.claim(Kind.USER, entry)["pk"] != own.claim(Kind.GROUP, entry)["pk"]
    assert own.counts(Kind.USER) != own.counts(Kind.GROUP)


def test_an_id_that_looks_like_a_key_reaches_nothing_else() -> None:
    own = Keys("acme")

    assert own.document(Kind.USER, "1#GROUP#2")["sk"] == keys.DOCUMENT
    assert own.document(Kind.USER, "1#GROUP#2")["pk"] != own.partition(Kind.USER, "1")
    assert (
        own.document(Kind.USER, "NAME#ada")["pk"]
        != own.claim(Kind.USER, IndexEntry("userName", "ada"))["pk"]
    )


@pytest.mark.parametrize(
    ("key", "expected"),
    [("acme#USER#1", "1"), ("GROUP#7", "7"), ("2026-01-01T00:00:00.000Z#9", "9")],
)
def test_the_id_stands_at_the_end_of_a_key(key: str, expected: str) -> None:
    assert identifier(key) == expected
