"""All that is stored of a tenant, whatever it is: what has to go with it.

Indexes show a write within moments and hold not every item; a look at the whole table misses none.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from rollcall.storage import keys
from rollcall.storage.keys import Key
from rollcall.storage.table import Table

BATCH = 25
"""The items that one round trip deletes."""


def delete(table: Table, tenant: str) -> Iterator[int]:
    """Delete every item of a tenant, yielding how many so far; may be repeated at any point."""
    left, deleted = _keys(table, tenant), 0
    while batch := list(islice(left, BATCH)):
        table.delete(batch)
        deleted += len(batch)
        yield deleted


def _keys(table: Table, tenant: str) -> Iterator[Key]:
    for item in table.scan(f"{tenant}#", keys.REPORT, only=("pk", "sk", "place")):
        # Links to reports are found by their code alone, whose tenant is in the place they lead to.
        if not item["pk"].startswith(keys.REPORT) or item["place"].startswith(f"{tenant}/"):
            yield {"pk": item["pk"], "sk": item["sk"]}
