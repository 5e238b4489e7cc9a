"""An Entra administrator's first day, from Test Connection to a full reset."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import NAMESPACE_DNS, uuid5

from demo import directory, people
from demo.directory import Directory
from demo.entra import Cycle, Dialect, Job, Outcome, Run, Source, User
from demo.mappings import CORE_GROUP, CORE_USER, ENTERPRISE
from demo.phase import Phase
from demo.target import Refused

STAFF = 50
PILOT = 24
PILOT_GROUPS = ("Engineering", "Sales")
MONDAY = date(2026, 3, 2)


class NotEmpty(Exception):  # noqa: N818 - said to the person who gave the address
    """The tenant has users already, with which the scenario's totals would be wrong."""


class FirstDay:
    """The scenario, with the source that it changes and the job that provisions from it.

    `directory` is what the service held in the end, once the last phase has been played.
    """

    def __init__(self, source: Source, job: Job, seed: int) -> None:
        self.source = source
        self.job = job
        self.directory = Directory()
        everyone = people.staff(seed, STAFF + 1)
        self.staff, self.newcomer = everyone[:STAFF], everyone[STAFF]
        self.groups = {group.display_name: group for group in people.groups(seed, self.staff)}
        source.add(*self.staff, *self.groups.values())

    def play(self) -> Iterator[Phase]:
        """Play the phases in order, and stop early where Entra would."""
        for scene in (
            self._connection,
            self._pilot,
            self._initial_cycle,
            self._nothing_changed,
            self._morning,
            self._afternoon,
            self._taken_name,
            self._leavers,
            self._portal_restart,
            self._full_reset,
            self._what_is_left,
        ):
            phase = scene()
            yield phase
            if self.job.quarantined or (scene == self._connection and phase.failures):
                return

    def _connection(self) -> Phase:
        phase = Phase(
            "Test Connection",
            "Tenant URL and Secret Token are entered. Entra looks for a user and a group that"
            " cannot exist, and reads what the service says of itself.",
        )
        cycle = self.job.test_connection()
        phase.check("both searches are answered by an empty list", _empty(cycle))
        cycle.attempt("discovery", lambda: self._discover(phase))
        phase.play(cycle)
        self.job.quarantined = cycle.quarantined
        return phase

    def _discover(self, phase: Phase) -> None:
        target = self.job.target
        config = target.document("/ServiceProviderConfig", "what the service can do")
        phase.check("PATCH and filters are announced", _supports(config, "patch", "filter"))
        target.document("/ResourceTypes", "users and groups")
        schemas = target.document("/Schemas", "their attributes").get("Resources", [])
        known = {schema.get("id") for schema in schemas}
        needed = {CORE_USER, CORE_GROUP, ENTERPRISE}
        phase.check("User, Group and EnterpriseUser are among the schemas", needed <= known)
        held = target.page("User", 1, 1, "the tenant is empty").answer or {}
        if held["totalResults"]:
            raise NotEmpty(f"the tenant holds {held['totalResults']} users already")

    def _pilot(self) -> Phase:
        phase = Phase(
            "Provision on demand",
            f"{PILOT} users and {len(PILOT_GROUPS)} groups go first, one by one. Entra speaks its"
            " newer PATCH dialect here, whatever the Tenant URL says.",
        )
        pilot = {user.object_id for user in self.staff[:PILOT]}
        for user in self.staff[:PILOT]:
            phase.play(self.job.provision_on_demand(user.object_id))
        for name in PILOT_GROUPS:
            phase.play(self.job.provision_on_demand(self.groups[name].object_id, pilot))
        phase.check(
            f"{PILOT + len(PILOT_GROUPS)} objects have an id of their own",
            len(set(self.job.ids.values())) == PILOT + len(PILOT_GROUPS),
        )
        return phase

    def _initial_cycle(self) -> Phase:
        phase = Phase(
            "Initial cycle",
            "Provisioning is switched on: users before groups before memberships, managers last,"
            " in the older PATCH dialect.",
        )
        linked = dict(self.job.ids)
        self._cycle(phase)
        created = sum(one.method == "POST" for one in phase.exchanges)
        total = len(self.staff) + len(self.groups)
        phase.check(
            f"{len(self.staff)} users and {len(self.groups)} groups are linked",
            len(set(self.job.ids.values())) == total,
        )
        phase.check(
            "nothing of the pilot is created again",
            created == total - len(linked) and linked.items() <= self.job.ids.items(),
        )
        return phase

    def _nothing_changed(self) -> Phase:
        phase = Phase("Second cycle", "Forty minutes later nothing has changed in Entra.")
        phase.check("nothing is sent", not self._cycle(phase).exchanges)
        return phase

    def _morning(self) -> Phase:
        phase = Phase(
            "The morning's changes",
            "A marriage with a new address, a new surname, a renamed group, two people disabled, "
            "attributes filled and cleared, members in and out, managers set and cleared.",
        )
        self._changes(5, "Lindqvist", "Sales", "Compliance")
        cycle = self._cycle(phase)
        phase.check("every change went through", cycle.good and bool(cycle.writes))
        return phase

    def _afternoon(self) -> Phase:
        phase = Phase(
            "The afternoon's changes",
            "The administrator adds aadOptscim062020 to the Tenant URL: the like of it in the newer"
            " dialect, a newcomer, and the two people from the morning enabled again.",
        )
        self.job.dialect = Dialect.STANDARD
        self._changes(15, "Featherstonehaugh", "Finance", "Engineering")
        for user in self.staff[7:9]:
            self.source.change(user.object_id, account_enabled=True)
        self.source.change(self.staff[12].object_id, manager=self.staff[3].object_id)
        self.source.add(self.newcomer)
        self.source.join(self.groups[people.EVERYONE].object_id, [self.newcomer.object_id])
        cycle = self._cycle(phase)
        phase.check("every change went through", cycle.good and bool(cycle.writes))
        return phase

    def _changes(self, first: int, surname: str, renamed: str, reshuffled: str) -> None:
        """Change eight users from `first` on, rename a group, change members of another."""
        change, cast = self.source.change, [user.object_id for user in self.staff[first:]]
        bride = self.staff[first]
        local = people.nickname(str(bride.given_name), surname)
        address = f"{local}@{people.DOMAIN}"
        change(cast[0], **_named(bride, surname), mail_nickname=local, mail=address)
        change(cast[0], user_principal_name=address)
        change(cast[1], **_named(self.staff[first + 1], f"{surname}-Smith"))
        change(cast[2], account_enabled=False)
        change(cast[3], account_enabled=False)
        change(cast[4], fax="+44 1632 960999", job_title="Principal")
        change(cast[5], mobile=None, job_title=None, office=None)
        change(cast[6], manager=self.staff[0].object_id)
        change(cast[7], manager=None)
        change(self.groups[renamed].object_id, display_name=f"{renamed} & Partners")
        group = self.source.groups[self.groups[reshuffled].object_id]
        outside = [one for one in cast if one not in group.members]
        self.source.leave(group.object_id, sorted(group.members)[:3])
        self.source.join(group.object_id, outside[:4])

    def _taken_name(self) -> Phase:
        phase = Phase(
            "A user name that is taken",
            "One user leaves the scope and is disabled; another gets the address that the first"
            " one's account still bears. Once the first is back under a new name, Entra's retry"
            " succeeds.",
            expected=frozenset({Outcome.ESCROW}),
        )
        holder, heir = self.staff[26], self.staff[27]
        address = holder.user_principal_name
        self.source.unassign(holder.object_id)
        self.source.change(holder.object_id, user_principal_name=f"former.{address}")
        self.source.change(heir.object_id, user_principal_name=address)
        self._cycle(phase)
        refused = [one for one in phase.exchanges if one.outcome is Outcome.ESCROW]
        phase.check(
            "the second account is refused with 409, uniqueness, and waits in escrow",
            [one.status for one in refused] == [409] and [*self.job.escrow] == [heir.object_id],
        )
        self.source.assign(holder.object_id)
        cycle = self._cycle(phase)
        phase.check(
            "the retry succeeds and the escrow is empty", cycle.good and not self.job.escrow
        )
        return phase

    def _leavers(self) -> Phase:
        phase = Phase(
            "Leaving, coming back, leaving for good",
            "Three users are deleted in Entra, which renames and disables their accounts. One is"
            " restored, one is gone after thirty days, one's address goes to a new colleague.",
        )
        back, gone, kept = (user.object_id for user in self.staff[30:33])
        for user_id, days in ((back, 0), (gone, 0), (kept, 20)):
            self.source.soft_delete(user_id, MONDAY + timedelta(days=days))
        cycle = self._cycle(phase)
        phase.check(
            "the accounts stay, renamed and disabled", cycle.good and len(cycle.writes) == 3
        )
        self.job.dialect = Dialect.LEGACY
        self.source.restore(back)
        self.source.purge(MONDAY + timedelta(days=30))
        namesake = replace(
            self.staff[32],
            object_id=str(uuid5(NAMESPACE_DNS, kept)),
            employee_id="E2000",
            manager=None,
        )
        self.source.add(namesake)
        ids = dict(self.job.ids)
        cycle = self._cycle(phase)
        sent = sorted(one.method for one in cycle.writes)
        phase.check(
            "the restored account is the one from before",
            cycle.good and self.job.ids.get(back) == ids.get(back),
        )
        phase.check("one restored, one deleted, one created", sent == ["DELETE", "PATCH", "POST"])
        return phase

    def _portal_restart(self) -> Phase:
        phase = Phase(
            "Restart from the portal",
            "Entra keeps its links and forgets the rest: everything is read again and compared.",
        )
        ids = dict(self.job.ids)
        cycle = self._cycle(phase, Run.PORTAL_RESTART)
        phase.check("nothing had to be written", cycle.good and not cycle.writes)
        phase.check("every link is the same", self.job.ids == ids)
        return phase

    def _full_reset(self) -> Phase:
        phase = Phase(
            "Full reset",
            "Entra forgets its links too: every group, and every user who is enabled, is matched"
            " anew by name.",
        )
        users = self.source.users
        enabled = {
            one: id_ for one, id_ in self.job.ids.items() if one not in users or users[one].active
        }
        cycle = self._cycle(phase, Run.FULL_RESET)
        phase.check("nothing had to be written", cycle.good and not cycle.writes)
        phase.check("everyone who is enabled is matched to the same id", self.job.ids == enabled)
        return phase

    def _what_is_left(self) -> Phase:
        phase = Phase(
            "What the directory holds",
            "All users and groups, read page by page and compared with Entra value by value.",
        )
        target = self.job.target
        target.exchanges = phase.exchanges
        try:
            self.directory = directory.read(target)
        except Refused:
            return phase
        for difference in directory.compare(self.directory, self.source):
            phase.check(difference, passed=False)
        if not phase.checks:
            phase.check(
                "every mapped attribute, manager and member is as in the source", passed=True
            )
        return phase

    def _cycle(self, phase: Phase, run: Run = Run.INCREMENTAL) -> Cycle:
        return phase.play(self.job.run(run))


def _empty(cycle: Cycle) -> bool:
    return cycle.good and not any(exchange.resources for exchange in cycle.exchanges)


def _supports(config: dict[str, Any], *features: str) -> bool:
    return all(config.get(feature, {}).get("supported") is True for feature in features)


def _named(user: User, surname: str) -> dict[str, str]:
    return {"surname": surname, "display_name": f"{user.given_name} {surname}"}
