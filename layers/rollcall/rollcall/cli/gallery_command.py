"""`rollcall gallery`: what Microsoft's gallery validator would say of a SCIM endpoint."""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from itertools import groupby
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from rollcall.cli.listing import Listing
from rollcall.cli.terminal import (
    AsJson,
    UsageError,
    asking,
    complain,
    follow,
    local_user,
    print_lines,
    print_listing,
    say,
)
from rollcall.cli.text import Prose
from rollcall.dev.check_issuer import own_client
from rollcall.operations import gallery_check
from rollcall.operations.gallery_check import (
    DOMAIN,
    REQUIREMENTS,
    SECONDS,
    CheckReport,
    CheckResult,
    ClientCredentials,
    FederatedClient,
    Origin,
    Outcome,
    SignIn,
)
from rollcall.operator_error import naming

app = typer.Typer(
    no_args_is_help=True, help="Prepare an application for Microsoft's gallery of applications."
)

TOKEN, SECRET = "ROLLCALL_CHECK_TOKEN", "ROLLCALL_CHECK_SECRET"

_COLOURS = {
    Outcome.PASSED: "green",
    Outcome.FAILED: "red",
    Outcome.WARNING: "yellow",
    Outcome.SKIPPED: "dim",
    Outcome.NOT_TRIED: "dim",
}

_HEADINGS = {
    Origin.DIRECT: "Tests that the gallery's validator sends itself",
    Origin.ENTRA: "Tests that it makes through Entra, by the requests that Entra sends",
    Origin.WEB: "Further tests of the SCIM Validator on the web",
}


@app.callback()
def group() -> None:
    """Prepare an application for Microsoft's gallery of applications."""


@app.command(name="check")
def check_(
    context: typer.Context,
    url: Annotated[
        str, typer.Argument(metavar="URL", help="The SCIM endpoint, such as the Tenant URL.")
    ],
    token_file: Annotated[
        Path | None,
        typer.Option(
            help=f"A file with the bearer token, - for standard input. Without it {TOKEN} in the "
            "environment is the token.",
            show_default=False,
        ),
    ] = None,
    client_id: Annotated[
        str | None,
        typer.Option(
            help="The client id, to sign in by OAuth client credentials.", show_default=False
        ),
    ] = None,
    client_secret_file: Annotated[
        Path | None,
        typer.Option(
            help=f"A file with the client secret, - for standard input. Without it {SECRET} in "
            "the environment is the secret.",
            show_default=False,
        ),
    ] = None,
    token_url: Annotated[
        str | None, typer.Option(help="The token endpoint of the client.", show_default=False)
    ] = None,
    assertion_file: Annotated[
        Path | None,
        typer.Option(
            help="A file with an assertion of an issuer that the endpoint trusts, such as Entra, "
            "to sign in by federation; - for standard input.",
            show_default=False,
        ),
    ] = None,
    federated_client_id: Annotated[
        str | None,
        typer.Option(help="The client id for the assertion.", show_default=False),
    ] = None,
    scope: Annotated[
        str, typer.Option(help="The scope to ask the token endpoint for.", show_default=False)
    ] = "",
    domain: Annotated[
        str, typer.Option(help="The domain of the user names that are created.")
    ] = DOMAIN,
    seconds: Annotated[float, typer.Option(min=1, help="How long one request may take.")] = SECONDS,
    as_json: AsJson = False,
) -> None:
    """Play the tests of Microsoft's gallery validator against any SCIM endpoint.

    Prints for each test what the validator would say and, where something does not match, the
    attribute, what was sent, what came back and what Microsoft expects. It works against servers
    other than Rollcall, too.

    Token and secret are read from a file or from the environment, or else asked for. No option
    takes them: other users of the machine could read it.

    The check creates about 30 users and 20 groups, called gallery-check-…, and deletes them, after
    Ctrl-C as well; what it cannot delete it names. Use a tenant for tests: clients of the tenant
    see these users for some seconds.

    The validator wants one of two sign-in tests to pass, OAuth client credentials or federation.
    With a bearer token alone the first is skipped. Federation needs an assertion of an issuer that
    the endpoint trusts: --assertion-file, or for a tenant of `rollcall serve
    --trust-loopback-issuer` one of the check's own, by a client that it adds and removes again.
    Otherwise it is not tried.

    The exit code is 0 when no mandatory test failed, 1 when one failed or something could not be
    deleted, and 2 when the check could not begin.
    """
    bearer = _secret(token_file, TOKEN)
    federated = _federated(assertion_file, federated_client_id, token_url)
    credentials = _credentials(client_id, client_secret_file, token_url, scope)
    if bearer is None and credentials is None and federated is None:
        bearer = _ask("Bearer token", TOKEN)
    try:
        with own_client(local_user(), context.obj, url) as own:
            sign_in = SignIn(bearer, credentials, federated or own)
            report = follow(gallery_check.check(url, sign_in, domain, seconds), "testing")
    except BaseException as error:
        for note in getattr(error, "__notes__", ()):
            complain(note)
        raise
    if as_json:
        print(json.dumps(gallery_check.as_json(report)))
    else:
        _show(report)
    raise typer.Exit(1 if report.failed or report.leftovers else 0)


