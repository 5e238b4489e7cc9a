"""What operators see of grants, and what they mend."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from rollcall.directory.directory import Directory
from rollcall.model.actor import Actor
from rollcall.runtime.services import Services
from rollcall.scim.resource_type import ROLLCALL
from rollcall.storage.table import Table
from rollcall.templates.access_levels import AccessLevels
from rollcall.templates.template import Selector, Template
from rollcall.templates.template_changes import TemplateChanges
from rollcall.templates.template_file import TemplateError
from rollcall.templates.user_access import AccessService
from tests.directory.people import adding, group, user
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
def ledger(table: Table, clock: Clock) -> AccessService:
    """The ledger, as the operator bob uses it."""
    return AccessService(table, "acme", Actor(actor="operator:bob"), AccessLevels(), clock)


def test_a_user_is_found_by_id_and_by_name_in_any_case(
    directory: Directory, ledger: AccessService
) -> None:
    ada = user(directory, "Ada")

    assert ledger.find(ada) == ledger.find("ADA") == ada
    with pytest.raises(TemplateError, match="there is no user eve"):
        ledger.find("eve")


def test_a_holding_tells_what_gave_what_in_order(
    templates: TemplateChanges, directory: Directory, ledger: AccessService, clock: Clock
) -> None:
    templates.set([EVERYBODY, ENGINEERING])
    ada = user(directory, "ada")
    clock.go_on(hours=1)
    engineering = group(directory, "Engineering", ada)
    clock.go_on(hours=1)
    ledger.grant(ada, {"crm": "read"})

    holding = ledger.explain(ada)
    assert holding.groups == (engineering,)
    told = [(each.template, each.at[11:13], actor) for each, actor in holding.grants]
    assert told == [
        ("everybody", "00", "token:t"),
        ("engineering", "01", "token:t"),
        ("@", "02", "operator:bob"),
    ]
    assert holding.grants[1][0].group == engineering


def test_what_is_granted_by_hand_lessens_nothing(
    templates: TemplateChanges, directory: Directory, ledger: AccessService
) -> None:
    templates.set([EVERYBODY])
    ada = user(directory, "ada")
    ledger.grant(ada, {"induction": "manage", "policies": "read"}, "administrator")
    ledger.grant(ada, {"crm": "read"})

    areas = {"induction": "manage", "policies": "comment", "crm": "read"}
    assert access(directory, ada) == (areas, "administrator")
    assert directory.users.read(ada).record.version == 3
    assert search(directory, f'{ROLLCALL}:workAreas.value eq "crm"') == ["ada"]


def test_a_user_without_templates_may_be_given_something(
    directory: Directory, ledger: AccessService
) -> None:
    ada = user(directory, "ada")
    ledger.grant(ada, {"crm": "read"})

    assert access(directory, ada) == ({"crm": "read"}, "")


def test_what_is_revoked_is_gone_whatever_gave_it_and_no_template_gives_it_again(
    templates: TemplateChanges, directory: Directory, ledger: AccessService, clock: Clock
) -> None:
    templates.set([EVERYBODY, ENGINEERING])
    ada = user(directory, "ada")
    engineering = group(directory, "Engineering", ada)
    ledger.grant(ada, {"induction": "manage"})
    clock.go_on(days=1)
    ledger.revoke(ada, ["induction"], role=True)

    assert access(directory, ada) == ({"policies": "comment", "code": "manage"}, "")
    assert ledger.apply(ada) == []
    directory.groups.delete(engineering)
    directory.groups.patch(group(directory, "Engineering"), adding(ada))
    assert access(directory, ada) == ({"policies": "comment", "code": "manage"}, "")
    revoked = [each.revoked for each, _ in ledger.explain(ada).grants]
    assert revoked == [{"induction": "2026-01-02T00:00:00.000Z"}] * 3


def test_what_was_revoked_may_be_granted_again_by_hand(
    templates: TemplateChanges, directory: Directory, ledger: AccessService
) -> None:
    templates.set([EVERYBODY])
    ada = user(directory, "ada")
    ledger.revoke(ada, ["induction"])
    ledger.grant(ada, {"induction": "read"})

    assert access(directory, ada) == AS_EVERYBODY


@pytest.mark.parametrize(
    ("revoke", "sentence"),
    [
        (lambda ledger, ada: ledger.revoke(ada, ["crm", "induction"]), "no access to crm"),
        (lambda ledger, ada: ledger.revoke(ada, [], role=True), "has no role"),
    ],
)
def test_what_a_user_has_not_cannot_be_revoked(
    revoke: Callable[[AccessService, str], object],
    sentence: str,
    templates: TemplateChanges,
    directory: Directory,
    ledger: AccessService,
) -> None:
    templates.set([replace(EVERYBODY, role="")])
    ada = user(directory, "ada")

    with pytest.raises(TemplateError, match=sentence):
        revoke(ledger, ada)
    assert directory.users.read(ada).record.version == 1


def test_applying_gives_what_users_lack_and_once(
    templates: TemplateChanges, directory: Directory, ledger: AccessService
) -> None:
    ada = user(directory, "ada")
    group(directory, "Engineering", ada)
    templates.set([EVERYBODY, ENGINEERING])
    assert access(directory, ada) == ({}, "")

    assert [each.name for each in ledger.apply(ada)] == ["engineering", "everybody"]
    assert access(directory, ada) == AS_ENGINEER
    assert ledger.apply(ada) == []
    assert directory.users.read(ada).record.version == 3


def test_a_prospect_says_why(
    templates: TemplateChanges, directory: Directory, ledger: AccessService
) -> None:
    engineering = group(directory, "Engineering")
    waiting = replace(ENGINEERING, name="sales", group=Selector("displayName", "Sales"))
    templates.set([EVERYBODY, ENGINEERING, waiting])

    assert [(each.applies, each.reason) for each in ledger.prospects([engineering])] == [
        (True, "is a member of the group Engineering"),
        (True, "applies to all new users"),
        (False, "waits for the group Sales"),
    ]
    assert next(each.reason for each in ledger.prospects([])).startswith("is not a member of")
    both = ledger.together([EVERYBODY, ENGINEERING])
    assert (both.areas, both.role) == AS_ENGINEER


def test_of_two_operators_both_give(
    templates: TemplateChanges, directory: Directory, ledger: AccessService, services: Services
) -> None:
    ada = user(directory, "ada")
    other = AccessService(services.table, "acme", Actor(actor="operator:eve"), AccessLevels())

    def meanwhile() -> None:
        other.grant(ada, {"crm": "read"})

    with preceded(services.clients.dynamodb, "TransactWriteItems", meanwhile):
        ledger.grant(ada, {"code": "edit"})

    assert access(directory, ada)[0] == {"crm": "read", "code": "edit"}


def test_a_membership_meanwhile_loses_nothing_to_a_grant(
    templates: TemplateChanges, directory: Directory, ledger: AccessService, services: Services
) -> None:
    templates.set([EVERYBODY, ENGINEERING])
    ada = user(directory, "ada")
    engineering = group(directory, "Engineering")

    def meanwhile() -> None:
        directory.groups.patch(engineering, adding(ada))

    with preceded(services.clients.dynamodb, "TransactWriteItems", meanwhile):
        ledger.grant(ada, {"crm": "read"})

    assert access(directory, ada)[0] == {**AS_ENGINEER[0], "crm": "read"}


def test_the_first_default_of_an_attribute_stays(
    templates: TemplateChanges, directory: Directory
) -> None:
    elsewhere = replace(ENGINEERING, attributes={"locale": "de-DE", "userType": "Engineer"})
    templates.set([EVERYBODY, elsewhere])
    ada = user(directory, "ada")
    group(directory, "Engineering", ada)

    resource = directory.users.read(ada).resource
    assert (resource["locale"], resource["userType"]) == ("en-GB", "Engineer")


def test_a_template_without_work_areas_gives_its_role(
    templates: TemplateChanges, directory: Directory
) -> None:
    templates.set([Template("everybody", role="regular")])
    created = directory.users.create({"userName": "ada"})

    assert created.resource[ROLLCALL] == {"role": "regular"}


def test_why_a_user_has_nothing_of_a_template_and_until_when_it_may(
    templates: TemplateChanges, directory: Directory, ledger: AccessService, clock: Clock
) -> None:
    old = user(directory, "old")
    templates.set([EVERYBODY, ENGINEERING])
    ada = user(directory, "ada")
    templates.set([replace(ENGINEERING, window=1)])
    everybody, engineering = templates.show("everybody"), templates.show("engineering")

    def standing(named: str) -> list[str]:
        return [ledger.standing(ledger.explain(named), each) for each in (everybody, engineering)]

    assert standing(old) == ["no, the account was not new to it"] * 2
    assert standing(ada) == [
        "version 1",
        "not yet, version 1 comes with a membership until 2026-01-15",
    ]
    clock.go_on(days=15)
    assert standing(ada)[1] == "no, version 1 came with memberships until 2026-01-15"
    group(directory, "Engineering", ada)
    assert standing(ada)[1] == "no, version 1 came with memberships until 2026-01-15"
