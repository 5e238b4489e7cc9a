"""What does not agree among the items of a tenant is named, each kind of it, and can be mended."""

from __future__ import annotations

from typing import Any

import pytest

from rollcall.aws.clients import Clients
from rollcall.model.actor import Actor
from rollcall.operations.repair import repair_all
from rollcall.runtime.services import Services
from rollcall.scim.resource_type import Kind
from rollcall.storage.audit_log import AuditLog
from rollcall.storage.keys import Key, Keys
from rollcall.storage.large_change_items import LargeChangeItems, MemberChanges
from rollcall.storage.resource_writes import ResourceWrites, begin_change
from rollcall.storage.transactions import Action
from tests import dynamodb
from tests.conftest import deployment
from tests.directory.people import ENTERPRISE, group, groups_of, members_of, user
from tests.storage import consistency

MORNING = "2099-05-01T08:00:00.000Z"
KEYS = Keys("acme")
DOCUMENTS = {Kind.USER: "ada", Kind.GROUP: "sales"}


@pytest.fixture(scope="module")
def tenant(clients: Clients) -> list[dict[str, Any]]:
    """The items of a tenant: the group all has the group sales, and that has ada and inner."""
    with deployment(clients) as services:
        own = services.directory("acme")
        ada = {"userName": "ada", "externalId": "E1", "emails": [{"value": "ada@b.c"}]}
        own.users.create({**ada, ENTERPRISE: {"employeeNumber": "7"}}, "ada")
        own.users.create({"userName": "bob"}, "bob")
        own.groups.create({"displayName": "inner"}, "inner")
        members = [{"value": "ada"}, {"value": "inner"}]
        own.groups.create({"displayName": "sales", "members": members}, "sales")
        own.groups.create({"displayName": "all", "members": [{"value": "sales"}]}, "all")
        consistency.check(services, "acme")
        return dynamodb.copied(services)


@pytest.fixture
def services(services: Services, tenant: list[dict[str, Any]]) -> Services:
    """A table with that tenant."""
    dynamodb.paste(services, tenant)
    return services


def sentences(services: Services) -> list[str]:
    return sorted(each.sentence for each in consistency.verified(services, "acme"))


def mended(services: Services) -> list[str]:
    """Mend what can be mended; return what is left."""
    faults = consistency.verified(services, "acme")
    _, remaining = repair_all(services, "acme", faults, AuditLog())
    if not remaining:
        consistency.check(services, "acme")
    return [fault.sentence for fault in remaining]


def drop(services: Services, *keys: Key) -> None:
    services.table.delete(keys)


def pending(services: Services, change: str) -> None:
    """Let the document of sales say that a change of it is to be applied."""
    turn = ResourceWrites(services.table, "acme", Actor()).group_update("sales", MORNING)
    services.table.transact([begin_change(turn, change)])


@pytest.mark.parametrize("kind", list(Kind))
def test_a_name_that_is_claimed_by_nobody(services: Services, kind: Kind) -> None:
    place = {"pk": f"acme#{kind.value.upper()}NAME#gone", "sk": "CLAIM"}
    services.table.put(place, {"id": "x", "gsi_pk": KEYS.claims(kind), "gsi_sk": "gone#x"})

    assert sentences(services) == [f"acme#{kind.value.upper()}NAME#gone CLAIM of x is left over"]
    assert mended(services) == []
    assert services.table.get(place) is None


@pytest.mark.parametrize("kind", list(Kind))
def test_a_name_that_is_not_claimed(services: Services, kind: Kind) -> None:
    name = DOCUMENTS[kind]
    place = {"pk": f"acme#{kind.value.upper()}NAME#{name}", "sk": "CLAIM"}
    before = services.table.get(place)
    drop(services, place)

    assert sentences(services) == [
        f"acme#{kind.value.upper()}NAME#{name} CLAIM of {name} is missing"
    ]
    assert mended(services) == []
    assert services.table.get(place) == before


@pytest.mark.parametrize("lookup", ["externalId#E2", "emails.value#x@b.c"])
def test_a_lookup_without_a_document(services: Services, lookup: str) -> None:
    place = {"pk": f"acme#LOOKUP#{lookup}", "sk": "Group#x"}
    services.table.put(place, {})

    assert sentences(services) == [f"acme#LOOKUP#{lookup} Group#x of x is left over"]
    assert mended(services) == []
    assert services.table.get(place) is None


