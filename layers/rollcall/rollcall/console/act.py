"""An act of the console: planned, shown with what is before and after, and then carried out.

A page names an act and sends its form. The answer shows the plan; a second request carries out the
plan that was shown, and no other. A plan stays until it was carried out: what failed, for want of
credentials say, can be tried again. A plan that takes long to make is made by work.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from secrets import token_urlsafe
from threading import Lock
from typing import Any, TypeAlias, TypeVar

from rollcall.console.work import Steps
from rollcall.model.progress import Progress
from rollcall.operations.operator import Operator
from rollcall.operator_error import OperatorError

_Choice = TypeVar("_Choice", bound=Enum)

MAX_PLANS = 100
"""How many plans are kept; the oldest go first."""


class ActError(OperatorError):
    """An act cannot be planned or carried out with what was entered."""


@dataclass(frozen=True)
class Change:
    """One thing that an act changes, as text: empty for what is not there."""

    name: str
    before: str
    after: str


@dataclass(frozen=True)
class RememberedAccount:
    """An account of a tenant that Entra ID may remember for a person, by its id."""

    tenant: str
    id: str


@dataclass(frozen=True)
class ActResult:
    """What happened, in sentences; `secrets` are shown this once, by their names.

    `rest` is the title of work that goes on, and its steps.
    """

    sentences: Sequence[str]
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    rest: tuple[str, Steps] | None = None


@dataclass(frozen=True)
class Plan:
    """What an act will do: `carry_out` does it, by whoever operates then.

    `button` says what is done, `next_steps` are for others. `asks_why` asks for a reason, which the
    log keeps. `typed` is the name to type as well, where what is done cannot be undone. Of
    `remembered`, the connection may be cleared in Entra ID.
    """

    title: str
    button: str
    carry_out: Callable[[Operator], ActResult]
    changes: Sequence[Change] = ()
    notes: Sequence[str] = ()
    next_steps: Sequence[str] = ()
    asks_why: bool = False
    typed: str = ""
    remembered: RememberedAccount | None = None


@dataclass(frozen=True)
class LongPlan:
    """A plan that takes long to make: the title of that work, and its steps."""

    title: str
    steps: Callable[[Operator], Generator[Progress, None, Plan]]


Form: TypeAlias = Mapping[str, str]
Act: TypeAlias = Callable[[Operator, str, Form], Plan]
"""Plans what a form asks for, on a tenant. Raises OperatorError for what is not possible."""

LongAct: TypeAlias = Callable[[Operator, str, Form], LongPlan]
"""Begins to plan what a form asks for, on a tenant. Raises OperatorError."""


class PlansShown:
    """The plans that were shown and not carried out yet, by their names."""

    def __init__(self) -> None:
        self._plans: OrderedDict[str, Plan] = OrderedDict()
        self._lock = Lock()

    def add(self, plan: Plan) -> str:
        """Keep a plan, and return its name, which nobody can guess."""
        name = token_urlsafe(18)
        with self._lock:
            self._plans[name] = plan
            while len(self._plans) > MAX_PLANS:
                self._plans.popitem(last=False)
        return name

    def read(self, name: str) -> Plan:
        """Return a plan. Raises ActError when it is not there any more."""
        plan = self._plans.get(name)
        if plan is None:
            raise ActError("this was done already, or it was shown too long ago: look again")
        return plan

    def carry_out(self, operator: Operator, name: str, form: Form) -> ActResult:
        """Carry out a plan once; one that fails stays, to be tried again. Raises OperatorError."""
        plan = self.read(name)
        if plan.typed and form.get("typed", "").strip() != plan.typed:
            raise ActError(f"type {plan.typed} to confirm, nothing is changed")
        if plan.asks_why or plan.typed:
            operator = operator.because(form.get("reason", ""))
        with self._lock:
            if self._plans.pop(name, None) is None:
                raise ActError("this is being done already")
        done = False
        try:
            outcome = plan.carry_out(operator)
            done = True
        finally:
            if not done:
                with self._lock:
                    self._plans[name] = plan
        return outcome


def required(form: Form, name: str, what: str) -> str:
    """Return what was entered in a field. Raises ActError when there is nothing."""
    value = form.get(name, "").strip()
    if not value:
        raise ActError(f"enter {what}")
    return value


def chosen(form: Form, name: str, kind: type[_Choice]) -> _Choice:
    """Return what was chosen in a field. Raises ActError for what was not offered."""
    value = form.get(name, "")
    for each in kind:
        if each.value == value:
            return each
    raise ActError(f"choose one of {', '.join(each.value for each in kind)}")


def changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """Return what differs between two mappings, as text."""
    names = dict.fromkeys((*before, *after))
    rows = [Change(name, str(before.get(name, "")), str(after.get(name, ""))) for name in names]
    return [each for each in rows if each.before != each.after]
