"""The one class of what an operator can put right; every other exception is a fault of Rollcall.

OperatorError              the command prints the message, one sentence, and ends with 2
├── UsageError             the words of the command
├── DeploymentError        the deployment that is named
├── InputError             what a file holds
├── AccountError           an account
├── AccessError            AWS: credentials, permissions, region
├── ExtensionError         what a deployment declares
├── ScaleError             the levels and roles that it declares
├── FindingError, TemplateError, TenantError, TrustError
└── ReportError, UnpublishedError
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class OperatorError(Exception):
    """What was asked for is not possible as it is; the message is one sentence that says why."""


@contextmanager
def naming(file: Path) -> Iterator[None]:
    """Turn what the system says of a file that an operator named into an OperatorError."""
    try:
        yield
    except BrokenPipeError:  # whoever reads standard output has gone
        raise
    except OSError as error:
        raise OperatorError(f"{error.filename or file}: {error.strerror or error}") from error