@pytest.mark.parametrize(
    "lookup",
    ["externalId#E1", "emails.value#ada@b.c", f"{ENTERPRISE}:employeeNumber#7"],
)
def test_a_lookup_that_is_missing(services: Services, lookup: str) -> None:
    place = {"pk": f"acme#LOOKUP#{lookup}", "sk": "User#ada"}
    before = services.table.get(place)
    assert before is not None
    drop(services, place)

    assert sentences(services) == [f"acme#LOOKUP#{lookup} User#ada of ada is missing"]
    assert mended(services) == []
    assert services.table.get(place) == before


@pytest.mark.parametrize(("kind", "member"), [(Kind.USER, "ada"), (Kind.GROUP, "inner")])
def test_a_membership_on_the_side_of_the_group_alone(
    services: Services, kind: Kind, member: str
) -> None:
    drop(services, KEYS.membership(kind, member, "sales"))

    assert sentences(services) == [f"{member} is a member of sales, and it has one side only"]
    assert mended(services) == []
    assert members_of(services.directory("acme"), "sales") == {"ada", "inner"}
    assert groups_of(services.directory("acme"), "ada") == {"sales"}


@pytest.mark.parametrize(("kind", "member"), [(Kind.USER, "ada"), (Kind.GROUP, "inner")])
def test_a_membership_on_the_side_of_the_member_alone(
    services: Services, kind: Kind, member: str
) -> None:
    drop(services, KEYS.member("sales", member))

    assert sentences(services) == [f"{member} is a member of sales, and it has one side only"]
    assert mended(services) == []
    assert members_of(services.directory("acme"), "sales") == {"ada", "inner"} - {member}


@pytest.mark.parametrize("sides", ["group", "member", "both"])
def test_a_membership_of_somebody_who_does_not_live(services: Services, sides: str) -> None:
    if sides != "member":
        services.table.put(KEYS.member("sales", "x"), {"member": "x", "type": "User"})
    if sides != "group":
        services.table.put(KEYS.membership(Kind.USER, "x", "sales"), {})

    assert sentences(services) == ["x is a member of sales, and x does not live"]
    assert mended(services) == []


def test_a_membership_in_a_group_that_does_not_live(services: Services) -> None:
    services.table.put(KEYS.membership(Kind.USER, "ada", "x"), {})

    assert sentences(services) == ["ada is a member of x, and x does not live"]
    assert mended(services) == []
    assert groups_of(services.directory("acme"), "ada") == {"sales"}


@pytest.mark.parametrize(("kind", "living"), [(Kind.USER, 2), (Kind.GROUP, 3)])
@pytest.mark.parametrize("wrong", [-1, 1])
def test_a_wrong_count(services: Services, kind: Kind, living: int, wrong: int) -> None:
    key, values = KEYS.count(kind, 3), {":wrong": wrong}
    services.table.transact([Action("Update", key, update="ADD amount :wrong", values=values)])

    named = f"{kind.value.lower()}s"
    assert sentences(services) == [f"{living + wrong} {named} are counted and {living} live"]
    assert mended(services) == []
    assert services.directory("acme").counts() == {Kind.USER: 2, Kind.GROUP: 3}


def count_local(services: Services, wrong: int) -> None:
    update, values = "ADD amount :none, unlinked :wrong", {":none": 0, ":wrong": wrong}
    key = KEYS.count(Kind.USER, 3)
    services.table.transact([Action("Update", key, update=update, values=values)])


def test_more_local_accounts_than_there_are(services: Services) -> None:
    count_local(services, 2)

    assert sentences(services) == ["2 local accounts are counted and 0 live"]
    assert mended(services) == []
    assert services.directory("acme").counts(linked=True)[Kind.USER] == 2


def test_local_accounts_that_are_older_than_their_count_are_not_in_it(services: Services) -> None:
    count_local(services, -1)

    assert sentences(services) == []
    assert services.directory("acme").counts(linked=True)[Kind.USER] == 2


def test_a_change_that_is_written_down_and_never_became_true(services: Services) -> None:
    journal = LargeChangeItems(services.table, "acme")
    change = journal.write("sales", MemberChanges({"bob": Kind.USER}, {}), Actor(), MORNING)

    found = f"acme#GROUP#sales JOURNAL#{change} is begun and not finished"
    assert sentences(services) == [found]
    assert mended(services) == []
    assert members_of(services.directory("acme"), "sales") == {"ada", "inner"}


def test_a_change_that_is_true_and_not_applied(services: Services) -> None:
    journal = LargeChangeItems(services.table, "acme")
    changes = MemberChanges({"bob": Kind.USER}, {"inner": Kind.GROUP})
    pending(services, journal.write("sales", changes, Actor(), MORNING))

    (found,) = sentences(services)
    assert found.endswith("is begun and not finished")
    assert mended(services) == []
    assert members_of(services.directory("acme"), "sales") == {"ada", "bob"}
    assert groups_of(services.directory("acme"), "bob") == {"sales"}


