"""`rollcall tenants move`."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from rollcall.cli.confirmation import Reason, confirm_name, give_reason
from rollcall.cli.connection import connect, connect_to
from rollcall.cli.terminal import (
    AsJson,
    DryRun,
    Name,
    UsageError,
    Yes,
    follow,
    print_lines,
    say,
)
from rollcall.operations import tenant_move
from rollcall.operations.selection import Selection
from rollcall.operations.tenant_move import FinishedMove, PlannedMove

_VARIABLES = {"AWS_ENDPOINT_URL", "ROLLCALL_TABLE"}
"""What would name the same deployment as source and as target."""


def move(
    context: typer.Context,
    name: Name,
    to_stack: Annotated[
        str | None, typer.Option(help="The stack that the tenant moves to.", show_default=False)
    ] = None,
    to_profile: Annotated[
        str | None, typer.Option(help="The AWS profile of that stack.", show_default=False)
    ] = None,
    to_region: Annotated[
        str | None, typer.Option(help="The region of that stack.", show_default=False)
    ] = None,
    to_state: Annotated[
        Path | None,
        typer.Option(help="The state directory of another local server.", show_default=False),
    ] = None,
    pace: Annotated[
        int, typer.Option(min=0, help="How many items a second are copied at most; 0 is any.")
    ] = 0,
    abandon: Annotated[
        bool, typer.Option("--abandon", help="Take back a move that is not done.")
    ] = False,
    no_wait: Annotated[
        bool, typer.Option("--no-wait", help="Do not wait for requests that may still run.")
    ] = False,
    yes: Yes = False,
    reason: Reason = "",
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Move a tenant with everything that it holds to another stack, in any region and account.

    Its clients get 503 meanwhile, and try again. The command waits for 90 seconds for requests that
    still run, copies, compares, and lets the other stack serve the tenant: the Tenant URL in the
    identity provider is to be changed then, the tokens stay. It may be repeated when it was
    interrupted. Here the tenant stays closed until `rollcall tenants delete` deletes what is left.
    """
    if (to_stack is None) == (to_state is None):
        raise UsageError("say where to: --to-stack NAME, or --to-state for a local server")
    source, target = (
        connect(context),
        connect_to(_target(to_stack, to_profile, to_region, to_state)),
    )
    planned = tenant_move.plan(source, target, name)
    if dry_run:
        _show(planned, as_json=as_json)
        return
    sentence = f"{name} is closed for its clients and moves to {planned.target_url}. Type its name"
    if abandon:
        reasoned = give_reason(source, reason, ask=not yes)
        follow(tenant_move.abandon(reasoned, target, name), f"taking back the move of {name}")
        _say_abandoned(planned, as_json=as_json)
        return
    source = confirm_name(source, name, sentence, yes=yes, reason=reason)
    target = target.because(source.reason)
    done = follow(
        tenant_move.move(source, target, name, pace=pace, wait=not no_wait), f"moving {name}"
    )
    _say_done(done, as_json=as_json)


def _target(
    stack: str | None, profile: str | None, region: str | None, state: Path | None
) -> Selection:
    if state is None:
        return Selection(stack, None, Path(), os.environ, profile, region)
    environment = {key: value for key, value in os.environ.items() if key not in _VARIABLES}
    return Selection(None, None, state, environment, profile, region)


def _show(planned: PlannedMove, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps({**asdict(planned), "stage": planned.stage.value}))
        return
    print_lines(f"From     {planned.source_url}")
    print_lines(f"To       {planned.target_url}")
    say(f"Holds    {planned.users} users, {planned.groups} groups")
    say(f"Signs in {planned.tokens} tokens, {planned.clients} OAuth clients")
    say(f"The move: {planned.stage.value}. Nothing is changed.")


def _say_abandoned(planned: PlannedMove, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"tenant": planned.tenant, "url": planned.source_url, "moved": False}))
        return
    say(f"{planned.tenant} stays at {planned.source_url}, which serves it again within a minute.")


def _say_done(done: FinishedMove, *, as_json: bool) -> None:
    compared = done.comparison
    items, digest = (compared.source.items, compared.source.digest) if compared else (None, None)
    if as_json:
        urls = {"url": done.target_url, "formerUrl": done.source_url}
        counted = {"items": items, "digest": digest}
        print(json.dumps({"tenant": done.tenant, "moved": True, **urls, **counted}))
        return
    if compared:
        say(f"{items:,} items are there as they were here, digest {digest}.")
    say(f"{done.tenant} is served at its new Tenant URL:")
    print_lines(f"  {done.target_url}")
    say("Enter it in the identity provider; the secret token stays as it is. Do not restart.")
    if done.clients:
        say(
            f"{done.clients} OAuth clients: enter the new token URL, too. Access tokens of the old "
            "one are refused, and a client fetches another."
        )
    say(
        "Here the tenant answers 503 until `rollcall tenants delete` deletes what is left: do that "
        "when a cycle has arrived there."
    )
