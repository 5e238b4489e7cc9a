"""Documents with their claims, lookups and counts: whatever is written, they agree."""

from __future__ import annotations

from typing import Any

import pytest

from rollcall.model.actor import Actor
from rollcall.model.record import Record
from rollcall.runtime.services import Services
from rollcall.scim.errors import InvalidValueException, PayloadTooLargeException
from rollcall.scim.indexing import IndexEntry
from rollcall.scim.resource_type import Kind
from rollcall.storage.document_item import next_version
from rollcall.storage.index_entries import CHANGED, CLAIMED
from rollcall.storage.resource_writes import ResourceWrites
from rollcall.storage.resources import Resources
from rollcall.storage.table import Table
from rollcall.storage.transactions import Action, ConditionFailed
from tests.storage import consistency
from tests.storage.consistency import ENTERPRISE

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
MORNING, NOON, NIGHT = (f"2026-05-01T{hour}:00:00.000Z" for hour in ("08", "12", "23"))
LATER = 4_102_444_800


@pytest.fixture
def table(services: Services) -> Table:
    return services.table


@pytest.fixture
def resources(table: Table) -> Resources:
    return Resources(table, "acme")


@pytest.fixture
def writes(table: Table) -> ResourceWrites:
    return ResourceWrites(table, "acme", Actor("r1", "token:t1"))


def user(identifier: str, name: str, **attributes: Any) -> Record:
    document = {"schemas": [USER], "userName": name, **attributes}
    return Record(Kind.USER, identifier, document, 1, MORNING, MORNING)


def group(identifier: str, name: str, **attributes: Any) -> Record:
    document = {"schemas": [GROUP], "displayName": name, **attributes}
    return Record(Kind.GROUP, identifier, document, 1, MORNING, MORNING)


def rich(name: str) -> dict[str, Any]:
    """Return a document with a value of everything that is looked up."""
    return {
        "schemas": [USER, ENTERPRISE],
        "userName": name,
        "externalId": "Ext-1",
        "emails": [
            {"value": "Ada@Example.com", "type": "work"},
            {"value": "ada@example.com", "type": "home"},
            {"type": "other", "display": "none"},
        ],
        ENTERPRISE: {"employeeNumber": "E-7"},
    }


def test_a_created_resource_is_read_back_whole(
    table: Table, resources: Resources, writes: ResourceWrites
) -> None:
    ada = user("1", "Ada", displayName="Ada ✓", active=False)
    table.transact(writes.creation(ada))

    assert resources.read(Kind.USER, "1") == ada
    assert resources.read(Kind.GROUP, "1") is None


def test_creation_leaves_claim_lookups_and_count(
    services: Services, table: Table, resources: Resources, writes: ResourceWrites
) -> None:
    record = Record(Kind.USER, "1", rich("Ada"), 1, MORNING, MORNING)
    table.transact(writes.creation(record))

    consistency.check(services, "acme")
    stored = {place for place in consistency.items(services, "acme") if "COUNT" not in place[0]}
    assert stored == {
        ("USER#1", "DOCUMENT"),
        ("USERNAME#ada", "CLAIM"),
        ("EVIDENCE#1", "userName#ada"),
        ("LOOKUP#externalId#Ext-1", "User#1"),
        ("LOOKUP#emails.value#ada@example.com", "User#1"),
        (f"LOOKUP#{ENTERPRISE}:employeeNumber#e-7", "User#1"),
    }


