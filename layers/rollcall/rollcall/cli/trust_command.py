"""`rollcall oauth trust`: a client that signs in by assertions of an issuer, without a secret."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from rollcall.cli.connection import connect
from rollcall.cli.terminal import AsJson, DryRun, Name, UsageError, err, print_lines, say
from rollcall.model.tenant_url import token_url
from rollcall.operations import trusts
from rollcall.operations.operator import Operator
from rollcall.operations.trusts import OAuthClient, PastedTrust, Scope
from rollcall.operator_error import naming

MAX_ASSERTION = 100_000
"""The characters that are read of a file; an assertion has about 1 500."""


def trust(
    context: typer.Context,
    tenant: Name,
    issuer: Annotated[
        str, typer.Option(help="The issuer, as Entra shows it; the tenant id alone will do.")
    ],
    subject: Annotated[str, typer.Option(help="The subject: an object id.")],
    audience: Annotated[
        str, typer.Option(help="The audience: api:// and the id of an application.")
    ],
    jwks: Annotated[
        str,
        typer.Option(
            help="The URL of the issuer's keys; for Entra it follows from the issuer.",
            show_default=False,
        ),
    ] = "",
    label: Annotated[
        str, typer.Option(help="The client's purpose, which `list` shows.")
    ] = "workload identity",
    scope: Annotated[
        Scope, typer.Option(help="A read-only client reads and searches, and changes nothing.")
    ] = Scope.READ_WRITE,
    single_use: Annotated[
        bool,
        typer.Option(
            "--single-use",
            help="Accept an assertion that has a jti only once. Those of Entra have none.",
        ),
    ] = False,
    assertion: Annotated[
        Path | None,
        typer.Option(
            help="A file with an assertion to try first, - for standard input. One that is refused "
            "changes nothing.",
            allow_dash=True,
            show_default=False,
        ),
    ] = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Add a client that signs in with assertions of an issuer, and has no secret.

    The values are those that Entra shows for a workload identity, pasted as they are. What is read
    differently from what is pasted is told. Enter the client id and the two URLs in Entra.
    """
    operator = connect(context)
    pasted = trusts.read(operator, issuer, jwks, subject, audience, single_use=single_use)
    if not as_json:
        _explain(pasted)
    if assertion is not None:
        trusts.try_assertion(operator, pasted.trust, _read(assertion))
    client = None if dry_run else trusts.create(operator, tenant, pasted.trust, label, scope)
    if as_json:
        print(json.dumps(_summary(operator, tenant, pasted, client)))
        return
    if assertion is not None:
        say("The assertion is right.")
    if client is None:
        say("Nothing is changed.")
        return
    print_lines(f"  Client ID  {client.id}")
    print_lines(f"  Token URL  {token_url(operator.services.settings.url, tenant)}")
    print_lines(f"  SCIM URL   {operator.tenant_url(tenant)}")
    say(f"Client {client.id} ({client.label}, {client.scope}) has no secret, and does not expire.")


def _explain(pasted: PastedTrust) -> None:
    trust = pasted.trust
    print_lines(f"  Issuer     {trust.issuer}")
    print_lines(f"  JWKS URL   {trust.jwks}")
    print_lines(f"  Subject    {trust.subject}")
    print_lines(f"  Audience   {trust.audience}")
    for note in pasted.notes:
        say(f"{note}.")
    for warning in pasted.warnings:
        say(f"warning: {warning}.", to=err, style="yellow")


def _read(file: Path) -> str:
    """Return an assertion from a file, or from standard input."""
    if str(file) == "-":
        return sys.stdin.read(MAX_ASSERTION).strip()
    if str(file).startswith("eyJ"):
        raise UsageError(
            "--assertion takes a file or -, and not the assertion itself, "
            "which other users of this machine could read"
        )
    with naming(file), file.open(errors="replace") as stream:
        return stream.read(MAX_ASSERTION).strip()


def _summary(
    operator: Operator, tenant: str, pasted: PastedTrust, client: OAuthClient | None
) -> dict[str, Any]:
    created = {
        "client_id": client.id if client else None,
        "token_url": token_url(operator.services.settings.url, tenant),
        "scim_url": operator.tenant_url(tenant),
    }
    told = {"notes": pasted.notes, "warnings": pasted.warnings}
    return {**created, "trust": asdict(pasted.trust), **told}
