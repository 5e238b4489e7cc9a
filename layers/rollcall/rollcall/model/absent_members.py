"""A tenant's policy for a PUT of a group without `members`."""

from __future__ import annotations

from enum import StrEnum


class AbsentMembers(StrEnum):
    """What a PUT of a group that says nothing of its members does with them.

    RFC 7644 section 3.5.1 leaves it open. Clients that state the whole group each time, Keycloak's
    plugin say, leave `members` out when the last one goes; others leave it out to rename a group.
    """

    KEEP = "keep"
    CLEAR = "clear"
