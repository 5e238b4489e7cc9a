"""`rollcall oauth`: the OAuth clients of a tenant, and the key that signs access tokens."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer
from rich.text import Text

from rollcall.cli.confirmation import Reason, confirm
from rollcall.cli.connection import connect
from rollcall.cli.durations import duration, duration_text
from rollcall.cli.listing import Listing
from rollcall.cli.terminal import (
    AsJson,
    Name,
    Yes,
    last_day,
    last_use,
    print_lines,
    print_listing,
    say,
)
from rollcall.cli.text import Cell
from rollcall.cli.trust_command import trust
from rollcall.model.tenant_url import token_url
from rollcall.operations import client_registration
from rollcall.operations.client_registration import (
    MIN_DAYS,
    SOON,
    ClientSecret,
    IssuedSecret,
    Scope,
    TokenUse,
    UsedClient,
)
from rollcall.operations.operator import Operator

app = typer.Typer(
    no_args_is_help=True,
    help="The OAuth clients of a tenant: each gets access tokens of an hour at the tenant's token "
    "endpoint, for a secret or, with a trust, for assertions of an issuer such as Entra ID.\n\n"
    "A secret is shown once, when it is made, and not stored. A revoked client is refused "
    "everywhere within a minute, and so are its access tokens.",
)
app.command()(trust)

Days = Annotated[
    int, typer.Option(help="After how many days the secret expires: one to three years.")
]
ClientId = Annotated[
    str, typer.Argument(metavar="CLIENT", help="The client's id, as `list` shows it.")
]


@app.command()
def create(
    context: typer.Context,
    tenant: Name,
    label: Annotated[
        str, typer.Option(help="The client's purpose, which `list` shows.")
    ] = "client credentials",
    scope: Annotated[
        Scope, typer.Option(help="A read-only client reads and searches, and changes nothing.")
    ] = Scope.READ_WRITE,
    days: Days = MIN_DAYS,
    hours: Annotated[
        int,
        typer.Option("--token-hours", help="For how many hours an access token is valid: 1 to 6."),
    ] = 1,
    as_json: AsJson = False,
) -> None:
    """Create a client with a secret, and print both once.

    Enter them with the Token URL in the identity provider, as OAuth 2.0 client credentials.
    """
    operator = connect(context)
    issued = client_registration.create(operator, tenant, label, days, scope, hours=hours)
    _print_issued(operator, tenant, issued, as_json)


@app.command()
def rotate(
    context: typer.Context,
    tenant: Name,
    client: Annotated[
        str | None,
        typer.Argument(
            help="The id of the client; not needed when there is only one with a secret.",
            show_default=False,
        ),
    ] = None,
    overlap: Annotated[
        timedelta,
        typer.Option(
            parser=duration,
            metavar="DURATION",
            help="How long the old secret works beside the new one: 30m, 24h, 14d; 0 for a secret "
            "that leaked, which ends its access tokens, too.",
        ),
    ] = "24h",  # type: ignore[assignment]  # read by the parser
    days: Days = MIN_DAYS,
    as_json: AsJson = False,
) -> None:
    """Give a client another secret, and print it once; a client has at most two that work.

    Enter the new one in the identity provider before the overlap is over.
    """
    operator = connect(context)
    issued = client_registration.rotate(operator, tenant, client, overlap, days)
    _print_issued(operator, tenant, issued, as_json)
    if as_json or issued.replaced is None:
        return
    old = issued.replaced
    if overlap:
        say(f"The old secret {old.id} works for {duration_text(overlap)}, until {old.expires}.")
    else:
        say(f"The old secret {old.id} and its access tokens are refused within a minute.")


@app.command()
def revoke(
    context: typer.Context,
    tenant: Name,
    client: ClientId,
    secret: Annotated[
        str,
        typer.Option(
            help="Revoke only this one of the client's two secrets, and its access tokens.",
            show_default=False,
        ),
    ] = "",
    yes: Yes = False,
    reason: Reason = "",
) -> None:
    """Revoke a client: within a minute, its access tokens are answered with 401."""
    operator = connect(context)
    used = client_registration.show(operator, tenant, client)
    label = used.client.label
    what, use = f"{client} ({label})", used.use
    if secret:
        what, use = f"the secret {secret} of {what}", used.uses_of_secrets.get(secret)
    operator = confirm(operator, f"Revoke {what}, {last_use(use)}?", yes=yes, reason=reason)
    if secret:
        client_registration.revoke_secret(operator, tenant, client, secret)
    else:
        client_registration.revoke(operator, tenant, client)
    say(f"{what} is revoked: within a minute it is refused everywhere.")


@app.command(name="list")
def list_(context: typer.Context, tenant: Name, as_json: AsJson = False) -> None:
    """List the clients by id and label, with their secrets, their expiry and their last use."""
    clients = client_registration.list_all(connect(context), tenant)
    if as_json:
        print(json.dumps([_summary(used) for used in clients]))
        return
    if not clients:
        say(f"{tenant} has no OAuth clients: `rollcall oauth create {tenant}`")
        return
    now = datetime.now(UTC)
    rows = Listing("client", "label", "scope", "secret", "expires", "last used", "")
    for used in clients:
        about = (used.client.id, used.client.label, used.client.scope)
        for secret in used.client.secrets:
            use = used.uses_of_secrets.get(secret.id)
            last, remark = last_day(use), _remark(secret, now)
            rows.add(*about, secret.id, secret.expires[:10], last, remark)
        if used.client.trust is not None:
            rows.add(
                *about, "none", "never", last_day(used.use), f"trusts {used.client.trust.issuer}"
            )
        elif not used.client.secrets:
            rows.add(*about, "none", "", last_day(used.use), Text("expired, rotate it", "yellow"))
    print_listing(rows)


@app.command()
def rotate_signing_key(
    context: typer.Context,
    force: Annotated[
        bool,
        typer.Option(
            "--force",
            help="Also within seven hours of the last rotation: access tokens that the key before "
            "has signed end within minutes, and clients have to get new ones.",
        ),
    ] = False,
) -> None:
    """Replace the key that signs the access tokens of all tenants.

    Tokens of the key before stay valid until they expire. For a key that leaked, rotate twice, with
    --force.
    """
    key = client_registration.rotate_signing_key(connect(context), force=force)
    say(f"The key {key.id} signs access tokens in a minute.")


def _remark(secret: ClientSecret, now: datetime) -> Cell:
    remaining = datetime.fromisoformat(secret.expires) - now
    if remaining <= timedelta():
        return Text("expired", "yellow")
    if remaining < SOON:
        left = max(remaining, timedelta(hours=1))
        unit = timedelta(days=1) if left >= timedelta(days=1) else timedelta(hours=1)
        return Text(f"expires in {duration_text(left // unit * unit)}", "yellow")
    return ""


def _summary(used: UsedClient) -> dict[str, Any]:
    client = asdict(used.client)
    secrets = [
        {name: value for name, value in secret.items() if name != "digest"}
        | _times(used.uses_of_secrets.get(secret["id"]))
        for secret in client.pop("secrets")
    ]
    identifier, way = client.pop("id"), used.client.way
    return {"client_id": identifier, "way": way, **client, "secrets": secrets, **_times(used.use)}


def _times(use: TokenUse | None) -> dict[str, str]:
    return {"firstUsed": use.first, "lastUsed": use.last} if use else {}


def _print_issued(operator: Operator, tenant: str, issued: IssuedSecret, as_json: bool) -> None:
    client, secret = issued.client, issued.secret
    endpoint, url = token_url(operator.services.settings.url, tenant), operator.tenant_url(tenant)
    if as_json:
        credentials = {"client_id": client.id, "client_secret": issued.plain}
        urls = {"token_url": endpoint, "scim_url": url}
        about = {"secret": secret.id, "scope": client.scope, "expires": secret.expires}
        old = issued.replaced
        replaced = {} if old is None else {"replaced": {"secret": old.id, "expires": old.expires}}
        print(json.dumps({"tenant": tenant, **credentials, **urls, **about, **replaced}))
        return
    print_lines(f"  Client ID      {client.id}")
    print_lines(f"  Client secret  {issued.plain}")
    print_lines(f"  Token URL      {endpoint}")
    print_lines(f"  SCIM URL       {url}")
    say(f"Secret {secret.id} of {client.label} ({client.scope}) expires {secret.expires[:10]}.")
    say("It is not kept and cannot be shown again.")
