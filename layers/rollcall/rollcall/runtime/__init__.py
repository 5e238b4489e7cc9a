"""Wiring: the environment read once into settings, clients made once, the rooms put together."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache, cached_property
from pathlib import Path
from typing import Any, TextIO
from uuid import uuid4

from aws_lambda_powertools import Logger
from starlette.applications import Starlette
from starlette.routing import Route

from rollcall.aws import deadline
from rollcall.aws.clients import Channels, Clients, connect, connect_bus, connect_channels
from rollcall.aws.dead_letters import DeadLetters
from rollcall.aws.event_bus import EventBus
from rollcall.aws.messages import Queue, Topic
from rollcall.aws.secrets import Secrets
from rollcall.directory.context import Context, Duplicate
from rollcall.directory.directory import Directory
from rollcall.directory.request_log import RequestEntries, RequestInfo
from rollcall.directory.sweep import Sweep
from rollcall.http import handover_page, report_links
from rollcall.http.application import application
from rollcall.http.handover_page import DirectoryFacts
from rollcall.http.routes import FUNCTIONS, Resource
from rollcall.model.actor import Actor
from rollcall.model.record import Record
from rollcall.operator_error import OperatorError, naming
from rollcall.reconcile.duplicates.namesakes import Namesakes
from rollcall.runtime.gateway import behind_gateway
from rollcall.runtime.restore import reseed_when_restored
from rollcall.scim import extensions, json_text
from rollcall.scim.json_text import JsonTextError
from rollcall.scim.resource_models import Kind
from rollcall.storage.audit_log import AuditLog
from rollcall.storage.findings import Findings
from rollcall.storage.leases import Leases
from rollcall.storage.provisioning_log import KEEP_DAYS, ProvisioningLog
from rollcall.storage.report_files import FORMS, ReportFiles
from rollcall.storage.table import Table
from rollcall.storage.token_usage import TokenUsage
from rollcall.templates.access_levels import AccessLevels
from rollcall.templates.template_changes import TemplateChanges
from rollcall.tenants.authentication import Authenticator, Caller
from rollcall.tenants.handover import HandoverService
from rollcall.tenants.tenant_tokens import TenantTokens
from rollcall.tenants.tenants import Tenants


@dataclass(frozen=True)
class Settings:
    """Where a deployment keeps its data, and what it declares of its own.

    `extensions` is a file of schemas; `scales` are the levels and roles of access; `log_days` is
    how long the provisioning log is kept; `product` is what administrators call the application,
    `support` an address or a URL where they find help; `role` says that a function runs this, with
    the credentials of its role; `request_seconds` is what a request may take elsewhere.
    The defaults are those of the local server.
    """

    table: str = "rollcall"
    secrets: str = "rollcall/tenants"
    endpoint_url: str | None = None
    extensions: Path | None = None
    scales: AccessLevels = field(default_factory=AccessLevels)
    reports: str = "rollcall-reports"
    queue: str = "http://localhost/000000000000/rollcall-duplicates"
    topic: str = "arn:aws:sns:us-east-1:000000000000:rollcall-reports"
    url: str = "http://127.0.0.1:8000"
    inactive_days: int = 45
    bus: str = "rollcall"
    unpublished: str = "rollcall-unpublished"
    log_days: int = KEEP_DAYS
    product: str = "Rollcall"
    support: str = ""
    role: bool = False
    request_seconds: float = 26

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Settings:
        """Read the environment, with the defaults of the local server."""
        return cls(
            table=environment.get("ROLLCALL_TABLE", cls.table),
            secrets=environment.get("ROLLCALL_SECRETS", cls.secrets),
            endpoint_url=environment.get("AWS_ENDPOINT_URL") or None,
            extensions=Path(named) if (named := environment.get("ROLLCALL_EXTENSIONS")) else None,
            scales=AccessLevels.of(
                environment.get("ROLLCALL_LEVELS", ""), environment.get("ROLLCALL_ROLES", "")
            ),
            reports=environment.get("ROLLCALL_REPORTS", cls.reports),
            queue=environment.get("ROLLCALL_QUEUE", cls.queue),
            topic=environment.get("ROLLCALL_TOPIC", cls.topic),
            url=environment.get("ROLLCALL_URL", cls.url),
            inactive_days=_days(environment, "ROLLCALL_INACTIVE_DAYS", cls.inactive_days),
            bus=environment.get("ROLLCALL_BUS", cls.bus),
            log_days=_days(environment, "ROLLCALL_LOG_DAYS", cls.log_days),
            product=environment.get("ROLLCALL_PRODUCT") or cls.product,
            support=environment.get("ROLLCALL_SUPPORT", cls.support),
            role="AWS_LAMBDA_FUNCTION_NAME" in environment,
        )


class Services:
    """The rooms of one deployment, put together."""

    def __init__(self, settings: Settings, clients: Clients | None = None) -> None:
        if settings.extensions is not None:
            declare(settings.extensions)
        self.scales = settings.scales
        self.settings = settings
        self.clients = clients or connect(settings.endpoint_url, role=settings.role)
        self.table = Table(self.clients.dynamodb, settings.table)
        self.secrets = Secrets(self.clients.secretsmanager, settings.secrets)
        self.tenants = Tenants(self.secrets)

    def directory(self, tenant: str, base_url: str = "", actor: str = "") -> Directory:
        """Return the directory of one tenant, changed by an actor."""
        levels, acting = self.settings.scales, Actor(actor=actor)
        return Directory(Context(self.table, tenant, base_url, acting, access_levels=levels))

    def operated(self, tenant: str, actor: str) -> Directory:
        """Return the directory of one tenant, for what an operator does and the log tells."""
        return self.operating(tenant, actor)()

    def operating(self, tenant: str, actor: str) -> Callable[[], Directory]:
        """Return what makes such a directory for each of several things, side by side."""
        shown = self.tenants.show(tenant)
        key, moved = bytes.fromhex(shown.key), shown.moved

        def operated() -> Directory:
            act = Actor(uuid4().hex, actor)
            context = Context(
                self.table,
                tenant,
                actor=act,
                moved=moved,
                access_levels=self.settings.scales,
                log=RequestEntries(self.log(tenant), act, RequestInfo(act.request), key),
            )
            return Directory(context)

        return operated

    def acts(self, tenant: str, actor: str) -> AuditLog:
        """Return what tells a tenant's log of what an operator does in one run of a command."""
        return AuditLog(self.log(tenant), Actor(uuid4().hex, actor))

    def templates(self, tenant: str, actor: str = "") -> TemplateChanges:
        """Return the New User Templates of one tenant, changed by an actor."""
        return TemplateChanges(self.table, tenant, actor, acts=self.acts(tenant, actor))

    def keyring(self, tenant: str) -> TenantTokens:
        """Return the tokens of one tenant."""
        return TenantTokens(self.tenants, tenant)

    def usage(self, tenant: str) -> TokenUsage:
        """Return what is known of the use of a tenant's tokens."""
        return TokenUsage(self.table, tenant)

    def log(self, tenant: str) -> ProvisioningLog:
        """Return the provisioning log of one tenant."""
        return ProvisioningLog(self.table, tenant, self.settings.log_days)

    def opened(self, caller: Caller, base_url: str, request: RequestInfo) -> Directory:
        """Return the directory of a caller's tenant, for one request."""
        actor = Actor(request.id, f"token:{caller.token_id}")

        def find_duplicate(record: Record) -> Duplicate | None:
            return Namesakes.of(self.table, caller.tenant).created(actor, record)

        context = Context(
            self.table,
            caller.tenant,
            base_url,
            actor=actor,
            linking=caller.linking,
            absent_members=caller.absent_members,
            moved=caller.moved,
            key=caller.key,
            access_levels=self.settings.scales,
            log=RequestEntries(self.log(caller.tenant), actor, request, caller.key),
            find_duplicate=find_duplicate,
        )
        return Directory(context)

    def bus(self) -> EventBus:
        """Return the bus that change events are published on."""
        settings = self.settings
        return EventBus(connect_bus(settings.endpoint_url, role=settings.role), settings.bus)

    def sweep(self) -> Sweep:
        """Return what goes on with what was begun in any tenant and not finished."""
        return Sweep(self.table, self.directory)

    def leases(self) -> Leases:
        """Return the leases of what one at a time is to do."""
        return Leases(self.table)

    @cached_property
    def unpublished(self) -> DeadLetters:
        """What of the change events could not be published."""
        return DeadLetters(self.channels.s3, self.settings.unpublished)

    @cached_property
    def channels(self) -> Channels:
        """The clients that requests need not."""
        return connect_channels(self.settings.endpoint_url, role=self.settings.role)

    @cached_property
    def queue(self) -> Queue:
        """The queue of tenants whose report is due."""
        return Queue(self.channels.sqs, self.settings.queue)

    @cached_property
    def reports(self) -> ReportFiles:
        """The reports of all tenants."""
        return ReportFiles(self.channels.s3, self.settings.reports, self.table)

    @cached_property
    def topic(self) -> Topic:
        """The topic of what people are to be told."""
        return Topic(self.channels.sns, self.settings.topic)

    def application(
        self, resources: Iterable[Resource], log: Logger, pages: Iterable[Route] = ()
    ) -> Starlette:
        """Return the ASGI application that serves the resources, and pages for people."""
        authenticator = Authenticator(self.secrets, self.table)
        limits = deadline.within, self.settings.request_seconds
        return application(resources, authenticator, self.opened, log, pages, limits=limits)

    def pages(self) -> dict[str, list[Route]]:
        """Return the routes of the pages for people, by the function that serves them."""
        desk, settings = HandoverService(self.table, self.tenants), self.settings
        return {
            "reports": [report_links.route(self.follow)],
            "handover": handover_page.routes(desk, self.facts, settings.product, settings.support),
        }

    def facts(self, tenant: str) -> DirectoryFacts:
        """Return what the hand-over page tells of a tenant's directory."""
        counts = self.directory(tenant).counts(linked=True)
        everyone = self.templates(tenant).catalogue().everyone
        duplicates = Findings(self.table, tenant).count("duplicate", handover_page.MAX_FLAGS)
        return DirectoryFacts(
            everyone is not None, counts[Kind.USER], counts[Kind.GROUP], duplicates
        )

    def follow(self, code: str, form: str) -> str | None:
        """Return the URL behind a link to a report, signed just now."""
        return self.reports.follow(code, FORMS[form], datetime.now(UTC))


