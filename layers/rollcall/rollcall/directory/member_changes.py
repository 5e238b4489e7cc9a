"""The members that a request adds to a group and removes from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rollcall.directory.context import Context
from rollcall.directory.template_grants import ConcernedUsers
from rollcall.model.record import Record
from rollcall.scim import member_operations
from rollcall.scim.errors import InvalidValueException
from rollcall.scim.member_operations import Operation
from rollcall.scim.resource_type import Kind


@dataclass(frozen=True)
class MemberChange:
    """The difference that operations make; members are ids by type.

    Of the ids that were to be added, `skipped` are deleted resources, `unknown` were never issued,
    and `own` is the group itself. `users` is the access of users who are added and removed, as
    far as it was read.
    """

    added: Mapping[str, Kind] = field(default_factory=dict)
    removed: Mapping[str, Kind] = field(default_factory=dict)
    skipped: Sequence[str] = ()
    unknown: Sequence[str] = ()
    own: str = ""
    users: ConcernedUsers = field(default_factory=ConcernedUsers)

    def __bool__(self) -> bool:
        """Tell whether any member is added or removed."""
        return bool(self.added or self.removed)

    @property
    def names(self) -> tuple[str, ...]:
        """The attribute of the group that changes, for the log."""
        return ("members",) if self else ()

    @property
    def concerned(self) -> dict[str, Kind]:
        """The members whose representations change."""
        return {**self.added, **self.removed}

    @property
    def several(self) -> bool:
        """Whether more than one member is added or removed."""
        return len(self.added) + len(self.removed) > 1

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
    """Read a group, and return it with what operations change of its members.

    The group and the ids that the operations name are read together. All members are read only
    where the outcome depends on them; then those that are named are not read one by one.
    """
    named = member_operations.named_members(operations)
    whole = context.group_members.read(group) if member_operations.needs_all(operations) else None
    if whole is not None:
        named = [each for each in named if each not in whole.members]
    record, known = context.memberships.read_candidates(group, named)
    if known.aliases:
        return difference(
            context, group, member_operations.replace_aliases(operations, known.aliases)
        )
    current = known.current if whole is None else whole.members
    living = {**known.living, **known.current}
    after = member_operations.members_after(operations, current, context.budget)
    new = [each for each in after if each not in current]
    unknown = set(known.unknown)
    added = {each: living[each] for each in new if each in living}
    removed = {each: kind for each, kind in current.items() if each not in after}
    users = {each: known.users[each] for each in {**added, **removed} if each in known.users}
    change = MemberChange(
        # A member that another request removed since the members were read is added again.
        added=added,
        removed=removed,
        skipped=[each for each in new if each in known.deleted],
        unknown=[each for each in new if each in unknown and each != group],
        own=group if group in new else "",
        users=ConcernedUsers(users, known.templates),
    )
    return (record if whole is None else whole.record), change
