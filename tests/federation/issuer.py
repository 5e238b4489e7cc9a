"""An issuer that plays Entra, and does what it should not."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler
from typing import Any, TypeAlias
from uuid import uuid4

from rollcall.dev.loopback_issuer import KeyPair, LoopbackIssuer
from rollcall.federation.trust import Trust

Answer: TypeAlias = Callable[[BaseHTTPRequestHandler], None]

SUBJECT = "d2f8ee76-c549-45b8-a143-f5b640669704"
APPLICATION = "b5ba7a93-4452-4522-aeb4-a2b5da870c16"

KEY = KeyPair("first")
OTHER_KEY = KeyPair("second")
"""Key pairs that tests share: to make one takes a tenth of a second."""


class Issuer(LoopbackIssuer):
    """An issuer whose keys and answers a test chooses; `reads` counts the requests of its keys."""

    def __init__(self) -> None:
        super().__init__(KEY)
        self.jwks_document: Any = None
        self.answer: Answer | None = None
        self.reads = 0

    @property
    def trust(self) -> Trust:
        """What an application that trusts this issuer holds."""
        return Trust(self.issuer, self.jwks, SUBJECT, APPLICATION)

    def signed(self, **changes: Any) -> str:
        """Return an assertion that is right where nothing is changed."""
        return self.assertion(SUBJECT, f"api://{APPLICATION}", **changes)

    def key_set(self) -> bytes:
        """Return the chosen document, or the usual one."""
        if self.jwks_document is None:
            return super().key_set()
        return json.dumps(self.jwks_document).encode()

    def publish(self, *keys: dict[str, Any] | KeyPair) -> None:
        """Serve these keys from now on."""
        jwks = [key.jwk() if isinstance(key, KeyPair) else key for key in keys]
        self.jwks_document = {"keys": jwks}

    def respond(self, request: BaseHTTPRequestHandler) -> None:
        """Count a request and answer it as chosen."""
        self.reads += 1
        if self.answer is None:
            super().respond(request)
            return
        with suppress(OSError):  # the reader gave up
            self.answer(request)


@contextmanager
def running() -> Iterator[Issuer]:
    """Yield an issuer of a tenant of its own."""
    with Issuer() as issuer:
        yield issuer


def status(code: int, **headers: str) -> Answer:
    """Return an answer without a body."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(code)
        for name, value in headers.items():
            request.send_header(name, value)
        request.send_header("Content-Length", "0")
        request.end_headers()

    return answer


def text(body: bytes) -> Answer:
    """Return an answer with a body, without saying how long it is."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.end_headers()
        request.wfile.write(body)

    return answer


def dripping(request: BaseHTTPRequestHandler) -> None:
    """Send a byte of the body at a time, without an end."""
    request.send_response(200)
    request.end_headers()
    while True:
        request.wfile.write(b" ")
        time.sleep(0.01)


def dripping_headers(request: BaseHTTPRequestHandler) -> None:
    """Send a byte of a header at a time, without an end."""
    request.wfile.write(b"HTTP/1.0 200 OK\r\nX: ")
    while True:
        request.wfile.write(b"x")
        time.sleep(0.01)


def other_id() -> str:
    """Return an id that nothing has."""
    return str(uuid4())
