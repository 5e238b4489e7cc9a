"""DynamoDB's calls about items, without what the SDK does again for every call.

The SDK resolves the endpoint, walks the parameters and the answer with the shapes of the service's
description, puts the user agent together, derives the signing key and builds request and answer
from objects of three libraries: that is most of the CPU that a read of one item takes. Here the
endpoint is resolved once, parameters and answers are the JSON that they are, and one write sends a
request. What fails goes the SDK's way: its parser of errors, its retries and their quota, its
exceptions. So do its events, from `before-parameter-build` to `after-call` (decision 0092).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from ssl import create_default_context
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from botocore.awsrequest import AWSPreparedRequest
from botocore.client import BaseClient
from botocore.exceptions import BotoCoreError, NoCredentialsError
from botocore.utils import get_environ_proxies

from rollcall.aws import deadline
from rollcall.aws.http_connection import HttpAnswer, HttpConnections, HttpOptions
from rollcall.aws.http_session import DeadlineExceeded, HttpSession
from rollcall.aws.request_signature import signed
from rollcall.aws.response_parser import ITEM_OPERATIONS

if TYPE_CHECKING:
    from botocore.model import OperationModel
    from botocore.session import Session

_encode = json.JSONEncoder(separators=(",", ":")).encode


@dataclass(frozen=True)
class _ItemOperation:
    """What is the same for all calls of one operation; `headers` are not signed."""

    model: OperationModel
    url: str
    event: str
    headers: Mapping[str, str]
    signed: Mapping[str, str]
    context: Mapping[str, Any]
    scope: tuple[str, str]


class ItemCalls(BaseClient):
    """The base of a client whose calls about items take this way, and all others the SDK's."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._item_caller: ItemCaller | None = None

    def _make_api_call(self, operation_name: str, api_params: dict[str, Any]) -> Any:
        if self._item_caller is not None and operation_name in ITEM_OPERATIONS:
            return self._item_caller.call(operation_name, api_params)
        return super()._make_api_call(operation_name, api_params)  # type: ignore[misc]

    def close(self) -> None:
        """Close the connections."""
        super().close()
        if self._item_caller is not None:
            self._item_caller.close()


def register(session: Session) -> None:
    """Let the DynamoDB clients of a session have ItemCalls as their base."""

    def add(**event: Any) -> None:
        event["base_classes"].insert(0, ItemCalls)

    session.register("creating-client-class.dynamodb", add)


def use_item_calls(client: Any, session: HttpSession, read_timeout: float) -> None:
    """Let the calls of a client take this way, unless it needs a proxy or a certificate.

    `session` is the one that its other calls take.
    """
    url, config = client.meta.endpoint_url, client.meta.config
    if get_environ_proxies(url) or config.proxies or config.client_cert:
        return
    if config.signature_version != "v4" or urlsplit(url).path not in ("", "/"):
        return
    tls = create_default_context(cafile=session.certificates)
    options = HttpOptions(config.connect_timeout, tls, config.max_pool_connections)
    client._item_caller = ItemCaller(client, options, read_timeout)


