"""The command as it is typed, against the stand-in behind a real socket."""

import json
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import httpx
import pytest

from tests.demo.stand_in import StandIn

pytestmark = pytest.mark.slow


@pytest.fixture
def endpoint() -> Iterator[str]:
    service = StandIn()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            url = f"http://{self.headers['Host']}{self.path}"
            answer = service.answer(httpx.Request(self.command, url, content=body))
            self.send_response(answer.status_code)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            if answer.status_code == 204:
                self.send_header("Content-Length", "0")
            self.end_headers()
            self.wfile.write(answer.content)

        do_GET = do_POST = do_PATCH = do_DELETE = answer  # noqa: N815 - the library's names

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/scim/acme/v2"
        server.shutdown()


def demo(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "demo", *arguments],
        capture_output=True,
        encoding="utf-8",
        check=False,
        env={"PATH": "", "PYTHONUTF8": "1"} | environment,
    )


def test_the_whole_day_as_a_table(endpoint: str) -> None:
    ran = demo("--url", endpoint, "--token", "secret")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "requests went as Entra needs them" in ran.stdout
    assert "\x1b" not in ran.stdout


def test_the_whole_day_as_lines_of_json(endpoint: str) -> None:
    ran = demo("--json", ROLLCALL_URL=endpoint, ROLLCALL_TOKEN="secret")
    lines = [json.loads(line) for line in ran.stdout.splitlines()]
    assert {line["step"] for line in lines} == {"request", "check", "directory", "verdict"}
    assert lines[-1]["passed"] is True
    assert lines[-2]["users"] == 51
    assert ran.returncode == 0


def test_a_tenant_in_use_is_refused_with_one_sentence(endpoint: str) -> None:
    demo("--url", endpoint, "--token", "secret")
    ran = demo("--url", endpoint, "--token", "secret")
    assert ran.returncode == 2
    assert ran.stderr == "demo: the tenant holds 51 users already; it needs an empty tenant\n"


def test_no_server_at_all_is_a_failure() -> None:
    ran = demo("--url", "http://127.0.0.1:9/scim/acme/v2", "--token", "secret")
    assert ran.returncode == 1
    assert "no answer" in ran.stdout
    assert "Traceback" not in ran.stderr


@pytest.mark.parametrize(
    "arguments",
    [["--url", "https://scim.example.com"], ["--url", "x", "--token", "y"], ["--seed", "one"]],
)
def test_bad_usage_is_exit_code_2(arguments: list[str]) -> None:
    ran = demo(*arguments)
    assert ran.returncode == 2
    assert "error:" in ran.stderr
    assert "Traceback" not in ran.stderr
