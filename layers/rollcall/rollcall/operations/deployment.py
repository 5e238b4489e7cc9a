"""The deployment that an operator works on: a stack, one in the environment, or a local server."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlsplit

from rollcall.aws.caller_identity import caller_arn
from rollcall.aws.clients import Login, stack_outputs
from rollcall.model.actor import OPERATOR
from rollcall.operations import running_server
from rollcall.operations.operator import Operator
from rollcall.operations.selection import Selection
from rollcall.operator_error import OperatorError
from rollcall.runtime.services import Services
from rollcall.runtime.settings import Settings, issuer_hosts
from rollcall.templates.access_levels import AccessLevels

_OUTPUTS = (
    *("TableName", "SecretPrefix", "AccessLevels", "AccessRoles", "ReportBucket", "ReportTopic"),
    *("ApiUrl", "Bus", "UnpublishedBucket", "SigningSecret", "IssuerHosts"),
    "ErasureTable",
)
"""The outputs of a stack that operators need."""


class DeploymentError(OperatorError):
    """No deployment is named, or the named one is not a deployment of Rollcall."""


class NoServerError(DeploymentError):
    """No deployment is named, and no local server runs."""


def connect(user: str, selection: Selection) -> Operator:
    """Return the operator of the selected deployment. Raises DeploymentError, AccessError.

    In AWS it is who AWS says that the credentials are of, with `user` beside it, and elsewhere
    `user`, the name of the user of this machine.
    """
    settings = _settings(selection)
    if settings.endpoint_url is not None:
        return Operator(Services(settings), f"{OPERATOR}{user}")
    login = Login(selection.profile, selection.region)
    arn = caller_arn(selection.environment.get("AWS_ENDPOINT_URL") or None, login)
    return Operator(Services(settings), f"{OPERATOR}{arn}", user=user)


def check_endpoint(url: str | None) -> str | None:
    """Return the URL of an endpoint, or None. Raises DeploymentError for an invalid URL."""
    if url is None:
        return None
    try:
        parts = urlsplit(url)
        valid = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:  # an invalid port
        valid = False
    if not valid:
        raise DeploymentError(f"{url!r} is no URL of an endpoint, such as http://127.0.0.1:4566")
    return url


def _settings(selection: Selection) -> Settings:
    environment = dict(selection.environment)
    check_endpoint(selection.endpoint_url or environment.get("AWS_ENDPOINT_URL") or None)
    if selection.stack is not None:
        login = Login(selection.profile, selection.region)
        return _stack_settings(selection.stack, login)
    if selection.endpoint_url is not None:
        environment["AWS_ENDPOINT_URL"] = selection.endpoint_url
    settings = replace(Settings.of(environment), profile=selection.profile, region=selection.region)
    if environment.keys() & {"AWS_ENDPOINT_URL", "ROLLCALL_TABLE"}:
        unpublished = environment.get("ROLLCALL_UNPUBLISHED", Settings.unpublished)
        erasures = environment.get("ROLLCALL_ERASURES", Settings.erasures)
        return replace(settings, unpublished=unpublished, erasures=erasures)
    server = running_server.find(selection.state)
    if server is None:
        raise NoServerError(
            "no local server is running (start one with `rollcall serve`), "
            "and neither --stack nor the environment names a deployment"
        )
    return Settings(
        endpoint_url=server.endpoint_url,
        url=server.url,
        access_levels=settings.access_levels,
        issuer_hosts=settings.issuer_hosts,
        trust_loopback_issuer=server.trusts_loopback,
    )


def _stack_settings(stack: str, login: Login) -> Settings:
    """Return the settings by the outputs of a stack."""
    outputs = stack_outputs(stack, login)
    if missing := [name for name in _OUTPUTS if name not in outputs]:
        raise DeploymentError(f"the stack {stack} is no Rollcall: it has no output {missing[0]}")
    return Settings(
        table=outputs["TableName"],
        secrets=outputs["SecretPrefix"],
        signing_keys=outputs["SigningSecret"],
        access_levels=AccessLevels.of(outputs["AccessLevels"], outputs["AccessRoles"]),
        reports=outputs["ReportBucket"],
        topic=outputs["ReportTopic"],
        url=outputs["ApiUrl"],
        bus=outputs["Bus"],
        unpublished=outputs["UnpublishedBucket"],
        issuer_hosts=issuer_hosts(outputs["IssuerHosts"]),
        profile=login.profile,
        region=login.region,
        erasures=outputs["ErasureTable"],
    )
