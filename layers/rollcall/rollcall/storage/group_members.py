"""The members of groups as readers see them: what is stored, with what is begun laid over it.

A change that is larger than a transaction is true as soon as the group's document names it, and who
is deleted is no member, however much of either is still to be applied.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from heapq import merge
from typing import Unpack

from rollcall.aws.attribute_values import Item
from rollcall.model.record import Record
from rollcall.scim.errors import Unavailable
from rollcall.scim.resource_type import Kind
from rollcall.storage import keys
from rollcall.storage.document_item import is_tombstone, record_of
from rollcall.storage.keys import Key, Keys
from rollcall.storage.large_change_items import LargeChangeItems, MemberChanges, changes_in
from rollcall.storage.memberships import EXISTENCE
from rollcall.storage.table import Bounds, Table


@dataclass(frozen=True)
class GroupWithMembers:
    """A group and its members, ids by type; `whole` unless there are more than were asked for."""

    record: Record
    members: dict[str, Kind]
    complete: bool = True


@dataclass
class _Pages:
    """What the pages of a group's partition hold."""

    record: Record | None = None
    journal: list[Item] = field(default_factory=list)
    members: dict[str, Kind] = field(default_factory=dict)


class GroupMembers:
    """The rosters of one tenant."""

    def __init__(self, table: Table, tenant: str) -> None:
        self._table = table
        self._keys = Keys(tenant)
        self._journal = LargeChangeItems(table, tenant)

    def read(self, group: str, limit: int | None = None) -> GroupWithMembers | None:
        """Read a group with its members in the order of their ids; None when there is no group.

        With more than `limit` members some of them are returned, not whole. Raises Unavailable when
        changes of several members keep coming between the pages.
        """
        for _ in self._table.retry.attempts():
            # Before the members: a note goes when the last of its memberships is ended.
            leaving = {item["sk"] for item in self._table.query(self._keys.unfinished_deletions())}
            pages = self._pages(group, limit)
            if pages.record is None:
                return None
            if limit is not None and len(pages.members) > limit:
                return GroupWithMembers(pages.record, pages.members, complete=False)
            members = self._overlaid(pages.members, changes_in(iter(pages.journal)))
            members = {each: of for each, of in members.items() if each not in leaving}
            # Not even a single page is read at one moment.
            if not self._is_torn(pages.record):
                whole = limit is None or len(members) <= limit
                return GroupWithMembers(pages.record, members, whole)
        raise Unavailable("the members of the group change too often to be read, try again")

    def iterate(self, group: Record, **bounds: Unpack[Bounds]) -> Iterator[tuple[str, Kind]]:
        """Yield id and type of a group's members in the order of their ids, as they are read.

        `after` in the bounds is such an id. Those who are deleted may be among them: whoever reads
        their documents finds none.
        """
        changes = MemberChanges({}, {})
        if group.pending:
            changes = self._journal.read(group.id, group.pending)
        after, down = bounds.get("after", ""), bounds.get("backwards", False)
        begun = [
            each
            for each in changes.added.items()
            if not after
            or (each[0] < after if down else each[0] > after)
            or (each[0] == after and bounds.get("inclusive"))
        ]
        if after:
            bounds["after"] = self._keys.member(group.id, after)["sk"]
        partition = self._keys.partition(Kind.GROUP, group.id)
        stored = (
            (item["member"], Kind(item["type"]))
            for item in self._table.query(partition, keys.MEMBER, **bounds)
        )
        last = ""
        for each, kind in merge(stored, sorted(begun, reverse=down), reverse=down):
            if each not in changes.removed and each != last:
                yield each, kind
            last = each

    def existing(
        self, pairs: Iterable[tuple[str, str]], pending: Mapping[str, str]
    ) -> dict[tuple[str, str], Kind]:
        """Return which of the (group, member) pairs are memberships, with the member's type.

        `pending` names the unfinished changes of groups.
        """
        # What is begun first: it is forgotten only when all of it is stored.
        begun = {group: self._journal.read(group, change) for group, change in pending.items()}
        wanted = {pair: self._keys.member(*pair) for pair in pairs}
        users = {member: self._keys.document(Kind.USER, member) for _, member in wanted}
        items = self._table.get_many([*wanted.values(), *users.values()], (*EXISTENCE, "type"))
        found = {pair: items.get((key["pk"], key["sk"])) for pair, key in wanted.items()}
        stored = {pair: Kind(item["type"]) for pair, item in found.items() if item is not None}
        nested = {member: kind for (_, member), kind in stored.items() if kind is Kind.GROUP}
        living = _living(users, items) | self._living(nested)
        stored = {pair: kind for pair, kind in stored.items() if pair[1] in living}
        for group, changes in begun.items():
            asked = {member for of, member in wanted if of == group}
            added = {each: kind for each, kind in changes.added.items() if each in asked}
            current = {member: kind for (of, member), kind in stored.items() if of == group}
            overlaid = self._overlaid(current, MemberChanges(added, changes.removed))
            stored = {pair: kind for pair, kind in stored.items() if pair[0] != group}
            stored |= {(group, member): kind for member, kind in overlaid.items()}
        return stored

    def _pages(self, group: str, limit: int | None) -> _Pages:
        read = _Pages()
        prefix = ""
        for page in self._table.pages(self._keys.partition(Kind.GROUP, group)):
            for item in page:
                if item["sk"] == keys.DOCUMENT:
                    read.record = record_of(Kind.GROUP, item)
                    prefix = keys.change_prefix(read.record.pending) if read.record else ""
                elif item["sk"].startswith(keys.MEMBER):
                    read.members[item["member"]] = Kind(item["type"])
                elif item["sk"].startswith(keys.MEMBER_CHANGE):
                    if read.record is not None and item["sk"].startswith(prefix):
                        read.journal.append(item)
                else:
                    return read
            if read.record is None or (limit is not None and len(read.members) > limit):
                return read
        return read

    def _overlaid(self, stored: Mapping[str, Kind], changes: MemberChanges) -> dict[str, Kind]:
        """Return who is a member after changes that may have been applied in part."""
        members = {each: of for each, of in stored.items() if each not in changes.removed}
        absent = {each: of for each, of in changes.added.items() if each not in members}
        if not absent:
            return members
        members |= {each: absent[each] for each in self._living(absent)}
        return dict(sorted(members.items()))

    def _living(self, resources: Mapping[str, Kind]) -> set[str]:
        documents = {each: self._keys.document(of, each) for each, of in resources.items()}
        return _living(documents, self._table.get_many(documents.values(), EXISTENCE))

    def _is_torn(self, record: Record) -> bool:
        """Tell whether several members changed at once since the first page was read."""
        item = self._table.get(self._keys.document(Kind.GROUP, record.id))
        now = None if item is None else record_of(Kind.GROUP, item)
        return now is None or now.epoch != record.epoch


def _living(documents: Mapping[str, Key], items: Mapping[tuple[str, str], Item]) -> set[str]:
    """Return whose documents, by id, are among items that were read and are no tombstones."""
    found = {each: items.get((key["pk"], key["sk"])) for each, key in documents.items()}
    return {each for each, item in found.items() if item is not None and not is_tombstone(item)}
