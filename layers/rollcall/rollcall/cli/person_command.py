"""`rollcall person`: find a person, hand out what is stored, erase it."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from rollcall.cli.confirmation import Reason, confirm_name
from rollcall.cli.connection import connect
from rollcall.cli.export_command import complete_file
from rollcall.cli.listing import Listing
from rollcall.cli.terminal import (
    AsJson,
    DryRun,
    Name,
    UsageError,
    Yes,
    err,
    follow,
    print_listing,
    say,
)
from rollcall.cli.text import Prose
from rollcall.operations import erasure_plan, person_erasure, person_file, person_search
from rollcall.operations.erasure_plan import ErasurePlan
from rollcall.operations.person_erasure import Remainder
from rollcall.operations.person_search import NamedAccount
from rollcall.operator_error import naming

app = typer.Typer(
    no_args_is_help=True,
    help="Find a person, hand out what is stored of a person, or erase it.\n\n"
    "A person who is gone is found by keyed hashes for 90 days. docs/persons.md says what an "
    "erasure leaves, where and until when.",
)

User = Annotated[
    str, typer.Argument(help="The person: an id or userName; of one who is gone also an address.")
]


@app.command()
def find(
    context: typer.Context,
    tenant: Name,
    value: Annotated[
        str, typer.Argument(help="An id, userName, externalId, address, employee number or name.")
    ],
    as_json: AsJson = False,
) -> None:
    """Find the accounts with a value, and those that had it when they were deleted.

    Deleted accounts are found for 90 days, by id, userName, externalId and address, in any
    spelling.
    """
    found = person_search.find(connect(context), tenant, value)
    if as_json:
        print(json.dumps([_plain(account) for account in found]))
        return
    if not found:
        say("There is no such account, and none was deleted in the last 90 days.")
        return
    rows = Listing("id", "state", "since", "userName", "found by")
    for account in found:
        record = account.record
        since = record.created if record is not None else account.deleted
        name = record.user_name if record is not None else account.survivor
        rows.add(account.id, account.state, since[:10], name, ", ".join(account.attributes))
    print_listing(rows)


@app.command()
def export(
    context: typer.Context,
    tenant: Name,
    user: User,
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="The file to write.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write all that is stored of a person as JSON: a file to hand to that person.

    It holds the account, groups, access and why, findings of the duplicate report, and the entries
    of the provisioning log: those of the account, and those that name the person by a keyed hash.
    FILE exists when it is complete, and only you can read it.
    """
    if (file is None) is not as_json:
        raise UsageError("say where to: a file, or --json for standard output")
    operator = connect(context)
    content = follow(person_file.read(operator, tenant, user), f"reading {tenant}")
    text = json.dumps(content, ensure_ascii=False, indent=None if as_json else 2)
    if file is None:
        print(text)
        return
    with naming(file), complete_file(file) as stream:
        stream.write(f"{text}\n")
    say(f"What is stored of {content['id']} is in {file}.")


@app.command()
def erase(
    context: typer.Context,
    tenant: Name,
    user: User,
    force: Annotated[
        bool,
        typer.Option(
            "--force", help="Also an active account, and one that was written within 14 days."
        ),
    ] = False,
    dry_run: DryRun = False,
    yes: Yes = False,
    reason: Reason = "",
    as_json: AsJson = False,
) -> None:
    """Erase a person: the account, what names the person in reports and findings, and its traces.

    An id and dates stay for 90 days, so that a late request of the identity provider does not fail.
    An account that is active, or that the identity provider wrote within 14 days, is not erased:
    what is still sent would create it again. What remains elsewhere, and until when, is printed.

    To finish an interrupted erasure, run the same command again.
    """
    if as_json and not (yes or dry_run):
        raise UsageError("--json does not ask: add --yes or --dry-run")
    operator = connect(context)
    plan = follow(erasure_plan.plan(operator, tenant, user), f"reading {tenant}")
    if not as_json:
        _print_plan(plan)
    if dry_run:
        if as_json:
            print(json.dumps(_summary(plan)))
        elif plan.obstacles and not force:
            say(
                f"It would be refused: {' and '.join(plan.obstacles)}; --force erases all the same."
            )
        return
    if plan.obstacles and not force:
        raise UsageError(f"not erased: {' and '.join(plan.obstacles)}; --force erases all the same")
    sentence = f"Nothing brings {plan.person.id} back. Type the id to erase the person"
    operator = confirm_name(operator, plan.person.id, sentence, yes=yes, reason=reason)
    erasing = person_erasure.erase(operator, tenant, plan, force=force)
    remains = follow(erasing, "erasing")
    if as_json:
        print(json.dumps({**_summary(plan), "remains": [asdict(each) for each in remains]}))
        return
    say(f"{plan.person.id} is erased. What remains:")
    _print_remains(remains)


def _print_plan(plan: ErasurePlan) -> None:
    person = plan.person
    gone = f"deleted on {person.deleted[:10]}" if person.deleted else "not known any more"
    say(f"{person.id}: {gone if person.record is None else person.record.user_name}")
    if plan.begun:
        say(
            f"Its erasure began on {plan.begun[:10]}: what is stored since, or was left, is erased."
        )
    for kind, number in plan.found.items():
        say(f"  {kind}: {number:,}")
    if plan.obstacles:
        for step in plan.steps:
            say(step, to=err)


def _print_remains(remains: list[Remainder]) -> None:
    rows = Listing("where", "what", "until")
    for each in remains:
        rows.add(each.where, Prose(each.what), each.until)
    print_listing(rows)


def _summary(plan: ErasurePlan) -> dict[str, Any]:
    return {
        "id": plan.person.id,
        "deleted": plan.person.deleted or None,
        "obstacles": list(plan.obstacles),
        "steps": list(plan.steps) if plan.obstacles else [],
        "found": dict(plan.found),
        "begun": plan.begun or None,
    }


def _plain(account: NamedAccount) -> dict[str, Any]:
    record = account.record
    return {
        "id": account.id,
        "state": account.state,
        "foundBy": list(account.attributes),
        "userName": record.user_name if record is not None else None,
        "created": record.created if record is not None else None,
        "deleted": account.deleted or None,
        "survivor": account.survivor or None,
        "heldUntil": account.held or None,
    }
