"""`rollcall tenants`: switch SCIM on and off for a tenant."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from rollcall.cli.connection import connect
from rollcall.cli.export_command import export
from rollcall.cli.link_policy_command import domains, policy
from rollcall.cli.listing import Listing
from rollcall.cli.rate_command import described, rate
from rollcall.cli.terminal import (
    AsJson,
    Name,
    UsageError,
    Yes,
    asking,
    follow,
    print_credentials,
    print_lines,
    print_listing,
    say,
)
from rollcall.operations import tenant_deletion, tenant_lifecycle
from rollcall.operations.tenant_lifecycle import Tenant

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
    """List all tenants."""
    tenants = list(tenant_lifecycle.list_all(connect(context)))
    if as_json:
        print(json.dumps([_summary(tenant) for tenant in tenants]))
        return
    rows = Listing("tenant", "state", "created", "tokens")
    for tenant in tenants:
        rows.add(tenant.name, tenant.state, tenant.created, str(len(tenant.tokens)))
    if rows:
        print_listing(rows)
    else:
        say("There are no tenants yet: `rollcall tenants create NAME`")


@app.command()
def show(context: typer.Context, name: Name, as_json: AsJson = False) -> None:
    """Show a tenant, its tokens by id and label, and the numbers of its users and groups."""
    overview = tenant_lifecycle.show(connect(context), name)
    tenant, counts = overview.tenant, overview.counts
    if as_json:
        print(json.dumps({**_summary(tenant), **_rate(tenant), "url": overview.url, **counts}))
        return
    say(f"{name} is {tenant.state}, created {tenant.created}")
    print_lines(f"Tenant URL  {overview.url}")
    say("Holds       " + _counted(counts))
    say("May send    " + described(tenant.rate))
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
    if not yes:
        with asking():
            typed = typer.prompt(f"{name} holds {holds}. Type its name to delete all of it")
        if typed != name:
            raise UsageError("the name does not match, nothing is deleted")
    follow(tenant_deletion.delete(operator, name, wait=not no_wait), f"deleting {name}")
    say(f"{name} is deleted: {holds}.")


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {kind}" for kind, count in counts.items())


def _rate(tenant: Tenant) -> dict[str, int]:
    return {"rate": tenant.rate} if tenant.rate else {}


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
app.add_typer(domains, name="domains")
