"""Tokens: what one looks like, and what is kept of it."""

from __future__ import annotations

import pytest

from rollcall.tenants import token_format


def test_a_generated_token_is_well_formed_and_unlike_any_other() -> None:
    made = {token_format.generate() for _ in range(200)}

    assert len(made) == 200
    assert all(token_format.is_well_formed(each) for each in made)


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

    assert not token_format.is_well_formed(mistyped(token_format.generate()))


def test_what_is_kept_of_a_token_does_not_hold_it() -> None:
    token = token_format.generate()

    assert token_format.digest(token) == token_format.digest(token)
    assert token[10:20] not in token_format.digest(token)
    assert len(token_format.digest(token)) == 64
