"""`rollcall tenants`: switch SCIM on and off for a tenant."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Any

import typer

from rollcall.cli.confirmation import Reason, confirm_name
from rollcall.cli.connection import connect
from rollcall.cli.export_command import export
from rollcall.cli.link_policy_command import domains, policy
from rollcall.cli.listing import Listing
from rollcall.cli.move_command import move
from rollcall.cli.notes_command import notes
from rollcall.cli.rate_command import described, rate
from rollcall.cli.terminal import (
    AsJson,
    Name,
    Yes,
    follow,
    print_credentials,
    print_lines,
    print_listing,
    say,
)
from rollcall.cli.text import Prose
from rollcall.operations import tenant_deletion, tenant_lifecycle
from rollcall.operations.tenant_lifecycle import (
    ListedTenant,
    Tenant,
    TenantOverview,
    UsageHour,
)

app = typer.Typer(no_args_is_help=True, help="Switch SCIM on and off for a tenant.")
app.command()(export)


@app.command()
def create(
    context: typer.Context,
    name: Name,
    no_token: Annotated[
        bool,
        typer.Option(
            "--no-token", help="Issue no token: the administrator gets one by a hand-over."
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Create a tenant, and print its URL and its first token, which is shown only once."""
    created = tenant_lifecycle.create(connect(context), name, with_token=not no_token)
    if as_json:
        token = {} if created.token is None else {"token": created.token}
        print(json.dumps({"tenant": name, "url": created.url, **token}))
    elif created.token is None:
        say(f"{name} is active, its Tenant URL is {created.url}")
        say(f"Hand the connection over: `rollcall handover {name}`")
    else:
        print_credentials(name, created.url, created.token)
        say("The token is not kept and cannot be shown again.")


@app.command(name="list")
def list_(context: typer.Context, as_json: AsJson = False) -> None:
    """List all tenants, those first that need attention.

    The list is brought up to date every 15 minutes, and at once when a tenant or its tokens change.
    """
    found = tenant_lifecycle.list_all(connect(context))
    if as_json:
        print(json.dumps([_listed_json(each, found.as_of) for each in found.tenants]))
        return
    rows = Listing("tenant", "state", "tokens", "last request", "expires", "needs attention")
    for each in found.tenants:
        tenant = each.summary
        number, last = str(len(tenant.tokens)), tenant.answered or "never"
        expires, needs = each.expires[:10], ", ".join(each.needs)
        rows.add(tenant.tenant, tenant.state, number, last, expires, Prose(needs))
    if rows:
        print_listing(rows)
        say(f"As of {found.as_of}. `rollcall tenants show NAME` says what is to be done.")
    else:
        say("There are no tenants yet: `rollcall tenants create NAME`")


@app.command()
def show(context: typer.Context, name: Name, as_json: AsJson = False) -> None:
    """Show a tenant, its tokens by id and label, and the numbers of its users and groups."""
    overview = tenant_lifecycle.show(connect(context), name)
    tenant, counts = overview.tenant, overview.counts
    if as_json:
        facts = {**_summary(tenant), **_rate(tenant), "url": overview.url, **counts}
        print(json.dumps({**facts, **_facts(overview.listed, overview.as_of, overview.latest)}))
        return
    say(f"{name} is {tenant.state}, created {tenant.created}")
    print_lines(f"Tenant URL  {overview.url}")
    say("Holds       " + _counted(counts))
    say("May send    " + described(tenant.rate))
    _say_usage(overview)
    rows = Listing("token", "label", "created", "expires")
    for token in tenant.tokens:
        rows.add(token.id, token.label, token.created, token.expires)
    if rows:
        print_listing(rows)


@app.command()
def disable(context: typer.Context, name: Name) -> None:
    """Close a tenant's endpoint within a minute; everything is kept."""
    tenant_lifecycle.disable(connect(context), name)
    say(f"{name} is disabled: within a minute its requests are answered with 401.")


@app.command()
def enable(context: typer.Context, name: Name) -> None:
    """Open a disabled tenant's endpoint again."""
    tenant_lifecycle.enable(connect(context), name)
    say(f"{name} is active.")


@app.command()
def delete(
    context: typer.Context,
    name: Name,
    yes: Yes = False,
    reason: Reason = "",
    no_wait: Annotated[
        bool,
        typer.Option("--no-wait", help="Do not wait for requests that may still run."),
    ] = False,
) -> None:
    """Delete a tenant with all its users, groups, tokens and its log.

    The tenant is disabled first. The command then waits for 90 seconds for requests that still run,
    and deletes what they wrote, too. It reads the whole table once. It may be repeated when it was
    interrupted: the tenant itself is deleted last.
    """
    operator = connect(context)
    holds = _counted(tenant_lifecycle.show(operator, name).counts)
    sentence = f"{name} holds {holds}. Type its name to delete all of it"
    operator = confirm_name(operator, name, sentence, yes=yes, reason=reason)
    follow(tenant_deletion.delete(operator, name, wait=not no_wait), f"deleting {name}")
    say(f"{name} is deleted: {holds}.")


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {kind}" for kind, count in counts.items())


def _rate(tenant: Tenant) -> dict[str, int]:
    return {"rate": tenant.rate} if tenant.rate else {}


def _say_usage(overview: TenantOverview) -> None:
    """Say what the tenant sent last, what became of it, and what needs attention."""
    facts = _facts(overview.listed, overview.as_of, overview.latest)
    way = f", by {facts['signedInBy']}" if facts["signedInBy"] else ""
    say(f"Last sent   {facts['lastRequest'] or 'nothing yet'}{way}")
    if facts["requests"]:
        outcomes = ", ".join(f"{number} {name}" for name, number in facts["requests"].items())
        say(f"{facts['counted']}  {outcomes}")
    for sentence in overview.listed.advice:
        say(f"Needs       {sentence}")
    say(f"As of {overview.as_of}, the last request to the minute.")


def _facts(listed: ListedTenant, as_of: str, latest: UsageHour | None = None) -> dict[str, Any]:
    """Return what JSON has of a summary; the latest hour knows of a later request."""
    summary = listed.summary
    answered, credential = summary.answered, summary.credential
    if latest is not None and latest.answered is not None and latest.answered.time > answered:
        answered, credential = latest.answered.time, latest.answered.credential
    return {
        "status": listed.status,
        "needs": list(listed.needs),
        "advice": list(listed.advice),
        "lastRequest": answered or None,
        "signedInBy": credential or None,
        "lastRefused": summary.refused or None,
        "counted": summary.counted or None,
        "requests": dict(summary.requests),
        "expires": listed.expires or None,
        "duplicates": summary.duplicates,
        "asOf": as_of,
    }


def _listed_json(listed: ListedTenant, as_of: str) -> dict[str, Any]:
    summary = listed.summary
    return {
        "tenant": summary.tenant,
        "state": summary.state,
        "created": summary.created,
        "tokens": [asdict(token) for token in summary.tokens],
        **_facts(listed, as_of),
    }


def _summary(tenant: Tenant) -> dict[str, Any]:
    return {
        "tenant": tenant.name,
        "state": tenant.state,
        "created": tenant.created,
        "tokens": [
            {
                "id": token.id,
                "label": token.label,
                "created": token.created,
                "expires": token.expires,
            }
            for token in tenant.tokens
        ],
    }


app.command()(policy)
app.command()(rate)
app.command()(notes)
app.command()(move)
app.add_typer(domains, name="domains")