def test_a_name_is_claimed_once_in_any_case(
    services: Services, table: Table, resources: Resources, writes: ResourceWrites
) -> None:
    table.transact(writes.creation(user("1", "Ada@Example.com")))

    with pytest.raises(ConditionFailed) as failure:
        table.transact(writes.creation(user("2", "aDA@eXAMPLE.COM")))

    assert failure.value.labels == {CLAIMED}
    assert resources.read(Kind.USER, "2") is None
    consistency.check(services, "acme")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("José", "jose\u0301"),
        ("STRAßE", "straße"),
        ("\u212bngström", "ångström"),
        ("x" * 300 + "A", "X" * 300 + "a"),
    ],
)
def test_spellings_that_compare_equal_are_one_name(
    table: Table, resources: Resources, one: str, other: str, writes: ResourceWrites
) -> None:
    table.transact(writes.creation(user("1", one)))

    with pytest.raises(ConditionFailed):
        table.transact(writes.creation(user("2", other)))


def test_names_that_differ_only_behind_200_bytes_are_two(
    services: Services, table: Table, resources: Resources, writes: ResourceWrites
) -> None:
    table.transact(writes.creation(user("1", "x" * 300 + "1")))
    table.transact(writes.creation(user("2", "x" * 300 + "2")))

    assert resources.count(Kind.USER) == 2
    consistency.check(services, "acme")


def test_users_and_groups_and_tenants_do_not_share_names(
    services: Services, table: Table, resources: Resources, writes: ResourceWrites
) -> None:
    table.transact(writes.creation(user("1", "sales")))
    table.transact(writes.creation(group("2", "sales")))
    table.transact(ResourceWrites(table, "other", Actor()).creation(user("1", "sales")))

    for tenant in ("acme", "other"):
        consistency.check(services, tenant)
    assert resources.find(Kind.GROUP, IndexEntry("displayName", "sales"), unique=True) == ["2"]


def test_an_id_is_used_once(table: Table, resources: Resources, writes: ResourceWrites) -> None:
    table.transact(writes.creation(user("1", "a")))

    with pytest.raises(ConditionFailed) as failure:
        table.transact(writes.creation(user("1", "b")))

    assert failure.value.labels == {CHANGED}


def test_a_replacement_moves_claim_and_lookups(
    services: Services, table: Table, resources: Resources, writes: ResourceWrites
) -> None:
    before = Record(Kind.USER, "1", rich("Ada"), 1, MORNING, MORNING)
    after = {**rich("Ada.Byron"), "externalId": "Ext-2", "emails": [{"value": "byron@x.test"}]}
    table.transact(writes.creation(before))
    table.transact(writes.replacement(before, after, NOON))

    consistency.check(services, "acme")
    assert resources.read(Kind.USER, "1") == next_version(before, after, NOON)
    assert resources.find(Kind.USER, IndexEntry("userName", "ada"), unique=True) == []
    assert resources.find(Kind.USER, IndexEntry("userName", "ada.byron"), unique=True) == ["1"]
    assert resources.find(Kind.USER, IndexEntry("externalId", "Ext-1"), unique=False) == []
    assert resources.find(Kind.USER, IndexEntry("externalId", "Ext-2"), unique=False) == ["1"]


def test_a_replacement_writes_only_what_differs(
    resources: Resources, writes: ResourceWrites
) -> None:
    before = Record(Kind.USER, "1", rich("Ada"), 1, MORNING, MORNING)

    assert len(writes.replacement(before, {**rich("ADA"), "title": "Countess"}, NOON)) == 1
    assert len(writes.replacement(before, {**rich("Ada"), "externalId": "x"}, NOON)) == 3


def test_a_replacement_of_an_older_version_changes_nothing(
    services: Services, table: Table, resources: Resources, writes: ResourceWrites
) -> None:
    old = user("1", "Ada")
    table.transact(writes.creation(old))
    table.transact(writes.replacement(old, {**old.document, "title": "first"}, NOON))

    with pytest.raises(ConditionFailed) as failure:
        table.transact(writes.replacement(old, {**old.document, "userName": "late"}, NIGHT))

    assert failure.value.labels == {CHANGED}
    consistency.check(services, "acme")
    current = resources.read(Kind.USER, "1")
    assert current is not None
    assert current.document["title"] == "first"


