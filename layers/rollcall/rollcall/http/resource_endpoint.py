"""A path of SCIM as an ASGI application."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from rollcall.directory.directory import Directory
from rollcall.directory.request_log import RequestInfo, target
from rollcall.http import endpoints, request_body, requests, worker
from rollcall.http.endpoints import Call
from rollcall.http.request_url import base_url
from rollcall.http.routes import ANY, Resource, RouteMethod
from rollcall.scim.errors import MethodNotAllowed, SCIMException
from rollcall.tenants.authentication import Caller
from rollcall.tenants.tenants import READ_ONLY

OpenDirectory = Callable[[Caller, str, RequestInfo], Directory]
"""Returns the directory of a caller's tenant, for its base URL and a request."""

_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
_WRITES = _WITH_BODY | {"DELETE"}


def routes(resources: Iterable[Resource], open_directory: OpenDirectory) -> list[Route]:
    """Return the routes of resources, below the base path of every tenant."""
    return [
        Route(f"/scim/{{tenant}}/v2{each.path}", ResourceEndpoint(each, open_directory))
        for each in resources
    ]


class ResourceEndpoint:
    """One path as an ASGI application: reads the request and calls the method's function."""

    def __init__(self, resource: Resource, open_directory: OpenDirectory) -> None:
        self._resource = resource
        self._open_directory = open_directory

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        request = Request(scope, receive)
        method = "GET" if request.method == "HEAD" else request.method
        operation = self._resource.operation(method)
        call = self._call(request, operation)
        status, refusal = 500, None
        try:
            response = await self._respond(request, method, operation, call)
            status = response.status_code
        except SCIMException as exception:
            status, refusal = exception.status, exception
            raise
        finally:
            await self._log(scope, call, status, refusal)
        if request.method == "HEAD":
            response.body = b""
        await response(scope, receive, send)

    def _call(self, request: Request, operation: RouteMethod | None) -> Call:
        """Return the call of a request, without its body and its projection."""
        caller: Caller = request.state.caller
        operation = operation or RouteMethod(endpoints.not_found)
        status = operation.status
        if operation.status_with_attributes and requests.names_attributes(request.query_params):
            status = operation.status_with_attributes
        request_id: str = request.state.log["request_id"]
        info = RequestInfo(
            request_id,
            request.method,
            self._resource.path,
            status,
            operation.writes,
            request.state.charge,
        )
        return Call(
            directory=self._open_directory(caller, base_url(request, caller.tenant), info),
            kinds=self._resource.kinds,
            status=status,
            identifier=request.path_params.get("id", ""),
            parameters=request.query_params,
            precondition=requests.precondition(request),
            reserve=request.state.reserve,
        )

    async def _respond(
        self, request: Request, method: str, operation: RouteMethod | None, call: Call
    ) -> Response:
        if operation is None:
            raise MethodNotAllowed(request.method, self._resource.methods)
        _check_scope(request, operation)
        call.projection = requests.projection(request.query_params)
        if method in _WITH_BODY and ANY not in self._resource.methods:
            call.payload = await request_body.read(request, self._resource.max_body)
        response = await worker.run(request.scope, operation.endpoint, call)
        if call.ignored:
            request.state.log["ignored"] = _loggable(call.ignored)
        return response

    async def _log(
        self, scope: Scope, call: Call, status: int, refusal: SCIMException | None
    ) -> None:
        """Write the entry in the tenant's log, unless a transaction has written it."""
        log, resource = call.directory.context.log, target(self._resource.path, call.identifier)
        if status >= 400:
            sent = {**dict(call.parameters), "body": call.payload}
            await worker.run(scope, log.write_refusal, status, refusal, resource, sent)
        elif log.is_missing:
            await worker.run(scope, log.write_success, resource, call.ignored)


def _check_scope(request: Request, operation: RouteMethod) -> None:
    """Refuse a write with a read-only token.

    The status is 400: identity providers read 403 as wrong credentials and stop the whole job.
    """
    caller: Caller = request.state.caller
    if caller.scope == READ_ONLY and operation.writes and request.method in _WRITES:
        raise SCIMException(detail="this token is read-only: it reads and searches, and no more")


def _loggable(ignored: Iterable[str]) -> list[str]:
    """Return the ignored names and paths, without selections, which contain values."""
    return [each.partition("[")[0][:100] for each in islice(ignored, 100)]
