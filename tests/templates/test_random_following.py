"""Joins, leaves, merges, changes of templates at random: access is what a plain reckoning says."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import pytest

from rollcall.aws.retry import Retry
from rollcall.directory.context import Context
from rollcall.directory.directory import Directory
from rollcall.directory.sweep import Sweep
from rollcall.model.account_link import LOCAL
from rollcall.model.actor import Actor
from rollcall.model.brake import Disabled, Wave
from rollcall.model.record import Record
from rollcall.operations import disable_waves, template_changes
from rollcall.operations.disable_waves import EnableOutcome
from rollcall.operations.operator import Operator
from rollcall.runtime.services import Services
from rollcall.scim.resource_type import ROLLCALL, Kind
from rollcall.storage.brake_items import BrakeItems, fingerprint
from rollcall.storage.table import Table
from rollcall.templates.access_levels import LEVELS, ROLES
from rollcall.templates.template import FOREVER, MEMBERSHIP, Selector, Template
from tests.directory.people import URL, adding, group, patch, removing, setting
from tests.long import LONG
from tests.operations import operators
from tests.operations.operators import UserAccesses, finished, operator_of
from tests.storage import consistency
from tests.storage.faults import Time
from tests.templates.conftest import Clock

PEOPLE, ACTS = (200, 1_000) if LONG else (24, 90)
GROUPS = ("a", "b", "c")
AREAS = ("code", "wiki", "crm")
GONE = "0" * 32
"""What Entra ID puts before the name of a user who is deleted softly: 32 hexadecimal digits."""

Holding = tuple[dict[str, str], str]


@dataclass
class Person:
    """What is known of a user: what each template gave forever, and what was revoked where."""

    active: bool = True
    awaited: dict[str, Template] = field(default_factory=dict)
    forever: dict[str, list[Template]] = field(default_factory=dict)
    revoked: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    origins: dict[str, str] = field(default_factory=dict)


@dataclass
class Reckoning:
    """Access as a plain reckoning has it: from who is a member of what, and the templates."""

    people: dict[str, Person] = field(default_factory=dict)
    members: dict[str, set[str]] = field(default_factory=lambda: {each: set() for each in GROUPS})
    templates: dict[str, Template] = field(default_factory=dict)

    def join(self, group_: str, user: str) -> None:
        if user in self.members[group_]:
            return
        self.members[group_].add(user)
        person = self.people[user]
        for name, version in person.awaited.items():
            current = self.templates.get(name)
            is_of_group = version.group == Selector("displayName", group_)
            if is_of_group and name not in person.forever and not (current and current.follows):
                person.forever[name] = [version]
                person.origins[name] = group_

    def leave(self, group_: str, user: str) -> None:
        self.members[group_].discard(user)
        person = self.people[user]
        person.revoked = {key: each for key, each in person.revoked.items() if key[0] != group_}

    def set(self, template: Template) -> None:
        """Set a template of the group that it had before, if there was one."""
        before = self.templates.get(template.name)
        self.templates[template.name] = template
        assert template.group is not None
        group_ = template.group.value
        for user, person in self.people.items():
            if template.follows and person.origins.get(template.name) == group_:
                # It came from this group, and follows it now; it may come again.
                del person.forever[template.name]
                person.origins.pop(template.name)
            if before and before.follows and not template.follows and user in self.members[group_]:
                gone = person.revoked.pop((group_, template.name), set())
                areas = {a: level for a, level in before.areas.items() if a not in gone}
                kept = replace(before, areas=areas)
                person.forever.setdefault(template.name, []).append(kept)
                person.origins.setdefault(template.name, group_)

    def holding(self, user: str) -> Holding:
        person = self.people[user]
        if not person.active:
            return {}, ""
        gives = [each for versions in person.forever.values() for each in versions]
        for template in self.templates.values():
            group_ = template.group.value if template.group else ""
            if template.follows and user in self.members[group_]:
                gone = person.revoked.get((group_, template.name), set())
                areas = {a: level for a, level in template.areas.items() if a not in gone}
                gives.append(replace(template, areas=areas))
        areas = {}
        for area in {area for each in gives for area in each.areas}:
            areas[area] = max((each.areas[area] for each in gives if area in each.areas), key=rank)
        return areas, max((each.role for each in gives), key=["", *ROLES].index, default="")


def rank(level: str) -> int:
    return LEVELS.index(level)


@dataclass
class Trial:
    """A tenant and the reckoning beside it, to which the same things happen at random."""

    directory: Directory
    operator: Operator
    clock: Clock
    chance: random.Random
    reckoning: Reckoning = field(default_factory=Reckoning)
    groups: dict[str, str] = field(default_factory=dict)

    def prepare(self) -> None:
        for name in GROUPS:
            self.groups[name] = group(self.directory, name)
        for number in range(6):
            self.change_template(f"t{number}")
        for number in range(PEOPLE):
            self.come(f"u{number}")

    def come(self, user: str) -> None:
        link = {"link": LOCAL} if self.chance.random() < 0.3 else {}
        self.directory.users.create({"userName": user}, user, **link)
        lasting = {
            name: each for name, each in self.reckoning.templates.items() if not each.follows
        }
        self.reckoning.people[user] = Person(awaited={} if link else lasting)

    def act(self) -> str:
        acts = [self.join, self.leave, self.set_members, self.enable, self.change_template]
        weights = [8, 6, 2, 4, 2]
        others = [self.merge, self.delete, self.revoke, self.soft_delete, self.wave, self.hold]
        act = self.chance.choices([*acts, *others], [*weights, 1, 1, 3, 2, 2, 2])[0]
        act()
        return act.__name__

    def _some(self, most: int = 4) -> list[str]:
        people = sorted(self.reckoning.people)
        return self.chance.sample(people, self.chance.randint(1, most))

    def join(self) -> None:
        name, users = self.chance.choice(GROUPS), self._some()
        self.directory.groups.patch(self.groups[name], adding(*users))
        for each in users:
            self.reckoning.join(name, each)

    def leave(self) -> None:
        name, users = self.chance.choice(GROUPS), self._some(6)
        self.directory.groups.patch(self.groups[name], removing(*users))
        for each in users:
            self.reckoning.leave(name, each)

    def set_members(self) -> None:
        name, users = self.chance.choice(GROUPS), self._some(8)
        self.directory.groups.patch(self.groups[name], setting(*users))
        for each in self.reckoning.members[name] - set(users):
            self.reckoning.leave(name, each)
        for each in users:
            self.reckoning.join(name, each)

    def enable(self) -> None:
        (user,) = self._some(1)
        person = self.reckoning.people[user]
        person.active = not person.active
        self.directory.users.patch(user, patch(("replace", "active", person.active)))

    def soft_delete(self) -> None:
        """Delete a user softly as Entra ID does, or restore it: its name changes with `active`."""
        (user,) = self._some(1)
        person = self.reckoning.people[user]
        person.active = not person.active
        name = self._read(user).user_name.removeprefix(GONE)
        name = name if person.active else f"{GONE}{name}"
        change = patch(("replace", "active", person.active), ("replace", "userName", name))
        self.directory.users.patch(user, change)

    def hold(self) -> None:
        """Delete a user as a client does whose deletions wait, and take it back by a POST."""
        (user,) = self._some(1)
        self.directory.users.patch(user, patch(("replace", "externalId", user)))
        name = self._read(user).user_name
        posted = {"userName": name, "externalId": user, "active": True}
        client = Directory(replace(self.directory.context, grace=7))
        client.users.delete(user)
        assert client.users.create(posted).record.id == user
        for name in GROUPS:
            if user in self.reckoning.members[name]:
                self.reckoning.leave(name, user)
        self.reckoning.people[user].active = True

    def wave(self) -> None:
        """Disable people in a wave, change one of them, and enable the others as an operator."""
        self.clock.go_on(minutes=1)
        users = [each for each in self._some(8) if self.reckoning.people[each].active]
        if not users:
            return
        noted = [self._disabled(each) for each in users]
        brake, now = BrakeItems(self.operator.services.table, "acme"), self.clock()
        brake.note(noted)
        number = 1 + max((each.number for each in brake.waves()), default=0)
        brake.open(Wave(number, noted[0].time, noted[-1].time, len(users), PEOPLE), "r", now)
        title = str(self.chance.random())
        self.directory.users.patch(users[0], patch(("replace", "title", title)))
        outcomes = finished(disable_waves.enable(self.operator, "acme", number))
        assert outcomes[EnableOutcome.ENABLED] == len(users) - 1
        self.reckoning.people[users[0]].active = False
        self.clock.go_on(minutes=1)

    def _disabled(self, user: str) -> Disabled:
        self.directory.users.patch(user, patch(("replace", "active", False)))
        record = self._read(user)
        left = fingerprint(record.document, record.link)
        return Disabled(user, record.modified, by_client=True, fingerprint=left)

    def _read(self, user: str) -> Record:
        record = self.directory.context.resources.read(Kind.USER, user)
        assert record is not None
        return record

    def change_template(self, name: str = "") -> None:
        number = self.chance.randrange(6)
        name = name or f"t{number}"
        template = Template(
            name,
            Selector("displayName", GROUPS[int(name[1:]) % 3]),
            {area: self.chance.choice(LEVELS) for area in self.chance.sample(AREAS, 2)},
            self.chance.choice(["", *ROLES]),
            lasts=self.chance.choice([FOREVER, MEMBERSHIP]),
        )
        template_changes.set_templates(self.operator, "acme", [template])
        self.reckoning.set(template_changes.show(self.operator, "acme", name))
        self.clock.go_on(minutes=2)
        for _ in Sweep(self.operator.services.table, lambda _: self.directory, self.clock).run():
            pass

    def revoke(self) -> None:
        """Revoke an area that only a membership gives, if there is one."""
        for _, template in sorted(self.reckoning.templates.items()):
            members = self.reckoning.members[template.group.value] if template.group else set()
            for user in sorted(members) if template.follows else ():
                areas = self.reckoning.holding(user)[0].keys() & template.areas.keys()
                if areas:
                    self._revoke(user, min(areas))
                    return

    def _revoke(self, user: str, area: str) -> None:
        UserAccesses(self.operator).revoke(user, [area])
        person = self.reckoning.people[user]
        for versions in person.forever.values():
            versions[:] = [
                replace(each, areas={a: at for a, at in each.areas.items() if a != area})
                for each in versions
            ]
        for template in self.reckoning.templates.values():
            group_ = template.group.value if template.group else ""
            is_member = template.follows and user in self.reckoning.members[group_]
            if is_member and area in template.areas:
                person.revoked.setdefault((group_, template.name), set()).add(area)

    def merge(self) -> None:
        """Merge two accounts; the one that stays is a local one, or the only linked one."""
        keep, remove = self.chance.sample(sorted(self.reckoning.people), 2)
        records = self.directory.context.resources.read_many(Kind.USER, [keep, remove])
        if not (records[keep].link.local or records[remove].link.local):
            return
        merged = operators.merge(self.operator, "acme", keep, remove)
        stays, goes = (self.reckoning.people[each] for each in (merged.survivor, merged.removed))
        for name, versions in goes.forever.items():
            stays.forever.setdefault(name, []).extend(versions)
            if name in goes.origins:
                stays.origins.setdefault(name, goes.origins[name])
        for name in GROUPS:
            if merged.removed in self.reckoning.members[name]:
                self.reckoning.members[name].discard(merged.removed)
                if merged.survivor not in self.reckoning.members[name]:
                    self.reckoning.members[name].add(merged.survivor)
                    for key, areas in goes.revoked.items():
                        if key[0] == name:
                            stays.revoked[key] = set(areas)
        del self.reckoning.people[merged.removed]

    def delete(self) -> None:
        (user,) = self._some(1)
        self.directory.users.delete(user)
        for each in self.reckoning.members.values():
            each.discard(user)
        del self.reckoning.people[user]
        self.come(f"n{self.chance.randrange(10**9)}")

    def differences(self) -> Iterator[str]:
        """Yield who is shown to have what the reckoning does not say."""
        people = self.reckoning.people
        for user, record in self.directory.context.resources.read_many(Kind.USER, people).items():
            shown = record.representation(URL).get(ROLLCALL, {})
            areas = {each["value"]: each["level"] for each in shown.get("workAreas", ())}
            found, due = (areas, shown.get("role", "")), self.reckoning.holding(user)
            if found != due:
                yield f"{user} has {found}, and should have {due}: {record.access}"


@pytest.mark.parametrize("seed", range(3 if LONG else 2))
@pytest.mark.parametrize("size", [100, 12], ids=["whole", "in pieces"])
def test_access_is_what_memberships_and_templates_say(
    services: Services, seed: int, size: int
) -> None:
    clock, time = Clock(), Time()
    services.clock = clock
    operator_of(services)
    patience = Retry(clock=time.clock, sleep=time.sleep)
    table = Table(services.clients.dynamodb, services.table.name, patience)
    context = Context(table, "acme", URL, actor=Actor("r", "token:t"), clock=clock)
    trial = Trial(
        Directory(context), Operator(services, "operator:ann"), clock, random.Random(seed)
    )
    trial.prepare()
    table.max_actions = size

    done: list[str] = []
    for _ in range(ACTS if size == 100 else ACTS // 3):
        done.append(trial.act())
        assert list(trial.differences()) == [], done[-5:]
    consistency.check(services, "acme")
