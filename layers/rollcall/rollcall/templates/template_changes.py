"""Setting, removing and explaining the New User Templates of a tenant: the operator's side."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from rollcall.scim.errors import Unavailable
from rollcall.scim.instant import instant
from rollcall.scim.resource_type import Kind
from rollcall.storage import template_items as stored
from rollcall.storage.audit_log import AuditLog
from rollcall.storage.resources import Resources
from rollcall.storage.table import Table
from rollcall.storage.transactions import ConditionFailed
from rollcall.templates.catalogue import Catalogue
from rollcall.templates.template import Template
from rollcall.templates.template_file import TemplateError

MAX_TEMPLATES = 40
"""The templates of one tenant: what every new user and every membership reads stays small."""


_SILENT = AuditLog()


@dataclass(frozen=True)
class Version:
    """A template as it was set once."""

    template: Template
    set_at: str
    actor: str


class TemplateChanges:
    """The templates of one tenant; `actor` is who changes them."""

    def __init__(
        self,
        table: Table,
        tenant: str,
        actor: str = "",
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        *,
        acts: AuditLog = _SILENT,
    ) -> None:
        """`acts` tells the tenant's log of each change."""
        self._table = table
        self._store = stored.TemplateItems(table, tenant)
        self._resources = Resources(table, tenant)
        self._actor = actor
        self._clock = clock
        self._acts = acts

    def catalogue(self) -> Catalogue:
        """Return the templates that apply now."""
        return Catalogue.of(self._store.read())

    def show(self, name: str) -> Template:
        """Return a template. Raises TemplateError when there is none of this name."""
        for template in self.catalogue().templates:
            if template.name == name:
                return template
        raise TemplateError(f"there is no template {name}")

    def history(self, name: str) -> Iterator[Version]:
        """Yield the versions of a template, the first one first."""
        for content, set_at, actor in self._store.history(name):
            yield Version(Template.of(content), set_at, actor)

    def set(self, templates: Sequence[Template]) -> list[Template]:
        """Set templates, all or none, and return them with their versions.

        One that differs from what applies becomes a new version, for the users who come from now
        on; one that does not is left alone. Raises TemplateError.
        """

        def edit(current: dict[str, Template], versions: dict[str, int]) -> None:
            for template in templates:
                before = current.get(template.name)
                if before is None or not before.has_same_content(template):
                    versions[template.name] = versions.get(template.name, 0) + 1
                    current[template.name] = replace(template, version=versions[template.name])

        after = self._edit(edit)
        self.bind()
        return [after[each.name] for each in templates]

    def remove(self, name: str) -> Template:
        """Remove a template; users keep what it gave them. Raises TemplateError."""
        removed: list[Template] = []

        def edit(current: dict[str, Template], _: dict[str, int]) -> None:
            if name not in current:
                raise TemplateError(f"there is no template {name}")
            removed.append(current.pop(name))

        self._edit(edit)
        return removed[-1]

    def bind(self) -> None:
        """Bind the templates whose groups are there already; others are bound when they arrive."""
        catalogue = self.catalogue()
        for template in catalogue.templates:
            if template.group is None or catalogue.group_of(template) is not None:
                continue
            entry, unique = template.group.entry, template.group.unique
            for group in self._resources.find(Kind.GROUP, entry, unique=unique)[:1]:
                self._store.bind(template.group.key, group)

    def _edit(
        self, edit: Callable[[dict[str, Template], dict[str, int]], None]
    ) -> dict[str, Template]:
        """Change the templates and their versions by name, and return them."""
        for _ in self._table.retry.attempts():
            edition = self._store.read()
            current = {each.name: each for each in Catalogue.of(edition).templates}
            versions = dict(edition.versions)
            before = dict(current)
            edit(current, versions)
            if current == before:
                return current
            _check(current, before)
            now = instant(self._clock())
            contents = [each.content for each in current.values()]
            told = self._acts.actions("templates", "", _told(before, current))
            try:
                self._store.change(edition, contents, versions, now, self._actor, told=told)
            except ConditionFailed:
                continue
            return current
        raise Unavailable("the templates of the tenant change too often, try again", status=429)


def _told(before: dict[str, Template], after: dict[str, Template]) -> str:
    """Return what the log says of a change of templates."""
    put = [
        f"{name} version {each.version} set"
        for name, each in after.items()
        if before.get(name) != each
    ]
    return ", ".join([*put, *(f"{name} removed" for name in before if name not in after)])


def _check(templates: dict[str, Template], before: dict[str, Template]) -> None:
    """Refuse templates that cannot be beside each other."""
    if len(templates) > MAX_TEMPLATES:
        raise TemplateError(f"a tenant has at most {MAX_TEMPLATES} templates")
    everyone = [name for name, each in templates.items() if each.group is None]
    if len(everyone) > 1:
        first, other = sorted(everyone, key=lambda name: name not in before)[:2]
        raise TemplateError(
            f"template {other}: template {first} applies to all users already, and only one can; "
            f"remove {first} first, or set this one under its name"
        )
