"""The AWS clients: made once, with short timeouts and the SDK's standard retries.

They refuse incomplete answers and keep to deadlines: see `http_session`.
"""

from __future__ import annotations

import encodings.idna  # noqa: F401  # else the first connection imports it
from dataclasses import dataclass
from functools import cache
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.loaders import Loader, create_loader
from botocore.session import Session

from rollcall.aws import item_calls
from rollcall.aws.http_session import use_whole_answers
from rollcall.aws.response_parser import PlainParserFactory
from rollcall.operator_error import OperatorError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodbstreams import DynamoDBStreamsClient
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient

READ_TIMEOUT = 4.0
"""The seconds that a call waits for bytes of an answer."""

_CONFIG = Config(
    connect_timeout=1,
    read_timeout=READ_TIMEOUT,
    retries={"mode": "standard", "max_attempts": 3},
    max_pool_connections=64,
)

_UNCHECKED = Config(parameter_validation=False)
"""The SDK would compare every value of a call with its shape: an eighth of a search."""

_SIGNED = Config(signature_version="s3v4", s3={"addressing_style": "virtual"})
"""How URLs for a browser are signed: with the host of the region, which does not redirect."""


@dataclass(frozen=True)
class Login:
    """The profile and the region of an operator's AWS configuration, None for those it names."""

    profile: str | None = None
    region: str | None = None


USUAL = Login()
"""What the environment names."""


@dataclass(frozen=True)
class Clients:
    """The two services that Rollcall keeps its data in."""

    dynamodb: DynamoDBClient
    secretsmanager: SecretsManagerClient


@dataclass(frozen=True)
class Channels:
    """The services that reports and messages are sent through."""

    s3: S3Client
    sqs: SQSClient
    sns: SNSClient


def connect(
    endpoint_url: str | None = None, *, role: bool = False, login: Login = USUAL
) -> Clients:
    """Return clients of AWS, or of an emulator at `endpoint_url`.

    `role` says that a function runs this, with the credentials of its role.
    """
    session, options = _session(login), _options(endpoint_url, login, role=role)
    session.register_component("response_parser_factory", PlainParserFactory())
    options["config"] = _CONFIG.merge(_UNCHECKED)
    item_calls.register(session)
    dynamodb: Any = session.create_client("dynamodb", **options)
    whole = use_whole_answers(dynamodb, READ_TIMEOUT)
    item_calls.use_item_calls(dynamodb, whole, READ_TIMEOUT)
    return Clients(dynamodb, _client(session, "secretsmanager", options))


def connect_channels(
    endpoint_url: str | None = None, *, role: bool = False, login: Login = USUAL
) -> Channels:
    """Return clients of the services that reports and events need."""
    session, options = _session(login), _options(endpoint_url, login, role=role)
    # An emulator's buckets have no host names.
    signed = _CONFIG.merge(_SIGNED if endpoint_url is None else Config(signature_version="s3v4"))
    return Channels(
        _client(session, "s3", {**options, "config": signed}),
        _client(session, "sqs", options),
        _client(session, "sns", options),
    )


def connect_bus(
    endpoint_url: str | None = None, *, role: bool = False, login: Login = USUAL
) -> EventBridgeClient:
    """Return a client of the buses that change events are published on."""
    options = _options(endpoint_url, login, role=role)
    bus: EventBridgeClient = _client(_session(login), "events", options)
    return bus


def connect_deployments() -> tuple[Any, Any]:
    """Return clients of CodeDeploy and of Lambda; AWS_ENDPOINT_URL and its like apply to them."""
    # A version may take as long as the gateway waits, and an invocation is not to be repeated.
    waiting = Config(connect_timeout=1, read_timeout=35, retries={"total_max_attempts": 1})
    session = _session()
    return (
        session.create_client("codedeploy", config=_CONFIG),
        session.create_client("lambda", config=waiting),
    )


def connect_security(endpoint_url: str | None = None, login: Login = USUAL) -> Any:
    """Return a client of AWS's Security Token Service.

    No endpoint that is set for this service alone is used, which could answer what it likes.
    """
    session = _session(login)
    session.set_config_variable("ignore_configured_endpoint_urls", True)
    options: dict[str, Any] = {"config": _CONFIG, "endpoint_url": endpoint_url}
    if login.region is not None:
        options["region_name"] = login.region
    return _client(session, "sts", options)


def connect_streams(endpoint_url: str | None = None) -> DynamoDBStreamsClient:
    """Return a client of tables' streams, which Lambda reads for the functions of a deployment."""
    streams: DynamoDBStreamsClient = _client(
        _session(), "dynamodbstreams", _options(endpoint_url, USUAL)
    )
    return streams


def _session(login: Login = USUAL) -> Session:
    session = Session(profile=login.profile)
    session.register_component("data_loader", _loader(session.get_config_variable("data_path")))
    return session


@cache
def _loader(path: str | None) -> Loader:
    """Return what reads AWS's descriptions of its services, each once in a process.

    To read them takes three quarters of the time that a client takes to make.
    """
    return create_loader(path)


def _client(session: Session, service: str, options: dict[str, Any]) -> Any:
    client = session.create_client(service, **options)
    use_whole_answers(client, READ_TIMEOUT)
    return client


def _options(endpoint_url: str | None, login: Login, *, role: bool = False) -> dict[str, Any]:
    """Return the options of a client.

    An emulator on this machine does not get the operator's credentials. It accepts any for calls,
    but only this pair for URLs that S3 signs. A role's credentials come from the emulator itself.
    """
    options: dict[str, Any] = {"config": _CONFIG, "endpoint_url": endpoint_url}
    if login.region is not None:
        options["region_name"] = login.region
    if endpoint_url is not None and _is_loopback(endpoint_url) and not role:
        options |= {
            "region_name": "us-east-1",
            "aws_access_key_id": "test",
            "aws_secret_access_key": "test",
        }
    return options


def stack_outputs(stack: str, login: Login = USUAL) -> dict[str, str]:
    """Return the outputs of a deployed stack. Raises OperatorError when there is none."""
    client = _client(_session(login), "cloudformation", _options(None, login))
    try:
        stacks = client.describe_stacks(StackName=stack)["Stacks"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationError":
            raise
        raise OperatorError(f"there is no stack {stack} in {client.meta.region_name}") from error
    outputs = stacks[0].get("Outputs", [])
    return {each["OutputKey"]: each["OutputValue"] for each in outputs}


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
