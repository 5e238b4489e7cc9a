"""The brake of one tenant: who was disabled lately, waves of that, and the switch for planned work.

All of it is in one partition and expires, but for the switch.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from rollcall.aws.attribute_values import Item
from rollcall.model.account_link import AccountLink
from rollcall.model.brake import BrakeSwitch, Disabled, Wave, WaveState, counted_since
from rollcall.scim.document import encoded
from rollcall.scim.instant import instant
from rollcall.storage import deployment_keys, keys
from rollcall.storage.keys import Keys
from rollcall.storage.table import Table
from rollcall.storage.transactions import Action, ConditionFailed

KEPT = timedelta(days=30)
"""How long it is kept who was disabled, and in which wave: Entra ID deletes after as long."""

TELLING = timedelta(seconds=20)
"""How long one process may take to tell of a wave before another one does."""


def fingerprint(document: Mapping[str, Any], link: AccountLink) -> str:
    """Return what tells whether anybody has changed an account: neither values nor a version."""
    text = encoded(document) + json.dumps(link.item)
    return sha256(text.encode()).hexdigest()[:32]


class BrakeItems:
    """The items of one tenant's brake."""

    def __init__(self, table: Table, tenant: str) -> None:
        self._table = table
        self._tenant = tenant
        self._keys = Keys(tenant)

    def note(self, disabled: Iterable[Disabled]) -> None:
        """Write who was disabled; what is noted again changes nothing."""
        self._table.put_many(
            {
                **self._keys.disabled(each.time, each.user),
                "by_client": each.by_client,
                "fingerprint": each.fingerprint,
                "expires": _expiry(each.time),
            }
            for each in disabled
        )

    def disabled(
        self, since: str, until: str = "", *, behind: str = "", limit: int = 0
    ) -> Iterator[Disabled]:
        """Yield who was disabled from one instant to another, in the order of time.

        It begins behind the user `behind` who was disabled at the first instant, if any. `limit` is
        how many are read in a round trip, 0 for as many as one returns.
        """
        after = self._keys.disabled(since, behind)["sk"] if behind else f"{keys.DISABLED}{since}#"
        reading = self._table.query(self._keys.brake(), keys.DISABLED, after=after, limit=limit)
        for item in reading:
            time, _, user = item["sk"].removeprefix(keys.DISABLED).partition("#")
            if until and time > until:
                return
            yield Disabled(user, time, item["by_client"], item["fingerprint"])

    def latest_wave(self) -> Wave | None:
        """Read the latest wave."""
        return next(self.waves(limit=1), None)

    def waves(self, limit: int = 0) -> Iterator[Wave]:
        """Yield the waves, the latest first."""
        found = self._table.query(self._keys.brake(), keys.WAVE, backwards=True, limit=limit)
        return map(_wave, found)

    def wave(self, number: int) -> Wave | None:
        """Read one wave."""
        item = self._table.get(self._keys.wave(number))
        return None if item is None else _wave(item)

    def open(self, wave: Wave, holder: str, now: datetime) -> bool:
        """Write a new wave, which `holder` tells of; False when another process wrote it."""
        item = {
            "began": wave.began,
            "latest": wave.latest,
            "disabled": wave.disabled,
            "linked": wave.linked,
            "state": wave.state.value,
            "holder": holder,
            "telling": instant(now + TELLING),
            "gsi_pk": deployment_keys.UNTOLD_WAVES,
            "gsi_sk": f"{self._tenant}#{wave.number}",
            "expires": _expiry(wave.latest),
        }
        action = Action(
            "Put", self._keys.wave(wave.number), item=item, condition="attribute_not_exists(pk)"
        )
        try:
            self._table.replace(action)
        except ConditionFailed:
            return False
        return True

    def extend(self, wave: Wave, times: Iterable[str]) -> Wave:
        """Add accounts that were disabled at some instants to a wave that is open.

        Records of the stream may be late: what was more than an hour before does not belong to it.
        """
        near = [each for each in times if each >= counted_since(wave.latest)]
        began, latest = min((wave.began, *near)), max((wave.latest, *near))
        if latest > wave.latest:
            self._change(wave, "latest = :time", "latest < :time", time=latest)
        if began < wave.began:
            self._change(wave, "began = :time", "began > :time", time=began)
        return replace(wave, began=began, latest=latest)

    def claim(self, wave: Wave, holder: str, now: datetime) -> bool:
        """Tell whether `holder` is the one to tell of a wave: nobody has, and nobody is at it."""
        return self._change(
            wave,
            "holder = :holder, telling = :until",
            "attribute_not_exists(told) AND (holder = :holder OR telling < :now)",
            holder=holder,
            until=instant(now + TELLING),
            now=instant(now),
        )

    def set_told(self, wave: Wave, now: datetime) -> None:
        """Note that support was told of a wave."""
        self._change(
            wave, "told = :now REMOVE gsi_pk, gsi_sk, telling", "attribute_exists(pk)",
            now=instant(now),
        )  # fmt: skip

    def begin_enabling(self, wave: Wave, now: datetime) -> Wave:
        """Note that an operator begins to enable the accounts of a wave, perhaps not first."""
        begun = instant(now)
        self._change(
            wave,
            "enablings = list_append(if_not_exists(enablings, :none), :begun)",
            "attribute_exists(pk)",
            none=[],
            begun=[begun],
        )
        return replace(wave, enablings=[*wave.enablings, begun])

    def decide(self, wave: Wave, state: WaveState, actor: str, now: datetime) -> bool:
        """Close a wave; False when it is closed already."""
        return self._change(
            wave,
            "#state = :closed, decided = :now, actor = :actor REMOVE gsi_pk, gsi_sk",
            "#state = :open",
            names={"#state": "state"},
            closed=state.value,
            open=WaveState.OPEN.value,
            actor=actor,
            now=instant(now),
        )

    def switch(self) -> BrakeSwitch:
        """Read the switch for planned work."""
        item = self._table.get(self._keys.brake_switch())
        if item is None:
            return BrakeSwitch()
        return BrakeSwitch(item["since"], item["until"], item["actor"])

    def set_switch(self, switch: BrakeSwitch) -> None:
        """Write the switch; it stays when it is on again, as it says what does not count."""
        self._table.put(self._keys.brake_switch(), asdict(switch))

    def _change(
        self,
        wave: Wave,
        sets: str,
        condition: str,
        names: Mapping[str, str] | None = None,
        **values: str | list[str],
    ) -> bool:
        action = Action(
            "Update",
            self._keys.wave(wave.number),
            update=f"SET {sets}",
            condition=condition,
            values={f":{name}": value for name, value in values.items()},
            names=names or {},
        )
        try:
            self._table.update(action)
        except ConditionFailed:
            return False
        return True


def untold_waves(table: Table) -> list[tuple[str, int]]:
    """Return the waves of all tenants that support was not told of, by tenant and number."""
    found = (
        item["gsi_sk"].partition("#") for item in table.query_index(deployment_keys.UNTOLD_WAVES)
    )
    return [(tenant, int(number)) for tenant, _, number in found]


def _expiry(time: str) -> int:
    return int((datetime.fromisoformat(time).astimezone(UTC) + KEPT).timestamp())


def _wave(item: Item) -> Wave:
    return Wave(
        number=int(keys.identifier(item["sk"])),
        began=item["began"],
        latest=item["latest"],
        disabled=int(item["disabled"]),
        linked=int(item["linked"]),
        told=item.get("told", ""),
        state=WaveState(item["state"]),
        decided=item.get("decided", ""),
        actor=item.get("actor", ""),
        enablings=item.get("enablings", ()),
    )
