"""Failures of AWS, after the SDK's retries, as errors of the protocol."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from rollcall.aws.http_session import DeadlineExceeded
from rollcall.scim.errors import Unavailable

__all__ = ["ClientError", "is_conflict", "translated_errors"]

_TRANSIENT = frozenset(
    {
        "LimitExceededException",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "RequestTimeout",
        "RequestTimeoutException",
        "SlowDown",
        "Throttled",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionInProgressException",  # the transaction is not complete yet
    }
)
"""The codes of failures that the SDK retries, of the services that are called here."""


@contextmanager
def translated_errors(but: str = "") -> Iterator[None]:
    """Turn throttling and transient failures of AWS, after the SDK's retries, into a 503.

    `but` is a code that the caller handles itself.
    """
    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        if code == but:
            raise
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if code in _TRANSIENT or status == 429 or status >= 500:
            raise Unavailable("the directory is busy, try again") from error
        raise
    except DeadlineExceeded as error:
        raise Unavailable("the directory did not answer in time, try again") from error
    except (BotoCoreError, ResponseParserError) as error:
        raise Unavailable("the directory cannot be reached, try again") from error


def is_conflict(error: ClientError) -> bool:
    """Tell whether a transaction was in the way of a single write, which the SDK does not retry."""
    return error.response["Error"]["Code"] == "TransactionConflictException"
