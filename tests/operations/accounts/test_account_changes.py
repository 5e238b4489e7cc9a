"""What operators do to accounts: protect, unlink, relink, merge."""

from __future__ import annotations

from typing import Any

import pytest

from rollcall.directory.context import Context
from rollcall.directory.directory import Directory
from rollcall.model.account_link import LINKED, LOCAL, AccountLink, LinkPolicy, LinkState
from rollcall.operations import account_activation, account_links, account_merge, accounts
from rollcall.operations.account_merge import MergedIds
from rollcall.operations.accounts import AccountError
from rollcall.operations.operator import Operator
from rollcall.scim.errors import NotFoundException
from rollcall.scim.resource_type import Kind
from rollcall.storage.table import Table
from tests.directory.people import (
    ENTERPRISE,
    URL,
    USER,
    adding,
    found,
    group,
    groups_of,
    members_of,
    patch,
    removing,
    setting,
    titled,
)
from tests.operations import operators


def account(
    directory: Directory, user_name: str, link: AccountLink = LOCAL, /, **attributes: Any
) -> str:
    payload = {"schemas": [USER, ENTERPRISE], "userName": user_name, "active": True, **attributes}
    return directory.users.create(payload, link=link).record.id


def managed_by(directory: Directory, identifier: str) -> Any:
    return directory.users.read(identifier).resource.get(ENTERPRISE, {}).get("manager", {})


def merge(operator: Operator, keep: str, remove: str, gone: str | None = None) -> MergedIds:
    return operators.merge(operator, "acme", keep, remove, gone)


@pytest.fixture
def client(directory: Directory, table: Table) -> Directory:
    """The same directory, as the identity provider reaches it."""
    assert directory
    return Directory(Context(table, "acme", URL, linking=LinkPolicy()))


@pytest.mark.parametrize(
    ("link", "step"), [(LINKED, "enables it again, unless"), (LOCAL, "No identity provider")]
)
def test_a_disabled_account_is_as_one_that_a_client_has_disabled_and_can_be_enabled(
    link: AccountLink, step: str, directory: Directory, client: Directory, operator: Operator
) -> None:
    ann = account(directory, "ann", link, title="Dr")
    bob = account(directory, "bob", LINKED, title="Dr")
    before = accounts.find(operator, "acme", ann)
    client.users.patch(bob, patch(("replace", "active", False)))

    plan = account_activation.plan_disable(operator, "acme", "ann")
    account_links.carry_out(operator, "acme", plan)
    disabled = accounts.find(operator, "acme", ann)
    with pytest.raises(AccountError, match="ann is disabled already"):
        account_activation.plan_disable(operator, "acme", "ann")
    enabling = account_activation.plan_enable(operator, "acme", "ann")
    account_links.carry_out(operator, "acme", enabling)

    by_client = accounts.find(operator, "acme", bob).document
    assert {**disabled.document, "userName": "bob"} == by_client
    assert (disabled.version, disabled.link) == (before.version + 1, before.link)
    assert step in " ".join(plan.next_steps)
    assert accounts.find(operator, "acme", ann).document == before.document


def test_an_account_that_changed_since_it_was_shown_is_not_disabled(
    directory: Directory, operator: Operator
) -> None:
    ann = account(directory, "ann", LINKED)
    plan = account_activation.plan_disable(operator, "acme", ann)
    directory.users.patch(ann, titled("Dr"))

    with pytest.raises(AccountError, match="ann has changed meanwhile, look again"):
        account_links.carry_out(operator, "acme", plan)

    assert accounts.find(operator, "acme", ann).active


def test_protecting_and_unprotecting_keep_the_link(
    directory: Directory, operator: Operator
) -> None:
    for link in (LOCAL, LINKED):
        ann = account(directory, f"ann{link.state}", link)

        accounts.protect(operator, "acme", ann)
        assert directory.users.read(ann).record.link == AccountLink(link.state, protected=True)

        accounts.protect(operator, "acme", ann, protected=False)
        assert directory.users.read(ann).record.link == link


def test_unlinking_takes_the_external_id_and_nothing_else(
    directory: Directory, operator: Operator
) -> None:
    ann = account(directory, "ann", LINKED, externalId="o-1", title="Chief")
    sales = group(directory, "Sales", ann)

    operators.unlink(operator, "acme", "ANN")

    read = directory.users.read(ann)
    assert read.record.link == LOCAL
    assert "externalId" not in read.resource
    assert (read.resource["title"], groups_of(directory, ann)) == ("Chief", {sales})
    assert found(directory, 'externalId eq "o-1"') == []


