"""The manager of a user: set, changed and removed by PATCH."""

from __future__ import annotations

from rollcall.gallery.check_result import Mismatch
from rollcall.gallery.check_session import CHANGED, READ, USERS, CheckSession, expect, shown
from rollcall.gallery.scim_client import Document
from rollcall.gallery.target_attributes import ENTERPRISE, MANAGER


def manager_update(session: CheckSession) -> list[Mismatch]:
    """Give a user a manager, another one, and none."""
    path = session.made(USERS, session.user()).path
    first = session.made(USERS, session.user()).id
    mismatches = _after(session, path, "Add", first)
    second = session.made(USERS, session.user()).id
    mismatches += _after(session, path, "replace", second)
    return mismatches + _after(session, path, "replace", "")


def _after(session: CheckSession, path: str, op: str, manager: str) -> list[Mismatch]:
    sent = f"PATCH sent {op} with {shown(manager)}"
    patched = session.client.patch(path, {"op": op, "path": MANAGER, "value": manager})
    expect(patched, CHANGED, f"{MANAGER}: {sent}")
    answer = session.client.get(path)
    expect(answer, READ, f"GET {USERS}/id after {sent}")
    received = _manager(answer.document)
    value = received.get("value") if isinstance(received, dict) else None
    value = str(value) if isinstance(value, int) else value
    # An empty object is not "no manager", an empty value is.
    if value == manager or (not manager and received is None):
        return []
    expected = "the id that was sent, as its value" if manager else "no manager"
    return [Mismatch(MANAGER, sent, f"GET returned {shown(received)}", expected)]


def _manager(user: Document) -> object:
    """Return the manager of a user; the validator accepts it outside the extension, too."""
    extension = user.get(ENTERPRISE)
    inside = extension.get("manager") if isinstance(extension, dict) else None
    return user.get("manager") if inside is None else inside
