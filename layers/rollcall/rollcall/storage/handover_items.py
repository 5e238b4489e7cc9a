"""Hand-overs of one tenant: links that show a secret once, stored by the digest of their code.

A hand-over is created, claimed when its button is pressed, and marked as shown with what was made.
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
    """A stored hand-over. Instants are RFC 3339 in UTC.

    The button works before `opens_until`. `way` is the sign-in method of a claim, `token` the id of
    its token or OAuth client, `shown` the instant when that was shown. From then until `told_until`
    the link shows the connection's status. `days` is the lifetime of a token or a secret, `expires`
    the Unix time when the item is deleted.
    """

    digest: str
    created: str
    opens_until: str
    days: int
    way: str = ""
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
        """Store a new hand-over."""
        item = {
            "created": handover.created,
            "opens_until": handover.opens_until,
            "days": handover.days,
            "expires": handover.expires,
        }
        self._table.put(self._keys.handover(handover.digest), item)

    def read(self, digest: str) -> Handover | None:
        """Return a hand-over, None when there is none with this digest."""
        item = self._table.get(self._keys.handover(digest))
        return None if item is None else _handover(item)

    def all(self) -> Iterator[Handover]:
        """Yield all stored hand-overs."""
        yield from map(_handover, self._table.query(self._keys.handovers()))

    def claim(self, digest: str, way: str, token: str, now: str, stale: str) -> bool:
        """Claim a hand-over for a token or a client that is about to be made.

        Returns False when it is deleted or shown, or was claimed by somebody after `stale`.
        """
        return self._change(
            digest,
            "SET #token = :token, way = :way, claimed = :now",
            "attribute_exists(pk) AND attribute_not_exists(shown) AND "
            "(attribute_not_exists(claimed) OR claimed < :stale)",
            {":token": token, ":way": way, ":now": now, ":stale": stale},
        )

    def release(self, digest: str, token: str) -> None:
        """Remove a claim, so that the button can be pressed again at once."""
        self._change(
            digest,
            "REMOVE claimed",
            "#token = :token AND attribute_not_exists(shown)",
            {":token": token},
        )

    def mark_shown(self, shown: Handover) -> bool:
        """Mark a claimed hand-over as shown; False when the claim is not valid any more."""
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


def _handover(item: Item) -> Handover:
    return Handover(
        digest=item["sk"],
        created=item["created"],
        opens_until=item["opens_until"],
        days=int(item["days"]),
        way=item.get("way", "token" if "token" in item else ""),
        token=item.get("token", ""),
        shown=item.get("shown", ""),
        told_until=item.get("told_until", ""),
        expires=int(item["expires"]),
    )
