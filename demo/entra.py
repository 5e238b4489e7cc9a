"""A provisioning job that behaves as Microsoft Entra ID does, for the demo and scenario tests.

Give a `Job` a `Source` and a client from `connect`, call `run` once for every cycle, and change the
source in between. Each call returns a `Cycle` with all its requests and what they meant.
"""

from collections.abc import Callable, Iterable
from enum import StrEnum
from functools import partial
from uuid import uuid4

import httpx

from demo import dialect
from demo.cycle import Cycle, Problem
from demo.dialect import Dialect
from demo.links import Links
from demo.mappings import (
    ENTERPRISE,
    Change,
    Document,
    ExternalId,
    Values,
    current_values,
    differences,
    group_values,
    manager_of,
    new_group,
    new_user,
    user_targets,
    user_values,
)
from demo.source import Entry, Group, Source, User
from demo.target import Exchange, Target, connect, quoted
from demo.verdict import Outcome

__all__ = [
    "Cycle",
    "Dialect",
    "Exchange",
    "ExternalId",
    "Group",
    "Job",
    "Outcome",
    "Problem",
    "Run",
    "Source",
    "User",
    "connect",
]


class Run(StrEnum):
    """How a cycle starts: after the last one, or after a restart that forgets state."""

    INCREMENTAL = "incremental"
    PORTAL_RESTART = "portal-restart"
    FULL_RESET = "full-reset"


