"""What new users get: at once, with memberships in the window, in the version of their time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from rollcall.directory.context import Context
from rollcall.directory.directory import Directory
from rollcall.directory.search import Query
from rollcall.model.account_link import LOCAL, LinkPolicy, LinkRule
from rollcall.runtime.services import Services
from rollcall.scim.resource_type import ROLLCALL, Kind
from rollcall.storage.grant_items import GrantItems
from rollcall.storage.table import Table
from rollcall.templates.template import Selector, Template
from tests.directory.people import URL, adding, group, groups_of, patch, removing, setting, user
from tests.operations import operators
from tests.operations.operators import Templates, UserAccesses, operator_of
from tests.storage.faults import counted, preceded
from tests.templates.conftest import Clock

EVERYBODY = Template(
    "everybody",
    areas={"induction": "read", "policies": "comment"},
    role="occasional",
    attributes={"locale": "en-GB", "timezone": "Europe/London"},
)
ENGINEERING = Template(
    "engineering",
    Selector("displayName", "Engineering"),
    {"induction": "edit", "code": "manage"},
    "regular",
)
SALES = Template("sales", Selector("externalId", "S-1"), {"policies": "read", "crm": "edit"})

AS_EVERYBODY = {"induction": "read", "policies": "comment"}, "occasional"
AS_ENGINEER = {"induction": "edit", "policies": "comment", "code": "manage"}, "regular"


def access(directory: Directory, identifier: str) -> tuple[dict[str, str], str]:
    """Return what a user is shown to have: levels by work area, and the role."""
    shown = directory.users.read(identifier).resource.get(ROLLCALL, {})
    areas = {each["value"]: each["level"] for each in shown.get("workAreas", ())}
    return areas, shown.get("role", "")


# ── At once ──────────────────────────────────────────────────────────────────────────────────────


def test_a_new_user_has_what_the_template_for_all_gives(
    templates: Templates, directory: Directory
) -> None:
    templates.set([EVERYBODY])
    created = directory.users.create({"userName": "ada"})

    assert created.resource[ROLLCALL] == {
        "workAreas": [
            {"value": "induction", "level": "read"},
            {"value": "policies", "level": "comment"},
        ],
        "role": "occasional",
    }
    assert ROLLCALL in created.resource["schemas"]
    assert directory.users.read(created.record.id).resource == created.resource


def test_without_templates_a_user_has_no_extension(directory: Directory) -> None:
    resource = directory.users.create({"userName": "ada"}).resource

    assert ROLLCALL not in resource
    assert ROLLCALL not in resource["schemas"]


def test_a_default_is_for_those_who_lack_the_attribute(
    templates: Templates, directory: Directory
) -> None:
    templates.set([EVERYBODY])
    ada = directory.users.create({"userName": "ada", "locale": "fr-FR"})

    assert (ada.resource["locale"], ada.resource["timezone"]) == ("fr-FR", "Europe/London")
    patched = directory.users.patch(
        ada.record.id,
        patch(("replace", "timezone", "Europe/Paris"), ("remove", "locale", None)),
    )
    assert (patched.resource["locale"], patched.resource["timezone"]) == ("en-GB", "Europe/Paris")


def test_users_who_were_there_before_a_template_get_nothing_of_it(
    templates: Templates, directory: Directory
) -> None:
    ada = user(directory, "ada")
    templates.set([EVERYBODY, ENGINEERING])
    group(directory, "Engineering", ada)

    assert access(directory, ada) == ({}, "")


def test_a_template_that_changes_changes_nobody_and_new_users_get_the_new_version(
    templates: Templates, directory: Directory
) -> None:
    templates.set([EVERYBODY])
    ada = user(directory, "ada")
    templates.set([replace(EVERYBODY, areas={"induction": "manage"}, role="regular")])
    eve = user(directory, "eve")
    templates.remove("everybody")
    bob = user(directory, "bob")

    assert access(directory, ada) == AS_EVERYBODY
    assert access(directory, eve) == ({"induction": "manage"}, "regular")
    assert access(directory, bob) == ({}, "")


def test_the_grant_remembers_template_version_time_and_who_caused_it(
    templates: Templates, directory: Directory, table: Table
) -> None:
    templates.set([EVERYBODY])
    templates.set([replace(EVERYBODY, role="regular")])
    ada = user(directory, "ada")

    (grant,) = GrantItems(table, "acme").read(ada)
    assert (grant["template"], grant["version"]) == ("everybody", 2)
    assert grant["at"] == "2026-01-01T00:00:00.000Z"
    assert grant["origin"] == {"request": "request-1", "actor": "token:t"}


def test_accounts_that_were_imported_or_adopted_are_not_new(
    templates: Templates, services: Services, clock: Clock
) -> None:
    templates.set([EVERYBODY, ENGINEERING])
    adopting = LinkPolicy(LinkRule.ADOPT, frozenset({"x.test"}))
    client = Directory(Context(services.table, "acme", URL, linking=adopting, clock=clock))
    imported = client.users.create({"userName": "ann@x.test"}, link=LOCAL).record.id
    adopted = client.users.create({"userName": "ann@x.test", "externalId": "1"}).record.id
    group(client, "Engineering", adopted)

    assert adopted == imported
    assert access(client, adopted) == ({}, "")


def test_creations_of_one_tenant_are_not_in_each_others_way(
    templates: Templates, directory: Directory, services: Services
) -> None:
    templates.set([EVERYBODY, ENGINEERING])
    with counted(services.clients.dynamodb) as requests:
        user(directory, "ada")

    (transaction,) = (each for each in requests if each.operation == "TransactWriteItems")
    touched = {
        each.get("Key", each.get("Item"))["pk"]["S"]
        for a in transaction.actions
        for each in a.values()
    }
    assert "acme#TEMPLATES" not in touched


# ── With a membership ────────────────────────────────────────────────────────────────────────────


def test_a_member_has_the_highest_of_everything(templates: Templates, directory: Directory) -> None:
    templates.set([EVERYBODY, ENGINEERING, SALES])
    ada = user(directory, "ada")
    group(directory, "Engineering", ada)
    created = directory.groups.create({"displayName": "Sales", "externalId": "S-1"})
    directory.groups.patch(created.record.id, adding(ada))

    areas = {"induction": "edit", "policies": "comment", "code": "manage", "crm": "edit"}
    assert access(directory, ada) == (areas, "regular")


def test_templates_set_before_any_group_exists_are_bound_when_it_arrives(
    templates: Templates, directory: Directory
) -> None:
    templates.set([ENGINEERING])
    engineering = group(directory, "engineering")
    assert templates.catalogue().bound == {"displayName:engineering": engineering}

    directory.groups.patch(engineering, patch(("replace", "displayName", "Builders")))
    other = group(directory, "Engineering")
    ada, eve = user(directory, "ada"), user(directory, "eve")
    directory.groups.patch(engineering, adding(ada))
    directory.groups.patch(other, adding(eve))

    assert access(directory, ada)[0] == ENGINEERING.areas
    assert access(directory, eve)[0] == {}


@pytest.mark.parametrize("name", ["displayName", "externalId"])
def test_a_group_arrives_by_taking_the_name_as_well(
    name: str, templates: Templates, directory: Directory
) -> None:
    templates.set([replace(ENGINEERING, group=Selector(name, "Engineering"))])
    builders = group(directory, "Builders")
    directory.groups.patch(builders, patch(("replace", name, "Engineering")))

    assert list(templates.catalogue().bound.values()) == [builders]


def test_a_group_that_is_made_again_is_bound_again(
    templates: Templates, directory: Directory
) -> None:
    templates.set([ENGINEERING])
    directory.groups.delete(group(directory, "Engineering"))
    assert templates.catalogue().bound == {}

    again = group(directory, "Engineering")
    assert templates.catalogue().bound == {"displayName:engineering": again}


def test_a_template_that_is_set_while_its_group_arrives_is_bound_by_the_next_membership(
    templates: Templates, directory: Directory, services: Services
) -> None:
    # The group's creation has read that nothing waits for it; the template looks for a group
    # before the creation is committed.
    templates.set([EVERYBODY])
    client = services.clients.dynamodb
    with preceded(client, "TransactWriteItems", lambda: templates.set([ENGINEERING])):
        engineering = group(directory, "Engineering")
    assert templates.catalogue().bound == {}

    ada = user(directory, "ada")
    directory.groups.patch(engineering, adding(ada))

    assert access(directory, ada) == AS_ENGINEER
    assert templates.catalogue().bound == {"displayName:engineering": engineering}


@pytest.mark.parametrize(
    ("days", "gets"), [(0, True), (13.9, True), (14, True), (14.001, False), (400, False)]
)
def test_a_membership_brings_it_within_the_window_of_the_users_creation(
    days: float, gets: bool, templates: Templates, directory: Directory, clock: Clock
) -> None:
    templates.set([EVERYBODY, ENGINEERING])
    engineering = group(directory, "Engineering")
    ada = user(directory, "ada")
    clock.go_on(days=days)
    directory.groups.patch(engineering, adding(ada))

    expected = AS_ENGINEER if gets else AS_EVERYBODY
    assert access(directory, ada) == expected


def test_the_window_is_the_templates_own(
    templates: Templates, directory: Directory, clock: Clock
) -> None:
    templates.set([replace(ENGINEERING, window=1), replace(SALES, window=30)])
    both = directory.groups.create({"displayName": "Engineering", "externalId": "S-1"}).record.id
    ada = user(directory, "ada")
    clock.go_on(days=20)
    directory.groups.patch(both, adding(ada))

    assert access(directory, ada)[0] == SALES.areas


def test_a_membership_brings_the_version_that_was_current_at_the_users_creation(
    templates: Templates, directory: Directory
) -> None:
    templates.set([ENGINEERING])
    engineering = group(directory, "Engineering")
    ada = user(directory, "ada")
    templates.set([replace(ENGINEERING, areas={"code": "read"})])
    eve = user(directory, "eve")
    templates.remove("engineering")
    bob = user(directory, "bob")
    directory.groups.patch(engineering, adding(ada, eve, bob))

    assert access(directory, ada)[0] == ENGINEERING.areas
    assert access(directory, eve)[0] == {"code": "read"}
    assert access(directory, bob)[0] == {}


def test_a_version_that_named_another_group_is_brought_by_that_group(
    templates: Templates, directory: Directory
) -> None:
    templates.set([ENGINEERING])
    engineering = group(directory, "Engineering")
    ada = user(directory, "ada")
    templates.set([replace(ENGINEERING, group=Selector("displayName", "Builders"))])
    builders = group(directory, "Builders", ada)
    assert access(directory, ada)[0] == {}

    directory.groups.patch(engineering, adding(ada))
    assert access(directory, ada)[0] == ENGINEERING.areas
    assert groups_of(directory, ada) == {engineering, builders}


def test_leaving_a_group_takes_nothing_and_coming_back_brings_nothing_more(
    templates: Templates, directory: Directory, table: Table
) -> None:
    templates.set([EVERYBODY, ENGINEERING])
    ada = user(directory, "ada")
    engineering = group(directory, "Engineering", ada)
    before = list(GrantItems(table, "acme").read(ada))
    directory.groups.patch(engineering, removing(ada))
    assert access(directory, ada) == AS_ENGINEER

    directory.groups.patch(engineering, adding(ada))
    assert list(GrantItems(table, "acme").read(ada)) == before


def test_a_membership_that_brings_something_raises_the_version_once(
    templates: Templates, directory: Directory
) -> None:
    templates.set([ENGINEERING])
    ada = user(directory, "ada")
    group(directory, "Engineering", ada)

    assert directory.users.read(ada).record.version == 2


def test_a_membership_with_what_it_brings_takes_a_read_and_a_transaction(
    templates: Templates, directory: Directory, services: Services
) -> None:
    templates.set([EVERYBODY, ENGINEERING])
    engineering = group(directory, "Engineering")
    ada = user(directory, "ada")

    with counted(services.clients.dynamodb) as requests:
        directory.groups.patch(engineering, adding(ada))
    assert [each.operation for each in requests] == ["BatchGetItem", "TransactWriteItems"]
    assert len(requests[1].actions) == 5  # the group, both sides, the user, the grant


def test_two_groups_at_once_bring_what_both_give(
    templates: Templates, directory: Directory, services: Services
) -> None:
    templates.set([EVERYBODY, ENGINEERING, SALES])
    engineering = group(directory, "Engineering")
    sales = directory.groups.create({"displayName": "Sales", "externalId": "S-1"}).record.id
    ada = user(directory, "ada")

    def meanwhile() -> None:
        directory.groups.patch(sales, adding(ada))

    with preceded(services.clients.dynamodb, "TransactWriteItems", meanwhile):
        directory.groups.patch(engineering, adding(ada))

    areas = {"induction": "edit", "policies": "comment", "code": "manage", "crm": "edit"}
    assert access(directory, ada) == (areas, "regular")
    assert groups_of(directory, ada) == {engineering, sales}


@pytest.mark.parametrize("max_actions", [8, 12, 100])
def test_a_change_that_is_larger_than_a_transaction_brings_the_same(
    max_actions: int, templates: Templates, directory: Directory, table: Table
) -> None:
    before = user(directory, "before")
    templates.set([EVERYBODY, ENGINEERING, SALES])
    people = [user(directory, f"user{each}") for each in range(40)]
    table.max_actions = max_actions
    both = {"displayName": "Engineering", "externalId": "S-1"}
    identifier = directory.groups.create(both).record.id
    directory.groups.patch(identifier, setting(before, *people))

    areas = {"induction": "edit", "policies": "comment", "code": "manage", "crm": "edit"}
    assert all(access(directory, each) == (areas, "regular") for each in people)
    assert access(directory, before) == ({}, "")


def test_a_group_that_is_made_with_thousands_of_members_brings_it_to_all(
    templates: Templates, directory: Directory, table: Table
) -> None:
    templates.set([ENGINEERING])
    people = [user(directory, f"user{each}") for each in range(60)]
    table.max_actions = 12
    group(directory, "Engineering", *people)

    assert all(access(directory, each)[0] == ENGINEERING.areas for each in people)


def test_a_put_brings_it_to_the_added_and_to_nobody_else(
    templates: Templates, directory: Directory
) -> None:
    old = user(directory, "old")
    engineering = group(directory, "Engineering", old)
    templates.set([ENGINEERING])
    new = user(directory, "new")
    members: list[dict[str, Any]] = [{"value": old}, {"value": new}]
    directory.groups.replace(engineering, {"displayName": "Engineering", "members": members})

    assert access(directory, new)[0] == ENGINEERING.areas
    assert access(directory, old)[0] == {}


def test_a_group_as_a_member_brings_nothing_to_its_own_members(
    templates: Templates, directory: Directory
) -> None:
    templates.set([ENGINEERING])
    ada = user(directory, "ada")
    team = group(directory, "Team", ada)
    group(directory, "Engineering", team)

    assert access(directory, ada)[0] == {}


def test_nothing_is_left_of_the_grants_of_a_deleted_user(
    templates: Templates, directory: Directory, table: Table
) -> None:
    templates.set([EVERYBODY, ENGINEERING])
    ada = user(directory, "ada")
    group(directory, "Engineering", ada)
    directory.users.delete(ada)

    assert list(GrantItems(table, "acme").read(ada)) == []


# ── Searched for ─────────────────────────────────────────────────────────────────────────────────


def search(directory: Directory, text: str) -> list[str]:
    page = directory.search.run([Kind.USER], Query(filter=text))
    return sorted(each["userName"] for each in page["Resources"])


def test_users_are_found_by_work_area_level_and_role(
    templates: Templates, directory: Directory
) -> None:
    templates.set([EVERYBODY, ENGINEERING])
    ada, _ = user(directory, "ada"), user(directory, "eve")
    group(directory, "Engineering", ada)
    templates.set([replace(EVERYBODY, areas={"policies": "read"})])
    user(directory, "bob")

    area = f"{ROLLCALL}:workAreas"
    assert search(directory, f'{area}.value eq "induction"') == ["ada", "eve"]
    assert search(directory, f'{area}.value eq "code"') == ["ada"]
    assert search(directory, f'{area}[value eq "policies" and level eq "read"]') == ["bob"]
    assert search(directory, f'{area}.value eq "nowhere"') == []
    assert search(directory, f'{ROLLCALL}:role eq "regular"') == ["ada"]
    assert search(directory, 'locale eq "en-GB"') == ["ada", "bob", "eve"]


def test_a_list_shows_what_each_may_do_without_a_further_read(
    templates: Templates, directory: Directory, services: Services
) -> None:
    templates.set([EVERYBODY])
    user(directory, "ada")
    with counted(services.clients.dynamodb) as requests:
        page = directory.search.run([Kind.USER], Query(count=10))

    assert page["Resources"][0][ROLLCALL]["role"] == "occasional"
    assert sorted(each.operation for each in requests) == ["BatchGetItem", "Query", "Query"]


def test_who_has_a_work_area_is_looked_up_and_nobody_else_is_read(
    templates: Templates, directory: Directory, services: Services
) -> None:
    for number in range(20):
        user(directory, f"old{number}")
    templates.set([ENGINEERING])
    ada = user(directory, "ada")
    group(directory, "Engineering", ada)
    with counted(services.clients.dynamodb) as requests:
        search(directory, f'{ROLLCALL}:workAreas.value eq "code"')

    assert [each.operation for each in requests] == ["Query", "Query", "Query", "BatchGetItem"]
    (asked,) = requests[-1].body["RequestItems"].values()
    assert len(asked["Keys"]) == 1


# ── With a merge ─────────────────────────────────────────────────────────────────────────────────


def test_of_two_accounts_one_may_do_what_either_could(
    templates: Templates, directory: Directory, services: Services
) -> None:
    templates.set([EVERYBODY, ENGINEERING, SALES])
    ada, old = user(directory, "ada"), user(directory, "0" * 32 + "ada")
    group(directory, "Engineering", ada)
    created = directory.groups.create({"displayName": "Sales", "externalId": "S-1"})
    directory.groups.patch(created.record.id, adding(old))

    operators.merge(operator_of(services), "acme", ada, old, old)

    areas = {"induction": "edit", "policies": "comment", "code": "manage", "crm": "edit"}
    assert access(directory, ada) == (areas, "regular")
    grants = GrantItems(directory.context.table, "acme")
    assert {each["template"] for each in grants.read(ada)} == {
        EVERYBODY.name,
        ENGINEERING.name,
        SALES.name,
    }
    assert list(grants.read(old)) == []


def test_of_two_versions_of_a_template_the_survivor_has_the_highest_of_both(
    templates: Templates, directory: Directory, services: Services
) -> None:
    templates.set([EVERYBODY])
    ada = user(directory, "ada")
    more = {"induction": "manage", "policies": "read", "code": "edit"}
    templates.set([replace(EVERYBODY, areas=more, role="regular")])
    old = user(directory, "old")
    accesses = UserAccesses(operator_of(services))
    for each, level in ((ada, "edit"), (old, "comment")):
        accesses.grant(each, {"crm": level})
    accesses.revoke(ada, ["policies"])

    operators.merge(operator_of(services), "acme", ada, old, old)

    areas = {"induction": "manage", "policies": "read", "code": "edit", "crm": "edit"}
    assert access(directory, ada) == (areas, "regular")
    accesses.grant(ada, {"sales": "read"})
    assert access(directory, ada) == ({**areas, "sales": "read"}, "regular")
