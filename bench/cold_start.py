"""How long each built function takes to start under Lambda's runtime, beside one that does nothing.

That one makes a client of DynamoDB and a Starlette application, with the same layer: what every
function of this kind pays. Needs `make build-local`; read the ratios, not the milliseconds.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from statistics import median

from events import endpoint, runtime
from events.__main__ import environment
from events.case import cases

STARTS = 5
PLAIN = """
import botocore.session
from starlette.applications import Starlette

client = botocore.session.Session().create_client("dynamodb")
app = Starlette()


def handler(event, context):
    return {}
"""


def main() -> int:
    """Print the median of INIT for every function, in milliseconds."""
    runtime.check_built()
    first = {case.function: case.event for case in reversed(cases())}
    with tempfile.TemporaryDirectory() as scratch, endpoint.running(Path(scratch)) as services:
        given = environment(services.clients.dynamodb.meta.endpoint_url)
        plain = Path(scratch) / "plain"
        plain.mkdir()
        (plain / "app.py").write_text(PLAIN)
        rounds: dict[str, list[float]] = {}
        for _ in range(STARTS):  # in turn, so that what else runs here disturbs all alike
            for name, event in first.items():
                with runtime.running(name, Path(scratch), given) as function:
                    function.invoke(event)
                    rounds.setdefault(name, []).extend(function.figures().starts)
            with runtime.running("UsersFunction", Path(scratch), given, plain) as function:
                function.invoke({})
                rounds.setdefault("plain", []).extend(function.figures().starts)
    base = median(rounds["plain"])
    for name, starts in sorted(rounds.items()):
        print(f"{name:24}{median(starts):8.0f} ms {median(starts) / base:6.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