@app.command()
def attest(as_json: AsJson = False) -> None:
    """List Microsoft's requirements of a gallery application and where each is answered.

    It is the list that a submission to the gallery attests. What only the company that publishes
    the application can answer is marked as yours.
    """
    if as_json:
        print(json.dumps([each._asdict() for each in REQUIREMENTS]))
        return
    for section, requirements in groupby(REQUIREMENTS, key=lambda each: each.section):
        say(section, style="bold")
        rows = Listing("", "", "")
        for each in requirements:
            required = "required" if each.required else "recommended"
            rows.add(required, each.answered.value, Prose(each.text), below=f"→ {each.where}")
        print_listing(rows)
        print_lines("")


def _credentials(
    client_id: str | None, file: Path | None, token_url: str | None, scope: str
) -> ClientCredentials | None:
    if client_id is None:
        if file is not None:
            raise UsageError("--client-secret-file needs --client-id")
        return None
    if token_url is None:
        raise UsageError("--client-id needs --token-url")
    secret = _secret(file, SECRET) or _ask("Client secret", SECRET)
    return ClientCredentials(token_url, client_id, secret, scope)


def _federated(
    file: Path | None, client_id: str | None, token_url: str | None
) -> FederatedClient | None:
    if file is None and client_id is None:
        return None
    assertion = _secret(file, "")
    if assertion is None or client_id is None or token_url is None:
        raise UsageError("--assertion-file, --federated-client-id and --token-url belong together")
    return FederatedClient(token_url, client_id, assertion)


def _secret(file: Path | None, variable: str) -> str | None:
    """Return a secret of a file or of the environment, None where there is neither."""
    if file is None:
        return os.environ.get(variable, "").strip() or None
    with naming(file):
        text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
    if not text.strip() or not text.strip().isascii() or not text.strip().isprintable():
        raise UsageError(f"{file} holds no token or secret: one line of ASCII")
    return text.strip()


def _ask(what: str, variable: str) -> str:
    """Ask for a secret, which is not shown while it is typed."""
    if not sys.stdin.isatty():
        raise UsageError(f"no {what.lower()}: give a file, or {variable} in the environment")
    with asking():
        typed: str = typer.prompt(what, hide_input=True, err=True)
    return typed.strip()


def _show(report: CheckReport) -> None:
    for origin, heading in _HEADINGS.items():
        say(heading, style="bold")
        rows = Listing("", "", "")
        for result in report.results:
            if result.origin is origin:
                outcome = Text(result.outcome.value, _COLOURS[result.outcome])
                optional = "" if result.mandatory else "optional"
                rows.add(result.name, outcome, optional, below=_below(result))
        print_listing(rows)
        print_lines("")
    counts = Counter(result.outcome for result in report.results)
    figures = ", ".join(f"{counts[each]} {each.value}" for each in Outcome if counts[each])
    say(f"{len(report.results)} tests: {figures}", style="bold")
    for sentence in _verdict(report):
        say(sentence)
    for leftover in report.leftovers:
        print_lines(f"not deleted: {leftover}")


def _below(result: CheckResult) -> str:
    sentences = [f"→ {each.sentence}" for each in result.mismatches]
    return "\n  ".join([*sentences, *filter(None, [result.reason])])


def _verdict(report: CheckReport) -> list[str]:
    """Return what follows for the gallery, in sentences."""
    if report.succeeded:
        return ["The validator's direct tests would succeed."]
    sentences = []
    if report.failed:
        tests = "test" if report.failed == 1 else "tests"
        sentences.append(f"{report.failed} mandatory {tests} failed: the validator would refuse.")
    if not report.signed_in:
        sentences.append(
            "The validator wants one sign-in test to pass, too: give --client-id and --token-url."
        )
    return sentences
