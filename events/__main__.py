"""`python -m events`: serve what the events need, or run them all in one of two ways.

serve    the emulator on loopback with the tenant of the events, until Ctrl-C
run      every event through the built functions under Lambda's runtime, without Docker
docker   every event with `sam local invoke`
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from statistics import median
from typing import Any

from events import endpoint, runtime
from events.case import Case, cases, given
from events.template import ROOT
from rollcall.emulator import EmulatorError
from rollcall.local import STATE
from rollcall.runtime import Services

Invoke = Callable[[Case], Any]


def main() -> int:
    """Do what the command line says; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m events",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("what", choices=["serve", "run", "docker"])
    ways = {"serve": _serve, "run": _run, "docker": _docker}
    try:
        return ways[parser.parse_args().what]()
    except (EmulatorError, runtime.NotBuiltError, OSError) as error:
        print(error, file=sys.stderr)
        return 2


def _serve() -> int:
    with endpoint.running(STATE, port=endpoint.PORT) as services:
        url = services.clients.dynamodb.meta.endpoint_url
        print(f"AWS is served on {url}, to be used in another terminal:")
        print("  make build-local")
        print("  .venv-sam/bin/sam local invoke UsersFunction -e events/users-create.json")
        print("  .venv-sam/bin/sam local start-api")
        print(f"The tenant is {endpoint.TENANT}, its Secret Token {endpoint.TOKEN}")
        print("Ctrl-C ends it, and what was written is gone.", flush=True)
        with suppress(KeyboardInterrupt):
            threading.Event().wait()
    return 0


def _run() -> int:
    runtime.check_built()
    with (
        tempfile.TemporaryDirectory() as scratch,
        endpoint.running(Path(scratch)) as services,
        functions(Path(scratch), services.clients.dynamodb.meta.endpoint_url) as running,
    ):
        failed = _played(services, lambda case: running[case.function].invoke(case.event))
        _warm(services, running)
        print(f"\n{'function':32}{'INIT ms':>10}{'warm ms':>10}")
        for name, each in running.items():
            figures = each.figures()
            warm = figures.answers[len(figures.answers) // 2 :]
            print(f"{name:32}{max(figures.starts, default=0):10.0f}{median(warm):10.1f}")
    return failed


def _docker() -> int:
    if not any(map(shutil.which, ("docker", "podman"))):
        raise runtime.NotBuiltError(
            "`sam local` runs functions in containers: Docker or Podman is needed"
        )
    if not runtime.LAYER.exists():
        raise runtime.NotBuiltError(
            "the functions are not built for this machine: run `make build-local`"
        )
    with (
        tempfile.TemporaryDirectory() as scratch,
        endpoint.running(Path(scratch)) as services,
    ):
        variables = Path(scratch) / "env.json"
        variables.write_text(
            json.dumps({"Parameters": environment(services.clients.dynamodb.meta.endpoint_url)})
        )

        def invoke(case: Case) -> Any:
            command = ["sam", "local", "invoke", case.function]
            command += ["--event", f"events/{case.name}.json", "--env-vars", str(variables)]
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603
            if done.returncode != 0:
                raise OSError(done.stderr.strip().splitlines()[-1])
            return json.loads(done.stdout.strip().splitlines()[-1])

        return _played(services, invoke)


@contextmanager
def functions(logs: Path, url: str) -> Iterator[dict[str, runtime.Function]]:
    """Run every function that has an event, over the AWS at a URL."""
    names = sorted({case.function for case in cases()})
    with ExitStack() as stack:
        yield {
            name: stack.enter_context(runtime.running(name, logs, environment(url)))
            for name in names
        }


def environment(url: str) -> dict[str, str]:
    """Return what `env.json` gives, with another endpoint."""
    return {**given(), "AWS_ENDPOINT_URL": url}


def _warm(services: Services, running: dict[str, runtime.Function]) -> None:
    """Run every event again, when everything that is made only once is there."""
    seeded = endpoint.Snapshot(services)
    for case in cases():
        running[case.function].invoke(case.event)
        seeded.restore()


def _played(services: Services, invoke: Invoke) -> int:
    """Run every event on what was seeded, and return 1 when an answer is not what is expected."""
    seeded = endpoint.Snapshot(services)
    failed = 0
    for case in cases():
        faults = case.faults(invoke(case))
        seeded.restore()
        failed |= bool(faults)
        print(f"{'FAILED' if faults else 'ok':8}{case.function:24}{case.name}", flush=True)
        for each in faults:
            print(f"{'':8}{each}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
