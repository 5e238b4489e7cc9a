"""Bulk requests (RFC 7644 section 3.7): operations that may refer to each other's results.

Ids are given out before anything is created, so that a `bulkId` is known wherever it is referred
to, and what an operation refers to is done first. Where operations refer to each other in a circle,
one is created without its reference and completed when the other is there; when the other fails,
it is deleted again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rollcall.directory import linking
from rollcall.directory.context import Answer, Context, Precondition
from rollcall.directory.groups import Groups
from rollcall.directory.users import Users
from rollcall.scim import errors
from rollcall.scim.discovery import MAX_OPERATIONS
from rollcall.scim.errors import (
    ConflictException,
    InvalidSyntaxException,
    InvalidValueException,
    MethodNotAllowed,
    NotFoundException,
    PayloadTooLargeException,
    SCIMException,
    Unavailable,
)
from rollcall.scim.resources import Kind

BULK_RESPONSE = "urn:ietf:params:scim:api:messages:2.0:BulkResponse"

RESERVE = 5.0
"""The seconds that must be left for an operation to be begun."""

_METHODS = ("POST", "PUT", "PATCH", "DELETE")
_PATH = re.compile(r"/(Users|Groups)(?:/([^/]+))?/?", re.IGNORECASE)
_PREFIX = "bulkId:"
_SELECTED = re.compile(r'"bulkId:([^"\\]+)"')
"""A reference as the whole of a string, and one in quotes inside of a path's selection."""


@dataclass
class _Operation:
    """One operation, read. `identifier` is what it is about: that of a POST is given out here.

    `adopted` says that a POST did not create an account but link one.
    """

    method: str
    kind: Kind
    identifier: str
    bulk_id: str | None
    precondition: Precondition
    data: Any
    answer: dict[str, Any] | None = None
    failed: bool = False
    adopted: bool = False


@dataclass
class _Batch:
    """The operations of one request, and what has come of them."""

    operations: list[_Operation | dict[str, Any]]
    by_bulk_id: dict[str, _Operation]
    begun: list[_Operation] = field(default_factory=list)
    incomplete: list[_Operation] = field(default_factory=list)
    errors: int = 0


class Bulk:
    """Bulk requests on one tenant's directory."""

    def __init__(self, context: Context, users: Users, groups: Groups) -> None:
        self._context = context
        self._resources: dict[Kind, Users | Groups] = {Kind.USER: users, Kind.GROUP: groups}

    def run(self, payload: Any, seconds_left: Callable[[], float]) -> dict[str, Any]:
        """Carry out a BulkRequest and return the BulkResponse, in the order of the request.

        Operations that are not begun because no time is left are answered with 503 and not done
        at all. Raises InvalidSyntaxException for what is no BulkRequest, PayloadTooLargeException
        for more than MAX_OPERATIONS.
        """
        limit, raw = _request(payload)
        batch = self._read(raw)
        answers = []
        for each in batch.operations:
            if limit and batch.errors >= limit:
                break
            if isinstance(each, _Operation):
                self._carry_out(batch, each, seconds_left)
                self._complete(batch)
                answers.append(each.answer)
            else:
                answers.append(each)
        return {"schemas": [BULK_RESPONSE], "Operations": answers}

    def _read(self, raw: Sequence[Any]) -> _Batch:
        batch = _Batch([], {})
        for number, each in enumerate(raw):
            try:
                operation = self._operation(each, number)
                if operation.bulk_id in batch.by_bulk_id:
                    raise InvalidValueException(detail=f"bulkId {operation.bulk_id} stands twice")
            except SCIMException as error:
                batch.errors += 1
                batch.operations.append(_failure(each if isinstance(each, dict) else {}, error))
                continue
            batch.operations.append(operation)
            if operation.bulk_id is not None:
                batch.by_bulk_id[operation.bulk_id] = operation
        return batch

    def _operation(self, raw: Any, number: int) -> _Operation:
        where = f"Operations[{number}]"
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
        return _Operation(
            method,
            Kind.USER if found[1].lower() == "users" else Kind.GROUP,
            found[2] or self._context.new_id(),
            bulk_id if method == "POST" else None,
            Precondition(version if isinstance(version, str) else None),
            raw.get("data"),
        )

    def _carry_out(
        self, batch: _Batch, operation: _Operation, seconds_left: Callable[[], float]
    ) -> None:
        """Do an operation, those that it refers to first."""
        if operation.answer is not None or operation in batch.begun:
            return
        batch.begun.append(operation)
        try:
            referred = [_referred(batch, each) for each in _references(operation)]
            for other in referred:
                self._carry_out(batch, other, seconds_left)
            if seconds_left() < RESERVE:
                raise Unavailable("no time was left for this operation, send it again")
            _require(referred)
            pending = {_PREFIX + str(each.bulk_id) for each in referred if each.answer is None}
            if pending and operation.method == "POST":
                batch.incomplete.append(operation)
            self._apply(batch, operation, operation.method, _without(operation.data, pending))
        except SCIMException as error:
            self._fail(batch, operation, error)
        finally:
            batch.begun.remove(operation)

    def _complete(self, batch: _Batch) -> None:
        """Give the operations of a circle the references that they were done without."""
        for operation in batch.incomplete:
            if operation.failed:
                continue
            try:
                _require([_referred(batch, each) for each in _references(operation)])
                if operation.adopted:
                    self._apply(batch, operation, "PATCH", linking.overlay(operation.data))
                else:
                    self._apply(batch, operation, "PUT", operation.data)
            except SCIMException as error:
                if not operation.adopted:
                    self._resources[operation.kind].delete(operation.identifier)
                self._fail(batch, operation, error)
        batch.incomplete.clear()

    def _apply(self, batch: _Batch, operation: _Operation, method: str, data: Any) -> None:
        identifier = operation.identifier
        if identifier.startswith(_PREFIX):
            identifier = _referred(batch, identifier.removeprefix(_PREFIX)).identifier
        data = _resolved(data, batch.by_bulk_id)
        status = 201 if operation.method == "POST" else 200
        resources, precondition = self._resources[operation.kind], operation.precondition
        answer: Answer | None = None
        if method == "POST":
            answer = resources.create(data, identifier)
            operation.adopted = answer.record.id != identifier
            operation.identifier = identifier = answer.record.id
        elif method == "PUT":
            answer = resources.replace(identifier, data, precondition)
        elif method == "PATCH":
            resources.patch(identifier, data, precondition)
            answer = resources.read(identifier)
        else:
            resources.delete(identifier, precondition)
            status = 204
        operation.answer = {
            **_named(operation),
            "location": f"{self._context.base_url}{operation.kind.endpoint}/{identifier}",
            **({} if answer is None else {"version": answer.record.etag}),
            "status": str(status),
        }

    def _fail(self, batch: _Batch, operation: _Operation, error: SCIMException) -> None:
        batch.errors += 1
        operation.failed = True
        operation.answer = _failure(_named(operation), error)


