"""The evidence of users as it is stored and read back."""

from __future__ import annotations

from collections import Counter
from typing import Any

from rollcall.directory.context import Context
from rollcall.directory.directory import Directory
from rollcall.model.match_keys import Source
from rollcall.runtime.services import Services
from rollcall.storage.evidence_index import EvidenceIndex, index_attributes
from rollcall.storage.keys import EVIDENCE_SHARDS, Keys
from rollcall.storage.transactions import Action
from tests.directory.people import ENTERPRISE, URL, patch, user
from tests.storage import consistency
from tests.storage.units import metered


def said(services: Services, after: str = "") -> list[tuple[str, str, str]]:
    return [
        (each.evidence.canonical, each.evidence.source.value, each.evidence.value)
        for each in EvidenceIndex(services.table, "acme").all(after)
    ]


def directory(services: Services) -> Directory:
    return Directory(Context(services.table, "acme", URL))


def ann(**attributes: Any) -> dict[str, Any]:
    return {
        "displayName": "Ann Lee",
        "emails": [{"value": "Ann+x@b.c"}],
        ENTERPRISE: {"employeeNumber": "007"},
        **attributes,
    }


def test_evidence_is_read_in_the_order_of_what_it_says(services: Services) -> None:
    user(directory(services), "ann@b.c", **ann())

    assert said(services) == [
        ("address:ann@b.c", "email", "ann+x@b.c"),
        ("address:ann@b.c", "userName", "ann@b.c"),
        ("name:ann lee", "name", "ann lee"),
        ("number:7", "employeeNumber", "007"),
    ]


def test_evidence_that_an_earlier_release_wrote_is_read_with_what_is_written_now(
    services: Services,
) -> None:
    """Earlier releases had all evidence in the partition of the names."""
    own = directory(services)
    people = [user(own, f"ann{each}@b.c", active=False, **ann()) for each in range(2)]
    before = said(services)
    for item in list(services.table.scan("acme#")):
        if item.get("gsi_sk", "").endswith(people[0]) and "IDENTITY" in item["gsi_pk"]:
            key = {"pk": item["pk"], "sk": item["sk"]}
            services.table.put(key, {"gsi_pk": "acme#IDENTITY", "gsi_sk": item["gsi_sk"]})

    assert said(services) == before
    assert consistency.verified(services, "acme") == []
    own.users.delete(people[0])
    assert len(said(services)) == len(before) // 2
    consistency.check(services, "acme")


def test_a_name_is_looked_up_in_one_query(services: Services) -> None:
    people = {user(directory(services), f"ann{each}@b.c", **ann()) for each in range(3)}
    with metered(services.clients.dynamodb) as cost:
        found = EvidenceIndex(services.table, "acme").with_name("name:ann lee", most=20)

    assert {each.account for each in found} == people
    assert cost.total == (1, 0.5, 0)


def test_evidence_is_spread_and_names_are_in_one_partition() -> None:
    key = {"pk": "acme#EVIDENCE#x", "sk": ""}
    places = {
        source: Counter(
            index_attributes(Keys("acme"), {**key, "sk": f"{source}#Ann L{each}"}, "")["gsi_pk"]
            for each in range(1_000)
        )
        for source in (Source.NAME, Source.USER_NAME)
    }
    assert places[Source.NAME] == {"acme#IDENTITY": 1_000}
    spread = places[Source.USER_NAME]
    assert set(spread) == {f"acme#IDENTITY#{each}" for each in range(EVIDENCE_SHARDS)}
    assert max(spread.values()) < 1.2 * 1_000 / EVIDENCE_SHARDS


def test_reading_goes_on_behind_a_position(services: Services) -> None:
    user(directory(services), "ann@b.c", **ann())
    clues = list(EvidenceIndex(services.table, "acme").all())

    for number, each in enumerate(clues, 1):
        assert list(EvidenceIndex(services.table, "acme").all(each.position)) == clues[number:]


def test_evidence_follows_the_user_and_goes_with_it(services: Services) -> None:
    own = directory(services)
    created = user(own, "ann@b.c", **ann())

    own.users.patch(
        created, patch(("replace", "displayName", "Ann Orr"), ("remove", "emails", None))
    )

    assert said(services) == [
        ("address:ann@b.c", "userName", "ann@b.c"),
        ("name:ann orr", "name", "ann orr"),
        ("number:7", "employeeNumber", "007"),
    ]
    own.users.delete(created)
    assert said(services) == []


def test_since_when_a_user_is_inactive_is_evidence_as_long_as_it_is(services: Services) -> None:
    own = directory(services)
    created = user(own, "ann@b.c", active=False)
    (since,) = (each for each in said(services) if each[1] == Source.INACTIVE)
    own.users.patch(created, patch(("replace", "title", "x")))

    assert since in said(services)
    assert since[0] == f"inactive:{own.users.read(created).resource['meta']['created']}"
    own.users.patch(created, patch(("replace", "active", True)))
    assert since not in said(services)


def test_the_checker_sees_and_mends_evidence_that_is_missing_left_over_or_not_borne(
    services: Services,
) -> None:
    own = directory(services)
    created = user(own, "ann@b.c", active=False, **ann())
    before = said(services)
    item = services.table.get({"pk": "acme#LOOKUP#emails.value#ann+x@b.c", "sk": f"User#{created}"})
    assert item is not None
    keys = {"pk": item["pk"], "sk": item["sk"]}
    services.table.put(keys, {})  # as it was before there was evidence
    services.table.delete([{"pk": f"acme#EVIDENCE#{created}", "sk": "name#ann lee"}])
    services.table.put({"pk": f"acme#EVIDENCE#{created}", "sk": "userName#x@y.z"}, {})

    found = consistency.verified(services, "acme")
    for each in found:
        services.table.transact(list[Action](each.repairs))

    assert len(found) == 4
    assert said(services) == before
    consistency.check(services, "acme")
