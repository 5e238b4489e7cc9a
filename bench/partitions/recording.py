"""What a request takes of each partition key, of the table and of its indexes, in units.

It is worked out from the calls that real code makes and from the items before and after each: a
write takes a unit for each kB of the larger item, two in a transaction, and one for each entry of
an index that it puts or deletes; a read takes one for each 4 kB, half of it in an index.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from math import ceil
from threading import local
from typing import Any, TypeAlias

from rollcall.storage.table import CHANGES, INDEX
from tests.storage.faults import registered

TABLE = "table"
INDEX_KEYS = {INDEX: ("gsi_pk", "gsi_sk"), CHANGES: ("feed", "modified")}

PartitionKey: TypeAlias = tuple[str, str]
"""Where the partition is, TABLE or an index, and its key."""

Item: TypeAlias = Mapping[str, Any]
Items: TypeAlias = Mapping[tuple[str, str], Item]

_WRITES = {"TransactWriteItems", "UpdateItem", "PutItem", "BatchWriteItem"}


@dataclass
class Units:
    """Write units and read units, and the items and index entries that are read or written."""

    writes: float = 0
    reads: float = 0
    operations: int = 0

    @property
    def load(self) -> float:
        """The part of what a partition takes in a second: 1 000 write units or 3 000 read units."""
        return self.writes / 1_000 + self.reads / 3_000


Usage: TypeAlias = dict[PartitionKey, Units]


@contextmanager
def recorded(client: Any, table: str) -> Iterator[Usage]:
    """Yield what a table's partition keys take of what is asked of a DynamoDB client meanwhile."""
    usage: Usage = defaultdict(Units)
    asked = local()  # what one thread asks is answered to the same one

    def ask(model: Any, params: Any, **_: Any) -> None:
        if getattr(asked, "looking", False):
            return
        asked.params = params
        if model.name in _WRITES:
            asked.before = look(set(_written(model.name, params)))

    def answer(model: Any, parsed: Any, **_: Any) -> None:
        if getattr(asked, "looking", False):
            return
        if model.name in _WRITES:
            _write(usage, model.name, asked.params, asked.before, look(set(asked.before)))
        else:
            _read(usage, model.name, asked.params, parsed)

    def look(keys: set[tuple[str, str]]) -> Items:
        asked.looking = True
        found = {key: _item(client, table, key) for key in keys}
        asked.looking = False
        return found

    with ExitStack() as hooks:
        hooks.enter_context(registered(client, "before-parameter-build.dynamodb", ask))
        hooks.enter_context(registered(client, "after-call.dynamodb", answer))
        yield usage


def _item(client: Any, table: str, key: tuple[str, str]) -> Item:
    names = {"pk": {"S": key[0]}, "sk": {"S": key[1]}}
    item: Item = client.get_item(TableName=table, Key=names, ConsistentRead=True).get("Item", {})
    return item


def _key(item: Item) -> tuple[str, str]:
    return item["pk"]["S"], item["sk"]["S"]


def _write(
    usage: Usage, operation: str, asked: Mapping[str, Any], before: Items, after: Items
) -> None:
    times = 2 if operation == "TransactWriteItems" else 1
    for key in _written(operation, asked):
        larger = max(size(items.get(key, {})) for items in (before, after))
        _add(usage[TABLE, key[0]], writes=times * max(1, ceil(larger / 1024)))
        for index, names in INDEX_KEYS.items():
            old, new = (_entry(items.get(key, {}), names) for items in (before, after))
            for entry in {old, new} - {None} if old != new else ():
                assert entry is not None
                _add(usage[index, entry[0]], writes=1)


def _written(operation: str, asked: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the keys of the items that a call writes or checks."""
    if operation == "TransactWriteItems":
        bodies = [body for each in asked["TransactItems"] for body in each.values()]
    elif operation == "BatchWriteItem":
        ((_, requests),) = asked["RequestItems"].items()
        bodies = [body for each in requests for body in each.values()]
    else:
        bodies = [asked]
    for body in bodies:
        yield _key(body.get("Item") or body["Key"])


def _entry(item: Item, names: tuple[str, str]) -> tuple[str, str] | None:
    """Return the key of an item in an index, None where it is not in it."""
    if not all(name in item for name in names):
        return None
    return item[names[0]]["S"], item[names[1]]["S"]


def _read(usage: Usage, operation: str, asked: Mapping[str, Any], answered: Any) -> None:
    if operation == "GetItem":
        item = answered.get("Item", {})
        _add(usage[TABLE, asked["Key"]["pk"]["S"]], reads=_read_units(item))
    elif operation == "BatchGetItem":
        ((table, request),) = asked["RequestItems"].items()
        found = {_key(item): item for item in answered["Responses"].get(table, [])}
        for key in map(_key, request["Keys"]):
            _add(usage[TABLE, key[0]], reads=_read_units(found.get(key, {})))
    elif operation == "Query":
        index = asked.get("IndexName", TABLE)
        total = sum(map(size, answered["Items"]))
        units = max(1, ceil(total / 4096)) * (1 if asked.get("ConsistentRead") else 0.5)
        partition = asked["ExpressionAttributeValues"][":pk"]["S"]
        _add(usage[index, partition], reads=units)


def _add(units: Units, writes: float = 0, reads: float = 0) -> None:
    units.writes += writes
    units.reads += reads
    units.operations += 1


def _read_units(item: Item) -> int:
    return max(1, ceil(size(item) / 4096))


def size(item: Item) -> int:
    """Return the size of an item as DynamoDB counts it."""
    return sum(len(name.encode()) + _bytes(value) for name, value in item.items())


_BYTES: dict[str, Callable[[Any], int]] = {
    "S": lambda value: len(value.encode()),
    "N": lambda value: len(value) // 2 + 1,
    "B": len,
    "L": lambda value: 3 + sum(1 + _bytes(each) for each in value),
    "M": lambda value: 3 + sum(1 + len(name) + _bytes(each) for name, each in value.items()),
}


def _bytes(value: Mapping[str, Any]) -> int:
    """Return the size of a value as DynamoDB counts it."""
    ((kind, content),) = value.items()
    return _BYTES.get(kind, lambda _: 1)(content)
