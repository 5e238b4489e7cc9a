"""A tenant of linked accounts whose changes are handed to the watch over who is disabled."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from rollcall.aws.attribute_values import encoded
from rollcall.directory.context import Context
from rollcall.directory.directory import Directory
from rollcall.model.actor import Actor
from rollcall.operations.operator import Operator
from rollcall.runtime.brake_watch import disable_watch
from rollcall.runtime.services import Services
from rollcall.scim.resource_type import Kind
from tests.directory.people import patch, user
from tests.operations.operators import operator_of

EVENING = datetime(2026, 11, 27, 18, tzinfo=UTC)
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
CLIENT, OPERATOR = "token:t1", "operator:ann"


@dataclass
class Town:
    """A tenant of linked accounts, its stream, and the clock of all."""

    services: Services
    operator: Operator
    people: list[str]
    now: datetime = EVENING
    warned: list[dict[str, Any]] = field(default_factory=list)

    def disable(self, *people: str, actor: str = CLIENT) -> list[dict[str, Any]]:
        """Disable people, one a second; return the records of the stream."""
        return [self._record(each, lambda at, who: at.patch(who, OFF), actor) for each in people]

    def enable(self, person: str) -> list[dict[str, Any]]:
        return [self._record(person, lambda at, who: at.patch(who, ON), CLIENT)]

    def delete(self, *people: str) -> list[dict[str, Any]]:
        return [self._record(each, lambda at, who: at.delete(who), CLIENT) for each in people]

    def look(self, records: list[dict[str, Any]]) -> None:
        """Hand records to the watch, as the function of the stream does."""
        watch = disable_watch(self.services, self)
        watch.look(records)

    def warning(self, msg: str, *, extra: dict[str, Any]) -> None:
        """Write to the log."""
        self.warned.append(extra)

    info = exception = warning

    def active(self, person: str) -> bool:
        record = self.services.directory("acme").context.resources.read(Kind.USER, person)
        assert record is not None
        return record.active

    def _record(self, person: str, act: Any, actor: str) -> dict[str, Any]:
        self.now += SECOND
        own = Context(self.services.table, "acme", actor=Actor("r1", actor), clock=lambda: self.now)
        key = own.resources.keys.document(Kind.USER, person)
        before = self.services.table.get(key)
        act(Directory(own).users, person)
        after = self.services.table.get(key)
        assert before is not None
        assert after is not None
        return {
            "eventID": f"{person}/{self.now}",
            "dynamodb": {
                "Keys": encoded(key),
                "OldImage": encoded(before),
                "NewImage": encoded(after),
                "SequenceNumber": "1",
                "ApproximateCreationDateTime": self.now.timestamp(),
            },
        }


OFF, ON = patch(("replace", "active", False)), patch(("replace", "active", True))


def settled(services: Services) -> Town:
    """Return a town of 48 people."""
    operator = operator_of(services)
    directory = services.directory("acme")
    people = [user(directory, f"u{number:02d}") for number in range(48)]
    made = Town(services, operator, people)
    services.clock = services.tenants.clock = lambda: made.now
    return made
