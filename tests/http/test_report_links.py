"""The link to a report: what it answers, and what it keeps to itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from rollcall.aws.clients import connect_channels
from rollcall.http.report_links import FORMS
from rollcall.runtime.services import Services
from rollcall.storage.report_files import FORMATS as WRITTEN
from rollcall.storage.report_files import LINK_DAYS, URL_SECONDS, report_path
from tests.http.api import Api
from tests.reconcile.duplicates.conftest import channels, in_memory, services
from tests.storage.faults import counted

NOW = datetime.now(UTC)
PLACE = report_path("acme", "2026-11-24T02:00:00Z")


@pytest.fixture
def api(services: Services) -> Api:
    """The application with its pages."""
    services.tenants.delete("acme")
    return Api(services)


def asked(api: Api, code: str) -> httpx.Response:
    return api.send("GET", f"/reports/{code}", base="")


def test_a_link_leads_to_a_url_that_is_signed_for_minutes(services: Services, api: Api) -> None:
    services.channels = connect_channels("http://127.0.0.1:1")  # to sign needs no answer
    answer = asked(api, services.reports.create_link(PLACE, NOW))

    url = httpx.URL(answer.headers["location"])
    assert answer.status_code == 302
    assert url.path.endswith("acme/2026-11-24T020000Z/duplicates.html")
    assert url.params["X-Amz-Expires"] == str(URL_SECONDS)
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("form", FORMS)
def test_a_link_leads_to_every_form(services: Services, api: Api, form: str) -> None:
    code = services.reports.create_link(PLACE, NOW)

    assert f"duplicates.{form}?" in asked(api, f"{code}?format={form}").headers["location"]
    assert set(FORMS) == set(WRITTEN)


def test_a_link_is_over_after_its_days(services: Services, api: Api) -> None:
    young = services.reports.create_link(PLACE, NOW - timedelta(days=LINK_DAYS, hours=-1))
    old = services.reports.create_link(PLACE, NOW - timedelta(days=LINK_DAYS))

    assert asked(api, young).status_code == 302
    assert asked(api, old).status_code == 404


@pytest.mark.parametrize(
    "code",
    ["x", "x" * 31, "x" * 33, "%2e%2e%2f" + "x" * 23, "x" * 31 + "!", "x" * 32 + "?format=exe"],
)
def test_what_can_not_be_a_link_is_refused_without_asking_anybody(
    services: Services, api: Api, code: str
) -> None:
    with counted(services.clients.dynamodb) as requests:
        answer = asked(api, code)

    assert answer.status_code == 404
    assert requests == []


def test_a_link_that_leads_nowhere_says_so_to_a_person(api: Api) -> None:
    answer = asked(api, "x" * 32)

    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert "older than seven days" in answer.text


def test_the_code_is_in_no_log_line_and_no_item(services: Services, api: Api) -> None:
    code = services.reports.create_link(PLACE, NOW)
    asked(api, code)

    assert [each["path"] for each in api.lines()] == ["/reports"]
    assert code not in api.log.getvalue()
    assert not any(code in str(item) for item in services.table.scan("#REPORT#"))


def test_a_link_is_only_followed(services: Services, api: Api) -> None:
    code = services.reports.create_link(PLACE, NOW)

    assert api.send("POST", f"/reports/{code}", base="").status_code in {404, 405}


__all__ = ["channels", "in_memory", "services"]
