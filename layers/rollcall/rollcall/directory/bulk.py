"""Bulk requests (RFC 7644 section 3.7): operations that may refer to each other's results.

An operation is applied after those that it refers to. Where operations refer to each other in a
circle, one resource is created without its reference and completed when the other exists; when one
of them fails, those that refer to it are deleted again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from rollcall.aws import deadline
from rollcall.directory import account_linking
from rollcall.directory.context import Answer, Context
from rollcall.directory.groups import Groups
from rollcall.directory.precondition import Precondition
from rollcall.directory.request_log import target
from rollcall.directory.users import Users
from rollcall.scim import bulk_request
from rollcall.scim.bulk_request import PREFIX, BulkRequest, Operation, RefusedOperation
from rollcall.scim.errors import ConflictException, SCIMException, Unavailable
from rollcall.scim.resource_type import Kind

BULK_RESPONSE = "urn:ietf:params:scim:api:messages:2.0:BulkResponse"

RESERVE = 2.0
"""The seconds that must be left to begin an operation."""

COMPLETION = 0.05
"""The seconds that it takes to complete a resource that was created without a reference."""


class Bulk:
    """Bulk requests on one tenant's directory."""

    def __init__(self, context: Context, users: Users, groups: Groups) -> None:
        self._context = context
        self._users = users
        self._groups = groups

    def run(
        self,
        payload: Any,
        seconds_left: Callable[[], float] = deadline.seconds_left,
        reserve: Callable[[int], None] = lambda _: None,
    ) -> dict[str, Any]:
        """Apply a BulkRequest and return the BulkResponse, in the order of the request.

        Operations for which no time is left are answered with 503 and not applied. `reserve` is
        called with the number of operations beyond the first, before any is applied, and may refuse
        the request. Raises InvalidSyntaxException for what is no BulkRequest,
        PayloadTooLargeException for more than MAX_OPERATIONS.
        """
        request = bulk_request.read(payload, self._context.new_id)
        reserve(max(0, len(request.operations) - 1))
        errors = 0
        for each in request.operations:
            if request.limit and errors >= request.limit:
                break
            if isinstance(each, RefusedOperation):
                each.answer = each.refusal
                errors += 1
                self._context.log.write_refusal(int(each.refusal["status"]), None, "", None)
            elif each.answer is None:
                ordered = request.in_order(each)
                self._apply_all(request, ordered, seconds_left)
                errors += sum(done.failed for done in ordered)
        # Also those after the last one that were applied because others refer to them.
        answers = [each.answer for each in request.operations if each.answer is not None]
        return {"schemas": [BULK_RESPONSE], "Operations": answers}

    def _apply_all(
        self,
        request: BulkRequest,
        ordered: Sequence[Operation],
        seconds_left: Callable[[], float],
    ) -> None:
        """Apply operations in an order in which references come first, except in circles."""
        incomplete: list[Operation] = []
        for each in ordered:
            try:
                referred = request.referred(each)
                if seconds_left() < RESERVE + COMPLETION * len(incomplete):
                    raise Unavailable("no time was left for this operation, send it again")
                _require(referred)
                pending = {PREFIX + str(other.bulk_id) for other in referred if not other.answer}
                data = bulk_request.without(each.data, pending)
                self._apply(request, each, each.method, data)
            except SCIMException as error:
                self._fail(each, error)
            else:
                incomplete += [each] if pending else []
        for each in incomplete:
            try:
                _require(request.referred(each))
                if each.adopted:
                    self._apply(request, each, "PATCH", account_linking.as_patch(each.data))
                else:
                    self._apply(request, each, "PUT", each.data)
            except SCIMException as error:
                self._withdraw(each, error)
        if any(each.failed for each in incomplete):
            self._withdraw_dependent(request, ordered)

    def _withdraw_dependent(self, request: BulkRequest, ordered: Sequence[Operation]) -> None:
        """Delete the rest of a circle that failed, until no resource refers to a missing one."""
        created = [each for each in ordered if not each.failed and each.method == "POST"]
        while broken := [e for e in created if any(other.failed for other in request.referred(e))]:
            for each in broken:
                self._withdraw(each, _missing(request.referred(each)))
            created = [each for each in created if not each.failed]

    def _withdraw(self, operation: Operation, error: SCIMException) -> None:
        """Delete the resource that an operation created, and answer that it failed."""
        try:
            if not operation.adopted:
                # No client has deleted it, so that nothing is kept for one that takes it back.
                context = replace(self._context, grace=0)
                user = operation.kind is Kind.USER
                resources = Users(context) if user else Groups(context)
                resources.delete(operation.identifier)
        except SCIMException as second:
            error = second
        self._fail(operation, error)

    def _apply(self, request: BulkRequest, operation: Operation, method: str, data: Any) -> None:
        identifier = operation.identifier
        if identifier.startswith(PREFIX):
            identifier = request.by_bulk_id[identifier.removeprefix(PREFIX)].identifier
        kind, precondition = operation.kind, Precondition(operation.version)
        data = request.resolved(data)
        status = {"POST": 201, "DELETE": 204}.get(operation.method, 200)
        self._context.log.begin_operation(method, _path(operation), status)
        answer: Answer | None = None
        if method == "POST":
            answer = self._resources(kind).create(data, identifier)
            operation.adopted = answer.record.id != identifier
            operation.identifier = identifier = answer.record.id
        elif method == "PUT":
            answer = self._replace(kind, identifier, data, precondition)
        elif method == "PATCH":
            answer = self._patch(kind, identifier, data, precondition)
        else:
            self._resources(kind).delete(identifier, precondition)
        operation.answer = {
            **bulk_request.named(operation),
            "location": self._location(kind, identifier),
            **({} if answer is None else {"version": answer.record.etag}),
            "status": str(status),
        }

    def _replace(self, kind: Kind, identifier: str, data: Any, version: Precondition) -> Answer:
        if kind is Kind.USER:
            return self._users.replace(identifier, data, version)
        return self._groups.replace(identifier, data, version, members=False)

    def _patch(self, kind: Kind, identifier: str, data: Any, version: Precondition) -> Answer:
        if kind is Kind.USER:
            return self._users.patch(identifier, data, version)
        written = self._groups.patch(identifier, data, version)
        return self._groups.read_written(written, members=False)

    def _resources(self, kind: Kind) -> Users | Groups:
        return self._users if kind is Kind.USER else self._groups

    def _location(self, kind: Kind, identifier: str) -> str:
        return f"{self._context.base_url}{kind.endpoint}/{identifier}"

    def _fail(self, operation: Operation, error: SCIMException) -> None:
        """Answer that an operation failed; all answers but that to a POST have a location."""
        location = None
        if operation.method != "POST" and not operation.identifier.startswith(PREFIX):
            location = self._location(operation.kind, operation.identifier)
        operation.failed = True
        self._context.log.begin_operation(operation.method, _path(operation), error.status)
        identifier = "" if operation.method == "POST" else operation.identifier
        resource = target(operation.kind.endpoint, identifier)
        self._context.log.write_refusal(error.status, error, resource, operation.data)
        operation.answer = bulk_request.failure(bulk_request.named(operation), error, location)


def _path(operation: Operation) -> str:
    return operation.kind.endpoint + ("" if operation.method == "POST" else "/{id}")


def _require(referred: Sequence[Operation]) -> None:
    if any(each.failed for each in referred):
        raise _missing(referred)


def _missing(referred: Sequence[Operation]) -> ConflictException:
    failed = ", ".join(str(each.bulk_id) for each in referred if each.failed)
    return ConflictException(detail=f"bulkId {failed} was not created")
