"""Hand-overs of one tenant: links that show a token once, by the digest of their code.

A hand-over is offered, claimed by who presses the button, and shown when the token is there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rollcall.aws.attribute_values import Item
from rollcall.storage.keys import Keys
from rollcall.storage.table import Table
from rollcall.storage.transactions import Action, ConditionFailed


@dataclass(frozen=True)
class Handover:
    """What is kept of a hand-over. Instants are RFC 3339 in UTC.

    Before `opens_until` the token can be shown; `token` is the id of one that was claimed, and
    `shown` when it was shown. Before `told_until` the link then tells about the connection. `days`
    is how long the token lives, `expires` the Unix time at which the item goes.
    """

    digest: str
    created: str
    opens_until: str
    days: int
    token: str = ""
    shown: str = ""
    told_until: str = ""
    expires: int = 0


class HandoverItems:
    """The hand-overs of one tenant."""

    def __init__(self, table: Table, tenant: str) -> None:
        self._table = table
        self._keys = Keys(tenant)

    def create(self, handover: Handover) -> None:
        """Keep a new hand-over."""
        item = {
            "created": handover.created,
            "opens_until": handover.opens_until,
            "days": handover.days,
            "expires": handover.expires,
        }
        self._table.put(self._keys.handover(handover.digest), item)

    def read(self, digest: str) -> Handover | None:
        """Return a hand-over, None when there is none, or no longer."""
        item = self._table.get(self._keys.handover(digest))
        return None if item is None else _read(item)

    def all(self) -> Iterator[Handover]:
        """Yield all hand-overs that are kept."""
        yield from map(_read, self._table.query(self._keys.handovers()))

    def claim(self, digest: str, token: str, now: str, stale: str) -> bool:
        """Claim a hand-over for a token that is about to be made.

        False when it is gone or shown, or when somebody claimed it after `stale`.
        """
        return self._change(
            digest,
            "SET #token = :token, claimed = :now",
            "attribute_exists(pk) AND attribute_not_exists(shown) AND "
            "(attribute_not_exists(claimed) OR claimed < :stale)",
            {":token": token, ":now": now, ":stale": stale},
        )

    def release(self, digest: str, token: str) -> None:
        """Undo a claim, so that the button can be pressed again at once."""
        self._change(
            digest,
            "REMOVE claimed",
            "#token = :token AND attribute_not_exists(shown)",
            {":token": token},
        )

    def mark_shown(self, shown: Handover) -> bool:
        """Note that a claimed token is shown; False when the claim does not hold any more."""
        return self._change(
            shown.digest,
            "SET shown = :shown, told_until = :until, expires = :expires",
            "#token = :token AND attribute_not_exists(shown)",
            {
                ":token": shown.token,
                ":shown": shown.shown,
                ":until": shown.told_until,
                ":expires": shown.expires,
            },
        )

    def delete(self, digest: str) -> None:
        """Delete a hand-over."""
        self._table.delete([self._keys.handover(digest)])

    def _change(self, digest: str, update: str, condition: str, values: Item) -> bool:
        action = Action(
            "Update",
            self._keys.handover(digest),
            update=update,
            condition=condition,
            values=values,
            names={"#token": "token"},
        )
        try:
            self._table.transact([action])
        except ConditionFailed:
            return False
        return True


def _read(item: Item) -> Handover:
    return Handover(
        digest=item["sk"],
        created=item["created"],
        opens_until=item["opens_until"],
        days=int(item["days"]),
        token=item.get("token", ""),
        shown=item.get("shown", ""),
        told_until=item.get("told_until", ""),
        expires=int(item["expires"]),
    )
