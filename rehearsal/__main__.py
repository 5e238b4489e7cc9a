"""`python -m rehearsal`: the whole stack on an AWS of this machine.

deploy   deploy it, make a tenant, and stay until Ctrl-C
play     rehearse: a first day, operators' work, a second stack, an update, a failed one, the end
built    tell by the exit code whether the functions are built from what stands here
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import threading
from contextlib import suppress
from pathlib import Path

from events import runtime
from rehearsal import cloud, localhost
from rehearsal.cloud import NotReadyError
from rehearsal.play import play
from rehearsal.stack import CommandError, Stack

PORT = 4567


def main() -> int:
    """Run the command and return its exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m rehearsal",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("what", choices=["deploy", "play", "built"])
    # A kill, too, has to end the emulator and its functions.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    ways = {"deploy": _deploy, "play": _play, "built": _built}
    try:
        return ways[parser.parse_args().what]()
    except (NotReadyError, CommandError, runtime.NotBuiltError) as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def _built() -> int:
    runtime.check_built()
    return 0


def _play() -> int:
    localhost.resolve()
    with tempfile.TemporaryDirectory(prefix="rehearsal-") as folder:
        with cloud.running(Path(folder)) as running:
            differences = play(running)
        return 1 if differences else 0


def _deploy() -> int:
    localhost.resolve()
    with (
        tempfile.TemporaryDirectory(prefix="rehearsal-") as folder,
        cloud.running(Path(folder), PORT) as running,
    ):
        stack = Stack(running, "rollcall")
        print(f"deploying to {running.endpoint} …", flush=True)
        stack.deploy()
        made = stack.json("tenants", "create", "acme")
        url = stack.local_url(made["url"])
        print(f"  Tenant URL    {url}")
        print(f"  Secret Token  {made['token']}")
        print(f"  Try           curl -H 'Authorization: Bearer {made['token']}' '{url}/Users'")
        print("The command works on it with this environment:")
        for name in ("AWS_ENDPOINT_URL", "AWS_DEFAULT_REGION"):
            print(f"  export {name}={running.environment()[name]}")
        print("  export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test")
        print("  .venv/bin/rollcall --stack rollcall tenants list")
        print("Ctrl-C ends it, and what was written is gone.", flush=True)
        with suppress(KeyboardInterrupt):
            threading.Event().wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
