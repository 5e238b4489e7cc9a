"""The promise of every write: documents agree with all that is derived from them.

Reads every item of a tenant. A kind of item that is not told here is a fault, so that nothing is
left behind unnoticed.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from unicodedata import decomposition, normalize
from zlib import crc32

from boto3.dynamodb.types import TypeDeserializer

from rollcall.model import match_keys
from rollcall.runtime.services import Services
from rollcall.storage import verification
from rollcall.storage.faults import Fault
from rollcall.storage.keys import part
from rollcall.templates.grants import repaired_access

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

Item = dict[str, Any]
Place = tuple[str, str]

_DOCUMENT = re.compile(r"(?P<kind>USER|GROUP)#(?P<id>[^#]+)\|DOCUMENT")
_MEMBER = re.compile(r"GROUP#(?P<group>[^#]+)\|MEMBER#(?P<member>[^#]+)")
_SIDE = re.compile(
    r"(?P<kind>USER|GROUP)#(?P<member>[^#]+)\|(?P<side>GROUP|PARENT)#(?P<group>[^#]+)"
)
_GRANT = re.compile(r"USER#(?P<user>[^#]+)\|GRANT#(?P<template>@|[a-z0-9-]+(?:#[^#]+)?)")
_CLAIM = re.compile(r"(?P<name>USERNAME|GROUPNAME)#.*\|CLAIM", re.DOTALL)
_LOOKUP = re.compile(r"LOOKUP#.*\|(?:User|Group)#[^#]+", re.DOTALL)
_EVIDENCE = re.compile(r"EVIDENCE#[^#]+\|[a-zA-Z]+#.*", re.DOTALL)
_FLAG = re.compile(r"USER#[^#]+\|FLAG#[^#]+")
_HELD = re.compile(r"USER#(?P<user>[^#]+)\|HELD")
_REPORT = re.compile(r"DUPLICATES\|(?:RUN|(?:FINDING|SUMMARY)#[^#]+)")
_BOOKMARK = re.compile(r"BOOKMARK#.*", re.DOTALL)
_TEMPLATES = re.compile(r"TEMPLATES\|(?:CURRENT|VERSION#[a-z0-9-]+#\d{6}|WALK#[a-z0-9-]+#[^#]+)")
_LOG = re.compile(r"(?:LOG#[\d-]+#\d|TOKENS|HANDOVER|NOTES|RATE|USAGE|BRAKE)\|.+")
_NOTICE = re.compile(r"NOTICES\|NOTICE#[0-9a-f]+")
_GONE = re.compile(r"GONE#[0-9a-f]{16}\|.+")
_COUNT = re.compile(r"COUNT#(?P<kind>User|Group)\|\d\d")


def items(services: Services, tenant: str) -> dict[Place, Item]:
    """Return all items of a tenant by (pk, sk), the tenant's name taken off the pk."""
    decode = TypeDeserializer().deserialize
    found = {}
    pages = services.clients.dynamodb.get_paginator("scan").paginate(
        TableName=services.table.name,
        ConsistentRead=True,
        FilterExpression="begins_with(pk, :tenant)",
        ExpressionAttributeValues={":tenant": {"S": f"{tenant}#"}},
    )
    for page in pages:
        for raw in page["Items"]:
            item = {name: decode(value) for name, value in raw.items()}
            found[item["pk"].removeprefix(f"{tenant}#"), item["sk"]] = item
    return found


def check(services: Services, tenant: str, *, moved: bool = False, earlier: bool = False) -> None:
    """Fail unless all that is stored of a tenant agrees.

    `earlier` says that an earlier release began it: it may not have counted local accounts.
    """
    stored = items(services, tenant)
    found = list(faults(stored, tenant, earlier=earlier))
    assert found == [], found
    living = [item for (_, sk), item in stored.items() if sk == "DOCUMENT" and "document" in item]
    local = sum(item.get("link", {}).get("state") == "local" for item in living)
    counted = sum(item.get("unlinked", 0) for item in stored.values())
    assert counted == local or earlier, (counted, local)
    sentences = [each.sentence for each in verified(services, tenant, moved=moved)]
    assert sentences == [], sentences


