"""The table of a rehearsal: a row for each step with its result and its time."""

from __future__ import annotations

import textwrap
import time
from collections.abc import Callable

WIDTH = 100
_LABEL, _SECONDS = 16, 8


class DifferenceError(AssertionError):
    """A value is not the expected one; the message says which."""


def expect(found: object, expected: object, what: str) -> None:
    """Raise DifferenceError unless something is as expected."""
    if found != expected:
        raise DifferenceError(f"{what}: {found!r}, not {expected!r}")


class Rows:
    """The rows so far, each printed when its step ends."""

    def __init__(self) -> None:
        self.differences = 0
        self._begun = time.monotonic()
        print(f"{'step':{_LABEL}}{'seconds':>{_SECONDS}}  seen")
        print("─" * WIDTH)

    def step(self, label: str, act: Callable[[], str]) -> bool:
        """Run a step and print its row; return False if it failed."""
        begun, mark = time.monotonic(), ""
        try:
            seen = act()
        except Exception as error:  # noqa: BLE001  # the other steps have something to say, too
            self.differences += 1
            kind = "" if isinstance(error, DifferenceError) else f"{type(error).__name__}: "
            seen, mark = f"{kind}{error}", "DIFFERS  "
        self._print(label, time.monotonic() - begun, f"{mark}{seen}")
        return not mark

    def close(self) -> None:
        """Print the totals."""
        print("─" * WIDTH)
        verdict = f"{self.differences} steps differ" if self.differences else "all as it has to be"
        self._print("", time.monotonic() - self._begun, verdict)

    def _print(self, label: str, seconds: float, seen: str) -> None:
        room = WIDTH - _LABEL - _SECONDS - 2
        lines = [each for line in seen.splitlines() for each in textwrap.wrap(line, room) or [""]]
        print(f"{label:{_LABEL}}{seconds:{_SECONDS}.1f}  {lines[0] if lines else ''}", flush=True)
        for each in lines[1:]:
            print(f"{'':{_LABEL + _SECONDS + 2}}{each}", flush=True)
