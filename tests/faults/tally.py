"""What many requests came to while AWS was unreliable, counted."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from threading import Lock

import httpx

from rollcall.scim.errors import ERROR

WRONG = ("lost", "doubled", "half-applied", 'false "not found"', "500", "other")
"""What must not be."""

BUSY = {429, 503}
COLUMNS = ("requests", "acknowledged", "refused", *WRONG)


@dataclass
class Tally:
    """Requests by what became of them, and a few words on each that came out wrong."""

    counts: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def answered(self, answer: httpx.Response, *, writes: bool) -> None:
        """Count an answer; one that says to try again has to say it in SCIM's words."""
        with self._lock:
            self.counts["requests"] += 1
            self.counts["acknowledged"] += writes and answer.is_success
            self.counts["refused"] += answer.status_code in BUSY
        if answer.status_code in BUSY and not _is_refusal(answer):
            self.note("other", f"a {answer.status_code} that is none: {answer.text[:200]}")
        if answer.status_code >= 500 and answer.status_code not in BUSY:
            self.note("500", f"{answer.request.method} {answer.request.url}: {answer.text[:200]}")

    def note(self, kind: str, words: str) -> None:
        """Note something that must not be."""
        with self._lock:
            self.counts[kind] += 1
            self.wrong.append(f"{kind}: {words}")

    def row(self) -> str:
        """Return the counts in the order of COLUMNS."""
        return " ".join(f"{self.counts[each]:>{len(each)}}" for each in COLUMNS)


def _is_refusal(answer: httpx.Response) -> bool:
    if not answer.headers.get("retry-after", "").isdigit():
        return False
    body = answer.json()
    return (body["schemas"], body["status"]) == ([ERROR], str(answer.status_code))
