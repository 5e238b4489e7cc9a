"""The tests in their order, and the run through them."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import NamedTuple

from rollcall.gallery import (
    discovery_checks,
    group_checks,
    lifecycle_checks,
    manager_check,
    paging_checks,
    sign_in_checks,
    user_checks,
)
from rollcall.gallery.check_result import (
    FEDERATED_IDENTITY,
    VALIDATE_CREDENTIALS,
    CheckError,
    CheckReport,
    CheckResult,
    Mismatch,
    Origin,
    Outcome,
    SkippedCheckError,
)
from rollcall.gallery.check_session import CheckSession
from rollcall.gallery.http_exchange import NoAnswerError

MAX_SILENT = 3
"""After so many tests in a row without an answer the others are not tried."""


class ValidatorTest(NamedTuple):
    """One of the validator's tests: its name there, and the requests."""

    name: str
    origin: Origin
    mandatory: bool
    play: Callable[[CheckSession], list[Mismatch]]


_DIRECT, _ENTRA, _WEB = Origin.DIRECT, Origin.ENTRA, Origin.WEB

TESTS = (
    # The credentials first: the other tests use the access token.
    ValidatorTest(VALIDATE_CREDENTIALS, _DIRECT, True, sign_in_checks.validate_credentials),
    ValidatorTest(FEDERATED_IDENTITY, _DIRECT, True, sign_in_checks.federated_identity),
    ValidatorTest(
        "Schema_Discoverability_Test", _DIRECT, True, discovery_checks.schema_discoverability
    ),
    ValidatorTest("SCIM_User_Create_Test", _DIRECT, True, user_checks.user_create),
    ValidatorTest("SCIM_User_Update_Test", _DIRECT, True, user_checks.user_update),
    ValidatorTest("SCIM_Null_Update_Test", _DIRECT, True, user_checks.user_cleared),
    ValidatorTest("SCIM_Update_Manager_Test", _DIRECT, True, manager_check.manager_update),
    ValidatorTest("SCIM_User_Pagination_Test", _DIRECT, True, paging_checks.user_pages),
    ValidatorTest("SCIM_Group_Create_Test", _DIRECT, True, group_checks.group_create),
    ValidatorTest("SCIM_Group_Update_Test", _DIRECT, True, group_checks.group_update),
    ValidatorTest("SCIM_Group_Pagination_Test", _DIRECT, False, paging_checks.group_pages),
    ValidatorTest("Create_User_Test", _ENTRA, True, lifecycle_checks.lookups),
    ValidatorTest("Disable_User_Test", _ENTRA, True, lifecycle_checks.disable_user),
    ValidatorTest("Restore_User_Test", _ENTRA, True, lifecycle_checks.restore_user),
    ValidatorTest("Delete_User_Test", _ENTRA, False, lifecycle_checks.delete_user),
    ValidatorTest("Create_Group_Test", _ENTRA, True, group_checks.group_lookups),
    ValidatorTest("Group_Update_Add_Member_Test", _ENTRA, True, group_checks.add_members),
    ValidatorTest("Group_Update_Remove_Member_Test", _ENTRA, True, group_checks.remove_members),
    ValidatorTest("Delete_Group_Test", _ENTRA, False, group_checks.delete_group),
    ValidatorTest("Discovery endpoints", _WEB, True, discovery_checks.discovery_endpoints),
    ValidatorTest("Create a duplicate user", _WEB, True, lifecycle_checks.duplicate_user),
    ValidatorTest("Create a user again", _WEB, False, lifecycle_checks.recreate_user),
    ValidatorTest("Create a duplicate group", _WEB, False, group_checks.duplicate_group),
)


def validate(session: CheckSession, run: str) -> Generator[str, None, CheckReport]:
    """Play all tests, yielding the name of each; delete what they create, whatever happens."""
    results: list[CheckResult] = []
    silent = 0
    try:
        for test in TESTS:
            yield test.name
            reason = _not_tried(session, test, silent)
            result = _result(test, Outcome.NOT_TRIED, reason) if reason else _play(session, test)
            results.append(result)
            silent = silent + 1 if _is_silent(result) else 0 if not reason else silent
            session.clean()
    finally:
        session.clean()
    return CheckReport(session.client.url, run, tuple(results), session.leftovers)


def _not_tried(session: CheckSession, test: ValidatorTest, silent: int) -> str:
    if silent >= MAX_SILENT:
        return f"{MAX_SILENT} tests in a row had no answer"
    if session.client.token is None and test.name not in {VALIDATE_CREDENTIALS, FEDERATED_IDENTITY}:
        return "there is no access token"
    return ""


def _play(session: CheckSession, test: ValidatorTest) -> CheckResult:
    try:
        mismatches = test.play(session)
    except CheckError as failed:
        mismatches = [failed.mismatch]
    except SkippedCheckError as skipped:
        return _result(test, skipped.outcome, str(skipped))
    except NoAnswerError as silence:
        mismatches = [Mismatch("answer", "a request of the test", str(silence), "an answer")]
    if not mismatches:
        return _result(test, Outcome.PASSED)
    outcome = Outcome.FAILED if test.mandatory else Outcome.WARNING
    return _result(test, outcome, "", tuple(mismatches))


def _result(
    test: ValidatorTest, outcome: Outcome, reason: str = "", mismatches: tuple[Mismatch, ...] = ()
) -> CheckResult:
    return CheckResult(test.name, test.origin, test.mandatory, outcome, mismatches, reason)


def _is_silent(result: CheckResult) -> bool:
    return any(each.attribute == "answer" for each in result.mismatches)
