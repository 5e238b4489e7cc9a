"""What a write changes: as few items as the change has consequences, whatever is stored."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rollcall.directory.directory import Directory
from rollcall.directory.search import Query
from rollcall.runtime.services import Services
from rollcall.scim.resource_type import ENTERPRISE, Kind
from tests.directory.people import adding, group, patch, removing, setting, user, users
from tests.storage.faults import counted

EMAILS = [{"value": "ann@x.test", "type": "work"}, {"value": "ann@y.test", "type": "home"}]


def written(services: Services, act: Callable[[], object]) -> list[str]:
    """Return which kinds of items a write changes, in order."""
    with counted(services.clients.dynamodb) as requests:
        act()
    bodies = [next(iter(action.values())) for each in requests for action in each.actions]
    return sorted(_kind(body.get("Key") or body["Item"]) for body in bodies)


def _kind(key: dict[str, Any]) -> str:
    partition = str(key["pk"]["S"]).split("#")[1]
    return str(key["sk"]["S"]).split("#")[0] if partition in {"USER", "GROUP"} else partition


def test_a_new_user_is_a_document_a_claim_a_count_and_what_it_is_found_by(
    services: Services, directory: Directory
) -> None:
    bare = written(services, lambda: user(directory, "bob"))
    rich = written(services, lambda: user(directory, "ann", externalId="E", emails=EMAILS))

    assert bare == ["COUNT", "DOCUMENT", "EVIDENCE", "USERNAME"]
    assert rich == ["COUNT", "DOCUMENT", "EVIDENCE", "LOOKUP", "LOOKUP", "LOOKUP", "USERNAME"]


def test_evidence_costs_a_user_of_entra_one_item_for_its_name(
    services: Services, directory: Directory
) -> None:
    emails = [{"value": "Ann@x.test", "type": "work"}]
    number = {ENTERPRISE: {"employeeNumber": "7"}}

    items = written(
        services,
        lambda: user(directory, "ann@x.test", displayName="Ann Lee", emails=emails, **number),
    )

    assert items == ["COUNT", "DOCUMENT", "EVIDENCE", "LOOKUP", "LOOKUP", "USERNAME"]


def test_a_changed_user_is_a_document_and_what_its_lookups_differ_by(
    services: Services, directory: Directory
) -> None:
    ann = user(directory, "ann", externalId="E", emails=EMAILS)

    def changed(path: str, value: str) -> list[str]:
        change = patch(("replace", path, value))
        return written(services, lambda: directory.users.patch(ann, change))

    assert changed("title", "x") == ["DOCUMENT"]
    assert changed("userName", "ANN") == ["DOCUMENT"]
    assert changed("userName", "bea") == [
        "DOCUMENT",
        "EVIDENCE",
        "EVIDENCE",
        "USERNAME",
        "USERNAME",
    ]
    assert changed("userName", "ann@x.test") == ["DOCUMENT", "EVIDENCE", "USERNAME", "USERNAME"]
    assert changed("externalId", "F") == ["DOCUMENT", "LOOKUP", "LOOKUP"]
    assert changed('emails[type eq "home"].display', "x") == ["DOCUMENT"]


def test_a_membership_is_two_items_and_two_versions(
    services: Services, directory: Directory
) -> None:
    ann, bob = users(directory, 2)
    staff = group(directory, "Staff", bob)

    added = written(services, lambda: directory.groups.patch(staff, adding(ann, bob)))
    set_anew = written(services, lambda: directory.groups.patch(staff, setting(ann)))
    removed = written(services, lambda: directory.groups.patch(staff, removing(ann, bob)))

    assert added == set_anew == removed == ["DOCUMENT", "DOCUMENT", "GROUP", "MEMBER"]


def test_a_page_of_a_hundred_is_two_reads_a_total_and_a_bookmark_for_the_next(
    services: Services, directory: Directory
) -> None:
    users(directory, 101)

    with counted(services.clients.dynamodb) as requests:
        page = directory.search.run([Kind.USER], Query(count=100))

    assert (page["totalResults"], page["itemsPerPage"]) == (101, 100)
    assert [each.operation for each in requests] == ["Query", "Query", "BatchGetItem", "PutItem"]
