"""The accounts of a tenant: listed, found, read, and protected from clients."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import islice
from typing import Any

from rollcall.directory.context import Context
from rollcall.model.progress import Progress
from rollcall.model.record import Record
from rollcall.operations.operator import Operator
from rollcall.operator_error import OperatorError
from rollcall.scim.errors import SCIMException
from rollcall.scim.resource_type import Kind
from rollcall.storage.index_entries import CLAIMED
from rollcall.storage.resources import Resources
from rollcall.storage.table import MAX_BATCH
from rollcall.storage.transactions import Action, ConditionFailed


class AccountError(OperatorError):
    """An account does not exist, or cannot be changed as requested."""


class AccountState(StrEnum):
    """The states by which accounts are listed."""

    LOCAL = "local"
    LINKED = "linked"
    PROTECTED = "protected"
    ALL = "all"

    def includes(self, record: Record) -> bool:
        """Tell whether an account has this state."""
        if self is AccountState.PROTECTED:
            return record.link.protected
        return self is AccountState.ALL or record.link.state.value == self.value


@dataclass(frozen=True)
class Account:
    """A user: its record, and the resource that clients read, with its groups."""

    record: Record
    resource: Mapping[str, Any]


def list_accounts(
    operator: Operator, tenant: str, state: AccountState = AccountState.ALL
) -> Iterator[Record]:
    """Yield the accounts with a state in the order of creation, with two reads per hundred.

    Raises TenantError for an unknown tenant.
    """
    operator.services.tenants.show(tenant)
    resources = Resources(operator.services.table, tenant)
    return filter(state.includes, _records(resources))


def look_for_protected(operator: Operator, tenant: str) -> Generator[Progress, None, list[Record]]:
    """Return the accounts that no client may change; all accounts are read for that.

    Raises TenantError for an unknown tenant.
    """
    found = list[Record]()
    for number, record in enumerate(list_accounts(operator, tenant), 1):
        if record.link.protected:
            found.append(record)
        if number % MAX_BATCH == 0:
            yield Progress(number, unit="accounts read")
    return found


def find(operator: Operator, tenant: str, name: str) -> Record:
    """Return the user with this id, with an id merged into another one, or with this userName.

    Raises TenantError for an unknown tenant, AccountError when there is no such user.
    """
    return find_user(operator.context(tenant), name)


def find_user(context: Context, name: str) -> Record:
    """Return the user that `find` returns, by the context of the caller."""
    record = context.resources.resolve(Kind.USER, name)
    if record is None:
        raise AccountError(f"there is no user {name} in {context.tenant}")
    return record


def read(operator: Operator, tenant: str, name: str) -> Account:
    """Return an account and its resource, with locations below the tenant's URL."""
    record = find(operator, tenant, name)
    with client_errors():
        answer = operator.services.directory(tenant, operator.tenant_url(tenant)).users.read(
            record.id
        )
    return Account(record, answer.resource)


def protect(operator: Operator, tenant: str, name: str, *, protected: bool = True) -> Record:
    """Forbid all clients to change an account, or allow it again; return the account."""
    context = operator.context(tenant)
    before = find_user(context, name)
    after = replace(before, link=replace(before.link, protected=protected))
    if after != before:
        action = "protect" if protected else "unprotect"
        context.log.describe(action, f"{before.link} → {after.link}")
        commit(context, before, after, context.writes.link_update(before, after.link))
    return after


def commit(context: Context, before: Record, after: Record, writes: list[Action]) -> None:
    """Commit a change of an account together with the log entry that the context describes.

    Raises AccountError when the account is not as it was before, or when its new userName is taken.
    """
    changed = ["link"] if after.link != before.link else []
    context.log.set_change(before, dict(after.document), (), *changed)
    try:
        context.commit(writes)
    except ConditionFailed as error:
        if error.labels == {CLAIMED}:
            raise AccountError(f"{after.user_name} is another account's name") from error
        raise AccountError(f"{before.user_name} has changed meanwhile, look again") from error


@contextmanager
def client_errors() -> Iterator[None]:
    """Raise the error that a client would get as an AccountError.

    Errors that another attempt may avoid, 429 and 5xx, pass unchanged.
    """
    try:
        yield
    except SCIMException as error:
        if error.status >= 500 or error.status == 429:
            raise
        raise AccountError(str(error.detail)) from error


def _records(resources: Resources) -> Iterator[Record]:
    identifiers = resources.ids(Kind.USER)
    while batch := list(islice(identifiers, MAX_BATCH)):
        yield from resources.read_many(Kind.USER, batch).values()
