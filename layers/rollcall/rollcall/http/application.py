"""The ASGI application: routes, middleware and errors in one expression."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice
from math import inf
from typing import cast

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from rollcall.directory.directory import Directory
from rollcall.http import requests, responses
from rollcall.http.endpoints import Call
from rollcall.http.middleware import Authentication, Log, RequestLog, TidyPath
from rollcall.http.routes import ANY, Resource
from rollcall.scim.errors import MethodNotAllowed, NotFoundException, SCIMException
from rollcall.tenants.authentication import Authenticator, Caller

OpenDirectory = Callable[[Caller, str, str], Directory]
"""Given a caller, the tenant's base URL and the request's id, the tenant's directory."""

_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})


def application(
    resources: Iterable[Resource],
    authenticator: Authenticator,
    directory: OpenDirectory,
    log: Log,
    pages: Iterable[Route] = (),
) -> Starlette:
    """Return the application that serves the resources of every tenant, and pages for people."""
    app = Starlette(
        routes=[
            Route(f"/scim/{{tenant}}/v2{each.path}", _Endpoint(each, directory))
            for each in resources
        ]
        + list(pages),
        middleware=[
            Middleware(RequestLog, log=log),
            Middleware(TidyPath),
            Middleware(Authentication, authenticator=authenticator),
        ],
        exception_handlers={SCIMException: _refused, HTTPException: _unrouted},
    )
    # A redirect to a path with a slash at its end would never end: TidyPath takes it off again.
    app.router.redirect_slashes = False
    return app


class _Endpoint:
    """One path as an ASGI application: reads the request, calls the method's function."""

    def __init__(self, resource: Resource, directory: OpenDirectory) -> None:
        self._resource = resource
        self._directory = directory

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        response = await self._respond(request)
        if request.method == "HEAD":
            response.body = b""
        await response(scope, receive, send)

    async def _respond(self, request: Request) -> Response:
        methods = self._resource.methods
        method = "GET" if request.method == "HEAD" else request.method
        endpoint = methods.get(method) or methods.get(ANY)
        if endpoint is None:
            raise MethodNotAllowed(request.method, methods)
        base_url = requests.base_url(request, request.state.caller.tenant)
        call = Call(
            directory=self._directory(
                request.state.caller, base_url, request.state.log["request_id"]
            ),
            base_url=base_url,
            identifier=request.path_params.get("id", ""),
            parameters=request.query_params,
            projection=requests.projection(request.query_params),
            precondition=requests.precondition(request),
            seconds_left=_clock(request),
        )
        if method in _WITH_BODY and ANY not in methods:
            call.payload = await requests.payload(request, self._resource.max_body)
        response = await run_in_threadpool(endpoint, call)
        if call.ignored:
            request.state.log["ignored"] = _loggable(call.ignored)
        return response


def _clock(request: Request) -> Callable[[], float]:
    """Return what tells the seconds that the function has left; without a function, for ever."""
    context = request.scope.get("aws.context")
    if context is None:
        return lambda: inf
    return lambda: float(context.get_remaining_time_in_millis()) / 1000


def _loggable(ignored: Iterable[str]) -> list[str]:
    """Return the names of what was ignored without what a path selects by, which is a value."""
    return [each.partition("[")[0][:100] for each in islice(ignored, 100)]


async def _refused(request: Request, exception: Exception) -> Response:
    refusal = cast(SCIMException, exception)
    request.state.log["scim_type"] = refusal.scim_type or None
    return responses.error(refusal)


async def _unrouted(request: Request, exception: Exception) -> Response:
    return responses.error(NotFoundException(detail="there is no such endpoint"))
