"""What a tenant is, sends and is refused, read at once: for a page about it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from rollcall.operations import log_explanation, tenant_notes
from rollcall.operations.log_explanation import Remedy
from rollcall.operations.operator import Operator
from rollcall.operations.tenant_lifecycle import ListedTenant
from rollcall.operations.tenant_notes import NotePage
from rollcall.scim.instant import instant
from rollcall.scim.resource_type import Kind
from rollcall.storage import tenant_counts
from rollcall.storage.brake_items import BrakeItems
from rollcall.storage.handover_items import Handover, HandoverItems
from rollcall.storage.parallel_reads import at_once
from rollcall.storage.provisioning_log import LogEntry
from rollcall.storage.token_usage import TokenUse
from rollcall.storage.usage_items import OUTCOMES, UsageHour, UsageItems
from rollcall.tenants.tenants import Tenant

SHOWN = timedelta(hours=48)
"""How far back hours and refusals are read."""

MAX_ENTRIES = 400
"""How many of the latest entries are looked at for refusals."""

NOTES = 3
"""How many of the latest notes are shown."""

__all__ = ["OUTCOMES", "SHOWN", "UsageHour", "read"]


@dataclass(frozen=True)
class RefusalKind:
    """Refusals with one remedy: how many among the latest entries, and the last one."""

    remedy: Remedy
    detail: str
    number: int
    last: str


@dataclass(frozen=True)
class TenantActivity:
    """A tenant, its `users` and `groups`, the hours of SHOWN, its links and its refusals.

    `uses` are those of tokens, clients and secrets by id; `handovers` are the latest first.
    `brake_off` is until when the brake is off, empty while it is on.
    """

    tenant: Tenant
    url: str
    users: int
    groups: int
    listed: ListedTenant
    as_of: str
    hours: tuple[UsageHour, ...]
    uses: Mapping[str, TokenUse]
    handovers: tuple[Handover, ...]
    refusals: tuple[RefusalKind, ...]
    notes: NotePage
    brake_off: str


def read(operator: Operator, tenant: str) -> TenantActivity:
    """Read a tenant in two round trips, one after the other. Raises TenantError."""
    services, now = operator.services, operator.services.tenants.clock()
    table = services.table
    since = now - SHOWN
    reads: list[Callable[[], Any]] = [
        lambda: services.tenants.show(tenant),
        lambda: tenant_counts.read(table, [tenant]),
        lambda: BrakeItems(table, tenant).switch(),
        lambda: services.summaries.items.read_with_run(tenant),
        lambda: UsageItems(table, tenant).since(instant(since)[:13], now),
        lambda: services.token_usage(tenant).read_all(),
        lambda: list(HandoverItems(table, tenant).all()),
        lambda: services.log(tenant).latest(since, instant(now), MAX_ENTRIES),
        lambda: tenant_notes.page_of(operator, tenant, size=NOTES),
    ]
    stored, counts, switch, (run, summary), hours, uses, handovers, entries, notes = at_once(reads)
    current = summary or services.summaries.of_secrets(stored, now)
    return TenantActivity(
        stored,
        operator.tenant_url(tenant),
        counts[tenant, Kind.USER],
        counts[tenant, Kind.GROUP],
        ListedTenant(current, now),
        max(run.finished, current.written) or instant(now),
        tuple(hours),
        uses,
        tuple(sorted(handovers, key=lambda each: each.created, reverse=True)),
        tuple(_kinds(entries)),
        notes,
        switch.until if switch.is_off(instant(now)) else "",
    )


def _kinds(entries: Iterable[LogEntry]) -> Iterable[RefusalKind]:
    """Return the kinds of refusals among entries, of which the latest is the first."""
    found: dict[Remedy, list[LogEntry]] = {}
    for entry in entries:
        remedy = log_explanation.remedy(entry)
        if remedy is not None:
            found.setdefault(remedy, []).append(entry)
    kinds = [
        RefusalKind(remedy, each[0].detail, len(each), each[0].time)
        for remedy, each in found.items()
    ]
    return sorted(kinds, key=lambda kind: kind.number, reverse=True)
