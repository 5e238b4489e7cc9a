"""`rollcall accounts`: the accounts that are there, whose they are, and what mends them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from rollcall.cli.target import target
from rollcall.cli.terminal import AsJson, DryRun, Name, err, listing, operator, out
from rollcall.reconcile.conflicts.account import accounts
from rollcall.reconcile.intake import Draft, Intake, Tally, mapping, put_in
from rollcall.scim.errors import UniquenessException
from rollcall.scim.record import Record
from rollcall.scim.resources import Kind
from rollcall.storage.resources import Resources

app = typer.Typer(
    no_args_is_help=True,
    help="""Look after the accounts of a tenant.

    An account is `local` until a write of the identity provider links it; then it is `linked`.
    A `protected` account no client may change, disable or delete.""",
)

AT_ONCE = 8
"""How many accounts are put in side by side."""

MAX_SHOWN = 20

Account = Annotated[str, typer.Argument(help="The account: its id or its userName.")]


class Shown(StrEnum):
    """The states that `list` takes."""

    LOCAL = "local"
    LINKED = "linked"
    PROTECTED = "protected"
    ALL = "all"


@app.command(name="import")
def import_(
    context: typer.Context,
    name: Name,
    file: Annotated[Path, typer.Argument(help="A CSV, JSON Lines, or a JSON array of users.")],
    maps: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            help="COLUMN=PATH: what a column holds, as a path of SCIM; COLUMN= leaves it out. "
            "Repeatable.",
        ),
    ] = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Put in the accounts that the product has, as local ones.

    A column is a path of SCIM (`userName`, `name.givenName`, `emails[type eq "work"].value`,
    `urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber`) or one of the usual
    names (username, login, email, first name, last name, full name, employee number, department,
    job title, phone, mobile, enabled); `protected` says which accounts no client may change.
    Objects of JSON are users as in SCIM. `id`, `meta`, `groups` and `schemas` are left out.

    Accounts whose userName is taken are left as they are: an import that broke off is repeated.
    The exit code is 1 when lines were rejected.
    """
    chosen = target(context)
    chosen.services.tenants.show(name)
    opened = chosen.services.operating(name, operator())
    intake = Intake(file, mapping(maps or ()))

    def one(draft: Draft) -> bool:
        directory = opened()
        directory.trail.acts("import", str(draft.link))
        try:
            directory.users.create(draft.document, link=draft.link)
        except UniquenessException:
            return False
        return True

    resources = Resources(chosen.services.table, name)
    tally = Tally()
    with err.status("reading") as status, ThreadPoolExecutor(AT_ONCE) as pool:

        def create(drafts: Sequence[Draft]) -> int:
            return len(drafts) if dry_run else sum(pool.map(one, drafts))

        def taken(entries: Any) -> Any:
            return resources.taken(Kind.USER, entries)

        for tally in put_in(intake.drafts(), taken, create):
            status.update(f"{tally.created:,} put in, {tally.known:,} there already")
    if tally.created and not dry_run:
        said = f"{tally.created} accounts, {tally.known} there already"
        chosen.services.acts(name, operator()).tell("import", "", said)
    _print_import(name, intake, tally, dry_run=dry_run, as_json=as_json)
    raise typer.Exit(1 if intake.rejected else 0)


@app.command(name="list")
def list_(
    context: typer.Context,
    name: Name,
    state: Annotated[Shown, typer.Option(help="Whose they are.")] = Shown.ALL,
    limit: Annotated[int, typer.Option(min=1, help="How many to list.")] = 1000,
    as_json: AsJson = False,
) -> None:
    """List accounts in the order in which they were made."""
    chosen = target(context)
    chosen.services.tenants.show(name)
    every = accounts(Resources(chosen.services.table, name))
    wanted = (each for each in every if state is Shown.ALL or state.value in _states(each.link))
    found = list(islice(wanted, limit + 1))
    shown, more = found[:limit], len(found) > limit
    if as_json:
        rows = [
            {"id": each.id, "userName": each.user_name, "active": each.active,
             "externalId": each.document.get("externalId"), **each.link.item}
            for each in shown
        ]  # fmt: skip
        print(json.dumps(rows))
        return
    table = listing("userName", "state", "active", "externalId", "id")
    for each in shown:
        table.add_row(
            escape(each.user_name),
            str(each.link),
            "yes" if each.active else "no",
            escape(each.document.get("externalId", "")),
            each.id,
        )
    out.print(table if shown else "There are no such accounts.")
    if more:
        out.print(f"There are more than {limit:,}: --limit lists more.")


@app.command()
def show(context: typer.Context, name: Name, account: Account, as_json: AsJson = False) -> None:
    """Show an account, whose it is, and the groups that it is in."""
    chosen = target(context)
    chosen.services.tenants.show(name)
    directory = chosen.services.directory(name)
    record = directory.accounts.find(account)
    answer = directory.users.read(record.id)
    if as_json:
        print(json.dumps({"link": record.link.item, **answer.resource}))
        return
    if record.id != account and record.document["userName"] != account:
        out.print(f"{account} means this account by now.")
    out.print(f"{record.document['userName']} is {record.link}", markup=False)
    out.print_json(json.dumps(answer.resource))


@app.command()
def protect(context: typer.Context, name: Name, account: Account) -> None:
    """Let no client change, disable or delete an account; its groups may change.

    Such a request is answered with 400, which concerns this account alone, and never with what
    would stop the provisioning of the whole tenant.
    """
    record = _protect(context, name, account, protected=True)
    out.print(f"{record.document['userName']} is protected.", markup=False)


@app.command()
def unprotect(context: typer.Context, name: Name, account: Account) -> None:
    """Let clients change an account again, as the tenant's link policy has it."""
    record = _protect(context, name, account, protected=False)
    out.print(f"{record.document['userName']} is protected no more.", markup=False)


def _protect(context: typer.Context, name: str, account: str, *, protected: bool) -> Record:
    handled = target(context).services.operated(name, operator()).accounts
    plan = handled.protect(account, protected=protected)
    handled.carry_out(plan)
    return plan.after


def _print_import(name: str, intake: Intake, tally: Tally, *, dry_run: bool, as_json: bool) -> None:
    rejected = intake.rejected
    if as_json:
        lines = [{"line": line, "reason": reason} for line, reason in rejected]
        counts = {"created": tally.created, "known": tally.known}
        print(json.dumps({"tenant": name, "dryRun": dry_run, **counts, "rejected": lines}))
        return
    if rejected:
        table = listing("line", "rejected because")
        for line, reason in rejected[:MAX_SHOWN]:
            table.add_row(str(line), escape(reason))
        out.print(table)
        if len(rejected) > MAX_SHOWN:
            out.print(f"… and {len(rejected) - MAX_SHOWN:,} more: --json has them all.")
    made = "would be put in" if dry_run else "put in"
    out.print(
        f"{tally.created:,} accounts {made}, {tally.known:,} there already, "
        f"{len(rejected):,} lines rejected."
    )


def _states(link: Any) -> list[str]:
    return [link.state.value, *(["protected"] if link.protected else [])]
