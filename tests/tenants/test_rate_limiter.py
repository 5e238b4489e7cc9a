"""The rate of a tenant: what ten containers admit together, what it costs, and what goes wrong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random

import pytest

from rollcall.aws import deadline
from rollcall.aws.clients import Clients
from rollcall.directory.context import Context
from rollcall.runtime.services import Services
from rollcall.scim.discovery import MAX_OPERATIONS
from rollcall.scim.errors import TooManyRequests
from rollcall.storage.keys import Keys
from rollcall.storage.rate_item import RateItem
from rollcall.tenants.authentication import Caller
from rollcall.tenants.rate_bucket import MAX_DEBT
from rollcall.tenants.rate_limiter import CALL_SECONDS, RateLimiter
from tests.conftest import deployment, made_clients
from tests.storage.faults import answering, losing, refusal, registered
from tests.storage.units import Cost, metered
from tests.tenants.conftest import Clock

RATE = 50
ACME = Caller("acme", "t1")

EVEN = [0.1] * 10
SKEWED = {share: [share] + [(1 - share) / 9] * 9 for share in (0.3, 0.5, 0.7, 0.9)}


@pytest.fixture(scope="module")
def quick_clients(dynamodb_url: str | None) -> Clients:
    """Clients of a DynamoDB in memory: what is simulated makes thousands of calls."""
    return made_clients(dynamodb_url)


@pytest.fixture
def services(quick_clients: Clients) -> Iterator[Services]:
    """A table of a test's own."""
    with deployment(quick_clients) as services:
        yield services


@dataclass
class Containers:
    """Containers that share a table, each with a clock that may be wrong by some seconds."""

    services: Services
    clock: Clock
    wrong: Sequence[float] = (0.0,)
    warned: list[str] = field(default_factory=list)
    limiters: list[RateLimiter] = field(init=False)

    def __post_init__(self) -> None:
        self.limiters = [self._limiter(seconds) for seconds in self.wrong]

    def _limiter(self, seconds: float) -> RateLimiter:
        off = timedelta(seconds=seconds)
        return RateLimiter(
            self.services.table,
            RATE,
            self.services.log,
            self.warned.append,
            lambda: self.clock.now + off,
        )

    def send(self, container: int = 0, caller: Caller = ACME) -> int:
        """Send a request; return 0 where it is admitted, else its Retry-After."""
        try:
            self.limiters[container].admit(caller)
        except TooManyRequests as refusal:
            return refusal.retry_after
        return 0

    def reserve(self, container: int, operations: int) -> int:
        """Count a bulk request; return 0 where it is admitted, else its Retry-After."""
        try:
            self.limiters[container].reserve(ACME, operations)
        except TooManyRequests as refusal:
            return refusal.retry_after
        return 0

    def admitted(self, requests: int) -> int:
        """Send requests to the first container at once; return how many are admitted."""
        return sum(not self.send() for _ in range(requests))


@dataclass
class Simulation:
    """What was admitted of what was offered: the times in seconds, and containers."""

    offered: list[tuple[float, int]]
    admitted: list[tuple[float, int]]

    def most(self, window: float = 10) -> float:
        """Return the highest part of what should be admitted in any window, 1 where it is so."""
        return max(self._parts(window))

    def least(self, window: float = 10) -> float:
        """Return the lowest part of it."""
        return min(self._parts(window))

    def _parts(self, window: float) -> Iterator[float]:
        end = self.offered[-1][0]
        for number in range(int((end - window) * 2) + 1):
            begin = number / 2
            offered, admitted = (
                sum(begin <= at < begin + window for at, _ in requests)
                for requests in (self.offered, self.admitted)
            )
            yield admitted / min(offered, RATE * window)


def simulate(
    containers: Containers,
    a_second: float,
    shares: Sequence[float],
    *,
    seconds: float = 12,
    seed: int | None = None,
) -> Simulation:
    """Offer requests, at random times with a seed, in equal distances without one."""
    random, begun = Random(seed), containers.clock.now
    offered = []
    for container, share in enumerate(shares):
        at, rate = random.random() / (a_second * share), a_second * share
        while at < seconds:
            offered.append((at, container))
            at += 1 / rate if seed is None else random.expovariate(rate)
    offered.sort()
    admitted = []
    for at, container in offered:
        containers.clock.now = begun + timedelta(seconds=at)
        if not containers.send(container):
            admitted.append((at, container))
    return Simulation(offered, admitted)


