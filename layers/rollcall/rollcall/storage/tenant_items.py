"""All items of a tenant, for its deletion.

Indexes are eventually consistent and do not have every item; a scan of the table finds all.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from rollcall.storage import deployment_keys
from rollcall.storage.keys import Key
from rollcall.storage.table import Table

BATCH = 25
"""How many items one round trip deletes."""


def delete(table: Table, tenant: str) -> Iterator[int]:
    """Delete every item of a tenant, yielding how many so far; may be repeated at any point."""
    remaining, deleted = _keys(table, tenant), 0
    while batch := list(islice(remaining, BATCH)):
        table.delete(batch)
        deleted += len(batch)
        yield deleted


def _keys(table: Table, tenant: str) -> Iterator[Key]:
    for item in table.scan(f"{tenant}#", deployment_keys.REPORT, only=("pk", "sk", "place")):
        # The key of a link to a report has no tenant; the prefix of its files has.
        if not item["pk"].startswith(deployment_keys.REPORT) or item["place"].startswith(
            f"{tenant}/"
        ):
            yield {"pk": item["pk"], "sk": item["sk"]}
