"""`python -m events`: what is missing is one sentence; containers find the AWS of this machine."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import tomllib
from pathlib import Path

import pytest

from events import containers, engine
from events.engine import DESKTOP, Engine
from events.template import ROOT, Template


@pytest.mark.parametrize("what", ["docker", "api"])
def test_sam_local_needs_containers_and_says_so(what: str, built: None) -> None:
    command = [sys.executable, "-m", "events", what]
    environment = {**os.environ, "DOCKER_HOST": "unix:///nonexistent"}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )

    assert done.returncode == 2
    assert done.stderr.startswith("`sam local` runs functions in containers: Docker or Podman has")
    assert done.stderr.count("\n") == 1


def serve_once(listening: socket.socket) -> None:
    caller, _ = listening.accept()
    with caller:
        caller.sendall(b"heard " + caller.recv(100))


def test_a_relay_passes_on_what_containers_ask_and_listens_on_their_bridge_alone() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        serving = threading.Thread(target=serve_once, args=(listening,))
        serving.start()
        with engine.relayed(Engine("127.0.0.2"), port):
            with socket.create_connection(("127.0.0.2", port)) as asking:
                asking.sendall(b"me")
                assert asking.recv(100) == b"heard me"
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(("127.0.0.3", port))
        serving.join()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.2", port))


def test_a_relay_waits_for_a_bridge_that_is_there_only_with_a_container() -> None:
    with engine.relayed(Engine("198.51.100.7"), 4566):
        pass


def test_containers_find_us_by_the_bridge_or_by_docker_desktops_name(tmp_path: Path) -> None:
    assert Engine("10.88.0.1").url(4566) == "http://10.88.0.1:4566"
    assert Engine(None).url(4566) == f"http://{DESKTOP}:4566"

    file = containers.write_environment("http://10.88.0.1:4566", tmp_path / "env.json")
    variables = json.loads(file.read_text())["Parameters"]
    assert variables["AWS_ENDPOINT_URL"] == "http://10.88.0.1:4566"
    assert variables["ROLLCALL_TABLE"] == "rollcall"
    declared = {name for each in Template().functions() for name, _ in Template().variables(each)}
    assert set(variables) <= declared, "`sam local` passes no other"


@pytest.mark.parametrize("command", ["local_invoke", "local_start_api"])
def test_sam_local_takes_what_is_built_here_and_where_the_aws_is(command: str) -> None:
    parameters = tomllib.loads((ROOT / "samconfig.toml").read_text())["default"][command]

    assert ROOT / parameters["parameters"]["env_vars"] == containers.ENVIRONMENT
    assert parameters["parameters"]["template_file"] == ".aws-sam/local/template.yaml"


def test_what_is_built_to_run_here_asks_for_the_image_of_this_machine(built: None) -> None:
    text = (ROOT / ".aws-sam/local/template.yaml").read_text()
    machine = {"aarch64": "arm64"}.get(os.uname().machine, os.uname().machine)

    assert Template(text).parameters["Architecture"]["Default"] == machine
