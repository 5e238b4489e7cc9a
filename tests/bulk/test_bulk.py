"""Bulk requests (RFC 7644 section 3.7)."""

from __future__ import annotations

from dataclasses import replace
from math import inf
from typing import Any

import pytest

from rollcall.directory.directory import Directory
from rollcall.directory.search import Query
from rollcall.runtime.services import Services
from rollcall.scim.errors import (
    InvalidSyntaxException,
    InvalidValueException,
    PayloadTooLargeException,
    SCIMException,
)
from rollcall.scim.resource_type import Kind
from tests.directory.people import URL, user
from tests.storage.faults import counted

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


def run(directory: Directory, *operations: Any, **options: Any) -> list[dict[str, Any]]:
    left = options.pop("seconds_left", lambda: inf)
    answer = directory.bulk.run({"Operations": list(operations), **options}, left)
    assert answer["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:BulkResponse"]
    answers: list[dict[str, Any]] = answer["Operations"]
    return answers


def create(bulk_id: str, name: str, **data: Any) -> dict[str, Any]:
    return {
        "method": "POST",
        "path": "/Users",
        "bulkId": bulk_id,
        "data": {"userName": name, **data},
    }


def group(bulk_id: str, name: str, *members: str) -> dict[str, Any]:
    listed = [{"value": each} for each in members]
    data = {"displayName": name, "members": listed}
    return {"method": "POST", "path": "/Groups", "bulkId": bulk_id, "data": data}


def id_of(answer: dict[str, Any]) -> str:
    return str(answer["location"].rpartition("/")[2])


def members(directory: Directory, answer: dict[str, Any]) -> set[str]:
    resource = directory.groups.read(id_of(answer)).resource
    return {each["value"] for each in resource.get("members", [])}


def total(directory: Directory, kind: Kind) -> int:
    return int(directory.search.run([kind], Query())["totalResults"])


def test_every_method_is_carried_out_and_answered_in_order(directory: Directory) -> None:
    kept, gone = user(directory, "kept"), user(directory, "gone")

    answers = run(
        directory,
        create("a", "ann"),
        {"method": "PUT", "path": f"/Users/{kept}", "data": {"userName": "put"}},
        {
            "method": "patch",
            "path": f"/Users/{kept}",
            "data": {"Operations": [{"op": "replace", "path": "title", "value": "Chief"}]},
        },
        {"method": "DELETE", "path": f"/Users/{gone}"},
    )

    assert [each["status"] for each in answers] == ["201", "200", "200", "204"]
    assert [each["method"] for each in answers] == ["POST", "PUT", "PATCH", "DELETE"]
    assert answers[0]["bulkId"] == "a"
    assert answers[0]["version"] == 'W/"1"'
    assert answers[1]["location"] == f"{URL}/Users/{kept}"
    assert directory.users.read(kept).resource["title"] == "Chief"
    assert total(directory, Kind.USER) == 2


@pytest.mark.parametrize("group_first", [True, False])
def test_a_reference_points_forwards_or_backwards(group_first: bool, directory: Directory) -> None:
    operations = [group("g", "Staff", "bulkId:a"), create("a", "ann")]
    answers = run(directory, *(operations if group_first else operations[::-1]))
    by_id = {each["bulkId"]: each for each in answers}

    assert {each["status"] for each in answers} == {"201"}
    expected = ["g", "a"] if group_first else ["a", "g"]
    assert [each["bulkId"] for each in answers] == expected
    assert members(directory, by_id["g"]) == {id_of(by_id["a"])}


def test_a_reference_stands_in_a_patch_and_in_a_path(directory: Directory) -> None:
    answers = run(
        directory,
        group("g", "Staff"),
        create("a", "ann"),
        {
            "method": "PATCH",
            "path": "/Groups/bulkId:g",
            "data": {"Operations": [{"op": "add", "path": "members", "value": ["bulkId:a"]}]},
        },
    )

    assert [each["status"] for each in answers] == ["201", "201", "200"]
    assert members(directory, answers[0]) == {id_of(answers[1])}


def test_a_reference_stands_in_a_selection(directory: Directory) -> None:
    removal = {"op": "remove", "path": 'members[value eq "bulkId:a"]'}
    answers = run(
        directory,
        create("a", "ann"),
        create("b", "bob"),
        group("g", "Staff", "bulkId:a", "bulkId:b"),
        {"method": "PATCH", "path": "/Groups/bulkId:g", "data": {"Operations": [removal]}},
    )

    assert [each["status"] for each in answers] == ["201", "201", "201", "200"]
    assert members(directory, answers[2]) == {id_of(answers[1])}


