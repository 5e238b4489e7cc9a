"""A server that is wrong in one point fails the test that is about it, and no other."""

from __future__ import annotations

from collections.abc import Generator

import pytest

from rollcall.gallery.check_result import CheckReport, Outcome
from rollcall.model.progress import Progress
from rollcall.operations import gallery_check
from rollcall.operations.gallery_check import (
    ClientCredentials,
    EndpointError,
    FederatedClient,
    SignIn,
)
from tests.gallery.wrong_server import ACCESS, ASSERTION, CLIENT, SECRET, TOKEN, Defect, serving

UPDATE, CLEAR = "SCIM_User_Update_Test", "SCIM_Null_Update_Test"
MANAGER, SCHEMAS = "SCIM_Update_Manager_Test", "Schema_Discoverability_Test"
LOOKUP, GROUP_LOOKUP = "Create_User_Test", "Create_Group_Test"
DELETE, AGAIN = "Delete_User_Test", "Create a user again"
CREDENTIALS = "Validate_Credentials_Test"
DISCOVERY = "Discovery endpoints"

GROUPS = {
    "SCIM_Group_Create_Test",
    "SCIM_Group_Update_Test",
    "SCIM_Group_Pagination_Test",
    GROUP_LOOKUP,
    "Group_Update_Add_Member_Test",
    "Group_Update_Remove_Member_Test",
    "Delete_Group_Test",
    "Create a duplicate group",
}
"""All fail without a Group schema, as Microsoft's do."""

EXPECTED = {
    Defect.NOTHING: set(),
    Defect.SCHEMAS_NOT_THERE: {SCHEMAS, *GROUPS},
    Defect.EXTERNAL_ID_NOT_LISTED: {SCHEMAS},
    Defect.TYPES_NOT_LISTED: {SCHEMAS},
    Defect.DEPARTMENT_NOT_LISTED: {SCHEMAS},
    Defect.MEMBERS_NOT_LISTED: {SCHEMAS},
    Defect.GROUP_SCHEMA_NOT_LISTED: {SCHEMAS, *GROUPS},
    Defect.RESOURCE_TYPES_NOT_THERE: {DISCOVERY},
    Defect.GROUP_TYPE_NOT_LISTED: {DISCOVERY},
    Defect.CONFIGURATION_NOT_THERE: {DISCOVERY},
    Defect.USER_NAME_IN_UPPER_CASE: {"SCIM_User_Create_Test"},
    Defect.EMAILS_VALIDATED: {UPDATE},
    Defect.DOTTED_KEYS_IGNORED: {UPDATE},
    Defect.URN_KEYS_IGNORED: {UPDATE},
    Defect.EMPTY_STRING_IGNORED: {CLEAR},
    Defect.NULL_REFUSED: {CLEAR},
    Defect.NULL_IS_EMPTY_STRING: {CLEAR},
    Defect.MANAGER_AS_TEXT: {MANAGER},
    Defect.MANAGER_NOT_REMOVED: {MANAGER},
    Defect.MANAGER_AS_EMPTY_OBJECT: {MANAGER},
    Defect.USER_COUNT_IGNORED: {"SCIM_User_Pagination_Test"},
    Defect.USER_START_NOT_RETURNED: {"SCIM_User_Pagination_Test"},
    Defect.GROUP_START_NOT_RETURNED: {"SCIM_Group_Pagination_Test"},
    Defect.USER_LOOKUP_IS_404: {LOOKUP},
    Defect.USER_FILTER_IGNORED: {LOOKUP},
    Defect.GROUP_LOOKUP_IS_404: {GROUP_LOOKUP},
    Defect.MEMBERS_NOT_EXCLUDED: {GROUP_LOOKUP},
    Defect.SECOND_USER_CREATED: {"Create a duplicate user"},
    Defect.SECOND_GROUP_CREATED: {"Create a duplicate group"},
    Defect.DISABLED_NOT_FOUND: {"Disable_User_Test"},
    Defect.FALSE_AS_TEXT: {"Disable_User_Test"},
    Defect.NOT_ENABLED_AGAIN: {"Restore_User_Test"},
    Defect.DELETED_USER_READ: {DELETE},
    Defect.DELETED_NAME_TAKEN: {AGAIN},
    Defect.DELETE_REFUSED: {DELETE, AGAIN},
    Defect.DELETED_GROUP_READ: {"Delete_Group_Test"},
    Defect.GROUP_NAME_IN_UPPER_CASE: {"SCIM_Group_Create_Test"},
    Defect.GROUP_NAME_NOT_CHANGED: {"SCIM_Group_Update_Test"},
    Defect.ONE_MEMBER_ADDED: {"Group_Update_Add_Member_Test"},
    Defect.ALL_MEMBERS_REMOVED: {"Group_Update_Remove_Member_Test"},
    Defect.TOKEN_SHORT: {CREDENTIALS},
    Defect.TOKEN_LONG: {CREDENTIALS},
    Defect.TOKEN_WITHOUT_LIFE: set(),
    Defect.TOKEN_NOT_THERE: {CREDENTIALS},
    Defect.CLIENT_REFUSED: {CREDENTIALS},
}


