"""The current templates of a tenant, and which users get them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from rollcall.storage.document_item import MemberAccess
from rollcall.storage.template_items import CurrentTemplates
from rollcall.templates.template import Template


@dataclass(frozen=True)
class Catalogue:
    """A tenant's templates in the order of their names, and group ids by selector."""

    templates: tuple[Template, ...] = ()
    bound: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, edition: CurrentTemplates) -> Catalogue:
        """Read the stored templates."""
        templates = sorted(map(Template.of, edition.contents), key=lambda template: template.name)
        return cls(tuple(templates), edition.bound)

    @property
    def everyone(self) -> Template | None:
        """The template for all new users, if there is one."""
        return next((template for template in self.templates if template.group is None), None)

    @property
    def awaited(self) -> dict[str, int]:
        """The versions of the groups' templates by name, which a user created now awaits.

        No user has to wait for a template that follows memberships: every member gets that.
        """
        return {
            template.name: template.version
            for template in self.templates
            if template.group is not None and not template.follows
        }

    def named(self, name: str) -> Template | None:
        """Return the template of a name."""
        return next((template for template in self.templates if template.name == name), None)

    def following(self, group: str) -> list[Template]:
        """Return the templates that give to the members of a group as long as they are members."""
        return [each for each in self.templates if each.follows and self.group_of(each) == group]

    def bound_to(self, group: str, document: Mapping[str, Any]) -> Catalogue:
        """Return the catalogue after binding what selects the group with this document."""
        bound = dict.fromkeys(self.unbound_selectors(document), group)
        return replace(self, bound={**self.bound, **bound})

    def group_of(self, template: Template) -> str | None:
        """Return the id of the group that a template is bound to, None before the group exists."""
        return None if template.group is None else self.bound.get(template.group.key)

    def unbound_selectors(self, group: Mapping[str, Any]) -> list[str]:
        """Return the selectors without a group that select the group with this document."""
        selectors = {
            template.group.key: template.group for template in self.templates if template.group
        }
        return [
            key
            for key, selector in selectors.items()
            if key not in self.bound and selector.selects(group)
        ]

    def grants(self, group: str, user: MemberAccess, template: Template, now: str) -> bool:
        """Tell whether a user who becomes a member of a group now gets a version of a template.

        A user gets it once, in the version that was current when the user was created, and within
        the template's window after that; not if the template follows memberships by now.
        """
        current = self.named(template.name)
        return (
            self.group_of(template) == group
            and (current is None or not current.follows)
            and template.name not in user.access.granted
            and user.access.awaited.get(template.name) == template.version
            and template.is_open(user.created, now)
        )

    def selectors_of(self, group: str) -> list[str]:
        """Return the selectors that are bound to a group."""
        return [key for key, bound in self.bound.items() if bound == group]
