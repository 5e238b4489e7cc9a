"""One version of Rollcall in a process of its own: it measures what it is told over its input.

    python -m bench.sdk.worker DYNAMODB_URL PROXY_URL EMULATOR_URL NAME USERS

Its commands and answers are lines of JSON.
"""

from __future__ import annotations

import asyncio
import gc
import io
import json
import sys
import time
from collections.abc import Callable, Iterator
from statistics import mean
from typing import Any

import boto3
from botocore import xform_name

from bench.sdk.requests import REQUESTS, Directory, Sent
from rollcall.aws.clients import Clients, connect
from rollcall.dev import local_server
from rollcall.http.routes import EVERYTHING
from rollcall.runtime.gateway import behind_gateway
from rollcall.runtime.json_log import logger
from rollcall.runtime.scim_function import application
from rollcall.runtime.services import Services
from rollcall.runtime.settings import Settings


class _Context:
    """The context of an invocation, with its remaining time."""

    def get_remaining_time_in_millis(self) -> int:
        """Return the maximum that the gateway waits."""
        return 29_000


class Function:
    """The handler of all routes, called with events of the gateway."""

    def __init__(self, services: Services, tenant: str, token: str) -> None:
        self._base = f"/scim/{tenant}/v2"
        self._headers = {"Host": "bench.test", "Authorization": f"Bearer {token}"}
        self._handler: Any = behind_gateway(
            application(services, EVERYTHING, logger(io.StringIO()))
        )

    def cpu(self, sent: Sent) -> tuple[float, dict[str, Any]]:
        """Send a request; return the seconds of CPU that it took, and its answer."""
        path = self._base + sent.path
        event = {
            "resource": "/scim/{tenant}/v2/{proxy+}",
            "path": path,
            "httpMethod": sent.method,
            "headers": self._headers,
            "multiValueHeaders": {name: [value] for name, value in self._headers.items()},
            "multiValueQueryStringParameters": {key: [each] for key, each in sent.query.items()},
            "requestContext": {"path": path, "stage": "live", "requestId": "bench"},
            "body": None if sent.body is None else json.dumps(sent.body),
            "isBase64Encoded": False,
        }
        begun = time.process_time()
        answer: dict[str, Any] = self._handler(event, _Context())
        spent = time.process_time() - begun
        if answer["statusCode"] >= 300:
            raise RuntimeError(f"{sent}: {answer['statusCode']} {answer['body'][:300]}")
        return spent, answer

    def send(self, sent: Sent) -> Any:
        """Send a request and return the body of its answer."""
        _, answer = self.cpu(sent)
        return json.loads(answer["body"]) if answer["body"] else None


class Worker:
    """One version of Rollcall, a bare client, and the requests between both."""

    def __init__(
        self, dynamodb_url: str, proxy_url: str, emulator_url: str, name: str, users: int
    ) -> None:
        settings = Settings(endpoint_url=emulator_url, table=f"rollcall-{name}")
        secrets = connect(emulator_url).secretsmanager
        services = Services(settings, Clients(connect(dynamodb_url).dynamodb, secrets))
        recorded = Services(settings, Clients(connect(proxy_url).dynamodb, secrets))
        local_server.create_table(services)
        token = services.tenants.create(name)
        self._function = Function(services, name, token)
        self._recorded = Function(recorded, name, token)
        directory = Directory.filled(self._function.send, users)
        self._requests = {name: make(directory) for name, make in REQUESTS.items()}
        self._bare: Any = boto3.session.Session("test", "test", region_name="us-east-1").client(
            "dynamodb", endpoint_url=proxy_url
        )
        self._recorded.send(Sent("GET", f"/Users/{directory.users[0]}"))  # the token's first use
        gc.collect()
        gc.freeze()

    def whole(self, name: str, times: int) -> float:
        """Return the mean seconds of CPU of a request."""
        return mean(self._function.cpu(next(self._requests[name]))[0] for _ in range(times))

    def record(self, name: str) -> None:
        """Send a request through the proxy."""
        self._recorded.cpu(next(self._requests[name]))

    def bare(self, calls: list[tuple[str, dict[str, Any]]], times: int) -> float:
        """Return the mean seconds of CPU of bare calls, as many as a request makes."""
        methods: list[tuple[Callable[..., Any], dict[str, Any]]] = [
            (getattr(self._bare, xform_name(operation)), parameters)
            for operation, parameters in calls
        ]
        begun = time.process_time()
        for _ in range(times):
            for call, parameters in methods:
                call(**parameters)
        return (time.process_time() - begun) / times

    def answers(self, lines: Iterator[str]) -> Iterator[float | None]:
        """Yield the answer to each command."""
        for line in lines:
            command = json.loads(line)
            yield getattr(self, command.pop("do"))(**command)


def main(dynamodb_url: str, proxy_url: str, emulator_url: str, name: str, users: str) -> None:
    """Do what the input says until it ends."""
    asyncio.set_event_loop(asyncio.new_event_loop())  # Mangum takes it
    worker = Worker(dynamodb_url, proxy_url, emulator_url, name, int(users))
    print("null", flush=True)
    for answer in worker.answers(iter(sys.stdin)):
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
