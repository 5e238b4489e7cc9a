"""A BulkRequest (RFC 7644 section 3.7): its operations, and how they refer to each other's results.

New resources get their ids when it is read, so that each `bulkId` can be resolved.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from rollcall.scim import errors
from rollcall.scim.discovery import MAX_OPERATIONS
from rollcall.scim.errors import (
    InvalidSyntaxException,
    InvalidValueException,
    MethodNotAllowed,
    NotFoundException,
    PayloadTooLargeException,
    SCIMException,
)
from rollcall.scim.resource_type import Kind

PREFIX = "bulkId:"

_METHODS = ("POST", "PUT", "PATCH", "DELETE")
_PATH = re.compile(r"/(Users|Groups)(?:/([^/]+))?/?", re.IGNORECASE)
_SELECTED = re.compile(
    r"""(?:"bulkId:[^"\\]+"|(?<=\beq )(?:'bulkId:[^'\\]+'|bulkId:[^\s"'()\[\]\\]+))"""
)
"""A reference inside of a path's selection, quoted in any way that paths take; elsewhere it is the
whole of a string."""


@dataclass
class Operation:
    """One operation on the resource with the id `identifier`; for a POST, the id is a new one.

    `adopted` tells that a POST linked an existing account instead of creating one.
    """

    method: str
    kind: Kind
    identifier: str
    bulk_id: str | None
    version: str | None
    data: Any
    answer: dict[str, Any] | None = None
    failed: bool = False
    adopted: bool = False

    @cached_property
    def references(self) -> list[str]:
        """The bulkIds that it refers to, in its path and anywhere in its data."""
        found: dict[str, None] = {}
        for text in (self.identifier, *_strings(self.data)):
            if text.startswith(PREFIX):
                found[text.removeprefix(PREFIX)] = None
            found.update((_selected(each), None) for each in _SELECTED.findall(text))
        return list(found)


@dataclass
class RefusedOperation:
    """An invalid operation, whose answer is known from the beginning."""

    refusal: dict[str, Any]
    answer: dict[str, Any] | None = None


@dataclass
class BulkRequest:
    """The operations of one request; `limit` is failOnErrors, 0 for none."""

    limit: int
    operations: list[Operation | RefusedOperation] = field(default_factory=list)
    by_bulk_id: dict[str, Operation] = field(default_factory=dict)

    def referred(self, operation: Operation) -> list[Operation]:
        """Return the operations that one refers to. Raises InvalidValueException."""
        names = operation.references
        for each in names:
            if each not in self.by_bulk_id:
                raise InvalidValueException(detail=f"no operation has the bulkId {each}")
        return [self.by_bulk_id[each] for each in names]

    def in_order(self, operation: Operation) -> list[Operation]:
        """Return the operations to apply for one, each after those that it refers to, itself last.

        Without recursion, since a chain of references may be as long as a request. In a circle of
        references, an operation that was visited is not visited again.
        """
        ordered: list[Operation] = []
        visited = {id(operation)}
        path = [(operation, iter(operation.references))]
        while path:
            current, references = path[-1]
            named = (self.by_bulk_id[each] for each in references if each in self.by_bulk_id)
            ahead = next((e for e in named if e.answer is None and id(e) not in visited), None)
            if ahead is None:
                ordered.append(current)
                path.pop()
            else:
                visited.add(id(ahead))
                path.append((ahead, iter(ahead.references)))
        return ordered

    def resolved(self, data: Any) -> Any:
        """Return data with its references replaced by ids."""
        if isinstance(data, str):
            if data.startswith(PREFIX):
                return self.by_bulk_id[data.removeprefix(PREFIX)].identifier
            return _SELECTED.sub(
                lambda of: f'"{self.by_bulk_id[_selected(of[0])].identifier}"', data
            )
        if isinstance(data, Mapping):
            return {key: self.resolved(each) for key, each in data.items()}
        return [self.resolved(each) for each in data] if isinstance(data, list) else data


