"""How much CPU the start and the first request of each built function take, beside a plain one.

    python -m bench.cold_start [--starts N] [--before FOLDER] [--only NAME ...]

Each is a process of its own under Lambda's Python, in turn with the plain one: `plain/app.py`
over boto3, Starlette and Mangum as they are published. Needs `make build-local`; `--before` is an
older `.aws-sam/local`, measured in the same run. Read the ratios, not the milliseconds.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from bench import installation
from events import endpoint, runtime
from events.__main__ import environment
from events.case import Case, cases

STARTS = 5
BUDGET = 1.9
PLAIN, BEFORE, AFTER = "plain", "before", "after"

KINDS = (
    "users-test-connection",
    "users-read",
    "users-create",
    "users-disable",
    "users-replace",
    "users-delete",
    "users-list",
    "users-find",
    "users-search",
    "groups-read",
    "groups-create",
    "groups-add-member",
    "groups-find",
    "bulk-create",
    "bulk-search",
    "discovery-service-provider-config",
    "discovery-schema",
    "token-issue",
    "handover-page",
    "handover-status",
    "reports-open",
    "access-active",
    "changes-created",
    "duplicates-tenant",
    "expiry-daily",
    "summary-week",
    "sweep-unfinished",
    "release-unknown",
)
"""The events of the first requests, one of each kind."""

FIRST_REQUEST = """
import json, sys, time

class Context:
    aws_request_id = "1"
    function_name = memory_limit_in_mb = "1"
    invoked_function_arn = "arn:aws:lambda:us-east-1:1:function:1"

    def get_remaining_time_in_millis(self):
        return 20_000

event = json.load(sys.stdin)
sys.path.insert(0, sys.argv[1])
import app
start = time.process_time()
answer = app.handler(event, Context())
print()
print(json.dumps([start * 1000, (time.process_time() - start) * 1000, answer]))
"""
"""Prints the milliseconds of CPU of the process until the event, those of the event, the answer."""


@dataclass(frozen=True)
class Start:
    """The milliseconds of CPU of one start and of its first request."""

    start: float
    request: float

    @property
    def whole(self) -> float:
        """Both together."""
        return self.start + self.request


def main() -> int:
    """Measure, and print a table; return 1 when an answer is not the expected one."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.cold_start",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--starts", type=int, default=STARTS, help="of each kind")
    parser.add_argument("--before", type=Path, help="an older .aws-sam/local")
    parser.add_argument("--only", nargs="+", metavar="NAME", choices=KINDS, help="of these kinds")
    arguments = parser.parse_args()
    try:
        runtime.check_built()
        bare = installation.bare(runtime.PYTHON)
    except (runtime.NotBuiltError, installation.AbsentError) as error:
        parser.error(str(error))
    named = {case.name: case for case in cases()}
    played = [named[name] for name in arguments.only or KINDS]
    builds = {AFTER: runtime.BUILT}
    if arguments.before:
        builds[BEFORE] = arguments.before.resolve()
    try:
        measured = _measure(played, builds, bare, arguments.starts)
    except UnexpectedAnswerError as error:
        print(error, file=sys.stderr)
        return 1
    for line in table(measured, played, sorted(builds, reverse=True)):
        print(line)
    return 0


class UnexpectedAnswerError(RuntimeError):
    """A function did not answer as its event expects; the message says how."""


def _measure(
    played: list[Case], builds: Mapping[str, Path], bare: Path, starts: int
) -> dict[tuple[str, str], list[Start]]:
    """Return the starts by build and kind; the plain function's have the build PLAIN."""
    measured: dict[tuple[str, str], list[Start]] = {}
    with tempfile.TemporaryDirectory() as scratch, endpoint.running(Path(scratch)) as services:
        given = environment(services.clients.dynamodb.meta.endpoint_url)
        seeded = endpoint.Snapshot(services)
        plain = Case(PLAIN, "UsersFunction", _read_case(played).event, {"statusCode": 200})
        # In turn, so that what else runs here disturbs all alike.
        for number, case in enumerate(played * starts, 1):
            for build, folder in builds.items():
                code, layers = folder / case.function, [folder / "Layer" / "python"]
                if case.function == "TokenFunction":
                    layers.append(folder / "FederationLayer" / "python")
                done, answer = _start(case, code, layers, given)
                if build == AFTER and (faults := case.faults(answer)):
                    raise UnexpectedAnswerError(f"{case.name}: {faults[0]}")
                measured.setdefault((build, case.name), []).append(done)
                seeded.restore()
            done, answer = _start(plain, Path(__file__).parent / "plain", [bare], given)
            if faults := plain.faults(answer):
                raise UnexpectedAnswerError(f"{PLAIN}: {faults[0]}")
            measured.setdefault((PLAIN, PLAIN), []).append(done)
            print(f"{number} of {len(played) * starts}: {case.name}", file=sys.stderr, flush=True)
    return measured


def _read_case(played: Sequence[Case]) -> Case:
    """Return a request to the gateway, which the plain function answers."""
    reads = (case for case in played if case.is_request and case.event["httpMethod"] == "GET")
    return next(reads, cases()[-1])


def _start(
    case: Case, code: Path, layers: Sequence[Path], given: Mapping[str, str]
) -> tuple[Start, Any]:
    variables = runtime.environment(case.function, given)
    done = subprocess.run(  # what `make build-local` has installed
        [str(runtime.PYTHON), "-c", FIRST_REQUEST, str(code)],
        env={**variables, "PYTHONPATH": ":".join(map(str, layers))},
        input=json.dumps(case.event),
        capture_output=True,
        text=True,
        check=False,
        cwd=code,
    )
    if done.returncode:
        raise UnexpectedAnswerError(f"{case.name} failed: {done.stderr.strip()[-500:]}")
    start, request, answer = json.loads(done.stdout.splitlines()[-1])
    return Start(start, request), answer


def table(
    measured: Mapping[tuple[str, str], Sequence[Start]], played: Sequence[Case], builds: list[str]
) -> Iterator[str]:
    """Yield the rows of a table in Markdown, the ratios to the plain function."""
    plain = measured[PLAIN, PLAIN]
    yield "| first request | " + " | ".join(f"start, {each} | together" for each in builds) + " |"
    yield "|---|" + "---|---|" * len(builds)
    for case in played:
        row = [case.name]
        for build in builds:
            done = measured[build, case.name]
            row += [
                f"{_median(done, 'start') / _median(plain, 'start'):.2f}",
                f"{_median(done, 'whole') / _median(plain, 'whole'):.2f}",
            ]
        yield "| " + " | ".join(row) + " |"
    yield ""
    yield (
        f"1 is {_median(plain, 'start'):.0f} ms of CPU for a start of the plain function, "
        f"{_median(plain, 'whole'):.0f} with its first request; the budget is {BUDGET}."
    )


def _median(starts: Sequence[Start], what: str) -> float:
    return float(median(getattr(each, what) for each in starts))


if __name__ == "__main__":
    sys.exit(main())
