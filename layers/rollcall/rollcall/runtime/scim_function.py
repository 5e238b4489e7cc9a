"""The functions that answer SCIM requests."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from aws_lambda_powertools import Logger
from starlette.applications import Starlette
from starlette.routing import Route

from rollcall.http import resource_endpoint
from rollcall.http.routes import FUNCTIONS, Resource
from rollcall.runtime import web
from rollcall.runtime.gateway import behind_gateway
from rollcall.runtime.json_log import logger
from rollcall.runtime.services import Services, deployed


def application(
    services: Services, resources: Iterable[Resource], log: Logger, pages: Iterable[Route] = ()
) -> Starlette:
    """Return the ASGI application that serves the resources, and pages for people."""
    routes = resource_endpoint.routes(resources, services.request_directory)
    return web.serving(services, [*routes, *pages], log)


def handler_of(function: str) -> Callable[[dict[str, Any], Any], dict[str, Any]]:
    """Return the Lambda handler of one function, by its name among the routes."""
    return behind_gateway(application(deployed(), FUNCTIONS[function], logger()))
