"""Everything that is stored of one person, as a file to hand out."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import asdict
from typing import Any

from rollcall.directory.context import Context
from rollcall.model.progress import Progress
from rollcall.operations import person_log
from rollcall.operations.operator import Operator
from rollcall.operations.person_search import StoredPerson, stored_person
from rollcall.runtime import tenant_report
from rollcall.scim.document import merge_extensions, split_extensions
from rollcall.scim.resource_type import Kind
from rollcall.storage import keys
from rollcall.storage.findings import SERVICE
from rollcall.storage.gone_values import Hashes
from rollcall.templates.grants import Grant

PersonFile = dict[str, Any]


def read(operator: Operator, tenant: str, name: str) -> Generator[Progress, None, PersonFile]:
    """Return the file of the person with an id or a userName, or of one who was deleted.

    Reads the tenant's log and findings whole. Raises AccountError when there is no such person,
    TenantError for an unknown tenant.
    """
    services = operator.services
    context = operator.context(tenant)
    person = stored_person(context, name)
    hashes = hashes_of(context, person)
    log = yield from person_log.read(services, tenant, person.ids, hashes)
    yield Progress(step="reading findings")
    return {
        "tenant": tenant,
        "exported": context.now(),
        "id": person.id,
        "account": _account(person),
        "directory": _resource(operator, context, person),
        "groups": _groups(context, person),
        "access": _access(context, person),
        "merged": [
            {"id": alias.id, "document": dict(alias.stub.document) if alias.stub else None}
            for alias in person.merged
        ],
        "held": _held(person),
        "findings": list(_findings(operator, tenant, person)),
        "log": [
            {
                name: list(value) if isinstance(value, tuple) else value
                for name, value in asdict(entry.public).items()
                if value not in ("", (), 0)
            }
            for entry in log.entries
        ],
    }


def hashes_of(context: Context, person: StoredPerson) -> Hashes:
    """Return the keyed hashes of what a person is called, or was when it was deleted."""
    noted = context.gone_values.read(person.id, person.item.get("gone", ()))
    found: dict[str, tuple[str, ...]] = dict.fromkeys(person.item.get("gone", ()), ())
    for hashes in (noted, *map(context.gone_values.hashes, person.documents)):
        for hashed, attributes in hashes.items():
            found[hashed] = (*found.get(hashed, ()), *attributes)
    return found


def _account(person: StoredPerson) -> dict[str, Any]:
    item, record = person.item, person.record
    if record is None:
        state = "held" if person.held is not None else "deleted"
        return {"state": state, "deleted": person.deleted or None}
    return {
        "state": "active" if record.active else "disabled",
        "link": record.link.item,
        "since": record.created,
        "changed": record.modified,
        "changedBy": item.get("origin", {}).get("actor"),
    }


def _held(person: StoredPerson) -> dict[str, Any] | None:
    held = person.held
    if held is None:
        return None
    return {"until": held.due, "document": dict(held.document), "groups": list(held.groups)}


def _resource(operator: Operator, context: Context, person: StoredPerson) -> Any:
    """Return the user as SCIM shows it, with the attributes of extensions that are not declared."""
    if person.record is None:
        return None
    _, undeclared = split_extensions(Kind.USER, person.record.document)
    shown = person.record.representation(operator.tenant_url(context.tenant))
    return merge_extensions(shown, undeclared)


def _groups(context: Context, person: StoredPerson) -> list[dict[str, Any]]:
    ids = context.memberships.groups_of(Kind.USER, person.id)
    return [
        {"id": identifier, "displayName": record.document["displayName"]}
        for identifier, record in context.resources.read_many(Kind.GROUP, ids).items()
    ]


def _access(context: Context, person: StoredPerson) -> dict[str, Any]:
    """Return what the person may do, and each grant: by what, since when, caused by whom."""
    access = person.record.access if person.record is not None else None
    grants = [
        {
            "template": None if content["template"] == keys.BY_HAND else content["template"],
            "version": content["version"],
            "since": content["at"],
            "actor": content.get("origin", {}).get("actor"),
            **{name: value for name, value in Grant.of(content).content.items() if name in _GIVEN},
        }
        for content in context.grants.read(person.id)
    ]
    given = {"workAreas": dict(access.areas), "role": access.role or None} if access else {}
    return {**given, "grants": grants}


_GIVEN = ("areas", "role", "attributes", "group", "follows", "revoked")


def _findings(operator: Operator, tenant: str, person: StoredPerson) -> Any:
    """Yield the findings that name the person, and the mark of a service account."""
    store = tenant_report.case_store(operator.services, tenant)
    for case in store.all():
        if not person.ids.isdisjoint(case.finding.accounts):
            yield {
                "id": case.id,
                "kind": case.kind.value,
                "state": case.state.value,
                "since": case.first,
                "grounds": [
                    {"reason": ground.reason.value, "value": ground.value}
                    for ground in sorted(case.finding.grounds)
                ],
                "accounts": list(case.finding.accounts),
                "note": case.note and vars(case.note),
            }
    flag = operator.services.table.get(store.findings.keys.flag(person.id, SERVICE))
    if flag is not None:
        yield {"kind": SERVICE, **{name: flag[name] for name in ("by", "at", "reason")}}
