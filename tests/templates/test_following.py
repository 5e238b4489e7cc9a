"""Access that follows memberships: it begins with each, and ends with it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from rollcall.directory import template_walk
from rollcall.directory.directory import Directory
from rollcall.directory.sweep import Sweep
from rollcall.model.account_link import LOCAL
from rollcall.operations.operator import Operator
from rollcall.runtime.services import Services
from rollcall.scim.errors import InvalidValueException
from rollcall.scim.resource_type import ROLLCALL
from rollcall.storage import large_change_items
from rollcall.storage.table import Table
from rollcall.storage.template_items import TemplateItems
from rollcall.templates.template import MEMBERSHIP, Selector, Template
from tests.directory.people import adding, group, patch, removing, setting, user, users
from tests.operations import operators
from tests.operations.operators import Templates, UserAccesses, operator_of
from tests.storage import consistency
from tests.storage.faults import counted, preceded
from tests.templates.conftest import Clock
from tests.templates.test_new_users import access, search

STAFF = Template(
    "staff",
    Selector("displayName", "Staff"),
    {"code": "edit", "wiki": "read"},
    "regular",
    lasts=MEMBERSHIP,
)
WELCOME = Template("welcome", Selector("displayName", "Staff"), {"wiki": "comment"})
SALES = Template("sales", Selector("displayName", "Sales"), {"wiki": "manage"}, lasts=MEMBERSHIP)

AS_STAFF = {"code": "edit", "wiki": "read"}, "regular"
NOTHING: tuple[dict[str, str], str] = {}, ""


@pytest.fixture
def accesses(services: Services, table: Table, clock: Clock) -> UserAccesses:
    """The access of users, as the operator bob sees and changes it."""
    operator_of(services, "acme", table)
    services.clock = clock
    return UserAccesses(Operator(services, "operator:bob"))


def sweep(directory: Directory, clock: Clock) -> None:
    """Go on with what is unfinished, two minutes later; all of it is finished by that."""
    clock.go_on(minutes=2)
    table = directory.context.table
    for _ in Sweep(table, lambda _: directory, clock).run():
        pass
    assert list(large_change_items.unfinished_changes(table, "9")) == []


# ── With a membership ────────────────────────────────────────────────────────────────────────────


def test_a_member_has_it_from_the_first_to_the_last_moment(
    templates: Templates, directory: Directory
) -> None:
    templates.set([STAFF])
    ada, staff = user(directory, "ada"), group(directory, "Staff")
    assert access(directory, ada) == NOTHING

    directory.groups.patch(staff, adding(ada))
    assert access(directory, ada) == AS_STAFF
    directory.groups.patch(staff, removing(ada))
    assert access(directory, ada) == NOTHING
    directory.groups.patch(staff, adding(ada))
    assert access(directory, ada) == AS_STAFF


@pytest.mark.parametrize("link", [None, LOCAL], ids=["created over SCIM", "local"])
def test_it_is_for_every_member_however_old(
    templates: Templates, directory: Directory, clock: Clock, link: Any
) -> None:
    payload = {"userName": "ada"}
    created = directory.users.create(payload, **({} if link is None else {"link": link}))
    clock.go_on(days=400)
    templates.set([STAFF])

    group(directory, "Staff", created.record.id)
    assert access(directory, created.record.id) == AS_STAFF


def test_members_of_a_member_get_nothing(templates: Templates, directory: Directory) -> None:
    templates.set([STAFF])
    ada = user(directory, "ada")

    group(directory, "Staff", group(directory, "inner", ada))
    assert access(directory, ada) == NOTHING


def test_what_lasts_forever_stays_and_the_highest_of_all_counts(
    templates: Templates, directory: Directory, accesses: UserAccesses
) -> None:
    templates.set([STAFF, WELCOME, SALES])
    ada = user(directory, "ada")
    staff, sales = group(directory, "Staff", ada), group(directory, "Sales", ada)
    accesses.grant(ada, {"crm": "read"})
    everything = {"code": "edit", "wiki": "manage", "crm": "read"}

    assert access(directory, ada) == (everything, "regular")
    directory.groups.patch(sales, removing(ada))
    assert access(directory, ada) == ({**everything, "wiki": "comment"}, "regular")
    directory.groups.patch(staff, removing(ada))
    assert access(directory, ada) == ({"wiki": "comment", "crm": "read"}, "")


@pytest.mark.parametrize("after", [setting, lambda *ids: ids], ids=["PATCH", "PUT"])
def test_who_is_left_out_when_all_members_are_set_loses_it(
    templates: Templates, directory: Directory, after: Any
) -> None:
    templates.set([STAFF])
    ada, bob = users(directory, 2)
    staff = group(directory, "Staff", ada)

    if after is setting:
        directory.groups.patch(staff, setting(bob))
    else:
        members = [{"value": bob}]
        directory.groups.replace(staff, {"displayName": "Staff", "members": members})
    assert [access(directory, each) for each in (ada, bob)] == [NOTHING, AS_STAFF]


def test_a_group_that_is_larger_than_a_transaction_brings_and_takes_it(
    templates: Templates, directory: Directory, table: Table
) -> None:
    table.max_actions = 12
    templates.set([STAFF])
    many, staff = users(directory, 11), group(directory, "Staff")

    directory.groups.patch(staff, adding(*many))
    assert [access(directory, each) for each in many] == [AS_STAFF] * 11
    directory.groups.patch(staff, removing(*many[1:]))
    assert [access(directory, each) for each in many] == [AS_STAFF] + [NOTHING] * 10
    directory.groups.patch(staff, setting(*many[1:]))
    assert [access(directory, each) for each in many] == [NOTHING] + [AS_STAFF] * 10


def test_of_many_who_are_named_those_who_are_new_get_it(
    templates: Templates, directory: Directory
) -> None:
    templates.set([replace(STAFF, lasts="forever")])
    many = users(directory, 52)
    staff = group(directory, "Staff", *many[:50])

    directory.groups.patch(staff, adding(*many))
    assert [access(directory, each) for each in many] == [AS_STAFF] * 52


@pytest.mark.parametrize("size", [100, 12], ids=["one transaction", "several"])
def test_it_ends_with_the_group(
    templates: Templates, directory: Directory, table: Table, size: int
) -> None:
    templates.set([STAFF, SALES])
    many = users(directory, 9)
    staff = group(directory, "Staff", *many)
    group(directory, "Sales", many[0])
    table.max_actions = size

    directory.groups.delete(staff)
    expected = [({"wiki": "manage"}, "")] + [NOTHING] * 8
    assert [access(directory, each) for each in many] == expected


def test_a_deleted_user_leaves_no_grant(
    templates: Templates, directory: Directory, table: Table
) -> None:
    templates.set([STAFF, SALES])
    ada, bob = users(directory, 2)
    for name in ("Staff", "Sales", "a", "b", "c", "d"):
        group(directory, name, ada, bob)

    directory.users.delete(ada)
    table.max_actions = 12
    directory.users.delete(bob)  # the fixture looks for what is left


# ── Disabled, merged, revoked ────────────────────────────────────────────────────────────────────


def test_a_disabled_account_has_no_access_of_either_kind_and_no_filter_finds_it(
    templates: Templates, directory: Directory
) -> None:
    templates.set([STAFF, WELCOME])
    ada, bob = users(directory, 2)
    group(directory, "Staff", ada, bob)
    directory.users.patch(ada, patch(("replace", "active", False)))

    assert access(directory, ada) == NOTHING
    for filter_ in (
        f'{ROLLCALL}:workAreas.value eq "wiki"',
        f'{ROLLCALL}:workAreas[value eq "wiki" and level eq "comment"]',
        f'{ROLLCALL}:workAreas.value sw "w"',
        f'{ROLLCALL}:role eq "regular"',
    ):
        assert search(directory, filter_) == ["user1"], filter_
    assert search(directory, f"not ({ROLLCALL}:workAreas.value pr)") == ["user0"]

    directory.users.patch(ada, patch(("replace", "active", True)))
    assert access(directory, ada) == ({"code": "edit", "wiki": "comment"}, "regular")


def test_a_survivor_gets_it_with_the_memberships_and_what_was_revoked_stays_so(
    services: Services, templates: Templates, directory: Directory, accesses: UserAccesses
) -> None:
    templates.set([STAFF, SALES])
    ada, bob = (
        directory.users.create({"userName": name}, link=LOCAL).record.id for name in ("ada", "bob")
    )
    group(directory, "Staff", bob)
    group(directory, "Sales", ada, bob)
    accesses.revoke(bob, ["code"])

    operators.merge(accesses.operator, "acme", ada, bob)
    assert access(directory, ada) == ({"wiki": "manage"}, "regular")
    assert consistency.verified(services, "acme") == []


def test_what_is_revoked_stays_so_as_long_as_the_membership_holds(
    templates: Templates, directory: Directory, accesses: UserAccesses, clock: Clock
) -> None:
    templates.set([STAFF])
    ada = user(directory, "ada")
    staff = group(directory, "Staff", ada)
    accesses.revoke(ada, ["code"], role=True)
    assert access(directory, ada) == ({"wiki": "read"}, "")

    templates.set([replace(STAFF, areas={"code": "manage", "wiki": "comment"})])
    sweep(directory, clock)
    assert access(directory, ada) == ({"wiki": "comment"}, "")

    directory.groups.patch(staff, removing(ada))
    directory.groups.patch(staff, adding(ada))
    assert access(directory, ada) == ({"code": "manage", "wiki": "comment"}, "regular")


def test_fifty_templates_are_possible_and_one_more_is_refused(
    services: Services, directory: Directory, table: Table
) -> None:
    items = TemplateItems(services.table, "acme")
    contents = [
        replace(STAFF, name=f"t{number}", version=1, group=Selector("displayName", name)).content
        for number, name in enumerate(["Staff"] * 50 + ["Sales"])
    ]
    versions = {content["name"]: 1 for content in contents}
    items.change(items.read(), contents, versions, "2026-01-01T00:00:00.000Z", "ann")
    ada = user(directory, "ada")
    group(directory, "Staff", ada)
    sales = group(directory, "Sales")

    for size in (100, 4):
        table.max_actions = size
        with pytest.raises(
            InvalidValueException, match=f"{ada} give what 50 templates say.*50 are"
        ):
            directory.groups.patch(sales, adding(ada, user(directory, f"bob{size}")))
    table.max_actions = 100


# ── Changes of templates ─────────────────────────────────────────────────────────────────────────


def test_members_of_a_group_that_exists_get_it_when_the_template_is_set(
    templates: Templates, directory: Directory, clock: Clock
) -> None:
    many = users(directory, 3)
    group(directory, "Staff", *many)
    templates.set([STAFF])

    sweep(directory, clock)
    assert [access(directory, each) for each in many] == [AS_STAFF] * 3


def test_a_new_version_is_for_who_joins_at_once_and_for_all_when_the_walk_is_over(
    templates: Templates, directory: Directory, clock: Clock
) -> None:
    templates.set([STAFF])
    ada, bob = users(directory, 2)
    staff = group(directory, "Staff", ada)
    templates.set([replace(STAFF, areas={"code": "manage"})])

    directory.groups.patch(staff, adding(bob))
    manage = {"code": "manage"}, "regular"
    assert [access(directory, each) for each in (ada, bob)] == [AS_STAFF, manage]
    sweep(directory, clock)
    assert [access(directory, each) for each in (ada, bob)] == [manage, manage]


def test_it_ends_with_the_template(
    templates: Templates, directory: Directory, clock: Clock
) -> None:
    templates.set([STAFF, WELCOME])
    ada = user(directory, "ada")
    group(directory, "Staff", ada)
    templates.remove("staff")

    sweep(directory, clock)
    assert access(directory, ada) == ({"wiki": "comment"}, "")


def test_a_group_that_takes_the_name_brings_it_to_its_members(
    templates: Templates, directory: Directory, clock: Clock
) -> None:
    templates.set([STAFF])
    ada = user(directory, "ada")
    crew = group(directory, "crew", ada)
    directory.groups.patch(crew, patch(("replace", "displayName", "Staff")))

    sweep(directory, clock)
    assert access(directory, ada) == AS_STAFF


def test_of_those_who_have_it_forever_only_who_got_it_from_the_group_is_concerned(
    templates: Templates, directory: Directory, accesses: UserAccesses, clock: Clock
) -> None:
    forever = replace(STAFF, lasts="forever", attributes={"locale": "de"})
    templates.set([forever])
    ada, bob, eve = users(directory, 3)
    staff = group(directory, "Staff", ada, bob)
    directory.groups.patch(staff, removing(bob))
    accesses.grant(eve, {"code": "edit"})
    templates.set([replace(STAFF, areas={"code": "read"})])

    sweep(directory, clock)
    expected = [({"code": "read"}, "regular"), NOTHING, ({"code": "edit"}, "")]
    assert [access(directory, each) for each in (ada, bob, eve)] == expected
    assert directory.users.read(bob).resource["locale"] == "de"


def test_who_is_taken_back_has_nothing_forever_that_follows_the_membership_by_now(
    templates: Templates, directory: Directory, clock: Clock
) -> None:
    client = Directory(replace(directory.context, grace=7))
    forever = replace(STAFF, lasts="forever", attributes={"locale": "de"})
    templates.set([forever, WELCOME])
    ada = user(client, "ada", externalId="E1")
    staff = group(client, "Staff", ada)
    client.users.delete(ada)
    templates.set([replace(STAFF, areas={"code": "read"}), WELCOME])
    sweep(directory, clock)

    assert user(client, "ada", externalId="E1") == ada

    assert access(client, ada) == ({"wiki": "comment"}, "")
    assert client.users.read(ada).resource["locale"] == "de"
    client.groups.patch(staff, adding(ada))
    assert access(client, ada) == ({"code": "read", "wiki": "comment"}, "regular")
    client.groups.patch(staff, removing(ada))
    assert access(client, ada) == ({"wiki": "comment"}, "")


def test_what_followed_a_membership_stays_when_the_template_gives_forever(
    templates: Templates, directory: Directory, clock: Clock
) -> None:
    templates.set([STAFF])
    ada = user(directory, "ada")
    staff = group(directory, "Staff", ada)
    templates.set([replace(STAFF, lasts="forever", areas={"code": "read"})])

    sweep(directory, clock)
    directory.groups.patch(staff, removing(ada))
    assert access(directory, ada) == AS_STAFF


def test_what_stayed_ends_when_the_template_follows_the_membership_again(
    templates: Templates, directory: Directory, clock: Clock
) -> None:
    templates.set([STAFF])
    ada, bob = users(directory, 2)
    staff = group(directory, "Staff", ada, bob)
    templates.set([replace(STAFF, lasts="forever", areas={"code": "read"})])
    sweep(directory, clock)
    directory.groups.patch(staff, removing(bob))
    assert [access(directory, each) for each in (ada, bob)] == [AS_STAFF, AS_STAFF]

    templates.set([STAFF])
    sweep(directory, clock)
    assert [access(directory, each) for each in (ada, bob)] == [AS_STAFF, NOTHING]


def test_who_had_a_template_that_ended_may_get_it_again_forever(
    templates: Templates, directory: Directory, clock: Clock
) -> None:
    forever = replace(STAFF, lasts="forever")
    templates.set([forever])
    ada = user(directory, "ada")
    staff = group(directory, "Staff", ada)
    directory.groups.patch(staff, removing(ada))
    templates.set([STAFF])
    sweep(directory, clock)
    assert access(directory, ada) == NOTHING

    templates.set([forever])
    sweep(directory, clock)
    directory.groups.patch(staff, adding(ada))
    assert access(directory, ada) == AS_STAFF


def test_a_template_that_moves_to_another_group_moves_what_it_gives(
    templates: Templates, directory: Directory, clock: Clock
) -> None:
    templates.set([STAFF])
    ada, bob = users(directory, 2)
    group(directory, "Staff", ada)
    group(directory, "Sales", bob)
    templates.set([replace(STAFF, group=Selector("displayName", "Sales"))])

    sweep(directory, clock)
    assert [access(directory, each) for each in (ada, bob)] == [NOTHING, AS_STAFF]


def test_a_walk_waits_until_no_request_can_run_that_knows_the_template_before(
    templates: Templates, directory: Directory, clock: Clock
) -> None:
    templates.set([STAFF])
    ada, bob = users(directory, 2)
    staff = group(directory, "Staff", ada)
    sweep(directory, clock)
    templates.set([replace(STAFF, areas={"code": "manage"})])
    context = directory.context

    assert not template_walk.finish(context, "staff", staff)
    assert access(directory, ada) == ({"code": "manage"}, "regular")
    # Writes what it read before the template changed.
    old = TemplateItems(context.table, "acme").read()
    late = Directory(replace(context))
    late.context.templates.read = lambda: old  # type: ignore[method-assign]
    late.groups.patch(staff, adding(bob))
    assert not template_walk.finish(context, "staff", staff)
    sweep(directory, clock)
    assert access(directory, bob) == ({"code": "manage"}, "regular")


def test_a_later_change_supersedes_an_earlier_one(
    templates: Templates, directory: Directory, clock: Clock
) -> None:
    templates.set([STAFF])
    many = users(directory, 3)
    staff = group(directory, "Staff", *many)
    sweep(directory, clock)
    templates.set([replace(STAFF, areas={"code": "comment"})])
    walk = template_walk.walk_on(directory.context, "staff", staff)
    next(walk)
    templates.set([replace(STAFF, areas={"code": "manage"})])

    assert list(walk) == []
    sweep(directory, clock)
    assert [access(directory, each) for each in many] == [({"code": "manage"}, "regular")] * 3


# ── What it costs ────────────────────────────────────────────────────────────────────────────────


def test_adding_and_removing_a_member_takes_two_round_trips(
    templates: Templates, directory: Directory, table: Table
) -> None:
    templates.set([STAFF])
    ada, staff = user(directory, "ada"), group(directory, "Staff")

    for change in (adding(ada), removing(ada)):
        with counted(table._client) as requests:
            directory.groups.patch(staff, change)
        operations = [each.operation for each in requests]
        assert operations == ["BatchGetItem", "TransactWriteItems"]
        assert len(requests[1].actions) == 5


def test_a_member_who_leaves_while_the_template_comes_does_not_keep_it(
    templates: Templates, directory: Directory, clock: Clock, table: Table
) -> None:
    ada = user(directory, "ada")
    staff = group(directory, "Staff", ada)

    def come() -> None:
        templates.set([STAFF])
        template_walk.finish(directory.context, "staff", staff)
        assert access(directory, ada) == AS_STAFF

    with preceded(table._client, "TransactWriteItems", come):
        directory.groups.patch(staff, removing(ada))
    assert access(directory, ada) == NOTHING
    directory.groups.patch(staff, adding(ada))
    assert access(directory, ada) == AS_STAFF
