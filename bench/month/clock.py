"""The time of the replay: a month passes in minutes, and the code sees every second of it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, tzinfo
from typing import Any


class Clock:
    """A time that only moves when it is told to."""

    def __init__(self, begin: datetime) -> None:
        self.now = begin

    def pass_by(self, seconds: float) -> None:
        """Let so many seconds pass."""
        self.now += timedelta(seconds=seconds)

    def reach(self, moment: datetime) -> None:
        """Let the time pass until a moment; a moment that is over is no reason to go back."""
        self.now = max(self.now, moment)

    @contextmanager
    def everywhere(self) -> Iterator[None]:
        """Make the modules of Rollcall read this clock: they all ask `datetime.now`."""
        clock = self

        class Kind(type):
            """What any datetime is an instance of."""

            def __instancecheck__(cls, instance: object) -> bool:
                return isinstance(instance, datetime)

        class Replayed(datetime, metaclass=Kind):
            """A datetime whose present is the clock's."""

            @classmethod
            def now(cls, tz: tzinfo | None = None) -> Replayed:
                return cls.fromtimestamp(clock.now.timestamp(), tz)

        modules: list[Any] = [
            module
            for name, module in sorted(sys.modules.items())
            if name.partition(".")[0] == "rollcall" and vars(module).get("datetime") is datetime
        ]
        for module in modules:
            module.datetime = Replayed
        try:
            yield
        finally:
            for module in modules:
                module.datetime = datetime
