"""The function behind the token endpoint of all tenants."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.routing import Route

from rollcall.federation.trust import Verifier
from rollcall.http import token_endpoint
from rollcall.runtime import web
from rollcall.runtime.assertion_verifier import assertion_verifier
from rollcall.runtime.backend import Backend, deployed
from rollcall.runtime.gateway import behind_gateway
from rollcall.runtime.json_log import logger
from rollcall.tenants.client_grant import ClientGrant
from rollcall.tenants.usage_counter import UsageCounter


def routes(backend: Backend, verifier: Verifier | None = None) -> list[Route]:
    """Return the routes of the token endpoint; without a verifier, with that of the deployment."""
    verifier = verifier or assertion_verifier(backend)
    grant = ClientGrant(backend.secrets, backend.signing_keys, verifier)
    return token_endpoint.routes(grant, web.failed_sign_ins(backend), UsageCounter(backend.table))


def token_handler() -> Callable[[dict[str, Any], Any], dict[str, Any]]:
    """Return the Lambda handler of the token endpoint."""
    backend = deployed()
    return behind_gateway(web.serving(backend, routes(backend), logger()))
