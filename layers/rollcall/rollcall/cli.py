"""The `rollcall` command: the operator's side, and the local server."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table as Listing

from rollcall import local
from rollcall.emulator import EmulatorError
from rollcall.runtime import Services, Settings
from rollcall.scim.errors import SCIMException
from rollcall.storage.clients import stack_outputs
from rollcall.tenants.tenants import Tenant, TenantError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="""Rollcall, a serverless SCIM 2.0 service provider.

    Without --stack the command works on the local server's data (start it with `rollcall serve`),
    or on what AWS_ENDPOINT_URL, ROLLCALL_TABLE and ROLLCALL_SECRETS name.""",
)
tenants_app = typer.Typer(no_args_is_help=True, help="Switch SCIM on and off for a tenant.")
app.add_typer(tenants_app, name="tenants")

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


@dataclass(frozen=True)
class Target:
    """What the command works on."""

    services: Services
    base_url: str


@dataclass(frozen=True)
class Choice:
    """What the options before the command say."""

    stack: str | None
    endpoint_url: str | None
    state: Path

    def target(self) -> Target:
        """Return what to work on: a stack, what the environment names, the local server."""
        if self.stack is not None:
            outputs = stack_outputs(self.stack)
            try:
                settings = Settings(outputs["TableName"], outputs["SecretPrefix"])
                return Target(Services(settings), outputs["ApiUrl"])
            except KeyError as error:
                raise LookupError(f"the stack {self.stack} has no output {error}") from error
        environment = dict(os.environ)
        if self.endpoint_url is not None:
            environment["AWS_ENDPOINT_URL"] = self.endpoint_url
        if {"AWS_ENDPOINT_URL", "ROLLCALL_TABLE"} & set(environment):
            base_url = environment.get("ROLLCALL_URL", "http://127.0.0.1:8000")
            return Target(Services(Settings.of(environment)), base_url)
        running = local.find(self.state)
        if running is None:
            raise LookupError(
                "no local server is running (start one with `rollcall serve`), "
                "and neither --stack nor the environment names a deployment"
            )
        return Target(Services(Settings(endpoint_url=running.endpoint_url)), running.url)


AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
Name = Annotated[str, typer.Argument(help="The tenant: 1 to 40 of a-z, 0-9 and -.")]


@app.callback()
def choose(
    context: typer.Context,
    stack: Annotated[
        str | None, typer.Option(help="Work on a deployment: the name of its stack.")
    ] = None,
    endpoint_url: Annotated[
        str | None,
        typer.Option(help="Work on another DynamoDB and Secrets Manager.", show_default=False),
    ] = None,
    state: Annotated[
        Path, typer.Option(help="Where the local server keeps its data.", show_default=False)
    ] = local.STATE,
) -> None:
    """Note what the command is to work on."""
    context.obj = Choice(stack, endpoint_url, state)


def main() -> NoReturn:
    """Run the command; a mistake of its user is one sentence and exit code 2."""
    try:
        app()
    except (TenantError, EmulatorError, LookupError, OSError) as error:
        _complain(str(error))
        sys.exit(2)
    except SCIMException as error:
        _complain(str(error.detail))
        sys.exit(1)
    sys.exit(0)


@app.command()
def serve(
    context: typer.Context,
    host: Annotated[str, typer.Option(help="The address to serve on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port, 0 for any that is free.")] = 8000,
    tenant: Annotated[
        list[str] | None,
        typer.Option(help="A tenant to create, or to issue a further token for; repeatable."),
    ] = None,
    endpoint_url: Annotated[
        str | None,
        typer.Option(help="Another DynamoDB and Secrets Manager than the embedded emulator."),
    ] = None,
    state: Annotated[
        Path | None, typer.Option(help="Where to keep the data between runs.", show_default=False)
    ] = None,
    fresh: Annotated[bool, typer.Option(help="Begin without data.")] = False,
    as_json: AsJson = False,
) -> None:
    """Serve the whole API on this machine, without an AWS account.

    Prints the Tenant URL and the Secret Token of each tenant when it is ready to answer, with
    --json as one line: {"tenants": {NAME: {"url": …, "token": …}}}. Ctrl-C ends it.
    """
    choice: Choice = context.obj

    def announce(base: str, tokens: dict[str, str]) -> None:
        admitted = {
            name: {"url": local.tenant_url(base, name), "token": token}
            for name, token in tokens.items()
        }
        if as_json:
            print(json.dumps({"tenants": admitted}), flush=True)
            return
        for name, each in admitted.items():
            _print_credentials(name, each["url"], each["token"])
        out.print("Ctrl-C ends the server.")

    local.serve(
        host,
        port,
        tenant or [],
        state=state or choice.state,
        endpoint_url=endpoint_url or choice.endpoint_url or os.environ.get("AWS_ENDPOINT_URL"),
        fresh=fresh,
        announce=announce,
    )


@tenants_app.command()
def create(context: typer.Context, name: Name, as_json: AsJson = False) -> None:
    """Make a tenant, and print its URL and its first token, once."""
    chosen = _target(context)
    token = chosen.services.tenants.create(name)
    url = local.tenant_url(chosen.base_url, name)
    if as_json:
        print(json.dumps({"tenant": name, "url": url, "token": token}))
    else:
        _print_credentials(name, url, token)
        out.print("The token is not kept and cannot be shown again.")


@tenants_app.command(name="list")
def list_(context: typer.Context, as_json: AsJson = False) -> None:
    """List all tenants."""
    found = list(_target(context).services.tenants.list())
    if as_json:
        print(json.dumps([_summary(each) for each in found]))
        return
    listing = Listing("tenant", "state", "created", "tokens", box=None, pad_edge=False)
    for each in found:
        listing.add_row(each.name, each.state, each.created, str(len(each.tokens)))
    out.print(listing if found else "There are no tenants yet: rollcall tenants create NAME")


@tenants_app.command()
def show(context: typer.Context, name: Name, as_json: AsJson = False) -> None:
    """Show a tenant, its tokens (never the tokens themselves) and what its directory holds."""
    chosen = _target(context)
    tenant = chosen.services.tenants.show(name)
    counts = {
        f"{kind.value.lower()}s": count
        for kind, count in chosen.services.directory(name).counts().items()
    }
    url = local.tenant_url(chosen.base_url, name)
    if as_json:
        print(json.dumps({**_summary(tenant), "url": url, **counts}))
        return
    out.print(f"{name} is {tenant.state}, created {tenant.created}")
    out.print(f"Tenant URL  {url}", soft_wrap=True)
    out.print("Holds       " + ", ".join(f"{count} {of}" for of, count in counts.items()))
    listing = Listing("token", "label", "created", "expires", box=None, pad_edge=False)
    for each in tenant.tokens:
        listing.add_row(each.id, each.label, each.created, each.expires)
    out.print(listing)


@tenants_app.command()
def disable(context: typer.Context, name: Name) -> None:
    """Close a tenant's endpoint within a minute; everything is kept."""
    _target(context).services.tenants.disable(name)
    out.print(f"{name} is disabled: within a minute its requests are answered with 401.")


