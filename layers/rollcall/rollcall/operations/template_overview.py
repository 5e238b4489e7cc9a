"""The templates of a tenant, and one with its versions, read at once: for a page about them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from rollcall.operations import template_preview
from rollcall.operations.operator import Operator
from rollcall.operations.template_changes import TemplateError, TemplateVersion
from rollcall.operations.template_preview import AccessPreview
from rollcall.storage.parallel_reads import at_once
from rollcall.storage.template_items import TemplateItems
from rollcall.storage.template_walks import TemplateWalk, TemplateWalks
from rollcall.templates.catalogue import Catalogue
from rollcall.templates.template import Template

VERSIONS = 20
"""How many versions of a template are shown at once."""


@dataclass(frozen=True)
class TemplatesOverview:
    """The templates of a tenant, and the walks over members that are not known to be finished.

    `preview` is what they would give to a user, None where that was not asked for.
    """

    catalogue: Catalogue
    walks: Sequence[TemplateWalk]
    preview: AccessPreview | None = None

    def waits(self, template: Template) -> bool:
        """Whether the group of a template does not exist yet."""
        return template.group is not None and self.catalogue.group_of(template) is None


@dataclass(frozen=True)
class TemplateHistory:
    """A template, None where it was removed; its versions, the latest first; and its walks.

    Each version has the one before it, None for the first. `rest` is the version before which
    there are more, 0 where there are none.
    """

    name: str
    current: Template | None
    waits: bool
    versions: Sequence[tuple[TemplateVersion, Template | None]]
    walks: Sequence[TemplateWalk]
    rest: int


def read(
    operator: Operator, tenant: str, user: str | None = None, groups: Sequence[str] = ()
) -> TemplatesOverview:
    """Read the templates of a tenant in one round trip, with a preview for a user in three.

    Raises TenantError, and what `template_preview.preview` raises.
    """
    table, is_asked = operator.services.table, bool(user or groups)
    reads: list[Callable[[], Any]] = [
        lambda: operator.services.tenants.show(tenant),
        TemplateItems(table, tenant).read,
        lambda: list(TemplateWalks(table, tenant).unfinished()),
        lambda: template_preview.preview(operator, tenant, user, groups) if is_asked else None,
    ]
    _, current, walks, preview = at_once(reads)
    return TemplatesOverview(Catalogue.of(current), walks, preview)


def read_history(operator: Operator, tenant: str, name: str, before: int = 0) -> TemplateHistory:
    """Read a template and VERSIONS of it, those before a version, in one round trip.

    Raises TenantError, and TemplateError when there has never been one of this name.
    """
    table = operator.services.table
    items = TemplateItems(table, tenant)
    reads: list[Callable[[], Any]] = [
        lambda: operator.services.tenants.show(tenant),
        items.read,
        lambda: items.latest_versions(name, VERSIONS + 1, before),
        lambda: list(TemplateWalks(table, tenant).unfinished(name)),
    ]
    _, current, found, walks = at_once(reads)
    if not found and not before:
        raise TemplateError(f"there has never been a template {name}")
    catalogue = Catalogue.of(current)
    versions = [TemplateVersion(Template.of(content), at, actor) for content, at, actor in found]
    earlier = [*(each.template for each in versions[1:]), None]
    template = catalogue.named(name)
    return TemplateHistory(
        name,
        template,
        template is not None and TemplatesOverview(catalogue, walks).waits(template),
        list(zip(versions, earlier, strict=False))[:VERSIONS],
        walks,
        versions[VERSIONS - 1].template.version if len(versions) > VERSIONS else 0,
    )
