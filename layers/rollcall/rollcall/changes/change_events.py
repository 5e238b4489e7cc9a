"""Changes of items as security events of SCIM (RFC 9967, RFC 8417).

Where RFC 9967 has no event, there is one of Rollcall's, together with the closest event of the RFC,
so that a receiver of SCIM events knows which attribute to read again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeAlias
from uuid import NAMESPACE_URL, uuid5

from rollcall.changes.changed_names import changed_names
from rollcall.model.account_link import AccountLink
from rollcall.model.tenant_url import tenant_url
from rollcall.scim.resource_type import ROLLCALL, Kind
from rollcall.storage import keys
from rollcall.storage.document_item import is_held
from rollcall.storage.item_changes import ItemChange, ItemType

SCIM = "urn:ietf:params:scim:event:prov"
OURS = "urn:rollcall:scim:event"

_CREATE, _PATCH = f"{SCIM}:create:notice", f"{SCIM}:patch:notice"
_ACTIVATE, _DEACTIVATE, _DELETE = f"{SCIM}:activate", f"{SCIM}:deactivate", f"{SCIM}:delete"

Payloads: TypeAlias = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Event:
    """One event: its type, and the claims of the security event token."""

    type: str
    claims: Mapping[str, Any]

    @property
    def detail(self) -> str:
        """The claims as JSON."""
        return json.dumps(self.claims, ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True)
class _EventDraft:
    """A type of event with its payloads by event URI; `about` is an id without a resource."""

    type: str
    payloads: Payloads
    version: int | None = None
    about: str = ""


def change_events(change: ItemChange, issuer: str) -> Iterator[Event]:
    """Yield the events of a change; some changes have none.

    `issuer` is the URL of the deployment, the beginning of the tenant's base URL.
    """
    for draft in _READERS[change.item_type](change):
        yield Event(draft.type, _claims(change, issuer, draft))


def _claims(change: ItemChange, issuer: str, draft: _EventDraft) -> dict[str, Any]:
    origin = _new_item(change).get("origin", {})
    subject = {"format": "opaque", "id": draft.about}
    if change.kind is not None:
        subject = {"format": "scim", "uri": f"{change.kind.endpoint}/{change.resource}"}
    claims = {
        "iss": tenant_url(issuer, change.tenant),
        "jti": str(uuid5(NAMESPACE_URL, f"{change.id}/{draft.type}")),
        "iat": change.seconds,
        "txn": origin.get("request") or None,
        "sub_id": subject,
        "events": draft.payloads,
        "tenant": change.tenant,
        "actor": origin.get("actor") or None,
        "version": draft.version,
        "sequence": change.sequence.zfill(40),
    }
    return {name: value for name, value in claims.items() if value is not None}


def _document(change: ItemChange) -> Iterator[_EventDraft]:
    """Yield the events of a user's document: created, changed, linked, deleted, held or merged."""
    item, before, after = _new_item(change), _content(change.before), _content(change.after)
    version = int(item["version"])
    tag = {"version": f'W/"{version}"'}
    if after is None:
        yield from _ending(change, tag)
        return
    if change.before is None:
        created = {_CREATE: {**tag, "attributes": changed_names({}, after)}}
        yield _EventDraft("user.created", created, version)
        return
    # Who comes back was disabled as long as the deletion waited; nobody knows any value.
    names = changed_names(before or {}, after)
    was_inactive = before is None or before.get("active") is False
    is_inactive = after.get("active") is False
    if was_inactive != is_inactive or before is None:
        names = [name for name in names if name != "active"]
    if was_inactive != is_inactive:
        payload = {_DEACTIVATE if is_inactive else _ACTIVATE: tag}
        yield _EventDraft(f"user.{'disabled' if is_inactive else 'enabled'}", payload, version)
    if names:
        yield _EventDraft("user.updated", {_PATCH: {**tag, "attributes": names}}, version)
    was_local, is_local = (
        AccountLink.of(content.get("link")).local for content in (change.before, item)
    )
    if was_local != is_local:
        word = "unlinked" if is_local else "linked"
        yield _EventDraft(f"account.{word}", {f"{OURS}:account:{word}": {}}, version)


