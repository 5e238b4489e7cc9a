"""A New User Template: the users it applies to, and the access that it gives them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from rollcall.scim.indexing import INDEXED, Indexed, IndexEntry
from rollcall.scim.resource_type import Kind

WINDOW_DAYS = 14
"""How many days after its creation a new member of a group still gets the group's template."""

FOREVER, MEMBERSHIP = "forever", "membership"
"""How long a template's grants last: until an operator revokes them, or as the membership does."""


@dataclass(frozen=True)
class Selector:
    """The group that a template is for, by `displayName` or by `externalId`."""

    attribute: str
    value: str

    @property
    def entry(self) -> IndexEntry:
        """The index entry of the value."""
        return self._indexed.entry(self.value)

    @property
    def key(self) -> str:
        """The name under which the group of the selector is stored.

        It has the spelling of earlier releases, which stored templates contain.
        """
        *_, first = self.entry.forms
        return f"{self.attribute}:{first.key}"

    @property
    def unique(self) -> bool:
        """Whether at most one group has the value."""
        return self._indexed.unique

    def selects(self, group: Mapping[str, Any]) -> bool:
        """Tell whether a group's document has the value."""
        values = (value for value in self._indexed.values(group) if isinstance(value, str))
        return self.entry.key in map(self._indexed.fold, values)

    @property
    def _indexed(self) -> Indexed:
        return next(index for index in INDEXED[Kind.GROUP] if index.attribute == self.attribute)

    def __str__(self) -> str:
        return self.value if self.attribute == "displayName" else f"of externalId {self.value}"


@dataclass(frozen=True)
class Template:
    """One version of a template; without a group it is for all new users.

    `areas` maps work areas to access levels, `attributes` names what users get that lack it,
    `window` is in days, `lasts` is FOREVER or MEMBERSHIP. `version` counts from 1, 0 is a template
    that is not stored.
    """

    name: str
    group: Selector | None = None
    areas: Mapping[str, str] = field(default_factory=dict)
    role: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    window: int = WINDOW_DAYS
    version: int = 0
    lasts: str = FOREVER

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> Template:
        """Read what `content` returned."""
        group = content.get("group")
        return cls(**{**content, "group": None if group is None else Selector(*group)})

    @property
    def content(self) -> dict[str, Any]:
        """The template as it is stored."""
        group = None if self.group is None else [self.group.attribute, self.group.value]
        return {
            "name": self.name,
            "group": group,
            "areas": dict(self.areas),
            "role": self.role,
            "attributes": dict(self.attributes),
            "window": self.window,
            "version": self.version,
            **({"lasts": self.lasts} if self.follows else {}),
        }

    @property
    def follows(self) -> bool:
        """Whether its grants hold exactly as long as the membership of the group."""
        return self.lasts == MEMBERSHIP

    @property
    def audience(self) -> str:
        """The users that it applies to, in words."""
        return "all new users" if self.group is None else f"members of the group {self.group}"

    def has_same_content(self, other: Template) -> bool:
        """Tell whether another template is equal but for its version."""
        return replace(self, version=0) == replace(other, version=0)

    def is_open(self, created: str, now: str) -> bool:
        """Tell whether a user created then is still new to this template; instants of RFC 3339."""
        return datetime.fromisoformat(now) <= self.closes(created)

    def closes(self, created: str) -> datetime:
        """Return the end of the window of a user created then."""
        return datetime.fromisoformat(created) + timedelta(days=self.window)
