"""The list prices of AWS that costs are computed with: `prices.json`, of one region and date."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("prices.json")


@dataclass(frozen=True)
class Price:
    """What so many of a unit cost."""

    dollars: float
    per: int
    unit: str
    source: str


@dataclass(frozen=True)
class Prices:
    """The prices by name, and the date on which they were looked up."""

    date: str
    region: str
    prices: dict[str, Price]

    def dollars(self, name: str, number: float = 1) -> float:
        """Return what a number of units costs."""
        price = self.prices[name]
        return price.dollars * number / price.per


@cache
def read() -> Prices:
    """Return the prices of the file."""
    content = json.loads(FILE.read_text())
    prices = {name: Price(**price) for name, price in content["prices"].items()}
    return Prices(content["date"], content["region"], prices)
