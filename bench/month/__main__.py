"""A month of provisioning by Microsoft Entra ID, replayed on the real code in minutes.

    python -m bench.month [--users N] [--groups N] [--tenants N | --idle]

The requests are those of the demo's provisioning job; they are sent to the handlers of the
functions, over a DynamoDB engine that reports the units of each call as AWS does. A clock of its
own lets the month pass. The figures are written to `bench/results`: `python -m bench.cost` makes
the cost page of them.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.month.company import Plan
from bench.month.replay import idle, replay
from bench.month.report import report
from bench.report import machine

SAMPLE = Plan(users=200, groups=4, joiners=80, leavers=80, edits=200, moves=200, renames=20)
"""A company whose changes are followed to their events: ten times as many, so that all come."""

RESULTS = Path(__file__).parents[1] / "results"


def main() -> int:
    """Replay, and write the figures."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.month",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--users", type=int, default=10_000, help="of each tenant")
    parser.add_argument("--groups", type=int, default=100, help="of each tenant")
    parser.add_argument("--tenants", type=int, default=1, help="at once, over the same functions")
    parser.add_argument("--idle", action="store_true", help="only the schedules, without tenants")
    parser.add_argument("--output", type=Path, help="the JSON file; bench/results by default")
    asked = parser.parse_args()
    plan = Plan(asked.users, asked.groups)
    begun = time.monotonic()

    def say(line: str) -> None:
        print(f"{time.monotonic() - begun:6.0f} s  {line}", flush=True)

    figures: dict[str, Any] = {"date": f"{datetime.now(UTC):%Y-%m-%d}", "machine": machine()}
    if asked.idle:
        name = "idle"
        figures |= idle()
    else:
        name = "month" if asked.tenants == 1 else f"month-of-{asked.tenants}"
        figures |= {
            "plan": asdict(plan),
            **replay(plan, asked.tenants, say),
            "followed": replay(SAMPLE, 1, say, follow=True)["phases"],
        }
    file = asked.output or RESULTS / f"{name}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(figures, indent=1) + "\n")
    if not asked.idle:
        memory = json.loads((RESULTS / "memory.json").read_text())
        file.with_suffix(".md").write_text(report(figures, memory))
    say(f"the figures are in {file}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
