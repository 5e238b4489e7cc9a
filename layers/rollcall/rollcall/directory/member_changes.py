"""Who becomes and who ceases to be a member of a group, by what a request wants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rollcall.directory.context import Context
from rollcall.directory.template_grants import NewMembers
from rollcall.model.record import Record
from rollcall.scim import member_operations
from rollcall.scim.errors import InvalidValueException
from rollcall.scim.member_operations import Operation
from rollcall.scim.resource_models import Kind


@dataclass(frozen=True)
class MemberChange:
    """The difference that operations make.

    `skipped` were to be added but are deleted; `unknown` were to be added and were never issued,
    and `own` is the group's id when it was to be added itself.
    `arrivals` are those of the added who may get something by that.
    """

    added: Mapping[str, Kind] = field(default_factory=dict)
    removed: Mapping[str, Kind] = field(default_factory=dict)
    skipped: Sequence[str] = ()
    unknown: Sequence[str] = ()
    own: str = ""
    arrivals: NewMembers = field(default_factory=NewMembers)

    def __bool__(self) -> bool:
        """Tell whether anybody becomes or ceases to be a member."""
        return bool(self.added or self.removed)

    @property
    def names(self) -> tuple[str, ...]:
        """The attribute of the group that changes, for the log."""
        return ("members",) if self else ()

    @property
    def concerned(self) -> dict[str, Kind]:
        """Everybody whose representation changes."""
        return {**self.added, **self.removed}

    def check(self) -> None:
        """Raise InvalidValueException naming all that cannot become members, and why."""
        reasons = [f"the group {self.own} cannot be a member of itself"] if self.own else []
        if self.unknown:
            reasons.append(f"there is no user or group with the id {', '.join(self.unknown)}")
        if reasons:
            raise InvalidValueException(detail=f"members: {'; '.join(reasons)}")


def difference(
    context: Context, group: str, operations: Sequence[Operation]
) -> tuple[Record | None, MemberChange]:
    """Return the group as it is, and what operations change in it.

    Reads the group and the members that the operations speak of together, and everybody else only
    where the outcome depends on them; then those who are members are not looked at one by one.
    """
    named = member_operations.mentioned(operations)
    roster = context.group_members.read(group) if member_operations.needs_all(operations) else None
    if roster is not None:
        named = [each for each in named if each not in roster.members]
    record, known = context.memberships.look(group, named)
    if known.aliases:
        return difference(context, group, member_operations.resolved(operations, known.aliases))
    current = known.current if roster is None else roster.members
    living = {**known.living, **known.current}
    after = member_operations.outcome(operations, current, context.budget)
    wanted = [each for each in after if each not in current]
    unknown = set(known.unknown)
    change = MemberChange(
        # Who was a member a moment ago and is no longer is added again, not forgotten.
        added={each: living[each] for each in wanted if each in living},
        removed={each: kind for each, kind in current.items() if each not in after},
        skipped=[each for each in wanted if each in known.deleted],
        unknown=[each for each in wanted if each in unknown and each != group],
        own=group if group in wanted else "",
        arrivals=NewMembers(
            {each: known.newcomers[each] for each in wanted if each in known.newcomers},
            known.edition,
        ),
    )
    return (record if roster is None else roster.record), change
