"""The cost page, `docs/cost.md`: `page.md` with every figure computed."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from bench import prices
from bench.cost import bill, designs
from bench.cost.bill import Line, Month, total
from bench.cost.idle import idle
from bench.cost.questions import questions
from bench.cost.rare import rare
from bench.cost.tables import bill_table, kinds_table, money, table
from events.processed import Processed
from events.template import ROOT

PAGE = ROOT / "docs" / "cost.md"
RESULTS = ROOT / "bench" / "results"
TEXT = Path(__file__).with_name("page.md")

APART = {"secret.month", "cloudwatch.dashboard_month"}
"""What the bound on an idle stack does not count."""

BOUND = 2.0
"""The dollars that an idle stack may cost in a month."""

DAYS = 730 / 24

GROUPS = {
    "cloudwatch.alarm_month": "alarms",
    "cloudwatch.metric_month": "custom metrics",
    "kms.request": "the key of the table",
    "snapstart.cache_gb_second": "snapshots",
    "waf.acl_month": "the web ACL",
    "waf.rule_month": "the web ACL",
    "sqs.request": "polls of the queue of reports",
}
"""The rows of the idle stack, by price; what a schedule takes is in the rows of the schedules."""


@cache
def read(name: str) -> Any:
    """Return the figures of a file."""
    return json.loads((RESULTS / f"{name}.json").read_text())


def month(name: str = "month") -> Month:
    """Return the figures of a replayed month."""
    return Month(read(name), read("memory"))


def idle_stack(stack: Processed | None = None) -> dict[str, float]:
    """Return what an idle stack costs in a month without secrets and dashboard, by row."""
    rows: dict[str, float] = {}
    for name, lines in idle(stack or Processed(), month("idle")).items():
        for line in (each for each in lines if each.price not in APART):
            row = GROUPS.get(line.price)
            if row is None:
                each_minute = name.startswith("SweepFunction")
                row = "the sweep, each minute" if each_minute else "the other schedules"
            rows[row] = rows.get(row, 0.0) + line.dollars
    return rows


def idle_tenant(figures: Month) -> list[Line]:
    """Return a month of a tenant that nobody changes: its secret, its data and its report."""
    return [
        Line("secret", "secret.month", 1),
        Line("calls of the daily look", "secret.call", DAYS),
        *figures.storage("month"),
        *figures.schedule("duplicates of a tenant", "DuplicatesFunction", DAYS),
    ]


def page() -> str:
    """Return the page."""
    one, many, listed = month(), month("month-of-100"), prices.read()
    calls = one.sum("month", "secret_calls")
    snapped = idle_stack(Processed(parameters={"SnapStart": "PublishedVersions"}))
    protected = idle_stack(Processed(parameters={"Waf": "true"}))
    return TEXT.read_text().format(
        region=listed.region,
        prices_date=listed.date,
        date=one.figures["date"],
        machine=one.figures["machine"],
        summary=_summary(one, many),
        sent=f"{one.figures['cycles']['that send requests']:,}",
        cycles=f"{one.figures['cycles']['of all']:,}",
        month_requests=f"{one.sum('month', 'requests'):,.0f}",
        first_requests=f"{one.sum('first cycle', 'requests'):,.0f}",
        bound=f"{BOUND:.0f}",
        snapped=money(sum(snapped.values())),
        web_acl=money(protected["the web ACL"]),
        web_acl_requests=money(listed.dollars("waf.request", 1_000_000)),
        dashboard=money(listed.dollars("cloudwatch.dashboard_month")),
        idle=_idle(),
        first_bill=bill_table(one.phase("first cycle")),
        first_kinds=kinds_table(one, "first cycle"),
        month_bill=bill_table(one.phase("month")),
        month_kinds=kinds_table(one, "month"),
        rare=rare(),
        stored=_stored(one),
        calls=f"{calls:,.0f}",
        designs=_designs(calls),
        memory=_memory(),
        **{kind: one.figures["plan"][kind] for kind in _KINDS},
        vcpu=f"{bill.VCPU:,}",
        read_ms=f"{1000 * bill.READ_SECONDS:.0f}",
        write_ms=f"{1000 * bill.WRITE_SECONDS:.0f}",
        secret_ms=f"{1000 * bill.SECRET_SECONDS:.0f}",
        bare_ms=f"{1000 * one.figures['bare_read']:.2f}",
        quiet_ms=f"{1000 * bill.QUIET_READ:.2f}",
        quiet=f"{one.quiet:.2f}",
        platform_bytes=f"{bill.PLATFORM_BYTES:,}",
        traced=f"{bill.TRACED:.0%}",
        prices=_prices(),
        sources=", ".join(sorted({f"<{each.source}>" for each in listed.prices.values()})),
    )


_KINDS = ("joiners", "leavers", "edits", "moves", "renames")


def _summary(one: Month, many: Month) -> str:
    secret = prices.read().dollars("secret.month")
    quiet_month = total(idle_tenant(one))
    busy_month = quiet_month + total(one.phase("month"))
    users, groups = one.figures["plan"]["users"], one.figures["plan"]["groups"]
    tenants, small = many.figures["tenants"], many.figures["plan"]["users"]
    rows = {
        "a stack that nobody asks, a month, without secrets": sum(idle_stack().values()),
        "a tenant's secret, a month": secret,
        f"the first cycle of {users:,} users and {groups} groups, once": total(
            one.phase("first cycle")
        ),
        "their month: changes, daily report, storage, secret": busy_month,
        "their month when nothing changes": quiet_month,
        "each 1 000 users of them, a month, without the secret": (busy_month - secret)
        / (users / 1_000),
        f"one of {tenants} tenants of {small} users, a month of changes": total(many.phase("month"))
        / tenants,
        "a million questions of products at sign-in": total(questions(1_000_000)),
    }
    return table(("", "dollars"), [(name, money(each)) for name, each in rows.items()])


def _idle() -> str:
    before, now = read("idle-before"), idle_stack()
    names = sorted({*now, *before["items"]}, key=lambda name: -before["items"].get(name, 0.0))
    rows = [
        (name, money(before["items"].get(name, 0.0)), money(now.get(name, 0.0))) for name in names
    ]
    sums = ("**in all**", money(sum(before["items"].values())), f"**{money(sum(now.values()))}**")
    return table(("dollars a month", f"before ({before['commit']})", "now"), [*rows, sums])


def _stored(one: Month) -> str:
    rows = []
    for when in ("first cycle", "month"):
        stored = one.figures["stored"][when]
        size = (stored["bytes"] + stored["index_bytes"]) / 1e6
        dollars = money(total(one.storage(when)))
        rows.append((f"after the {when}", f"{stored['items']:,}", f"{size:,.1f} MB", dollars))
    return table(("", "items", "with indexes", "dollars a month"), rows)


def _designs(calls: float) -> str:
    rows = []
    costs = {
        name: [total(design(number, calls)) for number in designs.TENANTS]
        for name, design in designs.DESIGNS.items()
    }
    cheapest = [min(column) for column in zip(*costs.values(), strict=True)]
    for name, row in costs.items():
        cells = [
            f"**{money(each)}**" if each == least else money(each)
            for each, least in zip(row, cheapest, strict=True)
        ]
        rows.append((name, *cells))
    return table(("", *(f"{number:,}" for number in designs.TENANTS)), rows)


def _memory() -> str:
    quiet = month().quiet
    rows = [
        (
            name,
            f"{each['memory']:.0f} MB",
            f"{bill.memory(name)} MB",
            f"{each['start_cpu'] * quiet:.0f} ms",
            f"{each['event_cpu'] * quiet:.1f} ms",
        )
        for name, each in read("memory")["functions"].items()
    ]
    head = ("", "peak", "MemorySize", "CPU of the start and first event", "CPU of an event")
    return table(head, rows)


def _prices() -> str:
    rows = [
        (f"`{name}`", f"{each.dollars:.10f}".rstrip("0").rstrip("."), f"{each.per:,}", each.unit)
        for name, each in prices.read().prices.items()
    ]
    return table(("", "dollars", "for", "unit"), rows)
