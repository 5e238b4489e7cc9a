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