def test_a_plan_changes_nothing_and_shows_before_and_after(
    directory: Directory, operator: Operator
) -> None:
    ann = account(directory, "ann", LINKED, externalId="o-1")

    plan = account_links.plan_unlink(operator, "acme", ann)

    assert (plan.before.document["externalId"], plan.before.link) == ("o-1", LINKED)
    assert ("externalId" in plan.after.document, plan.after.link) == (False, LOCAL)
    assert directory.users.read(ann).record == plan.before


def test_a_plan_that_has_been_overtaken_is_refused(
    directory: Directory, operator: Operator
) -> None:
    ann = account(directory, "ann", LINKED, externalId="o-1")
    plan = account_links.plan_unlink(operator, "acme", ann)
    directory.users.patch(ann, titled("Chief"))

    with pytest.raises(AccountError, match="changed meanwhile"):
        account_links.carry_out(operator, "acme", plan)

    assert directory.users.read(ann).resource["externalId"] == "o-1"


def test_relinking_names_the_person_and_what_finds_the_account(
    directory: Directory, operator: Operator
) -> None:
    ann = account(directory, "lee@x.test")

    operators.relink(operator, "acme", ann, "o-2", "ann@x.test")

    read = directory.users.read(ann)
    assert read.record.link.state is LinkState.LINKED
    assert (read.resource["externalId"], read.resource["userName"]) == ("o-2", "ann@x.test")
    assert found(directory, 'userName eq "ann@x.test"') == [ann]


def test_relinking_takes_nobodys_name_and_no_protected_account(
    directory: Directory, operator: Operator
) -> None:
    ann, bob = account(directory, "ann"), account(directory, "bob")
    root = account(directory, "root", AccountLink(LinkState.LOCAL, protected=True))

    with pytest.raises(AccountError, match="bob is another account's name"):
        operators.relink(operator, "acme", ann, None, "bob")
    with pytest.raises(AccountError, match="root is protected"):
        account_links.plan_relink(operator, "acme", root, "o-1")
    with pytest.raises(AccountError, match=r"userName holds U\+200B"):
        account_links.plan_relink(operator, "acme", ann, None, "an\u200bn")

    assert found(directory, 'userName eq "bob"') == [bob]


def test_what_is_not_linked_cannot_be_unlinked(directory: Directory, operator: Operator) -> None:
    with pytest.raises(AccountError, match="ann is not linked"):
        account_links.plan_unlink(operator, "acme", account(directory, "ann"))


KEPT: dict[str, Any] = {
    "title": "Chief",
    "name": {"familyName": "Kept"},
    "roles": [{"value": "admin", "primary": True}],
    ENTERPRISE: {"costCenter": "kept"},
}
LINKED_ONE: dict[str, Any] = {
    "externalId": "o-1",
    "name": {"familyName": "Linked"},
    "emails": [{"value": "ann@x.test", "type": "work"}],
    "active": False,
    "title": "Intern",
    "roles": [{"value": "reader", "primary": True}, {"value": "admin"}],
    ENTERPRISE: {"costCenter": "linked", "employeeNumber": "17"},
}


@pytest.mark.parametrize("keeps_the_linked_one", [False, True])
def test_the_merged_account_has_the_id_that_the_identity_provider_knows(
    keeps_the_linked_one: bool, directory: Directory, operator: Operator
) -> None:
    product = account(directory, "lee", emails=[{"value": "lee@x.test"}], **KEPT)
    linked = account(directory, "ann", LINKED, **LINKED_ONE)
    pair = (linked, product) if keeps_the_linked_one else (product, linked)

    ids = merge(operator, *pair)

    read = directory.users.read(linked).resource
    assert ids.survivor == linked
    assert directory.users.read(product).resource == read
    assert (read["userName"], read["externalId"], read["active"]) == ("ann", "o-1", False)
    assert (read["name"], read["emails"]) == (LINKED_ONE["name"], LINKED_ONE["emails"])
    wins, loses = (LINKED_ONE, KEPT) if keeps_the_linked_one else (KEPT, LINKED_ONE)
    assert read["title"] == wins["title"]
    assert {each["value"] for each in read["roles"]} == {"admin", "reader"}
    assert [each["value"] for each in read["roles"] if each.get("primary")] == [
        wins["roles"][0]["value"]
    ]
    assert read[ENTERPRISE] == {**loses[ENTERPRISE], **wins[ENTERPRISE], "employeeNumber": "17"}
    assert directory.counts()[Kind.USER] == 1
    assert found(directory, 'userName eq "lee"') == []
    assert found(directory, 'emails.value eq "lee@x.test"') == []
    assert found(directory, f'urn:{ENTERPRISE[4:]}:employeeNumber eq "17"') == [linked]


