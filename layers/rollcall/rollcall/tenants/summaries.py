"""Brings the summaries of tenants up to date: after a change, and in a run every 15 minutes.

A run costs what has changed: it reads all summaries, which are small, and of those tenants that
sent something lately what they sent. Once a day each summary is compared with the tenant's secret,
so that one that was missed is right again.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from rollcall.aws.aws_errors import ClientError
from rollcall.aws.retry import Retry
from rollcall.aws.secrets import SecretMissing, Secrets
from rollcall.model.brake import WaveState
from rollcall.model.release_tenant import is_release_tenant
from rollcall.model.tenant_summary import (
    TenantSummary,
    TokenFacts,
    with_days,
    with_refusal,
)
from rollcall.scim.errors import Unavailable
from rollcall.scim.instant import instant
from rollcall.storage.brake_items import BrakeItems
from rollcall.storage.findings import DUPLICATE, Findings
from rollcall.storage.purge_stop import PurgeStop
from rollcall.storage.summary_items import SummaryItems
from rollcall.storage.table import Table
from rollcall.storage.token_usage import TokenUsage
from rollcall.storage.transactions import ConditionFailed
from rollcall.storage.usage_items import (
    KEPT,
    Refusal,
    SignInUse,
    UsageHour,
    UsageItems,
    active_tenants,
)
from rollcall.tenants.tenants import Tenant

MAX_FLAGS = 1_000
"""How many flags are read to count duplicates, each of which flags two accounts or more."""

CHECK_HOUR = 4
"""The hour, in UTC, from which on each summary is compared with its secret: after the reports."""

OVERLAP = timedelta(hours=1)
"""How far before the latest run the next one looks: an index is late, and so are containers."""


class Summaries:
    """The summaries of a deployment, over its secrets and its table."""

    def __init__(
        self,
        table: Table,
        secrets: Secrets,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        retry: Retry | None = None,
    ) -> None:
        self._table = table
        self._secrets = secrets
        self._clock = clock
        self._retry = retry or Retry()
        self.items = SummaryItems(table)

    def note_change(self, tenant: str) -> None:
        """Bring a summary up to date after a change of its tenant; a failure fails no change.

        What is missed here is made up for within a day.
        """
        if is_release_tenant(tenant):
            return
        with suppress(Unavailable, ClientError, ConditionFailed):
            self.compare(tenant, self._clock())

    def note_wave(self, tenant: str, began: str) -> None:
        """Mark a tenant many of whose accounts were disabled since an instant.

        Secrets are not read, as who watches the stream may read none. A failure fails nothing:
        support is told in any case.
        """
        self._mark(tenant, wave=began)

    def note_stop(self, tenant: str, since: str) -> None:
        """Mark a tenant whose held accounts are not purged since an instant, as `note_wave`."""
        self._mark(tenant, stopped=since)

    def _mark(self, tenant: str, **changed: str) -> None:
        with suppress(Unavailable, ClientError):
            for _ in self._retry.attempts():
                before = self.items.read(tenant)
                if before is None:
                    return
                with suppress(ConditionFailed):
                    self._write(replace(before, **changed), before, self._clock())  # type: ignore[arg-type]
                    return

    def compare(self, tenant: str, now: datetime) -> TenantSummary | None:
        """Compare the summary of a tenant with its secret, and write it where it differs.

        The summary is read before the secret, so that a later change is never undone. Returns None
        where there is no such tenant, or only a release uses it. Raises ConditionFailed when others
        were faster all the time.
        """
        if is_release_tenant(tenant):
            return None
        for _ in self._retry.attempts():
            before = self.items.read(tenant)
            try:
                stored = Tenant.of(tenant, self._secrets.read(tenant))
            except SecretMissing:
                if before is not None:
                    self.items.remove(tenant)
                return None
            with suppress(ConditionFailed):
                return self._write(self._compared(stored, before, now), before, now)
        raise ConditionFailed([tenant])

    def of_secrets(self, tenant: Tenant, now: datetime) -> TenantSummary:
        """Return the summary of a tenant that has none yet; nothing is written."""
        return _listed(self._compared(tenant, None, now), now)

    def run(self, now: datetime, late: Callable[[], bool] = lambda: False) -> bool:
        """Bring all summaries up to date; return False where time was over before.

        The next run goes on with those that were not compared yet.
        """
        run, summaries = self.items.read_all()
        since = datetime.fromisoformat(run.finished) if run.finished else now - KEPT
        active = active_tenants(self._table, since - OVERLAP)
        checked_since = instant(_check_begin(now))
        seen = set[str]()
        for summary in summaries:
            if late():
                return False
            seen.add(summary.tenant)
            is_active = summary.tenant in active
            with suppress(ConditionFailed):  # a change came first, and has brought it up to date
                self._update(summary, now, is_active=is_active, checked_since=checked_since)
        if run.named < checked_since:
            names = {name for name in self._secrets.names() if not is_release_tenant(name)}
            # A name that is listed late, or no more, is read: only the secret itself decides.
            for name in sorted(names ^ seen):
                if late():
                    return False
                with suppress(ConditionFailed):
                    self.compare(name, now)
            run = replace(run, named=instant(now))
        self.items.write_run(replace(run, finished=instant(now)))
        return True

    def _update(
        self, summary: TenantSummary, now: datetime, *, is_active: bool, checked_since: str
    ) -> None:
        if summary.checked < checked_since:
            self.compare(summary.tenant, now)
            return
        current = summary
        if is_active:
            current = _with_usage(current, self._usage(summary, now))
        self._write(current, summary, now)

    def _compared(
        self, tenant: Tenant, before: TenantSummary | None, now: datetime
    ) -> TenantSummary:
        """Return what a summary should be by the secret, the usage and the reports."""
        uses, closure = TokenUsage(self._table, tenant.name).read_all(), tenant.closure
        secrets = [(client, each) for client in tenant.clients for each in client.secrets]
        endings = [each.expires for each in tenant.tokens if each.successor not in uses]
        endings += [
            secret.expires
            for client, secret in secrets
            if not any(each.id in uses for each in client.secrets if each.expires > secret.expires)
        ]
        current = replace(
            before or TenantSummary(tenant.name, tenant.state, tenant.created),
            state=tenant.state,
            closed=f"since {closure.since}: {closure.reason}" if closure else "",
            created=tenant.created,
            tokens=tuple(
                TokenFacts(each.id, each.label, each.created, each.expires)
                for each in tenant.tokens
            ),
            endings=tuple(sorted(set(endings))),
            endless=any(client.trust is not None for client in tenant.clients),
            wave=self._open_wave(tenant.name) if before is not None and before.wave else "",
            stopped=PurgeStop(self._table, tenant.name).since()
            if before is not None and before.stopped
            else "",
            duplicates=Findings(self._table, tenant.name).count_flagged(DUPLICATE, MAX_FLAGS),
            checked=instant(now),
        )
        return _with_usage(current, self._usage(current, now))

    def _open_wave(self, tenant: str) -> str:
        wave = BrakeItems(self._table, tenant).latest_wave()
        return wave.began if wave is not None and wave.state is WaveState.OPEN else ""

    def _usage(self, summary: TenantSummary, now: datetime) -> list[UsageHour]:
        return UsageItems(self._table, summary.tenant).since(summary.counted, now)

    def _write(
        self, current: TenantSummary, before: TenantSummary | None, now: datetime
    ) -> TenantSummary:
        """Write a summary with its urgency, unless it is what was read."""
        current = _listed(current, now)
        if current == before:
            return current
        return self.items.write(replace(current, written=instant(now)), before)


def _listed(summary: TenantSummary, now: datetime) -> TenantSummary:
    return replace(summary, urgency=summary.rank(now))


def _with_usage(summary: TenantSummary, hours: list[UsageHour]) -> TenantSummary:
    """Return a summary that knows what was sent since the day on which it counted last."""
    if not hours:
        return summary
    counted = hours[-1].day
    requests: dict[str, int] = {}
    for hour in hours:
        if hour.day == counted:
            for name, number in hour.requests.items():
                requests[name] = requests.get(name, 0) + number
    answered = max((each.answered for each in hours if each.answered), key=_time, default=None)
    refused = max((each.refused for each in hours if each.refused), key=_time, default=None)
    current = replace(summary, counted=counted, requests=requests)
    if answered is not None and answered.time > current.answered:
        current = replace(
            current, answered=answered.time, way=answered.way, credential=answered.credential
        )
    if refused is not None and refused.time > current.refused:
        current = replace(current, refused=refused.time, refused_status=refused.status)
    current = with_days(current, {each.day for each in hours if each.answered})
    return with_refusal(current, [each.refused.time for each in hours if each.refused])


def _time(last: SignInUse | Refusal) -> str:
    return last.time


def _check_begin(now: datetime) -> datetime:
    """Return the latest instant at which the daily comparison began."""
    today = now.astimezone(UTC).replace(hour=CHECK_HOUR, minute=0, second=0, microsecond=0)
    return today if today <= now else today - timedelta(days=1)