def test_groups_may_contain_each_other(directory: Directory) -> None:
    answers = run(directory, group("a", "A", "bulkId:b"), group("b", "B", "bulkId:a"))

    assert [each["status"] for each in answers] == ["201", "201"]
    assert members(directory, answers[0]) == {id_of(answers[1])}
    assert members(directory, answers[1]) == {id_of(answers[0])}


def test_users_may_manage_each_other(directory: Directory) -> None:
    answers = run(
        directory,
        create("a", "ann", **{ENTERPRISE: {"manager": {"value": "bulkId:b"}}}),
        create("b", "bob", **{ENTERPRISE: {"manager": {"value": "bulkId:a"}}}),
    )

    assert [each["status"] for each in answers] == ["201", "201"]
    for one, other in (answers, answers[::-1]):
        resource = directory.users.read(id_of(one)).resource
        assert resource[ENTERPRISE]["manager"]["value"] == id_of(other)


def test_of_a_circle_that_breaks_nothing_is_left(directory: Directory) -> None:
    directory.groups.create({"displayName": "A"})

    answers = run(directory, group("a", "A", "bulkId:b"), group("b", "B", "bulkId:a"))

    assert [each["status"] for each in answers] == ["409", "409"]
    assert answers[0]["response"]["scimType"] == "uniqueness"
    assert "bulkId a was not created" in answers[1]["response"]["detail"]
    assert total(directory, Kind.GROUP) == 1


def managed(bulk_id: str, name: str, manager: str) -> dict[str, Any]:
    return create(bulk_id, name, **{ENTERPRISE: {"manager": {"value": f"bulkId:{manager}"}}})


def test_of_a_longer_circle_that_breaks_nothing_is_left_either(directory: Directory) -> None:
    user(directory, "cid")

    answers = run(
        directory, managed("a", "ann", "b"), managed("b", "bob", "c"), managed("c", "cid", "a"),
        create("d", "dan"),
    )  # fmt: skip

    assert [each["status"] for each in answers] == ["409", "409", "409", "201"]
    assert answers[2]["response"]["scimType"] == "uniqueness"
    assert "bulkId b was not created" in answers[0]["response"]["detail"]
    assert total(directory, Kind.USER) == 2


def test_of_a_circle_that_breaks_nothing_waits_to_be_taken_back(directory: Directory) -> None:
    user(directory, "bob")
    waiting = Directory(replace(directory.context, grace=7))
    circle = managed("a", "ann", "b"), managed("b", "bob", "a")

    assert [each["status"] for each in run(waiting, *circle)] == ["409", "409"]

    assert list(waiting.context.held_accounts.waiting()) == []


def test_what_refers_to_a_failure_fails(directory: Directory) -> None:
    user(directory, "ann")

    answers = run(directory, create("a", "ann"), group("g", "Staff", "bulkId:a"))

    assert [each["status"] for each in answers] == ["409", "409"]
    assert total(directory, Kind.GROUP) == 0


def test_a_reference_to_nothing_is_refused(directory: Directory) -> None:
    (answer,) = run(directory, group("g", "Staff", "bulkId:x"))

    assert answer["status"] == "400"
    assert "bulkId x" in answer["response"]["detail"]


def test_after_so_many_errors_nothing_more_is_done(directory: Directory) -> None:
    user(directory, "ann")

    answers = run(
        directory, create("a", "ann"), create("b", "bob"), create("c", "cid"), failOnErrors=1
    )

    assert [each["status"] for each in answers] == ["409"]
    assert total(directory, Kind.USER) == 1


def test_errors_count_when_it_is_their_turn(directory: Directory) -> None:
    wrong = {"method": "GET", "path": "/Users"}

    answers = run(directory, create("a", "ann"), wrong, create("b", "bob"), failOnErrors=1)

    assert [each["status"] for each in answers] == ["201", "400"]
    assert total(directory, Kind.USER) == 1


def test_what_was_done_for_another_is_answered_though_errors_ended_the_request(
    directory: Directory,
) -> None:
    answers = run(
        directory,
        group("g", "Staff", "bulkId:b"),
        group("h", "Staff"),
        create("a", "ann"),
        create("b", "bob"),
        failOnErrors=1,
    )

    assert [(each["bulkId"], each["status"]) for each in answers] == [
        ("g", "201"), ("h", "409"), ("b", "201"),
    ]  # fmt: skip
    assert total(directory, Kind.USER) == 1


