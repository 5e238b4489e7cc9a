"""The tests of users that the validator sends itself: create, update, clear."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rollcall.gallery.check_result import Mismatch
from rollcall.gallery.check_session import (
    CHANGED,
    CREATED,
    READ,
    USERS,
    CheckSession,
    describe,
    expect,
    identified,
    shown,
)
from rollcall.gallery.scim_client import Document
from rollcall.gallery.target_attributes import (
    CLEARED,
    CORE_USER,
    ENTERPRISE,
    UPDATED,
    operations,
    parse,
    read,
    top_level,
)


def user_create(session: CheckSession) -> list[Mismatch]:
    """Create a user, who must come back with an id and the name that was sent."""
    body = session.user()
    answer = session.create(USERS, body)
    expect(answer, CREATED, f"POST {USERS} sent {describe(body)}")
    identified(answer, USERS)
    return returned(answer.document, "userName", body["userName"], f"POST {USERS}")


def returned(document: Document, name: str, sent: Any, request: str) -> list[Mismatch]:
    """Return a mismatch where an answer does not hold the value that was sent."""
    received = document.get(name)
    if received == sent:
        return []
    return [
        Mismatch(
            name,
            f"{request} sent {shown(sent)}",
            f"the answer had {shown(received)}",
            "the value that was sent",
        )
    ]


def user_update(session: CheckSession) -> list[Mismatch]:
    """Change each updatable attribute in one PATCH, and read all of them back."""
    path = session.made(USERS, session.user()).path
    values = {name: session.value() for name in UPDATED}
    patched = session.client.patch(path, *operations(values.items()))
    expect(patched, CHANGED, f"PATCH {USERS}/id replaced {len(values)} attributes")
    user = _read_user(session, path)
    return [
        Mismatch(
            name,
            f'PATCH replaced it by "{value}"',
            f"GET returned {shown(read(user, name))}",
            "the value that was sent",
        )
        for name, value in values.items()
        if not _holds(user, name, value)
    ]


def _holds(user: Document, name: str, value: str) -> bool:
    """Tell whether a value was stored; under a value path the validator looks in every element."""
    path = parse(name)
    if path.element:
        return value in str(user.get(path.parent))
    return str(read(user, name)) == value


def user_cleared(session: CheckSession) -> list[Mismatch]:
    """Clear optional attributes with empty strings, and then with nulls."""
    path = session.made(USERS, session.user()).path
    required = _required(session)
    names = [name for name in CLEARED if top_level(name) not in required]
    by_empty = _clear(session, path, names, "")
    # Under a value path the validator looks once only.
    by_null = _clear(session, path, names, None)
    nulls = [each for each in by_null if not parse(each.attribute).element]
    known = {each.attribute for each in by_empty}
    return by_empty + [each for each in nulls if each.attribute not in known]


def _clear(
    session: CheckSession, path: str, names: Iterable[str], value: str | None
) -> list[Mismatch]:
    listed = list(names)
    word = "null" if value is None else '""'
    patched = session.client.patch(path, *operations((name, value) for name in listed))
    expect(patched, CHANGED, f"PATCH {USERS}/id replaced {len(listed)} attributes by {word}")
    user = _read_user(session, path)
    # After nulls an empty string is a mismatch, too.
    empty = (None,) if value is None else (None, "")
    return [
        Mismatch(
            name,
            f"PATCH replaced it by {word}",
            f"GET returned {shown(read(user, name))}",
            "null, or no such attribute",
        )
        for name in listed
        if read(user, name) not in empty
    ]


def _required(session: CheckSession) -> set[str]:
    """Return the attributes that the schemas call required: they are not cleared."""
    return {
        str(attribute.get("name"))
        for schema in session.schemas().resources
        if schema.get("id") in {CORE_USER, ENTERPRISE}
        for attribute in schema.get("attributes") or ()
        if isinstance(attribute, dict) and attribute.get("required") is True
    }


def _read_user(session: CheckSession, path: str) -> Document:
    answer = session.client.get(path)
    expect(answer, READ, f"GET {USERS}/id after a PATCH")
    return answer.document
