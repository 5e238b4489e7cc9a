"""The middleware of every request: log line, deadline, tidy path, tenant and token, rate."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from typing import Any, Protocol
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rollcall.http import responses, worker
from rollcall.http.paths import BASE
from rollcall.http.time_limit import RESERVE, seconds_left
from rollcall.model import redaction
from rollcall.scim.errors import SCIMException, TooManyRequests, UnauthorizedException
from rollcall.tenants.authentication import Authenticator, Caller
from rollcall.tenants.closure import CLOSED_REASON, TenantClosed
from rollcall.tenants.failed_sign_ins import FailedSignIns
from rollcall.tenants.rate_limiter import RateLimiter
from rollcall.tenants.tenants import TENANT_NAME
from rollcall.tenants.usage_counter import UsageCounter

Within = Callable[[float], AbstractContextManager[None]]
"""Returns a context manager that limits the time of its block, in seconds."""

_SLASHES = re.compile(r"//+")


class RequestLogger(Protocol):
    """The logger's methods that are used here."""

    def info(self, msg: str, *, extra: dict[str, Any]) -> None:
        """Log what is normal, including errors of clients."""

    def warning(self, msg: str, *, extra: dict[str, Any]) -> None:
        """Log what failed and will be retried."""

    def exception(self, msg: str, *, extra: dict[str, Any]) -> None:
        """Log a failure of ours with its stack."""


class RequestLog:
    """Log one line per request, and answer failures of ours without their details.

    The line holds no query, no body, no header and no detail of an error: those carry values.
    """

    def __init__(self, app: ASGIApp, log: RequestLogger) -> None:
        self._app = app
        self._log = log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and log its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(scope)
        state = scope.setdefault("state", {})
        entry: dict[str, Any] = {"request_id": request_id, "method": scope["method"]}
        state["log"] = entry
        start = time.perf_counter()

        async def observed(message: Message) -> None:
            if message["type"] == "http.response.start":
                entry["status"] = message["status"]
                MutableHeaders(scope=message)["X-Request-Id"] = request_id
            await send(message)

        try:
            await self._app(scope, receive, observed)
        except Exception:  # noqa: BLE001  # the one place where our own failures end
            self._log.exception("request failed", extra=dict(entry))
            if "status" not in entry:
                failure = SCIMException(detail=f"this failed on our side, request {request_id}")
                failure.status = 500
                await responses.error(failure)(scope, receive, observed)
        entry["ms"] = round((time.perf_counter() - start) * 1000, 1)
        self._log.info("request", extra=entry)


class Deadline:
    """Set the deadline of a request: the time that its function has left, less RESERVE.

    So the client gets our answer that asks to retry, not the gateway's. `limits` are the function
    that sets a deadline, and the seconds of a request outside of a Lambda function.
    """

    def __init__(self, app: ASGIApp, limits: tuple[Within, float]) -> None:
        self._app = app
        self._within, self._seconds = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, with its deadline."""
        context, seconds = scope.get("aws.context"), self._seconds
        if context is not None:
            seconds = seconds_left(context) - RESERVE
        with self._within(seconds):
            await self._app(scope, receive, send)


class TidyPath:
    """Remove doubled and trailing slashes from the path."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with its tidy path."""
        if scope["type"] == "http":
            path = _SLASHES.sub("/", scope["path"]).rstrip("/") or "/"
            scope = {**scope, "path": path}
            scope["state"]["log"]["path"] = redaction.path(path)
        await self._app(scope, receive, send)


class Authentication:
    """Authenticate requests at a base path, by the tenant and the token together.

    Only an authenticated request counts for the rate of the tenant. All are counted as its usage,
    those that are refused where the tenant is known already: no name that is invented is written.
    Without `usage` none is: it is about the identity provider, which a product is not.
    """

    def __init__(
        self,
        app: ASGIApp,
        authenticator: Authenticator,
        limiter: RateLimiter,
        failed_sign_ins: FailedSignIns,
        *,
        usage: UsageCounter | None,
        base: re.Pattern[str] = BASE,
    ) -> None:
        self._app = app
        self._authenticator = authenticator
        self._limiter = limiter
        self._failed_sign_ins = failed_sign_ins
        self._usage = usage
        self._base = base

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with its caller, or refuse it."""
        base = self._base.match(scope.get("path", ""))
        if scope["type"] != "http" or base is None:
            await self._app(scope, receive, send)
            return
        log = scope["state"]["log"]
        if TENANT_NAME.fullmatch(base["tenant"]):  # else it may be a token in the wrong place
            log["tenant"] = base["tenant"]
        authorization = Headers(scope=scope).get("authorization")
        try:
            caller = await worker.run(scope, self._admit, base["tenant"], authorization, log)
        except SCIMException as exception:
            note_refusal(log, exception)
            await responses.error(exception)(scope, receive, send)
            return
        scope["state"]["caller"] = caller
        scope["state"]["charge"] = partial(self._limiter.charge, caller)
        scope["state"]["reserve"] = partial(self._limiter.reserve, caller)
        try:
            await self._app(scope, receive, send)
        finally:
            status = log.get("status", 500)
            if self._usage and self._usage.count(caller.tenant, status, caller):
                await worker.run(scope, self._usage.write, caller.tenant)

    def _admit(self, tenant: str, authorization: str | None, log: dict[str, Any]) -> Caller:
        try:
            caller = self._authenticator.authenticate(tenant, authorization)
        except UnauthorizedException as refusal:
            if self._authenticator.knows(tenant):
                self._count(tenant, refusal)
            raise self._failed_sign_ins.refusal(tenant) or refusal from None
        log["token_id"] = caller.token_id
        try:
            self._limiter.admit(caller)
        except TooManyRequests as refusal:
            self._count(tenant, refusal, caller)
            raise
        return caller

    def _count(self, tenant: str, refusal: SCIMException, caller: Caller | None = None) -> None:
        if self._usage and self._usage.count(tenant, refusal.status, caller):
            self._usage.write(tenant)


def note_refusal(log: dict[str, Any], refusal: SCIMException) -> None:
    """Note in a line of the log why a request is refused."""
    log["scim_type"] = refusal.scim_type or None
    if isinstance(refusal, TooManyRequests):
        log["limit"] = refusal.limit
    if isinstance(refusal, TenantClosed):
        log["reason"] = CLOSED_REASON


def _request_id(scope: Scope) -> str:
    """Return the gateway's request id, or a new one where there is no gateway."""
    event = scope.get("aws.event") or {}
    identifier: str = event.get("requestContext", {}).get("requestId") or str(uuid4())
    return identifier
