"""The calls of Microsoft Graph that clear what Entra ID remembers of one object.

The interface is Graph's `beta`: there is no other. A connection is found by either of its ids; it
is deleted only while the job is paused, and deletes nobody.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rollcall.operator_error import OperatorError
from rollcall.reconcile.entra_next_steps import RESET

_GRAPH = "https://graph.microsoft.com/beta/servicePrincipals"
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_JOB = re.compile(r"[\w.-]{1,200}", re.ASCII)

LIST_JOBS = f"GET {_GRAPH}/{{id}}/synchronization/jobs"


class SynchronizationJobError(OperatorError):
    """What was entered is no id of a service principal or of a job."""


@dataclass(frozen=True)
class SynchronizationJob:
    """A provisioning job of Entra ID: the object id of its service principal, and its own id."""

    service_principal: str = "{id}"
    job: str = "{jobId}"

    @property
    def is_known(self) -> bool:
        """Whether both ids are filled in."""
        return "{" not in self.service_principal + self.job

    @property
    def _address(self) -> str:
        return f"{_GRAPH}/{self.service_principal}/synchronization/jobs/{self.job}"

    @property
    def pause(self) -> str:
        """The call that pauses the job."""
        return f"POST {self._address}/pause"

    @property
    def start(self) -> str:
        """The call that starts the job where it was paused."""
        return f"POST {self._address}/start"

    @property
    def restart(self) -> str:
        """The call that has everybody matched anew."""
        return RESET.replace("{id}", self.service_principal).replace("{jobId}", self.job)

    def calls(self, identifier: str) -> Sequence[tuple[str, str]]:
        """Return what each call is for, and the call, in the order in which they are made."""
        connection = f"{self._address}/objectConnections('{identifier}')"
        return (
            ("Look whose connection it is", f"GET {connection}"),
            ("Pause the job", self.pause),
            ("Delete the connection", f"DELETE {connection}"),
            ("Start the job, after the object was provisioned on demand", self.start),
        )


def parse(service_principal: str, job: str) -> SynchronizationJob:
    """Return the job with two ids. Raises SynchronizationJobError."""
    if not _UUID.fullmatch(service_principal):
        raise SynchronizationJobError(
            "the service principal is the Object ID on the Overview of the enterprise application: "
            "32 digits in five groups"
        )
    if not _JOB.fullmatch(job):
        raise SynchronizationJobError(
            "the job is the `id` in the answer to the call that lists jobs: letters, digits, dots "
            "and hyphens"
        )
    return SynchronizationJob(service_principal.lower(), job)
