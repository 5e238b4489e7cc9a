"""A copy of a tenant's users, kept in step by change events: the events say whom to read again.

`load` once, then hand the detail of every event to `apply`, as often and in whatever order the bus
delivers them. The client has the tenant's base URL and a read-only token.
"""

from typing import Any

import httpx

DELETE = "urn:ietf:params:scim:event:prov:delete"
MERGED = "urn:rollcall:scim:event:account:merged"


class Copy:
    """The users by the path of each, as the directory has them."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client
        self.users: dict[str, Any] = {}
        self.seen: dict[str, str] = {}

    def load(self) -> None:
        """Read everybody."""
        cursor: str | None = ""
        while cursor is not None:
            page = self.client.get("/Users", params={"cursor": cursor, "attributes": "id"}).json()
            for user in page["Resources"]:
                self._read(f"/Users/{user['id']}")
            cursor = page.get("nextCursor")

    def apply(self, event: dict[str, Any]) -> None:
        """Read again whom an event is about."""
        path = event["sub_id"].get("uri", "")
        if not path.startswith("/Users/") or event["sequence"] <= self.seen.get(path, ""):
            return  # not a user, or older than what was acted upon
        if DELETE in event["events"]:  # deleted, or merged into another
            self.users.pop(path, None)
            if MERGED in event["events"]:
                self._read(event["events"][MERGED]["survivor"])
        else:
            self._read(path)
        self.seen[path] = event["sequence"]  # only now: if reading fails, the event comes again

    def _read(self, path: str) -> None:
        answer = self.client.get(path)
        if answer.status_code == httpx.codes.NOT_FOUND:
            self.users.pop(path, None)
        else:
            self.users[path] = answer.raise_for_status().json()
