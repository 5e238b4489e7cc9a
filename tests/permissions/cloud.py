"""An AWS with a stack of Rollcall: a proxy on loopback, which notes what it is asked."""

from __future__ import annotations

import http.client
import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

from rollcall.runtime.settings import Settings
from tests.permissions.asked import Asked, asked_by

STACK, OTHER = "rollcall", "other"

_STACKS = (
    '<DescribeStacksResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/">'
    "<DescribeStacksResult><Stacks><member><Outputs>{outputs}</Outputs></member></Stacks>"
    "</DescribeStacksResult></DescribeStacksResponse>"
)
_OUTPUT = "<member><OutputKey>{}</OutputKey><OutputValue>{}</OutputValue></member>"
_HOP = re.compile("connection|transfer-encoding|content-length", re.IGNORECASE)


class Cloud:
    """The proxy's URL, and what it was asked; actions in `refused` are refused."""

    def __init__(self) -> None:
        self.url = ""
        self.asked: list[Asked] = []
        self.refused: set[str] = set()


def outputs_of(settings: Settings) -> dict[str, str]:
    """Return the outputs of a stack that keeps its data where the local server does."""
    return {
        "TableName": settings.table,
        "ErasureTable": settings.erasures,
        "SecretPrefix": settings.secrets,
        "SigningSecret": settings.signing_keys,
        "AccessLevels": ",",
        "AccessRoles": ",",
        "IssuerHosts": ",",
        "ReportBucket": settings.reports,
        "ReportTopic": settings.topic,
        "ApiUrl": settings.url,
        "Bus": settings.bus,
        "UnpublishedBucket": settings.unpublished,
    }


@contextmanager
def cloud(upstream: str, stacks: Mapping[str, Mapping[str, str]]) -> Iterator[Cloud]:
    """Run the proxy in front of an emulator; of stacks it tells the outputs itself."""
    made = Cloud()
    values = {"upstream": urlsplit(upstream), "cloud": made, "stacks": stacks}
    handler = type("Handler", (_Handler,), values)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        made.url = f"http://127.0.0.1:{server.server_address[1]}"
        try:
            yield made
        finally:
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    """Notes a request, and answers it, or passes it on by a connection of its own."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    upstream: ClassVar[Any]
    cloud: ClassVar[Cloud]
    stacks: ClassVar[Mapping[str, Mapping[str, str]]]

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
            setattr(self, f"do_{self.command}", self.answer)
        return parsed

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        asked = list(asked_by(self.command, self.path, self.headers.get("X-Amz-Target", ""), body))
        self.cloud.asked += asked
        refused = [each for each in asked if each.action in self.cloud.refused]
        if refused:
            self._refuse(f"User: x is not authorized to perform: {refused[0].action} on it")
        elif asked and asked[0].action == "cloudformation:DescribeStacks":
            outputs = self.stacks[asked[0].resource.split("/")[1]]
            told = (_OUTPUT.format(name, escape(each)) for name, each in outputs.items())
            self._send(200, _STACKS.format(outputs="".join(told)).encode())
        else:
            self._pass_on(body)

    def _refuse(self, message: str) -> None:
        """Refuse as the services do: in JSON where they speak that, and else in XML."""
        if "X-Amz-Target" in self.headers:
            told = json.dumps({"__type": "AccessDeniedException", "message": message})
        else:
            told = f"<Error><Code>AccessDenied</Code><Message>{message}</Message></Error>"
            # Those of forms wrap it, those of S3 do not.
            told = told if self.command != "POST" else f"<ErrorResponse>{told}</ErrorResponse>"
        self._send(403, told.encode())

    def _pass_on(self, body: bytes) -> None:
        self.connection_up.request(self.command, self.path, body, dict(self.headers.items()))
        answer = self.connection_up.getresponse()
        headers = [(name, each) for name, each in answer.getheaders() if not _HOP.fullmatch(name)]
        self._send(answer.status, answer.read(), headers)

    def _send(self, status: int, body: bytes, headers: list[tuple[str, str]] | None = None) -> None:
        self.send_response_only(status)
        for name, value in headers or [("Content-Type", "text/xml")]:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""
