"""A new version is tried out before clients reach it; one that fails is not released."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from botocore import xform_name

from rollcall.aws import clients
from rollcall.aws.deployments import Deployments
from rollcall.http.routes import FUNCTIONS
from rollcall.model.release_tenant import release_tenant
from rollcall.runtime import access_function, pages_function, token_function, web
from rollcall.runtime.gateway import behind_gateway
from rollcall.runtime.json_log import logger
from rollcall.runtime.release_function import release
from rollcall.runtime.scim_function import application
from rollcall.runtime.services import Services
from rollcall.runtime.settings import Settings
from rollcall.scim.resource_type import Kind
from rollcall.tenants.tenants import TenantError
from tests.sam.test_gateway import Context, loop
from tests.storage.faults import registered

__all__ = ["loop"]

pytestmark = pytest.mark.usefixtures("loop")

CONTEXT: Any = Context()
PROBED = ("users", "groups", "bulk", "discovery", "token", "handover", "reports", "access")


class Account(Services):
    """Services of an account with a function of seven versions, of which the sixth is released."""

    def __init__(self, services: Services, kind: str) -> None:
        settings = Settings(functions={"rollcall-F": kind})
        super().__init__(settings, services.clients)
        self.kind = kind
        self.version: Callable[[Any], Any] = self._handler(kind)
        self.told: list[str] = []
        self.versions = {"1", "2", "5", "6", "7"}
        versions = {"CurrentVersion": "6", "TargetVersion": "7"}
        properties = {"Name": "rollcall-F", "Alias": "live", **versions}
        function = {"Type": "AWS::Lambda::Function", "Properties": properties}
        self.appspec: dict[str, Any] = {"version": "0.0", "Resources": [{"F": function}]}

    def deployments(self) -> Deployments:
        return self._deployments

    def serve(self) -> Generator[None]:
        codedeploy, functions = clients.connect_deployments()
        self._deployments = Deployments(codedeploy, functions)
        with ExitStack() as hooks:
            for client in (codedeploy, functions):
                service = client.meta.service_model.service_id.hyphenize()
                hooks.enter_context(registered(client, f"before-call.{service}", self._answer))
            yield

    def _answer(self, model: Any, params: Any, **_: Any) -> Any:
        body = params["body"]
        asked = json.loads(body) if body else {}
        parsed = getattr(self, f"_{xform_name(model.name)}")(asked, params)
        return SimpleNamespace(status_code=200), {**parsed, "ResponseMetadata": {}}

    def _get_deployment(self, asked: Any, _: Any) -> Any:
        assert asked == {"deploymentId": "d-1"}
        revision = {"revisionType": "String", "string": {"sha256": "0"}}
        return {"deploymentInfo": {"applicationName": "rollcall-A", "revision": revision}}

    def _get_application_revision(self, asked: Any, _: Any) -> Any:
        assert asked["revision"]["string"] == {"sha256": "0"}
        return {"revision": {"string": {"content": json.dumps(self.appspec)}}}

    def _put_lifecycle_event_hook_execution_status(self, asked: Any, _: Any) -> Any:
        assert (asked["deploymentId"], asked["lifecycleEventHookExecutionId"]) == ("d-1", "e-1")
        self.told.append(asked["status"])
        return {}

    def _invoke(self, asked: Any, params: Any) -> Any:
        assert params["url_path"].endswith("/rollcall-F/invocations")
        assert params["query_string"] == {"Qualifier": "7"}
        try:
            answer, failed = self.version(asked), {}
        except RuntimeError as error:
            answer, failed = {"errorType": type(error).__name__}, {"FunctionError": "Unhandled"}
        return {"Payload": io.BytesIO(json.dumps(answer).encode()), **failed}

    def _list_versions_by_function(self, _: Any, __: Any) -> Any:
        return {"Versions": [{"Version": each} for each in ("$LATEST", *sorted(self.versions))]}

    def _delete_function(self, _: Any, params: Any) -> Any:
        self.versions.remove(params["query_string"]["Qualifier"])
        return {}

    def _handler(self, kind: str) -> Callable[[Any], Any]:
        if kind in FUNCTIONS:
            app = application(self, FUNCTIONS[kind], logger())
        else:
            routes: Any = {
                "token": token_function.routes,
                "handover": pages_function.handover_routes,
                "reports": pages_function.report_routes,
                "access": partial(access_function.routes, log=logger()),
            }[kind]
            app = web.serving(self, routes(self), logger())
        handler = behind_gateway(app)
        return lambda event: handler(event, CONTEXT)


@pytest.fixture
def account(
    services: Services, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Account]:
    """An account whose function is for users, unless a test says otherwise."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    made = Account(services, getattr(request, "param", "users"))
    serving = made.serve()
    next(serving)
    yield made
    serving.close()