def read(payload: Any, new_id: Callable[[], str]) -> BulkRequest:
    """Read a BulkRequest; an operation that is wrong is refused alone.

    Raises InvalidSyntaxException for what is no BulkRequest, PayloadTooLargeException for more than
    MAX_OPERATIONS, InvalidValueException for failOnErrors.
    """
    if not isinstance(payload, dict):
        raise InvalidSyntaxException(detail="the body must be a JSON object")
    body = {key.lower(): value for key, value in payload.items()}
    limit, operations = body.get("failonerrors"), body.get("operations")
    if limit is not None and (type(limit) is not int or limit < 1):
        raise InvalidValueException(detail="failOnErrors must be a whole number above 0")
    if not isinstance(operations, list) or not operations:
        raise InvalidSyntaxException(detail="Operations must be an array of one or more objects")
    if len(operations) > MAX_OPERATIONS:
        raise PayloadTooLargeException(detail=f"a bulk request has at most {MAX_OPERATIONS} parts")
    request = BulkRequest(limit or 0)
    for number, raw in enumerate(operations):
        try:
            operation = _operation(raw, f"Operations[{number}]", new_id)
            if operation.method == "POST":
                if operation.bulk_id in request.by_bulk_id:
                    raise InvalidValueException(detail=f"bulkId {operation.bulk_id} stands twice")
                request.by_bulk_id[str(operation.bulk_id)] = operation
            request.operations.append(operation)
        except SCIMException as error:
            named = raw if isinstance(raw, dict) else {}
            request.operations.append(RefusedOperation(failure(named, error)))
    return request


def _operation(raw: Any, where: str, new_id: Callable[[], str]) -> Operation:
    if not isinstance(raw, dict):
        raise InvalidSyntaxException(detail=f"{where} must be an object")
    method, path = raw.get("method"), raw.get("path")
    if not isinstance(method, str) or method.upper() not in _METHODS:
        raise InvalidSyntaxException(detail=f"{where}.method must be {', '.join(_METHODS)}")
    method = method.upper()
    found = _PATH.fullmatch(path) if isinstance(path, str) else None
    if found is None:
        raise NotFoundException(detail=f"{where}.path must be /Users or /Groups, and an id")
    if (method == "POST") == bool(found[2]):
        raise MethodNotAllowed(method, {"POST"} if not found[2] else set(_METHODS[1:]))
    bulk_id, version = raw.get("bulkId"), raw.get("version")
    if method == "POST" and not (isinstance(bulk_id, str) and bulk_id):
        raise InvalidValueException(detail=f"{where}.bulkId is required for POST")
    if version is not None and not isinstance(version, str):
        raise InvalidValueException(detail=f"{where}.version must be a string")
    return Operation(
        method,
        Kind.USER if found[1].lower() == "users" else Kind.GROUP,
        found[2] or new_id(),
        bulk_id if isinstance(bulk_id, str) else None,
        version,
        raw.get("data"),
    )


def named(operation: Operation) -> dict[str, Any]:
    """Return the members of an answer that name its operation."""
    given = {"method": operation.method, "bulkId": operation.bulk_id}
    return {key: value for key, value in given.items() if value is not None}


def failure(
    given: Mapping[str, Any], error: SCIMException, location: str | None = None
) -> dict[str, Any]:
    """Return the answer to an operation that failed, with what names it in the request."""
    known = {key: given[key] for key in ("method", "bulkId") if isinstance(given.get(key), str)}
    located = {} if location is None else {"location": location}
    return {**known, **located, "status": str(error.status), "response": errors.body(error)}


def without(data: Any, pending: set[str]) -> Any:
    """Return data without references to resources that do not exist yet."""
    if isinstance(data, Mapping):
        kept = {key: without(each, pending) for key, each in data.items()}
        return {key: each for key, each in kept.items() if not _is_pending(each, pending)}
    if isinstance(data, list):
        elements = [without(each, pending) for each in data if not _is_pending(each, pending)]
        return [each for each in elements if each != {}]
    return data


def _selected(reference: str) -> str:
    """Return the bulkId that a reference in a selection names."""
    return reference.strip("\"'").removeprefix(PREFIX)


def _is_pending(value: Any, pending: set[str]) -> bool:
    return isinstance(value, str) and value in pending


def _strings(data: Any) -> Iterator[str]:
    if isinstance(data, str):
        yield data
    elif isinstance(data, Mapping):
        for each in data.values():
            yield from _strings(each)
    elif isinstance(data, list):
        for each in data:
            yield from _strings(each)