class ItemCaller:
    """Makes the calls of one client."""

    def __init__(self, client: Any, options: HttpOptions, read_timeout: float) -> None:
        self._client = client
        self._events = client.meta.events
        self._options = options
        self._read_timeout = read_timeout
        self._operations: dict[str, _ItemOperation] = {}
        self._connections: dict[str, HttpConnections] = {}

    def call(self, name: str, parameters: dict[str, Any]) -> Any:
        """Make a call, with the SDK's retries. Raises what the SDK raises."""
        operation = self._operations.get(name) or self._resolve(name, parameters)
        context = dict(operation.context)
        emit, model = self._events.emit, operation.model
        emit(
            f"before-parameter-build.{operation.event}",
            params=parameters,
            model=model,
            context=context,
        )
        request = {
            "method": "POST",
            "url": operation.url,
            "url_path": "/",
            "headers": dict(operation.headers),  # handlers may add some
            "body": _encode(parameters).encode(),
            "context": context,
        }
        _, answered = self._events.emit_until_response(
            f"before-call.{operation.event}",
            model=model,
            params=request,
            request_signer=self._client._request_signer,
            context=context,
        )
        answer, parsed = answered or self._answer(operation, request)
        emit(
            f"after-call.{operation.event}",
            http_response=answer,
            parsed=parsed,
            model=model,
            context=context,
        )
        if answer.status_code >= 300:
            code = parsed.get("Error", {}).get("Code")
            raise self._client.exceptions.from_code(code)(parsed, name)
        return parsed

    def close(self) -> None:
        """Close the connections."""
        for connections in self._connections.values():
            connections.close()

    def _answer(
        self, operation: _ItemOperation, request: dict[str, Any]
    ) -> tuple[Any, dict[str, Any]]:
        """Send a request until an answer needs no retry, as the SDK's events decide."""
        attempts = 0
        while True:
            attempts += 1
            answer, parsed, error = None, {}, None
            try:
                answer = self._send(operation, request)
            except BotoCoreError as failure:
                error = failure
            if answer is not None:
                parsed = self._parsed(operation, answer)
            self._events.emit(
                f"response-received.{operation.event}",
                response_dict=None,
                parsed_response=parsed or None,
                context=request["context"],
                exception=error,
            )
            if answer is not None and answer.status_code == 200:
                break
            response = None if answer is None else (answer, parsed)
            if not self._client._endpoint._needs_retry(
                attempts, operation.model, request, response, error
            ):
                break
        if error is not None:
            self._events.emit(
                f"after-call-error.{operation.event}", exception=error, context=request["context"]
            )
            raise error
        parsed["ResponseMetadata"]["RetryAttempts"] = attempts - 1
        return answer, parsed

    def _send(self, operation: _ItemOperation, request: dict[str, Any]) -> Any:
        """Sign a request, send it once and return the answer. Raises DeadlineExceeded."""
        left = deadline.seconds_left()
        if left <= 0:
            raise DeadlineExceeded(endpoint_url=operation.url)
        body, headers = request["body"], dict(request["headers"])
        region, service = operation.scope
        auth = self._client._request_signer.get_auth_instance(service, region)
        if auth.credentials is None:
            raise NoCredentialsError
        headers |= signed(operation.signed, body, auth.credentials, operation.scope)
        named: Any = headers
        prepared = AWSPreparedRequest("POST", operation.url, named, body, stream_output=False)
        for _, answered in self._events.emit(f"before-send.{operation.event}", request=prepared):
            if answered is not None:
                return answered
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        content = (
            f"POST / HTTP/1.1\r\n{head}content-length: {len(body)}\r\n\r\n".encode("latin-1") + body
        )
        timeout = request["context"]["read_timeout"] = min(left, self._read_timeout)
        return self._connections[operation.url].send(content, timeout)

    def _parsed(self, operation: _ItemOperation, answer: HttpAnswer) -> dict[str, Any]:
        """Return an answer as the SDK does."""
        metadata = {
            "RequestId": answer.headers.get("x-amzn-requestid", ""),
            "HTTPStatusCode": answer.status_code,
            "HTTPHeaders": answer.headers,
        }
        if answer.status_code == 200:
            parsed: dict[str, Any] = json.loads(answer.content)
            parsed["ResponseMetadata"] = metadata
            return parsed
        endpoint, model = self._client._endpoint, operation.model
        parser = endpoint._response_parser_factory.create_parser("json")
        raw = {
            "headers": answer.headers,
            "status_code": answer.status_code,
            "body": answer.content,
            "context": {"operation_name": model.name},
        }
        refused: dict[str, Any] = parser.parse(raw, model.output_shape)
        endpoint._add_modeled_error_fields(raw, refused, model, parser)
        return refused

    def _resolve(self, name: str, parameters: dict[str, Any]) -> _ItemOperation:
        """Return what the calls of an operation have in common, resolved as the SDK does."""
        client = self._client
        model = client.meta.service_model.operation_model(name)
        context: dict[str, Any] = {
            "client_region": client.meta.region_name,
            "client_config": client.meta.config,
            "has_streaming_input": False,
            "auth_type": model.resolved_auth_type,
            "unsigned_payload": model.unsigned_payload,
        }
        url, more, _ = client._resolve_endpoint_ruleset(model, parameters, context)
        signing, signer = context.get("signing", {}), client._request_signer
        service = model.service_model
        operation = _ItemOperation(
            model,
            url,
            f"{service.service_id.hyphenize()}.{name}",
            {
                "user-agent": client._user_agent_creator.to_string(),
                "accept-encoding": "identity",
            },
            {
                "host": urlsplit(url).netloc,
                "content-type": f"application/x-amz-json-{service.metadata['jsonVersion']}",
                "x-amz-target": f"{service.metadata['targetPrefix']}.{name}",
                **{name.lower(): ", ".join(values) for name, values in more.items()},
            },
            context,
            (
                signing.get("region") or signer.region_name,
                signing.get("signing_name") or signer.signing_name,
            ),
        )
        self._connections.setdefault(url, HttpConnections(url, self._options))
        self._operations[name] = operation
        return operation
