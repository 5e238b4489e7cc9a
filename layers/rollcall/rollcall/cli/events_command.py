"""`rollcall events`: change events that could not be published."""

from __future__ import annotations

import json
import traceback
from typing import Annotated, Any

import typer

from rollcall.cli.connection import connect
from rollcall.cli.listing import Listing
from rollcall.cli.terminal import AsJson, DryRun, complain, print_listing, say
from rollcall.cli.text import Prose
from rollcall.operations import unpublished_events
from rollcall.operations.unpublished_events import EventBatch

app = typer.Typer(
    no_args_is_help=True,
    help="Change events that could not be published.\n\n"
    "Events that the bus refuses for hours, and changes that cannot be turned into events, are "
    "stored for 90 days, in batches, in the bucket of the stack's output UnpublishedBucket. An "
    "alarm reports them. Consumers do not have these events until they are republished; late and "
    "repeated events do no harm: docs/events/README.md.",
)

Tenant = Annotated[
    str | None,
    typer.Argument(help="Only batches with events of this tenant.", show_default=False),
]


@app.command(name="list")
def list_(context: typer.Context, tenant: Tenant = None, as_json: AsJson = False) -> None:
    """List the stored batches, and the events in each."""
    batches = []
    for batch in unpublished_events.read(connect(context), tenant):
        _print_error(batch)
        batches.append(batch)
    if as_json:
        print(json.dumps([_summary(batch) for batch in batches]))
        return
    if not batches:
        say("Everything is published.")
        return
    rows = Listing("batch", "put aside", "tenants", "events")
    for batch in batches:
        at = f"{batch.at:%Y-%m-%d %H:%M}"
        rows.add(batch.name, at, ", ".join(batch.tenants), Prose(_contents(batch)))
    print_listing(rows)


@app.command()
def republish(
    context: typer.Context,
    tenant: Tenant = None,
    batch: Annotated[
        list[str] | None,
        typer.Option(
            help="Only this batch, as `events list` names it; repeatable.", show_default=False
        ),
    ] = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Publish the stored batches, and delete those that are published.

    It publishes all batches, or those with events of a tenant, or those that are named; a batch is
    published whole. Each event has the id that it would have had. A batch that is refused again is
    kept, and so is one that cannot be turned into events: the exit code is 1 then, and the command
    may be repeated.
    """
    operator = connect(context)
    key, rows = "wouldBePublished" if dry_run else "published", []
    for stored in unpublished_events.read(operator, tenant, batch or ()):
        _print_error(stored)
        fault = stored.fault if dry_run else unpublished_events.republish(operator, stored)
        rows.append({**_summary(stored), key: not fault, "fault": fault or None})
        if not as_json:
            verb = "would be published" if dry_run else "published"
            result = f"kept, {fault}" if fault else f"{verb}, {_contents(stored)}"
            say(f"{stored.name}: {result}")
    if as_json:
        print(json.dumps(rows))
    elif not rows:
        say("Everything is published.")
    if kept := sum(1 for row in rows if row["fault"]):
        complain(f"{kept} of {len(rows)} batches are kept")
        raise typer.Exit(1)


def _summary(batch: EventBatch) -> dict[str, Any]:
    """Return a batch as programs read it."""
    at = batch.at.isoformat(timespec="seconds").replace("+00:00", "Z")
    content = {"batch": batch.name, "at": at, "tenants": batch.tenants, "events": batch.types}
    return {**content, "fault": batch.fault} if batch.fault else content


def _contents(batch: EventBatch) -> str:
    """Return the fault of a batch, or the number of its events of each type."""
    types = ", ".join(f"{number} {name}" for name, number in batch.types.items())
    return batch.fault or types or "nothing that is told"


def _print_error(batch: EventBatch) -> None:
    if batch.error is not None:
        traceback.print_exception(batch.error)
