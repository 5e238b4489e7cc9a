"""`rollcall person erase`, as the support team types it."""

from __future__ import annotations

from tests.command import rollcall
from tests.conftest import Server


def test_a_dry_run_says_that_an_erasure_would_be_refused(server: Server) -> None:
    having = server.tenant()
    with having.client() as client:
        client.post("/Users", json={"userName": "ann", "externalId": "E1"})
    command = ("person", "erase", having.name, "ann", "--dry-run")

    told = rollcall(server.state, *command)
    forced = rollcall(server.state, *command, "--force")

    assert (told.returncode, forced.returncode) == (0, 0), (told, forced)
    assert "It would be refused: the account is active" in " ".join(told.stdout.split())
    assert "refused" not in forced.stdout, forced.stdout
