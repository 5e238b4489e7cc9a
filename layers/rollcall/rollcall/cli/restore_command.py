"""`rollcall restore`: bring a tenant, or the whole table, back to an earlier time."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from rollcall.cli.confirmation import Reason, confirm_name
from rollcall.cli.connection import connect
from rollcall.cli.durations import moment
from rollcall.cli.terminal import AsJson, DryRun, UsageError, Yes, complain, follow, say
from rollcall.operations import table_restore, table_switch
from rollcall.operations.operator import Operator
from rollcall.operations.table_restore import WRITES_A_SECOND, Restoration, Restored, instant

SHOWN = 20
"""How many differences people see; --json prints all."""

Time = Annotated[
    str,
    typer.Option(
        "--at",
        help="The time, as 2026-11-27T09:30:00Z, or how long ago, as 3h.",
        show_default=False,
    ),
]


def restore(
    context: typer.Context,
    at: Time,
    tenant: Annotated[
        str, typer.Option(help="The tenant that is brought back.", show_default=False)
    ] = "",
    whole_table: Annotated[
        bool,
        typer.Option("--whole-table", help="Prepare a copy that takes the place of the table."),
    ] = False,
    reopen: Annotated[
        bool, typer.Option("--reopen", help="Open the tenants that --whole-table has closed.")
    ] = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
    yes: Yes = False,
    reason: Reason = "",
    writes: Annotated[
        int, typer.Option("--writes-per-second", min=1, max=1000, help="How fast it writes.")
    ] = WRITES_A_SECOND,
) -> None:
    """Bring a tenant back to an earlier time, but for whoever was shut out since.

    Its users, groups, memberships, access and templates go back.
    A copy of the whole table is made as it was then, by point-in-time recovery, which takes from
    minutes to hours; it is found again when the command is repeated. Then the difference between
    the copy and the table is shown, and the tenant is closed for clients, which get 503, until it
    is brought back. Whoever was deleted, disabled or erased since stays so, and access that an
    operator has revoked stays revoked. What came since then goes. Tokens, clients, hand-over links
    and the log stay as they are.

    When it is interrupted, the tenant stays closed: repeat the command with the same time.
    --dry-run makes the copy and shows the difference. docs/restore.md says what to do before and
    after, also in Entra ID. Exit code 1 means that something could not be restored.

    --whole-table closes all tenants, takes whoever was shut out since out of the copy, and says
    with which parameters the stack is deployed to use it; after that, --reopen opens the tenants.
    Before, --reopen --yes opens them on the old table, and the copy is given up.
    """
    if [bool(tenant), whole_table, reopen].count(True) != 1:
        raise UsageError("name one of --tenant, --whole-table and --reopen")
    if dry_run and not tenant:
        raise UsageError("--dry-run is for --tenant")
    operator = connect(context)
    shown = _Shown(as_json=as_json)
    how = Restoration(_time(at), shown, writes)
    if reopen:
        _reopen(operator, how, as_json=as_json, yes=yes)
    elif whole_table:
        _prepare(operator, how, shown, yes=yes, reason=reason)
    else:
        if not dry_run:
            sentence = f"{tenant} goes back to {instant(how.at)}. Type its name to do so"
            operator = confirm_name(operator, tenant, sentence, yes=yes, reason=reason)
        act = table_restore.restore(operator, tenant, how, dry_run=dry_run)
        _tell(follow(act, f"restoring {tenant}"), tenant, shown, dry_run=dry_run)


def _tell(result: Restored, tenant: str, shown: _Shown, *, dry_run: bool) -> None:
    if shown.as_json:
        end = {"type": "end", "tenant": tenant, "restored": not dry_run}
        print(json.dumps({**end, **_plain(result)}))
    else:
        shown.say_rest()
        _say(result, tenant, dry_run=dry_run)
    _check({tenant: result})


def _prepare(
    operator: Operator, how: Restoration, shown: _Shown, *, yes: bool, reason: str
) -> None:
    table = operator.services.settings.table
    sentence = f"All tenants are closed until {table} is replaced. Type its name to do so"
    operator = confirm_name(operator, table, sentence, yes=yes, reason=reason)
    prepared = follow(table_switch.prepare(operator, how), f"preparing a copy of {table}")
    parameters = {"TableName": prepared.name, "TableStreamArn": prepared.stream}
    if shown.as_json:
        tenants = {name: _plain(result) for name, result in prepared.tenants.items()}
        end = {"type": "end", "parameters": parameters, "tenants": tenants}
        print(json.dumps({**end, "unknown": prepared.unknown}))
    else:
        shown.say_rest()
        for name, result in prepared.tenants.items():
            again = [f"{number} {each}" for each, number in sorted(result.again.items())]
            say(f"{name}: {', '.join(again) or 'nobody'} since then, which holds on")
        say(f"{prepared.unknown:,} items of the copy were of tenants that are gone: deleted")
        say("Deploy the stack with these parameters, then run this command with --reopen:")
        for each, value in parameters.items():
            say(f"  {each}={value}")
    _check(prepared.tenants)


def _reopen(operator: Operator, how: Restoration, *, as_json: bool, yes: bool) -> None:
    if not yes and not table_switch.is_in_place(operator, how):
        table = operator.services.settings.table
        raise UsageError(
            f"the stack uses {table} still: deploy it with the copy first, or give the copy up and "
            f"open the tenants on {table} with --yes"
        )
    names = table_switch.reopen(operator, how)
    if as_json:
        print(json.dumps({"reopened": names}))
    else:
        say(f"Open again: {', '.join(names)}." if names else "No tenant was closed for that time.")


def _check(results: Mapping[str, Restored]) -> None:
    """End with exit code 1 where something is left."""
    for tenant, result in results.items():
        if result.failed:
            complain(f"{len(result.failed)} of {tenant} could not be restored: repeat the command")
    if any(each.failed or each.verification.remaining for each in results.values()):
        raise typer.Exit(1)


def _time(text: str) -> datetime:
    """Return a time, to the second: the copy is named by it."""
    now = datetime.now(UTC)
    at = moment(text, now).astimezone(UTC).replace(microsecond=0)
    if at > now:
        raise UsageError(f"{text} is not in the past")
    return at


class _Shown:
    """Prints differences: all for programs, the first ones for people."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json
        self._number = 0

    def __call__(self, difference: Mapping[str, Any]) -> None:
        self._number += 1
        if self.as_json:
            print(json.dumps(difference))
        elif self._number <= SHOWN:
            say(_line(difference))

    def say_rest(self) -> None:
        """Say how many differences were not printed."""
        if self._number > SHOWN:
            say(f"and {self._number - SHOWN:,} more, which --json prints")


