"""The use of a tenant's tokens: the first instant, and the last day.

Only the day is kept, so that it costs one write for each token and day.
"""

from __future__ import annotations

from dataclasses import dataclass

from rollcall.aws.aws_errors import ClientError
from rollcall.scim.errors import Unavailable
from rollcall.storage.keys import Keys
from rollcall.storage.table import Table
from rollcall.storage.transactions import Action, ConditionFailed


@dataclass(frozen=True)
class TokenUse:
    """The use of one token: `first` is an RFC 3339 instant in UTC, `last` a day."""

    token: str
    first: str
    last: str


class TokenUsage:
    """The use of the tokens of one tenant."""

    def __init__(self, table: Table, tenant: str) -> None:
        self._table = table
        self._keys = Keys(tenant)

    def write(self, token: str, now: str, expires: int) -> bool:
        """Store that a token is used at an instant; False when that could not be written.

        `expires` is the Unix time when the item is deleted. A failure never fails or delays the
        request; a conflict means that another request is writing the same.
        """
        day = now[:10]
        action = Action(
            "Update",
            self._keys.token_usage(token),
            update="SET begun = if_not_exists(begun, :now), used = :day, expires = :expires",
            condition="attribute_not_exists(used) OR used < :day",
            values={":now": now, ":day": day, ":expires": expires},
        )
        try:
            self._table.transact([action], seconds=0)
        except ConditionFailed:
            return True
        except (Unavailable, ClientError):
            return False
        return True

    def read(self, token: str) -> TokenUse | None:
        """Return the use of one token, None when it was never used."""
        item = self._table.get(self._keys.token_usage(token))
        return None if item is None else TokenUse(token, item["begun"], item["used"])

    def read_all(self) -> dict[str, TokenUse]:
        """Return the use of all tokens that were used, by their ids."""
        return {
            item["sk"]: TokenUse(item["sk"], item["begun"], item["used"])
            for item in self._table.query(self._keys.token_usages())
        }
