"""A person on one page: the account, its access, its latest log, its events that wait."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from typing import Any

from rollcall.aws.dead_letters import DeadLetterBatch
from rollcall.directory.context import Context
from rollcall.operations import failures, log_reader, unpublished_events, user_access
from rollcall.operations.failures import CredentialsError
from rollcall.operations.log_reader import LogPage, LogQuery
from rollcall.operations.operator import Operator
from rollcall.operations.user_access import UserAccess
from rollcall.operator_error import OperatorError
from rollcall.scim.resource_type import Kind
from rollcall.storage.parallel_reads import at_once

MAX_BATCHES = 6
"""How many batches of put aside events are read for a page: all at once with the rest."""

LOG_DAYS = timedelta(days=log_reader.DAYS_BEFORE)
BEFORE_CREATION = timedelta(minutes=10)
"""How long before an account was created its log begins: a client looks for it first."""


@dataclass(frozen=True)
class WaitingEvent:
    """An event that could not be published: its type, the request of the change, since when."""

    type: str
    request: str
    since: str


@dataclass(frozen=True)
class PersonEvents:
    """The events about a person that wait to be published.

    `is_whole` tells whether all that was put aside has been read; `problem` is why nothing was.
    """

    waiting: tuple[WaitingEvent, ...] = ()
    is_whole: bool = True
    problem: str = ""

    @property
    def requests(self) -> frozenset[str]:
        """The requests whose events wait."""
        return frozenset(each.request for each in self.waiting)


@dataclass(frozen=True)
class PersonOverview:
    """An account with its groups and access, its latest log, and its events that wait."""

    access: UserAccess
    log: LogPage
    events: PersonEvents


def read(operator: Operator, tenant: str, identifier: str) -> PersonOverview:
    """Read the person with an id, in three round trips. Raises TenantError, AccountError."""
    context = operator.context(tenant)
    reads: list[Callable[[], Any]] = [
        partial(user_access.read_by_id, context, identifier),
        partial(_batches, operator),
    ]
    access, (batches, problem) = at_once(reads)
    reads = [
        partial(user_access.with_groups, context, access),
        partial(_log, operator, context, access),
        *(partial(_waiting, operator, context, identifier, each) for each in batches[:MAX_BATCHES]),
    ]
    access, log, *waiting = at_once(reads)
    events = tuple(event for batch in waiting for event in batch)
    return PersonOverview(access, log, PersonEvents(events, len(batches) <= MAX_BATCHES, problem))


def _batches(operator: Operator) -> tuple[list[DeadLetterBatch], str]:
    """Return the first batches of the deployment, or why they cannot be read."""
    try:
        with failures.translated():
            return list(islice(operator.services.unpublished.batches(), MAX_BATCHES + 1)), ""
    except CredentialsError:
        raise
    except OperatorError as error:
        return [], str(error)


def _waiting(
    operator: Operator, context: Context, identifier: str, stored: DeadLetterBatch
) -> list[WaitingEvent]:
    """Return the events of a batch that are about a user."""
    batch = unpublished_events.with_events(operator.services, stored)
    found = []
    for event in batch.events:
        claims = json.loads(event.entry.detail)
        subject = {"format": "scim", "uri": f"{Kind.USER.endpoint}/{identifier}"}
        if event.tenant == context.tenant and claims["sub_id"] == subject:
            since = event.entry.time.isoformat()
            found.append(WaitingEvent(event.entry.detail_type, claims.get("txn", ""), since))
    return found


def _log(operator: Operator, context: Context, access: UserAccess) -> LogPage:
    """Return the latest entries about an account, also those that have its names alone."""
    record, now = access.record, context.clock()
    created = datetime.fromisoformat(record.created) - BEFORE_CREATION
    query = LogQuery(
        context.tenant,
        max(created, now - LOG_DAYS),
        hashes=frozenset(context.gone_values.hashes(record.document)),
        ids=frozenset({record.id}),
    )
    return log_reader.page_of(operator, query, now.isoformat())


def published(entries: Sequence[log_reader.LogEntry], events: PersonEvents) -> dict[str, str]:
    """Return what became of the event of each entry that changed the person, by its order.

    It is `waits`, `sent`, or `unknown` where not all that was put aside has been read.
    """
    otherwise = "sent" if events.is_whole and not events.problem else "unknown"
    return {
        each.order: "waits" if each.request in events.requests else otherwise
        for each in entries
        if each.status < 400 and (each.changed or each.method.islower())
    }
