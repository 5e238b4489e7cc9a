"""Whose an account is, and what a client's write does to it under each link policy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from rollcall.directory.context import Context
from rollcall.directory.directory import Directory
from rollcall.model.account_link import LOCAL, AccountLink, LinkPolicy, LinkRule, LinkState
from rollcall.operations import accounts
from rollcall.runtime.services import Services
from rollcall.scim.errors import MutabilityException, UniquenessException
from rollcall.scim.resource_type import Kind
from rollcall.storage.table import Table
from tests.directory.people import ENTERPRISE, URL, USER, adding, group, members_of, patch
from tests.operations import operators
from tests.operations.operators import operator_of

PROTECTED = AccountLink(LinkState.LOCAL, protected=True)
WITHIN = frozenset({"x.test"})
Write = Callable[[Directory, str], Any]


def account(directory: Directory, name: str, link: AccountLink = LOCAL, **attributes: Any) -> str:
    payload = {"schemas": [USER], "userName": name, "active": True, **attributes}
    return directory.users.create(payload, link=link).record.id


def client(
    directory: Directory, table: Table, *, policy: LinkRule = LinkRule.MATCH, **of: Any
) -> Any:
    """Return the same directory as a client reaches it."""
    assert directory
    return Directory(Context(table, "acme", URL, linking=LinkPolicy(policy, **of)))


def state(directory: Directory, identifier: str) -> LinkState:
    return directory.users.read(identifier).record.link.state


def disabling(directory: Directory, identifier: str) -> None:
    directory.users.patch(identifier, patch(("Replace", "active", "False")))


def replacing(directory: Directory, identifier: str) -> None:
    directory.users.replace(identifier, {"schemas": [USER], "userName": "other@x.test"})


def deleting(directory: Directory, identifier: str) -> None:
    directory.users.delete(identifier)


def changing_nothing(directory: Directory, identifier: str) -> None:
    directory.users.patch(identifier, patch(("Replace", "active", "True")))


@pytest.mark.parametrize("write", [disabling, replacing, changing_nothing])
def test_the_first_write_links_whatever_it_is(
    write: Write, directory: Directory, table: Table
) -> None:
    ann = account(directory, "ann@x.test")

    write(client(directory, table), ann)

    assert state(directory, ann) is LinkState.LINKED


def test_linking_alone_is_no_change_of_the_representation(
    directory: Directory, table: Table
) -> None:
    ann = account(directory, "ann@x.test")
    before = directory.users.read(ann).resource

    changing_nothing(client(directory, table), ann)

    assert directory.users.read(ann).resource == before


def test_what_a_client_creates_is_linked(directory: Directory, table: Table) -> None:
    made = client(directory, table).users.create({"schemas": [USER], "userName": "ann@x.test"})

    assert state(directory, made.record.id) is LinkState.LINKED


def test_an_operators_write_links_nothing(directory: Directory) -> None:
    ann = account(directory, "ann@x.test")

    disabling(directory, ann)

    assert state(directory, ann) is LinkState.LOCAL


def test_reading_and_memberships_link_nothing(directory: Directory, table: Table) -> None:
    ann = account(directory, "ann@x.test")
    entra = client(directory, table)

    entra.users.read(ann)
    entra.groups.patch(group(directory, "Sales"), adding(ann))

    assert state(directory, ann) is LinkState.LOCAL


@pytest.mark.parametrize("write", [disabling, replacing, deleting])
@pytest.mark.parametrize("policy", list(LinkRule))
def test_a_protected_account_is_changed_by_nobody(
    policy: LinkRule, write: Write, directory: Directory, table: Table
) -> None:
    ann = account(directory, "ann@x.test", PROTECTED)
    before = directory.users.read(ann).resource

    with pytest.raises(MutabilityException) as refused:
        write(client(directory, table, policy=policy, domains=WITHIN), ann)

    assert refused.value.status == 400
    assert directory.users.read(ann).resource == before


def test_a_protected_account_may_join_and_leave_groups(directory: Directory, table: Table) -> None:
    ann = account(directory, "ann@x.test", PROTECTED)
    sales = group(directory, "Sales")

    client(directory, table).groups.patch(sales, adding(ann))

    assert members_of(directory, sales) == {ann}
    assert directory.users.read(ann).record.link == PROTECTED


def test_what_changes_nothing_of_a_protected_account_is_no_error(
    directory: Directory, table: Table
) -> None:
    ann = account(directory, "ann@x.test", PROTECTED)

    changing_nothing(client(directory, table), ann)

    assert directory.users.read(ann).record.link == PROTECTED


@pytest.mark.parametrize("write", [disabling, replacing, deleting])
@pytest.mark.parametrize(
    "rules",
    [{"policy": LinkRule.STRICT}, {"domains": frozenset({"elsewhere.test"})}],
    ids=["strict", "another domain"],
)
def test_what_the_policy_does_not_link_is_refused(
    rules: dict[str, Any], write: Write, directory: Directory, table: Table
) -> None:
    ann = account(directory, "ann@x.test")

    with pytest.raises(UniquenessException) as refused:
        write(client(directory, table, **rules), ann)

    assert refused.value.status == 409
    assert state(directory, ann) is LinkState.LOCAL


def test_once_an_operator_has_linked_strict_stands_in_nobodys_way(
    directory: Directory, table: Table
) -> None:
    ann = account(directory, "ann@x.test", AccountLink())

    disabling(client(directory, table, policy=LinkRule.STRICT), ann)

    assert directory.users.read(ann).resource["active"] is False


@pytest.mark.parametrize("policy", [LinkRule.MATCH, LinkRule.STRICT])
def test_a_post_that_collides_is_refused(
    policy: LinkRule, directory: Directory, table: Table
) -> None:
    account(directory, "ann@x.test")

    with pytest.raises(UniquenessException):
        client(directory, table, policy=policy, domains=WITHIN).users.create(
            {"schemas": [USER], "userName": "ANN@x.test"}
        )


def test_under_adopt_a_post_that_collides_links_the_account(
    directory: Directory, table: Table
) -> None:
    ann = account(
        directory,
        "ann@x.test",
        LOCAL,
        title="Chief",
        **{ENTERPRISE: {"costCenter": "7", "department": "Sales"}},
    )
    posted = {
        "schemas": [USER, ENTERPRISE],
        "userName": "Ann@x.test",
        "externalId": "o-1",
        ENTERPRISE: {"department": "Finance"},
    }

    answer = client(directory, table, policy=LinkRule.ADOPT, domains=WITHIN).users.create(posted)

    assert answer.record.id == ann
    assert answer.record.link.state is LinkState.LINKED
    read = directory.users.read(ann).resource
    assert (read["userName"], read["externalId"], read["title"]) == ("Ann@x.test", "o-1", "Chief")
    assert read[ENTERPRISE] == {"costCenter": "7", "department": "Finance"}
    assert directory.counts()[Kind.USER] == 1


@pytest.mark.parametrize(
    ("link", "domains"),
    [
        (AccountLink(), WITHIN),
        (PROTECTED, WITHIN),
        (LOCAL, frozenset()),
        (LOCAL, frozenset({"y.test"})),
    ],
    ids=["linked", "protected", "no domains", "another domain"],
)
def test_adopt_takes_no_account_that_is_not_free_and_within_the_domains(
    link: AccountLink, domains: frozenset[str], directory: Directory, table: Table
) -> None:
    ann = account(directory, "ann@x.test", link)

    with pytest.raises(UniquenessException):
        client(directory, table, policy=LinkRule.ADOPT, domains=domains).users.create(
            {"schemas": [USER], "userName": "ann@x.test"}
        )

    assert directory.users.read(ann).record.link == link


def test_in_a_bulk_request_an_adopted_account_goes_by_its_own_id(
    directory: Directory, table: Table
) -> None:
    ann = account(directory, "ann@x.test", title="Chief")
    operations = [
        {"method": "POST", "path": "/Users", "bulkId": "a", "data": {
            "schemas": [USER, ENTERPRISE], "userName": "ann@x.test",
            ENTERPRISE: {"manager": {"value": "bulkId:b"}}}},
        {"method": "POST", "path": "/Users", "bulkId": "b", "data": {
            "schemas": [USER, ENTERPRISE], "userName": "bob@x.test",
            ENTERPRISE: {"manager": {"value": "bulkId:a"}}}},
    ]  # fmt: skip
    entra = client(directory, table, policy=LinkRule.ADOPT, domains=WITHIN)

    answers = entra.bulk.run({"Operations": operations}, lambda: 60.0)["Operations"]

    assert [each["status"] for each in answers] == ["201", "201"]
    assert answers[0]["location"] == f"{URL}/Users/{ann}"
    bob = answers[1]["location"].rpartition("/")[2]
    read = directory.users.read(ann).resource
    assert (read["title"], read[ENTERPRISE]["manager"]["value"]) == ("Chief", bob)
    assert directory.users.read(bob).resource[ENTERPRISE]["manager"]["value"] == ann


def linked(directory: Directory) -> int:
    return directory.counts(linked=True)[Kind.USER]


def test_those_whom_clients_have_created_or_linked_are_counted(
    directory: Directory, services: Services, table: Table
) -> None:
    identity_provider = client(directory, table)
    ann, bob, eve = (
        account(directory, each) for each in ("ann@x.test", "bob@x.test", "eve@x.test")
    )
    assert linked(directory) == 0

    created = account(identity_provider, "new@x.test", AccountLink())
    replacing(identity_provider, ann)
    changing_nothing(identity_provider, bob)
    assert (linked(directory), directory.counts()[Kind.USER]) == (3, 4)

    operator = operator_of(services, "acme", table)
    operators.unlink(operator, "acme", bob)
    accounts.protect(operator, "acme", ann)
    assert linked(directory) == 2
    operators.relink(operator, "acme", bob, "E-1")
    assert linked(directory) == 3

    operators.merge(operator, "acme", eve, created)
    deleting(directory, bob)
    deleting(directory, account(directory, "gone@x.test"))
    assert (linked(directory), directory.counts()[Kind.USER]) == (2, 2)
