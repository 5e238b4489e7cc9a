"""What the schedules of a deployment take: one run of each, over what the replay has stored."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import redirect_stdout
from datetime import datetime, timedelta
from typing import Any, cast

from bench.month.usage import Log, Usage, metered
from rollcall.runtime import (
    duplicates_function,
    expiry_function,
    summary_function,
    sweep_function,
)
from rollcall.runtime.services import Services
from rollcall.runtime.tenant_report import duplicate_run
from rollcall.scim.instant import instant


class _Context:
    """The context of an invocation: its time does not run out."""

    aws_request_id = "month"

    def get_remaining_time_in_millis(self) -> int:
        return 300_000


def measure(services: Services, tenants: list[str], now: datetime) -> dict[str, dict[str, float]]:
    """Return what a run of each takes; those of `a tenant` are the mean of all tenants."""

    def expiry(_: datetime) -> None:
        found = expiry_function.find_expiring(services, now)
        expiry_function.publish(len(found))

    def report(at: datetime) -> None:
        for tenant in tenants:
            counts = duplicate_run(services, tenant).advance(instant(at), lambda _: False)
            assert counts is not None
            duplicates_function.publish(tenant, counts)

    runs: dict[str, Callable[[datetime], Any]] = {
        "sweep": lambda _: sweep_function.sweep(services, _Context()),
        "expiry": expiry,
        "summary": lambda _: summary_function.update(services, _Context()),
        "fan-out": lambda at: duplicates_function.fan_out(services, instant(at)),
    }
    if tenants:
        runs["duplicates of a tenant"] = report
    log = Log()  # one for all: Powertools keeps the stream of the first logger
    figures = {name: _measured(services, run, now, log) for name, run in runs.items()}
    for name, each in figures.items():
        each.requests = len(tenants) if name.endswith("of a tenant") else 1
    return {name: each.json() for name, each in figures.items()}


def _measured(services: Services, run: Callable[[datetime], Any], now: datetime, log: Log) -> Usage:
    usage = Usage()
    with redirect_stdout(cast("Any", log)):
        run(now - timedelta(days=1))  # what a process does once is not counted
        lines, size = log.lines, log.bytes
        with metered(services.clients, usage):
            begun = time.process_time()
            run(now)
            usage.cpu = time.process_time() - begun
    usage.log_lines, usage.log_bytes = log.lines - lines, log.bytes - size
    return usage
