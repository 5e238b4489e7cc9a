"""What a product knows of somebody who signs in, and asks with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rollcall.scim.errors import InvalidSyntaxException, InvalidValueException

MAX_LENGTH = 1_000
"""The characters of a value."""

_ATTRIBUTES = {
    "id": "id",
    "externalId": "external_id",
    "userName": "user_name",
    "email": "email",
}


@dataclass(frozen=True)
class AccessQuestion:
    """Whom a product asks about; what it does not know is empty.

    `id` decides, else `external_id`; `user_name` is weaker, and `email` only counts candidates.
    """

    id: str = ""
    external_id: str = ""
    user_name: str = ""
    email: str = ""

    @classmethod
    def of(cls, payload: Any) -> AccessQuestion:
        """Read the body of a request.

        Raises InvalidSyntaxException when it is no object, or has an attribute that is not known:
        misspelt it would decide nothing. Raises InvalidValueException naming the attribute.
        """
        if not isinstance(payload, dict):
            raise InvalidSyntaxException(detail="the body must be a JSON object")
        if payload.keys() - _ATTRIBUTES.keys() - {"schemas"}:
            raise InvalidSyntaxException(
                detail=f"the body has an attribute that is none of {', '.join(_ATTRIBUTES)}"
            )
        values = {
            field: _text(name, payload[name])
            for name, field in _ATTRIBUTES.items()
            if payload.get(name) is not None
        }
        if not values:
            raise InvalidValueException(detail=f"one of {', '.join(_ATTRIBUTES)} is needed")
        return cls(**values)


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > MAX_LENGTH:
        raise InvalidValueException(
            detail=f"{name} must be a string of 1 to {MAX_LENGTH} characters, not of blanks alone"
        )
    return value
