"""Erases a person: everything but an id, dates, and what the log says of requests.

An erasure is listed outside of the table before it begins. Each step may be repeated, and finds
nothing where it was done; the ids that later steps need go last. So an erasure that is interrupted
is finished by the same command.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from secrets import token_bytes

from rollcall.changes.blanked_records import RecordBlanking
from rollcall.directory import deletion
from rollcall.directory.context import Context
from rollcall.directory.directory import Directory
from rollcall.directory.precondition import Precondition
from rollcall.model.progress import Progress
from rollcall.operations import person_log
from rollcall.operations.accounts import AccountError
from rollcall.operations.erasure_plan import ErasurePlan, check_reason
from rollcall.operations.operator import Operator
from rollcall.scim.errors import NotFoundException, PreconditionFailedException
from rollcall.scim.resource_type import Kind
from rollcall.storage.document_item import TOMBSTONE_DAYS
from rollcall.storage.findings import Findings
from rollcall.storage.person_items import PersonItems
from rollcall.storage.provisioning_log import KEEP_DAYS
from rollcall.storage.transactions import ConditionFailed

BACKUP_DAYS = 35
"""How far back the table can be restored."""


@dataclass(frozen=True)
class Remainder:
    """What an erasure leaves: where, what of it, and until when."""

    where: str
    what: str
    until: str


def erase(
    operator: Operator, tenant: str, plan: ErasurePlan, *, force: bool = False
) -> Generator[Progress, None, list[Remainder]]:
    """Carry out a plan, and return what remains and until when; may be repeated at any point.

    Raises AccountError when an obstacle stands and is not overridden by `force`, when the account
    has changed since it was planned, and when the reason of the operator names the person.
    """
    if plan.obstacles and not force:
        raise AccountError(f"{plan.person.id} is not erased yet: {' and '.join(plan.obstacles)}")
    erasing = _Erasing(operator, operator.context(tenant), plan)
    check_reason(erasing.context, plan, operator.reason)
    yield from erasing.run()
    return list(remainders(erasing.context))


def remainders(context: Context) -> Iterator[Remainder]:
    """Yield what remains of a person who is erased now, and until when at the latest."""

    def after(days: int) -> str:
        return str((context.clock() + timedelta(days=days)).date())

    tombstone = after(TOMBSTONE_DAYS)
    yield Remainder("table", "the id and the dates, so that late requests are answered", tombstone)
    yield Remainder("accounts of others", "the id of their manager", "the identity provider says")
    yield Remainder("provisioning log", "what was asked of the id, without names", tombstone)
    yield Remainder("list of erasures", "the id and keyed hashes of the userName", after(KEEP_DAYS))
    yield Remainder(
        "backups of the table",
        "everything; `rollcall restore` erases again",
        after(BACKUP_DAYS),
    )
    yield Remainder("notes of the brake", "the id, and a hash of the whole account", after(30))
    yield Remainder(
        "notes about the tenant", "what support wrote of the person", "until they are removed"
    )
    yield Remainder("stream of the table", "everything, for the functions alone", after(1))
    yield Remainder(
        "pages by index, in the order of userName",
        "the userName where a page ended: an hour, and until DynamoDB deletes it",
        after(2),
    )
    yield Remainder("logs of functions", "the id", "as LogRetentionDays says")
    yield Remainder("a trail of data events", "names in keys of items", "as its bucket says")
    yield Remainder("change events", "the id, with whoever received them", "theirs to say")
    yield Remainder(
        "files",
        "exports, saved reports, conflict checks, tables of a restore",
        "whoever has them deletes them",
    )


@dataclass(frozen=True)
class _Erasing:
    """One run of an erasure."""

    operator: Operator
    context: Context
    plan: ErasurePlan

    def run(self) -> Iterator[Progress]:
        context, services, tenant = self.context, self.operator.services, self.context.tenant
        ids = self.plan.person.ids
        if "erased" not in self.plan.person.item:
            for identifier in sorted(ids):
                services.erasures(tenant).record(identifier, self.plan.names, context.clock())
        items = PersonItems(services.table, tenant, ids)
        yield Progress(step="ending memberships")
        self._delete()
        self._purge()
        for identifier in ids:
            while not deletion.finish(context, identifier):
                yield Progress(step="ending memberships")
        for unfinished in items.unfinished():
            while not Directory(context).finish(unfinished):
                yield Progress(step="finishing a change of many members")
        yield Progress(step="erasing findings, notices and what the account had")
        self._erase_findings(items)
        services.table.delete([*items.own(), *items.notices()])
        yield Progress(step="deleting reports, and what is put aside")
        for report in services.reports.naming(tenant, ids):
            services.reports.delete_report(report)
        blanking = RecordBlanking(tenant, ids, token_bytes(32))
        for _ in services.unpublished.rewrite(blanking.blanked):
            yield Progress(step="blanking what is put aside")
        yield from self._erase_names_in_log()
        self._finish(items)

    @property
    def _expires(self) -> int:
        return int((self.context.clock() + timedelta(days=TOMBSTONE_DAYS)).timestamp())

    def _delete(self) -> None:
        """Delete the account, unless it is deleted. Raises AccountError when it has changed."""
        record = self.plan.person.record
        if record is None:
            return
        self.context.log.describe(person_log.ERASE, "deleted")
        try:
            Directory(self.context).users.delete(record.id, Precondition(if_match=record.etag))
        except NotFoundException:
            return
        except PreconditionFailedException as error:
            raise AccountError(f"{record.id} has changed meanwhile, look again") from error

    def _purge(self) -> None:
        """Erase what is held of an account whose deletion waits."""
        held = self.context.held_accounts.read(self.plan.person.id)
        if held is None:
            return
        try:
            self.context.table.transact(self.context.held_accounts.purge(held, self.context.actor))
        except ConditionFailed as error:  # it was taken back, or is purged just now
            raise AccountError(f"{held.id} has changed meanwhile, look again") from error

    def _erase_findings(self, items: PersonItems) -> None:
        findings = Findings(self.context.table, self.context.tenant)
        while found := items.findings():
            for identifier, item in found:
                with suppress(ConditionFailed):  # a run has written it meanwhile: once more
                    findings.delete(identifier, item)

    def _erase_names_in_log(self) -> Iterator[Progress]:
        services, tenant = self.operator.services, self.context.tenant
        ids, hashes = self.plan.person.ids, self.plan.hashes
        log = yield from person_log.read(services, tenant, ids, hashes)
        entries = services.log(tenant)
        for number, entry in enumerate(log.named, 1):
            keep_reason = entry.method == person_log.ERASE
            entries.forget_names(entry, self._expires, keep_reason=keep_reason)
            if number % 100 == 0:
                yield Progress(number, unit="entries", step="erasing names in the log:")

    def _finish(self, items: PersonItems) -> None:
        """Erase what finds the person, the tombstone last, together with the entry of the act."""
        context, person = self.context, self.plan.person
        now, actor = context.now(), context.actor
        for alias in person.merged:
            with suppress(ConditionFailed):
                context.table.transact([items.erasing(alias.id, now, self._expires, actor)])
        stored = context.table.get(context.resources.keys.document(Kind.USER, person.id)) or {}
        notes = context.gone_values.deletions(person.id, stored.get("gone", ()))
        tombstone = items.erasing(person.id, now, self._expires, actor)
        detail = ", ".join(f"{number} {name}" for name, number in self.plan.found.items())
        logged = self.operator.audit_log(context.tenant).actions(
            person_log.ERASE, f"User/{person.id}", detail
        )
        try:
            context.table.transact([*([tombstone] if stored else []), *notes, *logged])
        except ConditionFailed:  # it was erased before, and what came since is erased by now
            context.table.delete(note.key for note in notes)
