"""The members of groups as readers see them: the stored ones, with unfinished changes applied.

A change that is larger than a transaction is in effect as soon as the group's document names it. A
deleted resource is not a member, even while its memberships are still stored.
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
from rollcall.storage.document_item import ATTRIBUTES, is_tombstone, record_of
from rollcall.storage.keys import Key, Keys
from rollcall.storage.large_change_items import LargeChangeItems, MemberChanges, changes_in
from rollcall.storage.memberships import EXISTENCE
from rollcall.storage.table import Bounds, Table

_WITH_MEMBERS = ("sk", "type", "entries", *ATTRIBUTES)
"""What is read of a group with its members: most items are members, whose id is their sort key."""

_KINDS = {kind.value: kind for kind in Kind}


@dataclass(frozen=True)
class GroupWithMembers:
    """A group and its members, types by id; `complete` unless there are more than the limit."""

    record: Record
    members: dict[str, Kind]
    complete: bool = True


@dataclass
class _Pages:
    """The items read from a group's partition."""

    record: Record | None = None
    changes: list[Item] = field(default_factory=list)
    members: dict[str, Kind] = field(default_factory=dict)


class GroupMembers:
    """The members of one tenant's groups."""

    def __init__(self, table: Table, tenant: str) -> None:
        self._table = table
        self._keys = Keys(tenant)
        self._large_changes = LargeChangeItems(table, tenant)

    def read(self, group: str, limit: int | None = None) -> GroupWithMembers | None:
        """Read a group with its members in the order of their ids; None when there is no group.

        With more than `limit` members only some of them are returned. Raises Unavailable when the
        members are changed between the pages again and again.
        """
        for _ in self._table.retry.attempts():
            # Before the members: this item is deleted after the last membership is ended.
            deleted = {item["sk"] for item in self._table.query(self._keys.unfinished_deletions())}
            pages = self._pages(group, limit)
            if pages.record is None:
                return None
            if limit is not None and len(pages.members) > limit:
                return GroupWithMembers(pages.record, pages.members, complete=False)
            members = self._with_changes(pages.members, changes_in(iter(pages.changes)))
            if deleted:
                members = {each: kind for each, kind in members.items() if each not in deleted}
            # Even a single page is not a snapshot.
            if not self._has_changed(pages.record):
                is_complete = limit is None or len(members) <= limit
                return GroupWithMembers(pages.record, members, is_complete)
        raise Unavailable("the members of the group change too often to be read, try again")

    def iterate(self, group: Record, **bounds: Unpack[Bounds]) -> Iterator[tuple[str, Kind]]:
        """Yield id and type of a group's members in the order of their ids, page by page.

        `after` in the bounds is an id. Deleted members may be among them; they have no document.
        """
        changes = MemberChanges({}, {})
        if group.pending:
            changes = self._large_changes.read(group.id, group.pending)
        after, backwards = bounds.get("after", ""), bounds.get("backwards", False)
        unfinished = [
            addition
            for addition in changes.added.items()
            if not after
            or (addition[0] < after if backwards else addition[0] > after)
            or (addition[0] == after and bounds.get("inclusive"))
        ]
        if after:
            bounds["after"] = self._keys.member(group.id, after)["sk"]
        partition = self._keys.partition(Kind.GROUP, group.id)
        stored = (
            (item["member"], Kind(item["type"]))
            for item in self._table.query(partition, keys.MEMBER, **bounds)
        )
        previous = ""
        for member, kind in merge(stored, sorted(unfinished, reverse=backwards), reverse=backwards):
            if member not in changes.removed and member != previous:
                yield member, kind
            previous = member

    def existing(
        self, pairs: Iterable[tuple[str, str]], pending: Mapping[str, str]
    ) -> dict[tuple[str, str], Kind]:
        """Return the (group, member) pairs that are memberships, with the member's type.

        `pending` maps groups to their unfinished changes.
        """
        # Unfinished changes first: a change is deleted only after all of it is applied.
        unfinished = {
            group: self._large_changes.read(group, change) for group, change in pending.items()
        }
        member_keys = {pair: self._keys.member(*pair) for pair in pairs}
        users = {member: self._keys.document(Kind.USER, member) for _, member in member_keys}
        items = self._table.get_many([*member_keys.values(), *users.values()], (*EXISTENCE, "type"))
        found = {pair: items.get((key["pk"], key["sk"])) for pair, key in member_keys.items()}
        stored = {pair: Kind(item["type"]) for pair, item in found.items() if item is not None}
        nested = {member: kind for (_, member), kind in stored.items() if kind is Kind.GROUP}
        living = _living(users, items) | self._living(nested)
        stored = {pair: kind for pair, kind in stored.items() if pair[1] in living}
        for group, changes in unfinished.items():
            named = {member for other, member in member_keys if other == group}
            added = {member: kind for member, kind in changes.added.items() if member in named}
            current = {member: kind for (other, member), kind in stored.items() if other == group}
            current_members = self._with_changes(current, MemberChanges(added, changes.removed))
            stored = {pair: kind for pair, kind in stored.items() if pair[0] != group}
            stored |= {(group, member): kind for member, kind in current_members.items()}
        return stored

    def _pages(self, group: str, limit: int | None) -> _Pages:
        read = _Pages()
        prefix = ""
        partition = self._keys.partition(Kind.GROUP, group)
        for page in self._table.pages(partition, only=_WITH_MEMBERS):
            for item in page:
                sort_key = item["sk"]
                if sort_key.startswith(keys.MEMBER):
                    read.members[keys.identifier(sort_key)] = _KINDS[item["type"]]
                elif sort_key == keys.DOCUMENT:
                    read.record = record_of(Kind.GROUP, {"pk": partition, **item})
                    prefix = keys.change_prefix(read.record.pending) if read.record else ""
                elif sort_key.startswith(keys.MEMBER_CHANGE):
                    if read.record is not None and sort_key.startswith(prefix):
                        read.changes.append(item)
                else:
                    return read
            if read.record is None or (limit is not None and len(read.members) > limit):
                return read
        return read

    def _with_changes(self, stored: Mapping[str, Kind], changes: MemberChanges) -> dict[str, Kind]:
        """Return the members after changes that may be applied in part."""
        members = {each: kind for each, kind in stored.items() if each not in changes.removed}
        absent = {member: kind for member, kind in changes.added.items() if member not in members}
        if not absent:
            return members
        members |= {member: absent[member] for member in self._living(absent)}
        return dict(sorted(members.items()))

    def _living(self, resources: Mapping[str, Kind]) -> set[str]:
        documents = {
            member: self._keys.document(kind, member) for member, kind in resources.items()
        }
        return _living(documents, self._table.get_many(documents.values(), EXISTENCE))

    def _has_changed(self, record: Record) -> bool:
        """Tell whether a change of several members came after the first page was read."""
        item = self._table.get(self._keys.document(Kind.GROUP, record.id))
        current = None if item is None else record_of(Kind.GROUP, item)
        return current is None or current.epoch != record.epoch


def _living(documents: Mapping[str, Key], items: Mapping[tuple[str, str], Item]) -> set[str]:
    """Return the ids whose documents are among the items that were read, tombstones left out."""
    found = {member: items.get((key["pk"], key["sk"])) for member, key in documents.items()}
    return {member for member, item in found.items() if item is not None and not is_tombstone(item)}
