"""A company that has its accounts provisioned by Microsoft Entra ID, and what changes in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from uuid import UUID

from demo import people
from demo.entra import Group, Source, User
from demo.source import RETENTION

SHARES = ((4, 20), (16, 4), (80, 0.7))
"""Of a hundred groups, so many have so many percent of the users each: two groups a user."""

KINDS = ("joiners", "leavers", "edits", "moves", "renames")


@dataclass(frozen=True)
class Plan:
    """How large a company is, and how many of ten thousand people are concerned on a working day.

    The figures are assumptions: a fifth of the people leaves in a year and as many come, one in
    two changes the job title, the department or a telephone number in a year and moves to another
    group, and one in twenty changes the name.
    """

    users: int = 10_000
    groups: int = 100
    joiners: float = 8
    leavers: float = 8
    edits: float = 20
    moves: float = 20
    renames: float = 2

    def number(self, kind: str, random: Random) -> int:
        """Return how many changes of a kind a working day has, a fraction at random."""
        rate = float(getattr(self, kind)) * self.users / 10_000
        return int(rate) + (random.random() < rate % 1)


class Company:
    """The source directory of one company, changed by the same dice in every run."""

    def __init__(self, name: str, plan: Plan, seed: int = 0) -> None:
        self.name = name
        self.plan = plan
        self.source = Source()
        self.dice = Random(f"{name} {seed}")
        self._next = iter(people.staff(seed, plan.users + plan.users // 5 + 50))
        self.source.add(*(next(self._next) for _ in range(plan.users)))
        self.source.add(*self._groups())

    def leave_before(self, begin: date) -> None:
        """Let people leave on each working day of the thirty days before.

        They are deleted for good in the month that begins, as in every month.
        """
        for days in range(RETENTION.days, 0, -1):
            day = begin - timedelta(days=days)
            if day.weekday() < 5:
                self._leave(self.plan.number("leavers", self.dice), day)

    def due(self, day: date) -> list[str]:
        """Return the kinds of the changes of a working day, in the order in which they come."""
        kinds = [kind for kind in KINDS for _ in range(self.plan.number(kind, self.dice))]
        self.dice.shuffle(kinds)
        return kinds

    def end(self, day: date) -> None:
        """End a day: whoever left thirty days ago is deleted for good."""
        self.source.purge(day)

    def change(self, kind: str, day: date) -> None:
        """Make one change."""
        match kind:
            case "joiners":
                user = next(self._next)
                self.source.add(user)
                for group in self.dice.sample(list(self.source.groups), k=2):
                    self.source.join(group, [user.object_id])
            case "leavers":
                self._leave(1, day)
            case "edits":
                self._edit()
            case "moves":
                user = self._someone()
                old, new = self.dice.sample(list(self.source.groups.values()), k=2)
                self.source.leave(old.object_id, [self.dice.choice(sorted(old.members))])
                self.source.join(new.object_id, [user.object_id])
            case "renames":
                user = self._someone()
                name = f"{user.mail_nickname}.{self.dice.randrange(10_000)}"
                address = f"{name}@{people.DOMAIN}"
                self.source.change(
                    user.object_id,
                    user_principal_name=address,
                    mail_nickname=name,
                    mail=address,
                    surname=name.title(),
                    display_name=f"{user.given_name} {name.title()}",
                )

    def _edit(self) -> None:
        user, number = self._someone(), self.dice.randrange(100, 200)
        attribute, value = self.dice.choice([
            ("job_title", f"Specialist {number}"),
            ("department", f"Department {number % 10}"),
            ("mobile", f"+44 7700 900{number}"),
        ])  # fmt: skip
        self.source.change(user.object_id, **{attribute: value})

    def _leave(self, number: int, day: date) -> None:
        for _ in range(number):
            self.source.soft_delete(self._someone().object_id, day)

    def _someone(self) -> User:
        while True:
            user = self.dice.choice(list(self.source.users.values()))
            if user.active:
                return user

    def _groups(self) -> Iterator[Group]:
        users = list(self.source.users)
        parts = [part for number, part in SHARES for _ in range(number)]
        for number in range(self.plan.groups):
            part = parts[number * len(parts) // self.plan.groups]
            size = max(2, round(part / 100 * len(users) * 100 / self.plan.groups))
            members = frozenset(self.dice.sample(users, k=min(size, len(users))))
            identifier = str(UUID(int=self.dice.getrandbits(128), version=4))
            yield Group(identifier, f"Group {number}", members)
