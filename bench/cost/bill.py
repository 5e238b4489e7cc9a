"""A bill: lines of what is paid for, made of the measured figures and of stated assumptions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bench import prices
from events.template import Template

GB = 1024**3

VCPU = 1_769
"""The MB of memory at which Lambda gives a function one whole processor; less gives a part."""

READ_SECONDS, WRITE_SECONDS, SECRET_SECONDS, PUBLISH_SECONDS = 0.004, 0.008, 0.015, 0.02
"""How long a function waits for one call of DynamoDB, of Secrets Manager, of EventBridge."""

QUIET_READ = 0.00073
"""The CPU of one `get_item` of unmodified boto3 on a quiet machine. CPU that was measured beside a
dearer one is reduced in proportion."""

PLATFORM_BYTES = 1_000
"""What Lambda itself logs about an invocation: its start and its report, as JSON."""

HEADER_BYTES = 600
"""The headers of an answer."""

COMPRESSED = 0.15
"""The part of a log's size that it takes when it is kept."""

TRACED = 0.05
"""The part of requests that X-Ray records, beyond the first in each second."""

FUNCTIONS = {"users": "UsersFunction", "groups": "GroupsFunction", "discovery": "DiscoveryFunction"}


@dataclass(frozen=True)
class Line:
    """A line of a bill: so many units of a price."""

    item: str
    price: str
    number: float

    @property
    def dollars(self) -> float:
        """What it costs."""
        return prices.read().dollars(self.price, self.number)


def total(lines: Iterable[Line]) -> float:
    """Return the sum of a bill."""
    return sum(line.dollars for line in lines)


def memory(function: str) -> int:
    """Return the MB of memory of a function in the template."""
    template = Template()
    size: int = {**template.globals["Function"], **template.functions()[function]}["MemorySize"]
    return size


def seconds(figures: Mapping[str, float], size: int, quiet: float) -> float:
    """Return how long measured work takes on Lambda: its CPU by the memory, and its calls."""
    taken: float = (
        figures["cpu"] * quiet * VCPU / min(size, VCPU)
        + figures["reads"] * READ_SECONDS
        + figures["writes"] * WRITE_SECONDS
        + figures["secret_calls"] * SECRET_SECONDS
    )
    return taken


