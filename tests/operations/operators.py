"""An operator of a tenant, for tests of what operators do."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

from rollcall.model.access import Access
from rollcall.model.progress import Progress
from rollcall.operations import (
    account_links,
    account_merge,
    template_changes,
    template_preview,
    user_access,
)
from rollcall.operations.account_merge import MergedIds
from rollcall.operations.operator import Operator
from rollcall.operations.template_changes import Catalogue, Template, TemplateVersion
from rollcall.operations.template_preview import AccessPreview
from rollcall.operations.user_access import UserAccess
from rollcall.runtime.services import Services
from rollcall.storage.table import Table
from rollcall.storage.template_items import TemplateItems
from rollcall.tenants.tenants import TenantError

Result = TypeVar("Result")


def operator_of(services: Services, tenant: str = "acme", table: Table | None = None) -> Operator:
    """Return an operator of a tenant, which is created where there is none, on a table."""
    with suppress(TenantError):
        services.tenants.add(tenant)
    if table is not None:
        services.table = table
    return Operator(services, "operator:ann")


def finished(act: Generator[Progress, None, Result]) -> Result:
    """Return the result of an act when it has come to its end."""
    while True:
        try:
            next(act)
        except StopIteration as end:
            result: Result = end.value
            return result


def merge(
    operator: Operator, tenant: str, keep: str, remove: str, idp_deletes: str | None = None
) -> MergedIds:
    """Merge two accounts, up to what follows in steps."""
    plan = account_merge.plan_merge(operator, tenant, keep, remove, idp_deletes)
    return account_merge.merge(operator, tenant, plan)


def unlink(operator: Operator, tenant: str, name: str) -> None:
    """Unlink an account."""
    account_links.carry_out(operator, tenant, account_links.plan_unlink(operator, tenant, name))


def relink(
    operator: Operator,
    tenant: str,
    name: str,
    external_id: str | None = None,
    user_name: str | None = None,
) -> None:
    """Relink an account."""
    plan = account_links.plan_relink(operator, tenant, name, external_id, user_name)
    account_links.carry_out(operator, tenant, plan)


@dataclass(frozen=True)
class Templates:
    """What operators do to the templates of one tenant."""

    operator: Operator
    tenant: str = "acme"

    def set(self, templates: Sequence[Template]) -> list[Template]:
        changes = template_changes.set_templates(self.operator, self.tenant, templates)
        return [change.after for change in changes]

    def remove(self, name: str) -> None:
        template_changes.remove(self.operator, self.tenant, name)

    def show(self, name: str) -> Template:
        return template_changes.show(self.operator, self.tenant, name)

    def history(self, name: str) -> list[TemplateVersion]:
        return template_changes.history(self.operator, self.tenant, name)

    def bind(self) -> None:
        template_changes.bind(self.operator, self.tenant)

    def catalogue(self) -> Catalogue:
        items = TemplateItems(self.operator.services.table, self.tenant)  # with one read
        return Catalogue.of(items.read())


@dataclass(frozen=True)
class UserAccesses:
    """What operators do to the access of the users of one tenant."""

    operator: Operator
    tenant: str = "acme"

    def read(self, name: str) -> UserAccess:
        return user_access.read_access(self.operator, self.tenant, name)

    def grant(self, name: str, areas: Mapping[str, str], role: str = "") -> Access:
        return user_access.grant(self.operator, self.tenant, name, areas, role)

    def revoke(self, name: str, areas: Iterable[str], *, role: bool = False) -> Access:
        return user_access.revoke(self.operator, self.tenant, name, areas, role=role)

    def apply(self, name: str) -> list[Template]:
        act = template_preview.apply_templates(self.operator, self.tenant, [name])
        (user,) = finished(act).users
        return list(user.templates)

    def preview(self, name: str | None = None, *groups: str) -> AccessPreview:
        return template_preview.preview(self.operator, self.tenant, name, groups)
