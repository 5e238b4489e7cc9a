"""Rollcall and its peers side by side on loopback, with the same requests.

    python -m bench [--quick]

Peers are installed into `.bench` first. The report is written to `bench/results`, again after each
peer; a whole run writes its figures into `docs/performance.md`, too.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from collections.abc import Callable
from datetime import datetime
from http.client import HTTPException
from pathlib import Path

from bench import page
from bench.bill import Bill, bills
from bench.comparison import QUICK, WHOLE, Plan, compare
from bench.figures import Result
from bench.installation import AbsentError, versions
from bench.peer import PEERS
from bench.population import RefusedError
from bench.process import StartError
from bench.report import Report
from rollcall.dev.emulator import EmulatorError

RESULTS = Path(__file__).parent / "results"


def main() -> int:
    """Measure, and write the report."""
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--quick", action="store_true", help="fewer users, below five minutes")
    quick = parser.parse_args().quick
    # A kill and a closed terminal, too, have to end the servers.
    for ending in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, lambda number, _: sys.exit(128 + number))
    date = datetime.now().astimezone()
    folder = RESULTS / ("quick" if quick else f"{date:%Y-%m-%d}")
    begun = time.monotonic()

    def say(line: str) -> None:
        print(f"{time.monotonic() - begun:5.0f} s  {line}", flush=True)

    try:
        _measure(QUICK if quick else WHOLE, date, folder, say)
    except KeyboardInterrupt:
        return 130
    if not quick:
        page.write(folder / "report.json")
    say(f"the report is in {folder}")
    return 0


def _measure(plan: Plan, date: datetime, folder: Path, say: Callable[[str], None]) -> None:
    results: list[Result] = []
    load = os.getloadavg()[0]
    asked: dict[str, Bill] = {}
    for peer in PEERS:
        results.append(compare(peer, plan, say))
        if peer.copied:
            asked = _bills(min(plan.sizes), say)
        loads = (load, os.getloadavg()[0])
        Report(date, plan, results, asked, loads, versions=versions()).write(folder)


def _bills(users: int, say: Callable[[str], None]) -> dict[str, Bill]:
    try:
        return bills(users, say)
    except (AbsentError, StartError, RefusedError, EmulatorError, HTTPException, OSError) as error:
        say(str(error))
        return {}


if __name__ == "__main__":
    sys.exit(main())
