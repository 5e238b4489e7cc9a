"""Failures of AWS that an operator can put right, such as credentials, in one sentence each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from botocore import exceptions as aws
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from rollcall.aws.role_permissions import role_with
from rollcall.operator_error import OperatorError
from rollcall.scim.errors import Unavailable


class AccessError(OperatorError):
    """AWS cannot be used; the message says what is missing."""


class CredentialsError(AccessError):
    """There are no credentials, or they have expired: to sign in is enough."""


_EXPIRED = "the AWS credentials have expired: sign in again"
_ABSENT = "there are no AWS credentials: sign in, or set AWS_PROFILE"
_UNKNOWN = "AWS does not accept the credentials: look at the profile and the keys that are used"
_DENIED = "the AWS credentials do not permit {action}"
_ROLE = ", which the role {role} has for its tenants (docs/permissions.md)"
_CLOCK = "AWS refuses the request for its time: set the clock of this machine"
_NOTHING = (
    "AWS has nothing of the name that {action} needs: is this the region, and is the deployment "
    "whole?"
)

_NOT_AWS = (
    "AWS could not be reached: something else answered in its place, such as a proxy or the "
    "sign-in page of a network"
)

_BY_CODE: Mapping[str, str] = {
    **dict.fromkeys(("ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"), _EXPIRED),
    **dict.fromkeys(
        (
            "UnrecognizedClientException",
            "InvalidClientTokenId",
            "InvalidAccessKeyId",
            "InvalidToken",
            "SignatureDoesNotMatch",
            "InvalidSignatureException",
            "IncompleteSignature",
            "IncompleteSignatureException",
            "MissingAuthenticationToken",
            "MissingAuthenticationTokenException",
            "AuthFailure",
        ),
        _UNKNOWN,
    ),
    **dict.fromkeys(("AccessDenied", "AccessDeniedException", "AuthorizationError"), _DENIED),
    **dict.fromkeys(("RequestTimeTooSkewed", "RequestExpired"), _CLOCK),
    **dict.fromkeys(
        (
            "ResourceNotFoundException",
            "NoSuchBucket",
            "NotFound",
            "AWS.SimpleQueueService.NonExistentQueue",
            "QueueDoesNotExist",
        ),
        _NOTHING,
    ),
}

_BY_TYPE: Mapping[type[BotoCoreError], str] = {
    aws.NoRegionError: "no AWS region is set: set AWS_DEFAULT_REGION, or a region of the profile",
    aws.NoCredentialsError: _ABSENT,
    aws.PartialCredentialsError: "the AWS credentials are not whole: {cred_var} is missing",
    aws.CredentialRetrievalError: "there are no AWS credentials: {error_msg}",
    aws.TokenRetrievalError: _EXPIRED,
    aws.SSOError: _EXPIRED,
    aws.ProfileNotFound: "there is no AWS profile {profile}",
    aws.ConfigParseError: "the AWS configuration {path} cannot be read",
    aws.InvalidRegionError: "{region_name} is no AWS region",
    aws.EndpointConnectionError: "{endpoint_url} cannot be reached",
    aws.ConnectTimeoutError: "{endpoint_url} cannot be reached",
}

_ACTION = re.compile(r"not authorized to perform: (\S+)")


@contextmanager
def translated_access_errors() -> Iterator[None]:
    """Raise AccessError for failures of AWS that an operator can put right, others as they are."""
    try:
        yield
    except (ClientError, BotoCoreError, ResponseParserError, Unavailable) as error:
        cause = error.__cause__ if isinstance(error, Unavailable) else error
        if sentence := _sentence(cause):
            kind = CredentialsError if sentence in (_EXPIRED, _ABSENT) else AccessError
            raise kind(sentence) from error
        raise


def _sentence(error: BaseException | None) -> str:
    """Return what an operator can do about a failure of AWS, empty when there is nothing."""
    if isinstance(error, ClientError):
        response = error.response.get("Error", {})
        found = _ACTION.search(response.get("Message") or "")
        action = found[1] if found else error.operation_name
        sentence = _BY_CODE.get(response.get("Code") or "", "")
        role = role_with(action) if sentence == _DENIED else ""
        return sentence.format(action=action) + (_ROLE.format(role=role) if role else "")
    if isinstance(error, ResponseParserError):
        return _NOT_AWS
    if isinstance(error, BotoCoreError):
        for kind, sentence in _BY_TYPE.items():
            if isinstance(error, kind):
                return sentence.format(**error.kwargs)
    return ""
