"""References between provisioned objects: the members of groups and the managers of users.

Entra provisions them after the objects, and only between objects that both have an account.
"""

from itertools import islice

from demo import dialect
from demo.dialect import Dialect
from demo.mappings import Change
from demo.source import Group, User
from demo.target import Target, quoted


class Links:
    """The references that exist at the service, as far as the job knows."""

    def __init__(self, target: Target, ids: dict[str, str], batch: int) -> None:
        self.target = target
        self.ids = ids
        self.batch = batch
        self.members: dict[str, set[str]] = {}
        """By group, its known members; all by source object id."""
        self.managers: dict[str, str | None] = {}
        """By user, the SCIM id of the manager that is set."""
        self.shown: dict[str, str | None] = {}
        """By user, the manager in the last answer about the user; it may be stale."""

    def forget(self) -> None:
        """Forget all references, as after a restart."""
        self.members.clear()
        self.managers.clear()
        self.shown.clear()

    def created(self, entry: User | Group) -> None:
        """Record that the service created an object, which has no references yet."""
        if isinstance(entry, Group):
            self.members[entry.object_id] = set()
        else:
            self.managers[entry.object_id] = None

    def deleted(self, object_id: str) -> None:
        """Record that the service deleted an object and its references."""
        self.members.pop(object_id, None)
        self.managers.pop(object_id, None)
        self.shown.pop(object_id, None)
        for known in self.members.values():
            known.discard(object_id)

    def provision_members(
        self, group: Group, speak: Dialect, only: frozenset[str] | None = None
    ) -> None:
        """Update the members of one group; `only` limits it to some users."""
        wanted = {member for member in group.members if member in self.ids}
        if only is not None:
            wanted &= only
        known = self.members.get(group.object_id)
        if known is None:
            known = {member for member in sorted(wanted) if self._is_member(group, member, speak)}
            self.members[group.object_id] = known
        leaving = sorted(known - group.members)
        joining = sorted(wanted - known)
        changes = iter([(member, False) for member in leaving] + [(one, True) for one in joining])
        while some := list(islice(changes, self.batch)):
            out = [member for member, joins in some if not joins]
            into = [member for member, joins in some if joins]
            self.target.patch(
                "Group",
                self.ids[group.object_id],
                dialect.members(map(self._id, out), map(self._id, into), speak),
                _description(out, into),
            )
            known.difference_update(out)
            known.update(into)

    def provision_manager(self, user: User, speak: Dialect) -> None:
        """Update the manager of one user."""
        if user.manager is not None and user.manager not in self.ids:
            return
        wanted = self.ids[user.manager] if user.manager else None
        user_id = self.ids[user.object_id]
        known = self.managers.get(user.object_id, self.shown.get(user.object_id))
        if (
            user.object_id not in self.managers
            and wanted
            and self._is_manager(user_id, wanted, speak)
        ):
            known = wanted
        if known != wanted:
            meaning = "manager set" if wanted else "manager cleared"
            operations = dialect.manager(Change(known, wanted), speak)
            self.target.patch("User", user_id, operations, meaning)
        self.managers[user.object_id] = wanted

    def _id(self, object_id: str) -> str:
        return self.ids[object_id]

    def _is_member(self, group: Group, member: str, speak: Dialect) -> bool:
        legs = {"id": self.ids[group.object_id], "members": self.ids[member]}
        return self._holds("Group", legs, speak, "not a member yet", "already a member")

    def _is_manager(self, user_id: str, manager_id: str, speak: Dialect) -> bool:
        legs = {"id": user_id, "manager": manager_id}
        return self._holds("User", legs, speak, "another manager or none", "manager already set")

    def _holds(
        self, resource_type: str, legs: dict[str, str], speak: Dialect, none: str, one: str
    ) -> bool:
        # Both orders are seen in the wild (clients.md M5, M8), so each dialect takes one of them.
        ordered = list(legs.items())[:: 1 if speak is Dialect.LEGACY else -1]
        found = self.target.find(
            resource_type,
            " and ".join(f"{name} eq {quoted(value)}" for name, value in ordered),
            shape=" and ".join(f"{name} eq …" for name, _ in ordered),
            none=none,
            one=one,
            id_only=resource_type == "User",
        )
        return found is not None


def _description(leaving: list[str], joining: list[str]) -> str:
    parts = []
    if joining:
        parts.append(f"{len(joining)} in")
    if leaving:
        parts.append(f"{len(leaving)} out")
    return "members: " + ", ".join(parts)
