"""All that is kept of a tenant, as the lines of an export; `docs/export.md` lists their types.

Nothing is held but a few reads' worth. What changes meanwhile is there as it was or as it became.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any, TypeAlias

from rollcall.aws.attribute_values import Item
from rollcall.model.record import Record
from rollcall.runtime.services import Services
from rollcall.scim.document import merge_extensions, split_extensions
from rollcall.scim.errors import Unavailable
from rollcall.scim.instant import instant
from rollcall.scim.resource_type import Kind
from rollcall.storage import keys
from rollcall.storage.aliases import alias_in
from rollcall.storage.findings import Findings
from rollcall.storage.group_members import GroupMembers
from rollcall.storage.handover_items import HandoverItems
from rollcall.storage.keys import Keys
from rollcall.storage.large_change_items import LargeChangeItems
from rollcall.storage.provisioning_log import MAX_KEEP_DAYS
from rollcall.storage.resources import Resources
from rollcall.storage.table import MAX_BATCH, Table
from rollcall.storage.template_items import TemplateItems

Line: TypeAlias = dict[str, Any]

_PLACE = frozenset({"pk", "sk", "gsi_pk", "gsi_sk", "feed", "revision", "expires"})
"""What of an item says only where it is, and when it goes."""


def lines(having: Services, tenant: str, url: str) -> Iterator[Line]:
    """Yield the lines of an export; the last one, `end`, says how many there are of each type.

    `url` is the tenant's base URL. Raises TenantError for an unknown tenant, and Unavailable when
    an index does not show every resource yet.
    """
    numbers: Counter[str] = Counter()
    for line in _lines(having, tenant, url):
        numbers[line["type"]] += 1
        yield line
    yield {"type": "end", "lines": dict(numbers)}


def _lines(having: Services, tenant: str, url: str) -> Iterator[Line]:
    yield from _settings(having, tenant)
    resources = Resources(having.table, tenant)
    yield from _resources(resources, url)
    yield from _deleted(having.table, tenant)
    yield from _memberships(having.table, tenant, resources)
    yield from _templates(having.table, tenant)
    for of in (Keys(tenant).grants(), Keys(tenant).flags()):
        yield from _beside_users(having.table, of)
    yield from _duplicates(having.table, tenant)
    yield from _log(having, tenant)


def _settings(having: Services, tenant: str) -> Iterator[Line]:
    """Yield what the secret says, without secrets: state, policies, tokens; and hand-overs."""
    found, now = having.tenants.show(tenant), datetime.now(UTC)
    about = {"tenant": tenant, "state": found.state, "created": found.created}
    policies = {**found.linking.content, "absentMembers": found.absent_members.value}
    yield {"type": "tenant", **about, "closed": found.closed, **policies, "exported": instant(now)}
    kept, uses = {each.id: each for each in found.tokens}, having.usage(tenant).all()
    for token in kept.keys() | uses.keys():
        said = asdict(kept[token]) if token in kept else {"id": token}
        said.pop("digest", None)
        use = uses.get(token)
        used = {"firstUsed": use.first, "lastUsed": use.last} if use else {}
        yield {"type": "token", **said, **used}
    for handover in HandoverItems(having.table, tenant).all():
        said = asdict(handover)
        del said["digest"], said["expires"]
        yield {"type": "handover", **said}


def _resources(resources: Resources, url: str) -> Iterator[Line]:
    for kind in (Kind.USER, Kind.GROUP):
        before, number = resources.count(kind), 0
        for record in _records(resources, kind):
            number += 1
            # What is stored of an extension that is not declared here belongs to it, too.
            _, foreign = split_extensions(kind, record.document)
            whole = merge_extensions(record.representation(url), foreign)
            link = record.link.item if kind is Kind.USER else {}
            yield {"type": kind.value.lower(), **link, "resource": whole}
        if number < min(before, resources.count(kind)):
            raise Unavailable(f"the index does not show every {kind.value.lower()} yet, try again")


def _records(resources: Resources, kind: Kind) -> Iterator[Record]:
    listed = resources.listed(kind)
    while batch := list(islice(listed, MAX_BATCH)):
        yield from resources.read_many(kind, batch).values()


def _deleted(table: Table, tenant: str) -> Iterator[Line]:
    """Yield which ids were deleted, or merged into others."""
    for item in _indexed(table, Keys(tenant).tombstones()):
        identifier, deleted = keys.identifier(item["pk"]), item["deleted"]
        if (alias := alias_in(identifier, item)) is not None:
            stub = dict(alias.stub.document) if alias.stub else None
            said = {"survivor": alias.survivor, "merged": deleted, "stub": stub}
            yield {"type": "alias", "id": identifier, **said}
        else:
            kind = item["pk"].removeprefix(f"{tenant}#").partition("#")[0].lower()
            yield {"type": "deleted", "id": identifier, "of": kind, "deleted": deleted}


def _memberships(table: Table, tenant: str, resources: Resources) -> Iterator[Line]:
    """Yield memberships as readers of groups see them, whatever is begun and not applied."""
    rosters, journal = GroupMembers(table, tenant), LargeChangeItems(table, tenant)
    for group in _records(resources, Kind.GROUP):
        leaving = frozenset(journal.leavers())
        walked = rosters.walk(group)
        while batch := dict(islice(walked, MAX_BATCH)):
            living = _living(resources, batch) if group.pending else batch.keys()
            for member, of in batch.items():
                if member in living and member not in leaving:
                    line = {"group": group.id, "member": member, "of": of.value}
                    yield {"type": "membership", **line}


def _living(resources: Resources, members: dict[str, Kind]) -> set[str]:
    return {
        each
        for kind in Kind
        for each in resources.read_many(kind, [id_ for id_, of in members.items() if of is kind])
    }


def _templates(table: Table, tenant: str) -> Iterator[Line]:
    templates = TemplateItems(table, tenant)
    for content, set_at, actor in templates.history():
        yield {"type": "template", "template": content, "set": set_at, "actor": actor}
    current = templates.read()
    if current.edition:
        applies = {each["name"]: int(each["version"]) for each in current.contents}
        yield {"type": "templates", "applies": applies, "bound": dict(current.bound)}


def _beside_users(table: Table, index: str) -> Iterator[Line]:
    """Yield what an index has of users: what they were given, or how they are marked."""
    for item in _indexed(table, index):
        sort, _, named = item["sk"].partition("#")
        about = {"user": keys.identifier(item["pk"])}
        if sort == "FLAG":
            about |= {"flag": named, "kind": item["gsi_sk"].partition("#")[0]}
        yield {"type": sort.lower(), **about, **_said(item)}


def _duplicates(table: Table, tenant: str) -> Iterator[Line]:
    findings = Findings(table, tenant)
    for identifier, item in findings.all():
        yield {"type": "finding", "id": identifier, **_said(item)}
    for item in findings.summaries():
        yield {"type": "summary", **_said(item)}


def _log(having: Services, tenant: str) -> Iterator[Line]:
    now, created = datetime.now(UTC), datetime.fromisoformat(having.tenants.show(tenant).created)
    # A day earlier: the clocks of functions differ, and what created the tenant may be told of.
    since = max(created - timedelta(days=1), now - timedelta(days=MAX_KEEP_DAYS))
    for entry in having.log(tenant).read(since, now):
        yield {"type": "log", **asdict(entry)}


def _indexed(table: Table, index: str) -> Iterator[Item]:
    """Yield the items of an index partition in its order, strongly consistent."""
    listed = table.index(index)
    while batch := [(each["pk"], each["sk"]) for each in islice(listed, MAX_BATCH)]:
        found = table.get_many({"pk": pk, "sk": sk} for pk, sk in batch)
        yield from (found[place] for place in batch if place in found)


def _said(item: Item) -> Line:
    return {name: _plain(value) for name, value in item.items() if name not in _PLACE}


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value)
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list) else value
