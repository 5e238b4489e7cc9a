"""Many at once, over HTTP, on storage whose transactions conflict: exact outcomes all the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from rollcall.directory.sweep import Sweep
from rollcall.operations.accounts import AccountError
from rollcall.storage import large_change_items
from tests.operations import operators
from tests.operations.operators import operator_of
from tests.parallel.conftest import Contend, Contended
from tests.parallel.crowd import at_once, change, group, members, users

SMALL = 12
"""The actions of a transaction that holds the changes of three members."""


def test_of_many_creates_of_one_name_in_any_case_exactly_one_wins(contend: Contend) -> None:
    there = contend()
    names = ["ann@example.com", "Ann@Example.com", "ANN@EXAMPLE.COM"] * 67

    answers = there.at_once(
        lambda name: there.api.post("/Users", json={"userName": name}), names[:200]
    )

    assert Counter(each.status_code for each in answers) == {201: 1, 409: 199}
    assert {each.json().get("scimType") for each in answers} == {None, "uniqueness"}
    assert there.api.get("/Users").json()["totalResults"] == 1


def test_adds_of_single_members_all_stay(contend: Contend) -> None:
    there = contend()
    people = users(there.api, 100)
    staff = group(there.api)

    answers = there.at_once(lambda each: change(there.api, staff, "add", each), people)

    assert set(answers) == {204}
    assert members(there.api, staff) == set(people)
    assert version(there.api, staff) == 101


def test_adds_against_removes_are_exact(contend: Contend) -> None:
    there = contend()
    people = users(there.api, 100)
    leaving, coming = people[:50], people[50:]
    staff = group(there.api, *leaving[:30])
    change(there.api, staff, "add", *leaving[30:])
    pairs = zip(leaving, coming, strict=True)
    changes = [each for old, new in pairs for each in (("remove", old), ("add", new))]

    answers = there.at_once(lambda each: change(there.api, staff, *each), changes)

    assert set(answers) == {204}
    assert members(there.api, staff) == set(coming)


def test_writers_of_different_attributes_of_one_user_all_stay(contend: Contend) -> None:
    there = contend()
    (person,) = users(there.api, 1)
    paths = [
        "title",
        "nickName",
        "displayName",
        "locale",
        "timezone",
        "userType",
        "preferredLanguage",
        "profileUrl",
    ]

    def write(path: str) -> int:
        operation = {"op": "replace", "path": path, "value": f"https://x.test/{path}"}
        return there.api.patch(f"/Users/{person}", json={"Operations": [operation]}).status_code

    assert there.at_once(write, paths) == [200] * 8
    read = there.api.get(f"/Users/{person}").json()
    assert {path: read[path] for path in paths} == {
        path: f"https://x.test/{path}" for path in paths
    }
    assert read["meta"]["version"] == 'W/"9"'


def test_deletes_of_users_against_adds_leave_no_half_membership(contend: Contend) -> None:
    there = contend()
    people = users(there.api, 30)
    staff = group(there.api)

    def work(each: tuple[str, str]) -> int:
        what, person = each
        if what == "delete":
            return there.api.delete(f"/Users/{person}").status_code
        return change(there.api, staff, "add", person)

    answers = there.at_once(work, [(what, each) for each in people for what in ("add", "delete")])

    assert set(answers) == {204}
    assert members(there.api, staff) == set()
    assert there.api.get("/Users").json()["totalResults"] == 0


@pytest.mark.parametrize("max_actions", [100, SMALL])
def test_a_group_that_is_deleted_while_members_are_added_leaves_nothing_on_them(
    contend: Contend, max_actions: int
) -> None:
    there = contend(max_actions)
    people = users(there.api, 48)
    staff = group(there.api, *people[:8])

    def work(at: int) -> int:
        if at == 1:
            return there.api.delete(f"/Groups/{staff}").status_code
        return change(there.api, staff, "add", people[8 + at])

    answers = there.at_once(work, range(40))
    finish(there)

    assert answers[1] == 204
    assert set(answers) <= {204, 404}
    assert there.api.get(f"/Groups/{staff}").status_code == 404
    read = at_once(lambda each: there.api.get(f"/Users/{each}").json(), people)
    assert not [each["id"] for each in read if each.get("groups")]


def test_of_writers_with_one_version_of_a_user_exactly_one_wins(contend: Contend) -> None:
    there = contend()
    (person,) = users(there.api, 1)

    def write(number: int) -> int:
        operation = {"op": "replace", "path": "title", "value": str(number)}
        return there.api.patch(
            f"/Users/{person}", json={"Operations": [operation]}, headers={"If-Match": 'W/"1"'}
        ).status_code

    assert Counter(there.at_once(write, range(20))) == {200: 1, 412: 19}


def test_of_writers_with_one_version_of_a_group_exactly_one_wins(contend: Contend) -> None:
    there = contend()
    people = users(there.api, 20)
    staff = group(there.api)

    def add(person: str) -> int:
        operation = {"op": "add", "path": "members", "value": [{"value": person}]}
        return there.api.patch(
            f"/Groups/{staff}", json={"Operations": [operation]}, headers={"If-Match": 'W/"1"'}
        ).status_code

    answers = dict(zip(people, there.at_once(add, people), strict=True))

    assert Counter(answers.values()) == {204: 1, 412: 19}
    assert members(there.api, staff) == {each for each in people if answers[each] == 204}


def test_changes_larger_than_a_transaction_all_stay_beside_single_ones(contend: Contend) -> None:
    there = contend(SMALL)
    people = users(there.api, 100)
    many = [people[at : at + 20] for at in range(0, 60, 20)]
    single = [[each] for each in people[60:]]
    staff = group(there.api)

    answers = there.at_once(
        lambda each: patiently(there, staff, "add", each),
        [many[0], *single[:10], many[1], *single[10:20], many[2], *single[20:]],
    )
    finish(there)

    assert set(answers) == {204}
    assert members(there.api, staff) == set(people)
    assert version(there.api, staff) == 1 + len(many) + len(single)


def test_large_additions_against_removals_of_the_same_are_one_after_the_other(
    contend: Contend,
) -> None:
    there = contend(SMALL)
    people = users(there.api, 30)
    staff = group(there.api)
    work: list[tuple[str, Sequence[str]]] = [
        (op, people[at : at + 10]) for op in ("add", "remove") * 2 for at in range(0, 30, 10)
    ]

    answers = there.at_once(lambda each: patiently(there, staff, *each), work)
    finish(there)

    assert set(answers) == {204}
    left = members(there.api, staff)
    assert {len(left & set(people[at : at + 10])) for at in range(0, 30, 10)} <= {0, 10}


def test_of_writers_who_set_the_members_one_is_the_last_beside_single_adds(
    contend: Contend,
) -> None:
    there = contend(SMALL)
    people = users(there.api, 56)
    teams = [people[at : at + 8] for at in range(0, 40, 8)]
    staff = group(there.api)
    alone = [("add", [each]) for each in people[40:]]
    work = [
        each
        for pair in zip([("replace", team) for team in teams], alone[:5], strict=True)
        for each in pair
    ]

    answers = there.at_once(lambda each: patiently(there, staff, *each), [*work, *alone[5:]])
    finish(there)

    assert set(answers) == {204}
    left = members(there.api, staff)
    (last,) = [team for team in teams if left & set(team)]
    assert set(last) <= left
    assert left - set(last) <= set(people[40:])


@pytest.mark.parametrize("max_actions", [100, SMALL])
def test_memberships_that_come_while_accounts_are_merged_are_the_survivors(
    contend: Contend, max_actions: int
) -> None:
    there = contend(max_actions)
    operator = operator_of(there.services, there.tenant)
    stays, goes = users(there.api, 2)
    groups = [group(there.api, name=f"g{each}") for each in range(24)]

    def merge() -> int:
        for _ in range(100):
            with suppress(AccountError):  # the plan is not of what is there any more
                operators.merge(operator, there.tenant, stays, goes, goes)
                return 204
        return 409

    def work(at: int) -> int:
        return merge() if at == 12 else change(there.api, groups[at], "add", goes)

    answers = there.at_once(work, range(24))
    finish(there)

    assert set(answers) == {204}
    expected = set(groups) - {groups[12]}
    read = there.api.get(f"/Users/{stays}").json()
    assert {each["value"] for each in read["groups"]} == expected
    assert all(members(there.api, each) == {stays} for each in expected)


def patiently(there: Contended, identifier: str, op: str, named: Sequence[str]) -> int:
    """Change members; where the answer is 429, ask again, as clients do."""
    for _ in range(10):
        if (status := change(there.api, identifier, op, *named)) != 429:
            break
    return status


def finish(there: Contended) -> None:
    """Go on with what was left to the sweep, an hour later."""
    later = datetime.now(UTC) + timedelta(hours=1)
    list(Sweep(there.services.table, there.services.directory, lambda: later).run())
    begun = large_change_items.unfinished_changes(there.services.table, "9")
    assert [each for each in begun if each.tenant == there.tenant] == []


def version(api: httpx.Client, identifier: str) -> int:
    """Return the version of a group, as often as it was changed and once more."""
    read = api.get(f"/Groups/{identifier}", params={"excludedAttributes": "members"}).json()
    return int(read["meta"]["version"].strip('W/"'))
