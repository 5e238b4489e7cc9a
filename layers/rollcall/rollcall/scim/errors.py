"""The errors of the protocol (RFC 7644 section 3.12), one class per status and scimType.

SCIMException              the engine's, with `status`, `scim_type` and `detail`
├── InvalidFilter … NoTarget … Uniqueness      re-exported under their short names
├── MethodNotAllowed       405, with the methods that exist
├── UnsupportedMediaType   415
└── Unavailable            429 or 503, with the seconds after which to try again
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic import ValidationError
from scim2_models import (
    ConflictException,
    Error,
    ExpiredCursorException,
    ForbiddenException,
    InvalidCountException,
    InvalidCursorException,
    InvalidFilterException,
    InvalidPathException,
    InvalidSyntaxException,
    InvalidValueException,
    MutabilityException,
    NoTargetException,
    NotFoundException,
    NotImplementedException,
    PayloadTooLargeException,
    PreconditionFailedException,
    SCIMException,
    TooManyException,
    UnauthorizedException,
    UniquenessException,
)


class MethodNotAllowed(SCIMException):
    """The endpoint exists, the method does not (RFC 9110 section 15.5.6)."""

    status = 405

    def __init__(self, method: str, allowed: Iterable[str]) -> None:
        self.allowed = tuple(sorted(allowed))
        super().__init__(detail=f"{method} is not allowed here, only {', '.join(self.allowed)}")


class UnsupportedMediaType(SCIMException):
    """The body is neither application/scim+json nor application/json (RFC 7644 section 3.1)."""

    status = 415


class Unavailable(SCIMException):
    """Too much at once: the request was not applied and may be repeated after `retry_after` s."""

    def __init__(self, detail: str, *, status: int = 503, retry_after: int = 1) -> None:
        self.retry_after = retry_after
        super().__init__(detail=detail)
        self.status = status


ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"


def body(exception: SCIMException) -> dict[str, Any]:
    """Return the error as clients get it (RFC 7644 section 3.12)."""
    content: dict[str, Any] = {"schemas": [ERROR], "status": str(exception.status)}
    if exception.scim_type:
        content["scimType"] = exception.scim_type
    content["detail"] = exception.detail
    return content


def from_validation(error: ValidationError, path: str = "") -> SCIMException:
    """Return the protocol's error for the first mistake that the engine's models found.

    `path` names the attribute when the engine was given the value alone.
    """
    first: Any = error.errors(include_url=False, include_input=False)[0]
    if path:
        return InvalidValueException(detail=f"{path}: {first['msg']}")
    return SCIMException.from_error(Error.from_validation_error(first))


__all__ = [
    "ConflictException",
    "ExpiredCursorException",
    "ForbiddenException",
    "InvalidCountException",
    "InvalidCursorException",
    "InvalidFilterException",
    "InvalidPathException",
    "InvalidSyntaxException",
    "InvalidValueException",
    "MethodNotAllowed",
    "MutabilityException",
    "NoTargetException",
    "NotFoundException",
    "NotImplementedException",
    "PayloadTooLargeException",
    "PreconditionFailedException",
    "SCIMException",
    "TooManyException",
    "UnauthorizedException",
    "Unavailable",
    "UniquenessException",
    "UnsupportedMediaType",
    "body",
    "from_validation",
]