def test_a_replacement_by_a_taken_name_changes_nothing(
    services: Services, table: Table, resources: Resources, writes: ResourceWrites
) -> None:
    ada = user("1", "ada")
    table.transact(writes.creation(ada))
    table.transact(writes.creation(user("2", "bob")))

    with pytest.raises(ConditionFailed) as failure:
        table.transact(writes.replacement(ada, {**ada.document, "userName": "BOB"}, NOON))

    assert failure.value.labels == {CLAIMED}
    assert resources.read(Kind.USER, "1") == ada
    consistency.check(services, "acme")


def test_a_touch_raises_the_version_and_leaves_the_document(
    table: Table, resources: Resources, writes: ResourceWrites
) -> None:
    sales = group("1", "sales")
    table.transact(writes.creation(sales))
    table.transact([writes.version_update(sales, NOON)])

    assert resources.read(Kind.GROUP, "1") == next_version(sales, sales.document, NOON)
    with pytest.raises(ConditionFailed) as failure:
        table.transact([writes.version_update(sales, NIGHT)])
    assert failure.value.labels == {CHANGED}


def test_a_deletion_leaves_a_tombstone_and_nothing_else(
    services: Services, table: Table, resources: Resources, writes: ResourceWrites
) -> None:
    record = Record(Kind.USER, "1", rich("Ada"), 1, MORNING, MORNING)
    table.transact(writes.creation(record))
    table.transact(writes.deletion(record, NOON, LATER))

    consistency.check(services, "acme")
    left = {place for place in consistency.items(services, "acme") if "COUNT" not in place[0]}
    assert left == {("USER#1", "DOCUMENT")}
    assert resources.read(Kind.USER, "1") is None
    assert resources.read_user("1") is None
    assert list(resources.ids(Kind.USER)) == []
    assert resources.count(Kind.USER) == 0


def test_a_tombstone_expires_by_the_table_s_time_to_live(
    services: Services, table: Table, resources: Resources, writes: ResourceWrites
) -> None:
    record = user("1", "Ada")
    table.transact(writes.creation(record))
    table.transact(writes.deletion(record, NOON, LATER))

    expiry = services.clients.dynamodb.describe_time_to_live(TableName=table.name)
    name = expiry["TimeToLiveDescription"]["AttributeName"]
    assert consistency.items(services, "acme")["USER#1", "DOCUMENT"][name] == LATER


def test_the_name_of_the_deleted_is_free_again(
    services: Services, table: Table, resources: Resources, writes: ResourceWrites
) -> None:
    record = user("1", "Ada")
    table.transact(writes.creation(record))
    table.transact(writes.deletion(record, NOON, LATER))
    table.transact(writes.creation(user("2", "ADA")))

    assert resources.find(Kind.USER, IndexEntry("userName", "ada"), unique=True) == ["2"]
    consistency.check(services, "acme")


def test_what_is_deleted_is_neither_changed_nor_deleted_again(
    services: Services, table: Table, resources: Resources, writes: ResourceWrites
) -> None:
    record = user("1", "Ada")
    table.transact(writes.creation(record))
    table.transact(writes.deletion(record, NOON, LATER))

    for actions in (
        writes.replacement(record, {**record.document, "title": "x"}, NIGHT),
        [writes.version_update(record, NIGHT)],
        writes.deletion(record, NIGHT, LATER),
    ):
        with pytest.raises(ConditionFailed):
            table.transact(actions)
    consistency.check(services, "acme")


def test_the_count_is_exact_after_creations_and_deletions(
    table: Table, resources: Resources, writes: ResourceWrites
) -> None:
    records = [user(str(number), f"u{number}") for number in range(12)]
    for record in records:
        table.transact(writes.creation(record))
    for record in records[::2]:
        table.transact(writes.deletion(record, NOON, LATER))

    assert resources.count(Kind.USER) == 6
    assert resources.count(Kind.GROUP) == 0


