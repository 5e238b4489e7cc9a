"""The built functions under Lambda's own runtime: every event, every exchange, every call."""

from __future__ import annotations

import subprocess

import pytest

from events import case, runtime
from events.template import Template
from tests.exchanges import exchange
from tests.exchanges.exchange import Exchange
from tests.sam import policies
from tests.sam.conftest import Deployed
from tests.sam.played import Exchanges
from tests.sam.policies import Policies
from tests.sam.recorder import Call
from tests.sam.through import ThroughGateway

TEMPLATE = Template()
EXCHANGES = [Exchange.load(file) for file in exchange.files()]
_RELEASING = {
    "codedeploy:GetApplicationRevision",
    "lambda:DeleteFunction",
    "lambda:InvokeFunction",
    "lambda:ListVersionsByFunction",
    "secretsmanager:CreateSecret",
    "secretsmanager:DeleteSecret",
    "secretsmanager:GetSecretValue",
}
UNPLAYED = {
    ("AccessFunction", "dynamodb:PutItem"),
    ("TokenFunction", "dynamodb:PutItem"),
    ("HandoverFunction", "dynamodb:ConditionCheckItem"),
    ("HandoverFunction", "dynamodb:DeleteItem"),
    ("SummaryFunction", "dynamodb:ConditionCheckItem"),
    ("SummaryFunction", "dynamodb:GetItem"),
    *(("ReleaseFunction", action) for action in _RELEASING),
}
"""What no exchange leads to: the entry that the rate of questions was exceeded (`test_access`), an
assertion that is accepted once (`test_federation`), a summary that is missing, one that moves
(`test_summary_items`), a wave of which nobody was told (`test_disable_watch`), and a release, which
the rehearsal plays with the policies in effect."""
PATHS = {"UsersFunction", "GroupsFunction", "BulkFunction"}
"""The functions whose routes DiscoveryFunction has too, for what the gateway does not match."""


@pytest.mark.parametrize("each", case.cases(), ids=str)
def test_an_event_is_answered_as_expected(each: case.Case, answered: dict[str, list[str]]) -> None:
    assert answered[each.name] == []


@pytest.mark.parametrize("each", EXCHANGES, ids=lambda each: each.label)
def test_an_exchange_goes_through_the_gateway_as_over_http(
    each: Exchange, exchanges: Exchanges
) -> None:
    assert exchanges.faults(each) == []


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("/Schemas/urn%3Aietf%3Aparams%3Ascim%3Aschemas%3Acore%3A2.0%3AUser", 200),
        ("/Users?attributes=userName&attributes=id&count=1", 200),
        ("/Users?filter=userName+eq+%22a%2Bb%40example.com%22", 200),
        ("/Users?filter=userName%20eq%20%22z%C3%B6e%22&aadOptscim062020", 200),
        ("/Users?filter=userName%20eq%20%2522", 200),  # decoded once
        ("/Users/", 200),
        ("//Users//", 200),
        ("/Users/z%C3%B6e", 404),
        ("/Users/a%2Fb", 404),
        ("/Users/%2E%2E/Groups", 404),
        ("/users", 404),
    ],
)
def test_a_target_means_behind_the_gateway_what_it_means_over_http(
    target: str, status: int, exchanges: Exchanges
) -> None:
    assert exchanges.asked(target) == (status, [])


@pytest.fixture
def calls(deployed: Deployed, exchanges: Exchanges) -> dict[str, set[Call]]:
    """What each function asked of AWS while everything was played."""
    for each in EXCHANGES:
        exchanges.faults(each)
    exchanges.large_changes()
    exchanges.access_tokens()
    made = {name: set(each.calls) for name, each in deployed.recorders.items()}
    made["DiscoveryFunction"] = made["DiscoveryFunction"].union(*(made[name] for name in PATHS))
    return made


@pytest.mark.parametrize("function", sorted(TEMPLATE.functions()))
def test_a_policy_allows_every_call_and_no_other(
    function: str, calls: dict[str, set[Call]]
) -> None:
    allowed = set(Policies(TEMPLATE).allowed(function))
    played = {by for by in allowed if (function, by[0]) not in UNPLAYED}
    made = calls[function].union(Policies(TEMPLATE).of_lambda(function))

    assert made
    assert {each for each in made if not any(policies.covers(by, each) for by in allowed)} == set()
    assert {by for by in played if not any(policies.covers(by, each) for each in made)} == set()


def test_the_layer_describes_the_services_that_are_called(calls: dict[str, set[Call]]) -> None:
    called = {action.partition(":")[0] for made in calls.values() for action, _ in made}
    called |= {action.partition(":")[0] for _, action in UNPLAYED}

    assert policies.described_services() == called


def test_no_function_started_twice(deployed: Deployed, calls: dict[str, set[Call]]) -> None:
    assert calls
    for function in deployed.functions.values():
        assert len(function.figures().starts) == 1, function.log.read_text()[-2000:]


def test_bodies_went_plain_and_in_base64_and_many_answers_were_compared(
    through: ThroughGateway, calls: dict[str, set[Call]]
) -> None:
    assert calls
    assert through.encoded > 300
    assert through.compared > 1000


COPY = """
import random, rollcall.runtime.services, snapshot_restore_py
rollcall.runtime.services.deployed()
random.seed(1)
for function, arguments, named in snapshot_restore_py.get_after_restore():
    function(*arguments, **named)
print(random.random())
"""
"""A copy of a snapshot, as Lambda restores it: the same state of chance in each."""


def test_copies_of_a_snapshot_draw_from_chance_each_for_itself(built: None) -> None:
    environment = runtime.environment("UsersFunction", case.given())
    command = [str(runtime.PYTHON), "-c", COPY]
    drawn = {subprocess.check_output(command, env=environment, text=True) for _ in range(2)}

    assert len(drawn) == 2
