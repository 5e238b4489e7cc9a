"""What requests take of AWS: counted, as the database and the SDK report it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, fields
from typing import Any

from bench.meter import READS, WRITES
from rollcall.aws.clients import Clients
from tests.storage.faults import registered


@dataclass
class Usage:
    """A sum: CPU in seconds, calls of AWS, DynamoDB's request units, bytes and lines."""

    requests: int = 0
    cpu: float = 0.0
    reads: int = 0
    writes: int = 0
    read_units: float = 0.0
    write_units: float = 0.0
    secret_calls: int = 0
    log_lines: int = 0
    log_bytes: int = 0
    answer_bytes: int = 0

    def add(self, other: Usage) -> None:
        """Add another sum to this one."""
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))

    def json(self) -> dict[str, float]:
        """Return the figures, CPU in milliseconds of three digits."""
        return {name: round(value, 3) for name, value in asdict(self).items()}


class Log:
    """A log that is counted instead of kept."""

    def __init__(self) -> None:
        self.lines = self.bytes = 0

    def write(self, text: str) -> int:
        """Count a text."""
        self.lines += text.count("\n")
        self.bytes += len(text.encode())
        return len(text)

    def flush(self) -> None:
        """Do nothing: it is counted already."""


@contextmanager
def metered(clients: Clients, usage: Usage) -> Iterator[None]:
    """Add to a sum what is asked of the clients meanwhile, units as DynamoDB reports them."""
    actions = 0

    def ask(params: Any, model: Any, **_: Any) -> None:
        nonlocal actions
        actions = 2 * len(params.get("TransactItems", ())) or 1
        if model.name in READS | WRITES:
            params["ReturnConsumedCapacity"] = "TOTAL"

    def answer(model: Any, parsed: Any, **_: Any) -> None:
        reported = parsed.get("ConsumedCapacity")
        units = sum(
            float(each["CapacityUnits"])
            for each in (reported if isinstance(reported, list) else [reported] * bool(reported))
        )
        if model.name in READS:
            usage.reads += 1
            usage.read_units += units
        elif model.name in WRITES:
            usage.writes += 1
            # A refused write reports nothing, and is billed at least so much.
            usage.write_units += units if reported else actions

    def secret(**_: Any) -> None:
        usage.secret_calls += 1

    with ExitStack() as hooks:
        database, secrets = clients.dynamodb, clients.secretsmanager
        hooks.enter_context(registered(database, "before-parameter-build.dynamodb", ask))
        hooks.enter_context(registered(database, "after-call.dynamodb", answer))
        hooks.enter_context(registered(secrets, "after-call.secrets-manager", secret))
        yield