def checked(url: str, *, token: str | None = None, secret: str = SECRET) -> CheckReport:
    """Check a server with client credentials, and with a token beside them."""
    credentials = ClientCredentials(f"{url}/token", CLIENT, secret)
    return finished(gallery_check.check(url, SignIn(token, credentials), seconds=5))


def finished(act: Generator[Progress, None, CheckReport]) -> CheckReport:
    """Run an act to its end and return its result."""
    while True:
        try:
            next(act)
        except StopIteration as end:
            report: CheckReport = end.value
            return report


def wrong(report: CheckReport) -> set[str]:
    """Return the tests that failed or gave a warning."""
    outcomes = {Outcome.FAILED, Outcome.WARNING}
    return {result.name for result in report.results if result.outcome in outcomes}


def sentences(report: CheckReport) -> str:
    return "\n".join(each.sentence for result in report.results for each in result.mismatches)


@pytest.mark.parametrize("defect", EXPECTED, ids=lambda defect: defect.value)
def test_a_defect_fails_the_test_that_is_about_it_and_no_other(defect: Defect) -> None:
    with serving(defect) as (url, _):
        report = checked(url)

    assert wrong(report) == EXPECTED[defect], sentences(report)


def test_a_mismatch_says_what_was_sent_what_came_back_and_what_is_expected() -> None:
    with serving(Defect.DOTTED_KEYS_IGNORED) as (url, _):
        report = checked(url)

    (failed,) = [result for result in report.results if result.outcome is Outcome.FAILED]
    assert failed.mismatches[0].sentence == (
        f'name.givenName: PATCH replaced it by "{failed.mismatches[0].sent[22:-1]}", '
        'GET returned "Gallery"; Microsoft expects the value that was sent.'
    )
    assert report.run in failed.mismatches[0].sent


def test_a_server_that_gives_no_ids_fails_and_is_left_clean() -> None:
    with serving(Defect.USERS_WITHOUT_ID) as (url, server):
        report = checked(url)

    assert {UPDATE, CLEAR, MANAGER, "SCIM_User_Create_Test"} <= wrong(report)
    assert server.users == {}
    assert report.leftovers == ()


def test_what_cannot_be_deleted_is_named() -> None:
    with serving(Defect.DELETE_REFUSED) as (url, server):
        report = checked(url)

    assert len(report.leftovers) == len(server.users) > 20
    assert report.leftovers[0] == f"/Users/1 (userName gallery-check-{report.run}-1@example.com)"


def test_a_user_who_may_have_been_created_is_looked_for() -> None:
    with serving(Defect.STORED_NOT_ANSWERED) as (url, server):
        report = checked(url)

    assert "SCIM_User_Create_Test" in wrong(report)
    assert any(each.startswith("POST /Users") for each in server.requests)
    assert server.users == {}
    assert report.leftovers == ()


