"""Plans the erasure of a person: what is stored, and why it may have to wait."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from rollcall.aws.dead_letters import UnpublishedError
from rollcall.changes.blanked_records import RecordBlanking
from rollcall.directory.context import Context
from rollcall.model.progress import Progress
from rollcall.model.redaction import keyed_hash
from rollcall.operations import person_log
from rollcall.operations.accounts import AccountError
from rollcall.operations.operator import Operator
from rollcall.operations.person_file import hashes_of
from rollcall.operations.person_log import PersonLog
from rollcall.operations.person_search import StoredPerson, stored_person
from rollcall.reconcile import entra_next_steps
from rollcall.runtime.services import Services
from rollcall.scim.resource_type import ENTERPRISE
from rollcall.storage.person_items import PersonItems

QUIET_DAYS = 14
"""How long the identity provider has to have written nothing about a person who is erased."""

_WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_NAMES = ("userName", "externalId", "displayName", "nickName", "name", "emails", "phoneNumbers")
_WORD = re.compile(r"[^\s,;:()\"'<>]+")


@dataclass(frozen=True)
class ErasurePlan:
    """What an erasure of a person will do.

    `hashes` are those of what the person is called, `names` those of userNames among them.
    `obstacles` say why it has to wait, `steps` what is done in the identity provider first, `found`
    how much of each kind is stored. `begun` is when an erasure of the person began before.
    """

    person: StoredPerson
    hashes: frozenset[str]
    names: frozenset[str]
    obstacles: tuple[str, ...]
    steps: tuple[str, ...]
    found: Mapping[str, int]
    begun: str = ""


def plan(operator: Operator, tenant: str, name: str) -> Generator[Progress, None, ErasurePlan]:
    """Plan the erasure of the person with an id or a userName, or of one who was deleted.

    Raises AccountError when there is no such person, and for a protected account.
    """
    services, context = operator.services, operator.context(tenant)
    person = stored_person(context, name)
    if person.record is not None and person.record.link.protected:
        raise AccountError(f"{person.record.user_name} is protected: unprotect it first")
    hashes = hashes_of(context, person)
    log = yield from person_log.read(services, tenant, person.ids, hashes)
    yield Progress(step="reading findings, reports and unpublished changes")
    begun = next((e.at for e in services.erasures(tenant).read() if e.id == person.id), "")
    found = _found(services, context, person, log)
    if not (person.item or log.entries or found):
        raise AccountError(f"nothing is stored of a user {person.id} in {tenant}")
    return ErasurePlan(
        person,
        frozenset(hashes),
        frozenset(hashed for hashed, attributes in hashes.items() if "userName" in attributes),
        () if begun else tuple(_obstacles(person, log, services.clock())),
        tuple(entra_next_steps.before_erasure(person.id)),
        found,
        begun,
    )


def check_reason(context: Context, plan: ErasurePlan, reason: str) -> None:
    """Raise AccountError for a reason that names the person, as the log keeps it."""
    words = {reason, *_WORD.findall(reason)}
    values = {text.casefold() for each in plan.person.documents for text in _names(each)}
    named = {each for each in words if keyed_hash(context.key, each) in plan.hashes}
    if named or values & {word.casefold() for word in words}:
        raise AccountError("the log keeps the reason: say it without naming the person")


def _obstacles(person: StoredPerson, log: PersonLog, now: datetime) -> Iterator[str]:
    if person.record is not None and person.record.active:
        yield "the account is active"
    last = _last_write(person, log)
    if last and datetime.fromisoformat(last) > now - timedelta(days=QUIET_DAYS):
        yield (
            f"the identity provider last wrote it on {last[:10]}, less than {QUIET_DAYS} days ago"
        )


def _last_write(person: StoredPerson, log: PersonLog) -> str:
    """Return when a token last wrote one of the ids, empty when that is not known."""
    times = [
        entry.time
        for entry in log.entries
        if log.is_of(entry)
        and entry.actor.startswith("token:")
        and entry.method in _WRITES
        and entry.status < 400
    ]
    if str(person.item.get("origin", {}).get("actor", "")).startswith("token:"):
        times.append(person.item["modified"])
    return max(times, default="")


def _found(
    services: Services, context: Context, person: StoredPerson, log: PersonLog
) -> dict[str, int]:
    tenant, ids = context.tenant, person.ids
    items = PersonItems(services.table, tenant, ids)
    found = {
        "account": int(person.record is not None),
        "held account": int(person.held is not None),
        "merged ids": len(person.merged),
        "items of the account": len(list(items.own())),
        "findings": len(items.findings()),
        "notices, and notes of the brake": len(items.notices()),
        "reports": len(services.reports.naming(tenant, ids)),
        "batches of unpublished changes": _batches(
            services, RecordBlanking(tenant, ids, b"to count")
        ),
        "log entries with its names": len(log.named),
        "notes of its names": len(person.item.get("gone", ())),
    }
    return {name: number for name, number in found.items() if number}


def _batches(services: Services, blanking: RecordBlanking) -> int:
    number = 0
    for batch in services.unpublished.batches():
        try:
            records = services.unpublished.records(batch)
        except UnpublishedError:
            continue
        number += any(blanking.blanked(each) != each for each in records)
    return number


def _names(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a user is called."""
    yield from (text for name in _NAMES for text in _texts(document.get(name)))
    yield from _texts(document.get(ENTERPRISE, {}).get("employeeNumber"))


def _texts(value: Any) -> Iterator[str]:
    """Yield the texts in a value, but for the types of addresses."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from (text for name, part in value.items() if name != "type" for text in _texts(part))
    elif isinstance(value, list):
        yield from (text for part in value for text in _texts(part))
