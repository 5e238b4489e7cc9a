"""CPU and memory of the duplicate report over a million addresses, as ratios.

    python -m bench.duplicates

Pages of evidence are generated in place of the table, in the form in which DynamoDB sends them;
each size runs in a process of its own, so that its memory is its own.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.reconcile.duplicates.generated import generated

SIZES = (10_000, 100_000, 1_000_000)
DUE = "2026-11-24T02:00:00Z"


def measure(addresses: int) -> dict[str, Any]:
    """Run over a number of addresses, and return CPU and memory."""
    with tempfile.TemporaryDirectory() as folder:
        run, client = generated(addresses, Path(folder))
        before, begun = _memory(), time.process_time()
        counts = run.advance(DUE, lambda _: False)
        assert counts is not None
        client.close()
        return {
            "addresses": addresses,
            "duplicates": counts.new,
            "cpu": time.process_time() - begun,
            "memory": (_memory() - before) / 1024,
            "calls": sum(client.calls.values()),
        }


def _memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def main() -> None:
    """Measure every size and print a line for each."""
    if len(sys.argv) > 1:
        print(json.dumps(measure(int(sys.argv[1]))))
        return
    print(f"{'addresses':>10} {'found':>7} {'calls':>8} {'CPU s':>7} {'µs each':>8} {'MB more':>8}")
    for size in SIZES:
        command = [sys.executable, "-m", "bench.duplicates", str(size)]
        said = subprocess.run(command, check=True, capture_output=True, timeout=900)
        each = json.loads(said.stdout)
        micro = each["cpu"] / size * 1e6
        print(
            f"{size:>10,} {each['duplicates']:>7,} {each['calls']:>8,} {each['cpu']:>7.1f} "
            f"{micro:>8.0f} {each['memory']:>8.1f}"
        )


if __name__ == "__main__":
    main()
