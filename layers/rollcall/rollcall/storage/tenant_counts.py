"""How many users and groups several tenants have: for a list of tenants."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from itertools import product

from rollcall.scim.resource_type import Kind
from rollcall.storage.keys import Keys
from rollcall.storage.parallel_reads import at_once
from rollcall.storage.resources import COUNT_SHARDS
from rollcall.storage.table import MAX_BATCH, Table


def read(table: Table, tenants: Iterable[str]) -> dict[tuple[str, Kind], int]:
    """Return the numbers by tenant and type; fifty tenants are one round trip."""
    places = {}
    for tenant, kind, shard in product(tenants, Kind, range(COUNT_SHARDS)):
        key = Keys(tenant).count(kind, shard)
        places[key["pk"], key["sk"]] = tenant, kind
    numbers = dict.fromkeys(places.values(), 0)
    keys = [{"pk": pk, "sk": sk} for pk, sk in places]
    batches = [keys[at : at + MAX_BATCH] for at in range(0, len(keys), MAX_BATCH)]
    for found in at_once([partial(table.get_many, each) for each in batches]) if batches else ():
        for place, item in found.items():
            numbers[places[place]] += int(item["amount"])
    return numbers
