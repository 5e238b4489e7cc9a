"""`rollcall brake list`, `release`, `refuse`, `set`: deletions of clients that wait."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from rollcall.cli.confirmation import Reason, confirm
from rollcall.cli.connection import connect
from rollcall.cli.listing import Listing
from rollcall.cli.terminal import (
    AsJson,
    DryRun,
    Name,
    UsageError,
    Yes,
    follow,
    print_listing,
    say,
)
from rollcall.operations import held_deletions
from rollcall.operations.held_deletions import HeldAccount, HeldOutcome, HeldResult
from rollcall.operations.operator import Operator

Ids = Annotated[
    list[str] | None,
    typer.Argument(metavar="[ID]...", help="The accounts by their ids.", show_default=False),
]
Wave = Annotated[
    int | None,
    typer.Option(min=1, help="All that were deleted in this wave.", show_default=False),
]
All = Annotated[bool, typer.Option("--all", help="All accounts whose deletion waits.")]


def list_held(context: typer.Context, tenant: Name, as_json: AsJson = False) -> None:
    """List the accounts that clients have deleted and that are not purged yet."""
    view = held_deletions.view(connect(context), tenant)
    if as_json:
        accounts = [
            {**_plain(each), "nameTakenBy": view.holders.get(each.id)} for each in view.accounts
        ]
        print(
            json.dumps(
                {
                    "tenant": tenant,
                    "graceDays": view.grace,
                    "stopped": view.stopped or None,
                    "accounts": accounts,
                }
            )
        )
        return
    say(stop_sentence(tenant, view.stopped) if view.stopped else f"{_grace(tenant, view.grace)}.")
    if not view.accounts:
        say("No deletion waits.")
        return
    rows = Listing("userName", "deleted", "purged after", "groups", "name taken by", "id")
    for each in view.accounts:
        due = "a decision" if view.stopped and each.deleted <= view.stopped else each.due
        holder = view.holders.get(each.id, "")
        rows.add(each.user_name, each.deleted, due, str(len(each.groups)), holder, each.id)
    print_listing(rows)


def release(
    context: typer.Context,
    tenant: Name,
    ids: Ids = None,
    wave: Wave = None,
    every: All = False,
    dry_run: DryRun = False,
    yes: Yes = False,
    reason: Reason = "",
    as_json: AsJson = False,
) -> None:
    """Purge accounts now, which nothing brings back.

    Name ids, a wave, or --all. The command can be stopped and repeated.
    """
    operator = connect(context)
    accounts = _selected(operator, tenant, ids, wave, every=every)
    if not dry_run and accounts:
        question = f"Purge {_number(accounts)} of {tenant} for good?"
        operator = confirm(operator, question, yes=yes, reason=reason)
    act = held_deletions.release(operator, tenant, accounts, dry_run=dry_run)
    _print(tenant, follow(act, "Purging accounts"), dry_run=dry_run, as_json=as_json)


def refuse(
    context: typer.Context,
    tenant: Name,
    ids: Ids = None,
    wave: Wave = None,
    every: All = False,
    user_name: Annotated[
        str, typer.Option(help="Another userName, for one account.", show_default=False)
    ] = "",
    dry_run: DryRun = False,
    yes: Yes = False,
    reason: Reason = "",
    as_json: AsJson = False,
) -> None:
    """Bring accounts back, disabled and local, into the groups that still exist.

    Name ids, a wave, or --all. The link policy decides about the next write of the identity
    provider, which has to have the person in its scope again. The command can be stopped and
    repeated.
    """
    operator = connect(context)
    accounts = _selected(operator, tenant, ids, wave, every=every)
    if not dry_run and accounts:
        question = f"Bring {_number(accounts)} of {tenant} back?"
        operator = confirm(operator, question, yes=yes, reason=reason)
    act = held_deletions.refuse(operator, tenant, accounts, user_name, dry_run=dry_run)
    _print(tenant, follow(act, "Bringing accounts back"), dry_run=dry_run, as_json=as_json)


def set_grace(
    context: typer.Context,
    tenant: Name,
    grace: Annotated[
        int, typer.Option(help="How many days deletions wait, 0 for not at all.", min=0)
    ],
) -> None:
    """Set how many days the deletions of clients wait, from then on.

    A change takes effect everywhere within a minute. What waits already is purged when it was to
    be purged.
    """
    held_deletions.set_grace(connect(context), tenant, grace)
    say(f"{_grace(tenant, grace)}.")


def stop_sentence(tenant: str, since: str) -> str:
    """Return the sentence about purging that is stopped."""
    return (
        f"Purging is stopped since {since}, because more than 20 % of the accounts of {tenant} "
        f"were deleted. Nothing is lost: `rollcall brake refuse {tenant} --all` brings the "
        f"accounts back, `rollcall brake release {tenant} --all` lets them go."
    )


def _selected(
    operator: Operator, tenant: str, ids: list[str] | None, wave: int | None, *, every: bool
) -> list[HeldAccount]:
    if sum((bool(ids), wave is not None, every)) != 1:
        raise UsageError("say which accounts: ids, --wave N or --all")
    return held_deletions.select(operator, tenant, ids or [], wave, every=every)


def _print(tenant: str, results: list[HeldResult], *, dry_run: bool, as_json: bool) -> None:
    if as_json:
        accounts = [
            {
                **_plain(each.held),
                "outcome": each.outcome.name.lower(),
                "nameTakenBy": each.holder or None,
            }
            for each in results
        ]
        print(json.dumps({"tenant": tenant, "dryRun": dry_run, "accounts": accounts}))
        return
    for outcome in HeldOutcome:
        if number := sum(1 for each in results if each.outcome is outcome):
            say(f"{number:,} {'would be ' if dry_run else ''}{outcome.value}.")
    for each in results:
        if each.outcome is HeldOutcome.NAME_TAKEN:
            say(_conflict(tenant, each))
    if not results:
        say("No deletion waits.")


def _conflict(tenant: str, result: HeldResult) -> str:
    held = result.held
    return (
        f"{held.user_name} is the name of {result.holder} by now. To bring {held.id} back under "
        f"another name: `rollcall brake refuse {tenant} {held.id} --user-name NAME`; where both "
        f"are one person, merge them then: `rollcall accounts merge {tenant} --keep {held.id} "
        f"--remove {result.holder}`. To let it go: `rollcall brake release {tenant} {held.id}`."
    )


def _plain(held: HeldAccount) -> dict[str, object]:
    return {
        "id": held.id,
        "userName": held.user_name,
        "deleted": held.deleted,
        "due": held.due,
        "groups": list(held.groups),
    }


def _number(accounts: list[HeldAccount]) -> str:
    return f"{len(accounts):,} account{'s' * (len(accounts) != 1)}"


def _grace(tenant: str, days: int) -> str:
    if not days:
        return f"Deletions of the clients of {tenant} do not wait"
    return f"Deletions of the clients of {tenant} wait {days} day{'s' * (days != 1)}"
