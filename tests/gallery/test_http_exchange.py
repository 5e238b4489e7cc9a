"""An answer is complete, in time and of a bounded size, or it is none."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import repeat
from threading import Event, Thread

import pytest

from rollcall.gallery.http_exchange import MAX_BYTES, NoAnswerError, exchange


@contextmanager
def peer(pieces: Iterator[bytes], pause: float = 0.0) -> Iterator[str]:
    """Send pieces to whoever connects, with a pause after each, and yield the URL."""
    done = Event()

    def serve() -> None:
        connection, _ = listening.accept()
        with connection:
            connection.recv(65536)
            for piece in pieces:
                try:
                    connection.sendall(piece)
                except OSError:
                    return
                if done.wait(pause):
                    return

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}/Users"
        finally:
            done.set()
            thread.join()


def test_an_answer_has_its_status_and_its_body() -> None:
    with peer(iter([b"HTTP/1.1 409 Conflict\r\nContent-Length: 2\r\n\r\n{}"])) as url:
        answer = exchange("GET", url, {})

    assert (answer.status, answer.content) == (409, b"{}")


@pytest.mark.parametrize(
    "begin",
    [b"", b"HTTP/1.1 200 OK\r\nX-Slow: ", b"HTTP/1.1 200 OK\r\n\r\n"],
    ids=["status", "headers", "body"],
)
def test_bytes_that_come_one_by_one_are_no_answer_when_the_time_is_over(begin: bytes) -> None:
    def drops() -> Iterator[bytes]:
        yield begin
        yield from repeat(b" ")

    with peer(drops(), pause=0.05) as url, pytest.raises(NoAnswerError, match=r"within 0\.3 s"):
        exchange("GET", url, {}, seconds=0.3)


def test_an_answer_that_never_begins_is_none() -> None:
    with (
        peer(iter([b""]), pause=30) as url,
        pytest.raises(NoAnswerError, match=r"no complete answer within 0\.2 s"),
    ):
        exchange("GET", url, {}, seconds=0.2)


def test_a_body_that_is_too_large_is_no_answer() -> None:
    def body() -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\n\r\n"
        yield from repeat(b"x" * 65536, MAX_BYTES // 65536 + 2)

    with peer(body()) as url, pytest.raises(NoAnswerError, match="larger than 4 MiB"):
        exchange("GET", url, {}, seconds=10)


@pytest.mark.parametrize(
    ("sent", "reason"),
    [(b"", "closed|reset|no HTTP"), (b"SSH-2.0-server\r\n", "the answer is no HTTP")],
)
def test_what_is_no_http_is_no_answer(sent: bytes, reason: str) -> None:
    with peer(iter([sent])) as url, pytest.raises(NoAnswerError, match=reason):
        exchange("GET", url, {}, seconds=5)


def test_nobody_there_is_no_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]

    with pytest.raises(NoAnswerError, match="refused"):
        exchange("GET", f"http://127.0.0.1:{port}/", {}, seconds=5)