def test_every_answer_says_what_it_is_about_except_of_what_was_not_created(
    directory: Directory,
) -> None:
    ann = user(directory, "ann")
    wrong = {"method": "PUT", "bulkId": "p", "path": f"/Users/{ann}", "data": {}}

    put, deleted, posted = run(
        directory, wrong, {"method": "DELETE", "path": "/Groups/x"}, create("a", "ann")
    )

    assert (put["status"], put["bulkId"]) == ("400", "p")
    assert put["location"] == f"{URL}/Users/{ann}"
    assert (deleted["status"], deleted["location"]) == ("404", f"{URL}/Groups/x")
    assert (posted["status"], "location" in posted) == ("409", False)


def test_a_patch_of_a_group_reads_no_member(directory: Directory, services: Services) -> None:
    ids = [user(directory, f"user{each}") for each in range(5)]
    staff = directory.groups.create({"displayName": "Staff", "members": ids}).record.id
    rename = {"Operations": [{"op": "replace", "path": "displayName", "value": "Crew"}]}
    operation = {"method": "PATCH", "path": f"/Groups/{staff}", "data": rename}

    with counted(services.clients.dynamodb) as requests:
        (answer,) = run(directory, operation)

    assert answer["version"] == 'W/"2"'
    assert "Query" not in {each.operation for each in requests}


def test_a_version_is_a_string(directory: Directory) -> None:
    ann = user(directory, "ann")

    (answer,) = run(directory, {"method": "DELETE", "path": f"/Users/{ann}", "version": 1})

    assert (answer["status"], answer["response"]["scimType"]) == ("400", "invalidValue")
    assert total(directory, Kind.USER) == 1


def test_an_operation_has_a_version_of_its_own(directory: Directory) -> None:
    ann = user(directory, "ann")

    answers = run(
        directory,
        {"method": "DELETE", "path": f"/Users/{ann}", "version": 'W/"7"'},
        {"method": "DELETE", "path": f"/Users/{ann}", "version": 'W/"1"'},
    )

    assert [each["status"] for each in answers] == ["412", "204"]


def test_what_is_not_begun_in_time_is_answered_and_not_done(directory: Directory) -> None:
    left = iter([100.0, 1.0, 1.0])

    answers = run(
        directory,
        create("a", "ann"),
        create("b", "bob"),
        create("c", "cid"),
        seconds_left=lambda: next(left),
    )

    assert [each["status"] for each in answers] == ["201", "503", "503"]
    assert total(directory, Kind.USER) == 1


@pytest.mark.parametrize(
    ("operation", "status", "word"),
    [
        ("text", "400", "object"),
        ({"method": "GET", "path": "/Users"}, "400", "method"),
        ({"path": "/Users"}, "400", "method"),
        ({"method": "POST", "path": "/Bogus", "bulkId": "a"}, "404", "path"),
        ({"method": "POST", "path": "/Users/x", "bulkId": "a"}, "405", "POST"),
        ({"method": "DELETE", "path": "/Users"}, "405", "DELETE"),
        ({"method": "POST", "path": "/Users", "data": {"userName": "x"}}, "400", "bulkId"),
        ({"method": "POST", "path": "/Users", "bulkId": "a"}, "400", "object"),
        ({"method": "DELETE", "path": "/Users/x"}, "404", "x"),
    ],
)
def test_an_operation_that_is_wrong_fails_alone(
    operation: Any, status: str, word: str, directory: Directory
) -> None:
    wrong, right = run(directory, operation, create("z", "zoe"))

    assert wrong["status"] == wrong["response"]["status"] == status
    assert word in wrong["response"]["detail"]
    assert right["status"] == "201"


def test_a_bulk_id_stands_once(directory: Directory) -> None:
    answers = run(directory, create("a", "ann"), create("a", "bob"))

    assert [each["status"] for each in answers] == ["201", "400"]


@pytest.mark.parametrize(
    ("payload", "error"),
    [
        ([], InvalidSyntaxException),
        ({}, InvalidSyntaxException),
        ({"Operations": []}, InvalidSyntaxException),
        ({"Operations": [{}], "failOnErrors": 0}, InvalidValueException),
        ({"Operations": [{}], "failOnErrors": True}, InvalidValueException),
        ({"Operations": [{}] * 1001}, PayloadTooLargeException),
    ],
)
def test_what_is_no_bulk_request_is_refused_whole(
    payload: Any, error: type[SCIMException], directory: Directory
) -> None:
    with pytest.raises(error):
        directory.bulk.run(payload, lambda: inf)


def test_users_and_their_group_come_in_one_request(directory: Directory) -> None:
    people = [create(f"u{each}", f"user{each}") for each in range(40)]
    staff = group("g", "Staff", *(f"bulkId:u{each}" for each in range(20)))

    answers = run(directory, staff, *people)

    assert {each["status"] for each in answers} == {"201"}
    assert len(members(directory, answers[0])) == 20
