"""`rollcall tenants move`, from a table that the environment names to a local server."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from rollcall.operations import tenant_deletion
from rollcall.operations.operator import Operator
from rollcall.runtime.services import Services
from tests.command import rollcall
from tests.conftest import Server
from tests.directory.people import group, user
from tests.tenants.conftest import own_services

WHY = ("--yes", "--reason", "a region closes")


@pytest.fixture
def source(server: Server) -> Services:
    own = own_services(server)
    token = own.tenants.create("mover")
    ann = user(own.directory("mover"), "ann@x.test")
    group(own.directory("mover"), "Staff", ann)
    assert token
    return own


@pytest.fixture(autouse=True)
def left(server: Server) -> Iterator[None]:
    """Delete what has arrived: the server is one for all tests."""
    yield
    if "mover" in server.services.secrets.names():
        list(tenant_deletion.delete(Operator(server.services, "test"), "mover", wait=False))


def move(source: Services, server: Server, *words: str) -> tuple[int, str, str]:
    """Type the command, and return its exit code, its output and its errors."""
    settings = source.settings
    named = {
        "AWS_ENDPOINT_URL": server.running.endpoint_url,
        "ROLLCALL_TABLE": settings.table,
        "ROLLCALL_SECRETS": settings.secrets,
        "ROLLCALL_REPORTS": "rollcall-unpublished",
        "ROLLCALL_URL": "https://old.test",
    }
    to = ("--to-state", str(server.state))
    answer = rollcall(server.state, "tenants", "move", "mover", *to, *words, **named)
    return answer.returncode, answer.stdout, answer.stderr


def test_it_moves_and_says_what_is_to_be_done_next(source: Services, server: Server) -> None:
    code, planned, _ = move(source, server, "--dry-run")
    assert (code, source.tenants.show("mover").state) == (0, "active")
    assert "https://old.test/scim/mover/v2" in planned
    assert "1 users, 1 groups" in planned
    secret = source.secrets.read("mover")

    code, said, errors = move(source, server, "--no-wait", *WHY)

    assert code == 0, errors
    url = f"{server.running.url}/scim/mover/v2"
    assert f"  {url}\n" in said
    assert "Do not restart" in said
    assert server.services.tenants.show("mover").state == "active"
    assert server.services.directory("mover").counts() == source.directory("mover").counts()
    private = [secret["key"], *(each["digest"] for each in secret["tokens"])]
    assert not [each for each in private if each in planned + said + errors]
    _, again, _ = move(source, server, "--no-wait", "--json", *WHY)
    assert json.loads(again) == {
        "tenant": "mover",
        "moved": True,
        "url": url,
        "formerUrl": "https://old.test/scim/mover/v2",
        "items": None,
        "digest": None,
    }


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--abandon"], "mover is not being moved"),
        (["--to-stack", "x"], "say where to"),
        (["--pace", "-1"], "should be greater than or equal to 0"),
    ],
)
def test_what_cannot_be_done_is_a_sentence(
    words: list[str], sentence: str, source: Services, server: Server
) -> None:
    code, _, errors = move(source, server, *words, *WHY)

    assert (code, source.tenants.show("mover").state) == (2, "active")
    assert sentence in errors
