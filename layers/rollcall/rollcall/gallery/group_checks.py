"""The tests of groups: create, update, find, members, delete."""

from __future__ import annotations

from rollcall.gallery.check_result import Mismatch
from rollcall.gallery.check_session import (
    CHANGED,
    CREATED,
    DELETED,
    GROUPS,
    READ,
    USERS,
    CheckSession,
    describe,
    expect,
    identified,
    shown,
)
from rollcall.gallery.lifecycle_checks import counted, gone
from rollcall.gallery.scim_client import Document
from rollcall.gallery.user_checks import returned


def group_create(session: CheckSession) -> list[Mismatch]:
    """Create a group, which must come back with an id and the name that was sent."""
    session.require_groups()
    body = session.group()
    answer = session.create(GROUPS, body)
    expect(answer, CREATED, f"POST {GROUPS} sent {describe(body)}")
    identified(answer, GROUPS)
    return returned(answer.document, "displayName", body["displayName"], f"POST {GROUPS}")


def group_update(session: CheckSession) -> list[Mismatch]:
    """Change the name and the externalId of a group in one PATCH."""
    session.require_groups()
    path = session.made(GROUPS, session.group()).path
    values = {name: session.value() for name in ("displayName", "externalId")}
    patched = session.client.patch(
        path, *({"op": "replace", "path": name, "value": value} for name, value in values.items())
    )
    expect(patched, CHANGED, f"PATCH {GROUPS}/id replaced displayName and externalId")
    group = _read_group(session, path)
    return [
        Mismatch(
            name,
            f'PATCH replaced it by "{value}"',
            f"GET returned {shown(group.get(name))}",
            "the value that was sent",
        )
        for name, value in values.items()
        if group.get(name) != value
    ]


def group_lookups(session: CheckSession) -> list[Mismatch]:
    """Look for a group that is not there, and for one by its name, without members."""
    session.require_groups()
    body = session.group()
    user = session.made(USERS, session.user()).id
    session.made(GROUPS, body | {"members": [{"value": user}]})
    nothing = f'displayName eq "no-{body["displayName"]}"'
    missed = session.client.get(GROUPS, excludedAttributes="members", filter=nothing)
    expect(missed, READ, f"GET {GROUPS}?filter={nothing}")
    mismatches = counted(missed, 0, f"GET {GROUPS}?filter={nothing}")
    known = f'displayName eq "{body["displayName"]}"'
    found = session.client.get(GROUPS, excludedAttributes="members", filter=known)
    expect(found, READ, f"GET {GROUPS}?filter={known}")
    mismatches += counted(found, 1, f"GET {GROUPS}?filter={known}")
    return mismatches + [
        Mismatch(
            "members",
            f"GET {GROUPS}?excludedAttributes=members&filter={known}",
            f"the answer had {shown(group['members'])}",
            "a group without members",
        )
        for group in found.resources
        if group.get("members")
    ]


def duplicate_group(session: CheckSession) -> list[Mismatch]:
    """Create one group twice."""
    session.require_groups()
    body = session.group()
    session.made(GROUPS, body)
    answer = session.create(GROUPS, body)
    expect(answer, (409,), f"POST {GROUPS} sent {describe(body)} for the second time")
    return []


def add_members(session: CheckSession) -> list[Mismatch]:
    """Add one member, and then two in one PATCH."""
    session.require_groups()
    path = session.made(GROUPS, session.group()).path
    first, second, third = _users(session, 3)
    one = _change(session, path, "Add", [first], expected={first})
    return one or _change(session, path, "Add", [second, third], expected={first, second, third})


def remove_members(session: CheckSession) -> list[Mismatch]:
    """Remove one of two members, and then the other."""
    session.require_groups()
    first, second = _users(session, 2)
    path = session.made(GROUPS, session.group()).path
    for user in (first, second):
        add = {"op": "Add", "path": "members", "value": [{"value": user}]}
        expect(session.client.patch(path, add), CHANGED, "PATCH added a member")
    one = _change(session, path, "Remove", [first], expected={second})
    return one or _change(session, path, "Remove", [second], expected=set())


def delete_group(session: CheckSession) -> list[Mismatch]:
    """Delete a group, which is then neither read nor found."""
    session.require_groups()
    body = session.group()
    path = session.made(GROUPS, body).path
    expect(session.client.delete(path), DELETED, f"DELETE {GROUPS}/id")
    expect(session.client.get(path), (404,), f"GET {GROUPS}/id after DELETE")
    return gone(session, GROUPS, f'displayName eq "{body["displayName"]}"')


def _users(session: CheckSession, number: int) -> list[str]:
    return [session.made(USERS, session.user()).id for _ in range(number)]


def _change(
    session: CheckSession, path: str, op: str, users: list[str], *, expected: set[str]
) -> list[Mismatch]:
    """Change the members as Entra does, and read them back."""
    value = [{"$ref": None, "value": user} for user in users]
    patched = session.client.patch(path, {"op": op, "path": "members", "value": value})
    sent = f"PATCH sent {op} with {len(users)} of the members"
    expect(patched, CHANGED, sent)
    members = _read_group(session, path).get("members") or []
    received = {str(each.get("value")) for each in members if isinstance(each, dict)}
    if received == expected:
        return []
    missing, more = len(expected - received), len(received - expected)
    return [
        Mismatch(
            "members",
            sent,
            f"GET returned {len(received)} members, {missing} missing and {more} too many",
            f"{len(expected)} members",
        )
    ]


def _read_group(session: CheckSession, path: str) -> Document:
    answer = session.client.get(path)
    expect(answer, READ, f"GET {GROUPS}/id after a PATCH")
    return answer.document
