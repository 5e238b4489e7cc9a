"""What each request costs in CPU, beside the same calls of DynamoDB by an unmodified boto3 client.

    python -m bench.sdk [--before FOLDER ...] [--rounds N] [--json FILE]

A request goes through the handler of a function, as a gateway's event, over a DynamoDB on loopback.
The calls that it makes are recorded and made again by the bare client, with the same answers. All
is measured in turns in one run, so that what else runs on the machine disturbs all alike: the
ratios count, more than the milliseconds. `--before` measures other versions in the same run: a
folder that holds another version of the package `rollcall`, such as `layers/rollcall` of an older
checkout.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from bench.process import running
from bench.sdk.exchanges import Exchange, Exchanges, proxy
from bench.sdk.requests import REQUESTS, SLOW
from rollcall.dev import emulator

ROOT = Path(__file__).parents[2]
LAYER = ROOT / "layers" / "rollcall"
USERS = 1_000
TIMES, TIMES_SLOW = 30, 3
"""How often a request is sent in one round, and one that takes long."""


@dataclass
class Costs:
    """The seconds of CPU of one request, one of each round."""

    calls: list[str]
    whole: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)

    def figures(self, name: str) -> dict[str, Any]:
        """Return the request with the medians in microseconds, and their ratio."""
        whole, bare = (1_000_000 * median(each) for each in (self.whole, self.bare))
        return {
            "request": name,
            "calls": self.calls,
            "whole": round(whole),
            "bare": round(bare),
            "ratio": round(whole / bare, 2),
        }


class Version:
    """One version of Rollcall, in a process that measures it."""

    def __init__(self, name: str, process: subprocess.Popen[str], exchanges: Exchanges) -> None:
        self.name = name
        self.costs: dict[str, Costs] = {}
        self._process = process
        self._exchanges = exchanges
        self._recorded: dict[str, list[Exchange]] = {}

    def answer(self) -> Any:
        """Wait for an answer of the process."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the process that measures {self.name} has ended")
        return json.loads(line)

    def ask(self, do: str, **command: Any) -> Any:
        """Have the process do something."""
        assert self._process.stdin is not None
        print(json.dumps({"do": do, **command}), file=self._process.stdin, flush=True)
        return self.answer()

    def record(self, name: str) -> None:
        """Record the calls of a request."""
        self._exchanges.record()
        self.ask("record", name=name)
        self._recorded[name] = self._exchanges.recorded
        self.costs[name] = Costs([each.operation for each in self._exchanges.recorded])

    def measure(self, name: str, times: int) -> None:
        """Measure a request, and its calls by the bare client."""
        recorded, costs = self._recorded[name], self.costs[name]
        costs.whole.append(self.ask("whole", name=name, times=times))
        self._exchanges.repeat(recorded)
        calls = [(each.operation, each.parameters) for each in recorded]
        costs.bare.append(self.ask("bare", calls=calls, times=times))


@contextmanager
def version(name: str, layer: Path, urls: Sequence[str], exchanges: Exchanges) -> Iterator[Version]:
    """Start the process of one version, filled with users; it ends with the block."""
    with subprocess.Popen(
        [sys.executable, "-m", "bench.sdk.worker", *urls, name, str(USERS)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{layer}{os.pathsep}{ROOT}"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,  # Ctrl-C in the terminal is for the bench alone
    ) as process:
        try:
            made = Version(name, process, exchanges)
            made.answer()
            yield made
        finally:
            process.kill()


def measure(layers: Sequence[Path], rounds: int) -> list[Version]:
    """Measure versions of the package side by side."""
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        program = next((ROOT / ".engine").glob("node_modules/@dynoxide/*/dynoxide"))
        engine = stack.enter_context(
            running([str(program), "serve", "--port", "{port}"], scratch / "engine.log")
        )
        exchanges = stack.enter_context(proxy(engine.port))
        secrets = stack.enter_context(emulator.running(scratch / "emulator", fresh=True))
        urls = [f"http://127.0.0.1:{engine.port}", exchanges.url, secrets]
        versions = [
            stack.enter_context(version(f"v{number}", layer, urls, exchanges))
            for number, layer in enumerate(layers)
        ]
        for each in versions:
            for name in REQUESTS:
                each.record(name)
        for number in range(rounds + 1):
            print(f"round {number} of {rounds}", file=sys.stderr, flush=True)
            for name in REQUESTS:
                for each in versions:
                    each.measure(name, TIMES_SLOW if name in SLOW else TIMES)
            if not number:  # the first one loads what is loaded late
                for each in versions:
                    for costs in each.costs.values():
                        costs.whole.clear()
                        costs.bare.clear()
    return versions


def table(layers: Sequence[Path], results: Sequence[dict[str, Any]]) -> str:
    """Return the results as a table of Markdown, microseconds and ratios."""
    lines = [
        "| request | calls |" + " µs | bare | ratio |" * len(layers),
        "|---|---|" + "---|---|---|" * len(layers),
    ]
    by_request: dict[str, list[dict[str, Any]]] = {}
    for each in results:
        by_request.setdefault(each["request"], []).append(each)
    for name, versions in by_request.items():
        figures = "".join(
            f" {each['whole']:,} | {each['bare']:,} | {each['ratio']:.2f} |" for each in versions
        )
        lines.append(f"| {name} | {len(versions[-1]['calls'])} |{figures}")
    slow = by_request["unindexed filter"]
    lines.append("")
    lines.append(
        "unindexed filter, µs a resource: "
        + ", ".join(f"{each['whole'] / USERS:.1f}" for each in slow)
    )
    return "\n".join(lines)


def main() -> int:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.sdk",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--before", type=Path, nargs="*", default=[], help="other layers' folders")
    parser.add_argument("--rounds", type=int, default=7, help="how often each is measured")
    parser.add_argument("--json", type=Path, help="a file for the figures")
    arguments = parser.parse_args()
    # A kill, too, has to end the servers.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    layers = [*(each.resolve() for each in arguments.before), LAYER]
    results = [
        {"version": number, **costs.figures(name)}
        for number, each in enumerate(measure(layers, arguments.rounds))
        for name, costs in each.costs.items()
    ]
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=2) + "\n")
    print(table(layers, results))
    return 0


if __name__ == "__main__":
    sys.exit(main())
