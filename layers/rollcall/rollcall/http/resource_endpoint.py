"""A path of SCIM as an ASGI application: reads the request, calls the method's function."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from rollcall.directory.directory import Directory
from rollcall.directory.request_log import RequestInfo, target
from rollcall.http import request_body, requests
from rollcall.http.endpoints import Call
from rollcall.http.request_url import base_url
from rollcall.http.routes import ANY, WRITES, Resource
from rollcall.scim.errors import MethodNotAllowed, SCIMException
from rollcall.tenants.authentication import Caller
from rollcall.tenants.tenants import READ_ONLY

OpenDirectory = Callable[[Caller, str, RequestInfo], Directory]
"""Given a caller, the tenant's base URL and what is asked, the tenant's directory."""

_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})


def routes(resources: Iterable[Resource], directory: OpenDirectory) -> list[Route]:
    """Return the routes of resources, below the base path of every tenant."""
    return [
        Route(f"/scim/{{tenant}}/v2{each.path}", ResourceEndpoint(each, directory))
        for each in resources
    ]


class ResourceEndpoint:
    """One path as an ASGI application: reads the request, calls the method's function."""

    def __init__(self, resource: Resource, directory: OpenDirectory) -> None:
        self._resource = resource
        self._directory = directory

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        request = Request(scope, receive)
        response = await self._traced(request)
        if request.method == "HEAD":
            response.body = b""
        await response(scope, receive, send)

    async def _traced(self, request: Request) -> Response:
        """Respond, and leave in the tenant's log what is not there by then."""
        caller: Caller = request.state.caller
        url = base_url(request, caller.tenant)
        asked = requests.asked(request, self._resource.path)
        call = Call(
            directory=self._directory(caller, url, asked),
            base_url=url,
            identifier=request.path_params.get("id", ""),
            parameters=request.query_params,
            precondition=requests.precondition(request),
        )
        status, refusal = 500, None
        try:
            response = await self._respond(request, call)
            status = response.status_code
        except SCIMException as exception:
            status, refusal = exception.status, exception
            raise
        finally:
            await self._tell(call, status, refusal)
        return response

    async def _tell(self, call: Call, status: int, refusal: SCIMException | None) -> None:
        log, about = call.directory.context.log, target(self._resource.path, call.identifier)
        if status >= 400:
            sent = {**dict(call.parameters), "body": call.payload}
            await run_in_threadpool(log.write_refusal, status, refusal, about, sent)
        elif log.is_missing:
            await run_in_threadpool(log.write_success, about, call.ignored)

    async def _respond(self, request: Request, call: Call) -> Response:
        methods = self._resource.methods
        method = "GET" if request.method == "HEAD" else request.method
        endpoint = methods.get(method) or methods.get(ANY)
        if endpoint is None:
            raise MethodNotAllowed(request.method, methods)
        _check_scope(request, method, self._resource)
        call.projection = requests.projection(request.query_params)
        if method in _WITH_BODY and ANY not in methods:
            call.payload = await request_body.read(request, self._resource.max_body)
        response = await run_in_threadpool(endpoint, call)
        if call.ignored:
            request.state.log["ignored"] = _loggable(call.ignored)
        return response


def _check_scope(request: Request, method: str, resource: Resource) -> None:
    """Refuse what a read-only token may not do.

    With 400: identity providers take a 403 for broken credentials and stop the whole job.
    """
    caller: Caller = request.state.caller
    if caller.scope == READ_ONLY and method in WRITES and not resource.searches:
        raise SCIMException(detail="this token is read-only: it reads and searches, and no more")


def _loggable(ignored: Iterable[str]) -> list[str]:
    """Return the names of what was ignored without what a path selects by, which is a value."""
    return [each.partition("[")[0][:100] for each in islice(ignored, 100)]
