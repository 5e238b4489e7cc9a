"""`rollcall brake`, as an operator types it; a wave is in `tests/changes/test_wave_of_entra.py`."""

from __future__ import annotations

import json

from tests.command import rollcall
from tests.conftest import Server, Tenant


def test_the_brake_is_off_for_planned_work_and_on_again(server: Server, tenant: Tenant) -> None:
    def says(*words: str, code: int = 0) -> str:
        done = rollcall(server.state, "brake", words[0], tenant.name, *words[1:])
        assert done.returncode == code, done.stderr
        return " ".join((done.stdout + done.stderr).split())

    assert "There was no wave of disabled accounts" in says("show")
    why = ("--reason", "a branch is sold")
    assert "for 7 days at most" in says("off", "--until", "8d", *why, code=2)
    assert "is off until" in says("off", "--until", "4h", *why)
    assert json.loads(says("show", "--json"))["offUntil"]
    assert "The brake is off until" in says("show")
    assert "is on again" in says("on")
    assert "is on, as it was" in says("on")
    assert json.loads(says("show", "--json"))["offUntil"] is None
    for command in ("enable", "dismiss", "show"):
        assert f"{tenant.name} has no wave 7" in says(command, "--wave", "7", code=2)

    log = rollcall(server.state, "log", tenant.name, "--json").stdout.splitlines()
    acts = [(entry["method"], entry.get("reason")) for entry in map(json.loads, log)]
    assert ("brake off", "a branch is sold") in acts
    assert "brake on" in {method for method, _ in acts}
