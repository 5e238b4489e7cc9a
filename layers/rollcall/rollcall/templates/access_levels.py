"""The access levels and the roles of a deployment, each from the lowest to the highest."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rollcall.operator_error import OperatorError

LEVELS = ("read", "comment", "edit", "manage")
ROLES = ("occasional", "regular", "administrator")


class ScaleError(OperatorError):
    """The levels or roles of a deployment are not valid; the message is one sentence."""


_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,39}")


@dataclass(frozen=True)
class AccessLevels:
    """The levels and the roles of one deployment; an unknown one is below all others."""

    levels: tuple[str, ...] = LEVELS
    roles: tuple[str, ...] = ROLES

    @classmethod
    def of(cls, levels: str, roles: str) -> AccessLevels:
        """Read levels and roles, each a list with commas; an empty one is the default.

        Raises ScaleError, which names the list and the problem.
        """
        return cls(_scale("levels", levels) or LEVELS, _scale("roles", roles) or ROLES)

    def highest_level(self, levels: Iterable[str]) -> str:
        """Return the highest of some levels, an empty string when there are none."""
        return _highest(self.levels, levels)

    def highest_role(self, roles: Iterable[str]) -> str:
        """Return the highest of some roles, an empty string when there are none."""
        return _highest(self.roles, roles)


def _scale(name: str, text: str) -> tuple[str, ...]:
    words = tuple(word.strip() for word in text.split(",") if word.strip())
    for word in words:
        if not _WORD.fullmatch(word):
            raise ScaleError(f"the {name} of access are words with commas between, not {word!r}")
    if len(set(words)) != len(words):
        raise ScaleError(f"the {name} of access name one of them twice: {text}")
    return words


def _highest(scale: Sequence[str], values: Iterable[str]) -> str:
    """Return the highest value; where all are unknown, the last in alphabetical order."""
    ranks = {value: rank for rank, value in enumerate(scale)}
    return max(filter(None, values), key=lambda value: (ranks.get(value, -1), value), default="")
