"""What can happen at a call to AWS: it fails or the process ends, before it was made or after."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError, ReadTimeoutError

from tests.storage.faults import Calls, at_call, refusal, registered


class Ended(BaseException):
    """The process has ended; nothing that catches exceptions goes on."""


def _throttle() -> None:
    answer: Any = refusal("ThrottlingException")
    raise ClientError(answer, "injected")


def _lose() -> None:
    raise ReadTimeoutError(endpoint_url="injected")


def _end() -> None:
    raise Ended


@contextmanager
def ended_when_true(client: Any) -> Iterator[None]:
    """End the process as soon as a change that is written down has become true."""
    true: list[str] = []

    def note(params: Any, **_: Any) -> None:
        true.extend(
            "true"
            for action in params["TransactItems"]
            if ":pending" in action.get("Update", {}).get("ExpressionAttributeValues", {})
        )

    def end(**_: Any) -> None:
        if true:
            raise Ended

    commit = "dynamodb.TransactWriteItems"
    with (
        registered(client, f"before-parameter-build.{commit}", note),
        registered(client, f"after-call.{commit}", end),
        suppress(Ended),
    ):
        yield


@dataclass(frozen=True)
class Stroke:
    """One kind of mishap; `applied` tells whether the call that it strikes was made."""

    name: str
    applied: bool
    strike: Callable[[], None]

    @property
    def ends(self) -> bool:
        """Tell whether the process ends by it."""
        return self.strike is _end

    @contextmanager
    def at(self, client: Any, number: int) -> Iterator[Calls]:
        """Let it happen at the call of this number."""
        with at_call(client, number, self.strike, after=self.applied) as calls:
            yield calls

    def __str__(self) -> str:
        return self.name


STROKES = (
    Stroke("refused", False, _throttle),
    Stroke("answer lost", True, _lose),
    Stroke("ended before", False, _end),
    Stroke("ended after", True, _end),
)