def test_resources_are_listed_in_the_order_of_creation_whatever_is_written_later(
    table: Table, resources: Resources, writes: ResourceWrites
) -> None:
    for number, created in ((3, NOON), (1, MORNING), (2, NIGHT)):
        record = Record(
            Kind.USER, str(number), {"schemas": [USER], "userName": f"u{number}"}, 1, created, NIGHT
        )
        table.transact(writes.creation(record))
        table.transact(writes.replacement(record, {**record.document, "title": "x"}, NIGHT))

    assert list(resources.ids(Kind.USER)) == ["1", "3", "2"]


def test_a_value_that_several_bear_finds_them_all(
    table: Table, resources: Resources, writes: ResourceWrites
) -> None:
    for number in range(3):
        table.transact(writes.creation(user(str(number), f"u{number}", externalId="Shared")))
    table.transact(writes.creation(group("9", "g", externalId="Shared")))

    shared = IndexEntry("externalId", "Shared")
    assert resources.find(Kind.USER, shared, unique=False) == ["0", "1", "2"]
    assert resources.find(Kind.GROUP, shared, unique=False) == ["9"]


def test_resources_are_read_in_the_order_that_is_asked_for(
    table: Table, resources: Resources, writes: ResourceWrites
) -> None:
    for number in range(3):
        table.transact(writes.creation(user(str(number), f"u{number}")))

    assert list(resources.read_many(Kind.USER, ["2", "none", "0"])) == ["2", "0"]


def test_a_document_above_300_kb_is_refused(resources: Resources, writes: ResourceWrites) -> None:
    with pytest.raises(PayloadTooLargeException):
        writes.creation(user("1", "Ada", title="x" * 300_000))
    with pytest.raises(PayloadTooLargeException):
        writes.creation(user("1", "Ada", title="ä" * 150_000))


def test_an_attribute_that_is_looked_up_has_twenty_values_at_most(
    resources: Resources, writes: ResourceWrites
) -> None:
    emails = [{"value": f"{number}@x.test"} for number in range(21)]

    assert writes.creation(user("1", "Ada", emails=emails[:20]))
    with pytest.raises(InvalidValueException, match="emails"):
        writes.creation(user("1", "Ada", emails=emails))


LOST_LOOKUP = Action("Delete", {"pk": "acme#LOOKUP#externalId#Ext-1", "sk": "User#1"})
LOST_CLAIM = Action("Delete", {"pk": "acme#USERNAME#ada", "sk": "CLAIM"})
STRAY_CLAIM = Action("Put", {"pk": "acme#USERNAME#bob", "sk": "CLAIM"}, item={"id": "1"})
STRAY_LOOKUP = Action("Put", {"pk": "acme#LOOKUP#externalId#x", "sk": "User#1"})
HALF_A_MEMBERSHIP = Action("Put", {"pk": "acme#USER#1", "sk": "GROUP#2"})
MISCOUNTED = Action("Put", {"pk": "acme#COUNT#User", "sk": "99"}, item={"amount": 1})
UNKNOWN = Action("Put", {"pk": "acme#USER#1", "sk": "WHAT"})


@pytest.mark.parametrize(
    "damage",
    [
        LOST_LOOKUP,
        LOST_CLAIM,
        STRAY_CLAIM,
        STRAY_LOOKUP,
        HALF_A_MEMBERSHIP,
        MISCOUNTED,
        UNKNOWN,
    ],
    ids=lambda action: f"{action.kind} {action.key['pk']} {action.key['sk']}",
)
def test_the_check_of_consistency_finds_damage(
    services: Services, table: Table, resources: Resources, damage: Action, writes: ResourceWrites
) -> None:
    table.transact(writes.creation(Record(Kind.USER, "1", rich("Ada"), 1, MORNING, MORNING)))
    consistency.check(services, "acme")

    table.transact([damage])

    assert list(consistency.faults(consistency.items(services, "acme"), "acme"))