def verified(services: Services, tenant: str, *, moved: bool = False) -> list[Fault]:
    """Return what `rollcall verify` finds of a tenant."""
    given = partial(repaired_access, access_levels=services.settings.access_levels)
    return list(verification.faults(services.table, tenant, given, moved=moved))


def faults(items: Mapping[Place, Item], tenant: str, *, earlier: bool = False) -> Iterator[str]:
    """Say what does not agree among the items of a tenant.

    `earlier` says that an earlier release wrote some of them: its evidence is in one partition.
    """
    stored = _Stored(earlier)
    for place, item in items.items():
        yield from stored.read(place, item, tenant)
    yield from stored.disagreements(tenant)


@dataclass
class _Stored:
    """What the items of a tenant say."""

    earlier: bool = False
    living: dict[tuple[str, str], Item] = field(default_factory=dict)
    derived: dict[Place, Item] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    members: set[tuple[str, str, str]] = field(default_factory=set)
    sides: set[tuple[str, str, str]] = field(default_factory=set)
    evidence: set[tuple[str, str]] = field(default_factory=set)
    grants: dict[str, dict[str, Item]] = field(default_factory=dict)

    held: dict[str, Item] = field(default_factory=dict)
    waiting: set[str] = field(default_factory=set)

    def read(self, place: Place, item: Item, tenant: str) -> Iterator[str]:
        if found := _HELD.fullmatch("|".join(place)):
            self.held[found["user"]] = item
        else:
            yield from self._read_other(place, item, tenant)

    def _read_other(self, place: Place, item: Item, tenant: str) -> Iterator[str]:
        spelled = "|".join(place)
        if item.get("gsi_pk", "").startswith(f"{tenant}#IDENTITY"):
            canonical, source, user = item["gsi_sk"].rsplit("#", 2)
            shard = "" if source == "name" else f"#{crc32(canonical.encode()) % 4}"
            places = (shard, "") if self.earlier else (shard,)
            if item["gsi_pk"].removeprefix(f"{tenant}#IDENTITY") not in places:
                yield f"{spelled} is evidence in {item['gsi_pk']}"
            self.evidence.add((user, "inactive" if canonical[:9] == "inactive:" else canonical))
        if found := _DOCUMENT.fullmatch(spelled):
            yield from self._read_document(found["kind"], found["id"], item, tenant)
        elif found := _MEMBER.fullmatch(spelled):
            self.members.add((found["group"], item["type"].upper(), found["member"]))
        elif found := _SIDE.fullmatch(spelled):
            yield from self._read_side(found, item)
        elif found := _GRANT.fullmatch(spelled):
            yield from self._read_grant(found, item)
        elif _CLAIM.fullmatch(spelled) or _LOOKUP.fullmatch(spelled):
            self.derived[place] = item
        elif found := _COUNT.fullmatch(spelled):
            self.counts[found["kind"].upper()] += int(item["amount"])
        elif any(
            each.fullmatch(spelled)
            for each in (_TEMPLATES, _NOTICE, _LOG, _EVIDENCE, _FLAG, _REPORT)
        ):
            pass  # evidence is looked at as a whole, the others are no part of what documents say
        elif _BOOKMARK.fullmatch(spelled) or _GONE.fullmatch(spelled):
            if int(item["expires"]) <= 0:
                yield f"{spelled} never goes"
        else:
            yield f"{spelled} is no item that is known here"

    def _read_grant(self, found: re.Match[str], item: Item) -> Iterator[str]:
        if "ended" not in item:
            self.grants.setdefault(found["user"], {})[found["template"]] = item
        elif int(item["expires"]) <= 0:
            yield f"{found[0]} never goes"

    def _read_side(self, found: re.Match[str], item: Item) -> Iterator[str]:
        if "ended" not in item:
            self.sides.add((found["group"], found["kind"], found["member"]))
        elif int(item["expires"]) <= 0:
            yield f"{found[0]} never goes"
        if (found["kind"], found["side"]) not in {("USER", "GROUP"), ("GROUP", "PARENT")}:
            yield f"{found[0]} is on the wrong side"

    def _read_document(self, kind: str, identifier: str, item: Item, tenant: str) -> Iterator[str]:
        if "document" in item:
            self.living[kind, identifier] = item
            listing, order = f"{tenant}#{kind}S", f"{item['created']}#{identifier}"
            if item["modified"] < item["created"] or "expires" in item:
                yield f"{kind} {identifier} has odd times: {item}"
        else:
            listing, order = f"{tenant}#DELETED", f"{item['deleted']}#{kind.title()}#{identifier}"
            if "alias" in item:
                if "expires" in item:
                    yield f"{kind} {identifier} means another user, and would stop to: {item}"
            elif "held" in item:
                self.waiting.add(identifier)
                if "expires" in item:
                    yield f"the tombstone of {kind} {identifier} goes before what it holds: {item}"
            elif int(item["expires"]) <= 0:
                yield f"the tombstone of {kind} {identifier} never goes"
        if not re.fullmatch(rf"{tenant}#CHANGED(#MORE)?#{kind}S#[0-3]", item["feed"]):
            yield f"{kind} {identifier} is in no order of change: {item['feed']}"
        if (item["gsi_pk"], item["gsi_sk"]) != (listing, order):
            yield f"{kind} {identifier} is listed under {item['gsi_pk']} {item['gsi_sk']}"
        if item["version"] < 1:
            yield f"{kind} {identifier} has the version {item['version']}"

    def _held_faults(self, wanted: dict[Place, Item]) -> Iterator[str]:
        """Say what does not agree about held accounts; note which lookups are kept of them."""
        waiting = {user for user, item in self.held.items() if "document" in item}
        if waiting != self.waiting:
            yield f"{waiting ^ self.waiting} are held, or their tombstones say so, and not both"
        for user in self.held.keys() - waiting:
            yield f"{user} is back, and not yet in its groups"
        for user in waiting:
            external_id = json.loads(self.held[user]["document"]).get("externalId")
            if external_id:
                place = (f"LOOKUP#externalId#{part(normalize('NFC', external_id))}", f"User#{user}")
                wanted[place] = self.held[user]

    def disagreements(self, tenant: str) -> Iterator[str]:
        wanted: dict[Place, Item] = {}
        former: set[Place] = set()
        for (kind, identifier), item in self.living.items():
            document = json.loads(item["document"])
            if strays := {"id", "meta", "members", "groups", "password"} & set(document):
                yield f"the document of {kind} {identifier} holds {strays}"
            for place, old in _derived(kind, identifier, document):
                if self._is_of(old, identifier):
                    former.add(old)
                    if not self._is_of(place, identifier):
                        continue
                if place in wanted:
                    yield f"{place} is claimed twice"
                wanted[place] = item
                if place[1] == "CLAIM" and place in self.derived:
                    yield from self._claim_faults(place, identifier, tenant)
        yield from self._held_faults(wanted)
        yield from self._access_faults(tenant)
        yield from (f"{place} is missing" for place in wanted if place not in self.derived)
        left = self.derived.keys() - wanted.keys() - former
        yield from (f"{place} is left over" for place in left)
        yield from (f"{each} has one side only" for each in self.members ^ self.sides)
        for group, kind, member in self.members | self.sides:
            if ("GROUP", group) not in self.living or (kind, member) not in self.living:
                yield f"{member} is a member of {group}, and one of them does not live"
        for kind in ("USER", "GROUP"):
            living = sum(1 for of, _ in self.living if of == kind)
            if self.counts[kind] != living:
                yield f"{self.counts[kind]} {kind}s are counted, {living} live"

        said = {
            (identifier, each)
            for (kind, identifier), item in self.living.items()
            if kind == "USER"
            for each in _said(json.loads(item["document"]))
        }
        yield from (f"{each} is no evidence, or is not kept" for each in said ^ self.evidence)

    def _is_of(self, place: Place, identifier: str) -> bool:
        """Tell whether a claim or a lookup is stored and a resource's own."""
        item = self.derived.get(place)
        return item is not None and item.get("id", identifier) == identifier

    def _access_faults(self, tenant: str) -> Iterator[str]:
        """What a user may do is what its grants give: all areas, each at a level that one has."""
        for user, grants in self.grants.items():
            if ("USER", user) not in self.living:
                yield f"{user} does not live and has grants"
            for name, grant in grants.items():
                order = f"{name.partition('#')[0]}#{int(grant['version']):06d}#{user}"
                if (grant["gsi_pk"], grant["gsi_sk"]) != (f"{tenant}#GRANTS", order):
                    yield f"the grant {name} of {user} is listed under {grant['gsi_sk']}"
        for kind, user in self.living:
            access = self.living[kind, user].get("access", {})
            grants = self.grants.get(user, {})
            lasting = {name: each for name, each in grants.items() if "follows" not in each}
            yield from self._following_faults(user, access, grants.keys() - lasting.keys())
            if access.get("granted", {}) != {
                name: each["version"] for name, each in lasting.items()
            }:
                yield f"{user} has the grants {sorted(grants)} and not those of {access}"
            given = {pair for each in grants.values() for pair in each["areas"].items()}
            areas = access.get("areas", {})
            if set(areas) != {area for area, _ in given} or not set(areas.items()) <= given:
                yield f"{user} has access to {areas} by the grants {given}"
            roles = {each["role"] for each in grants.values() if each["role"]}
            if access.get("role", "") not in (roles or {""}):
                yield f"{user} has a role that no grant gives: {access}"

    def _following_faults(self, user: str, access: Item, names: set[str]) -> Iterator[str]:
        """What follows memberships is kept beside the access, with what each gives."""
        kept = {
            f"{template}#{group}": {"template": template, "group": group, **content}
            for group, grants in access.get("following", {}).items()
            for template, content in grants.items()
        }
        if kept.keys() != names:
            yield f"{user} has the following grants {sorted(names)} and not those of {access}"
            return
        for name, content in kept.items():
            item = self.grants[user][name]
            if any(item[each] != value for each, value in content.items()):
                yield f"{user} has the grant {item} and not {content}"
            if (content["group"], "USER", user) not in self.members:
                yield f"{user} has the grant {name} without a membership"

    def _claim_faults(self, place: Place, identifier: str, tenant: str) -> Iterator[str]:
        claim = self.derived[place]
        partition, key = place[0].split("#", 1)
        indexed = (claim["id"], claim["gsi_pk"], claim["gsi_sk"])
        if indexed != (identifier, f"{tenant}#{partition}S", f"{key}#{identifier}"):
            yield f"{place} says {indexed}"


