"""The functions that answer people: links to reports, and the hand-over page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from starlette.routing import Route

from rollcall.http import handover_page, report_links
from rollcall.http.handover_page import DirectoryFacts
from rollcall.runtime.gateway import behind_gateway
from rollcall.runtime.json_log import logger
from rollcall.runtime.scim_function import application
from rollcall.runtime.services import Services, deployed
from rollcall.scim.resource_type import Kind
from rollcall.storage.findings import Findings
from rollcall.storage.report_files import FORMATS
from rollcall.tenants.handover import HandoverService


def report_routes(services: Services) -> list[Route]:
    """Return the routes of links to reports."""

    def follow(code: str, form: str) -> str | None:
        return services.reports.signed_url(code, FORMATS[form], datetime.now(UTC))

    return [report_links.route(follow)]


def handover_routes(services: Services) -> list[Route]:
    """Return the routes of the hand-over page."""
    handovers, settings = HandoverService(services.table, services.tenants), services.settings

    def facts(tenant: str) -> DirectoryFacts:
        counts = services.directory(tenant).counts(linked=True)
        everyone = services.templates(tenant).catalogue().everyone
        duplicates = Findings(services.table, tenant).count_flagged(
            "duplicate", handover_page.MAX_FLAGS
        )
        return DirectoryFacts(
            everyone is not None, counts[Kind.USER], counts[Kind.GROUP], duplicates
        )

    return handover_page.routes(handovers, facts, settings.product, settings.support)


def routes(services: Services) -> list[Route]:
    """Return the routes of all pages."""
    return [*report_routes(services), *handover_routes(services)]


def reports_handler() -> Callable[[dict[str, Any], Any], dict[str, Any]]:
    """Return the Lambda handler of links to reports."""
    services = deployed()
    _ = services.reports  # its clients are made now, not when the first link is followed
    return behind_gateway(application(services, (), logger(), report_routes(services)))


def handover_handler() -> Callable[[dict[str, Any], Any], dict[str, Any]]:
    """Return the Lambda handler of the hand-over page."""
    services = deployed()
    return behind_gateway(application(services, (), logger(), handover_routes(services)))
