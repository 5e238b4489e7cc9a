"""`rollcall events`: change events that could not be published."""

from __future__ import annotations

import json
import traceback
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from rollcall.aws.dead_letters import DeadLetterBatch, UnpublishedError
from rollcall.changes import publication
from rollcall.changes.publication import PublishedEvent
from rollcall.cli.connection import target
from rollcall.cli.listing import Listing
from rollcall.cli.terminal import AsJson, DryRun, UsageError, complain, print_listing, say
from rollcall.cli.text import Prose
from rollcall.operations.operator import Operator

app = typer.Typer(
    no_args_is_help=True,
    help="Change events that could not be published.\n\n"
    "What the bus refuses for hours, and what cannot be told at all, is put aside in the bucket of "
    "the stack's output UnpublishedBucket, in the batches in which it came, for 90 days. An alarm "
    "says so. Consumers lack these events until they are republished; they take them late, and "
    "twice, without harm: docs/events/README.md.",
)

Tenant = Annotated[
    str | None,
    typer.Argument(help="Only batches with events of this tenant.", show_default=False),
]


@dataclass(frozen=True)
class KeptBatch:
    """A batch that is kept, and its events; `fault` is why they cannot be told."""

    batch: DeadLetterBatch
    events: tuple[PublishedEvent, ...] = ()
    fault: str = ""

    @property
    def tenants(self) -> list[str]:
        """Whose events they are."""
        return sorted({each.tenant for each in self.events})

    @property
    def types(self) -> dict[str, int]:
        """How many there are of each type."""
        return dict(sorted(Counter(each.entry.detail_type for each in self.events).items()))

    @property
    def summary(self) -> dict[str, Any]:
        """What there is to say of it, for programs."""
        at = self.batch.at.isoformat(timespec="seconds").replace("+00:00", "Z")
        said = {"batch": self.batch.name, "at": at, "tenants": self.tenants, "events": self.types}
        return {**said, "fault": self.fault} if self.fault else said

    def __str__(self) -> str:
        """What is in it, for people."""
        kinds = ", ".join(f"{number} {name}" for name, number in self.types.items())
        return self.fault or kinds or "nothing that is told"


@app.command(name="list")
def list_(context: typer.Context, tenant: Tenant = None, as_json: AsJson = False) -> None:
    """List the batches that are put aside, and the events in each."""
    found = list(_kept(target(context), tenant))
    if as_json:
        print(json.dumps([each.summary for each in found]))
        return
    if not found:
        say("Everything is published.")
        return
    rows = Listing("batch", "put aside", "tenants", "events")
    for each in found:
        at = f"{each.batch.at:%Y-%m-%d %H:%M}"
        rows.add(each.batch.name, at, ", ".join(each.tenants), Prose(each))
    print_listing(rows)


@app.command()
def republish(
    context: typer.Context,
    tenant: Tenant = None,
    batch: Annotated[
        list[str] | None,
        typer.Option(help="Only this batch of `events list`; repeatable.", show_default=False),
    ] = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Publish what is put aside, and forget what is published.

    All of it, or batches with events of a tenant, or those that are named; a batch is published
    whole. Each event has the id that it would have had. What is refused again is kept, and so is
    what cannot be told: the exit code is 1 then, and the command may be repeated.
    """
    chosen = target(context)
    done, rows = "wouldBePublished" if dry_run else "published", []
    for each in _kept(chosen, tenant, batch or ()):
        fault = each.fault or ("" if dry_run else _published(chosen, each))
        rows.append({**each.summary, done: not fault, "fault": fault or None})
        if not as_json:
            word = "would be published" if dry_run else "published"
            said = f"kept, {fault}" if fault else f"{word}, {each}"
            say(f"{each.batch.name}: {said}")
    if as_json:
        print(json.dumps(rows))
    elif not rows:
        say("Everything is published.")
    if left := sum(1 for each in rows if each["fault"]):
        complain(f"{left} of {len(rows)} batches are kept")
        raise typer.Exit(1)


def _published(chosen: Operator, kept: KeptBatch) -> str:
    """Publish a batch and forget it, or say why that could not be done."""
    published = chosen.services.bus().publish([each.entry for each in kept.events])
    if published < len(kept.events):
        return f"the bus took {published} of {len(kept.events)} events"
    chosen.services.unpublished.delete(kept.batch)
    return ""


def _kept(chosen: Operator, tenant: str | None, names: Collection[str] = ()) -> Iterator[KeptBatch]:
    """Yield what is put aside: of a tenant or of all, with these names or with any."""
    if tenant is not None:
        chosen.services.tenants.show(tenant)
    batches = list(chosen.services.unpublished.batches())
    if unknown := set(names) - {each.name for each in batches}:
        raise UsageError(f"there is no batch {', '.join(sorted(unknown))}")
    for batch in batches:
        if names and batch.name not in names:
            continue
        found = _read(chosen, batch)
        if tenant is None or tenant in found.tenants:
            yield found


def _read(chosen: Operator, batch: DeadLetterBatch) -> KeptBatch:
    try:
        records = chosen.services.unpublished.records(batch)
    except UnpublishedError as error:
        return KeptBatch(batch, fault=str(error))
    try:
        return KeptBatch(
            batch, tuple(publication.published_events(records, chosen.services.settings.url))
        )
    except (LookupError, TypeError, ValueError) as error:
        traceback.print_exception(error)  # it may be ours; the other batches are not held up
        return KeptBatch(batch, fault=f"it cannot be told ({type(error).__name__})")
