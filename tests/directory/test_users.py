"""Users: what a service provider promises about one account."""

from __future__ import annotations

from typing import Any

import pytest

from rollcall.directory.context import Context
from rollcall.directory.directory import Directory
from rollcall.runtime.services import Services
from rollcall.scim.errors import (
    InvalidPathException,
    InvalidSyntaxException,
    InvalidValueException,
    MutabilityException,
    NotFoundException,
    Unavailable,
    UniquenessException,
)
from rollcall.scim.resource_type import Kind
from tests.directory.people import (
    ENTERPRISE,
    NEVER_ISSUED,
    URL,
    USER,
    found,
    group,
    groups_of,
    patch,
    titled,
    user,
)
from tests.storage.faults import answering, cancellation, counted, losing, preceded

SOFT_DELETED = "0123456789abcdef0123456789abcdef"


def test_a_created_user_is_returned_whole(directory: Directory) -> None:
    answer = directory.users.create(
        {
            "schemas": [USER],
            "id": "mine",
            "meta": {"version": "mine"},
            "groups": [{"value": "mine"}],
            "userName": "Ada@Example.com",
            "emails": [{"value": "ada@corp.local", "type": "work", "primary": "True"}],
            "title": None,
            "roles": [],
            "password": "s3cret",
        }
    )
    made = answer.record

    assert answer.resource == {
        "schemas": [USER],
        "id": made.id,
        "userName": "Ada@Example.com",
        "emails": [{"value": "ada@corp.local", "type": "work", "primary": True}],
        "meta": {
            "resourceType": "User",
            "created": made.created,
            "lastModified": made.created,
            "location": f"{URL}/Users/{made.id}",
            "version": 'W/"1"',
        },
    }
    assert directory.users.read(made.id).resource == answer.resource


def test_ids_are_given_out_once(directory: Directory) -> None:
    assert len({user(directory, f"u{number}") for number in range(5)}) == 5


@pytest.mark.parametrize("name", ["ada@example.com", "ADA@EXAMPLE.COM", "Ada@Example.com"])
def test_a_user_name_is_taken_in_any_case(directory: Directory, name: str) -> None:
    ada = user(directory, "Ada@Example.com")

    with pytest.raises(UniquenessException) as refusal:
        user(directory, name)

    assert (refusal.value.status, refusal.value.scim_type) == (409, "uniqueness")
    assert found(directory, f'userName eq "{name}"') == [ada]


def test_a_disabled_user_still_has_its_name(directory: Directory) -> None:
    ada = user(directory, "ada", active=False)

    with pytest.raises(UniquenessException):
        user(directory, "ada")
    assert found(directory, 'userName eq "ada"') == [ada]


@pytest.mark.parametrize("payload", [{}, {"userName": None}, {"userName": ""}])
def test_a_user_without_a_user_name_is_refused(
    directory: Directory, payload: dict[str, Any]
) -> None:
    with pytest.raises(InvalidValueException):
        directory.users.create({"schemas": [USER], **payload})


@pytest.mark.parametrize("payload", [None, [], "x", 1, True])
def test_a_body_that_is_no_object_is_refused(directory: Directory, payload: Any) -> None:
    with pytest.raises(InvalidSyntaxException):
        directory.users.create(payload)


@pytest.mark.parametrize("identifier", [NEVER_ISSUED, "", "#", "x" * 4000])
def test_an_id_that_was_never_issued_is_not_found(directory: Directory, identifier: str) -> None:
    payload = {"schemas": [USER], "userName": "ada"}
    for act in (
        lambda: directory.users.read(identifier),
        lambda: directory.users.replace(identifier, payload),
        lambda: directory.users.patch(identifier, titled("x")),
        lambda: directory.users.delete(identifier),
    ):
        with pytest.raises(NotFoundException):
            act()
    assert found(directory, 'userName eq "ada"') == []


def test_the_id_of_a_group_is_no_user(directory: Directory) -> None:
    with pytest.raises(NotFoundException):
        directory.users.read(group(directory, "sales"))


def test_a_patch_changes_what_it_names_and_nothing_else(directory: Directory) -> None:
    ada = user(directory, "ada", title="Countess", active=True)
    before = directory.users.read(ada)

    after = directory.users.patch(ada, patch(("Replace", "active", "False")))

    assert after.resource["active"] is False
    assert after.resource["title"] == "Countess"
    assert after.record.version == 2
    assert after.record.created == before.record.created
    assert after.record.modified >= before.record.modified
    assert directory.users.read(ada) == after


def test_a_patch_that_changes_nothing_writes_nothing_and_keeps_the_version(
    services: Services, directory: Directory
) -> None:
    ada = user(directory, "ada", title="Countess", active=True)
    before = directory.users.read(ada)

    with counted(services.clients.dynamodb) as requests:
        after = directory.users.patch(
            ada,
            patch(
                ("replace", "title", "Countess"),
                ("add", "active", "True"),
                ("remove", "nickName", None),
                ("replace", "noSuchAttribute", "x"),
            ),
        )

    assert {each.operation for each in requests} == {"Query"}
    assert after.resource == before.resource
    assert after.ignored == ["noSuchAttribute"]


