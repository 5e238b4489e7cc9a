"""`rollcall accounts unlink`, `relink`, `disable`, `enable` and `merge`: shown first, then done."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from rollcall.cli.confirmation import Reason, confirm_name
from rollcall.cli.connection import connect
from rollcall.cli.listing import Listing
from rollcall.cli.terminal import (
    Account,
    AsJson,
    DryRun,
    Name,
    UsageError,
    Yes,
    asking,
    follow,
    print_listing,
    say,
)
from rollcall.model.record import Record
from rollcall.operations import (
    account_activation,
    account_attributes,
    account_links,
    account_merge,
)
from rollcall.operations.account_links import AccountPlan
from rollcall.operations.account_merge import MergePlan
from rollcall.operations.operator import Operator


def unlink(
    context: typer.Context,
    name: Name,
    account: Account,
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Remove the link of an account to its person in the identity provider.

    The account keeps its groups and what templates gave it; its externalId is removed. The command
    shows what Entra ID does next, and what its administrator has to do for this person.
    """
    operator = connect(context)
    plan = account_links.plan_unlink(operator, name, account)
    question = f"Clear the link of {plan.before.user_name}?"
    _ask_and_carry_out(operator, name, plan, question, dry_run=dry_run, yes=yes, as_json=as_json)


def disable(
    context: typer.Context,
    name: Name,
    account: Account,
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Disable an account: it has no access until it is enabled again; groups and grants stay.

    The identity provider may enable it again: the command says when, and what prevents that.
    """
    operator = connect(context)
    plan = account_activation.plan_disable(operator, name, account)
    question = f"Disable {plan.before.user_name}?"
    _ask_and_carry_out(operator, name, plan, question, dry_run=dry_run, yes=yes, as_json=as_json)


def enable(
    context: typer.Context,
    name: Name,
    account: Account,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Enable a disabled account: what its grants give is in force again.

    The accounts of a wave are enabled together by `rollcall brake enable`.
    """
    operator = connect(context)
    plan = account_activation.plan_enable(operator, name, account)
    _ask_and_carry_out(operator, name, plan, "", dry_run=dry_run, yes=True, as_json=as_json)


def relink(
    context: typer.Context,
    name: Name,
    account: Account,
    external_id: Annotated[
        str | None, typer.Option(help="The person's externalId, as the identity provider sends it.")
    ] = None,
    user_name: Annotated[
        str | None, typer.Option(help="The userName by which the identity provider finds it.")
    ] = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Link an account, whatever the tenant's link policy is.

    Use it for a person who was created again in the identity provider, for an account that the
    identity provider would not find, and under the policy `strict`, which requires it.
    """
    operator = connect(context)
    plan = account_links.plan_relink(operator, name, account, external_id, user_name)
    _ask_and_carry_out(operator, name, plan, "", dry_run=dry_run, yes=True, as_json=as_json)


def merge(
    context: typer.Context,
    name: Name,
    keep: Annotated[str, typer.Option(help="The account whose product data stays.")],
    remove: Annotated[str, typer.Option(help="The account that is merged into the other one.")],
    idp_deletes: Annotated[
        str | None,
        typer.Option(
            help="If both are linked: the one whose person is deleted in the identity provider."
        ),
    ] = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    reason: Reason = "",
    as_json: AsJson = False,
) -> None:
    """Merge two accounts that belong to one person.

    The id that stays is the one that the identity provider knows, whichever account is kept; the
    other id remains valid for the same account. userName, externalId, e-mails, names and active
    come from the linked account. All other attributes come from both, those of the kept account
    first; groups and grants come from both.

    To finish an interrupted merge, run the same command again with the ids of the accounts.
    """
    operator = connect(context)
    ids = account_merge.find_merged(operator, name, keep, remove)
    if ids is not None:
        if not dry_run:
            follow(account_merge.finish_merge(operator, name, ids), "memberships")
        say("They are merged already." if dry_run else "What was left of it is done.")
        return
    plan = account_merge.plan_merge(operator, name, keep, remove, idp_deletes)
    if not as_json:
        if groups := len(plan.groups):
            removed = plan.removed.user_name
            say(f"{removed} is in {groups} groups, which become the other's too.")
        _print_changes({"stays": plan.before, "goes": plan.removed, "after": plan.after})
    if dry_run:
        _print_result(plan, dry_run=True, as_json=as_json)
        return
    _check_questions(yes=yes, as_json=as_json)
    goes, stays = plan.removed.user_name, plan.before.user_name
    sentence = f"{goes} becomes one account with {stays}. Type {goes} to merge them"
    operator = confirm_name(operator, goes, sentence, yes=yes, reason=reason)
    ids = account_merge.merge(operator, name, plan)
    _print_result(plan, dry_run=False, as_json=as_json)
    follow(account_merge.finish_merge(operator, name, ids), "memberships")


def _ask_and_carry_out(
    operator: Operator,
    tenant: str,
    plan: AccountPlan,
    question: str,
    *,
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Show a plan, and carry it out unless the question is denied."""
    if not as_json:
        _print_changes({"before": plan.before, "after": plan.after})
    _confirm(question, dry_run=dry_run, yes=yes, as_json=as_json)
    if not dry_run:
        account_links.carry_out(operator, tenant, plan)
    _print_result(plan, dry_run=dry_run, as_json=as_json)


def _confirm(question: str, *, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Ask for confirmation, unless an option replaces it. Raises UsageError when it is denied."""
    if dry_run or yes:
        return
    _check_questions(yes=yes, as_json=as_json)
    with asking():
        confirmed = typer.confirm(question)
    if not confirmed:
        raise UsageError("nothing is changed")


def _check_questions(*, yes: bool, as_json: bool) -> None:
    """Raise UsageError where a question would be among JSON."""
    if as_json and not yes:
        raise UsageError("--json does not ask: add --yes or --dry-run")


def _print_result(plan: AccountPlan | MergePlan, *, dry_run: bool, as_json: bool) -> None:
    if as_json:
        removed = {"removed": _plain(plan.removed)} if isinstance(plan, MergePlan) else {}
        accounts = {"before": _plain(plan.before), **removed, "after": _plain(plan.after)}
        print(json.dumps({**accounts, "dryRun": dry_run, "next": list(plan.next_steps)}))
        return
    say("Nothing is changed yet." if dry_run else "Done.", style="bold")
    for step in plan.next_steps:
        say(f"- {step}")


def _print_changes(records: Mapping[str, Record]) -> None:
    """Print the attributes that differ between accounts, side by side."""
    columns = {title: account_attributes.attributes(record) for title, record in records.items()}
    rows = Listing("", *columns)
    for attribute in dict.fromkeys(name for column in columns.values() for name in column):
        values = [column.get(attribute, "") for column in columns.values()]
        if len(set(values)) > 1:
            rows.add(attribute, *values)
    if rows:
        print_listing(rows)


def _plain(record: Record) -> dict[str, Any]:
    return {"id": record.id, "link": record.link.item, **record.document}
