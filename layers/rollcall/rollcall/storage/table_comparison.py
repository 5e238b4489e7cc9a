"""Compares what two tables hold of a tenant: a copy of an earlier time, and the live table.

Both are read in the order of their indexes, a page at a time. What it costs depends on the tenant,
not on the tables.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from heapq import merge
from itertools import groupby, islice
from operator import itemgetter
from typing import Any

from rollcall.aws.attribute_values import Item
from rollcall.model.record import Record
from rollcall.scim.resource_type import Kind
from rollcall.storage import keys
from rollcall.storage.document_item import is_tombstone
from rollcall.storage.grant_items import GrantItems
from rollcall.storage.group_members import GroupMembers
from rollcall.storage.keys import Keys
from rollcall.storage.memberships import EXISTENCE
from rollcall.storage.resources import Resources
from rollcall.storage.table import MAX_BATCH, Table
from rollcall.storage.template_items import CurrentTemplates, TemplateItems


@dataclass(frozen=True)
class ResourcePair:
    """The document items of one id in the copy and in the live table, None where there is none."""

    kind: Kind
    id: str
    copy: Item | None
    live: Item | None


class TableComparison:
    """The items of one tenant in two tables; `live` is None where that table is gone."""

    def __init__(self, copy: Table, live: Table | None, tenant: str) -> None:
        self.copy = copy
        self.live = live
        self.tenant = tenant
        self._keys = Keys(tenant)

    def resources(self, kind: Kind) -> Iterator[ResourcePair]:
        """Yield every resource of a type that lives in one of them, those of the copy last."""
        if self.live is not None:
            for pair in self._pairs(kind, Resources(self.live, self.tenant).ids(kind)):
                if pair.copy is None or is_tombstone(pair.copy):
                    yield pair
        yield from self._pairs(kind, Resources(self.copy, self.tenant).ids(kind))

    def read(self, kind: Kind, identifiers: Iterable[str]) -> Iterator[ResourcePair]:
        """Yield resources by their ids."""
        yield from self._pairs(kind, iter(list(identifiers)))

    def grants(self, user: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """Return the grants of a user in the copy and in the live table."""
        copy = [dict(each) for each in GrantItems(self.copy, self.tenant).read(user)]
        if self.live is None:
            return copy, []
        return copy, [dict(each) for each in GrantItems(self.live, self.tenant).read(user)]

    def templates(self) -> tuple[CurrentTemplates, CurrentTemplates | None]:
        """Return the current templates in the copy and in the live table."""
        live = None if self.live is None else TemplateItems(self.live, self.tenant).read()
        return TemplateItems(self.copy, self.tenant).read(), live

    def members(self, copy: Record, pending: str = "") -> Iterator[tuple[str, Kind, bool]]:
        """Yield the members that a group has in one of them only: id, type, whether in the copy.

        They are in the order of their ids. Members without a document may be among them. `pending`
        is the unfinished change of the live group.
        """
        before = GroupMembers(self.copy, self.tenant).iterate(copy)
        after: Iterator[tuple[str, Kind]] = iter(())
        if self.live is not None:
            live = replace(copy, pending=pending)
            after = GroupMembers(self.live, self.tenant).iterate(live)
        sides = merge(((*each, True) for each in before), ((*each, False) for each in after))
        for _, members in groupby(sides, key=itemgetter(0)):
            member, *others = members
            if not others:
                yield member

    def tombstones(self, source: Table) -> Iterator[Item]:
        """Yield the tombstones and aliases of a table."""
        found = source.query_index(self._keys.tombstones())
        while batch := list(islice(found, MAX_BATCH)):
            items = source.get_many({"pk": each["pk"], "sk": each["sk"]} for each in batch)
            yield from (item for item in items.values() if is_tombstone(item))

    def _pairs(self, kind: Kind, identifiers: Iterator[str]) -> Iterator[ResourcePair]:
        while batch := list(islice(identifiers, MAX_BATCH)):
            documents = {each: self._keys.document(kind, each) for each in batch}
            copy = self.copy.get_many(documents.values())
            live = {} if self.live is None else self.live.get_many(documents.values())
            for identifier, key in documents.items():
                at = key["pk"], key["sk"]
                yield ResourcePair(kind, identifier, copy.get(at), live.get(at))


def living(table: Table, tenant: str, resources: dict[str, Kind]) -> set[str]:
    """Return which resources live in a table; types by id."""
    of_tenant = Keys(tenant)
    items = table.get_many(
        (of_tenant.document(kind, each) for each, kind in resources.items()), EXISTENCE
    )
    return {keys.identifier(pk) for (pk, _), item in items.items() if not is_tombstone(item)}
