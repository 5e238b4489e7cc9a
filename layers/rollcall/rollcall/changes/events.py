"""Changes of items as security events of SCIM (RFC 9967, RFC 8417), pure.

What RFC 9967 has no event for is one of ours beside the event of the RFC that comes closest, so
that a receiver of SCIM events knows at least which attribute to read again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from rollcall.changes.names import changed
from rollcall.scim.resources import ROLLCALL, Kind
from rollcall.storage import keys
from rollcall.storage.stream import Change, Of

SCIM = "urn:ietf:params:scim:event:prov"
OURS = "urn:rollcall:scim:event"

_CREATE, _PATCH = f"{SCIM}:create:notice", f"{SCIM}:patch:notice"
_DELETE = f"{SCIM}:delete"
_ACTIVATE, _DEACTIVATE = f"{SCIM}:activate", f"{SCIM}:deactivate"

Payloads = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Event:
    """One event: its type among ours, and the claims of the security event token."""

    type: str
    claims: Mapping[str, Any]

    @property
    def detail(self) -> str:
        """The claims as JSON."""
        return json.dumps(self.claims, ensure_ascii=False, separators=(",", ":"))


def events(change: Change, issuer: str) -> Iterator[Event]:
    """Yield what a change means to the product, nothing for most of them.

    `issuer` is the URL of the deployment, below which the tenant's base URL is.
    """
    for type_, payloads, version in _READERS[change.of](change):
        yield Event(type_, _claims(change, issuer, type_, payloads, version))


def _claims(
    change: Change, issuer: str, type_: str, payloads: Payloads, version: int | None
) -> dict[str, Any]:
    origin = (change.after or {}).get("origin", {})
    claims = {
        "iss": f"{issuer.rstrip('/')}/scim/{change.tenant}/v2",
        "jti": str(uuid5(NAMESPACE_URL, f"{change.id}/{type_}")),
        "iat": change.seconds,
        "txn": origin.get("request") or None,
        "sub_id": {"format": "scim", "uri": f"{change.kind.endpoint}/{change.resource}"},
        "events": payloads,
        "tenant": change.tenant,
        "actor": origin.get("actor") or None,
        "version": version,
        "sequence": change.sequence.zfill(40),
    }
    return {name: value for name, value in claims.items() if value is not None}


Tale = tuple[str, Payloads, int | None]
Told = Iterator[Tale]
"""Types of events, each with the payloads by event URI and the version of the resource."""


def _document(change: Change) -> Told:
    """A user's document: created, changed, or left as a tombstone."""
    if change.kind is not Kind.USER or change.after is None:
        return
    before, after = _content(change.before), _content(change.after)
    version = int(change.after["version"])
    tag = {"version": f'W/"{version}"'}
    if after is None:
        if before is not None:
            yield "user.deleted", {_DELETE: {}}, version
        return
    if before is None:
        yield "user.created", {_CREATE: {**tag, "attributes": changed({}, after)}}, version
        return
    names = changed(before, after)
    was_off, is_off = (each.get("active") is False for each in (before, after))
    if was_off != is_off:
        names.remove("active")
        payload = {_DEACTIVATE if is_off else _ACTIVATE: tag}
        yield f"user.{'disabled' if is_off else 'enabled'}", payload, version
    if names:
        yield "user.updated", {_PATCH: {**tag, "attributes": names}}, version


def _membership(change: Change) -> Told:
    """A member's side of a membership, which stays for a while when it ends."""
    was, is_ = (each is not None and "ended" not in each for each in (change.before, change.after))
    if was != is_ and change.after is not None:
        word = "added" if is_ else "removed"
        payload = {"group": f"{Kind.GROUP.endpoint}/{change.other}"}
        groups = {_PATCH: {"attributes": ["groups"]}} if change.of is Of.MEMBERSHIP else {}
        yield f"membership.{word}", {**groups, f"{OURS}:membership:{word}": payload}, None


def _grant(change: Change) -> Told:
    """A grant, of a template or by hand: it is there, it is more, or an operator took from it."""
    if change.after is None:
        return
    areas, had = change.after.get("areas", {}), (change.before or {}).get("areas", {})
    role, had_role = change.after.get("role", ""), (change.before or {}).get("role", "")
    given = {area: level for area, level in areas.items() if had.get(area) != level}
    taken = {area: level for area, level in had.items() if area not in areas}
    if given or (role and role != had_role) or change.before is None:
        yield _access(change, "granted", given, role if role != had_role else "")
    if taken or (had_role and not role):
        yield _access(change, "revoked", taken, had_role if not role else "")


def _access(change: Change, word: str, areas: Mapping[str, str], role: str) -> Tale:
    attributes = [name for name, some in (("workAreas", areas), ("role", role)) if some]
    payload: dict[str, Any] = {"workAreas": dict(areas), **({"role": role} if role else {})}
    if change.other != keys.BY_HAND and change.after is not None:
        payload |= {"template": change.other, "templateVersion": int(change.after["version"])}
    patch = {_PATCH: {"attributes": [f"{ROLLCALL}:{name}" for name in attributes]}}
    return f"access.{word}", {**patch, f"{OURS}:access:{word}": payload}, None


_READERS: Mapping[Of, Callable[[Change], Told]] = {
    Of.DOCUMENT: _document,
    Of.MEMBERSHIP: _membership,
    Of.NESTING: _membership,
    Of.GRANT: _grant,
}


def _content(item: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return the document in an item, None when there is none or it is a tombstone."""
    if item is None or "document" not in item:
        return None
    document: dict[str, Any] = json.loads(item["document"])
    return document