@pytest.fixture
def one(services: Services, clock: Clock) -> Containers:
    """One container."""
    return Containers(services, clock)


@pytest.fixture
def ten(services: Services, clock: Clock) -> Containers:
    """Ten containers."""
    return Containers(services, clock, [0.0] * 10)


def test_the_requests_of_a_second_may_come_at_once(one: Containers) -> None:
    assert one.admitted(200) == RATE


def test_retry_after_is_when_the_next_request_is_admitted(one: Containers, clock: Clock) -> None:
    one.limiters[0].charge(ACME, 7 * RATE)
    seconds = one.send()

    clock.go_on(seconds - 1)
    early = one.send()
    clock.go_on(1)

    assert (seconds, early, one.send()) == (7, 1, 0)


def test_a_bulk_passes_whatever_its_size_and_the_next_request_waits(one: Containers) -> None:
    assert one.send() == 0
    one.limiters[0].charge(ACME, MAX_OPERATIONS - 1)

    assert one.send() == MAX_OPERATIONS // RATE


def test_other_containers_hear_of_a_bulk_before_it_is_applied(ten: Containers) -> None:
    ten.limiters[0].charge(ACME, MAX_OPERATIONS)

    refused = [ten.send(1) for _ in range(10)]

    assert refused[:5] == [0] * 5
    assert all(refused[6:])


def test_of_many_bulk_requests_at_once_as_many_pass_as_the_greatest_debt_holds(
    services: Services, clock: Clock
) -> None:
    """None of the containers knows of the others when it admits its request."""
    many = Containers(services, clock, [0.0] * 14)
    assert [many.send(each) for each in range(14)] == [0] * 14
    passed = [many.reserve(each, MAX_OPERATIONS - 1) for each in range(14)]

    debt = MAX_DEBT // RATE
    assert passed[:10] == [0] * 10
    assert [each >= debt - 1 for each in passed[10:]] == [True] * 4
    clock.go_on(debt + 1)
    assert [many.send(each) for each in range(10, 14)] == [0] * 4
    assert many.reserve(10, MAX_OPERATIONS) == 0


def test_a_bulk_that_is_refused_is_not_counted_and_what_came_before_it_is(
    ten: Containers, services: Services
) -> None:
    item = RateItem(services.table, "acme")
    for each in range(10):
        ten.send(each)
    for each in range(9):
        ten.reserve(each, MAX_OPERATIONS)
    before = item.read().tat
    with metered(services.clients.dynamodb) as cost:
        assert ten.reserve(9, 2 * MAX_OPERATIONS) > 0

    assert item.read().tat == before
    assert cost.calls == ["UpdateItem", "GetItem"]
    ten.limiters[9].charge(ACME, 10)
    assert item.read().tat == before + 11 * 10**6 // RATE


def test_a_bulk_of_any_size_passes_where_there_is_no_debt(one: Containers, clock: Clock) -> None:
    assert one.reserve(0, MAX_OPERATIONS) == 0
    clock.go_on(3600)
    assert one.reserve(0, MAX_OPERATIONS) == 0


@pytest.mark.parametrize("members", [1, 50, 51, 100])
def test_requests_of_up_to_a_hundred_members_are_admitted_at_the_rate_of_entra(
    one: Containers, clock: Clock, members: int
) -> None:
    charge = partial(one.limiters[0].charge, ACME)
    context = Context(one.services.table, "acme", charge=charge)
    refused = []
    for number in range(10 * 25):
        if one.send():
            refused.append(number)
        context.charge_members(members)
        clock.go_on(1 / 25)

    assert refused == []


def test_requests_of_more_members_than_entra_sends_wait(one: Containers, clock: Clock) -> None:
    context = Context(one.services.table, "acme", charge=partial(one.limiters[0].charge, ACME))
    admitted = 0
    for _ in range(10 * 25):
        if not one.send():
            admitted += 1
            context.charge_members(200)
        clock.go_on(1 / 25)

    assert admitted == pytest.approx(10 * RATE / 4 + RATE / 4, abs=2)


