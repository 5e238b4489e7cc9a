"""Who was erased: a list outside of the table, which no earlier copy of the table undoes.

It holds ids and keyed hashes, no personal data. It is a table of its own, with keys of its own; a
permission can be limited to one tenant by them. An entry is kept for longer than the table's
point-in-time recovery reaches back, which is 35 days.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from rollcall.scim.instant import instant
from rollcall.storage.keys import Key, part
from rollcall.storage.table import Table

KEEP_DAYS = 90
"""How long an entry is kept: as long as a tombstone."""


@dataclass(frozen=True)
class Erasure:
    """The erasure of an account: its id, when it began, and keyed hashes of its names."""

    id: str
    at: str
    names: frozenset[str]


class Erasures:
    """The erasures of one tenant; `table` is the table of erasures, not that of the directory."""

    def __init__(self, table: Table, tenant: str) -> None:
        self._table = table
        self._tenant = tenant

    def record(self, account: str, names: Collection[str], now: datetime) -> None:
        """Record an erasure before it begins; may be repeated.

        `names` are keyed hashes of what else the account is named by, such as its userName.
        """
        item = {
            "account": account,
            "at": instant(now),
            "names": sorted(names),
            "expires": int((now + timedelta(days=KEEP_DAYS)).timestamp()),
        }
        self._table.put(key(self._tenant, account), item)

    def read(self) -> Iterator[Erasure]:
        """Yield all erasures of the tenant, strongly consistent."""
        for item in self._table.query(_partition(self._tenant)):
            yield Erasure(item["account"], item["at"], frozenset(item["names"]))


def key(tenant: str, account: str) -> Key:
    """Return the key of the erasure of an account."""
    return {"pk": _partition(tenant), "sk": part(account)}


def _partition(tenant: str) -> str:
    return f"{tenant}#ERASED"
