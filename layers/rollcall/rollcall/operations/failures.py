"""Failures that an operator can correct, as OperatorErrors: no access to AWS, refused changes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rollcall.aws.access_errors import AccessError, CredentialsError, translated_access_errors
from rollcall.operator_error import OperatorError
from rollcall.scim.errors import SCIMException
from rollcall.tenants.tenants import UnknownTenantError

__all__ = ["AccessError", "CredentialsError", "UnknownTenantError", "translated"]


@contextmanager
def translated() -> Iterator[None]:
    """Raise refusals of AWS and of SCIM as OperatorError; faults of Rollcall pass unchanged."""
    try:
        with translated_access_errors():
            yield
    except SCIMException as error:
        raise OperatorError(str(error.detail)) from error
