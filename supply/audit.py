"""Asks advisory sources about what the layers hold, with pip-audit.

By itself pip-audit ends well about a package that a source does not know, and a source that cannot
be reached properly knows none. Here a package counts as audited only when a source has answered.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
LOCKS = ("layers/rollcall/requirements.txt", "layers/federation/requirements.txt")
SOURCES = ("osv", "pypi")
SECONDS = 10
"""How long a source may take for an answer."""


@dataclass(frozen=True)
class Verdict:
    """The packages that a source answered about, and the advisories that it has."""

    audited: frozenset[str] = frozenset()
    found: frozenset[str] = frozenset()


def verdict(report: Any) -> Verdict:
    """Return the verdict of a report of pip-audit; None is one that could not be made."""
    known, found = set(), set()
    for each in report["dependencies"] if isinstance(report, dict) else ():
        if "skip_reason" in each:
            continue
        known.add(each["name"])
        for one in each["vulns"]:
            fixed = ", ".join(one["fix_versions"]) or "no version yet"
            found.add(f"{each['name']} {each['version']}: {one['id']}, mended in {fixed}")
    return Verdict(frozenset(known), frozenset(found))


def locked(text: str) -> set[str]:
    """Return the names of the packages of a lock."""
    return {match[1] for match in re.finditer(r"^([a-z0-9-]+)(?:\[[^]]*\])?==", text, re.MULTILINE)}


def main(*, required: bool) -> int:
    """Audit, and return the status: 1 for findings, and where it is `required` for no answer."""
    failed = False
    for lock in LOCKS:
        asked = [verdict(_ask(source, lock)) for source in SOURCES]
        packages = locked((ROOT / lock).read_text())
        found = frozenset[str]().union(*(each.found for each in asked))
        unknown = packages.difference(*(each.audited for each in asked))
        for each in sorted(found):
            print(f"{lock}: {each}")
        print(said(lock, packages, unknown))
        failed |= bool(found) or (required and bool(unknown))
    return int(failed)


def said(lock: str, packages: Collection[str], unknown: Collection[str]) -> str:
    """Return the line that says what was audited."""
    if not unknown:
        return f"{lock}: all {len(packages)} packages audited"
    which = f"{len(unknown)} of {len(packages)} packages"
    return f"{lock}: NOT AUDITED, no advisory source answered about {which}"


def _ask(source: str, lock: str) -> Any:
    """Return the report of pip-audit, None where it has none."""
    command: Sequence[str] = [
        *(sys.executable, "-m", "pip_audit", "--disable-pip", "--require-hashes"),
        *("--requirement", str(ROOT / lock), "--vulnerability-service", source),
        *("--format", "json", "--timeout", str(SECONDS), "--progress-spinner", "off"),
    ]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
        return json.loads(done.stdout)
    except (ValueError, subprocess.TimeoutExpired):
        return None
