"""All stored data of a tenant, as the lines of an export; `docs/export.md` lists their types.

Memory holds only a few reads. A concurrent change is exported as before or as after it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any, TypeAlias

from rollcall.aws.attribute_values import Item
from rollcall.model.actor import public
from rollcall.model.record import Record
from rollcall.operations.operator import Operator
from rollcall.runtime.services import Services
from rollcall.scim.document import merge_extensions, split_extensions
from rollcall.scim.errors import Unavailable
from rollcall.scim.instant import instant
from rollcall.scim.resource_type import Kind
from rollcall.storage import keys
from rollcall.storage.aliases import alias_of
from rollcall.storage.findings import Findings
from rollcall.storage.group_members import GroupMembers
from rollcall.storage.handover_items import HandoverItems
from rollcall.storage.held_accounts import HeldAccounts
from rollcall.storage.item_changes import ARRIVED
from rollcall.storage.keys import Keys
from rollcall.storage.large_change_items import LargeChangeItems
from rollcall.storage.note_items import NoteItems
from rollcall.storage.provisioning_log import MAX_KEEP_DAYS
from rollcall.storage.resources import Resources
from rollcall.storage.table import MAX_BATCH, Table
from rollcall.storage.template_items import TemplateItems
from rollcall.storage.token_usage import TokenUse
from rollcall.tenants.oauth_clients import OAuthClient

Line: TypeAlias = dict[str, Any]

_KEYS = frozenset({"pk", "sk", "gsi_pk", "gsi_sk", "feed", "revision", "expires", ARRIVED})
"""The attributes of an item that are only its keys, its revision, its expiry and its way here."""


def lines(operator: Operator, tenant: str) -> Iterator[Line]:
    """Yield the lines of an export; the last one, `end`, has the number of lines of each type.

    Raises TenantError for an unknown tenant, and Unavailable when an index does not show every
    resource yet.
    """
    counts: Counter[str] = Counter()
    for line in _lines(operator.services, tenant, operator.tenant_url(tenant)):
        counts[line["type"]] += 1
        yield line
    yield {"type": "end", "lines": dict(counts)}


def _lines(services: Services, tenant: str, url: str) -> Iterator[Line]:
    yield from _settings(services, tenant)
    resources = Resources(services.table, tenant)
    yield from _resources(resources, url)
    yield from _deleted(services.table, tenant)
    yield from _held(services.table, tenant)
    yield from _memberships(services.table, tenant, resources)
    yield from _templates(services.table, tenant)
    for index in (Keys(tenant).grants(), Keys(tenant).flags()):
        yield from _items_of_users(services.table, index)
    yield from _duplicates(services.table, tenant)
    yield from _log(services, tenant)


def _settings(services: Services, tenant: str) -> Iterator[Line]:
    """Yield state, policies, tokens, hand-overs and notes of a tenant, without secrets."""
    stored = services.tenants.show(tenant)
    yield {
        "type": "tenant",
        "tenant": tenant,
        "state": stored.state,
        "created": stored.created,
        "closed": stored.closed,
        **stored.link_policy.content,
        "absentMembers": stored.absent_members.value,
        "grace": stored.grace,
        **({"rate": stored.rate} if stored.rate else {}),
        "exported": instant(datetime.now(UTC)),
    }
    uses = services.token_usage(tenant).read_all()
    yield from _clients(stored.clients, uses)
    tokens = {token.id: token for token in stored.tokens}
    for identifier in tokens.keys() | uses.keys():
        token = asdict(tokens[identifier]) if identifier in tokens else {"id": identifier}
        token.pop("digest", None)
        yield {"type": "token", **token, **_times(uses.get(identifier))}
    for item in HandoverItems(services.table, tenant).all():
        handover = asdict(item)
        del handover["digest"], handover["expires"]
        yield {"type": "handover", **handover}
    for note in NoteItems(services.table, tenant).all():
        yield {"type": "note", **asdict(note), "actor": public(note.actor)}


def _clients(clients: Iterable[OAuthClient], uses: dict[str, TokenUse]) -> Iterator[Line]:
    """Yield the OAuth clients with their secrets; their uses are taken out of `uses`."""
    for client in clients:
        content = asdict(client)
        for secret in content["secrets"]:
            del secret["digest"]
            secret.update(_times(uses.pop(secret["id"], None)))
        yield {"type": "client", **content, **_times(uses.pop(client.id, None))}


def _times(use: TokenUse | None) -> dict[str, str]:
    return {"firstUsed": use.first, "lastUsed": use.last} if use else {}


def _resources(resources: Resources, url: str) -> Iterator[Line]:
    for kind in (Kind.USER, Kind.GROUP):
        count_before, count = resources.count(kind), 0
        for record in _records(resources, kind):
            count += 1
            # The stored attributes of an extension that is not declared here are exported, too.
            _, undeclared = split_extensions(kind, record.document)
            resource = merge_extensions(record.representation(url), undeclared)
            link = record.link.item if kind is Kind.USER else {}
            yield {"type": kind.value.lower(), **link, "resource": resource}
        if count < min(count_before, resources.count(kind)):
            raise Unavailable(f"the index does not show every {kind.value.lower()} yet, try again")


def _records(resources: Resources, kind: Kind) -> Iterator[Record]:
    identifiers = resources.ids(kind)
    while batch := list(islice(identifiers, MAX_BATCH)):
        yield from resources.read_many(kind, batch).values()


def _deleted(table: Table, tenant: str) -> Iterator[Line]:
    """Yield the ids that were deleted, or merged into others."""
    for item in _indexed(table, Keys(tenant).tombstones()):
        identifier, deleted = keys.identifier(item["pk"]), item["deleted"]
        if (alias := alias_of(identifier, item)) is not None:
            stub = dict(alias.stub.document) if alias.stub else None
            content = {"survivor": alias.survivor, "merged": deleted, "stub": stub}
            yield {"type": "alias", "id": identifier, **content}
        else:
            kind = item["pk"].removeprefix(f"{tenant}#").partition("#")[0].lower()
            yield {"type": "deleted", "id": identifier, "of": kind, "deleted": deleted}


def _held(table: Table, tenant: str) -> Iterator[Line]:
    """Yield the accounts whose deletion waits."""
    for held in HeldAccounts(table, tenant).all():
        yield {
            "type": "held",
            "id": held.id,
            "document": dict(held.document),
            "created": held.created,
            "deleted": held.deleted,
            "due": held.due,
            **held.link.item,
            "access": _plain(held.access.item),
            "groups": list(held.groups),
            "grants": [_plain(dict(each)) for each in held.grants],
        }


def _memberships(table: Table, tenant: str, resources: Resources) -> Iterator[Line]:
    """Yield the memberships that readers of groups see, with unfinished changes applied."""
    group_members, large_changes = GroupMembers(table, tenant), LargeChangeItems(table, tenant)
    for group in _records(resources, Kind.GROUP):
        unfinished_deletions = frozenset(large_changes.unfinished_deletions())
        members = group_members.iterate(group)
        while batch := dict(islice(members, MAX_BATCH)):
            existing = _existing(resources, batch) if group.pending else batch.keys()
            for member, kind in batch.items():
                if member in existing and member not in unfinished_deletions:
                    membership = {"group": group.id, "member": member, "of": kind.value}
                    yield {"type": "membership", **membership}


def _existing(resources: Resources, members: dict[str, Kind]) -> set[str]:
    existing: set[str] = set()
    for kind in Kind:
        identifiers = [member for member, other in members.items() if other is kind]
        existing.update(resources.read_many(kind, identifiers))
    return existing


def _templates(table: Table, tenant: str) -> Iterator[Line]:
    templates = TemplateItems(table, tenant)
    for content, set_at, actor in templates.history():
        yield {"type": "template", "template": content, "set": set_at, "actor": actor}
    current = templates.read()
    if current.edition:
        applies = {content["name"]: int(content["version"]) for content in current.contents}
        yield {"type": "templates", "applies": applies, "bound": dict(current.bound)}


def _items_of_users(table: Table, index: str) -> Iterator[Line]:
    """Yield the items of users in an index partition: their grants, or their flags."""
    for item in _indexed(table, index):
        kind, _, name = item["sk"].partition("#")
        key = {"user": keys.identifier(item["pk"])}
        if kind == "FLAG":
            key |= {"flag": name, "kind": item["gsi_sk"].partition("#")[0]}
        yield {"type": kind.lower(), **key, **_attributes(item)}


def _duplicates(table: Table, tenant: str) -> Iterator[Line]:
    findings = Findings(table, tenant)
    for identifier, item in findings.all():
        yield {"type": "finding", "id": identifier, **_attributes(item)}
    for item in findings.summaries():
        yield {"type": "summary", **_attributes(item)}


def _log(services: Services, tenant: str) -> Iterator[Line]:
    now, created = datetime.now(UTC), datetime.fromisoformat(services.tenants.show(tenant).created)
    # A day earlier: the clocks of functions differ, and the creation itself may be in the log.
    since = max(created - timedelta(days=1), now - timedelta(days=MAX_KEEP_DAYS))
    for entry in services.log(tenant).read(since, now):
        yield {"type": "log", **asdict(entry.public)}


def _indexed(table: Table, index: str) -> Iterator[Item]:
    """Yield the items of an index partition in its order, strongly consistent."""
    entries = table.query_index(index)
    while batch := [(entry["pk"], entry["sk"]) for entry in islice(entries, MAX_BATCH)]:
        items = table.get_many({"pk": pk, "sk": sk} for pk, sk in batch)
        yield from (items[key] for key in batch if key in items)


def _attributes(item: Item) -> Line:
    return {name: _plain(value) for name, value in item.items() if name not in _KEYS}


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value)
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    return [_plain(part) for part in value] if isinstance(value, list) else value
