"""The levels and roles of a deployment: ordered, and lenient with what they do not know."""

from __future__ import annotations

import pytest

from rollcall.templates.access_levels import LEVELS, ROLES, AccessLevels, ScaleError


def test_without_any_the_defaults_are_in_force() -> None:
    assert AccessLevels.of("", " ") == AccessLevels(LEVELS, ROLES)


def test_a_deployment_names_its_own_from_the_lowest_to_the_highest() -> None:
    access_levels = AccessLevels.of("see, do ,own", "guest,member")

    assert access_levels.levels == ("see", "do", "own")
    assert access_levels.highest_level(["do", "see"]) == "do"
    assert access_levels.highest_role(["guest", "member", "guest"]) == "member"


def test_the_highest_of_nothing_is_nothing() -> None:
    assert AccessLevels().highest_level([]) == ""
    assert AccessLevels().highest_role(["", ""]) == ""


def test_what_a_scale_does_not_know_any_more_is_below_all_of_it() -> None:
    assert AccessLevels().highest_level(["owner", "read"]) == "read"
    assert AccessLevels().highest_level(["owner"]) == "owner"


@pytest.mark.parametrize(
    ("levels", "roles", "problem"),
    [
        ("read,read", "", "the levels of access name one of them twice"),
        ("", "a,/b", "the roles of access are words with commas between, not '/b'"),
    ],
)
def test_a_scale_that_cannot_be_is_refused(levels: str, roles: str, problem: str) -> None:
    with pytest.raises(ScaleError, match=problem):
        AccessLevels.of(levels, roles)
