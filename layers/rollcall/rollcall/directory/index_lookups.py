"""The ids that the lookups of a filter's plan find."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from rollcall.directory import template_grants
from rollcall.directory.context import Context
from rollcall.model.planner import ByEntry, ByGroup, ById, ByPrefix, ByWorkArea, Leg
from rollcall.scim.resource_type import Kind


@dataclass(frozen=True)
class IndexLookups:
    """The lookups of one tenant; `members` reads the members of a group, up to a limit."""

    context: Context
    members: Callable[[str], Mapping[str, Kind]]

    def ids(self, kind: Kind, legs: Sequence[Leg]) -> Iterator[str]:
        """Yield the ids that legs find, each once; several unique names are read together."""
        known: list[Iterable[str]] = []
        unique = [leg.entry for leg in legs if isinstance(leg, ByEntry) and leg.unique]
        if len(unique) > 1:
            known.append(self.context.resources.find_many(kind, unique).values())
            legs = [leg for leg in legs if not (isinstance(leg, ByEntry) and leg.unique)]
        seen: set[str] = set()
        for identifier in chain(*known, chain.from_iterable(self._find(kind, leg) for leg in legs)):
            if identifier not in seen:
                seen.add(identifier)
                yield identifier

    def _find(self, kind: Kind, leg: Leg) -> Iterable[str]:
        """Return the ids that a leg finds."""
        resources, memberships = self.context.resources, self.context.memberships
        match leg:
            case ById():
                return [leg.id]
            case ByEntry():
                return resources.find(kind, leg.entry, unique=leg.unique)
            case ByPrefix():
                return resources.with_prefix(kind, leg.entry)
            case ByWorkArea():
                return template_grants.holders(self.context, leg.area)
            case ByGroup():
                return (each for each, of in self.members(leg.id).items() if of is kind)
        return chain(
            memberships.groups_of(Kind.USER, leg.id), memberships.groups_of(Kind.GROUP, leg.id)
        )
