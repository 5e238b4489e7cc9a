"""`rollcall tenants`: switch SCIM on and off for a tenant."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from rollcall.cli.connection import target
from rollcall.cli.export_command import export
from rollcall.cli.link_policy_command import domains, policy
from rollcall.cli.listing import Listing
from rollcall.cli.terminal import (
    AsJson,
    Name,
    UsageError,
    Yes,
    asking,
    err,
    operator,
    print_credentials,
    print_lines,
    print_listing,
    say,
)
from rollcall.operations import tenant_deletion
from rollcall.tenants.tenants import Tenant

app = typer.Typer(no_args_is_help=True, help="Switch SCIM on and off for a tenant.")
app.command()(export)


@app.command()
def create(
    context: typer.Context,
    name: Name,
    no_token: Annotated[
        bool,
        typer.Option(
            "--no-token", help="Make no token: the administrator gets one by a hand-over."
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make a tenant, and print its URL and its first token, once."""
    chosen = target(context)
    url = chosen.tenant_url(name)
    if no_token:
        chosen.services.tenants.add(name)
        chosen.services.acts(name, operator()).write("create", f"Tenant/{name}", "")
        if as_json:
            print(json.dumps({"tenant": name, "url": url}))
        else:
            say(f"{name} is active, its Tenant URL is {url}")
            say(f"Hand a token over: `rollcall handover {name}`")
        return
    token = chosen.services.tenants.create(name)
    chosen.services.acts(name, operator()).write("create", f"Tenant/{name}", "with a token")
    if as_json:
        print(json.dumps({"tenant": name, "url": url, "token": token}))
    else:
        print_credentials(name, url, token)
        say("The token is not kept and cannot be shown again.")


@app.command(name="list")
def list_(context: typer.Context, as_json: AsJson = False) -> None:
    """List all tenants."""
    found = list(target(context).services.tenants.list())
    if as_json:
        print(json.dumps([_summary(each) for each in found]))
        return
    rows = Listing("tenant", "state", "created", "tokens")
    for each in found:
        rows.add(each.name, each.state, each.created, str(len(each.tokens)))
    if rows:
        print_listing(rows)
    else:
        say("There are no tenants yet: `rollcall tenants create NAME`")


@app.command()
def show(context: typer.Context, name: Name, as_json: AsJson = False) -> None:
    """Show a tenant, its tokens (never the tokens themselves) and what its directory holds."""
    chosen = target(context)
    tenant = chosen.services.tenants.show(name)
    counts = {
        f"{kind.value.lower()}s": count
        for kind, count in chosen.services.directory(name).counts().items()
    }
    url = chosen.tenant_url(name)
    if as_json:
        print(json.dumps({**_summary(tenant), "url": url, **counts}))
        return
    say(f"{name} is {tenant.state}, created {tenant.created}")
    print_lines(f"Tenant URL  {url}")
    say("Holds       " + ", ".join(f"{count} {of}" for of, count in counts.items()))
    rows = Listing("token", "label", "created", "expires")
    for each in tenant.tokens:
        rows.add(each.id, each.label, each.created, each.expires)
    if rows:
        print_listing(rows)


@app.command()
def disable(context: typer.Context, name: Name) -> None:
    """Close a tenant's endpoint within a minute; everything is kept."""
    services = target(context).services
    services.tenants.disable(name)
    services.acts(name, operator()).write("disable", f"Tenant/{name}", "")
    say(f"{name} is disabled: within a minute its requests are answered with 401.")


@app.command()
def enable(context: typer.Context, name: Name) -> None:
    """Open a disabled tenant's endpoint again."""
    services = target(context).services
    services.tenants.enable(name)
    services.acts(name, operator()).write("enable", f"Tenant/{name}", "")
    say(f"{name} is active.")


@app.command()
def delete(
    context: typer.Context,
    name: Name,
    yes: Yes = False,
    no_wait: Annotated[
        bool,
        typer.Option("--no-wait", help="Do not wait for requests that may be under way."),
    ] = False,
) -> None:
    """Delete a tenant with all its users, groups, tokens and its log.

    It is disabled first; its requests that may be under way are waited for, until a minute and a
    half after that, and what they left is deleted too. Reads the whole table once. May be repeated
    when broken off: it ends with the tenant's own secret.
    """
    chosen = target(context)
    services = chosen.services
    services.tenants.show(name)
    counts = services.directory(name).counts()
    holds = ", ".join(f"{count} {kind.value.lower()}s" for kind, count in counts.items())
    if not yes:
        with asking():
            typed = typer.prompt(f"{name} holds {holds}. Type its name to delete all of it")
        if typed != name:
            raise UsageError("the name does not match, nothing is deleted")
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as progress:
        task = progress.add_task("deleting")
        for doing in tenant_deletion.delete(services, name, operator(), wait=not no_wait):
            progress.update(task, description=doing)
    say(f"{name} is deleted: {holds}.")


def _summary(tenant: Tenant) -> dict[str, Any]:
    return {
        "tenant": tenant.name,
        "state": tenant.state,
        "created": tenant.created,
        "tokens": [
            {"id": each.id, "label": each.label, "created": each.created, "expires": each.expires}
            for each in tenant.tokens
        ],
    }


app.command()(policy)
app.add_typer(domains, name="domains")
