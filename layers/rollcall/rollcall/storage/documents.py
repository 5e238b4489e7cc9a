"""The document item of a resource: what it says, and how long what was deleted is remembered."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from rollcall.scim.errors import PayloadTooLargeException
from rollcall.scim.link import Link
from rollcall.scim.record import Record
from rollcall.scim.resources import Kind
from rollcall.storage import keys
from rollcall.storage.items import Item

MAX_DOCUMENT = 300_000
"""The bytes of a stored document."""

TOMBSTONE_DAYS = 90
"""How long the id of a deleted resource is remembered: clients lag behind."""


def successor(
    record: Record, document: Mapping[str, Any], now: str, link: Link | None = None
) -> Record:
    """Return the record as `replacement` or `touch` leaves it."""
    return replace(
        record,
        document=document,
        version=record.version + 1,
        modified=now,
        link=link or record.link,
    )


def is_tombstone(item: Item) -> bool:
    """Tell whether a document item is what a deletion left."""
    return "deleted" in item


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
        link=Link.of(item.get("link")),
    )


def encoded(document: Mapping[str, Any]) -> str:
    """Return a document as it is stored. Raises PayloadTooLargeException."""
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    if len(text.encode()) > MAX_DOCUMENT:
        raise PayloadTooLargeException(
            detail=f"a resource without its members has at most {MAX_DOCUMENT // 1000} kB"
        )
    return text
