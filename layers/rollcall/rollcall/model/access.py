"""The access of a user in the product, which the extension of the user shows.

It follows from grants, is stored beside the document, and is never written over SCIM.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from rollcall.scim.resource_type import ROLLCALL

FollowingGrants: TypeAlias = Mapping[str, Mapping[str, Mapping[str, Any]]]
"""What memberships give as long as they hold: contents of grants by group, and by template."""

_IN_PART = ("following", "lasting")
"""Attributes that are stored only where a membership gives something."""


@dataclass(frozen=True)
class Access:
    """The highest level in each work area, the role, and defaults of attributes.

    `granted` holds the version of each template that gave something forever, by its name; `awaited`
    the versions of the groups' templates at the user's creation, which a membership may still give.
    `following` is what memberships give as long as they hold; where there is any, `lasting` holds
    the `areas` and the `role` without it.
    """

    areas: Mapping[str, str] = field(default_factory=dict)
    role: str = ""
    defaults: Mapping[str, str] = field(default_factory=dict)
    granted: Mapping[str, int] = field(default_factory=dict)
    awaited: Mapping[str, int] = field(default_factory=dict)
    following: FollowingGrants = field(default_factory=dict)
    lasting: Mapping[str, Any] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Tell whether there is anything to store."""
        return bool(self.granted or self.awaited or self.following)

    @property
    def item(self) -> dict[str, Any]:
        """The access as it is stored."""
        values = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {name: value for name, value in values.items() if value or name not in _IN_PART}

    @property
    def without_following(self) -> Access:
        """The access without what memberships give as long as they hold."""
        if not self.following:
            return self
        return replace(self, **self.lasting, following={}, lasting={})

    @property
    def work_areas(self) -> list[dict[str, str]]:
        """The work areas with their levels, as clients get them."""
        return [{"value": area, "level": level} for area, level in sorted(self.areas.items())]

    def complete(self, resource: dict[str, Any]) -> None:
        """Add the defaults that a representation lacks, and the extension.

        A disabled account has no access, as long as it is disabled.
        """
        for name, value in self.defaults.items():
            resource.setdefault(name, value)
        if resource.get("active") is False:
            return
        extension: dict[str, Any] = {}
        if self.areas:
            extension["workAreas"] = self.work_areas
        if self.role:
            extension["role"] = self.role
        if extension:
            resource["schemas"] = [*resource["schemas"], ROLLCALL]
            resource[ROLLCALL] = extension


NO_ACCESS = Access()
