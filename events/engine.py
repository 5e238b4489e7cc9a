"""The container engine of this machine, Docker or Podman, and its network.

An emulator listens on loopback, which no container reaches. On Linux a relay on the bridge of the
containers passes on what they ask, and nothing listens on any other address; Docker Desktop
resolves a name of its own to the loopback of the machine.
"""

from __future__ import annotations

import json
import platform
import selectors
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from events.template import ROOT

PYTHON = ROOT / ".venv-sam" / "bin" / "python"

DESKTOP = "host.docker.internal"

_ASK = """
import docker, json
client = docker.from_env()
info = client.info()
names = [each.attrs for each in client.networks.list()]
(bridge,) = [each for each in names if each["Name"] in ("bridge", "podman")][:1]
print(json.dumps({
    "system": info.get("OperatingSystem", ""),
    "rootless": "rootless" in str(info.get("SecurityOptions")),
    "gateway": bridge["IPAM"]["Config"][0]["Gateway"],
}))
"""
_FREEBIND = 15
"""IP_FREEBIND of Linux: the bridge of Podman exists only while a container runs."""


class NoEngineError(RuntimeError):
    """`sam local` cannot run here; the message is one sentence."""


@dataclass(frozen=True)
class Engine:
    """An engine; `gateway` is the address of this machine on its bridge, if there is one."""

    gateway: str | None

    def url(self, port: int) -> str:
        """Return the URL at which containers reach a relayed port of loopback."""
        return f"http://{self.gateway or DESKTOP}:{port}"


def find() -> Engine:
    """Return the engine that the SAM CLI uses. Raises NoEngineError."""
    if not PYTHON.exists():
        raise NoEngineError("there is no SAM CLI: run `make build-local`")
    asked = subprocess.run(  # noqa: S603  # the SAM CLI's own Python
        [str(PYTHON), "-c", _ASK], capture_output=True, text=True, check=False
    )
    if asked.returncode != 0:
        raise NoEngineError(
            "`sam local` runs functions in containers: Docker or Podman has to run (with Podman, "
            f"DOCKER_HOST names its socket). {asked.stderr.strip().splitlines()[-1]}"
        )
    found = json.loads(asked.stdout)
    if found["system"] == "Docker Desktop" or platform.system() != "Linux":
        return Engine(None)
    if found["rootless"]:
        raise NoEngineError("containers of an engine without root reach no address of this machine")
    return Engine(found["gateway"])


@contextmanager
def relayed(engine: Engine, port: int) -> Iterator[None]:
    """Relay a port of the bridge to the same port of loopback, until the block ends."""
    if engine.gateway is None:
        yield
        return
    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.setsockopt(socket.IPPROTO_IP, _FREEBIND, 1)
        listening.bind((engine.gateway, port))
        listening.listen()
        threading.Thread(target=_accept, args=(listening, port), daemon=True).start()
        try:
            yield
        finally:
            listening.shutdown(socket.SHUT_RDWR)


def _accept(listening: socket.socket, port: int) -> None:
    while True:
        try:
            caller, _ = listening.accept()
        except OSError:  # the relay has ended
            return
        threading.Thread(target=_relay, args=(caller, port), daemon=True).start()


def _relay(caller: socket.socket, port: int) -> None:
    """Forward bytes in both directions until one side closes."""
    with caller, socket.create_connection(("127.0.0.1", port)) as server:
        other = {caller: server, server: caller}
        with selectors.DefaultSelector() as ready:
            for each in other:
                ready.register(each, selectors.EVENT_READ)
            while True:
                for key, _ in ready.select():
                    heard: socket.socket = key.fileobj  # type: ignore[assignment]
                    said = heard.recv(65_536)
                    if not said:
                        return
                    other[heard].sendall(said)
