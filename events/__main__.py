"""`python -m events`: serve what the events need, or run them in one of three ways.

serve    the emulator on loopback with the tenant of the events, until Ctrl-C
run      every event through the built functions under Lambda's runtime, without Docker
docker   every event with `sam local invoke`
api      every request with `sam local start-api`, and an event of each function by itself
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from statistics import median
from typing import Any

from events import containers, endpoint, engine, runtime
from events.case import Case, cases, given
from rollcall.dev.emulator import EmulatorError
from rollcall.operations.running_server import STATE
from rollcall.runtime.services import Services

Invoke = Callable[[Case], Any]

FAILURES = (
    EmulatorError,
    runtime.NotBuiltError,
    engine.NoEngineError,
    containers.SamError,
    OSError,
)


def main() -> int:
    """Run the command and return its exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m events",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("what", choices=["serve", "run", "docker", "api"])
    ways = {"serve": _serve, "run": _run, "docker": _docker, "api": _api}
    try:
        return ways[parser.parse_args().what]()
    except FAILURES as error:
        print(error, file=sys.stderr)
        return 2


def _serve() -> int:
    found = engine.find()
    with (
        endpoint.running(STATE, port=endpoint.PORT) as services,
        engine.relayed(found, endpoint.PORT),
    ):
        url = services.clients.dynamodb.meta.endpoint_url
        containers.write_environment(found.url(endpoint.PORT))
        print(f"AWS is served on {url}, to be used in another terminal:")
        print("  .venv-sam/bin/sam local invoke UsersFunction -e events/users-create.json")
        print("  .venv-sam/bin/sam local start-api --warm-containers EAGER")
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
    with _in_containers() as (services, variables):
        return _played(services, lambda case: containers.invoke(case, variables))


def _api() -> int:
    with (
        _in_containers() as (services, variables),
        tempfile.TemporaryDirectory() as scratch,
        containers.api(variables, Path(scratch) / "api.log") as api,
    ):
        failed = _played(services, api.invoke, [each for each in cases() if each.is_request])
    each_function = {case.function: case for case in cases()}.values()
    with _in_containers() as (services, variables):
        alone = _played(services, lambda case: containers.invoke(case, variables), each_function)
    return failed | alone


@contextmanager
def _in_containers() -> Iterator[tuple[Services, Path]]:
    """Run an emulator that containers reach; yields also what `sam local` gives the functions."""
    if not runtime.LAYER.exists():
        raise runtime.NotBuiltError(
            "the functions are not built for this machine: run `make build-local`"
        )
    found = engine.find()
    with tempfile.TemporaryDirectory() as scratch, endpoint.running(Path(scratch)) as services:
        port = int(services.clients.dynamodb.meta.endpoint_url.rpartition(":")[2])
        with engine.relayed(found, port):
            yield (
                services,
                containers.write_environment(found.url(port), Path(scratch) / "env.json"),
            )


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
    """Run every event again, after all clients were made."""
    seeded = endpoint.Snapshot(services)
    for case in cases():
        running[case.function].invoke(case.event)
        seeded.restore()


def _played(services: Services, invoke: Invoke, played: Iterable[Case] = ()) -> int:
    """Run events on the seeded data, and return 1 when an answer is not the expected one."""
    seeded = endpoint.Snapshot(services)
    failed = 0
    for case in played or cases():
        faults = case.faults(invoke(case))
        seeded.restore()
        failed |= bool(faults)
        print(f"{'FAILED' if faults else 'ok':8}{case.function:24}{case.name}", flush=True)
        for each in faults:
            print(f"{'':8}{each}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
