"""The function that tells the product who may sign in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools import Logger
from starlette.routing import Route

from rollcall.directory.access_check import AccessCheck
from rollcall.http.access_endpoint import AccessEndpoint
from rollcall.http.middleware import Authentication
from rollcall.http.paths import ACCESS
from rollcall.runtime import web
from rollcall.runtime.backend import Backend, deployed
from rollcall.runtime.gateway import behind_gateway
from rollcall.runtime.json_log import logger
from rollcall.storage.account_states import AccountStates
from rollcall.storage.rate_item import QUESTIONS
from rollcall.tenants.authentication import Caller


def routes(backend: Backend, log: Logger) -> list[Route]:
    """Return the route of questions about access, which have a rate of their own."""

    def open_check(caller: Caller) -> AccessCheck:
        return AccessCheck(AccountStates(backend.table, caller.tenant, moved=caller.moved))

    authenticated = Authentication(
        AccessEndpoint(open_check),
        web.authenticator(backend),
        web.rate_limiter(backend, log, backend.settings.access_rate, QUESTIONS),
        web.failed_sign_ins(backend),
        usage=None,
        base=ACCESS,
    )
    return [Route("/scim/{tenant}/access", authenticated)]


def access_handler() -> Callable[[dict[str, Any], Any], dict[str, Any]]:
    """Return the Lambda handler of questions about access."""
    backend, log = deployed(), logger()
    return behind_gateway(web.serving(backend, routes(backend, log), log))
