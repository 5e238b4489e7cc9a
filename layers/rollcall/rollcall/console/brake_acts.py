"""The acts on the brake: waves enabled or dismissed, and its switch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Mapping, Sequence
from datetime import timedelta

from rollcall.console.act import Act, ActError, ActResult, Change, Form, Plan
from rollcall.console.held_acts import LISTED, MAX_WAVE, more
from rollcall.console.sign_in_acts import number
from rollcall.model.progress import Progress
from rollcall.operations import disable_waves, planned_work
from rollcall.operations.disable_waves import LOOKED_AT, STOP, EnableOutcome
from rollcall.operations.operator import Operator
from rollcall.operations.planned_work import MAX_OFF, instant

_FURTHER = (
    f"the wave has more accounts: the first {LOOKED_AT:,} were looked at, and the others are "
    "treated likewise"
)


def plan_enable(operator: Operator, tenant: str, form: Form) -> Plan:
    """Plan that the accounts of a wave are enabled again."""
    wave = number(form, "wave", 1, MAX_WAVE, "as the number of a wave")
    _, accounts, rest = disable_waves.preview(operator, tenant, wave)
    enabled = [each for each in accounts if each.outcome is EnableOutcome.ENABLED]
    outcomes = Counter(each.outcome for each in accounts)

    def carry_out(operator: Operator) -> ActResult:
        def steps(operator: Operator) -> Generator[Progress, None, Sequence[str]]:
            done = yield from disable_waves.enable(operator, tenant, wave)
            return [f"{each.value}: {count:,}" for each, count in done.items() if count]

        return ActResult(["enabling has begun"], rest=(f"Wave {wave} of {tenant}", steps))

    return Plan(
        f"Enable the accounts of wave {wave}",
        "Enable them all" if rest else f"Enable {len(enabled):,}",
        carry_out,
        [
            Change(each.record.user_name if each.record else each.user, "disabled", "enabled")
            for each in enabled[:LISTED]
        ],
        [
            *more(len(enabled)),
            *_left(outcomes),
            *([_FURTHER] if rest else ()),
            "the identity provider does not know of it, and may disable the accounts again: stop "
            "and correct provisioning first",
            STOP,
        ],
    )


def plan_dismiss(operator: Operator, tenant: str, form: Form) -> Plan:
    """Plan the note that a wave was meant to be."""
    wave = number(form, "wave", 1, MAX_WAVE, "as the number of a wave")
    before, _, _ = disable_waves.preview(operator, tenant, wave)

    def carry_out(operator: Operator) -> ActResult:
        disable_waves.dismiss(operator, tenant, wave)
        return ActResult([f"wave {wave} is dismissed: {tenant} needs no attention for it"])

    changes = [Change(f"wave {wave}", before.state.value, "dismissed")]
    notes = ["the accounts stay as they are"]
    return Plan(f"Dismiss wave {wave}", "Dismiss", carry_out, changes, notes)


def plan_off(operator: Operator, tenant: str, form: Form) -> Plan:
    """Plan that the brake is off for planned work."""
    most = MAX_OFF // timedelta(hours=1)
    hours = number(form, "hours", 1, most, "hours")
    now = operator.services.clock()
    switch = planned_work.read(operator, tenant)
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
        [
            "until then nobody is told of a wave and no purging is stopped; what clients do "
            "meanwhile does not count afterwards"
        ],
        asks_why=True,
    )


def plan_on(operator: Operator, tenant: str, _: Form) -> Plan:
    """Plan that the brake is on again before the planned work was to end."""
    now, switch = operator.services.clock(), planned_work.read(operator, tenant)
    if not switch.is_off(instant(now)):
        raise ActError(f"the brake of {tenant} is on")

    def carry_out(operator: Operator) -> ActResult:
        planned_work.switch_on(operator, tenant)
        return ActResult(["the brake is on again"])

    changes = [Change("brake", f"off until {switch.until}", "on")]
    return Plan(f"Switch the brake of {tenant} on", "Switch on", carry_out, changes)


def _left(outcomes: Mapping[EnableOutcome, int]) -> list[str]:
    left = [
        f"{outcomes[each]:,} {each.value}"
        for each in EnableOutcome
        if each is not EnableOutcome.ENABLED and outcomes[each]
    ]
    return [f"left as they are: {', '.join(left)}"] if left else []


ACTS: dict[str, Act] = {
    "wave-enable": plan_enable,
    "wave-dismiss": plan_dismiss,
    "brake-off": plan_off,
    "brake-on": plan_on,
}
