"""Watches who is disabled or deleted: notes it, and tells support of a wave, once for each.

A wave is noticed within seconds, from the table's stream. A record that is delivered again changes
nothing: a note has the key that it had, and a wave is told of once.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain
from typing import Any, Protocol

from rollcall.aws.attribute_values import Item
from rollcall.aws.messages import Topic
from rollcall.model.account_link import AccountLink
from rollcall.model.actor import Actor
from rollcall.model.brake import (
    AT_LEAST,
    Disabled,
    Wave,
    counted_since,
    counted_until,
    fullest_hour,
    is_too_many,
)
from rollcall.model.release_tenant import is_release_tenant
from rollcall.scim.resource_type import Kind
from rollcall.storage import item_changes
from rollcall.storage.brake_items import BrakeItems, fingerprint, untold_waves
from rollcall.storage.item_changes import ItemChange, ItemType
from rollcall.storage.resources import Resources
from rollcall.storage.table import Table

_FALSE = "false"
"""What the stored text of a disabled user has in it: only such a text is parsed."""


MOST_LEFT = 1_000
"""How many accounts are kept for the next time, the latest, where a look has failed."""


@dataclass(frozen=True)
class _Seen:
    """A user whom a record of the stream, by its id, says to be disabled."""

    tenant: str
    record: str
    disabled: Disabled


class Warn(Protocol):
    """Writes a warning to the log, with values beside it."""

    def __call__(self, msg: str, *, extra: dict[str, Any]) -> None:
        """Write the warning."""


class DisableWatch:
    """The watch over all tenants of a deployment.

    `opened` is called with each wave that was told of, to mark its tenant in the list of tenants.
    """

    def __init__(
        self,
        table: Table,
        topic: Callable[[], Topic],
        warn: Warn,
        clock: Callable[[], datetime],
        opened: Callable[[str, Wave], None] = lambda _, __: None,
    ) -> None:
        self._table = table
        self._topic = topic
        self._warn = warn
        self._clock = clock
        self._opened = opened
        self._left: Sequence[_Seen] = ()

    def look(self, records: Iterable[Mapping[str, Any]]) -> None:
        """Note who was disabled by some records of the stream, and tell of new waves.

        What fails is looked at again, with the records of the next time.
        """
        found = {(each.tenant, each.disabled.user, each.disabled.time): each for each in self._left}
        for change in item_changes.changes(records):
            disabled = None if is_release_tenant(change.tenant) else disabled_by(change)
            if disabled is not None:
                key = (change.tenant, disabled.user, disabled.time)
                found.setdefault(key, _Seen(change.tenant, change.id, disabled))
        left: dict[str, list[_Seen]] = {}
        for each in found.values():
            left.setdefault(each.tenant, []).append(each)
        for tenant in list(left):
            seen = left.pop(tenant)
            # A tenant that fails is the last one the next time, so that it holds up no other.
            self._left = [*chain(*left.values()), *seen][-MOST_LEFT:]
            self._look(tenant, [each.disabled for each in seen], seen[0].record)
        self._left = ()

    def tell_all(self) -> int:
        """Tell of the waves that nobody was told of, as a message failed; return how many."""
        told = 0
        for tenant, number in untold_waves(self._table):
            items = BrakeItems(self._table, tenant)
            wave = items.wave(number)
            if wave is not None and not wave.told:
                told += self._tell(tenant, items, wave, holder="run")
        return told

    def _look(self, tenant: str, disabled: list[Disabled], holder: str) -> None:
        items = BrakeItems(self._table, tenant)
        items.note(disabled)
        times = sorted(each.time for each in disabled if each.by_client)
        if not times:
            return
        wave = self._wave(tenant, items, times, holder)
        if wave is not None and not wave.told and self._tell(tenant, items, wave, holder):
            self._opened(tenant, wave)

    def _wave(self, tenant: str, items: BrakeItems, times: list[str], holder: str) -> Wave | None:
        """Return the wave that accounts belong to which were disabled at some instants."""
        switch = items.switch()
        if switch.is_off(times[-1]):
            return None
        while True:
            before = items.latest_wave()
            if before is not None and before.goes_on(times[-1]):
                return items.extend(before, times)
            since = counted_since(times[0], before.decided if before else "")
            counted = [
                each
                for each in items.disabled(since, counted_until(times[-1]))
                if each.by_client and not switch.is_off(each.time)
            ]
            found = fullest_hour(counted, times[0])
            if len(found) < AT_LEAST:
                return None
            linked = Resources(self._table, tenant).count(Kind.USER, linked=True)
            linked += sum(each.deleted for each in found.values())
            if not is_too_many(len(found), linked):
                return None
            number = before.number + 1 if before else 1
            times_found = [each.time for each in found.values()]
            wave = Wave(number, min(times_found), max(times_found), len(found), linked)
            for each in counted:  # a record may be late: others that came before it belong to it
                if each.time > wave.latest and wave.goes_on(each.time):
                    wave = replace(wave, latest=each.time)
            if items.open(wave, holder, self._clock()):
                return wave

    def _tell(self, tenant: str, items: BrakeItems, wave: Wave, holder: str) -> bool:
        """Tell support of a wave, unless another process is at it."""
        if not items.claim(wave, holder, self._clock()):
            return False
        content = {
            "event": "accounts disabled",
            "tenant": tenant,
            "wave": wave.number,
            "disabled": wave.disabled,
            "linked": wave.linked,
            "since": wave.began,
            "command": f"rollcall brake show {tenant}",
        }
        self._topic().publish(*message(tenant, wave), content)
        self._warn("many accounts were disabled within an hour", extra=content)
        items.set_told(wave, self._clock())
        return True


def message(tenant: str, wave: Wave) -> tuple[str, str]:
    """Return subject and text of the message about a wave."""
    return (
        f"Rollcall: many accounts of {tenant} are disabled",
        f"The identity provider of {tenant} has disabled or deleted {wave.disabled:,} of "
        f"{wave.linked:,} linked accounts since {wave.began}, and more may follow. If nobody "
        "planned this, a filter or an assignment there may be wrong. "
        f"`rollcall brake show {tenant}` says who they are, how to stop it in Entra ID, and how to "
        "enable them here again.",
    )


def disabled_by(change: ItemChange) -> Disabled | None:
    """Return the user whom a change has disabled, or deleted while active; None without one."""
    before, after = change.before or {}, change.after or {}
    if change.item_type is not ItemType.DOCUMENT or not _is_active(before):
        return None
    if _is_active(after) or "alias" in after:
        return None
    left = ""
    if "document" in after:
        left = fingerprint(json.loads(after["document"]), AccountLink.of(after.get("link")))
    actor = Actor(**after.get("origin", {}))
    return Disabled(change.resource, after["modified"], bool(actor.token), left)


def _is_active(item: Item) -> bool:
    """Tell whether a document item is that of an active user."""
    text = item.get("document", "")
    return bool(text) and (_FALSE not in text or json.loads(text).get("active") is not False)
