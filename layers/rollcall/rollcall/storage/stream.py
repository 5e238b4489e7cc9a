"""The table's stream: each record one change of one item, in the order of its partition."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from rollcall.scim.resources import Kind
from rollcall.storage import keys
from rollcall.storage.items import Item, decoded

_PARTITION = re.compile(
    rf"(?P<tenant>[^#]+)#(?P<kind>{'|'.join(each.upper() for each in Kind)})#(?P<id>.+)"
)
_KINDS = {each.upper(): each for each in Kind}


class Of(StrEnum):
    """What an item in the partition of a user or a group is."""

    DOCUMENT = keys.DOCUMENT
    MEMBERSHIP = keys.GROUP
    NESTING = keys.PARENT
    GRANT = keys.GRANT


@dataclass(frozen=True)
class Change:
    """One change of one item of a resource.

    `id` is the same however often the record is delivered. `sequence` orders the changes of one
    resource: digits, to be compared as a number. `other` is what the sort key names beside the kind
    of the item: a group or a template. `before` and `after` are None where there is no item.
    """

    id: str
    sequence: str
    at: datetime | float
    tenant: str
    kind: Kind
    resource: str
    of: Of
    other: str
    before: Item | None
    after: Item | None

    @property
    def seconds(self) -> int:
        """When it was, in Unix time."""
        return int(self.at.timestamp() if isinstance(self.at, datetime) else self.at)


def changes(records: Iterable[Mapping[str, Any]]) -> Iterator[Change]:
    """Yield the changes in stream records, as Lambda or GetRecords hands them over.

    Records of items that are in no resource's partition are left out.
    """
    for record in records:
        body = record["dynamodb"]
        key = decoded(body["Keys"])
        place = _PARTITION.fullmatch(key["pk"])
        of = next((each for each in Of if key["sk"].startswith(each)), None)
        if place is None or of is None:
            continue
        yield Change(
            id=record["eventID"],
            sequence=body["SequenceNumber"],
            at=body["ApproximateCreationDateTime"],
            tenant=place["tenant"],
            kind=_KINDS[place["kind"]],
            resource=place["id"],
            of=of,
            other=key["sk"].removeprefix(of),
            before=_image(body, "OldImage"),
            after=_image(body, "NewImage"),
        )


def _image(body: Mapping[str, Any], name: str) -> Item | None:
    return decoded(body[name]) if name in body else None
