"""The watch over who is disabled, on a backend."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollcall.changes.disable_watch import DisableWatch
from rollcall.runtime.backend import Backend

if TYPE_CHECKING:
    from rollcall.http.middleware import RequestLogger


def disable_watch(backend: Backend, log: RequestLogger) -> DisableWatch:
    """Return the watch over all tenants of a deployment."""
    return DisableWatch(
        backend.table,
        lambda: backend.topic,
        log.warning,
        backend.tenants.clock,
        lambda tenant, wave: backend.summaries.note_wave(tenant, wave.began),
    )
