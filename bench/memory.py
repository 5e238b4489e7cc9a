"""The CPU and the memory of each built function under Lambda's runtime: INIT, and its requests.

    python -m bench.memory [FUNCTION...]

Needs `make build-local`. The memory is the peak of the process after all its events, sent several
times; Lambda's own runtime comes on top. The figures are written to `bench/results/memory.json`.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from statistics import mean

from bench.report import machine
from events import endpoint, runtime
from events.__main__ import environment
from events.case import cases
from rollcall.runtime.services import Services

FILE = Path(__file__).parent / "results" / "memory.json"
STARTS = 2
ROUNDS = 2
"""How often each function is started, and how often all its events are sent."""


def main(names: list[str]) -> int:
    """Measure the functions, print the figures, and write them."""
    runtime.check_built()
    found: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as scratch, endpoint.running(Path(scratch)) as services:
        snapshot = endpoint.Snapshot(services)
        for name in names or sorted({case.function for case in cases()}):
            runs = []
            for _ in range(STARTS):
                runs.append(measure(name, services, Path(scratch)))
                snapshot.restore()
            found[name] = {key: mean(run[key] for run in runs) for key in runs[0]}
            print(f"{name:20} {found[name]}", flush=True)
    if not names:
        figures = {"date": f"{datetime.now(UTC):%Y-%m-%d}", "machine": machine()}
        FILE.write_text(json.dumps({**figures, "functions": found}, indent=1) + "\n")
    return 0


def measure(name: str, services: Services, scratch: Path) -> dict[str, float]:
    """Start a function and send its events; return CPU in milliseconds and memory in MB."""
    variables = environment(services.clients.dynamodb.meta.endpoint_url)
    own = [case for case in cases() if case.function == name]
    with runtime.running(name, scratch, variables) as function:
        function.invoke(own[0].event)
        process = next(_children())
        start = _cpu(process)
        begun = time.perf_counter()
        for _ in range(ROUNDS):
            for case in own:
                function.invoke(case.event)
        events = ROUNDS * len(own)
        return {
            "start_cpu": round(1000 * start),
            "event_cpu": round(1000 * (_cpu(process) - start) / events, 1),
            "event_wall": round(1000 * (time.perf_counter() - begun) / events, 1),
            "memory": round(_peak(process)),
        }


def _children() -> Iterator[int]:
    """Yield the processes that run a function: those of the runtime interface client."""
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                words = (folder / "cmdline").read_bytes().split(b"\0")
            except OSError:  # it has ended
                continue
            if b"awslambdaric" in words and words[0] == str(runtime.PYTHON).encode():
                yield int(folder.name)


def _cpu(process: int) -> float:
    """Return the seconds of CPU of a process and its threads."""
    return time.clock_gettime((~process << 3) | 2)  # as clock_getcpuclockid(3) returns it


def _peak(process: int) -> float:
    """Return the most memory that a process had, in MB."""
    status = Path(f"/proc/{process}/status").read_text()
    found = re.search(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)
    assert found is not None
    return int(found[1]) / 1024


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
