"""The logs that pages follow, each with what it has shown already."""

from __future__ import annotations

import secrets
from collections import OrderedDict

from rollcall.operations.log_reader import LogFollower
from rollcall.operator_error import OperatorError

_MAX_FOLLOWERS = 20


class FollowedLogError(OperatorError):
    """What was followed is not known any more."""


class FollowedLogs:
    """The logs that pages follow, by name; the oldest are forgotten."""

    def __init__(self) -> None:
        self._followers: OrderedDict[str, LogFollower] = OrderedDict()

    def add(self, follower: LogFollower) -> str:
        """Add one, and return its name."""
        name = secrets.token_urlsafe(12)
        self._followers[name] = follower
        if len(self._followers) > _MAX_FOLLOWERS:
            self._followers.popitem(last=False)
        return name

    def read(self, name: str) -> LogFollower:
        """Return one. Raises FollowedLogError."""
        if name not in self._followers:
            raise FollowedLogError("this log is not followed any more: load the page again")
        return self._followers[name]
