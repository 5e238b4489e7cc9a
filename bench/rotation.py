"""A rotation in real time: 25 requests a second over HTTP with the old token, then with the new.

Nothing may be refused until the overlap ends, and the old token has to be within 60 seconds after.
Takes two minutes.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import quantiles

import httpx

from rollcall.operations import running_server
from rollcall.runtime.services import Services
from rollcall.runtime.settings import Settings

RATE = 25
OVERLAP = timedelta(seconds=20)


@contextmanager
def server() -> Iterator[tuple[Services, str, str]]:
    """Run a local server; yields its services, and URL and token of the tenant acme."""
    with tempfile.TemporaryDirectory() as scratch:
        command = [str(Path(sys.executable).parent / "rollcall"), "--state", scratch, "serve"]
        options = ["--port", "0", "--json", "--tenant", "acme"]
        quiet, pipe = subprocess.DEVNULL, subprocess.PIPE
        with subprocess.Popen([*command, *options], stdout=pipe, stderr=quiet) as process:
            assert process.stdout is not None
            told = json.loads(process.stdout.readline())["tenants"]["acme"]
            running = running_server.find(Path(scratch))
            assert running is not None
            try:
                settings = Settings(endpoint_url=running.endpoint_url)
                yield Services(settings), told["url"], told["token"]
            finally:
                process.terminate()
                process.wait(60)


class Load:
    """A client with a steady rate, and its answers."""

    def __init__(self, url: str) -> None:
        self._client = httpx.Client(base_url=url, timeout=10)
        self.begun = self._next = time.monotonic()
        self.milliseconds: list[float] = []

    def send(self, token: str, seconds: float) -> list[float]:
        """Send for some seconds; return the times of refusals, in seconds since the start."""
        refused, headers = [], {"Authorization": f"Bearer {token}"}
        for _ in range(round(seconds * RATE)):
            time.sleep(max(0.0, self._next - time.monotonic()))
            self._next += 1 / RATE
            sent = time.perf_counter()
            answer = self._client.get('/Users?filter=userName eq "nobody"', headers=headers)
            self.milliseconds.append((time.perf_counter() - sent) * 1000)
            if answer.status_code != 200:
                refused.append(time.monotonic() - self.begun)
        return refused


def main() -> int:
    """Print the refused requests and their times; return 1 if one should have succeeded."""
    with server() as (services, url, old):
        load = Load(url)
        early = load.send(old, 15)
        issued = services.tokens("acme").rotate(None, OVERLAP)
        assert issued.replaced is not None
        rotated, new = time.monotonic() - load.begun, issued.plain
        # What was promised, by the clock of the server.
        left = datetime.fromisoformat(issued.replaced.expires) - datetime.now(UTC)
        end = rotated + left.total_seconds()
        early += load.send(old, 10) + load.send(new, 8)
        after = load.send(old, 72)
        early += [each for each in after if each < end]
        late = [each for each in after if each >= end]
        again = load.send(new, 5)
        percentile = quantiles(load.milliseconds, n=100)
    print(f"{len(load.milliseconds)} requests at {RATE} a second")
    print(f"rotated at {rotated:.1f} s, the overlap ended at {end:.1f} s")
    print(f"refused before that: {len(early)}; with the new token after it: {len(again)}")
    print(f"the old one was first refused at {late[0]:.1f} s, {late[0] - end:+.1f} s after")
    print(f"milliseconds: median {percentile[49]:.1f}, 99th percentile {percentile[98]:.1f}")
    return 1 if early or again or not late or late[0] > end + 60 else 0


if __name__ == "__main__":
    sys.exit(main())
