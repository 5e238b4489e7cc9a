"""`rollcall log --deployment`: what operators did to all tenants, or to one that is gone."""

from __future__ import annotations

import json

import pytest

from tests.command import rollcall
from tests.conftest import Server

DELETED = ("--yes", "--no-wait", "--reason", "the contract has ended")


def test_acts_on_the_deployment_are_told_of(server: Server) -> None:
    name = server.tenant().name
    assert rollcall(server.state, "tenants", "delete", name, *DELETED).returncode == 0
    rotated = rollcall(server.state, "oauth", "rotate-signing-key", "--force")
    assert rotated.returncode == 0

    told = rollcall(server.state, "log", "--deployment", "--json").stdout.splitlines()
    acts = [json.loads(each) for each in told]
    shown = rollcall(server.state, "log", "--deployment").stdout

    (deleted,) = [each for each in acts if each.get("target") == name]
    assert deleted["act"] == "tenants delete"
    assert deleted["reason"] == "the contract has ended"
    assert deleted["actor"].startswith("operator:")
    assert acts[-1]["act"] == "oauth rotate-signing-key"
    assert f"tenants delete {name}" in shown
    assert "because: the contract has ended" in shown


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ((), "name a tenant, or --deployment"),
        (("acme", "--deployment"), "name a tenant, or --deployment"),
        (("--deployment", "--follow"), "are for the log of a tenant"),
        (("--deployment", "--status", "4xx"), "are for the log of a tenant"),
    ],
)
def test_one_log_is_shown(words: tuple[str, ...], sentence: str, server: Server) -> None:
    answer = rollcall(server.state, "log", *words)

    assert (answer.returncode, answer.stdout) == (2, "")
    assert sentence in answer.stderr
