"""How large an answer may be: Lambda returns six megabytes, with the body as a JSON string."""

from __future__ import annotations

import json
from typing import Any

from rollcall.model.record import members_of
from rollcall.scim.document import MAX_DOCUMENT
from rollcall.scim.errors import TooManyException
from rollcall.scim.resource_type import Kind

MAX_ANSWER = 5_500_000
"""The bytes of a body as Lambda counts them: its 6 291 556, less what surrounds a body."""


def size(resource: Any) -> int:
    """Return the bytes of a resource in an answer, as a JSON string in JSON."""
    body = json.dumps(resource, ensure_ascii=False, separators=(",", ":"))
    return len(json.dumps(body, ensure_ascii=False).encode())


def most_members(base_url: str) -> int:
    """Return how many members fit in an answer with the largest document."""
    element = members_of(base_url, {"0" * 36: Kind.GROUP})
    return (MAX_ANSWER - 2 * MAX_DOCUMENT) // size(element)


def too_many_members(group: str) -> TooManyException:
    """Return the error for a group with too many members; it says how to read them."""
    return TooManyException(
        detail="the group has more members than one answer holds: read it with "
        "excludedAttributes=members, ask for one member with "
        f'filter=id eq "{group}" and members eq "ID", and for all of them in pages with '
        f'/Users?cursor&filter=groups.value eq "{group}"'
    )
