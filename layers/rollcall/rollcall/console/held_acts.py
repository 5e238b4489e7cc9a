"""The acts on deletions that wait: released, brought back, and how long they wait."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from rollcall.console.act import Act, ActError, ActResult, Change, Form, Plan, required
from rollcall.console.sign_in_acts import number
from rollcall.console.work import finished
from rollcall.model.progress import Progress
from rollcall.operations import held_deletions
from rollcall.operations.held_deletions import HeldAccount, HeldOutcome, HeldResult
from rollcall.operations.operator import Operator
from rollcall.operations.planned_work import instant

MAX_DAYS = 60
MAX_WAVE = 1_000_000

LISTED = 20
"""How many accounts are named in a plan; the others are counted."""

LOOKED_AT = 5
"""How many batches of accounts are looked at for a plan: what it costs is bounded."""

_Batches = Iterator[list[HeldAccount]]
_Steps = Generator[Progress, None, list[HeldResult]]


@dataclass(frozen=True)
class _Selection:
    """Held accounts that a form selects: the first of them, and whether these are all.

    `batches` are all of them, for whoever operates then.
    """

    first: list[HeldAccount]
    is_all: bool
    batches: Callable[[Operator], _Batches]

    @property
    def number(self) -> str:
        """How many they are."""
        return f"{len(self.first):,}" if self.is_all else f"all, more than {len(self.first):,},"

    @property
    def notes(self) -> list[str]:
        """What is said of those that are not named."""
        if self.is_all:
            return more(len(self.first))
        return [
            f"there are more than {len(self.first):,}: the first were looked at, and the others "
            "are treated likewise, unless they are deleted after this was shown"
        ]


def plan_release(operator: Operator, tenant: str, form: Form) -> Plan:
    """Plan that accounts are purged now."""
    selection = _selected(operator, tenant, form)

    def carry_out(operator: Operator) -> ActResult:
        def steps(operator: Operator) -> Generator[Progress, None, Sequence[str]]:
            def release(batch: Sequence[HeldAccount]) -> _Steps:
                return held_deletions.release(operator, tenant, batch)

            return (yield from _each(selection, operator, release))

        return ActResult(["purging has begun"], rest=(f"Purging accounts of {tenant}", steps))

    first = selection.first[:LISTED]
    return Plan(
        f"Purge {selection.number} of {tenant} for good",
        f"Purge {selection.number.strip(',')}",
        carry_out,
        [Change(each.user_name, "deleted, waits", "purged") for each in first],
        selection.notes,
        typed=tenant,
    )


def plan_refuse(operator: Operator, tenant: str, form: Form) -> Plan:
    """Plan that accounts are brought back."""
    selection, name = _selected(operator, tenant, form), form.get("userName", "").strip()
    dry_run = held_deletions.refuse(operator, tenant, selection.first, name, dry_run=True)
    expected = finished(dry_run)

    def carry_out(operator: Operator) -> ActResult:
        def steps(operator: Operator) -> Generator[Progress, None, Sequence[str]]:
            def refuse(batch: Sequence[HeldAccount]) -> _Steps:
                return held_deletions.refuse(operator, tenant, batch, name)

            return (yield from _each(selection, operator, refuse))

        return ActResult(["bringing back has begun"], rest=(f"Accounts of {tenant}", steps))

    return Plan(
        f"Bring {selection.number} back",
        f"Bring {selection.number} back",
        carry_out,
        [_expected(each, name) for each in expected[:LISTED]],
        [*selection.notes, *_taken(expected), "they come into the groups that still exist"],
        [
            "the link policy decides about the next write of the identity provider, which has to "
            "have the person in its scope again"
        ],
        asks_why=True,
    )


def plan_grace(operator: Operator, tenant: str, form: Form) -> Plan:
    """Plan for how many days deletions wait."""
    days = number(form, "grace", 0, MAX_DAYS, "days")
    before = operator.services.tenants.show(tenant).grace

    def carry_out(operator: Operator) -> ActResult:
        held_deletions.set_grace(operator, tenant, days)
        return ActResult([f"deletions wait {days} days, everywhere within a minute"])

    changes = [Change("deletions wait", f"{before} days", f"{days} days")]
    notes = ["a deletion that waits already is purged at the time that was set for it"]
    return Plan(f"Change how long deletions of {tenant} wait", "Change", carry_out, changes, notes)


def more(number: int) -> list[str]:
    """Return what is said of the accounts that a plan does not name."""
    return [f"and {number - LISTED:,} more"] if number > LISTED else []


def _selected(operator: Operator, tenant: str, form: Form) -> _Selection:
    """Return the held accounts that a form names: one, those of a wave, or all."""
    wave, every = form.get("wave", ""), form.get("all") == "yes"
    if not wave and not every:
        account = required(form, "account", "the account")
        accounts = held_deletions.select(operator, tenant, [account])
        return _Selection(accounts, True, lambda _: iter([accounts]))
    chosen = number(form, "wave", 1, MAX_WAVE, "as the number of a wave") if wave else None
    shown = instant(operator.services.clock())

    def batches(operator: Operator) -> _Batches:
        return held_deletions.batches(operator, tenant, chosen, shown)

    found = list(islice(batches(operator), LOOKED_AT + 1))
    first = [each for batch in found[:LOOKED_AT] for each in batch]
    if not first:
        raise ActError("no deletion waits there any more")
    if len(found) > LOOKED_AT:
        return _Selection(first, False, batches)
    return _Selection(first, True, lambda _: iter([first]))


def _each(
    selection: _Selection, operator: Operator, act: Callable[[Sequence[HeldAccount]], _Steps]
) -> Generator[Progress, None, Sequence[str]]:
    """Act on one batch after the other; return what became of all in sentences."""
    counts, taken, done = Counter[HeldOutcome](), list[HeldResult](), 0
    total = len(selection.first) if selection.is_all else None
    for batch in selection.batches(operator):
        steps = act(batch)
        while True:
            try:
                progress = next(steps)
            except StopIteration as end:
                results: list[HeldResult] = end.value
                break
            yield Progress(done + progress.done, total, progress.unit)
        done += len(batch)
        counts.update(each.outcome for each in results)
        taken += [each for each in results if each.outcome is HeldOutcome.NAME_TAKEN]
    return [*(f"{each.value}: {count:,}" for each, count in counts.items()), *_taken(taken)]


def _expected(result: HeldResult, name: str) -> Change:
    after = result.outcome.value
    if result.outcome is HeldOutcome.BACK and name:
        after = f"{after}, as {name}"
    return Change(result.held.user_name, "deleted, waits", after)


def _taken(results: Sequence[HeldResult]) -> list[str]:
    taken = [each for each in results if each.outcome is HeldOutcome.NAME_TAKEN]
    return [
        f"`{each.held.user_name}` is the name of `{each.holder}` by now: bring it back under "
        "another userName, and merge both under People where they are one person"
        for each in taken[:LISTED]
    ]


ACTS: dict[str, Act] = {"release": plan_release, "refuse": plan_refuse, "grace": plan_grace}
