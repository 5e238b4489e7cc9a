"""Requests over connections that are kept: an answer is whole, or there is none."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread

import pytest
from botocore.exceptions import (
    ConnectionClosedError,
    EndpointConnectionError,
    ReadTimeoutError,
)

from rollcall.aws.http_connection import HttpConnections, HttpOptions

REQUEST = b"POST / HTTP/1.1\r\nhost: here\r\ncontent-length: 0\r\n\r\n"
WHOLE = b"HTTP/1.1 200 OK\r\nX-Name:  value \r\nContent-Length: 3\r\n\r\nabc"
_CHUNKS = b"2;x=y\r\nab\r\n1\r\nc\r\n0\r\nt: u\r\n\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + _CHUNKS
CLOSING = b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 3\r\n\r\nabc"
OPTIONS = HttpOptions(connect_timeout=5, tls=ssl.create_default_context(), most_idle=2)

Server = Callable[[], int]
"""How many connections a server has taken so far."""


@contextmanager
def serving(*connections: list[bytes]) -> Iterator[tuple[HttpConnections, Server]]:
    """Serve one connection after the other: an answer to each request, then the end."""
    taken: list[int] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            for answers in connections:
                accepted, _ = listening.accept()
                taken.append(1)
                with accepted:
                    for answer in answers:
                        accepted.recv(65_536)
                        accepted.sendall(answer)

        thread = Thread(target=serve, daemon=True)
        thread.start()
        made = HttpConnections(f"http://127.0.0.1:{listening.getsockname()[1]}", OPTIONS)
        try:
            yield made, lambda: len(taken)
        finally:
            made.close()
            thread.join(5)


@pytest.mark.parametrize("answer", [WHOLE, CHUNKED, CLOSING], ids=["length", "chunks", "last"])
def test_an_answer_is_read_to_its_end(answer: bytes) -> None:
    with serving([answer]) as (connections, _):
        found = connections.send(REQUEST, 5)

    assert (found.status_code, found.content) == (200, b"abc")


def test_names_of_headers_are_in_lower_case() -> None:
    with serving([WHOLE]) as (connections, _):
        assert connections.send(REQUEST, 5).headers["x-name"] == "value"


def test_a_connection_is_used_again() -> None:
    with serving([WHOLE, CHUNKED, WHOLE]) as (connections, taken):
        answers = [connections.send(REQUEST, 5).content for _ in range(3)]

        assert (answers, taken()) == ([b"abc"] * 3, 1)


def test_a_connection_that_was_closed_is_replaced() -> None:
    with serving([CLOSING], [WHOLE]) as (connections, taken):
        answers = [connections.send(REQUEST, 5).content for _ in range(2)]

        assert (answers, taken()) == ([b"abc"] * 2, 2)


@pytest.mark.parametrize("answer", [WHOLE, CHUNKED], ids=["length", "chunks"])
def test_an_answer_that_is_cut_off_is_none(answer: bytes) -> None:
    whole = {len(answer)}
    for length in {0, 1, 12, *range(15, len(answer), 7), len(answer) - 1} - whole:
        with serving([answer[:length]]) as (connections, _), pytest.raises(ConnectionClosedError):
            connections.send(REQUEST, 5)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno header\r\n\r\n",
        b"220 mail ready\r\ncontent-length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n",
    ],
    ids=["no length", "length", "header", "protocol", "chunk"],
)
def test_what_is_no_answer_is_none(answer: bytes) -> None:
    with serving([answer]) as (connections, _), pytest.raises(ConnectionClosedError):
        connections.send(REQUEST, 5)


def test_waiting_ends() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        connections = HttpConnections(f"http://127.0.0.1:{silent.getsockname()[1]}", OPTIONS)
        with pytest.raises(ReadTimeoutError):
            connections.send(REQUEST, 0.01)


def test_a_host_that_does_not_answer_is_told_apart() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]

    with pytest.raises(EndpointConnectionError):
        HttpConnections(f"http://127.0.0.1:{port}", OPTIONS).send(REQUEST, 5)
