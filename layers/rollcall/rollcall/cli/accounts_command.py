"""`rollcall accounts`: the accounts that are there, whose they are, and what mends them."""

from __future__ import annotations

import json
from enum import StrEnum
from itertools import islice
from typing import Annotated, Any

import typer

from rollcall.cli.account_links_command import merge, relink, unlink
from rollcall.cli.connection import target
from rollcall.cli.import_command import import_
from rollcall.cli.listing import Listing
from rollcall.cli.terminal import Account, AsJson, Name, operator, print_lines, print_listing, say
from rollcall.model.record import Record
from rollcall.reconcile.conflicts.directory_account import read_accounts
from rollcall.storage.resources import Resources

app = typer.Typer(
    no_args_is_help=True,
    help="""Look after the accounts of a tenant.

    An account is `local` until a write of the identity provider links it; then it is `linked`.
    A `protected` account no client may change, disable or delete.""",
)


class AccountFilter(StrEnum):
    """The states that `list` takes."""

    LOCAL = "local"
    LINKED = "linked"
    PROTECTED = "protected"
    ALL = "all"


@app.command(name="list")
def list_(
    context: typer.Context,
    name: Name,
    state: Annotated[AccountFilter, typer.Option(help="Whose they are.")] = AccountFilter.ALL,
    limit: Annotated[int, typer.Option(min=1, help="How many to list.")] = 1000,
    as_json: AsJson = False,
) -> None:
    """List accounts in the order in which they were made."""
    chosen = target(context)
    chosen.services.tenants.show(name)
    every = read_accounts(Resources(chosen.services.table, name))
    wanted = (
        each for each in every if state is AccountFilter.ALL or state.value in _states(each.link)
    )
    found = list(islice(wanted, limit + 1))
    shown, more = found[:limit], len(found) > limit
    if as_json:
        plain = [
            {"id": each.id, "userName": each.user_name, "active": each.active,
             "externalId": each.document.get("externalId"), **each.link.item}
            for each in shown
        ]  # fmt: skip
        print(json.dumps(plain))
        return
    rows = Listing("userName", "state", "active", "externalId", "id")
    for each in shown:
        external_id = each.document.get("externalId", "")
        active = "yes" if each.active else "no"
        rows.add(each.user_name, str(each.link), active, external_id, each.id)
    if not rows:
        say("There are no such accounts.")
        return
    print_listing(rows)
    if more:
        say(f"There are more than {limit:,}: --limit lists more.")


@app.command()
def show(context: typer.Context, name: Name, account: Account, as_json: AsJson = False) -> None:
    """Show an account, whose it is, and the groups that it is in."""
    chosen = target(context)
    chosen.services.tenants.show(name)
    directory = chosen.services.directory(name, chosen.tenant_url(name))
    record = directory.accounts.find(account)
    answer = directory.users.read(record.id)
    if as_json:
        print(json.dumps({"link": record.link.item, **answer.resource}))
        return
    if record.id != account and record.document["userName"] != account:
        say(f"{account} means this account by now.")
    say(f"{record.document['userName']} is {record.link}")
    print_lines(json.dumps(answer.resource, indent=2, ensure_ascii=False))


@app.command()
def protect(context: typer.Context, name: Name, account: Account) -> None:
    """Let no client change, disable or delete an account; its groups may change.

    Such a request is answered with 400, which concerns this account alone, and never with what
    would stop the provisioning of the whole tenant.
    """
    record = _protect(context, name, account, protected=True)
    say(f"{record.document['userName']} is protected.")


@app.command()
def unprotect(context: typer.Context, name: Name, account: Account) -> None:
    """Let clients change an account again, as the tenant's link policy has it."""
    record = _protect(context, name, account, protected=False)
    say(f"{record.document['userName']} is protected no more.")


def _protect(context: typer.Context, name: str, account: str, *, protected: bool) -> Record:
    handled = target(context).services.operated(name, operator()).accounts
    plan = handled.protect(account, protected=protected)
    handled.carry_out(plan)
    return plan.after


def _states(link: Any) -> list[str]:
    return [link.state.value, *(["protected"] if link.protected else [])]


app.command(name="import")(import_)
for command in (unlink, relink, merge):
    app.command()(command)