@pytest.mark.parametrize("a_second", [RATE / 2, RATE, 2 * RATE, 4 * RATE])
@pytest.mark.parametrize("seed", [None, 1])
def test_ten_containers_admit_the_rate_within_a_quarter(
    ten: Containers, a_second: float, seed: int | None
) -> None:
    simulation = simulate(ten, a_second, EVEN, seed=seed)

    assert simulation.most() <= 1.25
    assert simulation.least() >= 0.9


@pytest.mark.parametrize("share", SKEWED)
@pytest.mark.parametrize("a_second", [1.5 * RATE, 2 * RATE, 4 * RATE])
def test_so_they_do_where_one_container_gets_the_most(
    ten: Containers, a_second: float, share: float
) -> None:
    simulation = simulate(ten, a_second, SKEWED[share], seed=3)

    assert simulation.most() <= 1.25
    assert simulation.least() >= 0.9


def test_a_tenant_gets_what_another_one_does_not_use(services: Services, clock: Clock) -> None:
    containers = Containers(services, clock)
    small = Caller("small", "t2")

    got = {"acme": 0, "small": 0}
    for tick in range(600):
        clock.go_on(0.05)
        got["acme"] += containers.admitted(10)
        got["small"] += not containers.send(caller=small) if tick % 2 else 0

    assert got["small"] == 300
    assert got["acme"] == pytest.approx(30 * RATE + RATE, rel=0.01)


def test_a_tenant_has_a_rate_of_its_own(one: Containers) -> None:
    large = Caller("acme", "t1", rate=200)

    assert sum(not one.send(caller=large) for _ in range(400)) == 200


def cost(containers: Containers, a_second: float, shares: Sequence[float]) -> Cost:
    with metered(containers.services.clients.dynamodb) as cost:
        simulate(containers, a_second, shares, seconds=20)
    return cost


@pytest.mark.parametrize("a_second", [1, 3, 5])
def test_a_quiet_container_writes_nothing(one: Containers, a_second: int) -> None:
    spent = cost(one, a_second, [1])

    assert spent.writes == 0
    assert spent.reads <= a_second * 20 / 5


def test_ten_quiet_containers_write_nothing(ten: Containers) -> None:
    assert cost(ten, 45, EVEN).writes == 0


@pytest.mark.parametrize(("a_second", "batches"), [(10, 2), (25, 5), (RATE, 10), (4 * RATE, 10)])
def test_a_busy_container_writes_a_unit_for_each_batch(
    one: Containers, a_second: int, batches: int
) -> None:
    spent = cost(one, a_second, [1])

    assert spent.writes == pytest.approx(20 * batches, rel=0.1)
    assert spent.reads <= 1


def test_a_refused_request_costs_nothing(one: Containers, services: Services) -> None:
    one.limiters[0].charge(ACME, 20 * RATE)
    one.send()

    with metered(services.clients.dynamodb) as spent:
        refused = [one.send() for _ in range(100)]

    assert all(refused)
    assert spent.calls == []


def test_what_is_reported_late_does_not_hurt(ten: Containers, clock: Clock) -> None:
    simulate(ten, 45, EVEN, seconds=20)
    clock.go_on(2)

    assert ten.admitted(RATE) == RATE


@pytest.mark.parametrize("wrong", [[2, -2], [0, -1.5, 0, 2, 0, -2, 0.5, -0.5, 1, 0]])
@pytest.mark.parametrize("a_second", [RATE / 2, 4 * RATE])
def test_wrong_clocks_lock_no_container_out(
    services: Services, clock: Clock, wrong: list[float], a_second: float
) -> None:
    containers = Containers(services, clock, wrong)
    shares = [1 / len(wrong)] * len(wrong)

    simulation = simulate(containers, a_second, shares, seed=4, seconds=20)

    assert simulation.most() <= 1.25
    assert simulation.least() >= 0.9
    admitted = [container for _, container in simulation.admitted]
    fair = len(admitted) / len(wrong)
    assert all(admitted.count(each) > fair / 2 for each in range(len(wrong)))


