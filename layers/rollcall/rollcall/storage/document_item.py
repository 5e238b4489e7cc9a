"""The document item of a resource: a record, a tombstone, or an alias."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from rollcall.aws.attribute_values import Item
from rollcall.model.access import NO_ACCESS, Access
from rollcall.model.account_link import AccountLink
from rollcall.model.record import Record
from rollcall.scim.resource_type import Kind
from rollcall.storage import keys

TOMBSTONE_DAYS = 90
"""How long the tombstone of a deleted resource is kept: clients may be late."""


ATTRIBUTES = (
    "access",
    "created",
    "deleted",
    "document",
    "epoch",
    "link",
    "modified",
    "pending",
    "version",
)
"""What `record_of` reads of an item, beside its partition."""


def next_version(
    record: Record, document: Mapping[str, Any], now: str, link: AccountLink | None = None
) -> Record:
    """Return the record after a write of `ResourceWrites`: the next version."""
    return replace(
        record,
        document=document,
        version=record.version + 1,
        modified=now,
        link=link or record.link,
    )


def is_tombstone(item: Item) -> bool:
    """Tell whether a document item is a tombstone or an alias."""
    return "deleted" in item


def tombstone_expiry(deleted: str) -> int:
    """Return the Unix time when the tombstone of what was deleted at an instant is deleted."""
    expires = datetime.fromisoformat(deleted) + timedelta(days=TOMBSTONE_DAYS)
    return int(expires.timestamp())


def is_held(item: Mapping[str, Any]) -> bool:
    """Tell whether a document item is the tombstone of an account that can be brought back."""
    return "held" in item


def record_of(kind: Kind, item: Item) -> Record | None:
    """Return the record in a document item, None when it is a tombstone."""
    if is_tombstone(item):
        return None
    return Record(
        kind=kind,
        id=keys.identifier(item["pk"]),
        document=json.loads(item["document"]),
        version=int(item["version"]),
        created=item["created"],
        modified=item["modified"],
        pending=item.get("pending", ""),
        epoch=int(item.get("epoch", 0)),
        link=AccountLink.of(item.get("link")),
        access=access_of(item),
    )


def tombstone_of(kind: Kind, item: Item) -> Record:
    """Return the record of a deleted resource: when it was deleted, and its last version."""
    return Record(
        kind=kind,
        id=keys.identifier(item["pk"]),
        document={"schemas": []},
        version=int(item["version"]),
        created=item["created"],
        modified=item["deleted"],
        deleted=item["deleted"],
    )


def was_created_linked(item: Item) -> bool:
    """Tell whether the user in a document item was created by a client and was never local."""
    return "link" not in item


def access_of(item: Item) -> Access:
    """Return the access of the user in a document item."""
    if "access" not in item:
        return NO_ACCESS
    values = dict(item["access"])
    for name in ("granted", "awaited"):
        values[name] = {template: int(version) for template, version in values[name].items()}
    if "following" in values:
        values["following"] = {
            group: {
                template: {**grant, "version": int(grant["version"])}
                for template, grant in grants.items()
            }
            for group, grants in values["following"].items()
        }
    return Access(**values)


@dataclass(frozen=True)
class MemberAccess:
    """The access of a user whose memberships begin or end, and when the user was created."""

    id: str
    created: str
    access: Access


def member_access(identifier: str, item: Item) -> MemberAccess:
    """Return the access of the user in a document item, or of the one who was deleted there."""
    return MemberAccess(identifier, item["created"], access_of(item))
