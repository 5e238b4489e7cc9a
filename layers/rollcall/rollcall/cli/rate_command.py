"""`rollcall tenants rate`: how many requests a second a tenant may send."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from rollcall.cli.connection import connect
from rollcall.cli.terminal import AsJson, Name, UsageError, say
from rollcall.operations import tenant_rates

_DEFAULT = "default"


def rate(
    context: typer.Context,
    name: Name,
    requests: Annotated[
        str | None,
        typer.Argument(
            metavar="[N|default]",
            help="The rate to set, or `default`; without it, the current rate is shown.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show or set how many requests a second a tenant may send.

    As many may come at once; each operation of a bulk request counts as one. What is beyond is
    answered with 429 and the seconds after which to try again. `default` is the rate of the
    deployment, its parameter TenantRequestsPerSecond.

    A change takes effect everywhere within a minute.
    """
    operator = connect(context)
    if requests is not None:
        tenant_rates.set_rate(operator, name, _number(requests))
    current = tenant_rates.read(operator, name)
    if as_json:
        print(json.dumps({"tenant": name, "rate": current or _DEFAULT}))
        return
    say(f"{name} may send {described(current)}.")


def described(rate: int) -> str:
    """Return a rate in words."""
    return f"{rate} requests a second" if rate else "as many requests as the deployment allows"


def _number(text: str) -> int:
    """Return the number of a rate, 0 for the deployment's. Raises UsageError."""
    if text == _DEFAULT:
        return 0
    if not (text.isascii() and text.isdecimal() and int(text[:9]) > 0):
        raise UsageError(f"{text!r} is no rate: write a number, or {_DEFAULT}")
    return int(text[:9])