@tenants_app.command()
def enable(context: typer.Context, name: Name) -> None:
    """Open a disabled tenant's endpoint again."""
    _target(context).services.tenants.enable(name)
    out.print(f"{name} is active.")


@tenants_app.command()
def delete(context: typer.Context, name: Name, yes: Yes = False) -> None:
    """Delete a tenant with all its users, groups and tokens. May be repeated when broken off."""
    chosen = _target(context)
    chosen.services.tenants.show(name)
    directory = chosen.services.directory(name)
    counts = {kind.value.lower(): count for kind, count in directory.counts().items()}
    holds = ", ".join(f"{count} {of}s" for of, count in counts.items())
    if not yes:
        typed = typer.prompt(f"{name} holds {holds}. Type its name to delete all of it")
        if typed != name:
            raise TenantError("the name does not match, nothing is deleted")
    chosen.services.tenants.disable(name)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True) as progress:
        task = progress.add_task("deleting")
        for number, kind in enumerate(directory.clear(), 1):
            progress.update(task, description=f"deleting {kind.value.lower()}s, {number} so far")
    chosen.services.tenants.forget(name)
    out.print(f"{name} is deleted: {holds}.")


def _complain(sentence: str) -> None:
    err.print(f"[red]error:[/] {escape(sentence)}", soft_wrap=True)


def _target(context: typer.Context) -> Target:
    choice: Choice = context.obj
    return choice.target()


def _print_credentials(name: str, url: str, token: str) -> None:
    out.print(f"[bold]{name}[/]")
    out.print(f"  Tenant URL    {url}", soft_wrap=True)
    out.print(f"  Secret Token  {token}", soft_wrap=True)
    out.print(
        f"  Try           curl -H 'Authorization: Bearer {token}' '{url}/Users'", soft_wrap=True
    )


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
