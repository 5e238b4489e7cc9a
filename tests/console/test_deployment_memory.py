"""Which deployment a console works on: what was asked for, what is remembered, two at once."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from rollcall.cli.console_command import workplace
from rollcall.console.sign_in import ConsoleSignIn
from rollcall.console.view import ConsoleState
from rollcall.console.workplace import DeploymentChoice, Workplace
from rollcall.operations.operator import Operator
from rollcall.operations.selection import Selection
from rollcall.runtime.services import Services
from tests.conftest import Server
from tests.console.consoles import PORT, Visitor, opened
from tests.tenants.conftest import own_services

EU = DeploymentChoice("rollcall", "support", "eu-west-1")
US = DeploymentChoice("rollcall-test", "trials", "us-east-1")


@pytest.fixture
def memory(tmp_path: Path) -> Path:
    """The file in which choices are remembered."""
    return tmp_path / "config" / "console.json"


def selected(tmp_path: Path, **options: str) -> Selection:
    return Selection(options.pop("stack", None), None, tmp_path, {}, **options)


def remembering(memory: Path, services: Services, *choices: DeploymentChoice) -> None:
    place = Workplace(lambda _: Operator(services, "operator:ann"), memory, None)
    for each in choices:
        place.choose(each)


@pytest.mark.parametrize(
    ("options", "chosen"),
    [
        (("rollcall", None, None), EU),
        (("rollcall", None, "eu-north-1"), replace(EU, region="eu-north-1")),
        (("rollcall", "admin", None), replace(EU, profile="admin")),
        (("rollcall-test", None, None), US),
        (("another", "p", "r"), DeploymentChoice("another", "p", "r")),
        ((None, None, None), None),
    ],
)
def test_a_console_begins_with_what_is_asked_for_and_completes_it_by_what_is_remembered(
    options: tuple[str | None, str | None, str | None],
    chosen: DeploymentChoice | None,
    memory: Path,
    services: Services,
    tmp_path: Path,
) -> None:
    remembering(memory, services, US, EU)

    place = workplace(selected(tmp_path), memory, *options)

    assert place.choice == chosen
    assert place.remembered() == [EU, US]


def test_options_of_the_whole_command_choose_as_those_of_the_console_do(
    memory: Path, services: Services, tmp_path: Path
) -> None:
    remembering(memory, services, EU)
    options = {"stack": "rollcall", "profile": "admin", "region": "us-west-2"}

    place = workplace(selected(tmp_path, **options), memory, None, None, None)

    assert place.choice == DeploymentChoice("rollcall", "admin", "us-west-2")


def test_what_is_remembered_is_for_its_owner_and_whole_at_any_moment(
    memory: Path, services: Services
) -> None:
    remembering(memory, services, EU)

    assert memory.parent.stat().st_mode & 0o777 == 0o700
    assert memory.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in memory.parent.iterdir()] == ["console.json"]
    assert json.loads(memory.read_text()) == [vars(EU)]


def test_two_consoles_work_on_two_deployments_at_once(server: Server) -> None:
    by_region = {each.region: own_services(server) for each in (EU, US)}
    chosen = list[DeploymentChoice]()

    def console(choice: DeploymentChoice) -> Visitor:
        def connect(choice: DeploymentChoice) -> Operator:
            chosen.append(choice)
            return Operator(by_region[choice.region], f"operator:{choice.profile}")

        return opened(ConsoleState(ConsoleSignIn(PORT), Workplace(connect, None, choice)))

    here, there = console(EU), console(US)
    here.act("create", name="acme", way="none")
    there.act("create", name="trial", way="none")

    assert chosen == [EU, US]
    assert [list(each.tenants.names()) for each in by_region.values()] == [["acme"], ["trial"]]
    shown = [each.page("/").replace("<wbr>", "") for each in (here, there)]
    assert [">eu-west-1<" in each for each in shown] == [True, False]
    assert ["production" in each.partition("<main")[0].rpartition("<dl")[2] for each in shown] == [
        True,
        False,
    ]
