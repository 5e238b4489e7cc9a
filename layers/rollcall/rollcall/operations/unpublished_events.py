"""Change events that could not be published: batches in a bucket, kept until republished."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from rollcall.aws.dead_letters import DeadLetterBatch, UnpublishedError
from rollcall.changes import publication
from rollcall.changes.publication import PublishedEvent
from rollcall.operations.operator import Operator
from rollcall.runtime.services import Services


@dataclass(frozen=True)
class EventBatch:
    """A stored batch, and its events; `fault` says why they cannot be published.

    `error` is the exception behind it when that may be a fault of Rollcall.
    """

    stored: DeadLetterBatch
    events: tuple[PublishedEvent, ...] = ()
    fault: str = ""
    error: Exception | None = None

    @property
    def name(self) -> str:
        """The name of the batch."""
        return self.stored.name

    @property
    def at(self) -> datetime:
        """When the batch was stored."""
        return self.stored.at

    @property
    def tenants(self) -> list[str]:
        """The tenants of the events."""
        return sorted({event.tenant for event in self.events})

    @property
    def types(self) -> dict[str, int]:
        """The number of events of each type."""
        return dict(sorted(Counter(event.entry.detail_type for event in self.events).items()))


def read(
    operator: Operator, tenant: str | None = None, names: Collection[str] = ()
) -> Iterator[EventBatch]:
    """Yield the batches, or those with events of a tenant, or those with these names.

    Raises TenantError for an unknown tenant, and UnpublishedError for an unknown name.
    """
    services = operator.services
    if tenant is not None:
        services.tenants.show(tenant)
    batches = list(services.unpublished.batches())
    if unknown := set(names) - {stored.name for stored in batches}:
        raise UnpublishedError(f"there is no batch {', '.join(sorted(unknown))}")
    for stored in batches:
        if names and stored.name not in names:
            continue
        batch = with_events(services, stored)
        if tenant is None or tenant in batch.tenants:
            yield batch


def republish(operator: Operator, batch: EventBatch) -> str:
    """Publish a batch and delete it; return why it is kept, empty when it is published.

    An event has the id that it would have had, so that consumers recognize it.
    """
    if batch.fault:
        return batch.fault
    operator.record("events republish", batch.name)
    published = operator.services.bus().publish([event.entry for event in batch.events])
    if published < len(batch.events):
        return f"the bus took {published} of {len(batch.events)} events"
    operator.services.unpublished.delete(batch.stored)
    return ""


def with_events(services: Services, stored: DeadLetterBatch) -> EventBatch:
    """Read a batch with its events, or with the fault for which it has none."""
    try:
        records = services.unpublished.records(stored)
    except UnpublishedError as error:
        return EventBatch(stored, fault=str(error))
    try:
        events = publication.published_events(records, services.settings.url)
    except (LookupError, TypeError, ValueError) as error:
        # The other batches are published all the same.
        fault = f"it cannot be told ({type(error).__name__})"
        return EventBatch(stored, fault=fault, error=error)
    return EventBatch(stored, tuple(events))
