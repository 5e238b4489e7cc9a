"""The table, the secrets, the buckets, the queue and the topic of a deployment.

The functions that no client calls need no more than this. It imports neither the SCIM models nor
the web framework.
"""

from __future__ import annotations

import os
from functools import cache, cached_property

from rollcall.aws.clients import (
    Channels,
    Clients,
    Login,
    connect,
    connect_bus,
    connect_channels,
    connect_deployments,
)
from rollcall.aws.dead_letters import DeadLetters
from rollcall.aws.deployments import Deployments
from rollcall.aws.event_bus import EventBus
from rollcall.aws.messages import Queue, Topic
from rollcall.aws.secrets import Secrets
from rollcall.aws.signing_keys import SigningKeys
from rollcall.runtime.restore import reseed_when_restored
from rollcall.runtime.settings import Settings
from rollcall.storage.erasures import Erasures
from rollcall.storage.leases import Leases
from rollcall.storage.provisioning_log import ProvisioningLog
from rollcall.storage.report_files import ReportFiles
from rollcall.storage.schedules import Schedules
from rollcall.storage.table import Table
from rollcall.storage.token_usage import TokenUsage
from rollcall.tenants.summaries import Summaries
from rollcall.tenants.tenants import Tenants


class Backend:
    """The table, the secrets and the channels of one deployment."""

    def __init__(self, settings: Settings, clients: Clients | None = None) -> None:
        self.settings = settings
        self._login = Login(settings.profile, settings.region)
        self.clients = clients or connect(
            settings.endpoint_url, role=settings.role, login=self._login
        )
        self.table = Table(self.clients.dynamodb, settings.table)
        self.secrets = Secrets(self.clients.secretsmanager, settings.secrets)
        self.summaries = Summaries(self.table, self.secrets)
        self.tenants = Tenants(self.secrets, changed=self.summaries.note_change)
        self.signing_keys = SigningKeys(self.clients.secretsmanager, settings.signing_keys)

    def token_usage(self, tenant: str) -> TokenUsage:
        """Return the recorded usage of a tenant's tokens."""
        return TokenUsage(self.table, tenant)

    def log(self, tenant: str) -> ProvisioningLog:
        """Return the provisioning log of one tenant."""
        return ProvisioningLog(self.table, tenant, self.settings.log_days)

    def erasures(self, tenant: str) -> Erasures:
        """Return the erasures of one tenant, which are kept outside of the table."""
        return Erasures(Table(self.clients.dynamodb, self.settings.erasures), tenant)

    def leases(self) -> Leases:
        """Return the leases for work that only one process may do at a time."""
        return Leases(self.table)

    def schedules(self) -> Schedules:
        """Return the schedules of the deployment."""
        return Schedules(self.table)

    def bus(self) -> EventBus:
        """Return the bus that change events are published on."""
        settings = self.settings
        client = connect_bus(settings.endpoint_url, role=settings.role, login=self._login)
        return EventBus(client, settings.bus)

    def deployments(self) -> Deployments:
        """Return the deployments of the account that the stack is in."""
        return Deployments(*connect_deployments())

    @cached_property
    def channels(self) -> Channels:
        """The clients that SCIM requests do not need."""
        settings = self.settings
        return connect_channels(settings.endpoint_url, role=settings.role, login=self._login)

    @cached_property
    def unpublished(self) -> DeadLetters:
        """The change events that could not be published."""
        return DeadLetters(self.channels.s3, self.settings.unpublished)

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
        """The topic of messages to people."""
        return Topic(self.channels.sns, self.settings.topic)


@cache
def deployed() -> Backend:
    """Return the backend that the environment names; one per process."""
    reseed_when_restored()
    return Backend(Settings.of(os.environ))
