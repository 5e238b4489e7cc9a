"""The acts on the brake: waves enabled or dismissed, deletions released or refused, its switch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Mapping, Sequence
from datetime import timedelta

from rollcall.console.act import Act, ActError, ActResult, Change, Form, Plan, required
from rollcall.console.sign_in_acts import number
from rollcall.console.work import finished
from rollcall.model.progress import Progress
from rollcall.operations import disable_waves, held_deletions, planned_work
from rollcall.operations.disable_waves import STOP, EnableOutcome
from rollcall.operations.held_deletions import HeldAccount, HeldOutcome, HeldResult
from rollcall.operations.operator import Operator
from rollcall.operations.planned_work import MAX_OFF, instant

MAX_DAYS = 60
LISTED = 20
"""How many accounts are named in a plan; the others are counted."""

MAX_WAVE = 1_000_000


def plan_enable(operator: Operator, tenant: str, form: Form) -> Plan:
    """Plan that the accounts of a wave are enabled again."""
    wave = number(form, "wave", 1, MAX_WAVE, "as the number of a wave")
    accounts = disable_waves.view(operator, tenant, wave).accounts
    enabled = [each for each in accounts if each.outcome is EnableOutcome.ENABLED]
    outcomes = Counter(each.outcome for each in accounts)

    def carry_out(operator: Operator) -> ActResult:
        def steps() -> Generator[Progress, None, Sequence[str]]:
            done = yield from disable_waves.enable(operator, tenant, wave)
            return [f"{each.value}: {count:,}" for each, count in done.items() if count]

        return ActResult(["enabling has begun"], rest=(f"Wave {wave} of {tenant}", steps))

    return Plan(
        f"Enable the accounts of wave {wave}",
        f"Enable {len(enabled):,}",
        carry_out,
        [
            Change(each.record.user_name if each.record else each.user, "disabled", "enabled")
            for each in enabled[:LISTED]
        ],
        [
            *_more(enabled),
            *_left(outcomes),
            "the identity provider is told nothing: an account is enabled until it next says "
            "otherwise, so stop and correct it first",
            STOP,
        ],
    )


def plan_dismiss(operator: Operator, tenant: str, form: Form) -> Plan:
    """Plan the note that a wave was meant to be."""
    wave = number(form, "wave", 1, MAX_WAVE, "as the number of a wave")
    before = disable_waves.view(operator, tenant, wave)
    state = before.shown.state.value if before.shown else ""

    def carry_out(operator: Operator) -> ActResult:
        disable_waves.dismiss(operator, tenant, wave)
        return ActResult([f"wave {wave} is dismissed: {tenant} needs no attention for it"])

    changes = [Change(f"wave {wave}", state, "dismissed")]
    notes = ["the accounts stay as they are"]
    return Plan(f"Dismiss wave {wave}", "Dismiss", carry_out, changes, notes)


def plan_release(operator: Operator, tenant: str, form: Form) -> Plan:
    """Plan that accounts are purged now."""
    accounts = _selected(operator, tenant, form)

    def carry_out(operator: Operator) -> ActResult:
        def steps() -> Generator[Progress, None, Sequence[str]]:
            return _told((yield from held_deletions.release(operator, tenant, accounts)))

        return ActResult(["purging has begun"], rest=(f"Purging accounts of {tenant}", steps))

    changes = [Change(each.user_name, "deleted, waits", "purged") for each in accounts[:LISTED]]
    return Plan(
        f"Purge {len(accounts):,} of {tenant} for good",
        f"Purge {len(accounts):,}",
        carry_out,
        changes,
        _more(accounts),
        typed=tenant,
    )


def plan_refuse(operator: Operator, tenant: str, form: Form) -> Plan:
    """Plan that accounts are brought back."""
    accounts, name = _selected(operator, tenant, form), form.get("userName", "").strip()
    expected = finished(held_deletions.refuse(operator, tenant, accounts, name, dry_run=True))

    def carry_out(operator: Operator) -> ActResult:
        def steps() -> Generator[Progress, None, Sequence[str]]:
            return _told((yield from held_deletions.refuse(operator, tenant, accounts, name)))

        return ActResult(["bringing back has begun"], rest=(f"Accounts of {tenant}", steps))

    return Plan(
        f"Bring {len(accounts):,} back",
        f"Bring {len(accounts):,} back",
        carry_out,
        [_expected(each, name) for each in expected[:LISTED]],
        [*_more(accounts), *_taken(expected), "they come into the groups that still exist"],
        [
            "the link policy decides about the next write of the identity provider, which has to "
            "have the person in its scope again"
        ],
        asks_why=True,
    )


def plan_grace(operator: Operator, tenant: str, form: Form) -> Plan:
    """Plan for how many days deletions wait."""
    days = number(form, "grace", 0, MAX_DAYS, "days")
    before = operator.services.tenants.show(tenant).grace

    def carry_out(operator: Operator) -> ActResult:
        held_deletions.set_grace(operator, tenant, days)
        return ActResult([f"deletions wait {days} days, everywhere within a minute"])

    changes = [Change("deletions wait", f"{before} days", f"{days} days")]
    notes = ["what waits already is purged when it was to be purged"]
    return Plan(f"Change how long deletions of {tenant} wait", "Change", carry_out, changes, notes)


def plan_off(operator: Operator, tenant: str, form: Form) -> Plan:
    """Plan that the brake is off for planned work."""
    most = MAX_OFF // timedelta(hours=1)
    hours = number(form, "hours", 1, most, "hours")
    now = operator.services.clock()
    switch = disable_waves.view(operator, tenant).switch
    until = now + timedelta(hours=hours)

    def carry_out(operator: Operator) -> ActResult:
        done = planned_work.switch_off(operator, tenant, until)
        return ActResult([f"the brake is off until {done.until}"])

    before = f"off until {switch.until}" if switch.is_off(instant(now)) else "on"
    return Plan(
        f"Switch the brake of {tenant} off",
        "Switch off",
        carry_out,
        [Change("brake", before, f"off until {instant(until)}")],
        ["nobody is told of a wave, no deletion is stopped, and it does not count afterwards"],
        asks_why=True,
    )


def plan_on(operator: Operator, tenant: str, _: Form) -> Plan:
    """Plan that the brake is on again before the planned work was to end."""
    now, switch = operator.services.clock(), disable_waves.view(operator, tenant).switch
    if not switch.is_off(instant(now)):
        raise ActError(f"the brake of {tenant} is on")

    def carry_out(operator: Operator) -> ActResult:
        planned_work.switch_on(operator, tenant)
        return ActResult(["the brake is on again"])

    changes = [Change("brake", f"off until {switch.until}", "on")]
    return Plan(f"Switch the brake of {tenant} on", "Switch on", carry_out, changes)


def _selected(operator: Operator, tenant: str, form: Form) -> list[HeldAccount]:
    """Return the held accounts that a form names: one, those of a wave, or all."""
    wave, every = form.get("wave", ""), form.get("all") == "yes"
    if wave or every:
        chosen = number(form, "wave", 1, MAX_WAVE, "as the number of a wave") if wave else None
        accounts = held_deletions.select(operator, tenant, (), chosen, every=every)
    else:
        account = required(form, "account", "the account")
        accounts = held_deletions.select(operator, tenant, [account])
    if not accounts:
        raise ActError("no deletion waits there any more")
    return accounts


def _expected(result: HeldResult, name: str) -> Change:
    after = result.outcome.value
    if result.outcome is HeldOutcome.BACK and name:
        after = f"{after}, as {name}"
    return Change(result.held.user_name, "deleted, waits", after)


def _taken(results: Sequence[HeldResult]) -> list[str]:
    taken = [each for each in results if each.outcome is HeldOutcome.NAME_TAKEN]
    return [
        f"{each.held.user_name} is the name of `{each.holder}` by now: bring it back under another "
        "userName, and merge both under People where they are one person"
        for each in taken[:LISTED]
    ]


def _told(results: Sequence[HeldResult]) -> list[str]:
    counts = Counter(each.outcome for each in results)
    return [*(f"{each.value}: {count:,}" for each, count in counts.items()), *_taken(results)]


def _left(outcomes: Mapping[EnableOutcome, int]) -> list[str]:
    left = [
        f"{outcomes[each]:,} {each.value}"
        for each in EnableOutcome
        if each is not EnableOutcome.ENABLED and outcomes[each]
    ]
    return [f"left as they are: {', '.join(left)}"] if left else []


def _more(accounts: Sequence[object]) -> list[str]:
    more = len(accounts) - LISTED
    return [f"and {more:,} more"] if more > 0 else []


ACTS: dict[str, Act] = {
    "wave-enable": plan_enable,
    "wave-dismiss": plan_dismiss,
    "release": plan_release,
    "refuse": plan_refuse,
    "grace": plan_grace,
    "brake-off": plan_off,
    "brake-on": plan_on,
}
