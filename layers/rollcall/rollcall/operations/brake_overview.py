"""The brake of a tenant on one page: its switch, its waves, one of them, deletions that wait."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from rollcall.model.brake import BrakeSwitch, Wave
from rollcall.operations.disable_waves import WaveAccount, accounts_of, find, looked_at
from rollcall.operations.held_deletions import HeldAccount, holders_of
from rollcall.operations.operator import Operator
from rollcall.scim.instant import instant
from rollcall.storage.brake_items import BrakeItems
from rollcall.storage.held_accounts import HeldAccounts
from rollcall.storage.parallel_reads import at_once
from rollcall.storage.purge_stop import PurgeStop
from rollcall.storage.resources import Resources

PAGE = 50
"""How many accounts of a wave, and how many that are held, are shown at once."""


@dataclass(frozen=True)
class BrakeOverview:
    """The brake of a tenant: planned work, waves, `accounts` of one, and `held` ones.

    The switch is `is_off` for planned work; deletions wait `grace` days, and purging is stopped
    since `stopped`, empty where it is not. Of `number` accounts of a wave that were looked at those
    from `first` on are here; these are behind `begin`, and `more` says where others are. `holders`
    have the names of held accounts by now; `rest` says where more of these are.
    """

    switch: BrakeSwitch
    is_off: bool
    grace: int
    stopped: str
    waves: Sequence[Wave]
    shown: Wave | None
    number: int
    first: int
    begin: str
    more: str
    accounts: Sequence[WaveAccount]
    held: Sequence[HeldAccount]
    holders: dict[str, str]
    rest: str


def read(
    operator: Operator,
    tenant: str,
    number: int | None = None,
    *,
    first: int = 0,
    begin: str = "",
    after: str = "",
) -> BrakeOverview:
    """Read the brake in three round trips, by default with the latest wave.

    Of a wave, LOOKED_AT accounts are looked at behind `begin`, and PAGE of them read from `first`
    on. `after` is the place among the accounts that are held. Raises TenantError for an unknown
    tenant, WaveError for an unknown wave.
    """
    services = operator.services
    table, items = services.table, BrakeItems(services.table, tenant)
    held_accounts = HeldAccounts(table, tenant)
    reads: list[Callable[[], Any]] = [
        lambda: services.tenants.show(tenant),
        items.switch,
        lambda: tuple(items.waves()),
        PurgeStop(table, tenant).since,
        lambda: next(held_accounts.waiting(limit=1), None),
        lambda: list(islice(held_accounts.waiting(after=after, limit=PAGE + 1), PAGE + 1)),
    ]
    stored, switch, waves, since, oldest, waiting = at_once(reads)
    latest = waves[0] if waves else None
    shown = latest if number is None else find(waves, tenant, number)
    page = waiting[:PAGE]
    then: list[Callable[[], Any]] = [
        lambda: ([], "") if shown is None else looked_at(items, shown, switch, begin),
        lambda: list(held_accounts.read_many(each for _, each in page).values()),
    ]
    (disabled, more), held = at_once(then)
    resources = Resources(table, tenant, moved=stored.moved)
    last: list[Callable[[], Any]] = [
        lambda: list(accounts_of(operator, tenant, disabled[first : first + PAGE])),
        lambda: holders_of(resources, held),
    ]
    accounts, holders = at_once(last)
    return BrakeOverview(
        switch,
        switch.is_off(instant(services.clock())),
        stored.grace,
        since if oldest is not None and oldest[0] <= since else "",
        waves,
        shown,
        len(disabled),
        first,
        begin,
        more,
        accounts,
        held,
        holders,
        "#".join(page[-1]) if len(waiting) > PAGE else "",
    )
