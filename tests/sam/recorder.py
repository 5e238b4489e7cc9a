"""What a function asks of AWS, noted on its way: a proxy on loopback in front of the emulator."""

from __future__ import annotations

import http.client
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

Call = tuple[str, str]
"""An action as IAM calls it, and the ARN that it is for, or * where it is for none."""

ACCOUNT = "us-east-1:000000000000"

_LEGS = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem"}
_LEGS |= {"ConditionCheck": "ConditionCheckItem", "Get": "GetItem"}
_OBJECTS = {"PUT": "s3:PutObject", "GET": "s3:GetObject", "DELETE": "s3:DeleteObject"}


class Recorder:
    """A proxy, and the set of calls that passed it."""

    def __init__(self, server: ThreadingHTTPServer, calls: set[Call]) -> None:
        self.url = f"http://127.0.0.1:{server.server_address[1]}"
        self.calls = calls


@contextmanager
def recording(endpoint_url: str) -> Iterator[Recorder]:
    """Run a proxy in front of an endpoint."""
    calls: set[Call] = set()
    handler = type("Handler", (_Handler,), {"upstream": urlsplit(endpoint_url), "calls": calls})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield Recorder(server, calls)
        finally:
            server.shutdown()
            thread.join()


def calls_of(method: str, path: str, headers: Any, body: bytes) -> Iterator[Call]:
    """Yield the calls that a request to AWS is, each leg of a transaction by itself."""
    service, _, action = (headers.get("X-Amz-Target") or "").rpartition(".")
    if service.startswith("DynamoDB"):
        yield from _table_calls(action, json.loads(body))
    elif service.startswith("CodeDeploy"):
        kind = "application" if action == "GetApplicationRevision" else "deploymentgroup"
        yield f"codedeploy:{action}", f"arn:aws:codedeploy:{ACCOUNT}:{kind}:rollcall-releases"
    elif service == "secretsmanager":
        name = json.loads(body).get("SecretId")
        yield f"secretsmanager:{action}", f"arn:aws:secretsmanager:{ACCOUNT}:secret:{name}-AbCdEf"
    elif service == "AmazonSQS":
        queue = json.loads(body)["QueueUrl"].rpartition("/")[2]
        yield f"sqs:{action.removesuffix('Batch')}", f"arn:aws:sqs:{ACCOUNT}:{queue}"
    elif service == "AWSEvents":
        for entry in json.loads(body)["Entries"]:
            bus = entry.get("EventBusName", "default").rpartition("/")[2]
            yield f"events:{action}", f"arn:aws:events:{ACCOUNT}:event-bus/{bus}"
    elif b"Action=" in body:
        form = parse_qs(body.decode())
        yield f"sns:{form['Action'][0].removesuffix('Batch')}", form["TopicArn"][0]
    else:
        yield _OBJECTS[method], f"arn:aws:s3:::{urlsplit(path).path.lstrip('/')}"


def _table_calls(action: str, asked: dict[str, Any]) -> Iterator[Call]:
    if action.startswith("Transact"):
        for leg in asked["TransactItems"]:
            for name, inner in leg.items():
                yield f"dynamodb:{_LEGS[name]}", _table(inner["TableName"])
    elif action.startswith("Batch"):
        for table in asked["RequestItems"]:
            yield f"dynamodb:{action}", _table(table)
    else:
        index = f"/index/{asked['IndexName']}" if "IndexName" in asked else ""
        yield f"dynamodb:{action}", _table(asked["TableName"]) + index


def _table(name: str) -> str:
    return f"arn:aws:dynamodb:{ACCOUNT}:table/{name}"


class _Handler(BaseHTTPRequestHandler):
    """Passes a request on, one connection to the emulator for each from the function."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    upstream: ClassVar[Any]
    calls: ClassVar[set[Call]]

    def setup(self) -> None:
        super().setup()
        self.connection_up = http.client.HTTPConnection(self.upstream.netloc, timeout=30)

    def finish(self) -> None:
        self.connection_up.close()
        super().finish()

    def parse_request(self) -> bool:
        """Read a request, of whatever method."""
        parsed = super().parse_request()
        if parsed:
            setattr(self, f"do_{self.command}", self.pass_on)
        return parsed

    def pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.calls.update(calls_of(self.command, self.path, self.headers, body))
        self.connection_up.request(self.command, self.path, body, dict(self.headers.items()))
        answer = self.connection_up.getresponse()
        content = answer.read()
        lines = [f"HTTP/1.1 {answer.status} {answer.reason}"]
        lines += [
            f"{name}: {value}"
            for name, value in answer.getheaders()
            if not re.fullmatch("connection|transfer-encoding|content-length", name, re.IGNORECASE)
        ]
        lines += [f"Content-Length: {len(content)}", "", ""]
        self.wfile.write("\r\n".join(lines).encode("latin-1") + content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""
