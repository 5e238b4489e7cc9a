"""`rollcall duplicates`: people with several accounts, and accounts that nobody looks after."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

import typer

from rollcall.cli.connection import target
from rollcall.cli.duplicate_report_command import opened, run, save
from rollcall.cli.finding_view import named, print_finding, say_marked
from rollcall.cli.listing import Listing
from rollcall.cli.terminal import AsJson, DryRun, Name, UsageError, operator, print_listing, say
from rollcall.cli.text import Prose
from rollcall.operations.operator import Operator
from rollcall.reconcile.duplicates import finding_rows, reasons
from rollcall.reconcile.duplicates.case_store import Case, CaseState, CaseStore, OperatorNote
from rollcall.reconcile.duplicates.duplicate_finding import FindingKind
from rollcall.reconcile.duplicates.finding_rows import FindingRow
from rollcall.scim.instant import instant
from rollcall.scim.resource_type import Kind as Type
from rollcall.storage.findings import SERVICE
from rollcall.storage.resources import Resources

app = typer.Typer(
    no_args_is_help=True,
    help="""Find people with several accounts, and accounts that nobody looks after.

    A finding is some accounts and why they are taken for one person's. Kinds: `duplicate` (same
    address, address of one is the userName of another, alias, same employee number), `recreated`
    (the identity provider deleted a person and created the person again), `unmanaged` (inactive
    for long without a DELETE), `possible` (the same name only, or a value that many share).

    A deployment looks every day; `run` looks now. `dismiss` keeps a finding quiet until its
    accounts change, or marks an account as a service account that no finding names.""",
)

app.command()(run)
app.command()(save)

Finding = Annotated[str, typer.Argument(help="The finding's name, of `duplicates list`.")]


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
    state: Annotated[CaseFilter, typer.Option(help="What became of them.")] = CaseFilter.OPEN,
    kind: Annotated[
        list[FindingKind] | None,
        typer.Option(help="Only these kinds; repeatable.", show_default=False),
    ] = None,
    user: Annotated[
        str | None, typer.Option(help="Only those that name this user: an id or a userName.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List what the runs found, the worst first; weak hints last."""
    chosen = target(context)
    book = opened(chosen, tenant)
    wanted = _user(chosen, tenant, user) if user else None
    kinds = list(kind or FindingKind)
    of_kind = [
        case
        for case in book.all()
        if case.kind in kinds and (wanted is None or wanted in case.finding.accounts)
    ]
    cases = sorted(
        (case for case in of_kind if state is CaseFilter.ALL or case.state.value == state.value),
        key=lambda case: (list(FindingKind).index(case.kind), case.first, case.id),
    )
    found = list(finding_rows.rows(cases, book.accounts))
    if as_json:
        print(json.dumps(found))
        return
    rows = Listing("finding", "kind", "state", "since", "accounts", "why")
    for each in found:
        accounts = [named(account) for account in each["accounts"]]
        why = Prose("\n".join(reasons.reason_sentences(each)))
        since = each["since"][:10]
        rows.add(each["finding"], each["kind"], each["state"], since, "\n".join(accounts), why)
    if rows:
        print_listing(rows)
    else:
        say(_nothing(tenant, state, of_kind))


@app.command()
def show(context: typer.Context, tenant: Name, finding: Finding, as_json: AsJson = False) -> None:
    """Show one finding: its accounts side by side, why, and what to do."""
    book = opened(target(context), tenant)
    case = book.read(finding)
    if case is None:
        raise UsageError(f"there is no finding {finding} in {tenant}")
    row = _row(book, case)
    if as_json:
        print(json.dumps(row))
        return
    print_finding(tenant, row)


