"""An application over a backend, with the deadline and the authentication of every request."""

from __future__ import annotations

from collections.abc import Sequence

from aws_lambda_powertools import Logger
from starlette.applications import Starlette
from starlette.routing import Route

from rollcall.aws import deadline
from rollcall.http.application import application
from rollcall.runtime.backend import Backend
from rollcall.storage.rate_item import REQUESTS
from rollcall.tenants.authentication import Authenticator
from rollcall.tenants.failed_sign_ins import FAILURES_PER_SECOND, FailedSignIns
from rollcall.tenants.rate_limiter import RateLimiter
from rollcall.tenants.usage_counter import UsageCounter


def serving(backend: Backend, routes: Sequence[Route], log: Logger) -> Starlette:
    """Return the ASGI application that serves the routes."""

    def warn(tenant: str) -> None:
        log.warning("the usage of a tenant is not written for now", extra={"tenant": tenant})

    return application(
        routes,
        authenticator(backend),
        log,
        limits=(deadline.within, backend.settings.request_seconds),
        limiter=rate_limiter(backend, log, backend.settings.rate),
        failed_sign_ins=failed_sign_ins(backend),
        usage=UsageCounter(backend.table, warn),
    )


def authenticator(backend: Backend) -> Authenticator:
    """Return what checks the tokens of requests."""
    return Authenticator(backend.secrets, backend.table, backend.signing_keys)


def rate_limiter(backend: Backend, log: Logger, rate: int, of: str = REQUESTS) -> RateLimiter:
    """Return the limit of the requests of each tenant, or of its questions about access."""

    def warn(tenant: str) -> None:
        log.warning("the rate of a tenant is not counted for now", extra={"tenant": tenant})

    return RateLimiter(backend.table, rate, backend.log, warn, of=of)


def failed_sign_ins(backend: Backend) -> FailedSignIns:
    """Return the limit of failed sign-ins: none where the deployment has no rate."""
    return FailedSignIns(rate=FAILURES_PER_SECOND if backend.settings.rate else 0)