class Job:
    """One provisioning job from a source to a tenant's SCIM endpoint.

    `dialect` may be set between cycles, as an administrator may edit the Tenant URL. `ids` links
    source object ids to SCIM ids; `escrow` holds what failed and is tried again, last of all, in
    the next cycle. `batch` is the number of membership changes in one PATCH.
    """

    def __init__(
        self,
        source: Source,
        client: httpx.Client,
        dialect: Dialect = Dialect.LEGACY,
        external_id: ExternalId = ExternalId.OBJECT_ID,
        batch: int = 20,
    ) -> None:
        self.source = source
        self.target = Target(client, dialect)
        self.external_id = external_id
        self.ids: dict[str, str] = {}
        self.links = Links(self.target, self.ids, batch)
        self.watermark = 0
        self.escrow: dict[str, Problem] = {}
        self.quarantined = False
        self._speak = dialect
        self._arrived: set[str] = set()
        self._types: dict[str, str] = {}

    @property
    def dialect(self) -> Dialect:
        """The dialect that the Tenant URL asks for."""
        return self.target.dialect

    @dialect.setter
    def dialect(self, chosen: Dialect) -> None:
        self.target.dialect = chosen

    def test_connection(self) -> Cycle:
        """Test the connection as the portal does: find a user and a group that cannot exist."""
        cycle = self._begin("Test Connection", self.dialect)
        for resource_type, name in (("User", "userName"), ("Group", "displayName")):
            probe = partial(
                self.target.find,
                resource_type,
                f"{name} eq {quoted(str(uuid4()))}",
                shape=f"{name} eq …",
                none="connection works",
                one="found what cannot exist",
                anonymous=True,
            )
            cycle.attempt(resource_type, probe)
        return self._end(cycle)

    def run(self, run: Run = Run.INCREMENTAL) -> Cycle:
        """Run one cycle: users, groups, memberships, managers."""
        if run is not Run.INCREMENTAL:
            self.watermark = 0
            self.escrow.clear()
            self.links.forget()
        if run is Run.FULL_RESET:
            self.ids.clear()
        cycle = self._begin(run.value, self.dialect)
        waiting, self.escrow = self.escrow, {}
        reached = self.source.counter
        users = self._due(self.source.users, waiting)
        groups = self._due(self.source.groups, waiting)
        self._each(cycle, users, self._user)
        self._remove_gone(cycle)
        self._each(cycle, groups, self._group)
        # Whoever got an account just now may be what a group or a report has been waiting for.
        joined = self._with_arrivals(self.source.groups, groups, lambda group: group.members)
        led = self._with_arrivals(self.source.users, users, _manager_set)
        self._each(cycle, joined, self._members)
        self._each(cycle, led, self._manager)
        if cycle.quarantined:
            self.escrow |= waiting
        else:
            self.watermark = reached
            self._arrived.clear()
        return self._end(cycle)

    def provision_on_demand(self, object_id: str, members: Iterable[str] = ()) -> Cycle:
        """Provision one user, or one group with some of its members, in the newer dialect.

        The watermark stays where it is, so that the next cycle comes by again.
        """
        cycle = self._begin("on demand", Dialect.STANDARD)
        if user := self.source.users.get(object_id):
            self._each(cycle, [user], self._user)
            self._each(cycle, [user], self._manager)
        else:
            group = self.source.groups[object_id]
            only = frozenset(members)
            self._each(cycle, [group], self._group)
            self._each(cycle, [group], partial(self._members, only=only))
        return self._end(cycle)

    def _begin(self, name: str, speak: Dialect) -> Cycle:
        self._speak = speak
        self.quarantined = False
        self.target.exchanges = []
        return Cycle(name, self.target.exchanges)

    def _end(self, cycle: Cycle) -> Cycle:
        self.quarantined = cycle.quarantined
        for problem in cycle.problems:
            if problem.object_id in self.source.users | self.source.groups:
                self.escrow[problem.object_id] = problem
        return cycle

    def _each(self, cycle: Cycle, entries: Iterable[Entry], act: Callable[[Entry], None]) -> None:
        for entry in entries:
            cycle.attempt(entry.object_id, partial(act, entry))

    def _due(self, entries: dict[str, Entry], waiting: dict[str, Problem]) -> list[Entry]:
        fresh = [entry for entry in entries.values() if entry.changed > self.watermark]
        retried = [
            entry
            for object_id, entry in entries.items()
            if object_id in waiting and entry.changed <= self.watermark
        ]
        return fresh + retried

    def _with_arrivals(
        self, entries: dict[str, Entry], due: list[Entry], refers: Callable[[Entry], frozenset[str]]
    ) -> list[Entry]:
        seen = {entry.object_id for entry in due}
        more = [
            entry
            for object_id, entry in entries.items()
            if object_id not in seen and refers(entry) & self._arrived
        ]
        return [entry for entry in due + more if entry.object_id in self.ids and entry.in_scope]

    def _user(self, user: User) -> None:
        values = user_values(user, self.external_id)
        condition = f"userName eq {quoted(user.current_principal_name)}"
        resource = self._current(user, "User", condition, "userName eq …")
        if resource is None:
            if user.active:
                self._create(user, "User", new_user(values))
            return
        self.links.shown[user.object_id] = manager_of(resource)
        self._update(user, "User", current_values(resource, user_targets(user)), values)

    def _group(self, group: Group) -> None:
        if not group.in_scope:
            if group.object_id in self.ids:
                self._delete(group.object_id)
            return
        values = group_values(group)
        condition = f"displayName eq {quoted(group.display_name)}"
        resource = self._current(group, "Group", condition, "displayName eq …")
        if resource is None:
            self._create(group, "Group", new_group(values))
        else:
            self._update(group, "Group", current_values(resource, values), values)

    def _current(
        self, entry: User | Group, resource_type: str, condition: str, shape: str
    ) -> Document | None:
        if known := self.ids.get(entry.object_id):
            return self.target.read(resource_type, known, "compared with Entra")
        if not _is_matched(entry):
            return None
        noun = resource_type.lower()
        resource = self.target.find(
            resource_type,
            condition,
            shape=shape,
            none=f"no such {noun} yet",
            one=f"matched an existing {noun}",
        )
        if resource is not None:
            self._link(entry, resource_type, resource)
        return resource

    def _create(self, entry: User | Group, resource_type: str, body: Document) -> None:
        self._link(entry, resource_type, self.target.create(resource_type, body, "created"))
        self.links.created(entry)

    def _link(self, entry: User | Group, resource_type: str, resource: Document) -> None:
        self.ids[entry.object_id] = resource["id"]
        self._types[entry.object_id] = resource_type
        self._arrived.add(entry.object_id)

    def _update(
        self, entry: User | Group, resource_type: str, before: Values, after: Values
    ) -> None:
        changes = differences(before, after)
        if changes:
            operations = dialect.attributes(changes, self._speak)
            resource_id = self.ids[entry.object_id]
            self.target.patch(resource_type, resource_id, operations, _description(changes))

    def _remove_gone(self, cycle: Cycle) -> None:
        there = self.source.users | self.source.groups
        for object_id in [one for one in self.ids if one not in there]:
            cycle.attempt(object_id, partial(self._delete, object_id))

    def _delete(self, object_id: str) -> None:
        resource_type = self._types[object_id]
        self.target.delete(resource_type, self.ids[object_id], "deleted for good")
        del self.ids[object_id]
        self.links.deleted(object_id)

    def _members(self, group: Group, only: frozenset[str] | None = None) -> None:
        if group.object_id in self.ids:
            self.links.provision_members(group, self._speak, only)

    def _manager(self, user: User) -> None:
        if user.object_id in self.ids:
            self.links.provision_manager(user, self._speak)


def _is_matched(entry: User | Group) -> bool:
    """Tell whether the job searches for an object without a link; disabled users are skipped."""
    return entry.active if isinstance(entry, User) else entry.in_scope


def _manager_set(user: User) -> frozenset[str]:
    return frozenset({user.manager} if user.manager else ())


def _description(changes: dict[str, Change]) -> str:
    if set(changes) == {"active"}:
        return "enabled" if changes["active"].after else "disabled"
    return ", ".join(target.removeprefix(f"{ENTERPRISE}:") for target in changes)