class Month:
    """The figures of a replayed month, as bills."""

    def __init__(self, figures: Mapping[str, Any], measured: Mapping[str, Any]) -> None:
        """`measured` are the figures of `python -m bench.memory`."""
        self.figures = figures
        self.quiet: float = min(1.0, QUIET_READ / figures["bare_read"])
        self._functions = measured["functions"]

    @property
    def users(self) -> int:
        """The users of all tenants together, at the beginning."""
        users: int = self.figures["plan"]["users"] * self.figures["tenants"]
        return users

    def sum(self, phase: str, name: str) -> float:
        """Return a sum over all kinds of requests of a phase."""
        kinds = self.figures["phases"][phase]["kinds"].values()
        return float(sum(each[name] for each in kinds))

    def phase(self, phase: str) -> list[Line]:
        """Return the bill of the requests of a phase, and of what follows from them."""
        kinds = self.figures["phases"][phase]["kinds"]
        requests = self.sum(phase, "requests")
        rate = 1 / self.figures["phases"][phase]["gap"]
        changes = self._changes(phase)
        invocations = requests + changes["requests"]
        own = self.sum(phase, "log_bytes") + changes["log_bytes"]
        logged = (own + invocations * PLATFORM_BYTES) / GB
        work = sum(self._work(kind, each) for kind, each in kinds.items())
        return [
            Line("API Gateway, requests", "api.request", requests),
            Line("Lambda, requests", "lambda.request", invocations),
            Line("Lambda, GB-seconds of requests", _GB_SECOND, work),
            Line("Lambda, GB-seconds of starts", _GB_SECOND, self._starts(phase)),
            Line("Lambda, GB-seconds of change events", _GB_SECOND, self._publication(changes)),
            Line("DynamoDB, write units", "dynamodb.write_unit", self.sum(phase, "write_units")),
            Line("DynamoDB, read units", "dynamodb.read_unit", self.sum(phase, "read_units")),
            Line("Secrets Manager, calls", "secret.call", self.sum(phase, "secret_calls")),
            Line("EventBridge, events", "events.event", changes["events"]),
            Line("Logs, GB taken in", "logs.ingest_gb", logged),
            Line("Logs, GB kept for a month", "logs.gb_month", logged * COMPRESSED),
            Line("X-Ray, traces", "xray.trace", requests * (1 + TRACED * (rate - 1)) / rate),
            Line("GB to the client", "transfer.gb", self._sent(phase, requests)),
        ]

    def storage(self, when: str) -> list[Line]:
        """Return the bill of a month of what is stored at the end of a phase."""
        stored = self.figures["stored"][when]
        size = (stored["bytes"] + stored["index_bytes"]) / GB
        return [
            Line("DynamoDB, GB stored", "dynamodb.gb_month", size),
            Line("DynamoDB, GB of point-in-time recovery", "dynamodb.recovery_gb_month", size),
        ]

    def schedule(self, name: str, function: str, runs: float) -> list[Line]:
        """Return the bill of so many runs of a schedule, without its invocations."""
        figures = self.figures["schedules"][name]
        each = {key: value / figures["requests"] for key, value in figures.items()}
        size = memory(function)
        logged = runs * (each["log_bytes"] + PLATFORM_BYTES) / GB
        work = runs * seconds(each, size, self.quiet) * size / 1024
        lines = [
            Line("Lambda, requests", "lambda.request", runs),
            Line("Lambda, GB-seconds", _GB_SECOND, work),
            Line("DynamoDB, write units", "dynamodb.write_unit", runs * each["write_units"]),
            Line("DynamoDB, read units", "dynamodb.read_unit", runs * each["read_units"]),
            Line("Secrets Manager, calls", "secret.call", runs * each["secret_calls"]),
            Line("Logs, GB taken in and kept", "logs.ingest_gb", logged),
        ]
        return [line for line in lines if line.number]

    def start_seconds(self, function: str) -> float:
        """Return the CPU of the start of a function, which Lambda gives a whole processor."""
        cpu: float = self._functions[function]["start_cpu"]
        return cpu / 1000 * self.quiet

    def _work(self, kind: str, figures: Mapping[str, float]) -> float:
        size = memory(FUNCTIONS[kind.partition(" ")[0]])
        return float(seconds(figures, size, self.quiet) * size / 1024)

    def _starts(self, phase: str) -> float:
        starts: Mapping[str, int] = self.figures["phases"][phase]["starts"]
        taken = (
            number * self.start_seconds(FUNCTIONS[name]) * memory(FUNCTIONS[name]) / 1024
            for name, number in starts.items()
        )
        return float(sum(taken))

    def _changes(self, phase: str) -> dict[str, float]:
        """Return the figures of the change events: those of a small company, by their writes."""
        followed = self.figures["followed"][phase]
        part = sum(_writes(self.figures["phases"][phase]["kinds"])) / sum(
            _writes(followed["kinds"])
        )
        return {name: value * part for name, value in followed["changes"].items()}

    def _publication(self, changes: Mapping[str, float]) -> float:
        size = memory("ChangesFunction")
        waits = changes["calls"] * PUBLISH_SECONDS
        return (seconds(changes, size, self.quiet) + waits) * size / 1024

    def _sent(self, phase: str, requests: float) -> float:
        return (self.sum(phase, "answer_bytes") + requests * HEADER_BYTES) / GB


_GB_SECOND = "lambda.gb_second.arm64"


def _writes(kinds: Mapping[str, Mapping[str, float]]) -> Iterator[float]:
    """Yield the write units of what changes resources: a look-up writes but its log entry."""
    return (each["write_units"] for kind, each in kinds.items() if " GET " not in kind)
