"""What a restore makes of each resource: what it was then, without who was shut out since.

Nothing here writes. The same plan is made again after a restore that was stopped: what is done
already is no difference any more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from rollcall.aws.attribute_values import Item
from rollcall.model import redaction
from rollcall.model.brake import Disabled
from rollcall.model.record import Record
from rollcall.scim.resource_type import Kind
from rollcall.storage.document_item import is_held, is_tombstone, record_of
from rollcall.storage.erasures import Erasure
from rollcall.storage.provisioning_log import LogEntry
from rollcall.storage.table_comparison import ResourcePair, TableComparison
from rollcall.templates.access_levels import AccessLevels
from rollcall.templates.earlier_grants import Revocations, without_revoked
from rollcall.templates.grants import Grant, repaired_access

_REQUEST = timedelta(minutes=1)
"""No request takes longer."""


class Again(StrEnum):
    """What happened after the time and holds on."""

    ERASED = "erased"
    DELETED = "deleted"
    HELD = "held"
    DISABLED = "disabled"
    REVOKED = "access revoked"


class ErasedAccounts:
    """Whom the erasures of a tenant name, by id or by the keyed hash of the userName."""

    def __init__(self, erasures: Iterable[Erasure], key: bytes) -> None:
        self._key = key
        self._ids: set[str] = set()
        self._names: dict[str, str] = {}
        for erasure in erasures:
            self._ids.add(erasure.id)
            for name in erasure.names:
                self._names[name] = max(erasure.at, self._names.get(name, ""))

    @property
    def ids(self) -> frozenset[str]:
        """The ids that were erased."""
        return frozenset(self._ids)

    def __contains__(self, user: Record) -> bool:
        """Tell whether a user was erased; who came after the erasure was not."""
        if user.id in self._ids:
            return True
        if not self._names:
            return False
        hashed = redaction.keyed_hash(self._key, user.user_name)
        return user.created < self._names.get(hashed, "")


@dataclass(frozen=True)
class RestoredResource:
    """A resource before a restore, in the live table and in the copy, and after it.

    `again` is what happened since the time and holds on. `grants` are those that the user has in
    the end; None says that they do not change.
    """

    kind: Kind
    id: str
    copy: Record | None
    live: Record | None
    after: Record | None
    again: tuple[Again, ...] = ()
    grants: tuple[Grant, ...] | None = None

    @property
    def change(self) -> str:
        """Which of the two tables differ from what the resource becomes, empty for neither."""
        if self.copy is None and self.live is None:
            return ""
        if self.copy is None:
            return "only live" if self.after is None else ""
        if self.live is None:
            return "only in the copy"
        return "differs" if self.attributes else ""

    @property
    def attributes(self) -> tuple[str, ...]:
        """The names of what differs between both tables, where both have the resource."""
        if self.copy is None or self.live is None:
            return ()
        one, other = self.copy.document, self.live.document
        names = sorted(each for each in {*one, *other} if one.get(each) != other.get(each))
        beside = ("link", "access")
        return (*names, *(n for n in beside if getattr(self.copy, n) != getattr(self.live, n)))


@dataclass(frozen=True)
class RestorePlan:
    """The plan for one tenant.

    It is made of a comparison, of who was erased, of what operators have revoked since by user,
    of the levels of access, and of the ids of users who were shut out since.
    """

    comparison: TableComparison
    erased: ErasedAccounts
    revoked: Mapping[str, Revocations]
    access_levels: AccessLevels
    shut_out: frozenset[str]

    def outcomes(self, kind: Kind) -> Iterable[RestoredResource]:
        """Yield what becomes of every resource of a type."""
        return map(self.outcome, self.comparison.resources(kind))

    def outcome(self, pair: ResourcePair) -> RestoredResource:
        """Return what becomes of one resource."""
        copy, live = _record(pair.kind, pair.copy), _record(pair.kind, pair.live)
        planned = RestoredResource(pair.kind, pair.id, copy, live, None)
        if copy is None:
            # It was held at the time, and an operator has brought it back since.
            released = pair.copy is not None and is_held(pair.copy)
            return replace(planned, after=live) if released else planned
        if copy.kind is Kind.USER and copy in self.erased:
            return replace(planned, again=(Again.ERASED,))
        if pair.live is not None and is_tombstone(pair.live):
            return replace(planned, again=(Again.HELD if is_held(pair.live) else Again.DELETED,))
        if live is None:
            planned = replace(planned, after=copy, grants=self._grants(copy, None))
            # The row is lost that would say so; the notes of the brake may still be there.
            is_disabled = copy.kind is Kind.USER and copy.active and copy.id in self.shut_out
            return _disabled(planned, copy) if is_disabled else planned
        return self._as_it_was(planned, copy, live)

    def _as_it_was(self, planned: RestoredResource, copy: Record, live: Record) -> RestoredResource:
        """Return the resource of the copy with what the live one forbids."""
        again: list[Again] = []
        link = replace(copy.link, protected=copy.link.protected or live.link.protected)
        after = replace(copy, link=link)
        if copy.kind is Kind.USER and copy.active and not live.active:
            after = replace(after, document={**copy.document, "active": False})
            again.append(Again.DISABLED)
        if copy.access == live.access:
            return replace(planned, after=after, again=tuple(again))
        grants = self._grants(copy, live)
        computed = repaired_access(
            copy.access, [each.content for each in grants or ()], self.access_levels
        )
        if computed is not None:
            after = replace(after, access=computed)
            again.append(Again.REVOKED)
        return replace(planned, after=after, again=tuple(again), grants=grants)

    def _grants(self, copy: Record, live: Record | None) -> tuple[Grant, ...] | None:
        if copy.kind is not Kind.USER or not (copy.access or (live and live.access)):
            return None
        earlier, present = self.comparison.grants(copy.id)
        return tuple(
            without_revoked(
                map(Grant.of, earlier),
                map(Grant.of, present),
                self.revoked.get(copy.id, {}),
                self.access_levels,
            )
        )


def shut_out(disabled: Iterable[Disabled], entries: Sequence[LogEntry]) -> frozenset[str]:
    """Return the ids of users who were disabled or deleted and whom no later entry enables again.

    The entry of a disable itself may be as late as its request.
    """
    latest = {each.user: each.time for each in disabled}
    enabled = {
        user
        for entry in entries
        if "active" in entry.changed and (user := entry.target.removeprefix("User/")) in latest
        if datetime.fromisoformat(entry.time) > datetime.fromisoformat(latest[user]) + _REQUEST
    }
    return frozenset(latest.keys() - enabled)


def revocations(entries: Iterable[LogEntry]) -> dict[str, dict[str, str]]:
    """Return what operators revoked by the entries of a log: work areas and roles, by user."""
    found: dict[str, dict[str, str]] = {}
    for entry in entries:
        if entry.method == "revoke":
            user = found.setdefault(entry.target.removeprefix("User/"), {})
            user.update(dict.fromkeys(entry.detail.split(", "), entry.time))
    return found


def _disabled(planned: RestoredResource, copy: Record) -> RestoredResource:
    after = replace(copy, document={**copy.document, "active": False})
    return replace(planned, after=after, again=(Again.DISABLED,))


def _record(kind: Kind, item: Item | None) -> Record | None:
    return None if item is None else record_of(kind, item)


def summary(outcome: RestoredResource) -> Mapping[str, object]:
    """Return an outcome for people and programs: ids and names of attributes, no values."""
    return {
        "type": outcome.kind.value,
        "id": outcome.id,
        "change": outcome.change,
        **({"attributes": list(outcome.attributes)} if outcome.attributes else {}),
        **({"again": [each.value for each in outcome.again]} if outcome.again else {}),
    }
