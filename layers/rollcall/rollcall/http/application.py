"""The ASGI application: routes, middleware and errors in one expression."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from rollcall.http import responses
from rollcall.http.middleware import (
    Authentication,
    Deadline,
    RequestLog,
    RequestLogger,
    TidyPath,
    Within,
    note_refusal,
)
from rollcall.scim.errors import NotFoundException, SCIMException
from rollcall.tenants.authentication import Authenticator
from rollcall.tenants.failed_sign_ins import FailedSignIns
from rollcall.tenants.rate_limiter import RateLimiter
from rollcall.tenants.usage_counter import UsageCounter


def application(
    routes: Sequence[Route],
    authenticator: Authenticator,
    log: RequestLogger,
    *,
    limits: tuple[Within, float],
    limiter: RateLimiter,
    failed_sign_ins: FailedSignIns,
    usage: UsageCounter,
) -> Starlette:
    """Return the application that serves the routes.

    `limits` are the function that sets a deadline, and the seconds of a request outside of a Lambda
    function. `limiter` counts the requests of tenants, `failed_sign_ins` those without a caller,
    `usage` both by what became of them.
    """
    app = Starlette(
        routes=routes,
        middleware=[
            Middleware(RequestLog, log=log),
            Middleware(Deadline, limits=limits),
            Middleware(TidyPath),
            Middleware(
                Authentication,
                authenticator=authenticator,
                limiter=limiter,
                failed_sign_ins=failed_sign_ins,
                usage=usage,
            ),
        ],
        exception_handlers={SCIMException: _refuse, HTTPException: _not_found},
    )
    # Starlette would redirect to a path with a slash at its end, which TidyPath removes again.
    app.router.redirect_slashes = False
    return app


async def _refuse(request: Request, exception: Exception) -> Response:
    refusal = cast(SCIMException, exception)
    note_refusal(request.state.log, refusal)
    return responses.error(refusal)


async def _not_found(request: Request, exception: Exception) -> Response:
    return responses.error(NotFoundException(detail="there is no such endpoint"))
