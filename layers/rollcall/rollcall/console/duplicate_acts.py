"""The acts on findings and on the links of accounts, each with what Entra ID does next."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import replace

from rollcall.console.act import (
    Act,
    ActResult,
    Change,
    Form,
    Plan,
    RememberedAccount,
    changed,
    required,
)
from rollcall.model.progress import Progress
from rollcall.operations import (
    account_links,
    account_merge,
    accounts,
    duplicate_reports,
    duplicates,
)
from rollcall.operations.account_attributes import attributes
from rollcall.operations.account_links import AccountPlan
from rollcall.operations.operator import Operator

STAYS = "the identity provider notices nothing of it"


def plan_run(operator: Operator, tenant: str, _: Form) -> Plan:
    """Plan to look for duplicates now."""

    def steps(operator: Operator) -> Generator[Progress, None, Sequence[str]]:
        counts = yield from duplicate_reports.run(operator, tenant)
        return [f"{counts.new} new, {counts.open} still open, {counts.resolved} resolved"]

    def carry_out(_: Operator) -> ActResult:
        return ActResult(["the search has begun"], rest=(f"Duplicates of {tenant}", steps))

    notes = ["it compares all accounts and changes none; in AWS it is done every day by itself"]
    return Plan(f"Look for duplicates in {tenant} now", "Look", carry_out, notes=notes)


def plan_merge(operator: Operator, tenant: str, form: Form) -> Plan:
    """Plan to make one account of two."""
    keep, remove = required(form, "keep", "the account"), required(form, "remove", "the other one")
    deleted = form.get("deleted") or None
    plan = account_merge.plan_merge(operator, tenant, keep, remove, deleted)
    before, gone = attributes(plan.before), attributes(plan.removed)
    alone, same = "an account of its own", f"the same account as {plan.before.user_name}"
    changes = [Change(plan.removed.user_name, alone, same)]
    changes += [
        Change(each.name, f"{before.get(each.name, '-')} | {gone.get(each.name, '-')}", each.after)
        for each in changed({**gone, **before}, attributes(plan.after))
    ]

    def carry_out(operator: Operator) -> ActResult:
        try:
            ids = account_merge.merge(operator, tenant, plan)
        except accounts.AccountError:  # merged by an attempt before, whose answer was lost
            merged = account_merge.find_merged(operator, tenant, plan.before.id, plan.removed.id)
            if merged is None:
                raise
            ids = merged

        def finish(operator: Operator) -> Generator[Progress, None, Sequence[str]]:
            yield from account_merge.finish_merge(operator, tenant, ids)
            return ["groups and managers are those of the account that stayed"]

        told = [f"`{plan.before.user_name}` and `{plan.removed.user_name}` are one account"]
        return ActResult(
            [*told, *plan.next_steps], rest=(f"Merge of {plan.before.user_name}", finish)
        )

    notes = [
        f"`{plan.before.user_name}` stays, with the id `{plan.before.id}`",
        f"`{plan.removed.user_name}` goes; its id `{plan.removed.id}` stays valid for the same "
        "account",
        f"its {len(plan.groups)} groups are added to those of the account that stays",
    ]
    return Plan(
        f"Make one account of {plan.before.user_name} and {plan.removed.user_name}",
        "Merge",
        carry_out,
        changes,
        notes,
        plan.next_steps,
        asks_why=True,
        typed=plan.removed.user_name,
    )


def plan_unlink(operator: Operator, tenant: str, form: Form) -> Plan:
    """Plan to make an account local."""
    account = required(form, "account", "the account")
    plan = account_links.plan_unlink(operator, tenant, account)
    return _link_plan(tenant, plan, f"Clear the link of {plan.before.user_name}", "Clear the link")


def plan_relink(operator: Operator, tenant: str, form: Form) -> Plan:
    """Plan to link an account to a person."""
    account = required(form, "account", "the account")
    external_id, user_name = (
        form.get(name, "").strip() or None for name in ("externalId", "userName")
    )
    plan = account_links.plan_relink(operator, tenant, account, external_id, user_name)
    return _link_plan(tenant, plan, f"Link {plan.before.user_name}", "Link")


def plan_dismiss(operator: Operator, tenant: str, form: Form) -> Plan:
    """Plan to dismiss a finding."""
    finding = required(form, "finding", "the finding")
    plan = duplicates.plan_dismissal(operator, tenant, finding)

    def carry_out(operator: Operator) -> ActResult:
        duplicates.change(operator, replace(plan, reason=operator.reason))
        return ActResult([f"the finding is dismissed until its accounts change; {STAYS}"])

    changes = [Change("state", plan.before.value, plan.after.value)]
    return Plan("Different people", "Dismiss", carry_out, changes, asks_why=True)


def plan_reopen(operator: Operator, tenant: str, form: Form) -> Plan:
    """Plan to open a dismissed finding."""
    finding = required(form, "finding", "the finding")
    plan = duplicates.plan_reopening(operator, tenant, finding)

    def carry_out(operator: Operator) -> ActResult:
        duplicates.change(operator, plan)
        return ActResult([f"the finding is open; {STAYS}"])

    changes = [Change("state", plan.before.value, plan.after.value)]
    return Plan("Open the finding again", "Open", carry_out, changes)


def plan_protection(*, protected: bool) -> Act:
    """Return the act that protects an account from clients, or permits them to change it."""
    verb = "Protect" if protected else "Unprotect"

    def plan(operator: Operator, tenant: str, form: Form) -> Plan:
        record = accounts.find(operator, tenant, required(form, "account", "the account"))

        def carry_out(operator: Operator) -> ActResult:
            after = accounts.protect(operator, tenant, record.id, protected=protected)
            return ActResult([f"`{after.user_name}` is {after.link}"])

        link = replace(record.link, protected=protected)
        changes = [Change("link", str(record.link), str(link))]
        notes = ["no client may change or delete a protected account"]
        return Plan(f"{verb} {record.user_name}", verb, carry_out, changes, notes)

    return plan


def _link_plan(tenant: str, plan: AccountPlan, title: str, button: str) -> Plan:
    def carry_out(operator: Operator) -> ActResult:
        account_links.carry_out(operator, tenant, plan)
        return ActResult([f"`{plan.after.user_name}` is {plan.after.link}", *plan.next_steps])

    changes = changed(attributes(plan.before), attributes(plan.after))
    remembered = RememberedAccount(tenant, plan.after.id)
    steps = plan.next_steps
    return Plan(title, button, carry_out, changes, next_steps=steps, remembered=remembered)


ACTS: dict[str, Callable[[Operator, str, Form], Plan]] = {
    "look": plan_run,
    "merge": plan_merge,
    "unlink": plan_unlink,
    "relink": plan_relink,
    "dismiss": plan_dismiss,
    "reopen": plan_reopen,
    "protect": plan_protection(protected=True),
    "unprotect": plan_protection(protected=False),
}
