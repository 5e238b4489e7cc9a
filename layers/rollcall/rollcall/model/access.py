"""The access of a user in the product, which the extension of the user shows.

It follows from grants, is stored beside the document, and is never written over SCIM.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rollcall.scim.resource_type import ROLLCALL


@dataclass(frozen=True)
class Access:
    """The highest level in each work area, the role, and defaults of attributes.

    `granted` holds the version of each template that granted something, by its name; `awaited` the
    versions of the groups' templates at the user's creation, which a membership may still grant.
    """

    areas: Mapping[str, str] = field(default_factory=dict)
    role: str = ""
    defaults: Mapping[str, str] = field(default_factory=dict)
    granted: Mapping[str, int] = field(default_factory=dict)
    awaited: Mapping[str, int] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Tell whether there is anything to store."""
        return bool(self.granted or self.awaited)

    def complete(self, resource: dict[str, Any]) -> None:
        """Add the defaults that a representation lacks, and the extension."""
        for name, value in self.defaults.items():
            resource.setdefault(name, value)
        extension: dict[str, Any] = {}
        if self.areas:
            extension["workAreas"] = [
                {"value": area, "level": level} for area, level in sorted(self.areas.items())
            ]
        if self.role:
            extension["role"] = self.role
        if extension:
            resource["schemas"] = [*resource["schemas"], ROLLCALL]
            resource[ROLLCALL] = extension


NO_ACCESS = Access()
