"""How the filter engine compares strings: as claims and lookups do, so that plans find the same."""

from __future__ import annotations

from scim2_models import AttributeBinding, ScimPolicy

from rollcall.scim.case_folding import collapsed, exact, spread
from rollcall.scim.resource_models import MODELS
from rollcall.scim.resource_type import Kind

_GROUP_NAME = f"{MODELS[Kind.GROUP].__schema__}:displayName"


class _Spread(str):
    """A value whose blanks count when parts of it are compared, but not when it is as a whole.

    The engine asks for one form of a value, whatever the operator: `sw`, `co` and `ew` look into
    the string, everything else compares the key.
    """

    __slots__ = ("key",)
    key: str

    def __eq__(self, other: object) -> bool:
        return self.key == _key(other)

    def __ne__(self, other: object) -> bool:
        return self.key != _key(other)

    def __hash__(self) -> int:
        return hash(self.key)

    def __lt__(self, other: str) -> bool:
        return self.key < _key(other)

    def __le__(self, other: str) -> bool:
        return self.key <= _key(other)

    def __gt__(self, other: str) -> bool:
        return self.key > _key(other)

    def __ge__(self, other: str) -> bool:
        return self.key >= _key(other)


def comparable(binding: AttributeBinding, value: str) -> str:
    """Return what the engine is to compare in place of a value of an attribute."""
    if binding.case_exact:
        return exact(value)
    text = value.lower() if value.isascii() else spread(value)  # the same, in half the time
    key = collapsed(text) if binding.urn == _GROUP_NAME else text.strip()
    if key == text:
        return text
    found = _Spread(text)
    found.key = key
    return found


READING = ScimPolicy(unknown=ScimPolicy.Unknown.ignore)
"""How liberally the engine reads a resource that a client sends.

With `comparable` it would try on every text whether that can be compared, which takes four fifths
of the time of reading, and every text can.
"""

WRITING = ScimPolicy(
    unknown=ScimPolicy.Unknown.ignore,
    remove_value_as_filter=ScimPolicy.RemoveValue.apply,
    unmatched_path_filter=ScimPolicy.UnmatchedPathFilter.create,
)
"""How liberally the engine reads and applies steps of a PATCH that compare nothing: as READING, it
does not try on every text whether that can be compared."""

POLICY = ScimPolicy(
    comparison_key=comparable,
    unknown=WRITING.unknown,
    remove_value_as_filter=WRITING.remove_value_as_filter,
    unmatched_path_filter=WRITING.unmatched_path_filter,
)
"""How liberally it reads and applies all others."""

COMPARING = ScimPolicy(comparison_key=comparable)
"""The policy of a block in which filters are evaluated."""


def _key(other: object) -> str:
    return other.key if isinstance(other, _Spread) else str(other)
