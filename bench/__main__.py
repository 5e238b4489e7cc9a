"""Rollcall and its peers side by side on loopback, with the same requests.

    python -m bench [--quick]

Peers are installed into `.bench` first. The report is written to `bench/results`.
"""

from __future__ import annotations

import argparse
import signal
import sys
from datetime import datetime
from pathlib import Path

from bench.comparison import QUICK, WHOLE, compare
from bench.peer import PEERS
from bench.report import Report

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
    # A kill, too, has to end the servers.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    begun = datetime.now().astimezone()
    plan = QUICK if quick else WHOLE
    try:
        results = compare(PEERS, plan, lambda line: print(line, flush=True))
    except KeyboardInterrupt:
        return 130
    folder = RESULTS / ("quick" if quick else f"{begun:%Y-%m-%d}")
    Report(begun, plan, results).write(folder)
    print(f"the report is in {folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
