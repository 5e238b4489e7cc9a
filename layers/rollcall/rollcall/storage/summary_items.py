"""The summaries of all tenants in one partition, in the order of urgency.

The sort key begins with the urgency: a summary whose urgency changes moves in one transaction. Each
write is conditional on the revision that was read, so a tenant has one summary and none gets lost.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from rollcall.aws.attribute_values import Item
from rollcall.model.tenant_summary import URGENCIES, TenantSummary, TokenFacts
from rollcall.storage import deployment_keys
from rollcall.storage.keys import Key
from rollcall.storage.table import Table
from rollcall.storage.transactions import Action

_ABSENT = "attribute_not_exists(pk)"

_NUMBERS = ("refused_status", "days", "duplicates", "urgency", "revision")
_TEXTS = tuple(
    each.name
    for each in fields(TenantSummary)
    if each.name not in (*_NUMBERS, "tokens", "endings", "endless", "requests")
)


@dataclass(frozen=True)
class SummaryRun:
    """The latest run that looked at all tenants, and the latest that read all of their names."""

    finished: str = ""
    named: str = ""


class SummaryItems:
    """The summaries of a deployment."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def read(self, tenant: str) -> TenantSummary | None:
        """Read the summary of one tenant, in one round trip."""
        found = self._table.get_many(_keys(tenant)).values()
        return next((_summary(item) for item in found), None)

    def read_run(self) -> SummaryRun:
        """Read the latest run."""
        return _run(self._table.get(deployment_keys.SUMMARIES_RUN))

    def read_with_run(self, tenant: str) -> tuple[SummaryRun, TenantSummary | None]:
        """Read the latest run and the summary of one tenant, in one round trip."""
        run = deployment_keys.SUMMARIES_RUN
        found = self._table.get_many([run, *_keys(tenant)])
        latest = _run(found.pop((run["pk"], run["sk"]), None))
        return latest, next((_summary(item) for item in found.values()), None)

    def read_all(self) -> tuple[SummaryRun, Iterator[TenantSummary]]:
        """Read the latest run, and all summaries in the order of urgency, 1 MB a round trip."""
        items = self._table.query(deployment_keys.TENANTS)
        first = next(items, None)
        if first is None or first["sk"] != deployment_keys.SUMMARIES_RUN["sk"]:
            return SummaryRun(), _summaries(first, items)
        return SummaryRun(first["finished"], first["named"]), _summaries(None, items)

    def write(self, summary: TenantSummary, before: TenantSummary | None) -> TenantSummary:
        """Write a summary in place of the one that was read, None for a new one.

        Returns it with its revision. Raises ConditionFailed when another writer came first.
        """
        written = replace(summary, revision=1 if before is None else before.revision + 1)
        key, item = deployment_keys.tenant_summary(summary.urgency, summary.tenant), _item(written)
        if before is None:
            others = [each for each in _keys(summary.tenant) if each != key]
            self._table.transact(
                [
                    Action("Put", key, item=item, condition=_ABSENT),
                    *(Action("ConditionCheck", each, condition=_ABSENT) for each in others),
                ]
            )
            return written
        same, values = "revision = :revision", {":revision": before.revision}
        if before.urgency == summary.urgency:
            self._table.replace(Action("Put", key, item=item, condition=same, values=values))
            return written
        former = deployment_keys.tenant_summary(before.urgency, before.tenant)
        self._table.transact(
            [
                Action("Delete", former, condition=same, values=values),
                Action("Put", key, item=item, condition=_ABSENT),
            ]
        )
        return written

    def remove(self, tenant: str) -> None:
        """Remove the summary of a tenant, wherever it is."""
        self._table.delete(_keys(tenant))

    def write_run(self, run: SummaryRun) -> None:
        """Write what is known of the latest run."""
        self._table.put(deployment_keys.SUMMARIES_RUN, asdict(run))


def _run(item: Item | None) -> SummaryRun:
    return SummaryRun() if item is None else SummaryRun(item["finished"], item["named"])


def _keys(tenant: str) -> list[Key]:
    return [deployment_keys.tenant_summary(urgency, tenant) for urgency in range(len(URGENCIES))]


def _summaries(first: Item | None, others: Iterator[Item]) -> Iterator[TenantSummary]:
    if first is not None:
        yield _summary(first)
    yield from map(_summary, others)


def _item(summary: TenantSummary) -> Item:
    """Return an item without what is empty: the list is read a megabyte at a time."""
    content = asdict(summary)
    content["tokens"] = [list(each.values()) for each in content["tokens"]]
    content["endings"] = list(content["endings"])
    return {name: value for name, value in content.items() if value or name == "urgency"}


def _summary(item: Item) -> TenantSummary:
    content: dict[str, Any] = {name: item[name] for name in _TEXTS if name in item}
    content |= {name: int(item[name]) for name in _NUMBERS if name in item}
    return TenantSummary(
        **content,
        tokens=tuple(TokenFacts(*each) for each in item.get("tokens", ())),
        endings=tuple(item.get("endings", ())),
        endless=item.get("endless", False),
        requests={name: int(number) for name, number in item.get("requests", {}).items()},
    )
