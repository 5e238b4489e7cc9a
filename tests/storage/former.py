"""Resources as the first releases stored them: under keys that knew neither width nor blanks."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

from rollcall.directory.context import Context
from rollcall.directory.directory import Directory
from rollcall.runtime.services import Services
from rollcall.scim.resource_type import Kind
from rollcall.storage import evidence_index
from rollcall.storage.keys import Keys
from tests.directory.people import group, user

NAMES = {Kind.USER: ("userName", "USERNAME"), Kind.GROUP: ("displayName", "GROUPNAME")}


def stored_before(
    services: Services, kind: Kind, name: str, tenant: str = "acme", **attributes: Any
) -> str:
    """Create a resource, and put its claim and lookups where the first releases had them."""
    own, table = Directory(Context(services.table, tenant, moved=True)), services.table
    made = f"new-{uuid4()}"
    identifier = user(own, made, **attributes) if kind is Kind.USER else group(own, made)
    for item in list(table.scan(f"{tenant}#")):
        if item.get("id") == identifier or item["sk"] == f"{kind.value}#{identifier}":
            table.delete([{"pk": item["pk"], "sk": item["sk"]}])
    attribute, claims = NAMES[kind]
    key = {"pk": f"{tenant}#{kind.value.upper()}#{identifier}", "sk": "DOCUMENT"}
    stored = table.get(key)
    assert stored is not None
    before = json.loads(stored["document"])
    document = {**before, attribute: name}
    table.put(key, {**stored, "document": json.dumps(document)})
    folded = name.lower()
    indexed = {"gsi_pk": f"{tenant}#{claims}S", "gsi_sk": f"{folded}#{identifier}"}
    table.put({"pk": f"{tenant}#{claims}#{folded}", "sk": "CLAIM"}, {"id": identifier, **indexed})
    keys = [
        {"pk": f"{tenant}#LOOKUP#emails.value#{each['value'].lower()}", "sk": f"User#{identifier}"}
        for each in attributes.get("emails", ())
    ]
    if kind is Kind.USER:
        table.delete(evidence_index.evidence_keys(Keys(tenant), identifier, before))
        keys += evidence_index.evidence_keys(Keys(tenant), identifier, document)
    for each in keys:
        table.put(each, evidence_index.index_attributes(Keys(tenant), each, stored["created"]))
    return identifier
