"""Every test of the gallery check passes on Rollcall."""

from __future__ import annotations

from collections.abc import Generator

from rollcall.gallery.check_result import CheckReport, Outcome
from rollcall.model.progress import Progress
from rollcall.model.tenant_url import tenant_url
from rollcall.operations import gallery_check
from rollcall.operations.gallery_check import SignIn
from rollcall.runtime.services import Services
from tests.conftest import Tenant
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


def test_every_test_passes_on_the_local_server(tenant: Tenant) -> None:
    report = finished(gallery_check.check(tenant.url, SignIn(tenant.token)))

    assert set(outcomes(report).values()) == {Outcome.PASSED}
    with tenant.client() as client:
        assert client.get("/Users").json()["totalResults"] == 0
        assert client.get("/Groups").json()["totalResults"] == 0
