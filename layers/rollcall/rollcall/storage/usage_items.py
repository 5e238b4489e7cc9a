"""What a tenant sent, an item for each hour: kept for KEPT, by TTL and by what is read.

The index names the hours of all tenants in the order of time, so that nothing has to go through
all tenants to find those that sent something. It does so in several partitions, by tenant: when an
hour begins, each tenant puts its first entry.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zlib import crc32

from rollcall.aws.attribute_values import Item
from rollcall.storage import deployment_keys, keys
from rollcall.storage.keys import Keys
from rollcall.storage.table import Bounds, Table
from rollcall.storage.transactions import Action

KEPT = timedelta(days=14)

OUTCOMES = ("succeeded", "rejected", "refused", "limited", "failed")
"""What becomes of a request: below 400; 401 or 403; 429; 500 and above; `rejected` is any other."""


@dataclass(frozen=True)
class SignInUse:
    """A request that was signed in: when, how, and by which token or client."""

    time: str
    way: str
    credential: str


@dataclass(frozen=True)
class Refusal:
    """A request that was answered with 401 or 403, and when."""

    time: str
    status: int


@dataclass(frozen=True)
class UsageHour:
    """One hour of a tenant, "2026-11-27T15": its requests by outcome, and the last of each kind.

    Containers write once a minute, or more often where much is sent: the times are known to the
    minute.
    """

    hour: str
    requests: Mapping[str, int] = field(default_factory=dict)
    answered: SignInUse | None = None
    refused: Refusal | None = None

    @property
    def day(self) -> str:
        """The day of the hour."""
        return self.hour[:10]


class UsageItems:
    """The hours of one tenant."""

    def __init__(self, table: Table, tenant: str) -> None:
        self._table = table
        self._tenant = tenant
        self._keys = Keys(tenant)

    def add(
        self,
        now: datetime,
        requests: Mapping[str, int],
        answered: SignInUse | None,
        refused: Refusal | None,
    ) -> None:
        """Add requests by outcome to the hour of an instant, and set the last of each kind."""
        hour = hour_of(now)
        sets: dict[str, Any] = {
            "gsi_pk": _order(self._tenant),
            "gsi_sk": f"{hour}#{self._tenant}",
            "expires": int((now + KEPT).timestamp()),
        }
        if answered is not None:
            sets |= {
                "answered": answered.time,
                "way": answered.way,
                "credential": answered.credential,
            }
        if refused is not None:
            sets |= {"refused_at": refused.time, "refused_status": refused.status}
        assigned = ", ".join(f"#{name} = :{name}" for name in sets)
        added = ", ".join(f"#{name} :{name}" for name in requests)
        self._table.update(
            Action(
                "Update",
                self._keys.usage_hour(hour),
                update=f"SET {assigned}" + (f" ADD {added}" if added else ""),
                values={f":{name}": value for name, value in {**sets, **requests}.items()},
                names={f"#{name}": name for name in (*sets, *requests)},
            )
        )

    def since(self, day: str, now: datetime) -> list[UsageHour]:
        """Read the hours from a day on, the earliest first, without those that have expired."""
        first = max(day, hour_of(now - KEPT))
        items = self._table.query(self._keys.usage_hours(), after=first, inclusive=True)
        return [_hour(item) for item in items]

    def latest(self, now: datetime) -> UsageHour | None:
        """Read the latest hour in which the tenant sent something, None where it has expired."""
        for item in self._table.query(self._keys.usage_hours(), backwards=True, limit=1):
            return _hour(item) if item["sk"] >= hour_of(now - KEPT) else None
        return None


def _order(tenant: str) -> str:
    orders = deployment_keys.usage_orders()
    return orders[crc32(tenant.encode()) % len(orders)]


def active_tenants(table: Table, since: datetime) -> set[str]:
    """Return the tenants that sent something in the hour of an instant or later."""
    bounds = Bounds(after=hour_of(since), inclusive=True)
    found = (
        item
        for order in deployment_keys.usage_orders()
        for item in table.query_index(order, **bounds)
    )
    return {keys.identifier(item["gsi_sk"]) for item in found}


def hour_of(moment: datetime) -> str:
    """Return the hour of an instant, in UTC."""
    return moment.astimezone(UTC).isoformat()[:13]


def outcome(status: int) -> str:
    """Return the outcome that a status means."""
    if status in (401, 403):
        return "refused"
    if status == 429:
        return "limited"
    return "succeeded" if status < 400 else "rejected" if status < 500 else "failed"


def _hour(item: Item) -> UsageHour:
    return UsageHour(
        item["sk"],
        {name: int(item[name]) for name in OUTCOMES if name in item},
        SignInUse(item["answered"], item["way"], item["credential"])
        if "answered" in item
        else None,
        Refusal(item["refused_at"], int(item["refused_status"])) if "refused_at" in item else None,
    )
