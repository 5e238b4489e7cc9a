"""All items of a tenant, for its deletion and its move.

Indexes are eventually consistent and do not have every item; a scan of the table finds all.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from rollcall.aws.attribute_values import Item
from rollcall.storage import deployment_keys, keys
from rollcall.storage.batch_writes import BATCH
from rollcall.storage.keys import Key
from rollcall.storage.table import Table


def delete(table: Table, tenant: str) -> Iterator[int]:
    """Delete every item of a tenant, yielding how many so far; may be repeated at any point."""
    remaining, deleted = _keys(table, tenant), 0
    while batch := list(islice(remaining, BATCH)):
        table.delete(batch)
        deleted += len(batch)
        yield deleted


def pages(table: Table, tenant: str) -> Iterator[list[Item]]:
    """Yield all items of a tenant, a list for each round trip, which may be empty.

    Its rate and its bookmarks are left out: they are of this deployment.
    """
    left_out = tuple(f"{tenant}{each}" for each in (keys.RATE, keys.BOOKMARK))
    for page in table.scan_pages(f"{tenant}#", deployment_keys.REPORT):
        yield [
            item for item in page if _is_of(item, tenant) and not item["pk"].startswith(left_out)
        ]


def _keys(table: Table, tenant: str) -> Iterator[Key]:
    for item in table.scan(f"{tenant}#", deployment_keys.REPORT, only=("pk", "sk", "place")):
        if _is_of(item, tenant):
            yield {"pk": item["pk"], "sk": item["sk"]}


def _is_of(item: Item, tenant: str) -> bool:
    # The key of a link to a report has no tenant; the prefix of its files has.
    if not item["pk"].startswith(deployment_keys.REPORT):
        return True
    return str(item["place"]).startswith(f"{tenant}/")