def _days(environment: Mapping[str, str], name: str, default: int) -> int:
    text = environment.get(name, str(default))
    if not (text.isascii() and text.isdecimal() and int(text[:9]) > 0):
        raise OperatorError(f"{name} is a number of days, not {text!r}")
    return int(text)


def declare(file: Path) -> None:
    """Serve the extension schemas of a file. Raises OperatorError where it cannot be read."""
    try:
        with naming(file):
            declared = json_text.read(file.read_bytes())
    except JsonTextError as error:
        raise extensions.ExtensionError(f"{file} {error}") from error
    extensions.declare(declared)


def logger(stream: TextIO | None = None) -> Logger:
    """Return the structured logger: JSON lines, on standard output as Lambda wants them."""
    return Logger(service="rollcall", stream=stream or sys.stdout, serialize_stacktrace=False)


@cache
def services() -> Services:
    """Return the services that the environment names; one set per process."""
    reseed_when_restored()
    return Services(Settings.of(os.environ))


def handler(function: str) -> Callable[[dict[str, Any], Any], dict[str, Any]]:
    """Return the Lambda handler of one function, by its name among the routes."""
    return behind_gateway(services().application(FUNCTIONS[function], logger()))


def pages_handler(function: str) -> Callable[[dict[str, Any], Any], dict[str, Any]]:
    """Return the Lambda handler of pages for people, by the name of their function."""
    having = services()
    return behind_gateway(having.application((), logger(), having.pages()[function]))
