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

    The page behind it shows both once, when a button is pressed: the token is made at that moment,
    so nobody else ever sees it. It leads through the steps in Entra ID and tells whether the
    connection test has arrived, and goes on telling for two weeks.

    An earlier link that was never opened ends, and so does the token of one that was never used.
    Tokens that are in use go on working, and are named: provisioning would stop without them until
    the new one is entered. Revoke them then.
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
