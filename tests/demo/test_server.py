"""The child process around the demo, played by a script in place of the real command."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from demo import server

Installed = Callable[[str], None]

READY = '{"tenants": {"acme": {"url": "http://127.0.0.1:9/scim/acme/v2", "token": "secret"}}}'


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Installed:
    def script(body: str) -> None:
        command = tmp_path / "rollcall"
        command.write_text(f"#!{python}\nimport pathlib, signal, sys, time\n{body}\n")
        command.chmod(0o755)

    python = sys.executable
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    return script


def test_the_endpoint_is_read_and_the_server_stopped(install: Installed, tmp_path: Path) -> None:
    install(
        f"""
here = pathlib.Path({str(tmp_path)!r})
here.joinpath("arguments").write_text(" ".join(sys.argv[1:]))
def stop(*_):
    here.joinpath("stopped").touch()
    sys.exit(0)
signal.signal(signal.SIGINT, stop)
print('''{READY}''', flush=True)
signal.pause()
"""
    )
    with server.running() as (url, token):
        assert (url, token) == ("http://127.0.0.1:9/scim/acme/v2", "secret")
        assert not (tmp_path / "stopped").exists()
    assert (tmp_path / "stopped").exists()
    arguments = (tmp_path / "arguments").read_text()
    assert arguments.startswith("serve --port 0 --fresh --tenant acme --json --state ")


def test_the_server_is_stopped_when_the_demo_fails(install: Installed, tmp_path: Path) -> None:
    install(
        f"""
def stop(*_):
    pathlib.Path({str(tmp_path / "stopped")!r}).touch()
    sys.exit(0)
signal.signal(signal.SIGINT, stop)
print('''{READY}''', flush=True)
signal.pause()
"""
    )
    with pytest.raises(ZeroDivisionError), server.running():
        raise ZeroDivisionError
    assert (tmp_path / "stopped").exists()


def test_one_that_does_not_react_is_killed(
    install: Installed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "GRACE", 0.2)
    install(
        f"""
import os
signal.signal(signal.SIGINT, signal.SIG_IGN)
pathlib.Path({str(tmp_path / "pid")!r}).write_text(str(os.getpid()))
print('''{READY}''', flush=True)
signal.pause()
"""
    )
    with server.running():
        pid = int((tmp_path / "pid").read_text())
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_one_that_fails_says_why(install: Installed) -> None:
    install('sys.exit("the port is taken")')
    with pytest.raises(server.NotStarted, match="the port is taken"), server.running():
        pass


def test_one_that_prints_something_else_did_not_start(install: Installed) -> None:
    install("print('[]')")
    with pytest.raises(server.NotStarted, match="did not start"), server.running():
        pass


def test_one_that_is_not_there_is_asked_to_be_installed(install: Installed) -> None:
    with pytest.raises(server.NotStarted, match="make install"), server.running():
        pass
