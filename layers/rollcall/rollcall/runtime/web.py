"""An application over a backend, with the deadline and the authentication of every request."""

from __future__ import annotations

from collections.abc import Sequence

import anyio._backends._asyncio  # noqa: F401  # else the first request imports it
from aws_lambda_powertools import Logger
from starlette.applications import Starlette
from starlette.routing import Route

from rollcall.aws import deadline
from rollcall.http.application import application
from rollcall.runtime.backend import Backend
from rollcall.tenants.authentication import Authenticator


def serving(backend: Backend, routes: Sequence[Route], log: Logger) -> Starlette:
    """Return the ASGI application that serves the routes."""
    authenticator = Authenticator(backend.secrets, backend.table, backend.signing_keys)
    limits = deadline.within, backend.settings.request_seconds
    return application(routes, authenticator, log, limits=limits)
