"""CPU and memory of the conflict check for growing numbers of people and accounts.

    python -m bench.conflicts

Each size runs in a process of its own, so that its memory is its own. A third of the people have
their account under another name: an address of old, or theirs with a plus, in turn.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rollcall.cli.terminal import follow
from rollcall.model.account_link import LOCAL
from rollcall.reconcile.conflicts import conflict_report
from rollcall.reconcile.conflicts.conflict_check import check
from rollcall.reconcile.conflicts.conflict_finding import Verdict
from rollcall.reconcile.conflicts.directory_account import DirectoryAccount
from rollcall.reconcile.conflicts.entra_export import EntraExport
from rollcall.reconcile.conflicts.forecast import ProvisioningJob
from rollcall.scim.resource_type import ENTERPRISE

SIZES = (1_000, 10_000, 100_000)


def accounts(number: int) -> Iterator[DirectoryAccount]:
    """Generate accounts, two of three with the name in Entra."""
    for each in range(number):
        names = (f"p{each}@corp.test", f"old{each}@corp.test", f"p{each}+x@corp.test")
        name = names[0] if each % 3 else names[1 + each % 2]
        yield DirectoryAccount(
            f"id-{each:08d}-0000-0000-0000-000000000000",
            {
                "userName": name,
                "displayName": f"Given{each} Family{each % 5000}",
                "emails": [{"value": name, "type": "work"}],
                "active": True,
                ENTERPRISE: {"employeeNumber": f"E{each}"},
            },
            LOCAL,
        )


def export(number: int, path: Path) -> None:
    """Write people as in an answer of Graph."""
    with path.open("w") as stream:
        for each in range(number):
            person = {
                "id": f"o-{each}",
                "userPrincipalName": f"p{each}@corp.test",
                "mail": f"p{each}@corp.test",
                "otherMails": [],
                "proxyAddresses": [f"SMTP:p{each}@corp.test", f"smtp:old{each}@corp.test"],
                "displayName": f"Given{each} Family{each % 5000}",
                "givenName": f"Given{each}",
                "surname": f"Family{each % 5000}",
                "employeeId": f"E{each}",
                "accountEnabled": True,
            }
            stream.write(json.dumps(person) + "\n")


def measure(number: int) -> dict[str, Any]:
    """Check a number of people against as many accounts, and write all reports."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "users.json"
        export(number, path)
        before, begun = _memory(), time.process_time()
        act = check(ProvisioningJob("acme"), EntraExport(path), accounts(number))
        made = follow(act, "checking")
        checked = time.process_time() - begun
        with (Path(folder) / "out").open("w") as stream:
            conflict_report.as_csv(made, stream)
            stream.writelines(conflict_report.as_json(made))
            stream.writelines(conflict_report.as_page(made, "users.json", "today"))
        return {
            "found": made.counts[Verdict.DUPLICATED],
            "check": checked,
            "reports": time.process_time() - begun - checked,
            "memory": (_memory() - before) / 1024,
        }


def _memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def main() -> None:
    """Measure every size and print a line for each."""
    if len(sys.argv) > 1:
        print(json.dumps(measure(int(sys.argv[1]))))
        return
    print(f"{'people':>8} {'found':>7} {'check s':>8} {'µs each':>8} {'files s':>8} {'MB more':>8}")
    for size in SIZES:
        command = [sys.executable, "-m", "bench.conflicts", str(size)]
        said = subprocess.run(command, check=True, capture_output=True, timeout=900)
        each = json.loads(said.stdout)
        micro = each["check"] / size * 1e6
        print(
            f"{size:>8,} {each['found']:>7,} {each['check']:>8.1f} {micro:>8.0f} "
            f"{each['reports']:>8.1f} {each['memory']:>8.1f}"
        )


if __name__ == "__main__":
    main()
