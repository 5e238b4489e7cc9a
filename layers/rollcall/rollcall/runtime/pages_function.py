"""The functions that answer people: links to reports, and the hand-over page.

They do not serve SCIM, and do not import its models.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from starlette.routing import Route

from rollcall.federation.entra_issuer import KEY_HOSTS
from rollcall.http import handover_page, report_links
from rollcall.http.handover_page import DirectoryFacts
from rollcall.runtime import web
from rollcall.runtime.backend import Backend, deployed
from rollcall.runtime.gateway import behind_gateway
from rollcall.runtime.json_log import logger
from rollcall.scim.resource_type import Kind
from rollcall.storage.findings import DUPLICATE, Findings
from rollcall.storage.report_files import FORMATS
from rollcall.storage.resources import Resources
from rollcall.storage.template_items import TemplateItems
from rollcall.storage.usage_items import UsageItems
from rollcall.templates.catalogue import Catalogue
from rollcall.tenants.handover import HandoverService


def report_routes(backend: Backend) -> list[Route]:
    """Return the routes of links to reports."""

    def follow(code: str, form: str) -> str | None:
        return backend.reports.signed_url(code, FORMATS[form], datetime.now(UTC))

    return [report_links.route(follow)]


def handover_routes(backend: Backend) -> list[Route]:
    """Return the routes of the hand-over page."""
    handovers, settings = HandoverService(backend.table, backend.tenants), backend.settings

    def facts(tenant: str) -> DirectoryFacts:
        resources = Resources(backend.table, tenant)
        latest = UsageItems(backend.table, tenant).latest(datetime.now(UTC))
        templates = Catalogue.of(TemplateItems(backend.table, tenant).read())
        duplicates = Findings(backend.table, tenant).count_flagged(
            DUPLICATE, handover_page.MAX_FLAGS
        )
        return DirectoryFacts(
            templates.everyone is not None,
            resources.count(Kind.USER, linked=True),
            resources.count(Kind.GROUP, linked=True),
            duplicates,
            latest.answered.time if latest is not None and latest.answered is not None else "",
        )

    return handover_page.routes(
        handovers,
        facts,
        settings.product,
        settings.support,
        hosts=KEY_HOSTS | settings.issuer_hosts,
        loopback=settings.trust_loopback_issuer,
    )


def routes(backend: Backend) -> list[Route]:
    """Return the routes of all pages."""
    return [*report_routes(backend), *handover_routes(backend)]


def reports_handler() -> Callable[[dict[str, Any], Any], dict[str, Any]]:
    """Return the Lambda handler of links to reports."""
    backend = deployed()
    _ = backend.reports  # makes its clients now, not when the first link is followed
    return behind_gateway(web.serving(backend, report_routes(backend), logger()))


def handover_handler() -> Callable[[dict[str, Any], Any], dict[str, Any]]:
    """Return the Lambda handler of the hand-over page."""
    backend = deployed()
    return behind_gateway(web.serving(backend, handover_routes(backend), logger()))
