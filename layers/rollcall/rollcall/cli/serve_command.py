"""`rollcall serve`: the local server."""

from __future__ import annotations

import json
import os
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from rollcall.cli.console_command import console_beside
from rollcall.cli.terminal import AsJson, print_credentials, print_lines, say
from rollcall.cli.termination import orderly_end
from rollcall.dev import local_server
from rollcall.dev.local_server import Settings
from rollcall.model.tenant_url import tenant_url
from rollcall.operations.deployment import check_endpoint
from rollcall.operations.selection import Selection


def serve(
    context: typer.Context,
    host: Annotated[str, typer.Option(help="The address to serve on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="The port, 0 for any that is free.")
    ] = 8000,
    tenant: Annotated[
        list[str] | None,
        typer.Option(
            help="A tenant to create if it does not exist. Its token works for 30 days, and "
            "replaces the one that the server printed before; repeatable."
        ),
    ] = None,
    endpoint_url: Annotated[
        str | None,
        typer.Option(
            help="A DynamoDB and Secrets Manager to use instead of the embedded emulator."
        ),
    ] = None,
    state: Annotated[
        Path | None,
        typer.Option(help="The directory that keeps the data between runs.", show_default=False),
    ] = None,
    extensions: Annotated[
        Path | None,
        typer.Option(
            help='A file of extension schemas, {"User": [schemas], "Group": [schemas]}.',
            envvar="ROLLCALL_EXTENSIONS",
            show_default=False,
        ),
    ] = None,
    events: Annotated[
        Path | None,
        typer.Option(
            help="A file to append change events to, one a line, in the form in which EventBridge "
            "delivers them. Only with it are waves of disabled accounts noticed.",
            show_default=False,
        ),
    ] = None,
    fresh: Annotated[bool, typer.Option(help="Delete the data first.")] = False,
    product: Annotated[
        str,
        typer.Option(help="The product's name on the hand-over page.", envvar="ROLLCALL_PRODUCT"),
    ] = Settings.product,
    support: Annotated[
        str,
        typer.Option(
            help="The address or URL for help, on the hand-over page.",
            envvar="ROLLCALL_SUPPORT",
            show_default=False,
        ),
    ] = Settings.support,
    request_seconds: Annotated[
        float, typer.Option(min=1, help="After how many seconds a request is answered with 503.")
    ] = Settings.request_seconds,
    trust_loopback_issuer: Annotated[
        bool,
        typer.Option(
            "--trust-loopback-issuer",
            help="Let clients sign in with assertions of an issuer on this machine.",
            rich_help_panel="For tests",  # among the others its name would be cut
        ),
    ] = False,
    rate: Annotated[
        int,
        typer.Option(
            min=0,
            help="How many requests a second each tenant may send, 0 for any number; a tenant's "
            "own rate counts only with one.",
        ),
    ] = Settings.rate,
    as_json: AsJson = False,
) -> None:
    """Serve the whole API on this machine, without an AWS account.

    Prints the Tenant URL and the Secret Token of each tenant when it is ready to answer, with
    --json as one line: {"tenants": {NAME: {"url": …, "token": …}}}. Ctrl-C ends it.
    """
    selection: Selection = context.obj
    served = state or selection.state

    def announce(base: str, tokens: dict[str, str]) -> None:
        credentials = {
            name: {"url": tenant_url(base, name), "token": token} for name, token in tokens.items()
        }
        if as_json:
            print(json.dumps({"tenants": credentials}), flush=True)
            return
        for name, credential in credentials.items():
            print_credentials(name, credential["url"], credential["token"])
        if events is not None:
            say(f"Change events are appended to {events}.")
        if link := stack.enter_context(console_beside(replace(selection, state=served))):
            print_lines(f"Console  {link}")
            say("The console's link works once, within a minute; `rollcall console` opens another.")
        say("Ctrl-C ends the server.")

    settings = Settings(
        extensions=extensions,
        product=product,
        support=support,
        access_levels=Settings.of(os.environ).access_levels,
        request_seconds=request_seconds,
        issuer_hosts=Settings.of(os.environ).issuer_hosts,
        trust_loopback_issuer=trust_loopback_issuer,
        rate=rate,
    )
    with orderly_end(), ExitStack() as stack:
        local_server.serve(
            host,
            port,
            tenant or [],
            state=served,
            endpoint_url=check_endpoint(
                endpoint_url or selection.endpoint_url or os.environ.get("AWS_ENDPOINT_URL") or None
            ),
            fresh=fresh,
            announce=announce,
            settings=settings,
            events=events,
        )
