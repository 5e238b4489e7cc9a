"""The acts on one person: access that is given and taken, and the erasure."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence

from rollcall.console.act import Act, ActResult, Change, Form, Plan, required
from rollcall.console.work import finished
from rollcall.model.progress import Progress
from rollcall.operations import erasure_plan, person_erasure, user_access
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
        return ActResult([f"{before.record.user_name} has `{after.areas[area]}` in `{area}`"])

    changes = [Change(area, before.record.access.areas.get(area, "nothing"), f"at least {level}")]
    notes = _disabled(before)
    return Plan(f"Give access to {before.record.user_name}", "Give", carry_out, changes, notes)


def plan_revoke(operator: Operator, tenant: str, form: Form) -> Plan:
    """Plan the end of the access to a work area, whatever gave it."""
    account, area = required(form, "account", "the account"), required(form, "area", "a work area")
    before = user_access.read_with_groups(operator, tenant, account)

    def carry_out(operator: Operator) -> ActResult:
        user_access.revoke(operator, tenant, account, [area])
        return ActResult([f"{before.record.user_name} has no access to `{area}` any more"])

    changes = [Change(area, before.record.access.areas.get(area, "nothing"), "nothing")]
    notes = ["what a membership gives stays revoked as long as the membership holds"]
    return Plan(
        f"Take access from {before.record.user_name}", "Take away", carry_out, changes, notes
    )


def plan_erase(operator: Operator, tenant: str, form: Form) -> Plan:
    """Plan the erasure of a person."""
    account = required(form, "account", "the account")
    plan = finished(erasure_plan.plan(operator, tenant, account))

    def carry_out(operator: Operator) -> ActResult:
        def steps() -> Generator[Progress, None, Sequence[str]]:
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
    )


def _found(found: Mapping[str, int]) -> list[Change]:
    return [Change(name, f"{number:,}", "erased") for name, number in found.items()]


def _disabled(access: UserAccess) -> list[str]:
    return [] if access.record.active else ["the account is disabled: it has no access until then"]


ACTS: dict[str, Act] = {"give": plan_grant, "take": plan_revoke, "erase": plan_erase}
