"""The held accounts of all tenants, in the order of the hours in which they are due."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rollcall.storage import deployment_keys, keys
from rollcall.storage.table import Table


@dataclass(frozen=True)
class DueAccounts:
    """The accounts of a tenant that are due within an hour; `hour` is the beginning of instants."""

    tenant: str
    hour: str


def due_attributes(tenant: str, identifier: str, due: str) -> dict[str, str]:
    """Return the index attributes of a held account, by which it is found when it is due."""
    order = deployment_keys.due_order(tenant)
    return {"feed": order, "modified": f"{_hour(due)}#{tenant}#{identifier}"}


def due_accounts(table: Table, until: str) -> Iterator[DueAccounts]:
    """Yield the accounts of all tenants that were due before the hour of an instant.

    One query of an index for each hour and tenant, however many accounts there are.
    """
    for order in deployment_keys.due_orders():
        place = ""
        while item := next(table.query_changes(order, after=place, limit=1), None):
            hour, tenant, _ = item["modified"].split("#")
            if hour >= _hour(until):
                break
            yield DueAccounts(tenant, hour)
            place = f"{hour}#{tenant}#\U0010ffff"


def identifiers(table: Table, due: DueAccounts) -> Iterator[str]:
    """Yield the ids of the accounts of a tenant that are due within an hour."""
    prefix = f"{due.hour}#{due.tenant}#"
    for item in table.query_changes(deployment_keys.due_order(due.tenant), after=prefix):
        if not item["modified"].startswith(prefix):
            return
        yield keys.identifier(item["pk"])


def _hour(instant: str) -> str:
    return instant[:13]
