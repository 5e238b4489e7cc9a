"""A tenant whose client has filled every field with what a browser might take for its own."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from rollcall.directory.directory import Directory
from rollcall.model.account_link import LinkPolicy
from rollcall.operations import duplicate_reports
from rollcall.reconcile.duplicates.case_store import OperatorNote
from rollcall.runtime import tenant_report
from rollcall.runtime.services import Services
from rollcall.scim import discovery
from rollcall.scim.instant import instant
from rollcall.storage.provisioning_log import LogEntry
from rollcall.templates.template import Selector, Template
from rollcall.tenants.tenant_tokens import TenantTokens
from tests.console.test_brake_page import wave
from tests.directory.people import URL, group
from tests.operations import operators
from tests.operations.operators import finished, operator_of

TEXTS = (
    "<script>alert(1)</script><owned-a owned>",
    '"><img src=x onerror="alert(1)" owned hx-get="/owned" hx-trigger="load"><owned-b>',
    "' owned hx-on::load='alert(1)' hx-post='/acts/disable' hx-trigger='load' data-hx-get='/owned",
    '<svg/onload=alert(1)//><iframe srcdoc="<owned-c>"><a href="javascript:alert(1)">a</a>',
    '</code></pre></textarea></title></style></script><owned-d hx-vals="js:alert(1)">',
    "{{ 7 * 7 }}{% raw %}`<owned-e>` ${alert(1)}",
    "javascript:alert(1)//\u202e\u2066=cmd|' /C calc'!A1",
    "\t=HYPERLINK(\"https://evil.test\")\x7f<owned-f\nowned='1'>",
)
"""What opens an element or an attribute, with `owned` in its name, or what is calculated."""

METHODS = ("POST", "PATCH", "DELETE", "GET", TEXTS[0], "merge", "brake enable", "templates")


def fill(services: Services, tenant: str) -> None:
    """Make a tenant and fill it, as clients do and operators have answered."""
    operator = operator_of(services, tenant)
    context = services.context(tenant, replace(operator.actor, actor="token:t1"))
    client = replace(context, base_url=URL, linking=LinkPolicy(), grace=7)
    own = Directory(client)
    ids = [own.users.create(body(number, text)).record.id for number, text in enumerate(TEXTS)]
    groups = [group(own, f"{number}{shown(text)}", *ids) for number, text in enumerate(TEXTS)]
    own.groups.delete(groups[-1])
    templates = [
        Template(
            f"t{number}",
            Selector("displayName", f"{number}{shown(text)}"),
            {text: "read"},
            "regular",
        )
        for number, text in enumerate(TEXTS)
    ]
    operators.Templates(operator, tenant).set(
        [Template("all", None, {TEXTS[0]: "read"}), *templates]
    )
    operators.Templates(operator, tenant).set([Template("all", None, {TEXTS[1]: "edit"})])
    operators.merge(operator, tenant, ids[0], ids[1], ids[1])
    own.users.delete(ids[2])
    own.users.create(body(8, TEXTS[7]) | {"externalId": "e8"})
    wave(services, *ids[3:6], tenant=tenant)
    finished(duplicate_reports.run(operator, tenant))
    TenantTokens(services.tenants, tenant).issue(shown(TEXTS[0]), 30)
    services.oauth_clients(tenant).create(shown(TEXTS[1]))
    for each in ids[3:]:
        operators.UserAccesses(operator, tenant).grant(each, {TEXTS[2]: "edit"}, "")
    book = tenant_report.case_store(services, tenant)
    now = instant(datetime.now(UTC))
    book.mark_service_account(ids[3], OperatorNote(f"operator:{TEXTS[0]}", now, TEXTS[1]))
    for number, text in enumerate(TEXTS):
        services.log(tenant).write(entry(number, text, now, ids[number]))


def body(number: int, text: str) -> dict[str, Any]:
    """Return a user with the text in every attribute that a client may write."""
    sent: dict[str, Any] = {"schemas": []}
    for schema in discovery.schemas(""):
        if not schema["id"].endswith(":User"):
            continue
        values = {each["name"]: value(each, text) for each in schema["attributes"] if written(each)}
        sent["schemas"] += [schema["id"]] * bool(values)
        sent |= values if ":core:" in schema["id"] else {schema["id"]: values} if values else {}
    mails = [{"value": f"{text}@corp.test", "type": text, "display": text}]
    return sent | {
        "userName": f"{number}{shown(text)}",
        "externalId": f"e{number}{text}",
        "emails": mails,
    }


def shown(text: str) -> str:
    """Return a text without what cannot be seen, which names may not have."""
    return "".join(each for each in text if each.isprintable())


def written(attribute: dict[str, Any]) -> bool:
    """Tell whether a client writes an attribute."""
    return bool(attribute["mutability"] != "readOnly")


def value(attribute: dict[str, Any], text: str) -> Any:
    """Return a value of an attribute, with the text in all that is text."""
    plain: dict[str, Any] = {"boolean": True, "binary": "YQ=="}
    made = plain.get(attribute["type"], text)
    if attribute["type"] == "complex":
        parts = [each for each in attribute["subAttributes"] if written(each)]
        made = {each["name"]: value(each, text) for each in parts}
    return [made] if attribute["multiValued"] else made


def entry(number: int, text: str, time: str, identifier: str) -> LogEntry:
    """Return an entry of the log with the text in all that is text."""
    return LogEntry(
        time=time,
        request=f"r{number}",
        actor=f"operator:{text}",
        method=METHODS[number],
        path=f"/Users/{text}?filter={text}",
        status=(409, 404, 400, 200)[number % 4],
        scim_type=text,
        detail=f"{text} is no userName",
        target=f"User/{identifier}" if number % 2 else f"User/{text}",
        changed=(text, f"emails[type eq {text}].value"),
        ignored=(text,),
        reason=text,
        user=text,
    )
