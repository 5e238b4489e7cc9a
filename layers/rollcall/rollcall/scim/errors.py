"""The errors of the protocol (RFC 7644 section 3.12), one class per status and scimType.

SCIMException              `status`, `scim_type` and `detail`, the sentence for the client
├── InvalidFilterException … UniquenessException      the scimTypes of table 9 and of RFC 9865
├── UnauthorizedException … NotImplementedException   the statuses of table 8
├── MethodNotAllowed       405, with the methods that exist
├── UnsupportedMediaType   415
└── Unavailable            429 or 503, with the seconds after which to try again
    └── TooManyRequests    429, with the limit that was reached

They are not the engine's, because to import those builds all of its models, which modules such as
the storage do not need. `engine_errors` translates the engine's errors.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"


class SCIMException(Exception):  # noqa: N818  # as the engine calls it
    """An error that a client is answered with."""

    status = 400
    scim_type = ""

    def __init__(self, *, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class InvalidFilterException(SCIMException):
    """The filter cannot be parsed, or compares what cannot be compared."""

    scim_type = "invalidFilter"


class TooManyException(SCIMException):
    """The filter yields, or takes, more than the server calculates."""

    scim_type = "tooMany"


class MutabilityException(SCIMException):
    """The change is not compatible with the mutability of the attribute, or with its state."""

    scim_type = "mutability"


class InvalidSyntaxException(SCIMException):
    """The body does not have the structure of the message."""

    scim_type = "invalidSyntax"


class InvalidPathException(SCIMException):
    """The path of an operation is malformed, or names no attribute."""

    scim_type = "invalidPath"


class NoTargetException(SCIMException):
    """The path of an operation selects no value."""

    scim_type = "noTarget"


class InvalidValueException(SCIMException):
    """A required value is missing, or a value is not compatible with the attribute."""

    scim_type = "invalidValue"


class InvalidCursorException(SCIMException):
    """The cursor is invalid, or belongs to another query (RFC 9865 section 2.2)."""

    scim_type = "invalidCursor"


class ExpiredCursorException(SCIMException):
    """The cursor was not used in time (RFC 9865 section 2.2)."""

    scim_type = "expiredCursor"


class InvalidCountException(SCIMException):
    """The count is not in the range that is served (RFC 9865 section 2.2)."""

    scim_type = "invalidCount"


class UnauthorizedException(SCIMException):
    """The token is missing or not accepted."""

    status = 401


class ForbiddenException(SCIMException):
    """The token does not permit the operation."""

    status = 403


class NotFoundException(SCIMException):
    """There is no such resource or endpoint."""

    status = 404


class MethodNotAllowed(SCIMException):
    """The endpoint exists, the method does not (RFC 9110 section 15.5.6)."""

    status = 405

    def __init__(self, method: str, allowed: Iterable[str]) -> None:
        self.allowed = tuple(sorted(allowed))
        super().__init__(detail=f"{method} is not allowed here, only {', '.join(self.allowed)}")


class ConflictException(SCIMException):
    """The request conflicts with the state of the resource."""

    status = 409


class UniquenessException(ConflictException):
    """A value that has to be unique is taken."""

    scim_type = "uniqueness"


class PreconditionFailedException(SCIMException):
    """The resource is not in the version that If-Match names."""

    status = 412


class PayloadTooLargeException(SCIMException):
    """The request, or the resource after it, is too large."""

    status = 413


class UnsupportedMediaType(SCIMException):
    """The body is neither application/scim+json nor application/json (RFC 7644 section 3.1)."""

    status = 415


class NotImplementedException(SCIMException):
    """The operation is not supported."""

    status = 501


class Unavailable(SCIMException):
    """Too many requests at once: this one was not applied; retry after `retry_after` seconds."""

    def __init__(self, detail: str, *, status: int = 503, retry_after: int = 1) -> None:
        self.retry_after = retry_after
        super().__init__(detail=detail)
        self.status = status


class TooManyRequests(Unavailable):
    """More requests in a second than `limit` allows (RFC 6585 section 4)."""

    def __init__(self, detail: str, *, limit: str, retry_after: int) -> None:
        self.limit = limit
        super().__init__(detail, status=429, retry_after=retry_after)


def body(exception: SCIMException) -> dict[str, Any]:
    """Return the error as clients get it (RFC 7644 section 3.12)."""
    content: dict[str, Any] = {"schemas": [ERROR], "status": str(exception.status)}
    if exception.scim_type:
        content["scimType"] = exception.scim_type
    content["detail"] = exception.detail
    return content
