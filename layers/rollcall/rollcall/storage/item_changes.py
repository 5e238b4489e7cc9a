"""Changes of items, read from the records of the table's stream."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from rollcall.aws.attribute_values import Item, decoded
from rollcall.scim.resource_type import Kind
from rollcall.storage import keys


class ItemType(StrEnum):
    """The type of an item, by the prefix of its sort key."""

    DOCUMENT = keys.DOCUMENT
    MEMBERSHIP = keys.GROUP
    NESTING = keys.PARENT
    GRANT = keys.GRANT
    SUMMARY = keys.SUMMARY
    NOTICE = keys.NOTICE


_SHAPES: Mapping[ItemType, frozenset[str]] = {
    ItemType.DOCUMENT: frozenset({"USER"}),
    ItemType.MEMBERSHIP: frozenset({"USER"}),
    ItemType.NESTING: frozenset({"GROUP"}),
    ItemType.GRANT: frozenset({"USER"}),
    ItemType.SUMMARY: frozenset({"DUPLICATES"}),
    ItemType.NOTICE: frozenset({"NOTICES"}),
}
"""The partitions of these items, by the word after the tenant."""

ARRIVED = "arrived"
"""The attribute of an item that came with its tenant from another deployment: it is not new."""

_KINDS = {kind.upper(): kind for kind in Kind}


@dataclass(frozen=True)
class ItemChange:
    """One change of one item.

    `id` is the same however often the record is delivered. `sequence` orders the changes in one
    partition, which is all of a resource: digits, to be compared as a number. `kind` and `resource`
    are the resource of the partition, None and empty for other partitions. `sort_id` is the sort
    key without its prefix. `before` and `after` are None where there is no item.
    """

    id: str
    sequence: str
    seconds: int
    tenant: str
    kind: Kind | None
    resource: str
    item_type: ItemType
    sort_id: str
    before: Item | None
    after: Item | None


def is_published(key: Item) -> bool:
    """Tell whether changes of an item with this key may have events."""
    return _type_of(key) is not None


def changes(records: Iterable[Mapping[str, Any]]) -> Iterator[ItemChange]:
    """Yield the changes in stream records, as Lambda or GetRecords hands them over.

    Changes of other items are left out, and deletions, such as those of expired items, and the
    arrival of an item from another deployment.
    """
    for record in records:
        body = record["dynamodb"]
        key = decoded(body["Keys"])
        item_type = _type_of(key)
        if item_type is None or "NewImage" not in body:
            continue
        if "OldImage" not in body and ARRIVED in body["NewImage"]:
            continue
        tenant, _, rest = key["pk"].partition("#")
        shape, _, resource = rest.partition("#")
        at = body["ApproximateCreationDateTime"]
        yield ItemChange(
            id=record["eventID"],
            sequence=body["SequenceNumber"],
            seconds=int(at.timestamp() if isinstance(at, datetime) else at),
            tenant=tenant,
            kind=_KINDS.get(shape),
            resource=resource,
            item_type=item_type,
            sort_id=key["sk"].removeprefix(item_type),
            before=decoded(body["OldImage"]) if "OldImage" in body else None,
            after=decoded(body["NewImage"]),
        )


def _type_of(key: Item) -> ItemType | None:
    item_type = next((prefix for prefix in ItemType if key["sk"].startswith(prefix)), None)
    shape = key["pk"].partition("#")[2].partition("#")[0]
    return item_type if item_type is not None and shape in _SHAPES[item_type] else None
