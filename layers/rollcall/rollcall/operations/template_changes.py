"""The New User Templates of a tenant: read from a file, set, listed, shown and removed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rollcall.directory.context import Context
from rollcall.operations.operator import Operator
from rollcall.reconcile.files import text_file
from rollcall.scim.errors import Unavailable
from rollcall.scim.instant import instant
from rollcall.scim.resource_type import Kind
from rollcall.storage.resources import Resources
from rollcall.storage.template_items import TemplateItems
from rollcall.storage.transactions import Action, ConditionFailed
from rollcall.templates import template_file, yaml_text
from rollcall.templates.catalogue import Catalogue
from rollcall.templates.template import WINDOW_DAYS, Template
from rollcall.templates.template_file import MAX_WINDOW, TemplateError
from rollcall.templates.template_source import plain, source

__all__ = [
    "MAX_WINDOW",
    "WINDOW_DAYS",
    "Catalogue",
    "Template",
    "TemplateChange",
    "TemplateError",
    "TemplateVersion",
    "bind",
    "history",
    "list_templates",
    "plain",
    "read",
    "read_file",
    "read_text",
    "remove",
    "set_templates",
    "show",
    "source",
]

MAX_TEMPLATES = 40
"""The maximum number of templates of a tenant: each new user and each membership reads them all."""


@dataclass(frozen=True)
class TemplateVersion:
    """A version of a template: when it was set, and by which actor."""

    template: Template
    set_at: str
    actor: str


@dataclass(frozen=True)
class TemplateChange:
    """A template before and after it is set; `before` is None for a new one."""

    before: Template | None
    after: Template

    @property
    def is_new_version(self) -> bool:
        """Whether the template differs from its version before."""
        return self.before is None or not self.before.has_same_content(self.after)


def read_file(operator: Operator, path: Path, window: int = WINDOW_DAYS) -> list[Template]:
    """Return the templates of a file in YAML or JSON, `-` for standard input.

    `window` is for templates that do not name their own. Raises TemplateError, InputError.
    """
    with text_file.open_text(path) as file:
        return read_text(operator, file.head(yaml_text.MAX_CHARACTERS + 1), file.name, window)


def read_text(
    operator: Operator, text: str, name: str, window: int = WINDOW_DAYS
) -> list[Template]:
    """Return the templates of a text in YAML or JSON; `name` is what errors call it.

    Raises TemplateError, with the line and the attribute of each mistake.
    """
    parsed, lines = yaml_text.read_with_lines(text, name)
    return template_file.read(parsed, operator.services.settings.access_levels, window, lines)


def read(operator: Operator, tenant: str) -> Catalogue:
    """Return the templates that apply now. Raises TenantError for an unknown tenant."""
    operator.services.tenants.show(tenant)
    return _catalogue(operator, tenant)


def list_templates(operator: Operator, tenant: str) -> Catalogue:
    """Return the templates that apply now, after binding them to the groups that exist."""
    operator.services.tenants.show(tenant)
    bind(operator, tenant)
    return _catalogue(operator, tenant)


def show(operator: Operator, tenant: str, name: str) -> Template:
    """Return a template. Raises TemplateError when there is none of this name."""
    for template in read(operator, tenant).templates:
        if template.name == name:
            return template
    raise TemplateError(f"there is no template {name}")


def history(operator: Operator, tenant: str, name: str) -> list[TemplateVersion]:
    """Return the versions of a template, the first one first.

    Raises TemplateError when there has never been one of this name.
    """
    operator.services.tenants.show(tenant)
    versions = [
        TemplateVersion(Template.of(content), set_at, actor)
        for content, set_at, actor in _items(operator, tenant).history(name)
    ]
    if not versions:
        raise TemplateError(f"there has never been a template {name}")
    return versions


def set_templates(
    operator: Operator, tenant: str, templates: Sequence[Template], *, dry_run: bool = False
) -> list[TemplateChange]:
    """Set templates, all or none; return each before and after.

    A template that differs from the one of its name becomes its next version, for the users who are
    created from now on; others are left alone. Where it follows memberships, walks are noted that
    bring the members to it. Raises TemplateError.
    """
    operator.services.tenants.show(tenant)
    if dry_run:
        before = _by_name(_catalogue(operator, tenant))
        return [TemplateChange(before.get(template.name), template) for template in templates]

    def edit(current: dict[str, Template], versions: dict[str, int]) -> None:
        _set(templates, current, versions)

    before, after = _edit(operator, tenant, edit)
    bind(operator, tenant)
    return [
        TemplateChange(before.get(template.name), after[template.name]) for template in templates
    ]


def replace_all(operator: Operator, tenant: str, templates: Sequence[Template], act: str) -> None:
    """Make these the templates that apply, as the act that has closed the tenant.

    Where they differ from the present ones they become new versions; others are removed.
    """

    def edit(current: dict[str, Template], versions: dict[str, int]) -> None:
        _set(templates, current, versions)
        for name in current.keys() - {template.name for template in templates}:
            del current[name]

    _edit(operator, tenant, edit, act)
    bind(operator, tenant, act)


def _set(
    templates: Sequence[Template], current: dict[str, Template], versions: dict[str, int]
) -> None:
    """Set templates; one that differs from the one of its name becomes its next version."""
    for template in templates:
        before = current.get(template.name)
        if before is None or not before.has_same_content(template):
            versions[template.name] = versions.get(template.name, 0) + 1
            current[template.name] = replace(template, version=versions[template.name])


def remove(operator: Operator, tenant: str, name: str) -> None:
    """Remove a template; users keep what it gave them forever. Raises TemplateError."""
    operator.services.tenants.show(tenant)

    def edit(current: dict[str, Template], _: dict[str, int]) -> None:
        if name not in current:
            raise TemplateError(f"there is no template {name}")
        del current[name]

    _edit(operator, tenant, edit)


def bind(operator: Operator, tenant: str, act: str = "") -> None:
    """Bind templates to the groups that exist; the others are bound when their group is created.

    Raises TenantError where another act than `act` has closed the tenant.
    """
    context = operator.context(tenant, act)
    items, catalogue = _items(operator, tenant), _catalogue(operator, tenant)
    resources = Resources(operator.services.table, tenant)
    for template in catalogue.templates:
        if template.group is None or catalogue.group_of(template) is not None:
            continue
        entry, unique = template.group.entry, template.group.unique
        for group in resources.find(Kind.GROUP, entry, unique=unique)[:1]:
            selected = [each for each in catalogue.templates if each.group == template.group]
            walks = [_walk(context, each.name, group) for each in selected if each.follows]
            items.bind(template.group.key, group, walks)


def _items(operator: Operator, tenant: str) -> TemplateItems:
    return TemplateItems(operator.services.table, tenant)


def _catalogue(operator: Operator, tenant: str) -> Catalogue:
    return Catalogue.of(_items(operator, tenant).read())


def _by_name(catalogue: Catalogue) -> dict[str, Template]:
    return {template.name: template for template in catalogue.templates}


def _edit(
    operator: Operator,
    tenant: str,
    edit: Callable[[dict[str, Template], dict[str, int]], None],
    act: str = "",
) -> tuple[dict[str, Template], dict[str, Template]]:
    """Change the templates and their versions; return the templates before and after by name."""
    services, items = operator.services, _items(operator, tenant)
    context = operator.context(tenant, act)
    log = operator.audit_log(tenant)
    for _ in services.table.retry.attempts():
        current = items.read()
        before, versions = _by_name(Catalogue.of(current)), dict(current.versions)
        after = dict(before)
        edit(after, versions)
        if after == before:
            return before, after
        _check(after, before)
        contents = [template.content for template in after.values()]
        entry = log.actions("templates", "", _detail(before, after))
        walks = _walks(context, Catalogue.of(current), after)
        now = instant(services.clock())
        others = [*entry, *walks]
        try:
            items.change(current, contents, versions, now, operator.actor.public, others=others)
        except ConditionFailed:
            continue
        return before, after
    raise Unavailable("the templates of the tenant change too often, try again", status=429)


def _walks(context: Context, catalogue: Catalogue, after: Mapping[str, Template]) -> list[Action]:
    """Return the actions that note walks over the members for whom a change of templates counts."""
    before = _by_name(catalogue)
    changed = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    pairs = {
        (name, group)
        for name in changed
        for template in (before.get(name), after.get(name))
        if template is not None
        and template.follows
        and (group := catalogue.group_of(template)) is not None
    }
    return [_walk(context, name, group) for name, group in sorted(pairs)]


def _walk(context: Context, template: str, group: str) -> Action:
    return context.template_walks.start(template, group, context.now(), context.actor)


def _detail(before: dict[str, Template], after: dict[str, Template]) -> str:
    """Return the log's detail of a change: names and versions."""
    changes = [
        f"{name} version {template.version} set"
        for name, template in after.items()
        if before.get(name) != template
    ]
    changes += [f"{name} removed" for name in before if name not in after]
    return ", ".join(changes)


def _check(templates: dict[str, Template], before: dict[str, Template]) -> None:
    """Raise TemplateError for too many templates, and for two that apply to all users."""
    if len(templates) > MAX_TEMPLATES:
        raise TemplateError(f"a tenant has at most {MAX_TEMPLATES} templates")
    for_all = [name for name, template in templates.items() if template.group is None]
    if len(for_all) > 1:
        first, other = sorted(for_all, key=lambda name: name not in before)[:2]
        raise TemplateError(
            f"template {other}: template {first} applies to all users already, and only one can; "
            f"remove {first} first, or set this one under its name"
        )
