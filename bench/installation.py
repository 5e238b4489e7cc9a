"""The installation of the peers, each into an environment of its own below `.bench`."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCES = Path(__file__).parent / "peers"
HOME = ROOT / ".bench"
_SECONDS = 300


class AbsentError(RuntimeError):
    """A peer cannot be installed or run here; the message says why."""


def python() -> Path:
    """Return the environment of the Python peer, installed. Raises AbsentError."""
    home = HOME / "python"
    wanted = SOURCES / "requirements.txt"
    if _outdated(home, wanted):
        _run(sys.executable, "-m", "venv", "--clear", str(home))
        pip = (str(home / "bin" / "python"), "-m", "pip", "install", "--quiet")
        _run(*pip, "--disable-pip-version-check", "--requirement", str(wanted))
        shutil.copy(wanted, home / ".installed")
    return home


def node() -> Path:
    """Return the folder of the Node peer, installed, with its program. Raises AbsentError."""
    home = HOME / "node"
    wanted = SOURCES / "package.json"
    if _outdated(home, wanted):
        home.mkdir(parents=True, exist_ok=True)
        shutil.copy(wanted, home)
        _run("npm", "install", "--prefix", str(home), "--no-audit", "--no-fund", "--loglevel=error")
        shutil.copy(wanted, home / ".installed")
    shutil.copy(SOURCES / "scimmy.mjs", home)  # Node looks for packages beside the program
    return home


def bare(python: Path) -> Path:
    """Return boto3, Starlette and Mangum as they are published, compiled for a Python.

    Their versions are those of the layer, and boto3's the one of its botocore. Raises AbsentError.
    """
    home = HOME / "bare"
    lock = (ROOT / "layers" / "rollcall" / "requirements.txt").read_text()
    versions = dict(re.findall(r"^([a-z-]+)==(\S+)", lock, re.MULTILINE))
    wanted = [f"{each}=={versions[each]}" for each in ("botocore", "mangum", "starlette")]
    marker = home / ".installed"
    if not marker.exists() or marker.read_text() != " ".join(wanted):
        shutil.rmtree(home, ignore_errors=True)
        pip = (str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
        _run(*pip, "--no-compile", "--target", str(home), "boto3", *wanted)
        _run(str(python), "-m", "compileall", "-q", "--invalidation-mode=unchecked-hash", str(home))
        marker.write_text(" ".join(wanted))
    return home


def _outdated(home: Path, wanted: Path) -> bool:
    installed = home / ".installed"
    return not installed.exists() or installed.read_text() != wanted.read_text()


def _run(*command: str) -> None:
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise AbsentError(f"{command[0]}: {error}") from error
    if done.returncode:
        said = [*done.stdout.splitlines(), *done.stderr.splitlines()][-3:]
        raise AbsentError(" ".join([f"{command[0]} failed:", *said]))


def versions() -> str:
    """Return a sentence of what is measured and what runs it, as far as it is known."""
    engine = next((ROOT / ".engine").glob(".installed-*"), Path("unknown")).name
    found = (
        f"Rollcall at {_said('git', '-C', str(ROOT), 'rev-parse', '--short=10', 'HEAD')}",
        f"DynamoDB engine {engine.rpartition('-')[2]}",
        f"Node {_said('node', '--version')}",
    )
    return f"{', '.join(found)}."


def _said(*command: str) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    except OSError:
        return "unknown"
    return done.stdout.strip() or "unknown"
