"""An issuer on 127.0.0.1 that plays Entra: its keys over HTTP, and the assertions it signs.

A local server takes it with `rollcall serve --trust-loopback-issuer`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from time import time
from typing import Any, Self
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from jwt.algorithms import RSAAlgorithm

LIFETIME_SECONDS = 3600

_BITS, _EXPONENT = 2048, 65_537


class KeyPair:
    """A key pair of an issuer."""

    def __init__(self, key_id: str = "", bits: int = _BITS) -> None:
        self.id = key_id or uuid4().hex
        self.private: RSAPrivateKey = generate_private_key(_EXPONENT, bits)

    def jwk(self) -> dict[str, Any]:
        """Return the public key as a key set holds it (RFC 7517)."""
        public = RSAAlgorithm.to_jwk(self.private.public_key(), as_dict=True)
        return {"kty": "RSA", "use": "sig", "kid": self.id, "n": public["n"], "e": public["e"]}


class LoopbackIssuer:
    """An issuer that serves its keys while a `with` block lasts."""

    def __init__(self, key: KeyPair | None = None) -> None:
        self.tenant = str(uuid4())
        self.key = key or KeyPair()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )

    def __enter__(self) -> Self:
        """Begin to serve."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End serving."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def origin(self) -> str:
        """The beginning of its URLs."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def issuer(self) -> str:
        """What its assertions name as their issuer."""
        return f"{self.origin}/{self.tenant}/v2.0"

    @property
    def jwks(self) -> str:
        """Where its keys are."""
        return f"{self.origin}/{self.tenant}/discovery/v2.0/keys"

    def assertion(
        self,
        subject: str,
        audience: str,
        *,
        key: KeyPair | None = None,
        header: Mapping[str, Any] | None = None,
        **claims: Any,
    ) -> str:
        """Return a signed assertion for an application, with other claims where some are given.

        A claim of None is left out. `header` adds to the header.
        """
        key, now = key or self.key, int(time())
        application = audience.removeprefix("api://").removesuffix("/.default")
        usual = {
            **{"iss": self.issuer, "sub": subject, "aud": audience, "tid": self.tenant},
            **{"iat": now, "nbf": now, "exp": now + LIFETIME_SECONDS},
            **{"appid": application, "oid": subject, "ver": "2.0"},
        }
        content = {name: value for name, value in (usual | claims).items() if value is not None}
        return jwt.encode(content, key.private, "RS256", {"kid": key.id, **(header or {})})

    def key_set(self) -> bytes:
        """Return what is served as the keys."""
        return json.dumps({"keys": [self.key.jwk()]}).encode()

    def respond(self, request: BaseHTTPRequestHandler) -> None:
        """Answer a request of the keys."""
        body = self.key_set()
        request.send_response(200 if request.path.endswith("/keys") else 404)
        request.send_header("Content-Type", "application/json")
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                issuer.respond(self)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        return Handler
