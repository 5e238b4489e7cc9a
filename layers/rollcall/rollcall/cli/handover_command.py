"""`rollcall handover`: a one-time link for the customer's administrator."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Annotated

import typer

from rollcall.cli.connection import connect
from rollcall.cli.durations import duration, duration_text
from rollcall.cli.terminal import AsJson, Name, print_lines, say
from rollcall.operations import handover_link
from rollcall.operations.handover_link import STATUS_DAYS, TOKEN_DAYS


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
    days: Annotated[int, typer.Option(help="After how many days the token expires.")] = TOKEN_DAYS,
    as_json: AsJson = False,
) -> None:
    """Print a one-time link that gives a tenant's administrator endpoint and token.

    The page of the link shows both once, when a button is pressed: the token is issued at that
    moment, so that nobody else ever sees it. The page explains the steps in Entra ID, and shows for
    two weeks whether the connection test has arrived.

    An earlier link that was never opened ends, and so does the token of an earlier link that was
    never used. Tokens in use continue to work, and are listed: revoke them when the new token is
    entered in the identity provider.
    """
    offer = handover_link.create(connect(context), tenant, expires, days)
    if as_json:
        ids = {
            "revoked": [token.id for token in offer.revoked],
            "kept": [used.token.id for used in offer.kept],
        }
        link = {"tenant": tenant, "link": offer.url, "opensUntil": offer.opens_until}
        print(json.dumps({**link, **ids}))
        return
    if offer.withdrawn:
        say("An earlier link that was never opened is not valid any more.")
    for token in offer.revoked:
        say(f"The token {token.id} of an earlier hand-over was never used and is revoked.")
    for used in offer.kept:
        token = used.token
        last = f"last used on {used.use.last}" if used.use else "never used"
        say(
            f"The token {token.id} ({token.label}), {last}, goes on working. When the new one is "
            f"entered: `rollcall tokens revoke {tenant} {token.id}`"
        )
    print_lines(f"  {offer.url}")
    say(
        f"Send this link to the administrator of {tenant}, and to nobody else. It can be opened "
        f"for {duration_text(expires)}; after that it shows steps and status for {STATUS_DAYS} "
        "days, never the token again."
    )
