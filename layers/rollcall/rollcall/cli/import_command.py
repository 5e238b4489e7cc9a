"""`rollcall accounts import`: the accounts of a product, put in from a file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence, Sized
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated, Any

import typer
from scim2_models import Context as Shape

from rollcall.cli.connection import target
from rollcall.cli.listing import Listing
from rollcall.cli.terminal import (
    AsJson,
    DryRun,
    Encoding,
    Name,
    complain,
    err,
    operator,
    print_listing,
    say,
)
from rollcall.cli.text import Prose
from rollcall.directory.directory import Directory
from rollcall.operations.operator import Operator
from rollcall.reconcile.account_import import (
    AccountDraft,
    AccountImport,
    ImportCounts,
    mapping,
    put_in,
)
from rollcall.scim import body
from rollcall.scim.errors import SCIMException, UniquenessException
from rollcall.scim.resource_type import Kind
from rollcall.storage.resources import Resources

AT_ONCE = 8
"""How many accounts are put in side by side."""

MAX_SHOWN = 20


def import_(
    context: typer.Context,
    name: Name,
    file: Annotated[
        Path,
        typer.Argument(help="A CSV, JSON Lines, or JSON of users; - for standard input."),
    ],
    maps: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            help="COLUMN=PATH: what a column holds, as a path of SCIM; COLUMN= leaves it out. "
            "Repeatable.",
        ),
    ] = None,
    encoding: Encoding = "",
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Put in the accounts that the product has, as local ones.

    A column is a path of SCIM (`userName`, `name.givenName`, `emails[type eq "work"].value`,
    `urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber`) or one of the usual
    names (username, login, email, first name, last name, full name, employee number, department,
    job title, phone, mobile, enabled); `protected` says which accounts no client may change.
    Objects of JSON are users as in SCIM. `id`, `meta`, `groups` and `schemas` are left out.

    Nothing is put in of a file that cannot be read to its end: a quotation mark that is missing
    would lose people. Every line is put in, there already, or rejected; the exit code is 1 when
    lines were rejected, or when the file is one page of several. Accounts whose userName is taken
    are left as they are: an import that broke off is repeated.
    """
    chosen = target(context)
    chosen.services.tenants.show(name)
    contexts = chosen.services.contexts(name, operator())
    resources = Resources(chosen.services.table, name)
    intake = AccountImport(file, mapping(maps or ()), encoding)
    made: list[int] = []

    def put(draft: AccountDraft) -> None:
        directory = Directory(contexts())
        directory.context.log.describe("import", str(draft.link))
        directory.users.create(draft.document, link=draft.link)
        made.append(draft.where)

    def one(draft: AccountDraft) -> bool:
        try:
            _check(draft) if dry_run else put(draft)
        except UniquenessException:
            return False
        except SCIMException as error:
            if error.status >= 500 or error.status == 429:
                raise  # not the line's fault
            intake.reject(draft.where, str(error.detail))
            return False
        return True

    tally = ImportCounts()
    with (
        _broken_off(chosen, name, made),
        err.status("reading") as status,
        ThreadPoolExecutor(AT_ONCE) as pool,
    ):

        def create(drafts: Sequence[AccountDraft]) -> int:
            return sum(pool.map(one, drafts))

        def taken(entries: Any) -> Any:
            return resources.names_taken(Kind.USER, entries)

        for tally in put_in(intake.drafts(), taken, create, intake.rejected):
            status.update(f"{tally.created:,} put in, {tally.known:,} there already")
    if made:
        _log(chosen, name, f"{tally.created} accounts, {tally.known} there already")
    _print(name, intake, tally, dry_run=dry_run, as_json=as_json)
    raise typer.Exit(1 if intake.rejected or intake.partial else 0)


def _check(draft: AccountDraft) -> None:
    """Check an account as its creation would. Raises SCIMException."""
    body.read(Kind.USER, draft.document, Shape.RESOURCE_CREATION_REQUEST)


@contextmanager
def _broken_off(chosen: Operator, tenant: str, made: Sized) -> Iterator[None]:
    """Say and log how many accounts were put in when the import breaks off."""
    try:
        yield
    except BaseException:
        if made:
            complain(f"the import broke off, {len(made):,} accounts are put in: repeat it")
            with suppress(SCIMException):
                _log(chosen, tenant, f"broke off after {len(made)} accounts")
        raise


def _log(chosen: Operator, tenant: str, detail: str) -> None:
    chosen.services.acts(tenant, operator()).write("import", "", detail)


def _print(
    name: str, intake: AccountImport, tally: ImportCounts, *, dry_run: bool, as_json: bool
) -> None:
    rejected = sorted(intake.rejected)
    if as_json:
        lines = [{"line": line, "reason": reason} for line, reason in rejected]
        told = {"tenant": name, "dryRun": dry_run, "complete": not intake.partial}
        counts = {"created": tally.created, "known": tally.known}
        print(json.dumps({**told, **counts, "rejected": lines}))
        return
    if rejected:
        rows = Listing(intake.unit, "rejected because")
        for line, reason in rejected[:MAX_SHOWN]:
            rows.add(str(line), Prose(reason))
        print_listing(rows)
        if len(rejected) > MAX_SHOWN:
            say(f"… and {len(rejected) - MAX_SHOWN:,} more: --json has them all.")
    if intake.partial:
        say(f"The file is one page of several: {intake.partial}.")
    put_in_ = "would be put in" if dry_run else "put in"
    say(
        f"{tally.created:,} accounts {put_in_}, {tally.known:,} there already, "
        f"{len(rejected):,} {intake.unit}s rejected."
    )
