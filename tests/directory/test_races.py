"""What happens to a group while another request changes it: nothing is lost, nothing half done.

The other writer acts between the reads and the transaction of the first one.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from rollcall.directory.directory import Directory
from rollcall.directory.precondition import Precondition
from rollcall.runtime.services import Services
from rollcall.scim.errors import NotFoundException, PreconditionFailedException, Unavailable
from tests.directory.people import (
    adding,
    group,
    groups_of,
    members_of,
    patch,
    removing,
    setting,
    titled,
    user,
    users,
)
from tests.storage.faults import answering, losing, preceded, refusal

COMMIT = "TransactWriteItems"


def test_the_same_member_added_twice_at_once_is_a_member_once(
    services: Services, directory: Directory
) -> None:
    ada, sales = user(directory, "ada"), group(directory, "sales")

    def other() -> object:
        return directory.groups.patch(sales, adding(ada))

    with preceded(services.clients.dynamodb, COMMIT, other) as left:
        directory.groups.patch(sales, adding(ada))

    assert not left
    assert members_of(directory, sales) == {ada}
    assert directory.groups.read(sales).record.version == 2


def test_two_members_added_at_once_both_stay_without_a_second_try(
    services: Services, directory: Directory
) -> None:
    ada, bob = users(directory, 2)
    sales = group(directory, "sales")
    commits: list[str] = []

    def other() -> object:
        return directory.groups.patch(sales, adding(bob))

    with preceded(services.clients.dynamodb, COMMIT, other, lambda: commits.append("again")):
        directory.groups.patch(sales, adding(ada))

    assert commits == []
    assert members_of(directory, sales) == {ada, bob}
    assert directory.groups.read(sales).record.version == 3


def test_an_addition_against_a_removal_leaves_both_sides_alike(
    services: Services, directory: Directory
) -> None:
    ada, bob = users(directory, 2)
    sales = group(directory, "sales", ada, bob)

    def other() -> object:
        return directory.groups.patch(sales, removing(ada))

    with preceded(services.clients.dynamodb, COMMIT, other):
        directory.groups.patch(sales, removing(ada, bob))

    assert members_of(directory, sales) == set()


def test_of_two_requests_that_set_the_members_one_is_the_last(
    services: Services, directory: Directory
) -> None:
    ada, bob = users(directory, 2)
    sales = group(directory, "sales")

    def other() -> object:
        return directory.groups.patch(sales, setting(bob))

    with preceded(services.clients.dynamodb, COMMIT, other) as left:
        directory.groups.patch(sales, setting(ada))

    assert not left
    assert members_of(directory, sales) == {ada}


def test_who_is_removed_while_the_members_are_set_is_set_all_the_same(
    services: Services, directory: Directory
) -> None:
    ada = user(directory, "ada")
    sales = group(directory, "sales", ada)

    def other() -> object:
        return directory.groups.patch(sales, removing(ada))

    # Between the look at ada, who is a member, and the reading of all members.
    with preceded(services.clients.dynamodb, "Query", other) as left:
        directory.groups.patch(sales, setting(ada))

    assert not left
    assert members_of(directory, sales) == {ada}


def test_who_is_deleted_while_it_is_added_is_skipped(
    services: Services, directory: Directory
) -> None:
    ada, bob = users(directory, 2)
    sales = group(directory, "sales")

    with preceded(services.clients.dynamodb, COMMIT, lambda: directory.users.delete(ada)):
        skipped = directory.groups.patch(sales, adding(ada, bob)).ignored

    assert skipped == [ada]
    assert members_of(directory, sales) == {bob}


def test_a_new_group_skips_who_is_deleted_while_it_is_made(
    services: Services, directory: Directory
) -> None:
    ada, bob = users(directory, 2)

    with preceded(services.clients.dynamodb, COMMIT, lambda: directory.users.delete(ada)):
        sales = group(directory, "sales", ada, bob)

    assert members_of(directory, sales) == {bob}


def test_a_user_that_joins_a_group_while_it_is_deleted_leaves_it(
    services: Services, directory: Directory
) -> None:
    ada, sales = user(directory, "ada"), group(directory, "sales")

    def other() -> object:
        return directory.groups.patch(sales, adding(ada))

    with preceded(services.clients.dynamodb, COMMIT, other) as left:
        directory.users.delete(ada)

    assert not left
    assert members_of(directory, sales) == set()


def test_a_group_that_gets_members_while_it_is_deleted_leaves_nothing_on_them(
    services: Services, directory: Directory
) -> None:
    ada, sales = user(directory, "ada"), group(directory, "sales")

    def other() -> object:
        return directory.groups.patch(sales, adding(ada))

    with preceded(services.clients.dynamodb, COMMIT, other):
        directory.groups.delete(sales)

    assert groups_of(directory, ada) == set()


def test_a_group_that_is_deleted_while_it_is_changed_is_not_found(
    services: Services, directory: Directory
) -> None:
    ada, sales = user(directory, "ada"), group(directory, "sales")

    with (
        preceded(services.clients.dynamodb, COMMIT, lambda: directory.groups.delete(sales)),
        pytest.raises(NotFoundException),
    ):
        directory.groups.patch(sales, adding(ada))

    assert groups_of(directory, ada) == set()


def test_a_second_deletion_at_once_is_not_found(services: Services, directory: Directory) -> None:
    ada = user(directory, "ada")

    with (
        preceded(services.clients.dynamodb, COMMIT, lambda: directory.users.delete(ada)),
        pytest.raises(NotFoundException),
    ):
        directory.users.delete(ada)


def test_a_change_of_members_whose_answer_was_lost_may_be_repeated(
    services: Services, directory: Directory
) -> None:
    ada, bob = users(directory, 2)
    sales = group(directory, "sales", bob)
    change = patch(("add", "members", [{"value": ada}]), ("remove", "members", [{"value": bob}]))

    with losing(services.clients.dynamodb, COMMIT), pytest.raises(Unavailable):
        directory.groups.patch(sales, change)
    directory.groups.patch(sales, change)

    assert members_of(directory, sales) == {ada}
    assert directory.groups.read(sales).record.version == 2


def test_a_throttled_change_is_a_503_and_changes_nothing(
    services: Services, directory: Directory
) -> None:
    ada, sales = user(directory, "ada"), group(directory, "sales")

    with (
        answering(services.clients.dynamodb, COMMIT, refusal("ThrottlingException")),
        pytest.raises(Unavailable) as failure,
    ):
        directory.groups.patch(sales, adding(ada))

    assert failure.value.status == 503
    assert members_of(directory, sales) == set()


@pytest.mark.parametrize(
    "if_match", ['W/"1"', '"1"', 'W/"7", W/"1"', "*", ' W/"1" '], ids=lambda each: each.strip()
)
def test_the_version_that_a_client_knows_is_changed(directory: Directory, if_match: str) -> None:
    (ada,), sales = users(directory, 1), group(directory, "sales")
    known = Precondition(if_match)

    directory.users.patch(ada, titled("x"), known)
    directory.groups.patch(sales, patch(("add", "externalId", "x")), known)

    assert directory.users.read(ada).record.version == 2
    assert directory.groups.read(sales).record.version == 2


@pytest.mark.parametrize("if_match", ['W/"2"', '"0"', 'W/"12"', "1", "", 'W/"2", "3"'])
def test_another_version_is_left_as_it_is(directory: Directory, if_match: str) -> None:
    ada = user(directory, "ada")
    sales = group(directory, "sales")
    stale = Precondition(if_match)
    acts: tuple[Callable[[], object], ...] = (
        lambda: directory.users.patch(ada, titled("x"), stale),
        lambda: directory.users.replace(ada, {"userName": "b"}, stale),
        lambda: directory.users.delete(ada, stale),
        lambda: directory.groups.patch(sales, adding(ada), stale),
        lambda: directory.groups.replace(sales, {"displayName": "b"}, stale),
        lambda: directory.groups.delete(sales, stale),
    )

    for act in acts:
        with pytest.raises(PreconditionFailedException) as failure:
            act()
        assert failure.value.status == 412

    assert directory.users.read(ada).resource["userName"] == "ada"
    assert directory.groups.read(sales).resource["displayName"] == "sales"
    assert members_of(directory, sales) == set()


def test_a_version_is_checked_even_where_nothing_would_change(directory: Directory) -> None:
    ada = user(directory, "ada", title="x")

    with pytest.raises(PreconditionFailedException):
        directory.users.patch(ada, titled("x"), Precondition('W/"9"'))


@pytest.mark.parametrize("how", ["patch", "delete", "put"])
def test_a_version_that_ends_meanwhile_is_412_and_the_other_change_stays(
    services: Services, directory: Directory, how: str
) -> None:
    ada = user(directory, "ada")
    first = Precondition('W/"1"')
    acts: dict[str, Callable[[], object]] = {
        "patch": lambda: directory.users.patch(ada, patch(("add", "nickName", "mine")), first),
        "delete": lambda: directory.users.delete(ada, first),
        "put": lambda: directory.users.replace(ada, {"userName": "mine"}, first),
    }

    def other() -> object:
        return directory.users.patch(ada, titled("theirs"))

    with (
        preceded(services.clients.dynamodb, COMMIT, other),
        pytest.raises(PreconditionFailedException),
    ):
        acts[how]()

    left = directory.users.read(ada).resource
    assert (left["userName"], left["title"]) == ("ada", "theirs")
    assert "nickName" not in left


def test_a_group_whose_version_ends_meanwhile_is_412_for_members_too(
    services: Services, directory: Directory
) -> None:
    ada, bob = users(directory, 2)
    sales = group(directory, "sales")

    def other() -> object:
        return directory.groups.patch(sales, adding(bob))

    with (
        preceded(services.clients.dynamodb, COMMIT, other),
        pytest.raises(PreconditionFailedException),
    ):
        directory.groups.patch(sales, adding(ada), Precondition('W/"1"'))

    assert members_of(directory, sales) == {bob}