def test_users_of_others_stay_where_the_filter_is_ignored() -> None:
    others = {f"u{number}": {"id": f"u{number}", "userName": f"u{number}"} for number in range(3)}
    with serving(Defect.USER_FILTER_IGNORED) as (url, server):
        server.users.update(others)
        checked(url)

    assert server.users == others


def test_without_an_access_token_the_other_tests_are_not_tried() -> None:
    with serving(Defect.TOKEN_NOT_THERE) as (url, server):
        report = checked(url)

    outcomes = [result.outcome for result in report.results]
    assert outcomes == [Outcome.FAILED, *[Outcome.NOT_TRIED] * (len(outcomes) - 1)]
    assert server.requests == ["POST /token"]
    assert not report.succeeded


def test_a_wrong_secret_is_no_part_of_what_is_said() -> None:
    with serving() as (url, _):
        report = checked(url, secret="not-the-secret")

    assert "invalid_client" in sentences(report)
    assert "not-the-secret" not in sentences(report)


def test_an_access_token_that_the_endpoint_refuses_fails_the_credentials() -> None:
    with serving(Defect.ACCESS_REFUSED) as (url, _):
        report = checked(url)

    assert CREDENTIALS in wrong(report)
    assert ACCESS not in sentences(report).replace("access token", "")


@pytest.mark.parametrize("defect", [Defect.SIGN_IN_REFUSED, Defect.CLOSED])
def test_a_check_does_not_begin_where_the_endpoint_refuses_the_token(defect: Defect) -> None:
    with serving(defect) as (url, _), pytest.raises(EndpointError) as refused:
        checked(url, token=TOKEN)

    assert url in str(refused.value)
    assert TOKEN not in str(refused.value).replace("the token", "")


@pytest.mark.parametrize(
    ("defect", "assertion", "outcome"),
    [
        (Defect.NOTHING, ASSERTION, Outcome.PASSED),
        (Defect.NOTHING, "another", Outcome.FAILED),
        (Defect.TOKEN_NOT_THERE, ASSERTION, Outcome.FAILED),
    ],
)
def test_an_assertion_signs_in_or_fails_the_federation(
    defect: Defect, assertion: str, outcome: Outcome
) -> None:
    with serving(defect) as (url, _):
        federated = FederatedClient(f"{url}/token", CLIENT, assertion)
        report = finished(gallery_check.check(url, SignIn(TOKEN, None, federated), seconds=5))

    outcomes = {result.name: result.outcome for result in report.results}
    assert outcomes["Federated_Identity_Test"] is outcome
    assert outcomes[CREDENTIALS] is Outcome.SKIPPED
    assert report.succeeded is (outcome is Outcome.PASSED)


def test_an_assertion_alone_signs_in_for_all_tests() -> None:
    with serving() as (url, _):
        federated = FederatedClient(f"{url}/token", CLIENT, ASSERTION)
        report = finished(gallery_check.check(url, SignIn(federated=federated), seconds=5))

    assert report.succeeded


def test_pages_in_the_place_of_answers_fail_everything() -> None:
    with serving(Defect.HTML) as (url, _):
        report = checked(url)

    assert len(wrong(report)) > 15
    assert all(each.endswith(", if it was created)") for each in report.leftovers)


@pytest.mark.parametrize("defect", [Defect.REDIRECT, Defect.HUGE])
def test_schemas_are_neither_looked_for_elsewhere_nor_read_without_end(defect: Defect) -> None:
    with serving(defect) as (url, server):
        report = checked(url)

    assert SCHEMAS in wrong(report)
    assert "GET /elsewhere" not in server.requests


def test_a_server_that_is_right_would_succeed() -> None:
    with serving() as (url, server):
        report = checked(url)

    assert report.succeeded
    assert (server.users, server.groups) == ({}, {})


def test_the_validator_does_not_succeed_without_a_sign_in_of_its_kinds() -> None:
    with serving() as (url, _):
        report = finished(gallery_check.check(url, SignIn(TOKEN), seconds=5))

    assert report.failed == 0
    assert not report.succeeded