def test_a_clock_that_is_set_back_locks_nobody_out(one: Containers, clock: Clock) -> None:
    simulate(one, 2 * RATE, [1], seconds=5)
    clock.go_on(-3600)

    simulation = simulate(one, RATE / 2, [1], seconds=5)

    assert len(simulation.admitted) > 0.9 * len(simulation.offered)


@pytest.mark.parametrize("busy", [True, False])
def test_a_level_hours_away_is_a_debt_of_ten_bulk_requests(
    one: Containers, services: Services, clock: Clock, busy: bool
) -> None:
    now = int(clock.now.timestamp() * 1e6)
    RateItem(services.table, "acme").add(5 * 3600 * 10**6, now, 0, busy=busy)

    one.admitted(10)

    assert MAX_DEBT == 10 * MAX_OPERATIONS
    assert one.send() == MAX_DEBT // RATE + 1
    clock.go_on(MAX_DEBT // RATE + 1)
    assert one.admitted(2 * RATE) == RATE


def test_what_is_no_level_admits(
    one: Containers, services: Services, dynamodb_url: str | None
) -> None:
    if dynamodb_url is None:
        pytest.skip("moto cannot compare a text with a number")
    services.table.put(Keys("acme").rate(), {"tat": "soon"})

    assert one.admitted(200) == 200
    assert one.warned == ["acme"]


@pytest.mark.parametrize(
    "answer",
    [
        refusal("ProvisionedThroughputExceededException"),
        refusal("InternalServerError", 500),
        refusal("AccessDeniedException"),
    ],
    ids=lambda answer: str(answer["Error"]["Code"]),
)
def test_a_write_that_fails_admits_for_some_seconds(
    one: Containers, services: Services, clock: Clock, answer: dict[str, object]
) -> None:
    client = services.clients.dynamodb
    with answering(client, "UpdateItem", *[answer] * 10), metered(client) as spent:
        assert one.admitted(200) == 200
        first = len(spent.calls)
        clock.go_on(4)
        assert one.admitted(200) == 200
        assert len(spent.calls) == first
    clock.go_on(2)

    assert one.admitted(200) == RATE
    assert one.warned == ["acme"]


def test_a_failure_that_lasts_is_logged_once(
    one: Containers, services: Services, clock: Clock
) -> None:
    failures = [refusal("ProvisionedThroughputExceededException")] * 200
    with answering(services.clients.dynamodb, "UpdateItem", *failures):
        for _ in range(10):
            one.admitted(20)
            clock.go_on(6)

    assert one.warned == ["acme"]


def test_a_write_whose_answer_is_lost_admits(one: Containers, services: Services) -> None:
    with losing(services.clients.dynamodb, "UpdateItem"):
        assert one.admitted(200) == 200


def test_a_request_waits_for_a_write_a_short_time_only(one: Containers, services: Services) -> None:
    left: list[float] = []

    def note(**_: object) -> None:
        left.append(deadline.seconds_left())

    with registered(services.clients.dynamodb, "before-call.dynamodb.UpdateItem", note):
        one.admitted(10)

    assert left
    assert all(seconds <= CALL_SECONDS for seconds in left)


def test_a_minute_with_refusals_is_one_entry_of_the_log(
    ten: Containers, services: Services, clock: Clock
) -> None:
    clock.now = datetime(2026, 1, 1, 12, 0, 30, tzinfo=UTC)
    simulate(ten, 8 * RATE, EVEN, seconds=45)

    entries = list(services.log("acme").read(clock.now - timedelta(hours=1), clock.now))

    assert [entry.time for entry in entries] == [
        "2026-01-01T12:00:00.000Z",
        "2026-01-01T12:01:00.000Z",
    ]
    assert {(entry.status, entry.actor, entry.target, entry.detail) for entry in entries} == {
        (429, "token:t1", "Tenant/acme", "requests beyond 50 a second were refused in this minute")
    }


def test_without_a_rate_nothing_is_limited(services: Services, clock: Clock) -> None:
    limiter = RateLimiter(services.table, 0, services.log, print, lambda: clock.now)

    with metered(services.clients.dynamodb) as spent:
        for _ in range(1000):
            limiter.admit(ACME)
        limiter.charge(ACME, 1000)

    assert spent.calls == []
