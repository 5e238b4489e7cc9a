"""`rollcall accounts`: list, show and protect accounts; its other commands have own modules."""

from __future__ import annotations

import json
from itertools import islice
from typing import Annotated

import typer

from rollcall.cli.account_links_command import disable, enable, merge, relink, unlink
from rollcall.cli.connection import connect
from rollcall.cli.import_command import import_
from rollcall.cli.listing import Listing
from rollcall.cli.terminal import Account, AsJson, Name, print_lines, print_listing, say
from rollcall.operations import accounts
from rollcall.operations.accounts import AccountState

app = typer.Typer(
    no_args_is_help=True,
    help="""Manage the accounts of a tenant.

    An account is `local` until a write of the identity provider links it; then it is `linked`.
    A `protected` account cannot be changed, disabled or deleted by any client.""",
)


@app.command(name="list")
def list_(
    context: typer.Context,
    name: Name,
    state: Annotated[
        AccountState, typer.Option(help="List only accounts with this state.")
    ] = AccountState.ALL,
    limit: Annotated[int, typer.Option(min=1, help="How many accounts to list.")] = 1000,
    as_json: AsJson = False,
) -> None:
    """List accounts in the order of their creation."""
    records = list(islice(accounts.list_accounts(connect(context), name, state), limit + 1))
    listed, more = records[:limit], len(records) > limit
    if as_json:
        plain = [
            {"id": record.id, "userName": record.user_name, "active": record.active,
             "externalId": record.document.get("externalId"), **record.link.item}
            for record in listed
        ]  # fmt: skip
        print(json.dumps(plain))
        return
    rows = Listing("userName", "state", "active", "externalId", "id")
    for record in listed:
        external_id = record.document.get("externalId", "")
        active = "yes" if record.active else "no"
        rows.add(record.user_name, str(record.link), active, external_id, record.id)
    if not rows:
        say("There are no such accounts.")
        return
    print_listing(rows)
    if more:
        say(f"There are more than {limit:,}: --limit lists more.")


@app.command()
def show(context: typer.Context, name: Name, account: Account, as_json: AsJson = False) -> None:
    """Show an account, its link, and its groups."""
    shown = accounts.read(connect(context), name, account)
    record = shown.record
    if as_json:
        print(json.dumps({"link": record.link.item, **shown.resource}))
        return
    if account not in {record.id, record.user_name}:
        say(f"{account} means this account by now.")
    say(f"{record.user_name} is {record.link}")
    print_lines(json.dumps(shown.resource, indent=2, ensure_ascii=False))


@app.command()
def protect(context: typer.Context, name: Name, account: Account) -> None:
    """Forbid all clients to change, disable or delete an account; its groups may change.

    Such a request is answered with 400: it fails for this account alone, and the identity provider
    goes on with the others.
    """
    record = accounts.protect(connect(context), name, account)
    say(f"{record.user_name} is protected.")


@app.command()
def unprotect(context: typer.Context, name: Name, account: Account) -> None:
    """Allow clients to change an account again, within the tenant's link policy."""
    record = accounts.protect(connect(context), name, account, protected=False)
    say(f"{record.user_name} is not protected any more.")


app.command(name="import")(import_)
for command in (unlink, relink, disable, enable, merge):
    app.command()(command)
