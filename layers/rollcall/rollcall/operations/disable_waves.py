"""Waves of disabled accounts: who was disabled, and enabling them here again.

Nothing is sent to the identity provider: an account is enabled until it next says otherwise.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

from rollcall.directory import purge
from rollcall.directory.context import Context
from rollcall.model.brake import BrakeSwitch, Disabled, Wave, WaveState
from rollcall.model.progress import Progress
from rollcall.model.record import Record
from rollcall.operations.operator import Operator
from rollcall.operator_error import OperatorError
from rollcall.scim.errors import Unavailable
from rollcall.scim.resource_type import Kind
from rollcall.storage.brake_items import BrakeItems, fingerprint
from rollcall.storage.resources import Resources
from rollcall.storage.table import MAX_BATCH
from rollcall.storage.transactions import ConditionFailed

__all__ = [
    "LOOKED_AT",
    "STOP",
    "BrakeView",
    "EnableOutcome",
    "Wave",
    "WaveAccount",
    "WaveState",
    "accounts_of",
    "disabled_in",
    "dismiss",
    "enable",
    "find",
    "looked_at",
    "preview",
    "view",
]

PARALLEL = 8
"""How many accounts are enabled at the same time."""

LOOKED_AT = 1_000
"""How many accounts are looked at to show a wave, in one round trip: enabling it looks at all."""

STOP = (
    "To stop it in Entra ID: open the application, `Provisioning`, choose `Pause provisioning`. "
    "Correct the scoping filter or the assignments, try one person with `Provision on demand`, and "
    "start provisioning again. So that Entra ID stops by itself the next time: under `Edit "
    "provisioning`, `Settings`, tick `Prevent accidental deletions`, set a threshold, and enter a "
    "`Notification Email`. Above the threshold the job goes into quarantine until somebody chooses "
    "`Allow deletes`."
)


class WaveError(OperatorError):
    """There is no such wave, or it is decided already."""


class EnableOutcome(StrEnum):
    """What enabling does, or would do, to an account of a wave."""

    ENABLED = "enabled again"
    ACTIVE = "active"
    CHANGED = "changed since"
    GONE = "deleted or merged"


@dataclass(frozen=True)
class WaveAccount:
    """An account of a wave: when it was disabled, what it is now, and what enabling does to it."""

    user: str
    time: str
    record: Record | None
    outcome: EnableOutcome


@dataclass(frozen=True)
class BrakeView:
    """The brake of a tenant: its switch, its waves, the latest first, and the accounts of one.

    Purging is stopped since `stopped`, empty where it is not.
    """

    switch: BrakeSwitch
    waves: tuple[Wave, ...]
    shown: Wave | None = None
    accounts: tuple[WaveAccount, ...] = ()
    stopped: str = ""


def view(operator: Operator, tenant: str, number: int | None = None) -> BrakeView:
    """Return the brake of a tenant, with the accounts of one wave, by default the latest.

    Raises TenantError for an unknown tenant, WaveError for an unknown wave.
    """
    operator.services.tenants.show(tenant)
    items = BrakeItems(operator.services.table, tenant)
    waves = tuple(items.waves())
    switch = items.switch()
    latest = waves[0] if waves else None
    shown = latest if number is None else find(waves, tenant, number)
    disabled = [] if shown is None else disabled_in(items, shown, switch)
    accounts = tuple(accounts_of(operator, tenant, disabled))
    context = operator.services.directory(tenant).context
    stopped = context.purge_stop.since() if purge.is_stopped(context) else ""
    return BrakeView(switch, waves, shown, accounts, stopped)


def preview(
    operator: Operator, tenant: str, number: int
) -> tuple[Wave, Sequence[WaveAccount], str]:
    """Return a wave, its first accounts, and where more of them are, empty where these are all.

    What it costs is bounded by LOOKED_AT. Raises TenantError, WaveError.
    """
    operator.services.tenants.show(tenant)
    items = BrakeItems(operator.services.table, tenant)
    wave = find(items.waves(), tenant, number)
    disabled, rest = looked_at(items, wave, items.switch())
    return wave, list(accounts_of(operator, tenant, disabled)), rest


def enable(
    operator: Operator, tenant: str, number: int, *, dry_run: bool = False
) -> Generator[Progress, None, dict[EnableOutcome, int]]:
    """Enable the accounts of a wave that nobody has changed since; return what became of each.

    Each account is a write of its own: what is interrupted can be repeated. The wave is closed when
    all are done. Raises TenantError for an unknown tenant, WaveError for an unknown wave.
    """
    contexts = operator.contexts(tenant)
    items = BrakeItems(operator.services.table, tenant)
    wave = find(items.waves(), tenant, number)
    if not dry_run:
        wave = items.begin_enabling(wave, operator.services.clock())
    disabled = disabled_in(items, wave, items.switch())
    outcomes = dict.fromkeys(EnableOutcome, 0)

    def act(each: Disabled) -> EnableOutcome:
        context = contexts()
        context.log.describe("brake enable", f"wave {wave.number}")
        return _enable(context, each)

    if dry_run:
        for account in accounts_of(operator, tenant, disabled):
            outcomes[account.outcome] += 1
        return outcomes
    remaining, done = iter(disabled), 0
    with ThreadPoolExecutor(PARALLEL) as pool:
        while batch := list(islice(remaining, MAX_BATCH)):
            for outcome in pool.map(act, batch):
                outcomes[outcome] += 1
            done += len(batch)
            yield Progress(done, len(disabled), "accounts")
    _decide(operator, tenant, items, wave, WaveState.ENABLED)
    return outcomes


def dismiss(operator: Operator, tenant: str, number: int) -> Wave:
    """Note that a wave was meant to be: its tenant needs no attention any more.

    Raises TenantError for an unknown tenant, WaveError for an unknown wave.
    """
    operator.services.tenants.show(tenant)
    items = BrakeItems(operator.services.table, tenant)
    wave = find(items.waves(), tenant, number)
    _decide(operator, tenant, items, wave, WaveState.DISMISSED)
    return wave


def _decide(
    operator: Operator, tenant: str, items: BrakeItems, wave: Wave, state: WaveState
) -> None:
    """Close a wave, log that, and bring the list of tenants up to date."""
    services = operator.services
    if items.decide(wave, state, operator.actor.public, services.clock()):
        log = operator.audit_log(tenant)
        log.write(f"brake {state.value}", f"Tenant/{tenant}", f"wave {wave.number}")
    services.summaries.note_change(tenant)


def _enable(context: Context, disabled: Disabled) -> EnableOutcome:
    for _ in context.table.retry.attempts():
        record = context.resources.read(Kind.USER, disabled.user)
        outcome = _outcome(record, disabled)
        if record is None or outcome is not EnableOutcome.ENABLED:
            return outcome
        document = {**record.document, "active": True}
        context.log.set_change(record, document, ())
        try:
            context.commit(context.writes.replacement(record, document, context.now()))
        except ConditionFailed:
            continue  # somebody changed the account, or its memberships, meanwhile
        return outcome
    raise Unavailable("too many changes of one user at once", status=429)


def _outcome(record: Record | None, disabled: Disabled) -> EnableOutcome:
    if record is None:
        return EnableOutcome.GONE
    if record.active:
        return EnableOutcome.ACTIVE
    same = fingerprint(record.document, record.link) == disabled.fingerprint
    return EnableOutcome.ENABLED if same else EnableOutcome.CHANGED


def accounts_of(
    operator: Operator, tenant: str, disabled: Sequence[Disabled]
) -> Iterable[WaveAccount]:
    """Yield accounts that were disabled in a wave, as they are now."""
    resources = Resources(operator.services.table, tenant)
    records = resources.read_many(Kind.USER, (each.user for each in disabled))
    for each in disabled:
        record = records.get(each.user)
        yield WaveAccount(each.user, each.time, record, _outcome(record, each))


def disabled_in(items: BrakeItems, wave: Wave, switch: BrakeSwitch) -> list[Disabled]:
    """Return whom clients disabled in a wave, each once.

    Who was disabled once more after it, after an operator began to enable its accounts, or as
    planned work, is left alone.
    """
    return _of(wave, switch, items.disabled(wave.began))


def looked_at(
    items: BrakeItems, wave: Wave, switch: BrakeSwitch, after: str = ""
) -> tuple[list[Disabled], str]:
    """Return who of a wave is among the next LOOKED_AT that were disabled, and where more are.

    It begins behind `after`. Who was disabled once more behind those is among them.
    """
    time, _, user = after.partition("#")
    reading = items.disabled(time or wave.began, behind=user, limit=LOOKED_AT)
    read = list(islice(reading, LOOKED_AT))
    is_more = len(read) == LOOKED_AT and read[-1].time <= wave.latest
    rest = f"{read[-1].time}#{read[-1].user}" if is_more else ""
    return _of(wave, switch, read), rest


def _of(wave: Wave, switch: BrakeSwitch, disabled: Iterable[Disabled]) -> list[Disabled]:
    latest: dict[str, Disabled] = {}
    again: set[str] = set()
    for each in disabled:
        before = latest.get(each.user)
        if before is not None and wave.was_enabled_between(before.time, each.time):
            again.add(each.user)
        latest[each.user] = each
    return [
        each
        for each in latest.values()
        if each.by_client and each.time <= wave.latest and each.user not in again
        if not switch.is_off(each.time)
    ]


def find(waves: Iterable[Wave], tenant: str, number: int) -> Wave:
    """Return a wave by its number. Raises WaveError."""
    for wave in waves:
        if wave.number == number:
            return wave
    raise WaveError(f"{tenant} has no wave {number}: `rollcall brake show {tenant}` lists them")
