"""What an operation costs on AWS: round trips, request units, and dollars for a million of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import islice

from bench import figures, peer, prices
from bench.copies import copies
from bench.load import Request, send
from bench.operation import CREATE, OPERATIONS
from bench.population import RefusedError, ids
from events.template import Template

_REQUESTS = 5
_MILLION = 1_000_000


@dataclass(frozen=True)
class Bill:
    """The round trips to DynamoDB and the units of a request, the indexes' among them."""

    calls: int
    reads: float
    writes: float

    @property
    def database(self) -> float:
        """The dollars that DynamoDB takes for a million."""
        listed = prices.read()
        reads = listed.dollars("dynamodb.read_unit", self.reads * _MILLION)
        return reads + listed.dollars("dynamodb.write_unit", self.writes * _MILLION)

    def whole(self, milliseconds: float) -> float:
        """Return it with the gateway and a function that is busy for so long, on arm64."""
        listed = prices.read()
        gigabytes = Template().globals["Function"]["MemorySize"] / 1024
        seconds = milliseconds / 1000 * gigabytes * _MILLION
        return (
            self.database
            + listed.dollars("api.request", _MILLION)
            + listed.dollars("lambda.request", _MILLION)
            + listed.dollars("lambda.gb_second.arm64", seconds)
        )


def bills(users: int, progress: Callable[[str], None]) -> dict[str, Bill]:
    """Return the bill of each operation, at so many users.

    Raises AbsentError, StartError and RefusedError.
    """
    progress(f"units of each operation: {users:,} users")
    found = {}
    with peer.metered() as (running, meter):
        assert running.database is not None
        people = copies(running.target, running.database.port, peer.TENANT, "user", users)
        for operation in OPERATIONS:
            # The first ones read what is then kept, such as the token.
            requests: list[Request] = list(islice(operation.requests(people), 2 * _REQUESTS))
            first = send(running.target, requests[:_REQUESTS]).answers
            before = replace(meter.use)
            then = send(running.target, requests[_REQUESTS:]).answers
            used = meter.use.since(before, len(then))
            if wrong := figures.wrong(then, operation.total):
                raise RefusedError(f"{operation.name}: {wrong}")
            if operation is CREATE:
                people.made = ids([*first, *then])
            found[operation.name] = Bill(used.calls, used.reads, used.writes)
    return found
