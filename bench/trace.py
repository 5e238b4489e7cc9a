"""How many files and calls of the package a request crosses, and what starting costs.

    python -m bench.trace

Counts are the same in every run; the CPU of imports is the median of several processes.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from types import FrameType
from typing import Any

import rollcall
from bench.gateway import Gateway, gateway

PACKAGE = str(Path(rollcall.__file__).parent)
STARTS = 5
IMPORTS = {
    "users function": "import os, sys; sys.path.insert(0, 'functions/users'); "
    "os.environ.setdefault('AWS_REGION', 'us-east-1'); "
    "os.environ.setdefault('AWS_DEFAULT_REGION', 'us-east-1'); import app",
    "rollcall --help": "import sys; sys.argv = ['rollcall', '--help']; "
    "from rollcall.cli import main; main()",
}
_MEASURED = """
import atexit, sys, time
atexit.register(lambda: print(len(sys.modules), time.process_time(), file=sys.stderr))
"""


def count_calls(call: Callable[[], Any]) -> tuple[int, int]:
    """Return how many files of the package a call enters, and how many calls it makes there."""
    files: set[str] = set()
    calls = 0

    def profile(frame: FrameType, event: str, _: object) -> None:
        nonlocal calls
        if event == "call" and frame.f_code.co_filename.startswith(PACKAGE):
            calls += 1
            files.add(frame.f_code.co_filename)

    import threading  # noqa: PLC0415  # the profile has to be set before threads begin

    threading.setprofile(profile)
    sys.setprofile(profile)
    try:
        call()
    finally:
        sys.setprofile(None)
        threading.setprofile(None)
    return len(files), calls


def requests(gate: Gateway) -> dict[str, Callable[[], Any]]:
    """Return one request of each kind, on resources that are there."""
    person, _ = gate.send("POST", "/Users", {"userName": "ada", "active": True})
    other, _ = gate.send("POST", "/Users", {"userName": "bob", "active": True})
    group, _ = gate.send("POST", "/Groups", {"displayName": "one"})
    disable = {"Operations": [{"op": "Replace", "path": "active", "value": "False"}]}

    def adding(member: str) -> dict[str, Any]:
        operation = {"op": "Add", "path": "members", "value": [{"value": member}]}
        return {"Operations": [operation]}

    gate.send("PATCH", f"/Groups/{group['id']}", adding(other["id"]))
    return {
        "GET user": lambda: gate.send("GET", f"/Users/{person['id']}"),
        "POST user": lambda: gate.send("POST", "/Users", {"userName": "eve", "active": True}),
        "PATCH active": lambda: gate.send("PATCH", f"/Users/{person['id']}", disable),
        "add one member": lambda: gate.send(
            "PATCH", f"/Groups/{group['id']}", adding(person["id"])
        ),
    }


def start_cost(code: str) -> tuple[int, float]:
    """Return how many modules a program has loaded at its end, and its seconds of CPU."""
    figures = []
    for _ in range(STARTS):
        done = subprocess.run(
            [sys.executable, "-c", _MEASURED + code], capture_output=True, text=True, check=False
        )
        modules, seconds = done.stderr.split()[-2:]
        figures.append((int(modules), float(seconds)))
    return figures[0][0], median(seconds for _, seconds in figures)


def main() -> None:
    """Print a table of files and calls, and one of imports."""
    print(f"{'':22}{'files':>8}{'calls':>8}")
    with gateway() as gate:
        for name, request in requests(gate).items():
            files, calls = count_calls(request)
            print(f"{name:22}{files:>8}{calls:>8}")
    print(f"\n{'':22}{'modules':>8}{'CPU s':>8}")
    for name, code in IMPORTS.items():
        modules, seconds = start_cost(code)
        print(f"{name:22}{modules:>8}{seconds:>8.2f}")


if __name__ == "__main__":
    main()
