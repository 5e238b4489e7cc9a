"""Who operates a deployment: every act takes an operator first.

An act is a function of values that returns values; it knows no terminal and no request. An act that
takes long is a generator: it yields `Progress`, and returns its result.
"""

from __future__ import annotations

from dataclasses import dataclass

from rollcall.runtime import Services


@dataclass(frozen=True)
class Operator:
    """A person who works on a deployment; `name` is what logs and events say of who acted."""

    services: Services
    name: str


@dataclass(frozen=True)
class Progress:
    """How far an act is: `done` of `total` units, such as accounts; None where nobody knows."""

    done: int
    total: int | None = None
    unit: str = ""
