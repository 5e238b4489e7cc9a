"""What Entra's job sends in the life of a user: found, created, disabled, restored, deleted."""

from __future__ import annotations

from rollcall.gallery.check_result import Mismatch
from rollcall.gallery.check_session import (
    CHANGED,
    CREATED,
    DELETED,
    READ,
    USERS,
    CheckSession,
    describe,
    expect,
    shown,
)
from rollcall.gallery.scim_client import Document, ScimAnswer


def lookups(session: CheckSession) -> list[Mismatch]:
    """Look for a name that nobody has, and for a user by the matching attribute."""
    body = session.user()
    session.made(USERS, body)
    nobody = f'userName eq "nobody-{body["userName"]}"'
    missed = session.client.get(USERS, filter=nobody)
    expect(missed, READ, f"GET {USERS}?filter={nobody}")
    mismatches = counted(missed, 0, f"GET {USERS}?filter={nobody}")
    known = f'userName eq "{body["userName"]}"'
    found = session.client.get(USERS, filter=known)
    expect(found, READ, f"GET {USERS}?filter={known}")
    return mismatches + counted(found, 1, f"GET {USERS}?filter={known}")


def counted(answer: ScimAnswer, expected: int, request: str) -> list[Mismatch]:
    """Return a mismatch where a list has another number of results."""
    total, listed = answer.document.get("totalResults"), len(answer.resources)
    if total == expected == listed:
        return []
    return [
        Mismatch(
            "totalResults",
            request,
            f"the answer had totalResults {shown(total)} and {listed} in Resources",
            f"{expected} of both",
        )
    ]


def duplicate_user(session: CheckSession) -> list[Mismatch]:
    """Create one user twice."""
    body = session.user()
    session.made(USERS, body)
    answer = session.create(USERS, body)
    expect(answer, (409,), f"POST {USERS} sent {describe(body)} for the second time")
    return []


def disable_user(session: CheckSession) -> list[Mismatch]:
    """Disable a user, who stays visible as not active."""
    path, name = _user(session)
    return _set_active(session, path, name, active=False)


def restore_user(session: CheckSession) -> list[Mismatch]:
    """Disable a user and enable the same one, who is then active again."""
    path, name = _user(session)
    _patch_active(session, path, active=False)
    return _set_active(session, path, name, active=True)


def delete_user(session: CheckSession) -> list[Mismatch]:
    """Delete a user, who is then neither read nor found."""
    path, name = _user(session)
    answer = session.client.delete(path)
    expect(answer, DELETED, f"DELETE {USERS}/id")
    read = session.client.get(path)
    expect(read, (404,), f"GET {USERS}/id after DELETE")
    return gone(session, USERS, f'userName eq "{name}"')


def gone(session: CheckSession, endpoint: str, filter_: str) -> list[Mismatch]:
    """Return a mismatch where a search still finds what was deleted; 404 is accepted here."""
    found = session.client.get(endpoint, filter=filter_)
    request = f"GET {endpoint}?filter={filter_} after DELETE"
    expect(found, (*READ, 404), request)
    return [] if found.status == 404 else counted(found, 0, request)


def recreate_user(session: CheckSession) -> list[Mismatch]:
    """Create a user again after the deletion."""
    body = session.user()
    path = session.made(USERS, body).path
    expect(session.client.delete(path), DELETED, f"DELETE {USERS}/id")
    again = session.create(USERS, body)
    expect(again, CREATED, f"POST {USERS} sent {describe(body)} again after DELETE")
    return []


def _user(session: CheckSession) -> tuple[str, str]:
    body = session.user()
    return session.made(USERS, body).path, str(body["userName"])


def _set_active(session: CheckSession, path: str, name: str, *, active: bool) -> list[Mismatch]:
    """Change `active` and look at the user by id and by filter."""
    _patch_active(session, path, active=active)
    read = session.client.get(path)
    expect(read, READ, f"GET {USERS}/id after PATCH replaced active by {active}")
    filter_ = f'userName eq "{name}"'
    found = session.client.get(USERS, filter=filter_)
    expect(found, READ, f"GET {USERS}?filter={filter_} after PATCH replaced active by {active}")
    return _active(read.document, active, "GET") or [
        *counted(found, 1, f"PATCH replaced active by {active} and GET filtered by userName"),
        *(each for user in found.resources for each in _active(user, active, "a filter")),
    ]


def _patch_active(session: CheckSession, path: str, *, active: bool) -> None:
    patched = session.client.patch(path, {"op": "Replace", "path": "active", "value": active})
    expect(patched, CHANGED, f"PATCH replaced active by {active}")


def _active(user: Document, expected: bool, request: str) -> list[Mismatch]:
    received = user.get("active")
    if received is expected:
        return []
    return [
        Mismatch(
            "active",
            f"PATCH replaced it by {expected}",
            f"{request} returned {shown(received)}",
            f"the user, with active {str(expected).lower()}",
        )
    ]
