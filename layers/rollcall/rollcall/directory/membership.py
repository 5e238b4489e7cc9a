"""Who becomes and who ceases to be a member of a group, by what a request wants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rollcall.directory.context import Context
from rollcall.scim import membership
from rollcall.scim.errors import InvalidValueException
from rollcall.scim.membership import Operation
from rollcall.scim.record import Record
from rollcall.scim.resources import Kind
from rollcall.storage.table import Action


@dataclass(frozen=True)
class Change:
    """The difference that operations make.

    `skipped` were to be added but are deleted; `unknown` were to be added and were never issued.
    """

    added: Mapping[str, Kind] = field(default_factory=dict)
    removed: Mapping[str, Kind] = field(default_factory=dict)
    skipped: Sequence[str] = ()
    unknown: Sequence[str] = ()

    def __bool__(self) -> bool:
        """Tell whether anybody becomes or ceases to be a member."""
        return bool(self.added or self.removed)

    @property
    def concerned(self) -> dict[str, Kind]:
        """Everybody whose representation changes."""
        return {**self.added, **self.removed}

    def check(self) -> None:
        """Raise InvalidValueException naming all the ids that were never issued."""
        if self.unknown:
            named = ", ".join(self.unknown)
            raise InvalidValueException(
                detail=f"members: there is no user or group with the id {named}"
            )


def difference(
    context: Context, group: str, operations: Sequence[Operation]
) -> tuple[Record | None, Change]:
    """Return the group as it is, and what operations change in it.

    Reads the group and the members that the operations speak of together, nobody else.
    """
    record, known = context.memberships.look(group, membership.mentioned(operations))
    current, living = known.current, {**known.living, **known.current}
    if membership.needs_all(operations):
        current = dict(context.memberships.members(group))
    after = membership.outcome(operations, current)
    wanted = [each for each in after if each not in current]
    change = Change(
        # Who was a member a moment ago and is no longer is added again, not forgotten.
        added={each: living[each] for each in wanted if each in living},
        removed={each: kind for each, kind in current.items() if each not in after},
        skipped=[each for each in wanted if each in known.deleted],
        unknown=[each for each in wanted if each in known.unknown or each == group],
    )
    return record, change


def writes(context: Context, group: str, change: Change) -> list[Action]:
    """Return the actions of a change on the membership items of both sides."""
    return [
        *context.memberships.addition(group, change.added),
        *context.memberships.removal(group, change.removed),
    ]


def ending(
    context: Context,
    record: Record,
    groups: Sequence[str],
    members: Mapping[str, Kind],
    beside: Sequence[Action],
) -> list[Action]:
    """Return the actions that end the memberships of a resource that `beside` deletes.

    What one transaction does not hold is ended before, in transactions of their own: a deletion
    that is broken off leaves a resource with fewer memberships, and deletes it when it is repeated.
    """
    now = context.now()
    store = context.memberships
    ends: list[tuple[list[Action], dict[str, Kind]]] = [
        (list(store.removal(group, {record.id: record.kind})), {group: Kind.GROUP})
        for group in groups
    ]
    ends += [
        (list(store.removal(record.id, {member: kind})), {member: kind})
        for member, kind in members.items()
    ]

    def together(some: Sequence[tuple[list[Action], dict[str, Kind]]]) -> list[Action]:
        touched = {each: kind for _, concerned in some for each, kind in concerned.items()}
        return [*(action for each, _ in some for action in each), *store.touches(touched, now)]

    alone, last = context.table.max_actions // 3, (context.table.max_actions - len(beside)) // 3
    while len(ends) > last:
        context.table.transact(together(ends[:alone]))
        ends = ends[alone:]
    return together(ends)
