"""Every test of the gallery check passes on Rollcall."""

from __future__ import annotations

import json
from collections.abc import Generator
from pathlib import Path

import pytest

from rollcall.gallery.check_result import CheckReport, Outcome
from rollcall.model.progress import Progress
from rollcall.model.tenant_url import tenant_url, token_url
from rollcall.operations import gallery_check
from rollcall.operations.gallery_check import ClientCredentials, SignIn
from rollcall.runtime.services import Services
from tests.command import rollcall
from tests.conftest import Server, Tenant
from tests.serving import serving


def finished(act: Generator[Progress, None, CheckReport]) -> CheckReport:
    """Run an act to its end and return its result."""
    while True:
        try:
            next(act)
        except StopIteration as end:
            report: CheckReport = end.value
            return report


def outcomes(report: CheckReport) -> dict[str, Outcome]:
    """Return the outcome of each test, of sign-in aside."""
    return {result.name: result.outcome for result in report.results[2:]}


def test_every_test_passes_in_this_process(services: Services) -> None:
    token = services.tenants.create("acme")
    with serving(services) as base:
        report = finished(gallery_check.check(tenant_url(base, "acme"), SignIn(token)))

    assert set(outcomes(report).values()) == {Outcome.PASSED}
    assert report.leftovers == ()


def test_the_validator_would_succeed_with_client_credentials(
    server: Server, tenant: Tenant
) -> None:
    issued = server.services.oauth_clients(tenant.name).create("gallery")
    address = token_url(server.running.url, tenant.name)
    credentials = ClientCredentials(address, issued.client.id, issued.plain)

    report = finished(gallery_check.check(tenant.url, SignIn(None, credentials)))

    assert report.succeeded
    assert report.results[0].outcome is Outcome.PASSED


@pytest.mark.slow
def test_the_validator_would_succeed_with_an_issuer_of_the_checks_own(tmp_path: Path) -> None:
    server = Server(tmp_path, "--trust-loopback-issuer")
    try:
        tenant = server.tenant()
        done = rollcall(
            tmp_path, "gallery", "check", tenant.url, "--json", ROLLCALL_CHECK_TOKEN=tenant.token
        )
        clients = server.services.tenants.show(tenant.name).clients
    finally:
        server.stop()

    report = json.loads(done.stdout)
    outcomes = {each["name"]: each["outcome"] for each in report["tests"]}
    assert (done.returncode, report["succeeded"]) == (0, True)
    assert outcomes["Federated_Identity_Test"] == "passed"
    assert clients == ()


def test_every_test_passes_on_the_local_server(tenant: Tenant) -> None:
    report = finished(gallery_check.check(tenant.url, SignIn(tenant.token)))

    assert set(outcomes(report).values()) == {Outcome.PASSED}
    with tenant.client() as client:
        assert client.get("/Users").json()["totalResults"] == 0
        assert client.get("/Groups").json()["totalResults"] == 0
