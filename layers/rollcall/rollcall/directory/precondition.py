"""The If-Match and If-None-Match of a request (RFC 9110 section 13.1), compared weakly."""

from __future__ import annotations

from dataclasses import dataclass

from rollcall.model.record import Record
from rollcall.scim.errors import PreconditionFailedException


@dataclass(frozen=True)
class Precondition:
    """The versions that a request names; None where it does not send the header."""

    if_match: str | None = None
    if_none_match: str | None = None

    def __bool__(self) -> bool:
        """Tell whether the client sent one."""
        return self.if_match is not None or self.if_none_match is not None

    def check(self, record: Record) -> None:
        """Raise PreconditionFailedException unless this version may be changed."""
        self.check_match(record)
        if self.is_current(record):
            raise PreconditionFailedException(detail=f"the version is {record.etag}")

    def check_match(self, record: Record) -> None:
        """Raise PreconditionFailedException unless If-Match names the version of the record."""
        if self.if_match is not None and not _names(self.if_match, record):
            raise PreconditionFailedException(detail=f"the version is {record.etag} now")

    def is_current(self, record: Record) -> bool:
        """Tell whether If-None-Match names the version: the client has it already."""
        return self.if_none_match is not None and _names(self.if_none_match, record)


NO_PRECONDITION = Precondition()


def _names(tags: str, record: Record) -> bool:
    named = {tag.strip().removeprefix("W/") for tag in tags.split(",")}
    return "*" in named or record.etag.removeprefix("W/") in named