@pytest.mark.parametrize("true", [False, True])
def test_parts_of_a_change_without_its_head(services: Services, true: bool) -> None:
    journal = LargeChangeItems(services.table, "acme")
    change = journal.write("sales", MemberChanges({"bob": Kind.USER}, {}), Actor(), MORNING)
    if true:
        pending(services, change)
    drop(services, KEYS.member_change("sales", change, 0))

    found = f"acme#GROUP#sales JOURNAL#{change} is begun and not finished"
    assert sentences(services) == [found]
    assert mended(services) == []
    after = {"ada", "bob", "inner"} if true else {"ada", "inner"}
    assert members_of(services.directory("acme"), "sales") == after


def test_parts_of_a_change_of_a_group_that_is_gone(services: Services) -> None:
    journal = LargeChangeItems(services.table, "acme")
    change = journal.write("gone", MemberChanges({"bob": Kind.USER}, {}), Actor(), MORNING)

    assert sentences(services) == [f"acme#GROUP#gone JOURNAL#{change} is begun and not finished"]
    assert mended(services) == []


def test_a_change_that_is_waited_for_and_is_not_there(services: Services) -> None:
    pending(services, "lost")

    assert sentences(services) == ["the group sales waits for the change lost, which is not there"]
    assert mended(services) == []
    services.directory("acme").groups.delete("sales")
    consistency.check(services, "acme")


def test_a_change_that_is_begun_hides_no_other_fault(services: Services) -> None:
    journal = LargeChangeItems(services.table, "acme")
    journal.write("sales", MemberChanges({"bob": Kind.USER}, {}), Actor(), MORNING)
    drop(services, KEYS.membership(Kind.USER, "ada", "sales"))

    assert "ada is a member of sales, and it has one side only" in sentences(services)
    assert mended(services) == []


def test_somebody_who_is_deleted_and_still_stands_in_groups(services: Services) -> None:
    own = services.directory("acme")
    own.users.delete("bob")
    services.table.put(KEYS.member("sales", "bob"), {"member": "bob", "type": "User"})
    services.table.put(KEYS.membership(Kind.USER, "bob", "sales"), {})
    note = LargeChangeItems(services.table, "acme").start_of_deletion(
        Kind.USER, "bob", Actor(), MORNING
    )
    services.table.transact([note])

    assert sentences(services) == ["acme#LEAVING bob is begun and not finished"]
    assert mended(services) == []
    assert members_of(own, "sales") == {"ada", "inner"}


def test_what_stands_at_a_wrong_place_in_the_index(services: Services) -> None:
    place = {"pk": "acme#LOOKUP#emails.value#ada@b.c", "sk": "User#ada"}
    services.table.put(place, {"gsi_pk": "acme#IDENTITY", "gsi_sk": "wrong#userName#ada"})

    (found,) = sentences(services)
    assert found == f"{place['pk']} {place['sk']} stands at a wrong place in the index"
    assert mended(services) == []


def test_an_item_that_nobody_knows_is_left_for_people(services: Services) -> None:
    services.table.put({"pk": "acme#WHAT", "sk": "EVER"}, {})
    services.table.put({"pk": "acme#USER#ada", "sk": "EVER"}, {})

    found = [
        "acme#USER#ada EVER is no item that is known here",
        "acme#WHAT EVER is no item that is known here",
    ]
    assert sentences(services) == found
    assert sorted(mended(services)) == found


def test_two_who_have_one_name_are_left_for_people(services: Services) -> None:
    own = services.directory("acme")
    other = user(own, "eve")
    item = services.table.get(KEYS.document(Kind.USER, other))
    assert item is not None
    text = item["document"].replace('"eve"', '"ada"')
    services.table.put({"pk": item["pk"], "sk": item["sk"]}, {**item, "document": text})

    one_of = {
        f"User {first} and {second} have one name: acme#USERNAME#ada"
        for first, second in (("ada", other), (other, "ada"))
    }
    assert one_of & set(sentences(services))
    assert one_of & set(mended(services))


def test_several_faults_are_mended_together(services: Services) -> None:
    drop(services, KEYS.member("sales", "inner"), KEYS.membership(Kind.USER, "ada", "sales"))
    pending(services, "lost")
    drop(services, {"pk": "acme#USERNAME#bob", "sk": "CLAIM"})
    group(services.directory("acme"), "crew", "bob")

    assert len(sentences(services)) == 4
    assert mended(services) == []
    assert members_of(services.directory("acme"), "sales") == {"ada"}
