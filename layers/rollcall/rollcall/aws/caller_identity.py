"""Whose credentials a command uses, as AWS itself says."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from rollcall.aws.access_errors import AccessError, translated_access_errors
from rollcall.aws.clients import USUAL, Login, connect_security

_UNKNOWN = "AWS does not say whose credentials these are, so nothing is done"


def caller_arn(endpoint_url: str | None = None, login: Login = USUAL) -> str:
    """Return the ARN of the session or the user whose credentials are used. Raises AccessError."""
    return arn_of(connect_security(endpoint_url, login))


def arn_of(security: Any) -> str:
    """Return the ARN that a client of STS is told. Raises AccessError."""
    try:
        with translated_access_errors():
            arn = security.get_caller_identity().get("Arn", "")
    except (BotoCoreError, ClientError) as error:
        raise AccessError(_UNKNOWN) from error
    if not isinstance(arn, str) or not arn.startswith("arn:"):
        raise AccessError(_UNKNOWN)
    return arn