@app.command()
def dismiss(
    context: typer.Context,
    tenant: Name,
    finding: Annotated[str | None, typer.Argument(help="The finding's name.")] = None,
    reason: Annotated[str, typer.Option(help="Why, for those who look later.")] = "",
    service_account: Annotated[
        str | None,
        typer.Option(help="Instead of a finding: a user whom no finding is to name."),
    ] = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Say that the accounts of a finding are different people's; quiet until they change.

    With --service-account: that a user is no person, and never to be named.
    """
    chosen = target(context)
    book = opened(chosen, tenant)
    note = _note(reason)
    if service_account is not None:
        user = _user(chosen, tenant, service_account)
        if not dry_run:
            book.mark_service_account(user, note)
        say_marked(user, as_json, dry_run, marked=True)
        return
    if not finding:
        raise UsageError("name a finding, or a --service-account")
    _change(book, tenant, finding, CaseState.DISMISSED, note, dry_run, as_json)


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
    """Take a dismissal back."""
    chosen = target(context)
    book = opened(chosen, tenant)
    if service_account is not None:
        user = _user(chosen, tenant, service_account)
        if not dry_run:
            book.unmark_service_account(user, _note())
        say_marked(user, as_json, dry_run, marked=False)
        return
    if not finding:
        raise UsageError("name a finding, or a --service-account")
    _change(book, tenant, finding, CaseState.OPEN, _note(), dry_run, as_json)


@app.command()
def flagged(
    context: typer.Context,
    tenant: Name,
    kind: Annotated[
        str, typer.Option(help="duplicate, recreated, unmanaged, possible or service.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """List the users that are flagged, by what they are flagged as."""
    chosen = target(context)
    book = opened(chosen, tenant)
    if kind and kind not in (*FindingKind, SERVICE):
        raise UsageError(f"{kind!r} is no kind: {', '.join(FindingKind)} or {SERVICE}")
    flags = list(book.findings.flags(kind))
    known = book.accounts.read(user for _, user, _ in flags)
    found = [
        {
            "kind": of,
            "user": user,
            "userName": known[user].user_name if user in known else None,
            "finding": flag if flag != of else None,
        }
        for of, user, flag in flags
    ]
    if as_json:
        print(json.dumps(found))
        return
    rows = Listing("kind", "user", "userName", "finding")
    for each in found:
        rows.add(*(each[name] or "" for name in ("kind", "user", "userName", "finding")))
    if rows:
        print_listing(rows)
    else:
        say(f"Nobody in {tenant} is flagged.")


def _nothing(tenant: str, state: CaseFilter, others: list[Case]) -> str:
    """Return what is said where nothing is listed: findings in other states are named."""
    states = Counter(case.state for case in others)
    if not states:
        return f"Nothing of that kind is known of {tenant}."
    counted = [f"{number} {'is' if number == 1 else 'are'} {of}" for of, number in states.items()]
    named = " ".join(f"--state {each}" for each in states) if len(states) == 1 else "--state all"
    return f"Nothing of that kind is {state} in {tenant}; {', '.join(counted)}: {named} lists them."


def _user(chosen: Operator, tenant: str, named: str) -> str:
    """Return the id of a user who is named by id, merged id or userName. Raises UsageError."""
    record = Resources(chosen.services.table, tenant).resolve(Type.USER, named)
    if record is None:
        raise UsageError(f"there is no user {named} in {tenant}")
    return record.id


def _note(reason: str = "") -> OperatorNote:
    now = instant(datetime.now(UTC))
    return OperatorNote(operator(), now, reason)


def _row(book: CaseStore, case: Case) -> FindingRow:
    (row,) = finding_rows.rows([case], book.accounts)
    return row


def _change(
    book: CaseStore,
    tenant: str,
    finding: str,
    state: CaseState,
    note: OperatorNote,
    dry_run: bool,
    as_json: bool,
) -> None:
    before = book.read(finding)
    if before is None or before.state is CaseState.RESOLVED:
        raise UsageError(f"there is no open or dismissed finding {finding} in {tenant}")
    if dry_run:
        after = replace(before, state=state, note=note if state is CaseState.DISMISSED else None)
    elif state is CaseState.DISMISSED:
        after = book.dismiss(finding, note)
    else:
        after = book.reopen(finding, note)
    if as_json:
        states = {"finding": finding, "before": before.state.value, "after": after.state.value}
        print(json.dumps({**states, "dryRun": dry_run}))
        return
    print_finding(tenant, _row(book, after))
    say(
        f"{'Would be' if dry_run else 'Is'} {after.state.value} now, was {before.state.value}."
        " The identity provider notices nothing of it."
    )
