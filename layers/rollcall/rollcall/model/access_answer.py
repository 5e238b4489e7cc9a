"""What a product is told about somebody who signs in."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from rollcall.model.record import Record

ACCESS_ANSWER = "urn:ietf:params:scim:api:messages:rollcall:2.0:AccessAnswer"


class Refused(StrEnum):
    """Why somebody may not sign in."""

    DISABLED = "disabled"
    HELD = "held"
    """The account was deleted, and waits for its end."""
    DELETED = "deleted"
    AMBIGUOUS = "ambiguous"
    """Several accounts are the one that is asked about."""
    OTHER_PERSON = "otherPerson"
    """The userName is that of an account with another externalId."""
    UNPROVEN = "unproven"
    """Only the address is known here, which everybody may give."""
    UNKNOWN = "unknown"


class MatchedBy(StrEnum):
    """By what the account was found; all but a userName are certain."""

    ID = "id"
    EXTERNAL_ID = "externalId"
    USER_NAME = "userName"


@dataclass(frozen=True)
class AccessAnswer:
    """Yes or no, about whom, and why not.

    `record` is the account, `merged` the id that was asked for where the account is another by now.
    `candidates` is how many accounts have the address, None where they were not counted.
    """

    refused: Refused | None = None
    match: MatchedBy | None = None
    record: Record | None = None
    id: str = ""
    merged: str = ""
    candidates: int | None = None

    @property
    def content(self) -> dict[str, Any]:
        """The answer as JSON."""
        content: dict[str, Any] = {"schemas": [ACCESS_ANSWER], "active": self.refused is None}
        if self.refused is not None:
            content["reason"] = self.refused.value
        if self.match is not None:
            content["matchedBy"] = self.match.value
            content["certain"] = self.match is not MatchedBy.USER_NAME
        if identifier := self.record.id if self.record else self.id:
            content["id"] = identifier
        if self.record is not None:
            names = ("userName", "externalId")
            content |= {n: self.record.document[n] for n in names if n in self.record.document}
        if self.merged:
            content["mergedFrom"] = self.merged
        if self.candidates is not None:
            content["candidates"] = self.candidates
        return content | self._access()

    def _access(self) -> dict[str, Any]:
        """What the account may do now: nothing where the answer is no."""
        if self.record is None or self.refused is not None:
            return {"workAreas": []}
        access = self.record.access
        return {"workAreas": access.work_areas} | ({"role": access.role} if access.role else {})
