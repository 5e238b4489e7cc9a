"""The provisioning jobs that were entered for tenants, remembered on this machine."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from rollcall.operations.object_connection import SynchronizationJob
from rollcall.operator_error import naming

_UNKNOWN = SynchronizationJob()


class JobMemory:
    """The jobs by the deployment and the tenant; without a file until the console ends."""

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._jobs: dict[str, SynchronizationJob] = {}

    def read(self, deployment: str, tenant: str) -> SynchronizationJob:
        """Return the job of a tenant, with placeholders where none was entered."""
        return {**self._remembered(), **self._jobs}.get(f"{deployment}/{tenant}", _UNKNOWN)

    def write(self, deployment: str, tenant: str, job: SynchronizationJob) -> None:
        """Remember the job of a tenant."""
        self._jobs[f"{deployment}/{tenant}"] = job
        if self._file is None:
            return
        known = {**self._remembered(), **self._jobs}
        with naming(self._file):
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._file.write_text(json.dumps({name: asdict(each) for name, each in known.items()}))

    def _remembered(self) -> dict[str, SynchronizationJob]:
        if self._file is None or not self._file.is_file():
            return {}
        with naming(self._file):
            text = self._file.read_text()
        try:
            return {name: SynchronizationJob(**each) for name, each in json.loads(text).items()}
        except (ValueError, TypeError, AttributeError):  # of another release, or broken off
            return {}