def _request(payload: Any) -> tuple[int, list[Any]]:
    """Return failOnErrors, 0 for none, and the operations of a BulkRequest."""
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
    return limit or 0, operations


def _named(operation: _Operation) -> dict[str, Any]:
    named = {"method": operation.method}
    return named if operation.bulk_id is None else {**named, "bulkId": operation.bulk_id}


def _failure(raw: Mapping[str, Any], error: SCIMException) -> dict[str, Any]:
    """Return the answer to an operation that failed, with what names it in the request."""
    named = {key: raw[key] for key in ("method", "bulkId") if isinstance(raw.get(key), str)}
    return {**named, "status": str(error.status), "response": errors.body(error)}


def _references(operation: _Operation) -> list[str]:
    """Return the bulkIds that an operation refers to, in its path and anywhere in its data."""
    found: dict[str, None] = {}
    for text in (operation.identifier, *_strings(operation.data)):
        if text.startswith(_PREFIX):
            found[text.removeprefix(_PREFIX)] = None
        found.update(dict.fromkeys(_SELECTED.findall(text)))
    return list(found)


def _strings(data: Any) -> Iterator[str]:
    if isinstance(data, str):
        yield data
    elif isinstance(data, Mapping):
        for each in data.values():
            yield from _strings(each)
    elif isinstance(data, list):
        for each in data:
            yield from _strings(each)


def _referred(batch: _Batch, bulk_id: str) -> _Operation:
    if bulk_id not in batch.by_bulk_id:
        raise InvalidValueException(detail=f"no operation has the bulkId {bulk_id}")
    return batch.by_bulk_id[bulk_id]


def _require(referred: Sequence[_Operation]) -> None:
    failed = [str(each.bulk_id) for each in referred if each.failed]
    if failed:
        raise ConflictException(detail=f"bulkId {', '.join(failed)} was not created")


def _resolved(data: Any, known: Mapping[str, _Operation]) -> Any:
    """Return data with the ids in the place of references."""
    if isinstance(data, str):
        if data.startswith(_PREFIX):
            return known[data.removeprefix(_PREFIX)].identifier
        return _SELECTED.sub(lambda found: f'"{known[found[1]].identifier}"', data)
    if isinstance(data, Mapping):
        return {key: _resolved(each, known) for key, each in data.items()}
    return [_resolved(each, known) for each in data] if isinstance(data, list) else data


def _without(data: Any, pending: set[str]) -> Any:
    """Return data without the values that refer to what is not there yet."""
    if isinstance(data, Mapping):
        kept = {key: _without(each, pending) for key, each in data.items()}
        return {key: each for key, each in kept.items() if not _is_pending(each, pending)}
    if isinstance(data, list):
        elements = [_without(each, pending) for each in data if not _is_pending(each, pending)]
        return [each for each in elements if each != {}]
    return data


def _is_pending(value: Any, pending: set[str]) -> bool:
    return isinstance(value, str) and value in pending
