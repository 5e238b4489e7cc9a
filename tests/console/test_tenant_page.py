"""A tenant's page: what it shows, and the acts on its sign-in and its policies."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from rollcall.console import plot
from rollcall.model.account_link import LOCAL, LinkRule
from rollcall.operations import accounts, log_explanation
from rollcall.runtime.services import Services
from rollcall.storage.provisioning_log import LogEntry
from rollcall.storage.usage_items import Refusal, UsageItems
from rollcall.tenants.tenants import Tenant
from tests.console.consoles import Visitor
from tests.operations.operators import operator_of
from tests.test_docs import PAGES


@pytest.fixture
def acme(deployed: Services) -> Services:
    deployed.tenants.add("acme")
    return deployed


def tenant(services: Services) -> Tenant:
    return services.tenants.show("acme")


def test_requests_and_refusals_are_shown_with_what_to_do(acme: Services, ann: Visitor) -> None:
    now = datetime.now(UTC)
    refusal = Refusal(now.isoformat(), 401)
    UsageItems(acme.table, "acme").add(now, {"succeeded": 7, "refused": 2}, None, refusal)
    time = now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    for number in range(3):
        entry = LogEntry(time, f"r{number}", 0, "token:x", "POST", "/Users", 409, "uniqueness")
        acme.log("acme").write(
            LogEntry(**{**vars(entry), "detail": "userName is taken by another user"})
        )

    shown = ann.page("/t/acme/")

    assert 'class="succeeded"' in shown
    assert "7 succeeded" in shown
    assert '<td class="number" data-title="How often">3</td>' in shown
    assert "another account has this name" in shown.lower()


def test_a_tenant_that_is_not_there_is_said(ann: Visitor) -> None:
    answer = ann.client.get(f"{ann.root}/t/nobody/", headers={"Sec-Fetch-Site": "none"})

    assert answer.status_code == 409
    assert "There is no tenant nobody." in answer.text


def test_tokens_are_issued_replaced_and_revoked(acme: Services, ann: Visitor) -> None:
    issued = ann.act("issue", tenant="acme", label="job", days="30", scope="read-write")
    (first,) = tenant(acme).tokens
    replaced = ann.act("rotate", tenant="acme", token=first.id, overlap="7")
    old, new = tenant(acme).tokens

    assert "rollcall_" in issued
    assert "rollcall_" in replaced
    assert old.successor == new.id

    told = ann.act("revoke", tenant="acme", token=new.id, typed=new.id, reason="was pasted in chat")

    assert "is refused everywhere within a minute" in told
    assert [each.id for each in tenant(acme).tokens] == [old.id]


def test_what_cannot_be_undone_takes_its_name_and_a_reason(acme: Services, ann: Visitor) -> None:
    ann.act("issue", tenant="acme", label="job", days="30", scope="read-write")
    (token,) = tenant(acme).tokens
    name, shown = ann.plan("revoke", tenant="acme", token=token.id)

    without_name = ann.send(f"/plans/{name}", {"reason": "why not"}).text
    without_reason = ann.send(f"/plans/{name}", {"typed": token.id}).text

    assert "This cannot be undone." in shown
    assert "nothing is changed" in without_name
    assert "Say why" in without_reason
    assert tenant(acme).tokens == (token,)
    assert "Done" in ann.send(f"/plans/{name}", {"typed": token.id, "reason": "chat"}).text


def test_clients_are_added_and_revoked(acme: Services, ann: Visitor) -> None:
    ann.act("client", tenant="acme", label="entra", days="365")
    (client,) = tenant(acme).clients
    ann.act("rotate-client", tenant="acme", client=client.id, overlap="1")

    assert len(tenant(acme).clients[0].secrets) == 2

    ann.act("revoke-client", tenant="acme", client=client.id, typed=client.id, reason="moved")

    assert tenant(acme).clients == ()


def test_an_issuer_is_trusted_after_it_was_read(acme: Services, ann: Visitor) -> None:
    directory = "11111111-2222-3333-4444-555555555555"
    values = {
        "issuer": f"https://login.microsoftonline.com/{directory}/v2.0",
        "jwks": f"https://login.microsoftonline.com/{directory}/discovery/v2.0/keys",
        "subject": directory,
        "audience": "api://rollcall",
    }
    ann.act("trust", tenant="acme", label="entra", **values)

    assert tenant(acme).clients[0].trust is not None


def test_policies_are_changed_after_they_were_shown(acme: Services, ann: Visitor) -> None:
    refused = ann.send("/acts/rule", {"tenant": "acme", "rule": "adopt"})
    ann.act("domain", tenant="acme", domain="acme.example")
    ann.act("rule", tenant="acme", rule="adopt")
    ann.act("rate", tenant="acme", rate="50")
    ann.act("absent", tenant="acme", absent="clear")

    assert refused.status_code == 409
    assert tenant(acme).link_policy.policy is LinkRule.ADOPT
    assert tenant(acme).link_policy.domains == {"acme.example"}
    assert (tenant(acme).rate, tenant(acme).absent_members.value) == (50, "clear")

    ann.act("rule", tenant="acme", rule="match")
    ann.act("domain", tenant="acme", domain="acme.example", remove="yes")

    assert tenant(acme).link_policy.domains == frozenset()


@pytest.mark.parametrize("rate", ["12", "x", "-1", "\u0665\u0660", "1001"])
def test_a_rate_that_no_tenant_may_have_is_refused(rate: str, acme: Services, ann: Visitor) -> None:
    answer = ann.send("/acts/rate", {"tenant": "acme", "rate": rate})

    assert answer.status_code == 409
    assert "Enter 25 to 1000" in answer.text


def test_a_page_takes_two_round_trips_one_after_the_other(
    acme: Services, ann: Visitor, calls: list[str]
) -> None:
    ann.page("/t/acme/")

    # All at once but the log, whose earlier days are read after the last: see operations.
    assert len(calls) <= 8 + 3 * 4
    assert calls.count("GetSecretValue") == 1


def test_bars_are_stacked_within_the_drawing() -> None:
    made = plot.stacked([{}, {"a": 1, "b": 3}, {"b": 2}], ("a", "b"))

    assert [(each.kind, each.y, each.height) for each in made.parts] == [
        ("a", 90.0, 30.0), ("b", 0.0, 90.0), ("b", 60.0, 60.0),
    ]  # fmt: skip
    assert (made.most, made.totals) == (4, {"a": 1, "b": 5})


def test_no_requests_are_no_bars() -> None:
    assert plot.stacked([{}, {}], ("a",)).parts == ()


def test_the_explanations_are_those_of_the_table_of_errors() -> None:
    table = PAGES["docs/entra.md"].partition("## Errors")[2]
    answers = re.sub(r"\s+", " ", table)
    unknown = [
        each.detail
        for each in log_explanation.REMEDIES
        if each.detail and each.detail.removesuffix(" holds") not in answers
    ]

    assert unknown == []
    assert log_explanation.remedy(LogEntry(status=201)) is None


def test_bearer_tokens_are_retired_with_what_speaks_against_it(
    acme: Services, ann: Visitor
) -> None:
    acme.oauth_clients("acme").create("Entra ID")
    issued = acme.tokens("acme").issue("job")

    _, shown = ann.plan("retire", tenant="acme")
    told = ann.act("retire", tenant="acme", typed="acme", reason="the client has taken over")

    assert "Not yet: no OAuth client of acme was ever used" in shown
    assert issued.token.id in told
    assert tenant(acme).tokens == ()


def test_the_old_secret_of_a_client_is_revoked_after_its_rotation(
    acme: Services, ann: Visitor
) -> None:
    clients = acme.oauth_clients("acme")
    old = clients.create("Entra ID").secret.id
    new = clients.rotate(None, timedelta(days=7)).secret.id
    (client,) = tenant(acme).clients
    page = ann.page("/t/acme/")
    assert old in page
    assert new in page

    ann.act("revoke-secret", tenant="acme", client=client.id, secret=old, typed=old, reason="done")

    (client,) = tenant(acme).clients
    assert [each.id for each in client.secrets] == [new]


def test_the_brake_is_shown_as_it_stands(acme: Services, ann: Visitor) -> None:
    assert "It is on." in ann.page("/t/acme/")
    acme.summaries.note_wave("acme", "2026-11-27T10:00:00Z")
    acme.summaries.note_stop("acme", "2026-11-27T11:00:00Z")
    ann.act("brake-off", tenant="acme", hours="4", reason="a migration")

    shown = ann.page("/t/acme/")

    assert "Many accounts were disabled within an hour" in shown
    assert "No deletion is purged since" in shown
    assert "It is off for planned work until" in shown


def test_protected_accounts_are_looked_for_as_work(acme: Services, ann: Visitor) -> None:
    users = acme.directory("acme").users
    users.create({"userName": "free@x.test"}, link=LOCAL)
    kept = users.create({"userName": "admin@x.test"}, link=LOCAL).record.id
    accounts.protect(operator_of(acme, "acme"), "acme", kept)

    told = ann.act("protected", tenant="acme")
    (work,) = re.findall(r'id="work-([\w-]+)"', told)
    page = ann.page(f"/work/{work}")
    while "at work" in page:
        page = ann.page(f"/work/{work}")

    shown = page.replace("<wbr>", "")
    assert (
        f"<code>admin@x.test</code> is local, protected, with the id <code>{kept}</code>" in shown
    )
    assert "free@x.test" not in shown


@pytest.mark.parametrize(
    ("act", "form", "told"),
    [
        ("domain", {"domain": "acme corp"}, "is no mail domain"),
        ("trust", {"label": "entra", "issuer": "contoso"}, "Issuer has to be a URL"),
        ("enable", {}, "SCIM is on for <code>acme</code> already"),
    ],
)
def test_what_cannot_be_right_is_refused_before_it_is_shown(
    act: str, form: dict[str, str], told: str, acme: Services, ann: Visitor
) -> None:
    answer = ann.send(f"/acts/{act}", {"tenant": "acme", **form})

    assert answer.status_code == 409
    assert told in answer.text