def _derived(kind: str, identifier: str, document: Item) -> Iterator[tuple[Place, Place]]:
    """Yield where the claim and the lookups of a document have to be, each once.

    Beside each, where the first releases had it instead.
    """
    exact = {"externalId": [document.get("externalId")]}
    if kind == "USER":
        name = document["userName"]
        yield (f"USERNAME#{_folded(name)}", "CLAIM"), (f"USERNAME#{_former(name)}", "CLAIM")
        employee = document.get(ENTERPRISE, {}).get("employeeNumber")
        any_case = {
            "emails.value": [each.get("value") for each in document.get("emails", [])],
            f"{ENTERPRISE}:employeeNumber": [employee],
        }
    else:
        name = document["displayName"]
        key = part(" ".join(_plain(name).split()))
        yield (f"GROUPNAME#{key}", "CLAIM"), (f"GROUPNAME#{_former(name)}", "CLAIM")
        any_case = {}
    looked_up = {
        (name, key): key
        for name, values in exact.items()
        for key in (part(normalize("NFC", value)) for value in values if value)
    } | {
        (name, _folded(value)): _former(value)
        for name, values in any_case.items()
        for value in values
        if value
    }
    side = f"{kind.title()}#{identifier}"
    for (name, key), old in looked_up.items():
        yield (f"LOOKUP#{name}#{key}", side), (f"LOOKUP#{name}#{old}", side)


def _said(document: Item) -> Iterator[str]:
    """Yield what a user's document says of who it is, as the index has it."""
    if document.get("active") is False:
        yield "inactive"
    for each in match_keys.of(document):
        if (kept := match_keys.of_stored(each.source, part(each.value))) is not None:
            yield part(kept.canonical)


def _folded(value: str) -> str:
    return part(_plain(value).strip())


def _plain(value: str) -> str:
    """Return a value in lower case and in the usual width."""
    lower = normalize("NFC", normalize("NFC", value).lower())
    usual = (re.fullmatch("<(?:wide|narrow)> (.+)", decomposition(each)) for each in lower)
    plain = (chr(int(how[1], 16)) if how else each for each, how in zip(lower, usual, strict=True))
    return normalize("NFC", "".join(plain))


def _former(value: str) -> str:
    return part(normalize("NFC", value.lower()))
