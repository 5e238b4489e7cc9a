"""A trust: whose assertions sign a client in (RFC 7523 section 3).

Every function reads it with the tenant's secret: it knows no library that verifies.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True)
class Trust:
    """The values of an assertion that signs a client in, and the URL of its issuer's keys.

    With `single_use` an assertion that has a `jti` is accepted once.
    """

    issuer: str
    jwks: str
    subject: str
    audience: str
    single_use: bool = False


class AssertionRefused(Exception):  # noqa: N818
    """An assertion does not sign in; the message says why, for our own log.

    It repeats nothing of the assertion. `shown` does, for whoever has the assertion.
    """

    def __init__(self, reason: str, shown: str = "") -> None:
        super().__init__(reason)
        self.shown = shown or reason


Verifier: TypeAlias = Callable[[str, Trust], None]
"""Verifies an assertion against a trust. Raises AssertionRefused, and Unavailable when the keys of
the issuer cannot be read."""
