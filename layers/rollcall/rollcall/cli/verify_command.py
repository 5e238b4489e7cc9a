"""`rollcall verify`: check that the stored items of a tenant agree with each other."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from rollcall.cli.connection import connect
from rollcall.cli.terminal import AsJson, Name, complain, follow, say
from rollcall.operations.repair import verify as verify_tenant

Repair = Annotated[bool, typer.Option("--repair", help="Repair what can be repaired.")]


def verify(
    context: typer.Context, name: Name, repair: Repair = False, as_json: AsJson = False
) -> None:
    """Check that a tenant's documents, names, lookups, memberships, grants and counts agree.

    Reads the whole table once, and again when it finds a fault: a write that is just being made
    looks like a fault in one of the two reads only. --repair repairs faults where one of two sides
    is certainly right; the others need a person. Exit code 1 means that faults remain.

    --repair also moves the names that an earlier release stored to the keys of this release; once
    all are moved, lookups read one key instead of two. Two names that have become equal are
    reported and left: rename one, or merge the accounts.
    """
    result = follow(
        verify_tenant(connect(context), name, repair=repair),
        f"reading what is stored of {name}",
    )
    if as_json:
        faults = {"faults": list(result.remaining), "mended": list(result.repaired)}
        print(json.dumps({"tenant": name, **faults}))
    else:
        for sentence in result.repaired:
            say(f"mended: {sentence}")
        for sentence in result.remaining:
            say(sentence)
        if not (result.repaired or result.remaining):
            say(f"All that is stored of {name} agrees.")
    if result.remaining:
        complain(f"{len(result.remaining)} of what is stored of {name} does not agree")
        raise typer.Exit(1)
