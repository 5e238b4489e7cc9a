"""The key shapes of what belongs to no tenant, or is found without knowing the tenant.

Each partition begins with #, with which no tenant's name begins.
"""

from __future__ import annotations

from zlib import crc32

from rollcall.storage.keys import Key

REPORT = "#REPORT#"
"""The prefix of the partitions of links to reports."""
SCHEDULES = "#SCHEDULES"
"""The partition of the schedules of the deployment."""
ASSERTION = "#ASSERTION#"
USAGE_SHARDS = 16
"""The number of index partitions of usage: all tenants begin an hour at the same time."""
DUE_SHARDS = 4
"""The number of partitions of held accounts, in the order in which they are due."""
TENANTS = "#TENANTS"
"""The partition of the summaries of all tenants, in the order of urgency."""
ACTS = "#ACTS"
"""The partition of the acts of operators that concern the deployment, or outlive a tenant."""
UNTOLD_WAVES = "#WAVES"
"""The index partition of the waves that support was not told of."""
SUMMARIES_RUN: Key = {"pk": TENANTS, "sk": "#RUN"}
"""When the summaries were last brought up to date; it is before those of all tenants."""


def report_link(digest: str) -> Key:
    """A link to a report; it is opened by its code alone, so no tenant is in the key."""
    return {"pk": f"{REPORT}{digest}", "sk": "LINK"}


def lease(name: str) -> Key:
    """A lease on work for all tenants."""
    return {"pk": f"#LEASE#{name}", "sk": "LEASE"}


def schedule(name: str) -> Key:
    """By when a schedule of the deployment has to have run again."""
    return {"pk": SCHEDULES, "sk": name}


def usage_orders() -> list[str]:
    """The index partitions of the hours in which tenants sent requests, in the order of time."""
    return [f"#USAGE#{shard}" for shard in range(USAGE_SHARDS)]


def act(order: str) -> Key:
    """An act of an operator that the log of the deployment has."""
    return {"pk": ACTS, "sk": order}


def tenant_summary(urgency: int, tenant: str) -> Key:
    """The summary of a tenant, among those that are as urgent."""
    return {"pk": TENANTS, "sk": f"{urgency}#{tenant}"}


def due_orders() -> list[str]:
    """The partitions, in the order of change, of the held accounts of all tenants."""
    return [f"#HELD#{shard}" for shard in range(DUE_SHARDS)]


def due_order(tenant: str) -> str:
    """The partition of the held accounts of one tenant and others, in the order of hours."""
    return due_orders()[crc32(tenant.encode()) % DUE_SHARDS]


def used_assertion(digest: str) -> Key:
    """A use of an assertion that signs in once."""
    return {"pk": f"{ASSERTION}{digest}", "sk": "USED"}
