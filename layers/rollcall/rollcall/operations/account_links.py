"""Unlink and relink an account: each is planned, shown, and then carried out.

A plan holds the account before and after. Carrying it out is one transaction, on the condition that
the account has not changed since it was planned.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from rollcall.directory.context import Context
from rollcall.model.account_link import LinkState
from rollcall.model.record import Record
from rollcall.operations.accounts import AccountError, client_errors, commit, find_user
from rollcall.operations.operator import Operator
from rollcall.reconcile import entra_next_steps
from rollcall.scim import names
from rollcall.scim.resource_type import Kind
from rollcall.storage.document_item import next_version


@dataclass(frozen=True)
class AccountPlan:
    """An account before and after an action; `next_steps` are for the administrator of Entra ID.

    `detail` is what the log says of it, without any value of the account.
    """

    action: str
    before: Record
    after: Record
    next_steps: Sequence[str]
    detail: str


def plan_unlink(operator: Operator, tenant: str, name: str) -> AccountPlan:
    """Plan to make an account local: it loses its externalId and keeps everything else.

    Raises AccountError when the account is not linked.
    """
    context = operator.context(tenant)
    before = find_user(context, name)
    if before.link.local:
        raise AccountError(f"{before.user_name} is not linked")
    document = {key: value for key, value in before.document.items() if key != "externalId"}
    policy = operator.services.tenants.show(tenant).link_policy
    external_id = before.document.get("externalId")
    steps = entra_next_steps.after_unlink(before.id, external_id, policy)
    after = _after(context, before, document, LinkState.LOCAL)
    return AccountPlan("unlink", before, after, steps, f"{before.link} → {after.link}")


def plan_relink(
    operator: Operator,
    tenant: str,
    name: str,
    external_id: str | None = None,
    user_name: str | None = None,
) -> AccountPlan:
    """Plan to link an account, to a person with this externalId and this userName.

    Raises AccountError for a protected account, which is never linked, and for a userName that
    cannot be one.
    """
    context = operator.context(tenant)
    before = find_user(context, name)
    if before.link.protected:
        raise AccountError(f"{before.user_name} is protected: unprotect it first")
    document = dict(before.document)
    document |= {"externalId": external_id} if external_id else {}
    document |= {"userName": user_name} if user_name else {}
    with client_errors():
        names.check(Kind.USER, before.document, document)
    after = _after(context, before, document, LinkState.LINKED)
    steps = entra_next_steps.after_relink(after.id, document.get("externalId"), after.user_name)
    return AccountPlan("relink", before, after, steps, f"{before.link} → {after.link}")


def carry_out(operator: Operator, tenant: str, plan: AccountPlan) -> None:
    """Carry out a plan. Raises AccountError when the account has changed since it was planned."""
    before, after = plan.before, plan.after
    if before == after:
        return
    context = operator.context(tenant)
    if after.document == before.document:
        writes = context.writes.link_update(before, after.link)
    else:
        writes = context.writes.replacement(before, after.document, context.now(), beside=after)
    context.log.describe(plan.action, plan.detail)
    commit(context, before, after, writes)


def _after(context: Context, before: Record, document: dict[str, Any], state: LinkState) -> Record:
    link = replace(before.link, state=state)
    if document == before.document:
        return replace(before, link=link)
    return next_version(before, document, context.now(), link)
