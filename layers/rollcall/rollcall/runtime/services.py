"""The services of one deployment: its backend and the directories of its tenants."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from uuid import uuid4

from rollcall.aws.clients import Clients
from rollcall.directory.context import Clock, Context, Duplicate, present
from rollcall.directory.directory import Directory
from rollcall.directory.purge import Purge
from rollcall.directory.request_log import RequestEntries, RequestInfo
from rollcall.directory.sweep import Sweep
from rollcall.model.actor import Actor
from rollcall.model.record import Record
from rollcall.operator_error import naming
from rollcall.reconcile.duplicates.namesakes import Namesakes
from rollcall.runtime.backend import Backend
from rollcall.runtime.restore import reseed_when_restored
from rollcall.runtime.settings import Settings
from rollcall.scim import extensions, json_text
from rollcall.scim.json_text import JsonTextError
from rollcall.storage.audit_log import AuditLog
from rollcall.storage.deployment_log import DeploymentLog
from rollcall.tenants.authentication import Caller
from rollcall.tenants.tenant_clients import TenantClients
from rollcall.tenants.tenant_tokens import TenantTokens
from rollcall.tenants.tenants import TenantError


class Services(Backend):
    """A backend, and the SCIM directories that it stores."""

    def __init__(
        self, settings: Settings, clients: Clients | None = None, clock: Clock = present
    ) -> None:
        if settings.extensions is not None:
            declare(settings.extensions)
        super().__init__(settings, clients)
        self.clock = clock

    def directory(self, tenant: str, base_url: str = "", actor: str = "") -> Directory:
        """Return the directory of one tenant, changed by an actor."""
        levels, acting = self.settings.access_levels, Actor(actor=actor)
        return Directory(Context(self.table, tenant, base_url, acting, access_levels=levels))

    def context(self, tenant: str, actor: Actor, closed_by: str = "") -> Context:
        """Return the context of an act of an operator, as `contexts` does."""
        return self.contexts(tenant, actor, closed_by)()

    def contexts(self, tenant: str, actor: Actor, closed_by: str = "") -> Callable[[], Context]:
        """Return a function that makes these contexts, one for each of many parallel writes.

        Raises TenantError for an unknown tenant, and for one that another act than `closed_by` has
        closed, because its data is being moved or restored.
        """
        settings = self.tenants.show(tenant)
        if settings.closure is not None and settings.closure.act != closed_by:
            raise TenantError(settings.closure.sentence(tenant))
        key, moved = bytes.fromhex(settings.key), settings.moved

        def make() -> Context:
            act = replace(actor, request=uuid4().hex)
            return Context(
                self.table,
                tenant,
                actor=act,
                moved=moved,
                key=key,
                access_levels=self.settings.access_levels,
                log=RequestEntries(self.log(tenant), act, RequestInfo(act.request), key),
                clock=self.clock,
            )

        return make

    def audit_log(self, tenant: str, actor: Actor) -> AuditLog:
        """Return the log of an operator's acts on a tenant in one run of a command."""
        return AuditLog(self.log(tenant), replace(actor, request=uuid4().hex))

    def deployment_log(self) -> DeploymentLog:
        """Return the log of what operators do to the deployment."""
        return DeploymentLog(self.table)

    def tokens(self, tenant: str) -> TenantTokens:
        """Return the tokens of one tenant."""
        return TenantTokens(self.tenants, tenant)

    def oauth_clients(self, tenant: str) -> TenantClients:
        """Return the OAuth clients of one tenant."""
        return TenantClients(self.tenants, tenant)

    def request_directory(self, caller: Caller, base_url: str, request: RequestInfo) -> Directory:
        """Return the directory of a caller's tenant, for one request."""
        actor = Actor(request.id, f"token:{caller.token_id}")

        def find_duplicate(record: Record) -> Duplicate | None:
            return Namesakes.of_tenant(self.table, caller.tenant).find_duplicate(actor, record)

        context = Context(
            self.table,
            caller.tenant,
            base_url,
            actor=actor,
            linking=caller.link_policy,
            absent_members=caller.absent_members,
            moved=caller.moved,
            grace=caller.grace,
            key=caller.key,
            access_levels=self.settings.access_levels,
            log=RequestEntries(self.log(caller.tenant), actor, request, caller.key),
            find_duplicate=find_duplicate,
            charge=request.charge,
        )
        return Directory(context)

    def sweep(self) -> Sweep:
        """Return the sweep, which finishes interrupted changes of all tenants."""
        return Sweep(self.table, self.directory)

    def purge(self) -> Purge:
        """Return the pass that purges the held accounts of all tenants whose grace is over."""
        return Purge(self.table, self.directory, self.clock, self.summaries.note_stop)


def declare(file: Path) -> None:
    """Serve the extension schemas of a file. Raises OperatorError where it cannot be read."""
    try:
        with naming(file):
            declared = json_text.read(file.read_bytes())
    except JsonTextError as error:
        raise extensions.ExtensionError(f"{file} {error}") from error
    extensions.declare(declared)


@cache
def deployed() -> Services:
    """Return the services that the environment names; one set per process."""
    reseed_when_restored()
    return Services(Settings.of(os.environ))
