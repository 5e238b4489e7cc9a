"""The items of a tenant, copied to the table of another deployment and compared there.

Memory holds some hundred items, however many there are. The items of users and groups say that they
arrived, so that the stream of the other table does not announce them as new.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256

from rollcall.aws.attribute_values import Item
from rollcall.storage import tenant_items
from rollcall.storage.batch_writes import BATCH
from rollcall.storage.item_changes import ARRIVED, is_published
from rollcall.storage.parallel_reads import MAX_THREADS, at_once
from rollcall.storage.table import Table

CHUNK = BATCH * MAX_THREADS
"""How many items are written at the same time."""

_ALL = 2**256


@dataclass
class Tally:
    """How many items there are, and a digest of them that does not depend on their order."""

    items: int = 0
    _sum: int = 0

    def add(self, item: Item) -> None:
        """Count an item."""
        text = json.dumps(_content(item), sort_keys=True, default=str)
        self.items += 1
        self._sum = (self._sum + int.from_bytes(sha256(text.encode()).digest())) % _ALL

    @property
    def digest(self) -> str:
        """The first 16 digits of the digest."""
        return f"{self._sum:064x}"[:16]


@dataclass(frozen=True)
class Comparison:
    """What is in either table, and how many items had to be written again."""

    source: Tally
    target: Tally
    rewritten: int

    @property
    def is_equal(self) -> bool:
        """Tell whether every item of the source was in the target as it is."""
        return not self.rewritten and self.source == self.target


class TenantCopy:
    """The copy of one tenant in another table, written while nothing changes the tenant."""

    def __init__(self, source: Table, target: Table, tenant: str) -> None:
        self._source = source
        self._target = target
        self._tenant = tenant

    def write(self) -> Generator[int]:
        """Write all items, unread, yielding after each step how many so far."""
        number = 0
        for chunk in self._chunks():
            self._put(chunk)
            number += len(chunk)
            yield number

    def compare(self) -> Generator[int, None, Comparison]:
        """Compare all items with the copy, and write those again that differ or are missing."""
        source, target, rewritten = Tally(), Tally(), 0
        for chunk in self._chunks():
            copies = self._target.get_many({"pk": item["pk"], "sk": item["sk"]} for item in chunk)
            different = list[Item]()
            for item in chunk:
                source.add(item)
                copy = copies.get((item["pk"], item["sk"]))
                if copy is not None:
                    target.add(copy)
                if copy is None or _content(copy) != _content(item):
                    different.append(item)
            self._put(different)
            rewritten += len(different)
            yield source.items
        return Comparison(source, target, rewritten)

    def _chunks(self) -> Iterator[list[Item]]:
        """Yield the items to be handled in one step, none after a round trip that found none."""
        for page in tenant_items.pages(self._source, self._tenant):
            yield from (page[at : at + CHUNK] for at in range(0, len(page) or 1, CHUNK))

    def _put(self, items: Sequence[Item]) -> None:
        arriving = [_arriving(each) for each in items]
        batches = [arriving[at : at + BATCH] for at in range(0, len(arriving), BATCH)]
        if batches:
            at_once([partial(self._target.put_many, each) for each in batches])


def _arriving(item: Item) -> Item:
    return {**item, ARRIVED: True} if is_published(item) else item


def _content(item: Item) -> Item:
    return {name: value for name, value in item.items() if name != ARRIVED}