def _line(difference: Mapping[str, Any]) -> str:
    name = f"{difference['type']} {difference['id']}"
    if "group" in difference:
        name = f"{name} of {difference['group']}"
    attributes = ", ".join(difference.get("attributes", ()))
    again = ", ".join(difference.get("again", ()))
    return "".join(
        [
            f"{name}: {difference['change']}",
            f" in {attributes}" if attributes else "",
            f"; {again} since, which holds on" if again else "",
        ]
    )


def _say(result: Restored, tenant: str, *, dry_run: bool) -> None:
    for difference, number in sorted(result.differences.items()):
        say(f"{number:>9,}  {difference}")
    for again, number in sorted(result.again.items()):
        say(f"{number:>9,}  {again} since then, which holds on")
    if not result.differences:
        say(f"{tenant} is in the table as it was then.")
    if not dry_run:
        for sentence in result.verification.repaired:
            say(f"mended: {sentence}")
        for sentence in (*result.failed, *result.verification.remaining):
            say(sentence)
        say(f"{tenant} is brought back. In Entra ID, restart its provisioning: docs/restore.md.")
    say(
        f"The copy {result.copy} holds everybody's data as of then, erased people included. When "
        f"you are done, delete it: `aws dynamodb delete-table --table-name {result.copy}`"
    )


def _plain(result: Restored) -> dict[str, Any]:
    return {
        "copy": result.copy,
        "differences": dict(result.differences),
        "again": dict(result.again),
        "failed": result.failed,
        "verification": {
            "faults": list(result.verification.remaining),
            "mended": list(result.verification.repaired),
        },
    }
