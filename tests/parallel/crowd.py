"""Many clients of one tenant at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import httpx

T = TypeVar("T")
R = TypeVar("R")


def at_once(work: Callable[[T], R], over: Iterable[T]) -> list[R]:
    """Do the work of all, sixteen at a time; returns the outcomes in the order of `over`."""
    with ThreadPoolExecutor(16) as pool:
        return list(pool.map(work, over))


def users(api: httpx.Client, number: int) -> list[str]:
    """Create users and return their ids."""
    return at_once(
        lambda each: str(api.post("/Users", json={"userName": f"user{each}"}).json()["id"]),
        range(number),
    )


def group(api: httpx.Client, *members: str, name: str = "Staff") -> str:
    """Create a group and return its id."""
    body = {"displayName": name, "members": [{"value": each} for each in members]}
    return str(api.post("/Groups", json=body).json()["id"])


def members(api: httpx.Client, identifier: str) -> set[str]:
    """Return the ids of a group's members."""
    read: dict[str, Any] = api.get(f"/Groups/{identifier}").json()
    return {each["value"] for each in read.get("members", [])}


def change(api: httpx.Client, identifier: str, op: str, *named: str) -> int:
    """Add or remove members, or replace them all, and return the status."""
    operation = {"op": op, "path": "members", "value": [{"value": each} for each in named]}
    return api.patch(f"/Groups/{identifier}", json={"Operations": [operation]}).status_code
