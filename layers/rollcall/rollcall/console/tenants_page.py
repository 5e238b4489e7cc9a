"""The tenants, those first that need attention; a tenant is created, disabled and enabled here."""

from __future__ import annotations

from datetime import timedelta
from itertools import islice

from starlette.responses import HTMLResponse

from rollcall.console.act import ActError, ActResult, Change, Form, Plan, required
from rollcall.console.view import PageRoute, View
from rollcall.operations import handover_link, tenant_lifecycle
from rollcall.operations.handover_link import TOKEN_DAYS
from rollcall.operations.operator import Operator
from rollcall.operations.tenant_lifecycle import STATUSES, ListedTenant, NewTenant

PAGE = 50
"""The tenants of a page."""

LINK_OPENS = timedelta(days=3)
"""How long the link of a new tenant opens, as that of `rollcall handover`."""


def show(view: View) -> HTMLResponse:
    """Show the tenants whose name has the text, in one state, from a cursor on."""
    text, status, after = view.value("q").lower(), view.value("status"), view.value("after")
    listed = tenant_lifecycle.list_all(view.operator)
    found = [
        each
        for each in listed.tenants
        if text in each.summary.tenant and (not status or each.status == status)
    ]
    rest = (each for each in found if cursor(each) > after)
    shown = list(islice(rest, PAGE))
    more = next(rest, None) is not None
    template = "tenant_rows.html" if "hx-request" in view.request.headers else "tenants.html"
    values = {
        "as_of": listed.as_of,
        "tenants": shown,
        "number": len(found),
        "all": len(listed.tenants),
        "sizes": tenant_lifecycle.sizes(view.operator, [each.summary.tenant for each in shown]),
        "statuses": STATUSES,
        "q": text,
        "chosen": status,
        "next": cursor(shown[-1]) if more else "",
    }
    if template == "tenant_rows.html":
        return view.fragment(template, values)
    return view.page(template, "tenants", values)


def cursor(listed: ListedTenant) -> str:
    """Return the place of a tenant in the list."""
    return f"{listed.summary.urgency:02d}#{listed.summary.tenant}"


def plan_create(operator: Operator, _: str, form: Form) -> Plan:
    """Plan a new tenant, with a link for its administrator, with a token, or with neither."""
    name, way = required(form, "name", "the name of the tenant"), form.get("way", "link")
    creation = tenant_lifecycle.plan_creation(operator, name, with_token=way == "token")
    created: list[NewTenant] = []  # by an attempt that did not come to the link

    def carry_out(operator: Operator) -> ActResult:
        if not created:
            created.append(tenant_lifecycle.carry_out(operator, creation))
        made = created[0]
        told = [f"`{name}` is active; its Tenant URL is `{made.url}`"]
        secrets = {}
        if way == "token":
            told.append("the token is not kept and cannot be shown again")
            secrets["Secret Token"] = made.token or ""
        if way == "link":
            link = handover_link.create(operator, name, LINK_OPENS, TOKEN_DAYS)
            secrets["Link for the administrator"] = link.url
            told.append(
                "send the link to the administrator of the identity provider: it opens once, "
                f"until {link.opens_until}"
            )
        return ActResult(told, secrets)

    gets = {"link": "a link by which the administrator gets the token", "token": "a first token"}
    changes = [
        Change("state", "", "active"),
        Change("Tenant URL", "", creation.url),
        Change("sign-in", "", gets.get(way, "none yet")),
    ]
    return Plan(f"Switch SCIM on for {name}", "Switch on", carry_out, changes)


def plan_disable(operator: Operator, tenant: str, _: Form) -> Plan:
    """Plan to close a tenant's endpoint."""
    before = tenant_lifecycle.read(operator, tenant)
    if before.state == "disabled":
        raise ActError(f"SCIM is off for `{tenant}` already")

    def carry_out(operator: Operator) -> ActResult:
        tenant_lifecycle.disable(operator, tenant)
        return ActResult(
            [f"`{tenant}` is disabled: within a minute its requests are answered with 401"]
        )

    notes = [
        "within a minute its requests are answered with 401; users, groups, tokens and the log are "
        "kept, and everything works again when it is enabled"
    ]
    changes = [Change("state", before.state, "disabled")]
    return Plan(f"Switch SCIM off for {tenant}", "Switch off", carry_out, changes, notes)


def plan_enable(operator: Operator, tenant: str, _: Form) -> Plan:
    """Plan to open a disabled tenant's endpoint."""
    before = tenant_lifecycle.read(operator, tenant)
    if before.state == "active":
        raise ActError(f"SCIM is on for `{tenant}` already")

    def carry_out(operator: Operator) -> ActResult:
        tenant_lifecycle.enable(operator, tenant)
        return ActResult([f"`{tenant}` is active: its tokens and clients work again"])

    changes = [Change("state", before.state, "active")]
    return Plan(f"Switch SCIM on again for {tenant}", "Switch on", carry_out, changes)


ROUTES = [PageRoute("/", show)]
ACTS = {"create": plan_create, "disable": plan_disable, "enable": plan_enable}