def test_two_local_accounts_become_the_one_that_is_kept(
    directory: Directory, operator: Operator
) -> None:
    ann, lee = account(directory, "ann"), account(directory, "lee")

    merge(operator, ann, lee)

    assert directory.users.read(lee).record.id == ann
    assert directory.users.read(ann).record.link == LOCAL


def test_the_groups_of_both_are_the_survivors(directory: Directory, operator: Operator) -> None:
    ann, lee = account(directory, "ann", LINKED), account(directory, "lee")
    both = group(directory, "Both", ann, lee)
    own, other = group(directory, "Own", ann), group(directory, "Other", lee)

    merge(operator, lee, ann)

    assert groups_of(directory, ann) == {both, own, other}
    assert [members_of(directory, each) for each in (both, own, other)] == [{ann}] * 3


def test_more_groups_than_a_transaction_holds_move_in_steps(
    directory: Directory, operator: Operator, table: Table
) -> None:
    ann, lee = account(directory, "ann", LINKED), account(directory, "lee")
    groups = {group(directory, f"g{each}", lee) for each in range(40)}

    merge(operator, ann, lee)

    assert groups_of(directory, ann) == groups
    assert all(members_of(directory, each) == {ann} for each in groups)


def test_a_merge_that_broke_off_is_finished_by_the_sweep(
    directory: Directory, operator: Operator, table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann, lee = account(directory, "ann", LINKED), account(directory, "lee")
    sales = group(directory, "Sales", lee)
    plan = account_merge.plan_merge(operator, "acme", ann, lee)
    with monkeypatch.context() as broken:
        broken.setattr("rollcall.directory.deletion.finish", lambda *_: False)
        account_merge.merge(operator, "acme", plan)
    assert directory.users.read(lee).record.id == ann
    assert members_of(directory, sales) == set()

    from rollcall.storage import large_change_items

    (unfinished,) = large_change_items.unfinished_changes(table, "9999")
    assert directory.finish(unfinished)

    assert members_of(directory, sales) == {ann}
    assert list(large_change_items.unfinished_changes(table, "9999")) == []


def test_whose_manager_was_removed_has_the_survivor(
    directory: Directory, operator: Operator
) -> None:
    ann, lee = account(directory, "ann", LINKED), account(directory, "lee")
    bob = account(directory, "bob", LOCAL, **{ENTERPRISE: {"manager": {"value": lee}}})
    eve = account(directory, "eve", LOCAL, **{ENTERPRISE: {"manager": {"value": bob}}})

    ids = merge(operator, ann, lee)
    *_, read = account_merge.finish_merge(operator, "acme", ids)
    assert read.done == 3

    assert managed_by(directory, bob)["value"] == ann
    assert managed_by(directory, eve)["value"] == bob


def test_nobody_becomes_a_manager_of_themselves(directory: Directory, operator: Operator) -> None:
    ann = account(directory, "ann", LINKED)
    lee = account(directory, "lee", LOCAL, **{ENTERPRISE: {"manager": {"value": ann}}})

    merge(operator, lee, ann)

    assert ENTERPRISE not in directory.users.read(ann).resource


def test_of_two_linked_accounts_the_one_that_is_deleted_has_to_be_named(
    directory: Directory,
    operator: Operator,
) -> None:
    ann, lee = account(directory, "ann", LINKED), account(directory, "lee", LINKED)
    bob = account(directory, "bob")

    for gone in (None, bob):
        with pytest.raises(AccountError, match="both are linked"):
            account_merge.plan_merge(operator, "acme", ann, lee, gone)
    with pytest.raises(AccountError, match="only one of the two is linked"):
        account_merge.plan_merge(operator, "acme", ann, bob, ann)
    with pytest.raises(AccountError, match="are one account"):
        account_merge.plan_merge(operator, "acme", ann, ann)
    with pytest.raises(AccountError, match="there is no user nobody"):
        account_merge.plan_merge(operator, "acme", ann, "nobody")


def test_a_protected_account_is_not_merged(directory: Directory, operator: Operator) -> None:
    ann = account(directory, "ann")
    root = account(directory, "root", AccountLink(LinkState.LOCAL, protected=True))

    with pytest.raises(AccountError, match="root is protected"):
        account_merge.plan_merge(operator, "acme", ann, root)


@pytest.fixture
def recreated(directory: Directory, operator: Operator) -> tuple[str, str]:
    """The survivor and the stub of a person who was re-created in the identity provider."""
    old = account(directory, "0" * 32 + "ann", LINKED, externalId="o-1", title="Chief")
    new = account(directory, "ann", LINKED, externalId="o-2")
    merge(operator, old, new, old)
    return new, old


def test_the_stub_answers_inactive_and_is_neither_listed_nor_found(
    directory: Directory, recreated: tuple[str, str]
) -> None:
    survivor, stub = recreated

    read = directory.users.read(stub).resource

    assert (read["id"], read["active"], read["externalId"]) == (stub, False, "o-1")
    assert directory.users.read(survivor).resource["title"] == "Chief"
    assert found(directory, "active pr") == [survivor]
    for text in (f'id eq "{stub}"', 'externalId eq "o-1"', f'userName eq "{"0" * 32}ann"'):
        assert found(directory, text) == []
    assert directory.counts()[Kind.USER] == 1


def test_writes_to_the_stub_stay_on_it(
    client: Directory, directory: Directory, recreated: tuple[str, str]
) -> None:
    survivor, stub = recreated
    before = directory.users.read(survivor).resource

    client.users.patch(stub, patch(("Replace", "title", "Restored"), ("Add", "active", "True")))
    client.users.replace(stub, {"schemas": [USER], "userName": "ann"})

    assert directory.users.read(stub).resource["userName"] == "ann"
    assert directory.users.read(survivor).resource == before


def test_deleting_the_stub_leaves_the_survivor_which_its_id_still_means(
    client: Directory, directory: Directory, recreated: tuple[str, str]
) -> None:
    survivor, stub = recreated

    client.users.delete(stub)

    assert directory.users.read(stub).record.id == survivor
    with pytest.raises(NotFoundException):
        client.users.delete(stub)
    with pytest.raises(NotFoundException):
        client.users.patch(stub, titled("x"))
    assert directory.counts()[Kind.USER] == 1


def test_as_a_member_a_merged_id_means_the_survivor(
    client: Directory, directory: Directory, recreated: tuple[str, str]
) -> None:
    survivor, stub = recreated
    sales = group(client, "Sales", stub)

    assert members_of(directory, sales) == {survivor}
    client.groups.patch(sales, removing(stub))
    assert members_of(directory, sales) == {survivor}
    client.groups.patch(sales, adding(stub, survivor))
    client.groups.patch(sales, setting(stub))
    assert members_of(directory, sales) == {survivor}
    assert groups_of(directory, survivor) == {sales}


def test_as_a_manager_a_merged_id_means_the_survivor(
    client: Directory, directory: Directory, recreated: tuple[str, str]
) -> None:
    survivor, stub = recreated
    bob = account(directory, "bob", LINKED, **{ENTERPRISE: {"manager": {"value": stub}}})
    assert managed_by(directory, bob)["value"] == survivor

    client.users.patch(bob, patch(("Remove", "manager", None)))
    client.users.patch(bob, patch(("Add", "manager", stub)))

    assert managed_by(directory, bob)["value"] == survivor


def test_a_merge_into_what_is_merged_later_leads_on(
    directory: Directory, operator: Operator
) -> None:
    ann, lee, bob = (account(directory, each) for each in ("ann", "lee", "bob"))

    merge(operator, ann, lee)
    merge(operator, bob, lee)

    assert directory.users.read(lee).record.id == bob
    assert directory.users.read(ann).record.id == bob


def test_a_deleted_survivor_leaves_ids_that_mean_nobody(
    directory: Directory, operator: Operator
) -> None:
    ann, lee = account(directory, "ann"), account(directory, "lee")
    merge(operator, ann, lee)

    directory.users.delete(ann)

    with pytest.raises(NotFoundException):
        directory.users.read(lee)
    assert members_of(directory, group(directory, "Sales", lee)) == set()


def test_a_tenant_with_merged_accounts_can_be_cleared(
    directory: Directory, table: Table, recreated: tuple[str, str]
) -> None:
    assert recreated

    assert len(list(directory.clear())) == 1

    assert not any("document" in each for each in table.scan("acme#"))
    assert directory.counts()[Kind.USER] == 0
