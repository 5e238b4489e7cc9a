"""`rollcall handover`: a one-time link for the customer's administrator."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Annotated

import typer

from rollcall.cli.connection import connect
from rollcall.cli.durations import duration, duration_text
from rollcall.cli.terminal import AsJson, Name, last_use, print_lines, say
from rollcall.operations import handover_link
from rollcall.operations.handover_link import STATUS_DAYS, TOKEN_DAYS, OAuthClient


def handover(
    context: typer.Context,
    tenant: Name,
    expires: Annotated[
        timedelta,
        typer.Option(
            parser=duration,
            metavar="DURATION",
            help="How long the link can be opened: 30m, 24h, 7d, at most 14d.",
        ),
    ] = "24h",  # type: ignore[assignment]  # read by the parser
    days: Annotated[
        int,
        typer.Option(
            help="After how many days a token expires. A client secret lives as long, but for one "
            "to three years; a federation does not expire."
        ),
    ] = TOKEN_DAYS,
    as_json: AsJson = False,
) -> None:
    """Print a one-time link by which a tenant's administrator connects the identity provider.

    On the page the administrator chooses one of three sign-in methods: workload identity federation
    (recommended, no secret), OAuth client credentials, or a bearer token. What it needs is made
    when the button is pressed, and a secret is shown once, so that nobody else ever sees it. That
    uses the link up: another method needs another link. The page explains the steps in Entra ID,
    and shows for two weeks whether the first request has arrived, and by which method.

    An earlier link that was never opened ends, and so does what an earlier link made and nobody
    used. Tokens and clients in use continue to work, and are listed. When a tenant signs in by
    an OAuth client, `rollcall tokens retire` ends its tokens.
    """
    offer = handover_link.create(connect(context), tenant, expires, days)
    if as_json:
        ids = {
            "revoked": [made.id for made in offer.revoked],
            "kept": [used.token.id for used in offer.kept]
            + [client.id for client, _ in offer.kept_clients],
        }
        link = {"tenant": tenant, "link": offer.url, "opensUntil": offer.opens_until}
        print(json.dumps({**link, **ids}))
        return
    if offer.withdrawn:
        say("An earlier link that was never opened is not valid any more.")
    for made in offer.revoked:
        noun = "client" if isinstance(made, OAuthClient) else "token"
        say(f"The {noun} {made.id} of an earlier hand-over was never used and is revoked.")
    for used in offer.kept:
        token = used.token
        say(
            f"The token {token.id} ({token.label}), {last_use(used.use)}, goes on working. When "
            f"the new one is entered: `rollcall tokens revoke {tenant} {token.id}`"
        )
    for client, use in offer.kept_clients:
        say(
            f"The client {client.id} ({client.label}), {last_use(use)}, goes on working. When it "
            f"is replaced: `rollcall oauth revoke {tenant} {client.id}`"
        )
    print_lines(f"  {offer.url}")
    say(
        f"Send this link to the administrator of {tenant}, and to nobody else. It can be opened "
        f"for {duration_text(expires)}; after that it shows steps and status for {STATUS_DAYS} "
        "days, never a secret again."
    )
