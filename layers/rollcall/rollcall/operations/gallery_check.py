"""The gallery check: Microsoft's validator tests, played against any SCIM endpoint."""

from __future__ import annotations

import secrets
from collections.abc import Generator
from dataclasses import asdict, dataclass, field
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from rollcall.gallery import http_exchange, validator
from rollcall.gallery.check_result import CheckReport, CheckResult, Origin, Outcome
from rollcall.gallery.check_session import CheckSession, ClientCredentials, FederatedClient
from rollcall.gallery.gallery_requirements import REQUIREMENTS, GalleryRequirement
from rollcall.gallery.http_exchange import NoAnswerError
from rollcall.gallery.scim_client import ScimClient
from rollcall.model.progress import Progress
from rollcall.operator_error import OperatorError

__all__ = [
    "REQUIREMENTS",
    "CheckReport",
    "CheckResult",
    "ClientCredentials",
    "FederatedClient",
    "GalleryRequirement",
    "Origin",
    "Outcome",
]

DOMAIN = "example.com"
"""The domain of the users that are created."""

SECONDS = http_exchange.SECONDS


class EndpointError(OperatorError):
    """The endpoint cannot be reached, or refuses the credentials."""


@dataclass(frozen=True)
class SignIn:
    """A bearer token, client credentials, an assertion: at least one of them.

    With client credentials the tests use the access token, not the bearer token.
    """

    token: str | None = field(default=None, repr=False)
    credentials: ClientCredentials | None = None
    federated: FederatedClient | None = None

    def token_urls(self) -> list[str]:
        """Return the URLs that secrets are sent to."""
        return [each.token_url for each in (self.credentials, self.federated) if each is not None]


def check(
    url: str, sign_in: SignIn, domain: str = DOMAIN, seconds: float = SECONDS
) -> Generator[Progress, None, CheckReport]:
    """Play the tests against the endpoint and delete what they created, even when interrupted.

    `seconds` bounds each request. Raises EndpointError.
    """
    for address in (url, *sign_in.token_urls()):
        _check_url(address)
    if "?" in url:
        raise EndpointError(f"{url} has a query: the check adds paths to the URL")
    client = ScimClient(url, sign_in.token, seconds)
    if sign_in.token is not None:
        _knock(client)
    run = secrets.token_hex(4)
    session = CheckSession(client, run, domain, sign_in.credentials, sign_in.federated)
    try:
        return (yield from _with_progress(validator.validate(session, run)))
    except BaseException as error:
        for leftover in session.leftovers:
            error.add_note(f"not deleted: {leftover}")
        raise


def as_json(report: CheckReport) -> dict[str, Any]:
    """Return a report for programs."""
    tests = [
        asdict(result)
        | {"mismatches": [asdict(each) | {"sentence": each.sentence} for each in result.mismatches]}
        for result in report.results
    ]
    return {
        "url": report.url,
        "run": report.run,
        "succeeded": report.succeeded,
        "failed": report.failed,
        "tests": tests,
        "leftovers": list(report.leftovers),
    }


def _with_progress(
    names: Generator[str, None, CheckReport],
) -> Generator[Progress, None, CheckReport]:
    done = 0
    while True:
        try:
            name = next(names)
        except StopIteration as end:
            report: CheckReport = end.value
            return report
        try:
            yield Progress(done, len(validator.TESTS), "tests", name)
        except BaseException as error:
            names.throw(error)
            raise
        done += 1


def _knock(client: ScimClient) -> None:
    """Look whether the endpoint answers and takes the token, before anything is created."""
    try:
        answer = client.get("/Users", startIndex=1, count=1)
    except NoAnswerError as error:
        raise EndpointError(f"{client.url} does not answer: {error}") from error
    if answer.status in {401, 403}:
        raise EndpointError(f"{client.url} refuses the token: {answer.summary}")


def _check_url(url: str) -> None:
    """Raise EndpointError for what is no URL, and for one that would show the token to others."""
    try:
        parts = urlsplit(url)
        host, known = parts.hostname or "", parts.port != 0 and "@" not in parts.netloc
    except ValueError:  # an invalid port
        raise EndpointError(f"{url!r} is no URL: its port is not valid") from None
    printable = url.isascii() and url.isprintable() and " " not in url
    if parts.scheme not in {"http", "https"} or not host or not known or not printable:
        raise EndpointError(f"{url!r} is no URL such as https://scim.example.com/scim/v2")
    if parts.scheme == "http" and not _is_loopback(host):
        raise EndpointError(f"{url} would send the token without encryption: use https")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