def _ending(change: ItemChange, tag: Mapping[str, str]) -> Iterator[_EventDraft]:
    """Yield the event of a document that is none any more: its account is held, gone or merged."""
    item, before = _new_item(change), change.before or {}
    version = int(item["version"])
    if "document" in before and "alias" in item:
        survivor = {"survivor": f"{Kind.USER.endpoint}/{item['alias']}"}
        merged = {_DELETE: {}, f"{OURS}:account:merged": survivor}
        yield _EventDraft("account.merged", merged, version)
    elif "document" in before and is_held(item):
        held = {"reason": "held", "until": item["held"]}
        disabled = {_DEACTIVATE: tag, f"{OURS}:account:held": held}
        yield _EventDraft("user.disabled", disabled, version)
    elif "document" in before or (is_held(before) and not is_held(item)):
        yield _EventDraft("user.deleted", {_DELETE: {}}, version)


def _membership(change: ItemChange) -> Iterator[_EventDraft]:
    """Yield the event of a member's item of a membership, which stays for a while when it ends."""
    was_member = change.before is not None and "ended" not in change.before
    is_member = "ended" not in _new_item(change)
    if was_member != is_member:
        word = "added" if is_member else "removed"
        ours = {f"{OURS}:membership:{word}": {"group": f"{Kind.GROUP.endpoint}/{change.sort_id}"}}
        groups = {_PATCH: {"attributes": ["groups"]}} if change.kind is Kind.USER else {}
        yield _EventDraft(f"membership.{word}", {**groups, **ours})


def _grant(change: ItemChange) -> Iterator[_EventDraft]:
    """Yield the events of a grant: access was granted; or revoked, or ended with a membership."""
    item, before = _new_item(change), change.before or {}
    before = {} if "ended" in before else before
    areas, areas_before = item.get("areas", {}), before.get("areas", {})
    role, role_before = item.get("role", ""), before.get("role", "")
    granted = {area: level for area, level in areas.items() if areas_before.get(area) != level}
    revoked = {area: level for area, level in areas_before.items() if area not in areas}
    if granted or (role and role != role_before) or (not before and "ended" not in item):
        yield _access(change, "granted", granted, role if role != role_before else "")
    if revoked or (role_before and not role):
        yield _access(change, "revoked", revoked, role_before if not role else "")


def _access(change: ItemChange, word: str, areas: Mapping[str, str], role: str) -> _EventDraft:
    item = _new_item(change)
    defaults = item.get("attributes", {}) if change.before is None else {}
    changed = [name for name, value in (("workAreas", areas), ("role", role)) if value]
    payload: dict[str, Any] = {"workAreas": dict(areas), **({"role": role} if role else {})}
    template = change.sort_id.partition("#")[0]
    if template != keys.BY_HAND:
        payload |= {"template": template, "templateVersion": int(item["version"])}
    names = [*sorted(defaults), *(f"{ROLLCALL}:{name}" for name in changed)]
    patch = {_PATCH: {"attributes": names}}
    return _EventDraft(f"access.{word}", {**patch, f"{OURS}:access:{word}": payload})


def _summary(change: ItemChange) -> Iterator[_EventDraft]:
    """Yield the event of a duplicate report with new findings that no event has announced."""
    counts = {
        name: int(_new_item(change).get(name, 0))
        for name in ("new", "announced", "open", "resolved")
    }
    new = counts["new"] - counts["announced"]
    if change.before is None and new > 0:
        found = {"new": new, "open": counts["open"], "resolved": counts["resolved"]}
        yield _EventDraft(
            "duplicates.found", {f"{OURS}:duplicates:found": found}, about=change.sort_id
        )


def _notice(change: ItemChange) -> Iterator[_EventDraft]:
    """Yield the event of a notice."""
    item = _new_item(change)
    if change.before is None:
        uri = f"{OURS}:{item['notice'].replace('.', ':')}"
        details = {
            name: int(value) if isinstance(value, Decimal) else value
            for name, value in item["said"].items()
        }
        yield _EventDraft(item["notice"], {uri: details}, about=item["about"])


_READERS: Mapping[ItemType, Callable[[ItemChange], Iterator[_EventDraft]]] = {
    ItemType.DOCUMENT: _document,
    ItemType.MEMBERSHIP: _membership,
    ItemType.NESTING: _membership,
    ItemType.GRANT: _grant,
    ItemType.SUMMARY: _summary,
    ItemType.NOTICE: _notice,
}


def _new_item(change: ItemChange) -> Mapping[str, Any]:
    return change.after or {}


def _content(item: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return the document in an item, None when there is none or it is a tombstone."""
    if item is None or "document" not in item:
        return None
    document: dict[str, Any] = json.loads(item["document"])
    return document
