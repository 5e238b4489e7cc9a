"""`python -m events` where something is missing: one sentence, and exit code 2."""

from __future__ import annotations

import subprocess
import sys

from events.template import ROOT


def test_sam_local_needs_containers_and_says_so() -> None:
    command = [sys.executable, "-m", "events", "docker"]
    done = subprocess.run(
        command, cwd=ROOT, env={"PATH": ""}, capture_output=True, text=True, check=False
    )

    assert done.returncode == 2
    assert done.stderr == "`sam local` runs functions in containers: Docker or Podman is needed\n"
