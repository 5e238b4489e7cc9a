"""`rollcall log`: the requests of the identity provider, their answers, and acts of operators."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.text import Text

from rollcall.cli.connection import connect
from rollcall.cli.durations import moment
from rollcall.cli.terminal import AsJson, UsageError, print_lines, say
from rollcall.cli.text import harmless
from rollcall.operations import log_reader
from rollcall.operations.log_reader import DeploymentEntry, LogEntry
from rollcall.operations.operator import Operator

_EXTENSION = re.compile(r"urn:ietf:params:scim:schemas:extension:(\w+):[\d.]+:\w+:")


def log(
    context: typer.Context,
    tenant: Annotated[
        str,
        typer.Argument(
            metavar="[TENANT]", help="The tenant whose log is shown.", show_default=False
        ),
    ] = "",
    since: Annotated[
        str,
        typer.Option(help="The first moment: 30m, 24h or 14d ago, a day, or an RFC 3339 instant."),
    ] = "24h",
    user: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="Only entries about this userName, displayName, externalId or id.",
            show_default=False,
        ),
    ] = "",
    status: Annotated[
        str, typer.Option(help="Only responses with this status: 409, or 4xx.", show_default=False)
    ] = "",
    follow: Annotated[
        bool, typer.Option("--follow", help="Show new entries too, until Ctrl-C.")
    ] = False,
    deployment: Annotated[
        bool,
        typer.Option("--deployment", help="Show the log of the deployment instead of a tenant's."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show the provisioning log: writes, refusals, and lookups that found nothing.

    An entry names attributes and never holds their values. The userName or externalId of a request
    is stored as a keyed hash: --user finds it in any spelling, whether it was sent or looked up,
    which also shows why a duplicate was created. A change by an operator is logged under the last
    word of the command.

    With --deployment it shows what operators began to do to the deployment, or to a tenant that is
    gone with its log: tenants delete, events republish, oauth rotate-signing-key, and restore of
    the whole table. These entries are kept for a year: add --since 365d.

    With --json every line is an entry.
    """
    if bool(tenant) == deployment:
        raise UsageError("name a tenant, or --deployment")
    if deployment and (user or status or follow):
        raise UsageError("--user, --status and --follow are for the log of a tenant")
    operator, since_moment = connect(context), moment(since, datetime.now(UTC))
    if deployment:
        _show_acts(operator, since_moment, as_json=as_json)
        return
    query = log_reader.query(operator, tenant, since_moment, name=user, status=_status(status))
    number = 0
    with suppress(KeyboardInterrupt):
        for entry in log_reader.entries(operator, query, follow=follow):
            number += 1
            if as_json:
                print(json.dumps(_plain(entry)), flush=True)
            else:
                _print(entry)
    if not number and not as_json:
        say(f"There is nothing of that in the log of {tenant} since {query.since:%Y-%m-%d %H:%M}Z.")


def _show_acts(operator: Operator, since: datetime, *, as_json: bool) -> None:
    acts = list(log_reader.acts(operator, since))
    for act in acts:
        if as_json:
            print(json.dumps(_plain(act)))
        else:
            line = Text.assemble(
                (f"{act.time[:10]} {act.time[11:19]}", "dim"),
                harmless(f"  {act.act} {act.target}".rstrip()),
                (f"  {harmless(act.actor)}", "dim"),
                (f", user {harmless(act.user)}" if act.user else "", "dim"),
            )
            print_lines(line)
            if act.reason:
                say(f"    because: {act.reason}")
    if not acts and not as_json:
        say(f"There is nothing in the log of the deployment since {since:%Y-%m-%d %H:%M}Z.")


def _print(entry: LogEntry) -> None:
    """Print an entry for people: one line, and further lines for details."""
    color = "red" if entry.status >= 500 else "yellow" if entry.status >= 400 else "green"
    target = entry.target.replace("/", " ") or entry.path
    duration = f"{entry.ms} ms  " if entry.ms else ""
    line = Text.assemble(
        (f"{entry.time[:10]} {entry.time[11:19]}", "dim"),
        (f"  {entry.status}", color),
        harmless(f"  {entry.method:6} {target}"),
        (f"  {duration}{entry.actor}", "dim"),
        (f", user {harmless(entry.user)}" if entry.user else "", "dim"),
    )
    print_lines(line)
    details = [
        " ".join(filter(None, (entry.scim_type, entry.detail))),
        f"because: {entry.reason}" if entry.reason else "",
        f"changed {', '.join(map(_short, entry.changed))}" if entry.changed else "",
        f"ignored {', '.join(map(_short, entry.ignored))}" if entry.ignored else "",
        "matched nothing" if entry.method == "GET" and entry.status == 200 else "",
    ]
    for sentence in filter(None, details):
        say(f"    {sentence}")


def _short(name: str) -> str:
    return _EXTENSION.sub(r"\1:", name)


def _plain(entry: LogEntry | DeploymentEntry) -> dict[str, Any]:
    return {name: value for name, value in asdict(entry).items() if value not in ("", (), [])}


def _status(status: str) -> str:
    """Return the digits of a status such as 409 or 4xx. Raises UsageError."""
    digits = status.lower().rstrip("x")
    if status and not (len(status) == 3 and digits.isdecimal()):
        raise UsageError(f"{status!r} is no status: write 409, or 4xx")
    return digits
