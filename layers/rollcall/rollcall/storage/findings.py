"""The findings of one tenant's duplicate reports, the flags of users, the runs and their counts.

A changeable item has a `revision`; each write is conditional on the revision that was read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

from rollcall.aws.attribute_values import Item
from rollcall.storage import keys
from rollcall.storage.keys import Key, Keys
from rollcall.storage.table import Table
from rollcall.storage.transactions import Action

DUPLICATE = "duplicate"
"""The flag of an account that probably belongs to one person with others."""

SERVICE = "service"
"""The flag of an account that an operator marked as a service account."""


class Findings:
    """The findings of one tenant."""

    def __init__(self, table: Table, tenant: str) -> None:
        self.table = table
        self.keys = Keys(tenant)

    def read(self, findings: Iterable[str]) -> dict[str, Item]:
        """Read findings by id; those that do not exist are left out."""
        items = self.table.get_many(self.keys.finding(each) for each in findings)
        return {keys.identifier(sk): item for (_, sk), item in items.items()}

    def all(self, after: str = "", limit: int = 0) -> Iterator[tuple[str, Item]]:
        """Yield id and item of all findings in the order of the id, after one id.

        `limit` is how many a round trip reads, 0 for as many as it returns.
        """
        begin = f"{keys.FINDING}{after}" if after else ""
        partition = self.keys.duplicates()
        for item in self.table.query(partition, keys.FINDING, after=begin, limit=limit):
            yield keys.identifier(item["sk"]), item

    def write(
        self,
        finding: str,
        item: Item,
        revision: int,
        *,
        flagged: Mapping[str, str] | None = None,
        unflagged: Iterable[str] = (),
        logged: Iterable[Action] = (),
    ) -> None:
        """Write a finding in place of the revision that was read, 0 for none, and its flags.

        `flagged` maps users to the kind of their flag, `logged` are entries of the log. Raises
        ConditionFailed when the finding was changed meanwhile.
        """
        unflagging = [Action("Delete", self.keys.flag(user, finding)) for user in unflagged]
        writing = self.write_actions(finding, item, revision, flagged or {})
        self.table.transact([*writing, *unflagging, *logged])

    def write_actions(
        self, finding: str, item: Item, revision: int, flagged: Mapping[str, str]
    ) -> list[Action]:
        """Return the actions that write a finding, in place of a revision, and flags of users."""
        return [
            self._replacement(self.keys.finding(finding), item, revision),
            *(self._flag(user, finding, kind) for user, kind in flagged.items()),
        ]

    def delete(self, finding: str, item: Item) -> None:
        """Delete the revision of a finding that was read, with the flags of its users.

        Raises ConditionFailed when the finding was changed meanwhile.
        """
        deletion = Action(
            "Delete",
            self.keys.finding(finding),
            condition="revision = :revision",
            values={":revision": item["revision"]},
        )
        flags = [Action("Delete", self.keys.flag(user, finding)) for user in item["accounts"]]
        self.table.transact([deletion, *flags])

    def read_run(self) -> Item | None:
        """Read the progress of the latest run."""
        return self.table.get(self.keys.run())

    def write_run(self, item: Item, revision: int) -> None:
        """Write the progress of the run in place of a revision. Raises ConditionFailed."""
        self.table.transact([self._replacement(self.keys.run(), item, revision)])

    def summaries(self) -> list[Item]:
        """Read the counts of all runs, the oldest first."""
        return list(self.table.query(self.keys.duplicates(), keys.SUMMARY))

    def write_summary(self, run: str, item: Item) -> None:
        """Write the counts of a run."""
        self.table.put(self.keys.summary(run), item)

    def mark_service_account(self, user: str, note: Item, *logged: Action) -> None:
        """Flag a user as a service account; no finding names it from then on."""
        self.table.transact([self._flag(user, SERVICE, SERVICE, note), *logged])

    def unmark_service_account(self, user: str, *logged: Action) -> None:
        """Remove the flag of a service account."""
        self.table.transact([Action("Delete", self.keys.flag(user, SERVICE)), *logged])

    def count_flagged(self, kind: str, most: int) -> int:
        """Count the findings that flag users as a kind, among the first flags, in one query."""
        flags = self.table.query_index(self.keys.flags(), prefix=f"{kind}#", limit=most)
        return len({keys.identifier(item["gsi_sk"]) for item in islice(flags, most)})

    def flags(self, kind: str = "") -> Iterator[tuple[str, str, str]]:
        """Yield kind, user and flag of all flags in order, or of those of one kind."""
        prefix = f"{kind}#" if kind else ""
        for item in self.table.query_index(self.keys.flags(), prefix=prefix):
            flag_kind, user, flag = item["gsi_sk"].split("#")
            yield flag_kind, user, flag

    def flags_after(self, kind: str, after: str, limit: int) -> list[tuple[str, str]]:
        """Return user and flag of the first flags of a kind after another one, in one query."""
        begin = f"{kind}#{after}"
        items = self.table.query_index(self.keys.flags(), after=begin, limit=limit)
        parts = (item["gsi_sk"].split("#") for item in islice(items, limit))
        return [(user, flag) for flag_kind, user, flag in parts if flag_kind == kind]

    def _flag(self, user: str, flag: str, kind: str, note: Item | None = None) -> Action:
        index = {"gsi_pk": self.keys.flags(), "gsi_sk": f"{kind}#{user}#{flag}"}
        return Action("Put", self.keys.flag(user, flag), item={**(note or {}), **index})

    def _replacement(self, key: Key, item: Item, revision: int) -> Action:
        return Action(
            "Put",
            key,
            item={**item, "revision": revision + 1},
            condition="revision = :revision" if revision else "attribute_not_exists(pk)",
            values={":revision": revision} if revision else {},
        )
