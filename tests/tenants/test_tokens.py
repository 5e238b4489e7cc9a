"""Tokens: what one looks like, and what is kept of it."""

from __future__ import annotations

import pytest

from rollcall.tenants import tokens


def test_a_generated_token_is_well_formed_and_unlike_any_other() -> None:
    made = {tokens.generate() for _ in range(200)}

    assert len(made) == 200
    assert all(tokens.is_well_formed(each) for each in made)


@pytest.mark.parametrize(
    "mistyped",
    [
        lambda token: "",
        lambda token: token[:-1],
        lambda token: token + "x",
        lambda token: token.lower(),
        lambda token: token[:20] + ("a" if token[20] != "a" else "b") + token[21:],
        lambda token: token.replace("rollcall_", "rollback_"),
        lambda token: token[:-1] + "é",
        lambda token: " " + token[1:],
    ],
)
def test_a_mistyped_token_is_not_well_formed(mistyped: object) -> None:
    assert callable(mistyped)

    assert not tokens.is_well_formed(mistyped(tokens.generate()))


def test_what_is_kept_of_a_token_does_not_hold_it() -> None:
    token = tokens.generate()

    assert tokens.digest(token) == tokens.digest(token)
    assert token[10:20] not in tokens.digest(token)
    assert len(tokens.digest(token)) == 64
