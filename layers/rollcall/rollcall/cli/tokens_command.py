"""`rollcall tokens`: issue, replace, list and revoke the secret tokens of a tenant."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer
from rich.text import Text

from rollcall.cli.confirmation import Reason, confirm, give_reason
from rollcall.cli.connection import connect
from rollcall.cli.durations import duration, duration_text
from rollcall.cli.listing import Listing
from rollcall.cli.terminal import (
    AsJson,
    DryRun,
    Name,
    Yes,
    last_day,
    last_use,
    print_lines,
    print_listing,
    say,
)
from rollcall.cli.text import Cell
from rollcall.operations import tokens
from rollcall.operations.operator import Operator
from rollcall.operations.tokens import SOON, TOKEN_DAYS, IssuedToken, Scope, Token, TokenUse

app = typer.Typer(
    no_args_is_help=True,
    help="The secret tokens of a tenant: several may be live at once, so that a token can be "
    "replaced without an outage. A token is shown once, when it is issued, and not stored.\n\n"
    "A new token works at once, a revoked one is refused everywhere within a minute.",
)


Days = Annotated[int, typer.Option(help="After how many days the new token expires.")]
TokenId = Annotated[
    str, typer.Argument(metavar="TOKEN", help="The token's id, as `list` shows it.")
]


@app.command()
def issue(
    context: typer.Context,
    tenant: Name,
    label: Annotated[str, typer.Option(help="The token's purpose, which `list` shows.")] = "issued",
    scope: Annotated[
        Scope, typer.Option(help="A read-only token reads and searches, and changes nothing.")
    ] = Scope.READ_WRITE,
    days: Days = TOKEN_DAYS,
    as_json: AsJson = False,
) -> None:
    """Issue another token, and print it once; the existing tokens continue to work."""
    operator = connect(context)
    _print_issued(operator, tenant, tokens.issue(operator, tenant, label, days, scope), as_json)


@app.command()
def rotate(
    context: typer.Context,
    tenant: Name,
    token: Annotated[
        str | None,
        typer.Argument(
            help="The id of the token to replace; not needed when there is only one.",
            show_default=False,
        ),
    ] = None,
    overlap: Annotated[
        timedelta,
        typer.Option(
            parser=duration,
            metavar="DURATION",
            help="How long the old token works beside the new one: 30m, 24h, 14d; 0 for a token "
            "that leaked.",
        ),
    ] = "24h",  # type: ignore[assignment]  # read by the parser
    days: Days = TOKEN_DAYS,
    as_json: AsJson = False,
) -> None:
    """Replace a token by a new one of the same label and scope, and print the new one once.

    Both work until the overlap is over; enter the new one in the identity provider by then.
    """
    operator = connect(context)
    issued = tokens.rotate(operator, tenant, token, overlap, days)
    _print_issued(operator, tenant, issued, as_json)
    if not as_json and issued.replaced is not None:
        old = issued.replaced
        if overlap:
            say(f"The old token {old.id} works for {duration_text(overlap)}, until {old.expires}.")
        else:
            say(f"The old token {old.id} is revoked: within a minute it is refused.")


@app.command()
def revoke(
    context: typer.Context, tenant: Name, token: TokenId, yes: Yes = False, reason: Reason = ""
) -> None:
    """Revoke a token: within a minute, requests with it are answered with 401."""
    operator = connect(context)
    used = tokens.show(operator, tenant, token)
    label, use = used.token.label, used.use
    question = f"Revoke {token} ({label}), {last_use(use)}?"
    operator = confirm(operator, question, yes=yes, reason=reason)
    tokens.revoke(operator, tenant, token)
    say(f"{token} ({label}) is revoked: within a minute it is refused everywhere.")


@app.command()
def retire(
    context: typer.Context,
    tenant: Name,
    force: Annotated[
        bool, typer.Option("--force", help="Retire tokens that are in use, or all that works.")
    ] = False,
    dry_run: DryRun = False,
    reason: Reason = "",
) -> None:
    """Revoke all bearer tokens of a tenant that signs in by OAuth clients instead.

    Refused while one of the tokens was used today or yesterday (UTC), and while no OAuth client was
    ever used; --force takes a --reason. Within a minute, requests with the tokens are answered with
    401.
    """
    operator = connect(context)
    if reason or (force and not dry_run):
        operator = give_reason(operator, reason, ask=False)
    if dry_run:
        planned = tokens.plan_retirement(operator, tenant)
    else:
        planned = tokens.retire(operator, tenant, force=force)
    if not planned.tokens:
        say(f"{tenant} has no live tokens: there is nothing to retire.")
        return
    for used in planned.tokens:
        done = "would be revoked" if dry_run else "is revoked"
        say(f"{used.token.id} ({used.token.label}), {last_use(used.use)}, {done}.")
    for client, use in planned.clients:
        say(f"The client {client.id} ({client.label}), {last_use(use)}, goes on working.")
    if dry_run and planned.objections:
        say(f"Refused without --force: {'; '.join(planned.objections)}.")


@app.command(name="list")
def list_(context: typer.Context, tenant: Name, as_json: AsJson = False) -> None:
    """List the live tokens by id and label, with their expiry and their last use."""
    live = tokens.list_live(connect(context), tenant)
    if as_json:
        print(json.dumps([_summary(used.token, used.use) for used in live]))
        return
    if not live:
        say(f"{tenant} has no live tokens: `rollcall handover {tenant}`")
        return
    now = datetime.now(UTC)
    rows = Listing("token", "label", "scope", "created", "expires", "last used", "")
    for used in live:
        token = used.token
        rows.add(
            token.id,
            token.label,
            token.scope,
            token.created[:10],
            token.expires[:10],
            last_day(used.use),
            _remark(token, now),
        )
    print_listing(rows)


def _remark(token: Token, now: datetime) -> Cell:
    remaining = datetime.fromisoformat(token.expires) - now
    if token.successor:
        hours = timedelta(hours=max(1, remaining // timedelta(hours=1)))
        return f"replaced by {token.successor}, ends in {duration_text(hours)}"
    if remaining < SOON:
        return Text(
            f"expires in {duration_text(timedelta(days=max(1, remaining.days)))}, rotate it",
            "yellow",
        )
    return ""


def _summary(token: Token, use: TokenUse | None) -> dict[str, Any]:
    content = {name: value for name, value in asdict(token).items() if name != "digest"}
    used = {"firstUsed": use.first, "lastUsed": use.last} if use else {}
    return {**content, **used}


def _print_issued(operator: Operator, tenant: str, issued: IssuedToken, as_json: bool) -> None:
    url, token = operator.tenant_url(tenant), issued.token
    if as_json:
        replaced = {} if issued.replaced is None else {"replaced": _summary(issued.replaced, None)}
        secret = {"tenant": tenant, "url": url, "token": issued.plain, **replaced}
        about = {"id": token.id, "scope": token.scope, "expires": token.expires}
        print(json.dumps({**secret, **about}))
        return
    print_lines(f"  Tenant URL    {url}")
    print_lines(f"  Secret Token  {issued.plain}")
    say(f"Token {token.id} ({token.label}, {token.scope}) expires {token.expires[:10]}.")
    say("It is not kept and cannot be shown again.")
