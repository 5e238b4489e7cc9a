from io import StringIO

import httpx
import pytest
from rich.console import Console

from demo import page
from demo.entra import Job, Source
from demo.first_day import FirstDay, NotEmpty
from demo.phase import Phase
from tests.demo.stand_in import BASE, StandIn, error

pytestmark = pytest.mark.slow


def first_day(service: StandIn, seed: int = 1) -> FirstDay:
    source = Source()
    return FirstDay(source, Job(source, service.client()), seed)


@pytest.fixture(scope="module")
def played() -> tuple[FirstDay, list[Phase]]:
    day = first_day(StandIn())
    return day, list(day.play())


def test_a_whole_day_goes_well(played: tuple[FirstDay, list[Phase]]) -> None:
    day, phases = played
    assert [phase.failures for phase in phases] == [[]] * 11
    assert len(day.directory.users) == 51
    assert day.directory.active == 48


@pytest.mark.parametrize("seed", [0, 2, 3, 99])
def test_it_goes_well_with_other_people(seed: int) -> None:
    assert [
        failure for phase in first_day(StandIn(), seed).play() for failure in phase.failures
    ] == []


def test_both_dialects_are_spoken_about_equally(played: tuple[FirstDay, list[Phase]]) -> None:
    operations = [
        operation["op"]
        for phase in played[1]
        for exchange in phase.exchanges
        for operation in (exchange.sent or {}).get("Operations", ())
    ]
    older = sum(op[0].isupper() for op in operations) / len(operations)
    assert 0.4 < older < 0.6


def test_no_membership_change_is_larger_than_twenty(
    played: tuple[FirstDay, list[Phase]],
) -> None:
    sizes = [
        len(operation["value"])
        for phase in played[1]
        for exchange in phase.exchanges
        for operation in (exchange.sent or {}).get("Operations", ())
        if operation.get("path") == "members"
    ]
    assert max(sizes) == 20


def test_a_service_that_loses_a_member_is_found_out() -> None:
    service = StandIn()
    day = first_day(service)
    failures = []
    for phase in day.play():
        if phase.title == "Full reset":
            service.stored["Groups"][next(iter(service.stored["Groups"]))]["members"].pop()
        failures += phase.failures
    assert failures == ["group Engineering: 1 members are missing"]


def test_a_refused_token_ends_the_day_at_once() -> None:
    service = StandIn()
    service.faults.append(lambda _: error(401))
    phases = list(first_day(service).play())
    assert [phase.title for phase in phases] == ["Test Connection"]
    assert "quarantine" in phases[0].failures[0]


def test_a_tenant_with_users_is_left_alone() -> None:
    service = StandIn()
    list(first_day(service).play())
    before = len(service.sent("POST"))
    with pytest.raises(NotEmpty, match="51 users"):
        list(first_day(service).play())
    assert len(service.sent("POST")) == before


def test_requests_of_one_kind_are_folded(played: tuple[FirstDay, list[Phase]]) -> None:
    initial = next(phase for phase in played[1] if phase.title == "Initial cycle")
    rows = [
        (row.exchanges[0].method, row.request, len(row.exchanges))
        for row in page.fold(initial.exchanges)
    ]
    assert rows[:3] == [
        ("GET", "/Users/{id}", 24),
        ("GET", "/Users?filter=userName eq …", 26),
        ("POST", "/Users", 26),
    ]


def test_long_ids_and_values_are_shortened() -> None:
    assert page.shortened("/Users/0123456789abcdef") == "/Users/01234567…"
    assert page.shortened('/Users?filter=userName eq "ann@example.com"').endswith(
        '"ann@example.com"'
    )
    assert page.shortened(f'x eq "{"a" * 40}"') == f'x eq "{"a" * 14}…{"a" * 12}"'


def test_the_page_is_a_hundred_columns_wide_and_plain(
    played: tuple[FirstDay, list[Phase]],
) -> None:
    paper = StringIO()
    console = Console(file=paper, width=page.WIDTH)
    for phase in played[1]:
        page.show(phase, console)
    page.summary(played[0].directory, console)
    text = paper.getvalue()
    assert max(len(line) for line in text.splitlines()) <= 100
    assert "\x1b" not in text
    assert "✗" not in text


def test_a_failed_check_is_marked() -> None:
    paper = StringIO()
    phase = Phase("Initial cycle", "Everyone is created.")
    phase.check("everyone is there", passed=False)
    page.show(phase, Console(file=paper, width=100))
    assert "✗ everyone is there" in paper.getvalue()


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
@pytest.mark.parametrize("status", [204, 400, 404, 500])
def test_a_broken_service_is_reported_and_not_tripped_over(method: str, status: int) -> None:
    service = StandIn()

    def answer(request: httpx.Request) -> httpx.Response:
        return error(status) if request.method == method else service.answer(request)

    source = Source()
    client = httpx.Client(transport=httpx.MockTransport(answer), base_url=BASE)
    phases = list(FirstDay(source, Job(source, client), 1).play())
    assert phases[-1].title == "What the directory holds"
    assert any(phase.failures for phase in phases)