def test_a_patch_is_applied_whole_or_not_at_all(directory: Directory) -> None:
    ada = user(directory, "ada")
    bad = (("replace", "active", "maybe"), ("replace", "meta.version", "x"), ("add", "a[", "x"))
    errors = (InvalidValueException, MutabilityException, InvalidPathException)

    for operation, error in zip(bad, errors, strict=True):
        with pytest.raises(error):
            directory.users.patch(ada, patch(("replace", "title", "new"), operation))

    assert "title" not in directory.users.read(ada).resource


def test_the_operations_of_a_patch_are_sequential(directory: Directory) -> None:
    ada = user(directory, "ada", emails=[{"value": "old@x.test", "type": "work"}])

    after = directory.users.patch(
        ada,
        patch(
            ("remove", "emails", None),
            ("add", 'emails[type eq "work"].value', "new@x.test"),
            ("replace", 'emails[type eq "work"].primary', True),
        ),
    )

    assert after.resource["emails"] == [{"type": "work", "value": "new@x.test", "primary": True}]


def test_lookups_follow_a_change_of_names_and_addresses(directory: Directory) -> None:
    ada = user(directory, "ada", externalId="E1", emails=[{"value": "a@x.test"}])

    directory.users.patch(
        ada,
        patch(
            ("replace", "userName", "byron"),
            ("replace", "externalId", "E2"),
            ("replace", "emails", [{"value": "b@x.test"}]),
            ("add", f"{ENTERPRISE}:employeeNumber", "7"),
        ),
    )

    gone = ('userName eq "ada"', 'externalId eq "E1"', 'emails.value eq "a@x.test"')
    now = (
        'userName eq "BYRON"',
        'externalId eq "E2"',
        'emails.value eq "B@x.test"',
        f'{ENTERPRISE}:employeeNumber eq "7"',
    )
    assert [found(directory, each) for each in gone] == [[], [], []]
    assert [found(directory, each) for each in now] == [[ada]] * 4


def test_a_user_name_changes_its_case_without_being_taken(directory: Directory) -> None:
    ada = user(directory, "ada")

    after = directory.users.patch(ada, patch(("replace", "userName", "ADA")))

    assert after.resource["userName"] == "ADA"
    assert found(directory, 'userName eq "ada"') == [ada]


def test_a_taken_user_name_is_refused_and_nothing_of_the_request_applied(
    directory: Directory,
) -> None:
    ada, bob = user(directory, "ada"), user(directory, "bob")

    with pytest.raises(UniquenessException):
        directory.users.patch(ada, patch(("replace", "title", "x"), ("replace", "userName", "Bob")))

    assert directory.users.read(ada).record.version == 1
    assert found(directory, 'userName eq "bob"') == [bob]


def test_a_soft_deletion_is_reversed_with_id_and_memberships(directory: Directory) -> None:
    ada = user(directory, "ada", active=True)
    sales = group(directory, "sales", ada)

    directory.users.patch(
        ada,
        patch(("Replace", "userName", f"{SOFT_DELETED}ada"), ("Replace", "active", "False")),
    )
    deleted = directory.users.read(ada).resource
    directory.users.patch(ada, patch(("Replace", "userName", "ada"), ("Replace", "active", "True")))

    assert (deleted["userName"], deleted["active"]) == (f"{SOFT_DELETED}ada", False)
    assert found(directory, 'userName eq "ada"') == [ada]
    assert groups_of(directory, ada) == {sales}


def test_a_put_replaces_what_clients_may_write(directory: Directory) -> None:
    ada = user(
        directory,
        "ada",
        title="Countess",
        externalId="E1",
        **{ENTERPRISE: {"employeeNumber": "7", "manager": {"value": "m"}}},
    )
    before = directory.users.read(ada).resource

    after = directory.users.replace(
        ada, {"schemas": [USER], "userName": "ada", "nickName": "A", "externalId": None}
    )

    assert after.resource == {
        "schemas": [USER],
        "id": ada,
        "userName": "ada",
        "nickName": "A",
        "meta": {
            **before["meta"],
            "version": 'W/"2"',
            "lastModified": after.record.modified,
        },
    }
    assert found(directory, 'externalId eq "E1"') == []


@pytest.mark.parametrize("sent", [{}, {"active": None}])
def test_a_put_that_forgets_active_enables_nobody(
    directory: Directory, sent: dict[str, Any]
) -> None:
    ada = user(directory, "ada", active=False)

    answer = directory.users.replace(ada, {"schemas": [USER], "userName": "ada", **sent})

    assert answer.resource["active"] is False


def test_a_put_of_what_was_read_changes_nothing(directory: Directory) -> None:
    ada = user(directory, "ada", title="Countess", active=False)
    group(directory, "sales", ada)
    before = directory.users.read(ada)

    after = directory.users.replace(ada, before.resource)

    assert after.resource == before.resource


