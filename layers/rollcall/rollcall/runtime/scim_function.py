"""The functions that answer SCIM requests."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from aws_lambda_powertools import Logger
from starlette.applications import Starlette
from starlette.routing import Route

from rollcall.aws import deadline
from rollcall.http import application as asgi
from rollcall.http.routes import FUNCTIONS, Resource
from rollcall.runtime.gateway import behind_gateway
from rollcall.runtime.json_log import logger
from rollcall.runtime.services import Services, deployed
from rollcall.tenants.authentication import Authenticator


def application(
    services: Services, resources: Iterable[Resource], log: Logger, pages: Iterable[Route] = ()
) -> Starlette:
    """Return the ASGI application that serves the resources, and pages for people."""
    authenticator = Authenticator(services.secrets, services.table)
    limits = deadline.within, services.settings.request_seconds
    return asgi.application(resources, authenticator, services.opened, log, pages, limits=limits)


def handler_of(function: str) -> Callable[[dict[str, Any], Any], dict[str, Any]]:
    """Return the Lambda handler of one function, by its name among the routes."""
    return behind_gateway(application(deployed(), FUNCTIONS[function], logger()))
