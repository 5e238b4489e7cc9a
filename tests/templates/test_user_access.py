"""What operators see of grants, and what they mend."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from rollcall.directory.directory import Directory
from rollcall.operations.accounts import AccountError, find
from rollcall.operations.operator import Operator
from rollcall.runtime.services import Services
from rollcall.scim.resource_type import ROLLCALL
from rollcall.storage.table import Table
from rollcall.templates.template import Selector, Template
from rollcall.templates.template_file import TemplateError
from tests.directory.people import adding, group, user
from tests.operations.operators import Templates, UserAccesses, operator_of
from tests.storage.faults import preceded
from tests.templates.conftest import Clock
from tests.templates.test_new_users import (
    AS_ENGINEER,
    AS_EVERYBODY,
    ENGINEERING,
    EVERYBODY,
    access,
    search,
)


@pytest.fixture
def accesses(services: Services, table: Table, clock: Clock) -> UserAccesses:
    """The access of users, as the operator bob sees and changes it."""
    operator_of(services, "acme", table)
    services.clock = clock
    return UserAccesses(Operator(services, "operator:bob"))


def test_a_user_is_found_by_id_and_by_name_in_any_case(
    directory: Directory, accesses: UserAccesses
) -> None:
    ada = user(directory, "Ada")

    operator = accesses.operator
    assert find(operator, "acme", ada).id == find(operator, "acme", "ADA").id == ada
    with pytest.raises(AccountError, match="there is no user eve"):
        find(operator, "acme", "eve")


def test_a_holding_tells_what_gave_what_in_order(
    templates: Templates, directory: Directory, accesses: UserAccesses, clock: Clock
) -> None:
    templates.set([EVERYBODY, ENGINEERING])
    ada = user(directory, "ada")
    clock.go_on(hours=1)
    engineering = group(directory, "Engineering", ada)
    clock.go_on(hours=1)
    accesses.grant(ada, {"crm": "read"})

    holding = accesses.read(ada)
    assert holding.groups == (engineering,)
    told = [(each.template, each.at[11:13], actor) for each, actor in holding.grants]
    assert told == [
        ("everybody", "00", "token:t"),
        ("engineering", "01", "token:t"),
        ("@", "02", "operator:bob"),
    ]
    assert holding.grants[1][0].group == engineering


def test_what_is_granted_by_hand_lessens_nothing(
    templates: Templates, directory: Directory, accesses: UserAccesses
) -> None:
    templates.set([EVERYBODY])
    ada = user(directory, "ada")
    accesses.grant(ada, {"induction": "manage", "policies": "read"}, "administrator")
    accesses.grant(ada, {"crm": "read"})

    areas = {"induction": "manage", "policies": "comment", "crm": "read"}
    assert access(directory, ada) == (areas, "administrator")
    assert directory.users.read(ada).record.version == 3
    assert search(directory, f'{ROLLCALL}:workAreas.value eq "crm"') == ["ada"]


def test_a_user_without_templates_may_be_given_something(
    directory: Directory, accesses: UserAccesses
) -> None:
    ada = user(directory, "ada")
    accesses.grant(ada, {"crm": "read"})

    assert access(directory, ada) == ({"crm": "read"}, "")


def test_what_is_revoked_is_gone_whatever_gave_it_and_no_template_gives_it_again(
    templates: Templates, directory: Directory, accesses: UserAccesses, clock: Clock
) -> None:
    templates.set([EVERYBODY, ENGINEERING])
    ada = user(directory, "ada")
    engineering = group(directory, "Engineering", ada)
    accesses.grant(ada, {"induction": "manage"})
    clock.go_on(days=1)
    accesses.revoke(ada, ["induction"], role=True)

    assert access(directory, ada) == ({"policies": "comment", "code": "manage"}, "")
    assert accesses.apply(ada) == []
    directory.groups.delete(engineering)
    directory.groups.patch(group(directory, "Engineering"), adding(ada))
    assert access(directory, ada) == ({"policies": "comment", "code": "manage"}, "")
    revoked = [each.revoked for each, _ in accesses.read(ada).grants]
    assert revoked == [{"induction": "2026-01-02T00:00:00.000Z"}] * 3


def test_what_was_revoked_may_be_granted_again_by_hand(
    templates: Templates, directory: Directory, accesses: UserAccesses
) -> None:
    templates.set([EVERYBODY])
    ada = user(directory, "ada")
    accesses.revoke(ada, ["induction"])
    accesses.grant(ada, {"induction": "read"})

    assert access(directory, ada) == AS_EVERYBODY


@pytest.mark.parametrize(
    ("revoke", "sentence"),
    [
        (lambda accesses, ada: accesses.revoke(ada, ["crm", "induction"]), "no access to crm"),
        (lambda accesses, ada: accesses.revoke(ada, [], role=True), "has no role"),
    ],
)
def test_what_a_user_has_not_cannot_be_revoked(
    revoke: Callable[[UserAccesses, str], object],
    sentence: str,
    templates: Templates,
    directory: Directory,
    accesses: UserAccesses,
) -> None:
    templates.set([replace(EVERYBODY, role="")])
    ada = user(directory, "ada")

    with pytest.raises(TemplateError, match=sentence):
        revoke(accesses, ada)
    assert directory.users.read(ada).record.version == 1


def test_applying_gives_what_users_lack_and_once(
    templates: Templates, directory: Directory, accesses: UserAccesses
) -> None:
    ada = user(directory, "ada")
    group(directory, "Engineering", ada)
    templates.set([EVERYBODY, ENGINEERING])
    assert access(directory, ada) == ({}, "")

    assert [each.name for each in accesses.apply(ada)] == ["engineering", "everybody"]
    assert access(directory, ada) == AS_ENGINEER
    assert accesses.apply(ada) == []
    assert directory.users.read(ada).record.version == 3


def test_a_prospect_says_why(
    templates: Templates, directory: Directory, accesses: UserAccesses
) -> None:
    engineering = group(directory, "Engineering")
    waiting = replace(ENGINEERING, name="sales", group=Selector("displayName", "Sales"))
    templates.set([EVERYBODY, ENGINEERING, waiting])

    previewed = accesses.preview(None, engineering)
    assert [(each.applies, each.reason) for each in previewed.templates] == [
        (True, "is a member of the group Engineering"),
        (True, "applies to all new users"),
        (False, "waits for the group Sales"),
    ]
    assert next(each.reason for each in accesses.preview().templates).startswith(
        "is not a member of"
    )
    assert (previewed.access.areas, previewed.access.role) == AS_ENGINEER


def test_of_two_operators_both_give(
    templates: Templates, directory: Directory, accesses: UserAccesses, services: Services
) -> None:
    ada = user(directory, "ada")
    other = UserAccesses(Operator(services, "operator:eve"))

    def meanwhile() -> None:
        other.grant(ada, {"crm": "read"})

    with preceded(services.clients.dynamodb, "TransactWriteItems", meanwhile):
        accesses.grant(ada, {"code": "edit"})

    assert access(directory, ada)[0] == {"crm": "read", "code": "edit"}


def test_a_membership_meanwhile_loses_nothing_to_a_grant(
    templates: Templates, directory: Directory, accesses: UserAccesses, services: Services
) -> None:
    templates.set([EVERYBODY, ENGINEERING])
    ada = user(directory, "ada")
    engineering = group(directory, "Engineering")

    def meanwhile() -> None:
        directory.groups.patch(engineering, adding(ada))

    with preceded(services.clients.dynamodb, "TransactWriteItems", meanwhile):
        accesses.grant(ada, {"crm": "read"})

    assert access(directory, ada)[0] == {**AS_ENGINEER[0], "crm": "read"}


def test_the_first_default_of_an_attribute_stays(
    templates: Templates, directory: Directory
) -> None:
    elsewhere = replace(ENGINEERING, attributes={"locale": "de-DE", "userType": "Engineer"})
    templates.set([EVERYBODY, elsewhere])
    ada = user(directory, "ada")
    group(directory, "Engineering", ada)

    resource = directory.users.read(ada).resource
    assert (resource["locale"], resource["userType"]) == ("en-GB", "Engineer")


def test_a_template_without_work_areas_gives_its_role(
    templates: Templates, directory: Directory
) -> None:
    templates.set([Template("everybody", role="regular")])
    created = directory.users.create({"userName": "ada"})

    assert created.resource[ROLLCALL] == {"role": "regular"}


def test_why_a_user_has_nothing_of_a_template_and_until_when_it_may(
    templates: Templates, directory: Directory, accesses: UserAccesses, clock: Clock
) -> None:
    old = user(directory, "old")
    templates.set([EVERYBODY, ENGINEERING])
    ada = user(directory, "ada")
    templates.set([replace(ENGINEERING, window=1)])

    def standing(named: str) -> list[str]:
        status = {each.template.name: each.status for each in accesses.preview(named).templates}
        return [status["everybody"], status["engineering"]]

    assert standing(old) == ["no, the account was not new to it"] * 2
    assert standing(ada) == [
        "version 1",
        "not yet, version 1 comes with a membership until 2026-01-15",
    ]
    clock.go_on(days=15)
    assert standing(ada)[1] == "no, version 1 came with memberships until 2026-01-15"
    group(directory, "Engineering", ada)
    assert standing(ada)[1] == "no, version 1 came with memberships until 2026-01-15"
