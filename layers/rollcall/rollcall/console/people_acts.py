"""The acts on one person: access given and taken, the account disabled and enabled, the erasure."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence

from rollcall.console.act import (
    Act,
    ActResult,
    Change,
    Form,
    LongAct,
    LongPlan,
    Plan,
    RememberedAccount,
    changed,
    required,
)
from rollcall.model.progress import Progress
from rollcall.model.record import Record
from rollcall.operations import (
    account_activation,
    account_links,
    erasure_plan,
    person_erasure,
    user_access,
)
from rollcall.operations.account_links import AccountPlan
from rollcall.operations.erasure_plan import ErasurePlan
from rollcall.operations.operator import Operator
from rollcall.operations.user_access import UserAccess


def plan_grant(operator: Operator, tenant: str, form: Form) -> Plan:
    """Plan a level in a work area, given by hand."""
    account, area = required(form, "account", "the account"), required(form, "area", "a work area")
    level = required(form, "level", "a level")
    user_access.check(operator, {area: level})
    before = user_access.read_with_groups(operator, tenant, account)

    def carry_out(operator: Operator) -> ActResult:
        after = user_access.grant(operator, tenant, account, {area: level})
        return ActResult([f"`{before.record.user_name}` has `{after.areas[area]}` in `{area}`"])

    changes = [Change(area, before.record.access.areas.get(area, "nothing"), f"at least {level}")]
    notes = _disabled(before)
    return Plan(f"Give access to {before.record.user_name}", "Give", carry_out, changes, notes)


def plan_revoke(operator: Operator, tenant: str, form: Form) -> Plan:
    """Plan the end of the access to a work area, whatever gave it."""
    account, area = required(form, "account", "the account"), required(form, "area", "a work area")
    before = user_access.read_with_groups(operator, tenant, account)

    def carry_out(operator: Operator) -> ActResult:
        user_access.revoke(operator, tenant, account, [area])
        return ActResult([f"`{before.record.user_name}` has no access to `{area}` any more"])

    changes = [Change(area, before.record.access.areas.get(area, "nothing"), "nothing")]
    notes = ["what a membership gives stays revoked as long as the membership holds"]
    return Plan(
        f"Take access from {before.record.user_name}", "Take away", carry_out, changes, notes
    )


def plan_disable(operator: Operator, tenant: str, form: Form) -> Plan:
    """Plan to disable an account: it has no access then."""
    account = required(form, "account", "the account")
    plan = account_activation.plan_disable(operator, tenant, account)
    notes = ["the account has no access then; its groups, and what it was given, stay"]
    return _switch_plan(tenant, plan, "Disable", "is disabled", notes)


def plan_enable(operator: Operator, tenant: str, form: Form) -> Plan:
    """Plan to enable a disabled account."""
    account = required(form, "account", "the account")
    plan = account_activation.plan_enable(operator, tenant, account)
    notes = ["what it was given is in force again"]
    return _switch_plan(tenant, plan, "Enable", "is active", notes)


def plan_erase(operator: Operator, tenant: str, form: Form) -> LongPlan:
    """Begin to plan the erasure of a person, which reads the whole log."""
    account = required(form, "account", "the account")
    operator.context(tenant)  # an unknown tenant is refused at once

    def steps(operator: Operator) -> Generator[Progress, None, Plan]:
        plan = yield from erasure_plan.plan(operator, tenant, account)
        return _erasure(tenant, plan)

    return LongPlan(f"What an erasure in {tenant} will do", steps)


def _erasure(tenant: str, plan: ErasurePlan) -> Plan:
    def carry_out(operator: Operator) -> ActResult:
        def steps(operator: Operator) -> Generator[Progress, None, Sequence[str]]:
            remainders = yield from person_erasure.erase(operator, tenant, plan)
            return [
                "everything is erased but what follows",
                *(f"{each.where}: {each.what}, {each.until}" for each in remainders),
            ]

        return ActResult(["the erasure has begun"], rest=(f"Erasure in {tenant}", steps))

    return Plan(
        "Erase a person",
        "Erase",
        carry_out,
        _found(plan.found),
        [
            *(f"not yet: {each}" for each in plan.obstacles),
            "write no name of the person into the reason: the log keeps it",
        ],
        plan.steps,
        typed=plan.person.id,
        remembered=RememberedAccount(tenant, plan.person.id),
    )


def _switch_plan(
    tenant: str, plan: AccountPlan, verb: str, result: str, notes: Sequence[str]
) -> Plan:
    def carry_out(operator: Operator) -> ActResult:
        account_links.carry_out(operator, tenant, plan)
        return ActResult([f"`{plan.after.user_name}` {result}", *plan.next_steps])

    changes = changed(_access(plan.before), _access(plan.after))
    title = f"{verb} {plan.before.user_name}"
    return Plan(title, verb, carry_out, changes, notes, plan.next_steps)


def _access(record: Record) -> dict[str, str]:
    """Return what an account may do, as text."""
    areas, role = (record.access.areas, record.access.role) if record.active else ({}, "")
    return {
        "account": "active" if record.active else "disabled",
        **dict.fromkeys(record.access.areas, "nothing"),
        **areas,
        **({"role": role or "none"} if record.access.role else {}),
    }


def _found(found: Mapping[str, int]) -> list[Change]:
    return [Change(name, f"{number:,}", "erased") for name, number in found.items()]


def _disabled(access: UserAccess) -> list[str]:
    return [] if access.record.active else ["the account is disabled: it has no access until then"]


ACTS: dict[str, Act] = {
    "give": plan_grant,
    "take": plan_revoke,
    "switch-off": plan_disable,
    "switch-on": plan_enable,
}
LONG_ACTS: dict[str, LongAct] = {"erase": plan_erase}
