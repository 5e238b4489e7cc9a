"""The sign-in of one person to one console: a link of a minute, then a session in memory."""

from __future__ import annotations

import time
from collections.abc import Callable
from secrets import compare_digest, token_urlsafe
from threading import Lock

CODE_SECONDS = 60
"""How long the link works, which works once."""

IDLE_SECONDS = 30 * 60
"""After how much time without a request of the person the session ends."""


class ConsoleSignIn:
    """The code of the link, and the session that it opens.

    The session is a cookie below a path that nobody can guess: browsers send a cookie to every port
    of a host, and pages of other ports count as the same site.
    """

    def __init__(self, port: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.origin = f"http://127.0.0.1:{port}"
        self.path = f"/{token_urlsafe(18)}"
        self.cookie = f"rollcall-{port}"
        self._clock = clock
        self._code: str | None = token_urlsafe(32)
        self._value = token_urlsafe(32)
        self._begun = self._seen = clock()
        self._lock = Lock()
        self.link = f"{self.origin}/#{self._code}"

    def open(self, code: str) -> str | None:
        """Return the value of the cookie for the code of the link, None for any other or later."""
        with self._lock:
            expected, now = self._code, self._clock()
            if expected is None or now - self._begun > CODE_SECONDS:
                return None
            if not compare_digest(code.encode(), expected.encode()):
                return None
            self._code, self._seen = None, now
            return self._value

    def admits(self, value: str) -> bool:
        """Tell whether a cookie is that of the session, while it lasts."""
        was_opened = self._code is None
        is_right = compare_digest(value.encode(), self._value.encode())
        return was_opened and is_right and not self.has_ended()

    def note_request(self) -> None:
        """Note a request of the person: the session lasts from now on."""
        self._seen = self._clock()

    def has_ended(self) -> bool:
        """Tell whether the session is over, or was never begun in time."""
        return self._clock() - self._seen > IDLE_SECONDS

    def is_waiting(self) -> bool:
        """Tell whether the link may still be opened."""
        return self._code is not None and self._clock() - self._begun <= CODE_SECONDS
