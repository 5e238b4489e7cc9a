"""Import the accounts of a product from a file, as local accounts.

Accounts whose userName exists are left unchanged: an interrupted import is repeated, and continues
where it ended.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence, Sized
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from threading import Condition

from scim2_models import Context as Purpose

from rollcall.directory.directory import Directory
from rollcall.model.progress import Progress
from rollcall.operations.operator import Operator
from rollcall.reconcile.files import account_file
from rollcall.reconcile.files.account_file import AccountDraft, AccountFile
from rollcall.scim import body
from rollcall.scim.errors import SCIMException, UniquenessException
from rollcall.scim.indexing import IndexEntry
from rollcall.scim.resource_type import Kind
from rollcall.storage.resources import Resources
from rollcall.storage.table import MAX_BATCH

PARALLEL = 8
"""How many accounts are created at the same time."""


@dataclass(frozen=True)
class ImportCounts:
    """How many accounts of a file were created so far, and how many existed before."""

    created: int = 0
    known: int = 0


@dataclass(frozen=True)
class ImportResult:
    """The result of an import.

    `rejected` holds position and reason of rows that were not imported; `unit` is the unit of the
    positions, `line` or `object`. `partial` says why the file is one page of several, or is empty.
    """

    counts: ImportCounts
    rejected: tuple[tuple[int, str], ...]
    unit: str
    partial: str


def import_accounts(
    operator: Operator,
    tenant: str,
    path: Path,
    *,
    columns: Iterable[str] = (),
    encoding: str = "",
    dry_run: bool = False,
) -> Generator[Progress, None, ImportResult]:
    """Create the accounts of a file that do not exist yet; with `dry_run`, only check them.

    `columns` are mappings such as `login=userName`. Raises TenantError for an unknown tenant,
    InputError for a file that cannot be read to its end: nothing of it is imported. An exception
    that interrupts the import later carries a note with the number of accounts that were created.
    """
    contexts = operator.contexts(tenant)
    file = AccountFile(path, account_file.mapping(columns), encoding)
    created = _Created()

    def create(draft: AccountDraft) -> bool:
        """Create or check an account; return whether that succeeded."""
        try:
            if dry_run:
                body.read(Kind.USER, draft.document, Purpose.RESOURCE_CREATION_REQUEST)
            else:
                context = contexts()
                context.log.describe("import", str(draft.link))
                with created.one():
                    Directory(context).users.create(draft.document, link=draft.link)
        except UniquenessException:
            return False
        except SCIMException as error:
            if error.status >= 500 or error.status == 429:
                raise  # not the fault of the account
            file.reject(draft.where, str(error.detail))
            return False
        return True

    resources, counts = Resources(operator.services.table, tenant), ImportCounts()
    with _interruption(operator, tenant, created), ThreadPoolExecutor(PARALLEL) as pool:
        for counts in import_batches(
            file.drafts(),
            lambda entries: resources.names_taken(Kind.USER, entries),
            lambda drafts: sum(pool.map(create, drafts)),
            file.rejected,
        ):
            yield Progress(counts.created + counts.known, unit="accounts")
    if created.number:
        _log(operator, tenant, f"{counts.created} accounts, {counts.known} there already")
    return ImportResult(counts, tuple(sorted(file.rejected)), file.unit, file.partial)


def import_batches(
    drafts: Iterable[AccountDraft],
    taken: Callable[[Iterable[IndexEntry]], set[IndexEntry]],
    create: Callable[[Sequence[AccountDraft]], int],
    rejected: Sized = (),
) -> Iterator[ImportCounts]:
    """Create accounts in batches of a hundred; yield the counts after each batch.

    `taken` returns the userNames that exist, `create` how many accounts it created. An account that
    it neither created nor added to `rejected` was created by somebody else meanwhile.
    """
    remaining, counts = iter(drafts), ImportCounts()
    while batch := list(islice(remaining, MAX_BATCH)):
        existing = taken(draft.entry for draft in batch)
        new = [draft for draft in batch if draft.entry not in existing]
        rejected_before = len(rejected)
        created = create(new)
        known = len(batch) - created - (len(rejected) - rejected_before)
        counts = ImportCounts(counts.created + created, counts.known + known)
        yield counts


class _Created:
    """Counts the accounts that are created, also by threads that nobody waits for.

    Ctrl-C may reach the pool while it starts a thread, which it then does not know of.
    """

    def __init__(self) -> None:
        self.number = 0
        self._at_work = 0
        self._is_closed = False
        self._changed = Condition()

    @contextmanager
    def one(self) -> Iterator[None]:
        """Surround the creation of an account, which counts unless it raises an error.

        Raises CancelledError when the number was told already.
        """
        with self._changed:
            if self._is_closed:
                raise CancelledError
            self._at_work += 1
        done = 0
        try:
            yield
            done = 1
        finally:
            with self._changed:
                self.number += done
                self._at_work -= 1
                self._changed.notify_all()

    def close(self) -> int:
        """Wait for the accounts that are being created, allow no others, return the number."""
        with self._changed:
            self._is_closed = True
            self._changed.wait_for(lambda: not self._at_work)
            return self.number


@contextmanager
def _interruption(operator: Operator, tenant: str, created: _Created) -> Iterator[None]:
    """Log and note on the error how many accounts were created, when the import is interrupted."""
    try:
        yield
    except BaseException as error:
        if number := created.close():
            error.add_note(f"the import broke off, {number:,} accounts are put in: repeat it")
            with suppress(SCIMException):
                _log(operator, tenant, f"broke off after {number} accounts")
        raise


def _log(operator: Operator, tenant: str, detail: str) -> None:
    operator.audit_log(tenant).write("import", "", detail)