def test_a_put_ignores_what_is_read_only_and_keeps_memberships(directory: Directory) -> None:
    ada = user(directory, "ada")
    sales = group(directory, "sales", ada)

    answer = directory.users.replace(
        ada,
        {
            "schemas": [USER],
            "id": "other",
            "userName": "ada",
            "groups": [],
            "meta": {"resourceType": "Group", "created": "1970-01-01T00:00:00Z"},
        },
    )

    assert answer.resource["id"] == ada
    assert answer.resource["meta"]["resourceType"] == "User"
    assert not answer.resource["meta"]["created"].startswith("1970")
    assert groups_of(directory, ada) == {sales}


def test_a_put_without_a_user_name_is_refused(directory: Directory) -> None:
    ada = user(directory, "ada")

    with pytest.raises(InvalidValueException):
        directory.users.replace(ada, {"schemas": [USER], "title": "x"})
    assert directory.users.read(ada).record.version == 1


def test_a_deleted_user_is_gone_from_everywhere_and_its_name_is_free(
    directory: Directory,
) -> None:
    ada = user(directory, "ada", externalId="E1")

    directory.users.delete(ada)

    with pytest.raises(NotFoundException):
        directory.users.read(ada)
    with pytest.raises(NotFoundException):
        directory.users.delete(ada)
    for each in ('userName eq "ada"', 'externalId eq "E1"', f'id eq "{ada}"', "userName pr"):
        assert found(directory, each) == []
    assert directory.counts()[Kind.USER] == 0
    assert user(directory, "ada") != ada


def test_two_changes_at_once_of_different_attributes_both_stay(
    services: Services, directory: Directory
) -> None:
    ada = user(directory, "ada")

    def other() -> object:
        return directory.users.patch(ada, patch(("add", "nickName", "A")))

    with preceded(services.clients.dynamodb, "TransactWriteItems", other) as left:
        answer = directory.users.patch(ada, titled("Countess"))

    assert not left
    assert (answer.resource["title"], answer.resource["nickName"]) == ("Countess", "A")
    assert directory.users.read(ada).record.version == 3


def test_a_user_that_is_deleted_while_it_is_changed_is_not_found(
    services: Services, directory: Directory
) -> None:
    ada = user(directory, "ada")

    with (
        preceded(
            services.clients.dynamodb, "TransactWriteItems", lambda: directory.users.delete(ada)
        ),
        pytest.raises(NotFoundException),
    ):
        directory.users.patch(ada, patch(("replace", "userName", "byron")))

    assert found(directory, 'userName eq "byron"') == []


def test_a_name_that_is_taken_meanwhile_is_a_conflict(
    services: Services, directory: Directory
) -> None:
    with (
        preceded(services.clients.dynamodb, "TransactWriteItems", lambda: user(directory, "ADA")),
        pytest.raises(UniquenessException),
    ):
        user(directory, "ada")

    assert directory.counts()[Kind.USER] == 1


def test_a_name_that_becomes_free_meanwhile_is_taken(
    services: Services, directory: Directory
) -> None:
    ada, bob = user(directory, "ada"), user(directory, "bob")

    with preceded(
        services.clients.dynamodb, "TransactWriteItems", lambda: directory.users.delete(ada)
    ):
        directory.users.patch(bob, patch(("replace", "userName", "ada")))

    assert found(directory, 'userName eq "ada"') == [bob]


def test_a_creation_whose_answer_was_lost_is_not_repeated(
    services: Services, directory: Directory
) -> None:
    with losing(services.clients.dynamodb, "TransactWriteItems"), pytest.raises(Unavailable):
        user(directory, "ada")

    with pytest.raises(UniquenessException):
        user(directory, "ada")
    assert len(found(directory, 'userName eq "ada"')) == 1


def test_a_change_that_never_gets_through_is_a_429_and_not_applied(
    services: Services, directory: Directory
) -> None:
    ada = user(directory, "ada")
    endless = [cancellation("ConditionalCheckFailed")] * 10_000
    with (
        answering(services.clients.dynamodb, "TransactWriteItems", *endless),
        pytest.raises(Unavailable) as failure,
    ):
        directory.users.patch(ada, titled("x"))

    assert (failure.value.status, failure.value.retry_after) == (429, 1)
    assert "title" not in directory.users.read(ada).resource


def test_a_tenant_sees_nothing_of_another(services: Services, directory: Directory) -> None:
    other = Directory(Context(services.table, "acme2", URL))
    theirs = user(other, "ada")
    ours = user(directory, "ada")

    with pytest.raises(NotFoundException):
        directory.users.read(theirs)
    with pytest.raises(NotFoundException):
        directory.users.delete(theirs)
    assert found(directory, "userName pr") == [ours]
    assert found(directory, f'id eq "{theirs}"') == []
    assert other.counts()[Kind.USER] == 1
