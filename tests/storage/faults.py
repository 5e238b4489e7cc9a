"""What goes wrong between a client and AWS, done to real clients by the SDK's own events.

Each is a context manager around what is to suffer it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from copy import deepcopy
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from botocore.exceptions import ReadTimeoutError


@dataclass(frozen=True)
class Request:
    """One round trip: the operation and its parameters."""

    operation: str
    body: dict[str, Any]

    @property
    def actions(self) -> list[dict[str, Any]]:
        """The actions of a transaction."""
        return list(self.body.get("TransactItems", ()))


@contextmanager
def counted(*clients: Any) -> Iterator[list[Request]]:
    """Yield a list that every round trip of the clients is added to."""
    requests: list[Request] = []

    def note(model: Any, params: Any, **_: Any) -> None:
        requests.append(Request(model.name, deepcopy(params)))

    with ExitStack() as hooks:
        for client in clients:
            event = f"before-parameter-build.{_service(client)}"
            hooks.enter_context(registered(client, event, note))
        yield requests


@contextmanager
def answering(client: Any, operation: str, *answers: dict[str, Any] | None) -> Iterator[list[Any]]:
    """Give these answers to the first calls of an operation, which are not made; None lets one be.

    Yields the answers that are left.
    """
    left = list(answers)

    def answer(**_: Any) -> Any:
        parsed = left.pop(0) if left else None
        if parsed is None:
            return None
        return SimpleNamespace(status_code=parsed["ResponseMetadata"]["HTTPStatusCode"]), parsed

    with registered(client, f"before-call.{_service(client)}.{operation}", answer):
        yield left


@contextmanager
def losing(client: Any, operation: str) -> Iterator[None]:
    """Lose the answer to the first call of an operation, which is made."""
    lost: list[str] = []

    def lose(**_: Any) -> None:
        if not lost:
            lost.append(operation)
            raise ReadTimeoutError(endpoint_url=client.meta.endpoint_url)

    with registered(client, f"after-call.{_service(client)}.{operation}", lose):
        yield
    assert lost, f"{operation} was not called"


@contextmanager
def preceded(client: Any, operation: str, *acts: Callable[[], object]) -> Iterator[list[Any]]:
    """Act before each of the first calls of an operation, as another writer would.

    Yields the acts that are left.
    """
    left = list(acts)
    acting: list[Any] = []

    def act(**_: Any) -> None:
        if left and not acting:
            acting.append(left.pop(0))
            try:
                acting[0]()
            finally:
                acting.clear()

    with registered(client, f"before-call.{_service(client)}.{operation}", act):
        yield left


@dataclass
class Calls:
    """The calls of a client, counted from 1, and whether the one that was waited for came."""

    number: int = 0
    came: bool = False
    inside: bool = False


@contextmanager
def at_call(
    client: Any, number: int, act: Callable[[], object], *, after: bool = False
) -> Iterator[Calls]:
    """Act before the call of this number is made, or after its answer came.

    Calls that the act makes are not counted. What it raises, the caller gets.
    """
    calls = Calls()

    def come(wanted: bool) -> None:
        if calls.inside or not wanted or calls.number != number:
            return
        calls.came = calls.inside = True
        try:
            act()
        finally:
            calls.inside = False

    def before(**_: Any) -> None:
        calls.number += not calls.inside
        come(not after)

    def behind(**_: Any) -> None:
        come(after)

    service = _service(client)
    with (
        registered(client, f"before-call.{service}", before),
        registered(client, f"after-call.{service}", behind),
    ):
        yield calls


def refusal(code: str, status: int = 400, **more: Any) -> dict[str, Any]:
    """Return an answer of AWS that refuses a call."""
    return {
        "Error": {"Code": code, "Message": "injected"},
        "ResponseMetadata": {"HTTPStatusCode": status},
        **more,
    }


def cancellation(*reasons: str) -> dict[str, Any]:
    """Return the answer to a transaction that is cancelled, with a reason per action."""
    coded = [{"Code": each} for each in reasons]
    return refusal("TransactionCanceledException", CancellationReasons=coded)


def success(**content: Any) -> dict[str, Any]:
    """Return an answer of AWS to a call that went well."""
    return {"ResponseMetadata": {"HTTPStatusCode": 200}, **content}


class Time:
    """A clock that stands still except when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0
        self.pauses: list[float] = []

    def clock(self) -> float:
        """Return the present in seconds."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Pass the time."""
        self.pauses.append(seconds)
        # Even the shortest pause passes some time, so that patience ends.
        self.now += max(seconds, 0.001)


@contextmanager
def registered(client: Any, event: str, handler: Callable[..., Any]) -> Iterator[None]:
    """Call a handler on an event of a client, first of all handlers."""
    client.meta.events.register_first(event, handler)
    try:
        yield
    finally:
        client.meta.events.unregister(event, handler)


def _service(client: Any) -> str:
    return str(client.meta.service_model.service_id.hyphenize())
