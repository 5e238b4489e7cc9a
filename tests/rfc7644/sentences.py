"""A sentence of RFC 7644 as a request: what there is, what is sent, what comes of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from tests.http.api import Api

PEOPLE = ("ann", "bob", "cid")

Json = dict[str, Any]


@dataclass(frozen=True)
class Sentence:
    """One sentence of the RFC, in short, and an example of it.

    `sent` holds the operations of a PATCH, or the body of a PUT. `after` is the whole resource
    without id, meta and what is the same in all of them; None where `refused` says how the request
    is refused. In all three `@ann` stands for the id of a user of this name.
    """

    text: str
    before: Json
    sent: list[Json] | Json
    after: Json | None = None
    refused: tuple[int, str | None] | None = None

    def play(self, api: Api) -> None:
        """Send it and compare everything, the version as well."""
        ids = {name: api.user(userName=name)["id"] for name in PEOPLE}
        before = create(api, resolved(self.before, ids))
        path = before["meta"]["location"].partition("/v2")[2]
        sent = resolved(self.sent, ids)

        answer = (
            api.send("PATCH", f"{path}?excludedAttributes=nothing", json={"Operations": sent})
            if isinstance(sent, list)
            else api.send("PUT", path, json=sent)
        )

        now = api.send("GET", path).json()
        if self.refused is not None:
            said = answer.json()
            assert (answer.status_code, said.get("scimType")) == self.refused, said
            assert said["detail"]
            assert now == before
            return
        assert answer.status_code == 200, answer.text
        assert answer.json() == now
        assert content(now) == resolved(self.after, ids)
        if content(now) == content(before):
            assert now == before
        else:
            assert now["meta"]["version"] != before["meta"]["version"]
            assert now["meta"]["created"] == before["meta"]["created"]


def create(api: Api, payload: Json) -> Json:
    """Create a group where there is a displayName and no userName, else a user."""
    is_group = "userName" not in payload
    created: Json = api.send("POST", "/Groups" if is_group else "/Users", json=payload).json()
    assert "id" in created, created
    return created


def content(resource: Json) -> Json:
    """Return what clients wrote of a resource."""
    kept = {key: value for key, value in resource.items() if key not in ("id", "meta")}
    if len(kept["schemas"]) == 1:
        del kept["schemas"]
    if "members" in kept:
        kept["members"] = sorted(each["value"] for each in kept["members"])
    return kept


def resolved(value: Any, ids: dict[str, str]) -> Any:
    """Return JSON with ids in the place of names."""
    text = json.dumps(value)
    for name, identifier in ids.items():
        text = text.replace(f"@{name}", identifier)
    found = json.loads(text)
    if isinstance(found, dict) and all(isinstance(each, str) for each in found.get("members", [0])):
        found["members"] = sorted(found["members"])
    return found