def broken(event: Any) -> Any:
    raise RuntimeError("this version does not start")


@pytest.mark.parametrize("account", PROBED, indirect=True)
def test_a_version_that_answers_is_released(account: Account) -> None:
    assert release(account, "d-1", "e-1") == {"status": "Succeeded"}
    assert account.told == ["Succeeded"]


@pytest.mark.parametrize("account", PROBED, indirect=True)
def test_a_version_that_fails_is_not_released(account: Account) -> None:
    account.version = broken

    assert release(account, "d-1", "e-1") == {"status": "Failed"}
    assert account.told == ["Failed"]


@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "DELETE"])
def test_each_request_counts(account: Account, method: str) -> None:
    good = account.version

    def partly(event: Any) -> Any:
        answer = good(event)
        return {**answer, "statusCode": 500} if event["httpMethod"] == method else answer

    account.version = partly

    assert release(account, "d-1", "e-1") == {"status": "Failed"}


def test_the_version_before_is_kept_until_the_next_release_and_older_ones_go(
    account: Account,
) -> None:
    release(account, "d-1", "e-1")

    assert account.versions == {"6", "7"}


def test_of_a_release_that_fails_nothing_is_deleted(account: Account) -> None:
    account.version = broken
    release(account, "d-1", "e-1")

    assert account.versions == {"1", "2", "5", "6", "7"}


@pytest.mark.parametrize("account", ["users", "groups", "bulk"], indirect=True)
def test_nothing_of_a_probe_is_left_and_nobody_sees_its_tenant(account: Account) -> None:
    release(account, "d-1", "e-1")

    assert list(account.secrets.names()) == []
    directory = account.directory(release_tenant(account.kind))
    assert set(directory.counts().values()) == {0}


def test_what_a_broken_version_left_the_next_good_one_deletes(account: Account) -> None:
    good = account.version
    account.version = lambda event: (
        good(event) if event["httpMethod"] != "DELETE" else {"statusCode": 500}
    )
    release(account, "d-1", "e-1")
    directory = account.directory(release_tenant("users"))
    assert directory.counts()[Kind.USER] == 2

    account.version = good
    assert release(account, "d-1", "e-1") == {"status": "Succeeded"}

    assert directory.counts()[Kind.USER] == 0


def test_a_probe_that_was_killed_is_in_nobodys_way(account: Account) -> None:
    account.secrets.create(release_tenant("users"), {"state": "active"})

    assert release(account, "d-1", "e-1") == {"status": "Succeeded"}


def test_the_tenant_of_a_release_is_no_customer(account: Account) -> None:
    name = release_tenant("users")
    with pytest.raises(TenantError, match="releases use"):
        account.tenants.create(name)
    account.tenants.create("acme")
    account.secrets.create(name, {"state": "active"})

    assert list(account.tenants.names()) == ["acme"]
    assert [each.name for each in account.tenants.list()] == ["acme"]


def test_a_deployment_that_names_no_version_fails_at_once(account: Account) -> None:
    account.appspec = {}

    with pytest.raises(Exception, match="names no version"):
        release(account, "d-1", "e-1")
    assert account.told == ["Failed"]
