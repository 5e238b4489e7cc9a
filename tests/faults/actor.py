"""A client that knows what it was told, and compares every answer with that.

What is not acknowledged is read at once, as often as it takes: it has to be as before or as after.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import httpx

from tests.faults.tally import BUSY, Tally

USERS = 6
"""How many users an actor keeps."""

State = dict[str, Any]
"""What the actor knows of a user or a group, None for one that is not there."""


@dataclass
class Actor:
    """One client. Its users are its own, its group too; in the group `shared` are also others'."""

    name: str
    api: httpx.Client
    shared: str
    tally: Tally
    users: dict[str, State] = field(default_factory=dict)
    group: str = ""
    members: set[str] = field(default_factory=set)
    joined: set[str] = field(default_factory=set)
    _made: int = 0

    def __post_init__(self) -> None:
        self._chance = random.Random(self.name)
        self._numbers = count(1)

    def act(self, requests: int) -> None:
        """Make about so many requests."""
        acts = [
            self.read_user, self.find_user, self.patch_user, self.replace_user, self.delete_user,
            self.read_group, self.change_members, self.set_members, self.replace_group,
            self.join, self.look_up, self.search, self.bulk,
        ]  # fmt: skip
        end = self._made + requests
        while self._made < end:
            if not self.group:
                self.create_group()
            elif len(self.users) < USERS:
                self.create_user()
            else:
                self._chance.choice(acts)()

    # ── Users ───────────────────────────────────────────────────────────────────────────────────

    def create_user(self) -> None:
        number = next(self._numbers)
        state = {"userName": f"{self.name}-{number}", "title": "t0", "nickName": "t0"}
        answer = self._send("POST", "/Users", state)
        if answer.is_success:
            self.users[answer.json()["id"]] = state
        elif answer.status_code in BUSY:
            self._found(state)
        else:
            self._wrong("other", answer)

    def _found(self, state: State) -> None:
        """Look whether a user was created after all: once, or not at all."""
        found = self._until_answered("GET", _by_name(state["userName"])).json()["Resources"]
        if len(found) > 1:
            self.tally.note("doubled", f"{state['userName']} is there {len(found)} times")
        for each in found:
            self.users[each["id"]] = state
            self._compare(each, state)

    def read_user(self) -> None:
        user, state = self._any_user()
        self._compare_answer(self._send("GET", f"/Users/{user}"), state)

    def find_user(self) -> None:
        _, state = self._any_user()
        answer = self._send("GET", _by_name(state["userName"]))
        if answer.is_success:
            found = answer.json()["Resources"]
            if not found:
                self._wrong('false "not found"', answer)
            for each in found:
                self._compare(each, state)

    def patch_user(self) -> None:
        user, before = self._any_user()
        word = f"t{next(self._numbers)}"
        operations = [
            {"op": "replace", "path": "title", "value": word},
            {"op": "replace", "path": "nickName", "value": word},
        ]
        answer = self._send("PATCH", f"/Users/{user}", {"Operations": operations})
        self._written(answer, user, before, {**before, "title": word, "nickName": word})

    def replace_user(self) -> None:
        """Replace a user under another name."""
        user, before = self._any_user()
        word = f"t{next(self._numbers)}"
        after = {"userName": f"{self.name}-{word}", "title": word, "nickName": word}
        answer = self._send("PUT", f"/Users/{user}", after)
        self._written(answer, user, before, after)

    def delete_user(self) -> None:
        user, before = self._any_user()
        answer = self._send("DELETE", f"/Users/{user}")
        if answer.status_code in BUSY:
            answer = self._until_answered("GET", f"/Users/{user}")
            if answer.is_success:
                self._compare(answer.json(), before)
                return
        elif not answer.is_success:
            self._wrong('false "not found"', answer)
        del self.users[user]
        self.members.discard(user)
        self.joined.discard(user)

    def _written(self, answer: httpx.Response, user: str, before: State, after: State) -> None:
        """Take note of a write: the user is as after it, or, where it was refused, as before."""
        if answer.status_code in BUSY:
            answer = self._until_answered("GET", f"/Users/{user}")
            if answer.is_success and answer.json().get("title") == before["title"]:
                after = before
        self.users[user] = after
        self._compare_answer(answer, after)

    # ── Groups ──────────────────────────────────────────────────────────────────────────────────

    def create_group(self) -> None:
        answer = self._send("POST", "/Groups", {"displayName": self.name})
        if answer.status_code in BUSY:
            path = f'/Groups?filter=displayName eq "{self.name}"'
            found = self._until_answered("GET", path).json()["Resources"]
            self.group = found[0]["id"] if found else ""
        else:
            self.group = answer.json()["id"]

    def read_group(self) -> None:
        self._compare_group(self._send("GET", f"/Groups/{self.group}"), self.members)

    def change_members(self) -> None:
        """Add some and remove others, more than a transaction holds."""
        added = set(self._some())
        removed = self.members - added
        operations = [_adding(added), _removing(removed)]
        answer = self._send("PATCH", f"/Groups/{self.group}", {"Operations": operations})
        self._group_written(answer, added)

    def set_members(self) -> None:
        after = set(self._some())
        operation = {"op": "replace", "path": "members", "value": _values(after)}
        answer = self._send("PATCH", f"/Groups/{self.group}", {"Operations": [operation]})
        self._group_written(answer, after)

    def replace_group(self) -> None:
        after = set(self._some())
        body = {"displayName": self.name, "members": _values(after)}
        self._group_written(self._send("PUT", f"/Groups/{self.group}", body), after)

    def _group_written(self, answer: httpx.Response, after: set[str]) -> None:
        if not answer.is_success and answer.status_code not in BUSY:
            self._wrong('false "not found"', answer)
        before, self.members = self.members, after
        if answer.status_code in BUSY:
            answer = self._until_answered("GET", f"/Groups/{self.group}")
            if answer.is_success and _ids(answer.json()) == before:
                self.members = before
            self._compare_group(answer, self.members)

    def join(self) -> None:
        """Become a member of the shared group, or leave it, with one user."""
        user, _ = self._any_user()
        joins = user not in self.joined
        operation = _adding({user}) if joins else _removing({user})
        answer = self._send("PATCH", f"/Groups/{self.shared}", {"Operations": [operation]})
        if answer.status_code in BUSY:
            joins = self._is_in_shared(self._until_answered("GET", self._in_shared(user)))
        elif not answer.is_success:
            self._wrong('false "not found"', answer)
        (self.joined.add if joins else self.joined.discard)(user)

    def look_up(self) -> None:
        user, _ = self._any_user()
        answer = self._send("GET", self._in_shared(user))
        if answer.is_success and self._is_in_shared(answer) != (user in self.joined):
            kind = 'false "not found"' if user in self.joined else "other"
            self._wrong(kind, answer)

    def _in_shared(self, user: str) -> str:
        return f'/Groups?filter=id eq "{self.shared}" and members eq "{user}"'

    def _is_in_shared(self, answer: httpx.Response) -> bool:
        return bool(answer.json()["Resources"])

    # ── Both ────────────────────────────────────────────────────────────────────────────────────

    def search(self) -> None:
        """Look for the actor's own group and one of its users at once."""
        user, _ = self._any_user()
        filter_ = f'id eq "{user}" or id eq "{self.group}"'
        answer = self._send("POST", "/.search", {"filter": filter_}, writes=False)
        if answer.is_success and answer.json()["totalResults"] != 2:
            self._wrong('false "not found"', answer)

    def bulk(self) -> None:
        """Change two users in one request; each operation is acknowledged by itself."""
        chosen = self._chance.sample(sorted(self.users), 2)
        word = f"t{next(self._numbers)}"
        states = [{**self.users[each], "title": word, "nickName": word} for each in chosen]
        operations = [
            {"method": "PUT", "path": f"/Users/{each}", "data": state}
            for each, state in zip(chosen, states, strict=True)
        ]
        answer = self._send("POST", "/Bulk", {"Operations": operations})
        statuses = [503, 503]
        if answer.is_success:
            statuses = [int(each["status"]) for each in answer.json()["Operations"]]
        for user, state, status in zip(chosen, states, statuses, strict=True):
            if status == 200:
                self.users[user] = state
            elif status in BUSY:
                self._written(httpx.Response(503), user, self.users[user], state)
            else:
                self._wrong('false "not found"', answer)

    def compare_all(self) -> None:
        """Compare everything that the actor knows with what there is."""
        for user, state in self.users.items():
            self._compare_answer(self._until_answered("GET", f"/Users/{user}"), state)
        if self.group:
            path = f"/Groups/{self.group}"
            self._compare_group(self._until_answered("GET", path), self.members)

    def _compare_answer(self, answer: httpx.Response, state: State) -> None:
        if answer.status_code == 404:
            self._wrong('false "not found"', answer)
        elif answer.is_success and answer.content:
            self._compare(answer.json(), state)
        elif not answer.is_success and answer.status_code not in BUSY:
            self._wrong("other", answer)

    def _compare(self, seen: State, state: State) -> None:
        found = {name: seen.get(name) for name in state}
        if found["title"] != found["nickName"]:
            self.tally.note("half-applied", f"{found}, not {state}")
        elif found != state:
            self.tally.note("lost", f"{found}, not {state}")

    def _compare_group(self, answer: httpx.Response, members: set[str]) -> None:
        if answer.status_code == 404:
            self._wrong('false "not found"', answer)
        elif answer.is_success and (seen := _ids(answer.json())) != members:
            self.tally.note("half-applied", f"{sorted(seen)} in a group, not {sorted(members)}")

    def _any_user(self) -> tuple[str, State]:
        user = self._chance.choice(sorted(self.users))
        return user, self.users[user]

    def _some(self) -> list[str]:
        return self._chance.sample(sorted(self.users), self._chance.randint(1, len(self.users)))

    def _send(
        self, method: str, path: str, body: Any = None, *, writes: bool = True
    ) -> httpx.Response:
        options = {} if body is None else {"json": body}
        answer = self.api.request(method, path, **options)
        self._made += 1
        self.tally.answered(answer, writes=writes and method != "GET")
        return answer

    def _until_answered(self, method: str, path: str) -> httpx.Response:
        while (answer := self._send(method, path)).status_code in BUSY:
            pass
        return answer

    def _wrong(self, kind: str, answer: httpx.Response) -> None:
        if answer.status_code not in BUSY and answer.status_code < 500:
            asked = answer.request
            words = f"{asked.method} {asked.url}: {answer.status_code} {answer.text[:200]}"
            self.tally.note(kind, words)


def _by_name(name: str) -> str:
    return f'/Users?filter=userName eq "{name}"'


def _values(members: set[str]) -> list[dict[str, str]]:
    return [{"value": each} for each in sorted(members)]


def _adding(members: set[str]) -> dict[str, Any]:
    return {"op": "add", "path": "members", "value": _values(members)}


def _removing(members: set[str]) -> dict[str, Any]:
    return {"op": "remove", "path": "members", "value": _values(members)}


def _ids(group: dict[str, Any]) -> set[str]:
    return {each["value"] for each in group.get("members", ())}
