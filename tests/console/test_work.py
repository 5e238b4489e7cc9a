"""Work that takes long: by whom it goes on, what a console that ends does with it."""

from __future__ import annotations

import asyncio
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

import pytest

from rollcall.console.act import ActResult, Plan
from rollcall.console.console_server import ConsoleServer
from rollcall.console.kept_files import KeptFile
from rollcall.console.sign_in import IDLE_SECONDS, ConsoleSignIn
from rollcall.console.view import ConsoleState
from rollcall.console.work import Work, WorkError, WorkList, WorkResult
from rollcall.console.workplace import DeploymentChoice, Workplace
from rollcall.model.progress import Progress
from rollcall.operations.failures import CredentialsError
from rollcall.operations.operator import Operator
from rollcall.runtime.services import Services
from tests.console.consoles import OURS, PORT, opened

HERE, THERE = DeploymentChoice("rollcall-test", "support"), DeploymentChoice("rollcall")
PATIENCE = 30


@dataclass
class Held:
    """Work that waits at its first step until it is let go."""

    go: Event = field(default_factory=Event)
    by: list[Operator] = field(default_factory=list)

    def steps(self, operator: Operator) -> Generator[Progress, None, list[str]]:
        self.by.append(operator)
        yield Progress(step="at work")
        self.go.wait(PATIENCE)
        yield Progress(step="nearly done")
        return ["everything is erased"]


def failing(operator: Operator) -> Generator[Progress, None, list[str]]:
    yield Progress(step="at work")
    raise CredentialsError("the AWS credentials have expired: sign in again")


def done(work: Work) -> Work:
    assert work.thread is not None
    work.thread.join(PATIENCE)
    assert work.ended
    return work


@pytest.fixture
def operator(services: Services) -> Operator:
    return Operator(services, "operator:ann", reason="asked for")


def test_work_goes_on_by_whoever_operates_now_for_the_reason_that_was_given(
    operator: Operator,
) -> None:
    works, by = WorkList(), list[Operator]()

    def steps(operator: Operator) -> Generator[Progress, None, list[str]]:
        by.append(operator)
        yield from failing(operator)
        return []

    failed = done(works.begin("An erasure", "/", steps, operator, HERE))
    done(works.again(failed, Operator(operator.services, "operator:ben"), HERE))

    assert [(each.name, each.reason) for each in by] == [
        ("operator:ann", "asked for"),
        ("operator:ben", "asked for"),
    ]
    assert [each.id for each in works.all()] == [failed.id]  # the page that shows it finds it


def test_work_of_one_deployment_never_goes_on_in_another(operator: Operator) -> None:
    works = WorkList()
    failed = done(works.begin("An erasure", "/", failing, operator, HERE))

    with pytest.raises(WorkError, match="begun on rollcall-test"):
        works.again(failed, operator, THERE)

    assert failed.failed


def test_what_work_has_made_is_not_shown_while_another_deployment_is_worked_on(
    services: Services, operator: Operator, tmp_path: Path
) -> None:
    state = ConsoleState(ConsoleSignIn(PORT), Workplace(lambda _: operator, None, HERE))
    file = tmp_path / "person.json"
    file.write_text("{}")

    def steps(operator: Operator) -> Generator[Progress, None, WorkResult]:
        yield Progress(step="at work")
        plan = Plan("Erase a person", "Erase", lambda _: ActResult([]))
        kept = KeptFile(file, "acme-person.json", "application/json")
        return WorkResult(["it is known"], state.plans.add(plan), kept)

    ann, answers = opened(state), []
    for choice in (HERE, THERE):
        work = done(state.works.begin("An erasure", "/", steps, operator, choice))
        answers.append(ann.send(f"/work/{work.id}/plan"))
        answers.append(ann.client.get(f"{ann.root}/files/{work.id}", headers=OURS))

    assert [each.status_code for each in answers] == [200, 200, 409, 409]
    for each in answers[2:]:
        assert "choose that deployment first" in each.text


def test_work_whose_credentials_expired_goes_on_with_those_of_the_next_sign_in(
    services: Services,
) -> None:
    signed_in = list[Operator]()

    def connect(_: DeploymentChoice) -> Operator:
        signed_in.append(Operator(services, f"operator:sign-in-{len(signed_in)}"))
        return signed_in[-1]

    by = list[str]()

    def steps(operator: Operator) -> Generator[Progress, None, list[str]]:
        by.append(operator.name)
        if len(by) == 1:
            yield from failing(operator)
        return ["everything is erased"]

    state = ConsoleState(ConsoleSignIn(PORT), Workplace(connect, None, HERE))
    ann = opened(state)
    work = done(state.works.begin("An erasure", "/", steps, state.workplace.operator, HERE))

    shown = ann.page(f"/work/{work.id}")
    assert "aws sso login --profile support" in shown.replace("<wbr>", "")
    ann.send(f"/work/{work.id}/again")

    again = state.works.find(work.id)
    assert again is not None
    assert done(again).sentences == ("everything is erased",)
    assert by == ["operator:sign-in-0", "operator:sign-in-1"]


@pytest.fixture
def told() -> list[str]:
    """What the terminal was told."""
    return []


@pytest.fixture
def now() -> list[float]:
    """The time of the console."""
    return [0.0]


@pytest.fixture
def server(told: list[str], now: list[float]) -> Iterator[ConsoleServer]:
    """A console that nobody has asked for anything yet."""
    workplace = Workplace(lambda _: pytest.fail("nobody signs in"), None, HERE)
    made = ConsoleServer(workplace, told.append, lambda: now[0])
    yield made
    made.close()


def test_a_console_that_nobody_uses_waits_for_work_and_tells_what_came_of_it(
    server: ConsoleServer, told: list[str], now: list[float], operator: Operator
) -> None:
    held = Held()
    work = server.works.begin("Erasure in acme", "/", held.steps, operator, HERE)
    now[0] = IDLE_SECONDS + 1
    asyncio.run(server.look())
    asyncio.run(server.look())
    assert not server.is_ending
    assert not server.sign_in.admits("anybody")

    held.go.set()
    done(work)
    asyncio.run(server.look())
    server.close()

    assert server.is_ending
    assert told == [
        "Nobody has asked for 30 minutes. The console ends after: Erasure in acme.",
        "Erasure in acme: everything is erased",
    ]


def test_a_console_that_nobody_uses_ends(server: ConsoleServer, now: list[float]) -> None:
    asyncio.run(server.look())
    assert not server.is_ending

    now[0] = IDLE_SECONDS + 1
    asyncio.run(server.look())

    assert server.is_ending


def test_a_console_that_is_stopped_tells_what_is_broken_off(
    server: ConsoleServer, told: list[str], operator: Operator
) -> None:
    def endless(_: Operator) -> Generator[Progress, None, list[str]]:
        while True:
            yield Progress(step="at work")

    held = Held()
    held.go.set()
    done(server.works.begin("Wave 1 of acme", "/", held.steps, operator, HERE))
    work = server.works.begin("Erasure in acme", "/", endless, operator, HERE)

    server.close()

    assert told == ["Erasure in acme was broken off: it can be begun again."]
    assert done(work).sentences == ("It was broken off.",)
