"""Whether somebody may sign in: ask, and live an hour on the last answer while there is none.

The client has the base URL `…/scim/TENANT`, a read-only token, and a time-out of a second or two.
"""

from collections.abc import Callable
from time import monotonic
from typing import Any

import httpx

MINUTE, HOUR = 60, 3600
NO = {"active": False, "reason": "unanswered", "workAreas": []}


class SignIn:
    """The answers of the last hour; `access(externalId=…, userName=…)` returns one."""

    def __init__(self, client: httpx.Client, clock: Callable[[], float] = monotonic) -> None:
        self.client, self.clock = client, clock
        self.answers: dict[Any, tuple[float, Any]] = {}

    def access(self, **known: str) -> Any:
        """Say whether the person of whom this is known is active, and what they may do."""
        now, person = self.clock(), tuple(sorted(known.items()))
        at, last = self.answers.get(person, (now - HOUR, NO))
        if now - at < MINUTE:
            return last
        try:
            answer = self.client.post("/access", json=known).raise_for_status().json()
        except (httpx.HTTPError, ValueError):  # a time-out, 5xx, 429, no JSON: tell somebody
            return last if now - at < HOUR else NO
        self.answers[person] = now, answer
        return answer
