"""`rollcall duplicates`: people with several accounts, and accounts that nobody looks after."""

from __future__ import annotations

import json
from collections import Counter
from enum import StrEnum
from typing import Annotated

import typer

from rollcall.cli.connection import connect
from rollcall.cli.duplicate_report_command import run, save
from rollcall.cli.finding_view import account_name, print_finding, say_marked
from rollcall.cli.listing import Listing
from rollcall.cli.terminal import AsJson, DryRun, Name, UsageError, print_listing, say
from rollcall.cli.text import Prose
from rollcall.operations import duplicates
from rollcall.operations.accounts import find
from rollcall.operations.duplicates import CaseChange, CaseState, FindingKind, reason_sentences
from rollcall.operations.operator import Operator

app = typer.Typer(
    no_args_is_help=True,
    help="""Find people with several accounts, and accounts that nobody looks after.

    A finding names accounts that seem to belong to one person, and why. Kinds: `duplicate` (same
    address, address of one is the userName of another, alias, same employee number), `recreated`
    (the identity provider deleted a person and created the person again), `unmanaged` (inactive
    for long without a DELETE), `possible` (the same name only, or a value that many share).

    A deployment looks for duplicates every day; `run` does it now. `dismiss` hides a finding until
    its accounts change, or marks an account as a service account, which no finding names.""",
)

app.command()(run)
app.command()(save)

Finding = Annotated[str, typer.Argument(help="The finding's id, as `duplicates list` shows it.")]


class CaseFilter(StrEnum):
    """The states that `list` takes."""

    OPEN = "open"
    DISMISSED = "dismissed"
    RESOLVED = "resolved"
    ALL = "all"


@app.command(name="list")
def list_(
    context: typer.Context,
    tenant: Name,
    state: Annotated[
        CaseFilter, typer.Option(help="Only findings in this state.")
    ] = CaseFilter.OPEN,
    kind: Annotated[
        list[FindingKind] | None,
        typer.Option(help="Only these kinds; repeatable.", show_default=False),
    ] = None,
    user: Annotated[
        str | None, typer.Option(help="Only those that name this user: an id or a userName.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List the findings, the worst first and weak hints last."""
    case_state = None if state is CaseFilter.ALL else CaseState(state.value)
    listed = duplicates.list_findings(connect(context), tenant, case_state, kind or (), user)
    if as_json:
        print(json.dumps(listed.rows))
        return
    rows = Listing("finding", "kind", "state", "since", "accounts", "why")
    for row in listed.rows:
        accounts = "\n".join(account_name(account) for account in row["accounts"])
        why = Prose("\n".join(reason_sentences(row)))
        rows.add(row["finding"], row["kind"], row["state"], row["since"][:10], accounts, why)
    if rows:
        print_listing(rows)
    else:
        say(_no_findings(tenant, state, listed.states))


@app.command()
def show(context: typer.Context, tenant: Name, finding: Finding, as_json: AsJson = False) -> None:
    """Show one finding: its accounts side by side, why, and what to do."""
    row = duplicates.show(connect(context), tenant, finding)
    if as_json:
        print(json.dumps(row))
        return
    print_finding(tenant, row)


@app.command()
def dismiss(
    context: typer.Context,
    tenant: Name,
    finding: Annotated[str | None, typer.Argument(help="The finding's name.")] = None,
    reason: Annotated[str, typer.Option(help="The reason, which the finding keeps.")] = "",
    service_account: Annotated[
        str | None,
        typer.Option(help="Instead of a finding: a user, to be named by no finding."),
    ] = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Dismiss a finding: its accounts belong to different people. It is hidden until they change.

    With --service-account: mark a user as a service account, which no finding names.
    """
    operator = connect(context)
    if service_account is not None:
        user = find(operator, tenant, service_account).id
        if not dry_run:
            duplicates.mark_service_account(operator, tenant, user, reason)
        say_marked(user, as_json, dry_run, marked=True)
        return
    plan = duplicates.plan_dismissal(operator, tenant, _name(finding), reason)
    _change(operator, plan, dry_run, as_json)


@app.command(name="open")
def open_(
    context: typer.Context,
    tenant: Name,
    finding: Annotated[str | None, typer.Argument(help="The finding's name.")] = None,
    service_account: Annotated[
        str | None,
        typer.Option(help="Instead of a finding: a user who is a person after all."),
    ] = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Open a dismissed finding again, or remove the mark of a service account."""
    operator = connect(context)
    if service_account is not None:
        user = find(operator, tenant, service_account).id
        if not dry_run:
            duplicates.unmark_service_account(operator, tenant, user)
        say_marked(user, as_json, dry_run, marked=False)
        return
    plan = duplicates.plan_reopening(operator, tenant, _name(finding))
    _change(operator, plan, dry_run, as_json)


@app.command()
def flagged(
    context: typer.Context,
    tenant: Name,
    kind: Annotated[
        str, typer.Option(help="duplicate, recreated, unmanaged, possible or service.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """List the flagged users, by the kind of the flag."""
    users = duplicates.flagged_users(connect(context), tenant, kind)
    if as_json:
        content = [
            {
                "kind": flagged.kind,
                "user": flagged.user,
                "userName": flagged.user_name,
                "finding": flagged.finding,
            }
            for flagged in users
        ]
        print(json.dumps(content))
        return
    rows = Listing("kind", "user", "userName", "finding")
    for flagged in users:
        rows.add(flagged.kind, flagged.user, flagged.user_name or "", flagged.finding or "")
    if rows:
        print_listing(rows)
    else:
        say(f"Nobody in {tenant} is flagged.")


def _no_findings(tenant: str, state: CaseFilter, states: Counter[CaseState]) -> str:
    """Return the sentence for an empty list, which names findings in other states."""
    if not states:
        return f"Nothing of that kind is known of {tenant}."
    counts = [
        f"{number} {'is' if number == 1 else 'are'} {other}" for other, number in states.items()
    ]
    option = f"--state {next(iter(states))}" if len(states) == 1 else "--state all"
    return f"Nothing of that kind is {state} in {tenant}; {', '.join(counts)}: {option} lists them."


def _name(finding: str | None) -> str:
    if not finding:
        raise UsageError("name a finding, or a --service-account")
    return finding


def _change(operator: Operator, plan: CaseChange, dry_run: bool, as_json: bool) -> None:
    changed = plan if dry_run else duplicates.change(operator, plan)
    before, after = changed.before.value, changed.after.value
    if as_json:
        states = {"finding": changed.finding, "before": before, "after": after}
        print(json.dumps({**states, "dryRun": dry_run}))
        return
    print_finding(changed.tenant, changed.row)
    say(
        f"{'Would be' if dry_run else 'Is'} {after} now, was {before}."
        " The identity provider notices nothing of it."
    )
