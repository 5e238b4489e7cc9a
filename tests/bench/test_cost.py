"""The cost page agrees with its figures, and a stack that nobody asks costs at most 2 dollars."""

from __future__ import annotations

import pytest

from bench import prices
from bench.cost.bill import Line, total
from bench.cost.idle import UnpricedError
from bench.cost.page import BOUND, PAGE, idle_stack, page
from events.processed import Processed
from events.template import ROOT

TEMPLATE = (ROOT / "template.yaml").read_text()


def with_resource(text: str) -> Processed:
    """Return the template with one more resource."""
    return Processed(text=TEMPLATE.replace("\nResources:\n", f"\nResources:\n{text}\n", 1))


def test_the_page_is_what_the_figures_say() -> None:
    assert PAGE.read_text() == page(), "run `python -m bench.cost`"


def test_an_idle_stack_costs_at_most_two_dollars() -> None:
    rows = idle_stack()

    assert sum(rows.values()) <= BOUND, rows


def test_snapshots_are_what_an_idle_stack_cannot_pay_for() -> None:
    rows = idle_stack(Processed(parameters={"SnapStart": "PublishedVersions"}))

    assert rows["snapshots"] > BOUND


@pytest.mark.parametrize(
    ("resource", "reason"),
    [
        ("  Way: { Type: AWS::EC2::NatGateway, Properties: {} }", "Way is a AWS::EC2::NatGateway"),
        (
            "  More: { Type: AWS::Logs::MetricFilter, Properties: { LogGroupName: g,"
            " FilterPattern: p, MetricTransformations: [{ MetricName: m }] } }",
            "in how many hours of an idle month has More data",
        ),
        (
            "  Quick: { Type: AWS::CloudWatch::Alarm, Properties: { Period: 10 } }",
            "another price",
        ),
    ],
)
def test_a_resource_that_is_added_needs_a_price(resource: str, reason: str) -> None:
    with pytest.raises(UnpricedError, match=reason):
        idle_stack(with_resource(resource))


def test_a_resource_that_is_added_adds_its_price() -> None:
    alarm = "  More: { Type: AWS::CloudWatch::Alarm, Properties: { Period: 300 } }"

    more = idle_stack(with_resource(alarm))["alarms"] - idle_stack()["alarms"]
    assert more == pytest.approx(prices.read().dollars("cloudwatch.alarm_month"))


def test_a_bill_multiplies_numbers_by_prices() -> None:
    lines = [Line("requests", "api.request", 2_000_000), Line("secret", "secret.month", 3)]

    assert total(lines) == pytest.approx(2 * 3.50 + 3 * 0.40)
