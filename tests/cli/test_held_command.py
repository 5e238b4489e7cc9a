"""`rollcall brake list`, `release`, `refuse`, `set`, as the support team types them."""

from __future__ import annotations

import json
from typing import Any

from tests.command import rollcall
from tests.conftest import Server


class Support:
    """Somebody with the command and a tenant, whose client deletes."""

    def __init__(self, server: Server) -> None:
        self.having = server.tenant()
        self.state, self.tenant = server.state, self.having.name

    def says(self, *words: str, code: int = 0) -> str:
        done = rollcall(self.state, "brake", words[0], self.tenant, *words[1:])
        assert done.returncode == code, (done.stdout, done.stderr)
        return " ".join((done.stdout if code != 2 else done.stderr).split())

    def reads(self, *words: str) -> Any:
        return json.loads(self.says(*words, "--json"))


def test_deletions_are_listed_refused_and_released(server: Server) -> None:
    support = Support(server)
    with support.having.client() as client:

        def made(name: str, external_id: str) -> str:
            sent = {"userName": name, "externalId": external_id}
            return str(client.post("/Users", json=sent).json()["id"])

        ann, bob = made("ann", "E1"), made("bob", "E2")
        for each in (ann, bob):
            assert client.delete(f"/Users/{each}").status_code == 204
        newcomer = made("ann", "E3")

        listed = support.reads("list")
        assert listed["graceDays"] == 7
        assert [each["nameTakenBy"] for each in listed["accounts"]] == [newcomer, None]
        assert "bob" in support.says("list")

        assert "say which accounts" in support.says("release", code=2)
        assert f"{newcomer} is not held" in support.says("refuse", newcomer, code=2)
        assert "say why" in support.says("release", "--all", "--yes", code=2)
        assert "1 would be back" in support.says("refuse", bob, "--dry-run")

        told = support.says("refuse", "--all", "--yes", "--reason", "a filter was wrong")
        assert f"ann is the name of {newcomer}" in told
        assert client.get(f"/Users/{bob}").json()["active"] is False
        released = support.reads("release", ann, "--yes", "--reason", "it was right")
        assert [each["outcome"] for each in released["accounts"]] == ["purged"]

    assert "No deletion waits" in support.says("list")
    assert "do not wait" in support.says("set", "--grace", "0")
    assert support.reads("list")["graceDays"] == 0


def test_of_sixty_in_a_hundred_that_a_client_deletes_support_decides_about_each(
    server: Server,
) -> None:
    """None is lost, half of them come back, and a newcomer with a reused name is somebody else."""
    support = Support(server)
    names = [f"person{number}" for number in range(100)]
    with support.having.client() as client:

        def made(name: str, external_id: str) -> str:
            sent = {"userName": name, "externalId": external_id}
            return str(client.post("/Users", json=sent).json()["id"])

        ids = [made(each, f"E-{each}") for each in names]
        deleted = [client.delete(f"/Users/{each}").status_code for each in ids[:60]]
        newcomer = made(names[0], "E-new")
        waiting = {each["id"] for each in support.reads("list")["accounts"]}

        back = support.reads("refuse", *ids[:30], "--yes", "--reason", "a filter was wrong")
        gone = support.reads("release", *ids[30:60], "--yes", "--reason", "they left")
        found = [client.get(f"/Users/{each}").status_code for each in ids]

    assert deleted == [204] * 60
    assert newcomer not in ids
    assert waiting == set(ids[:60])
    assert len(back["accounts"]) == 30
    assert [each["outcome"] for each in gone["accounts"]] == ["purged"] * 30
    assert found == [404] + [200] * 29 + [404] * 30 + [200] * 40
    (left,) = support.reads("list")["accounts"]
    assert (left["id"], left["nameTakenBy"]) == (ids[0], newcomer)
