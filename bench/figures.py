"""The figures of a measurement: latency, rate, CPU and memory."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from bench.load import Answer

NOT_REACHED = "not reached"
"""The time that a server has at one size was over before this operation."""


@dataclass(frozen=True)
class Figures:
    """What one operation took: milliseconds a request, and requests a second.

    `wrong` says why its answers do not count, and is empty where they do. A figure is None where
    it is not known.
    """

    p50: float | None = None
    p99: float | None = None
    rate: float | None = None
    cpu: float | None = None
    database_cpu: float | None = None
    requests: int = 0
    wrong: str = ""

    @property
    def whole_cpu(self) -> float | None:
        """The CPU with the database's."""
        return None if self.cpu is None else self.cpu + (self.database_cpu or 0.0)


@dataclass(frozen=True)
class Measurement:
    """The figures of one peer at one size, by operation, and its memory in MB at the end."""

    users: int
    operations: dict[str, Figures] = field(default_factory=dict)
    memory: float | None = None
    database_memory: float | None = None


@dataclass(frozen=True)
class Result:
    """A peer and what was measured of it; `absent` says why it could not be, or went no further."""

    name: str
    version: str = ""
    absent: str = ""
    measurements: list[Measurement] = field(default_factory=list)

    def at(self, users: int) -> Measurement | None:
        """Return the measurement at a size, None where there is none."""
        return next((each for each in self.measurements if each.users == users), None)


def result(content: dict[str, Any]) -> Result:
    """Return a result from its JSON."""
    measurements = [
        Measurement(
            **{
                **each,
                "operations": {
                    name: Figures(**figures) for name, figures in each["operations"].items()
                },
            }
        )
        for each in content["measurements"]
    ]
    return Result(**{**content, "measurements": measurements})


def percentile(seconds: Sequence[float], part: float) -> float:
    """Return the time in milliseconds that such a part of all stays within."""
    ordered = sorted(seconds)
    return 1000 * ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def p50(seconds: Sequence[float]) -> float:
    """Return the median in milliseconds."""
    return 1000 * median(seconds)


def wrong(answers: Sequence[Answer], total: int | None) -> str:
    """Return why answers do not count: a refusal, or another number of results."""
    refused = Counter(answer.status for answer in answers if answer.status >= 300)
    if refused:
        ((status, number),) = refused.most_common(1)
        return f"{status} to {number} of {len(answers)}"
    if total is not None:
        found = json.loads(answers[0].body).get("totalResults")
        if found != total:
            return f"finds {found}, not {total}"
    return ""
