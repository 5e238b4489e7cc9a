"""People: found, given and taken access, handed out, erased."""

from __future__ import annotations

import json
import re
from collections.abc import Generator, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import parse_qsl

import pytest
from boto3.dynamodb.types import TypeSerializer

from rollcall.aws.dead_letters import DeadLetters
from rollcall.directory.directory import Directory
from rollcall.model.progress import Progress
from rollcall.operations import accounts, user_access
from rollcall.operations.accounts import AccountError
from rollcall.operations.person_search import PAGE
from rollcall.operations.text_search import TextSearch
from rollcall.runtime.services import Services
from rollcall.scim.instant import instant
from rollcall.storage.provisioning_log import LogEntry
from tests.console.conftest import ARN
from tests.console.consoles import OURS, Visitor
from tests.console.test_duplicates_page import logged
from tests.directory.people import USER, group, user
from tests.operations.operators import operator_of
from tests.reconcile.duplicates.people import mails


@pytest.fixture
def acme(deployed: Services) -> Services:
    deployed.tenants.add("acme")
    return deployed


@pytest.fixture
def lee(acme: Services) -> str:
    """The id of an account, which is in a group."""
    own = acme.directory("acme")
    sent = {
        "schemas": [USER],
        "userName": "ann@corp.test",
        "externalId": "e-1",
        "displayName": "Ann M. Lee",
        "name": {"givenName": "Ann", "familyName": "Lée"},
        **mails("ann.lee@corp.test"),
    }
    created = own.users.create(sent).record.id
    group(own, "Engineering", created)
    return created


@pytest.mark.parametrize(
    ("text", "found_by"),
    [
        ("ann@corp.test", "userName, start of userName"),
        ("ANN@corp.test", "userName, start of userName"),
        ("e-1", "externalId"),
        ("ann.lee@corp.test", "emails"),
        ("Lee, Ann", "name"),
        ("An", "start of userName"),
    ],
)
def test_a_person_is_found_by_whatever_it_is_called(
    text: str, found_by: str, lee: str, ann: Visitor
) -> None:
    shown = ann.page("/t/acme/people", q=text)

    assert f"/people/{lee}" in shown
    assert re.findall(r'data-title="Found by">([^<]*)', shown) == [found_by]


def test_those_whose_user_name_begins_so_are_shown_by_pages(acme: Services, ann: Visitor) -> None:
    own = acme.directory("acme")
    expected = [f"zoe{number:02}@corp.test" for number in range(PAGE + 3)]
    for name in expected:
        user(own, name)

    first = ann.page("/t/acme/people", q="Zoe")
    (rest,) = re.findall(r'/t/acme/people\?([^"]*)', first)
    second = ann.page("/t/acme/people", **dict(parse_qsl(rest.replace("&amp;", "&"))))

    def shown(page: str) -> list[str]:
        return re.findall(r"zoe\d\d@corp.test", page.replace("<wbr>", ""))

    assert shown(first) == expected[:PAGE]
    assert shown(second) == expected[PAGE:]
    assert "More whose userName begins so" not in second


def test_a_text_within_all_accounts_is_found_by_a_search_that_can_be_returned_to(
    lee: str, ann: Visitor
) -> None:
    begun = ann.send("/t/acme/people/search", {"q": "M. L"})
    path = begun.headers["HX-Redirect"].removeprefix(ann.root)
    shown = ann.page(path)
    for _ in range(1_000):
        if "at work" not in shown:
            break
        shown = ann.page(path)

    assert "All accounts were read: 1." in shown
    assert f'id="hit-{lee}"' in shown
    assert re.findall(r'data-title="Found in">([^<]*)', shown) == ["displayName"]
    assert path in ann.page("/t/acme/people")
    assert ann.send("/t/acme/people/search", {"q": "M"}).status_code == 409


def test_a_search_is_stopped_and_one_that_breaks_off_goes_on_where_it_was(acme: Services) -> None:
    own, operator = acme.directory("acme"), operator_of(acme)
    expected = [user(own, f"zoe{number}@corp.test", title="Lead") for number in range(5)]
    broken, stopped = (TextSearch("acme", "LEAD", batch=2) for _ in range(2))

    progress = [str(next(broken.run(operator))) for _ in range(2)]
    *rest, ended = steps_of(broken.run(operator))
    steps = stopped.run(operator)
    next(steps)
    stopped.stop()
    *_, end = steps_of(steps)

    assert progress == ["reading accounts, 2 of 5", "reading accounts, 4 of 5"]
    assert (rest, ended) == (["reading accounts, 5 of 5"], "all accounts were read: 5")
    assert [each.id for each in broken.hits] == expected
    assert {each.attributes for each in broken.hits} == {("title",)}
    assert end == "the search was stopped: 2 of 5 accounts were read, the oldest first"
    assert [each.id for each in stopped.hits] == expected[:2]


def steps_of(steps: Generator[Progress, None, list[str]]) -> Iterator[str]:
    """Yield the progress of work, and what it ended with."""
    while True:
        try:
            yield str(next(steps))
        except StopIteration as end:
            yield from end.value
            return


def test_who_is_gone_is_found_by_the_hash_of_the_name(
    acme: Services, lee: str, ann: Visitor
) -> None:
    Directory(operator_of(acme).context("acme")).users.delete(lee)

    shown = ann.page("/t/acme/people", q="ann@corp.test")

    assert "an account that is gone" in shown
    assert lee in shown.replace("<wbr>", "")
    assert "Nobody is or was called so" in ann.page("/t/acme/people", q="bob@corp.test")


def test_an_account_is_shown_with_groups_and_access(lee: str, ann: Visitor) -> None:
    shown = ann.page(f"/t/acme/people/{lee}").replace("<wbr>", "")

    assert "Engineering" in shown
    assert "ann.lee@corp.test" in shown
    assert f"/t/acme/log?q={lee}&amp;days=90" in shown


def test_what_happened_to_an_account_is_shown_with_events_that_wait(
    acme: Services, lee: str, ann: Visitor
) -> None:
    own = acme.directory("acme")
    bob = user(own, "bob@corp.test")
    for each in list(acme.unpublished.batches()):  # the bucket is that of all tests
        acme.unpublished.delete(each)
    nothing = ann.page(f"/t/acme/people/{lee}")
    for number, identifier in enumerate((lee, bob)):
        put_aside(acme, identifier, f"request-{number}")
    entry = LogEntry(time=instant(datetime.now(UTC)), method="PATCH", status=200)
    log = acme.log("acme")
    log.write(replace(entry, request="request-0", target=f"User/{lee}", changed=("title",)))
    log.write(replace(entry, request="request-1", target=f"User/{bob}", changed=("title",)))
    log.write(replace(entry, request="request-2", target=f"User/{lee}", changed=("active",)))

    shown = ann.page(f"/t/acme/people/{lee}").replace("<wbr>", "")

    assert re.findall(r'data-title="Event">(\w+)', shown) == ["sent", "waits"]
    assert "Changed title." in shown
    assert re.findall(r"<b>(user\.\w+)</b>", shown) == ["user.created"]
    assert "request-0" in shown
    assert "request-1" not in shown
    assert "No event of this account was put aside." in nothing
    acme.unpublished.forget("acme")


def test_who_may_not_read_what_was_put_aside_sees_the_rest(
    acme: Services, lee: str, ann: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = DeadLetters(acme.channels.s3, "no-such-bucket")
    entry = LogEntry(time=instant(datetime.now(UTC)), method="PATCH", status=200)
    acme.log("acme").write(replace(entry, request="r", target=f"User/{lee}", changed=("title",)))
    monkeypatch.setitem(acme.__dict__, "unpublished", missing)

    shown = ann.page(f"/t/acme/people/{lee}").replace("<wbr>", "")

    assert "ann.lee@corp.test" in shown
    assert "It cannot be read what was put aside: AWS has nothing of the name" in shown
    assert re.findall(r'data-title="Event">(\w+)', shown) == ["unknown"]


def put_aside(services: Services, identifier: str, request: str) -> None:
    """Put an event of a user aside, as Lambda does."""
    key = {"pk": f"acme#USER#{identifier}", "sk": "DOCUMENT"}
    item = {**(services.table.get(key) or {}), "origin": {"request": request, "actor": "token:a"}}
    image = {name: TypeSerializer().serialize(value) for name, value in item.items()}
    record = {
        "eventID": identifier,
        "eventName": "INSERT",
        "dynamodb": {
            "Keys": {name: image[name] for name in key},
            "NewImage": image,
            "SequenceNumber": "1",
            "ApproximateCreationDateTime": 1_764_000_000.0,
        },
    }
    body = json.dumps({"payload": json.dumps({"Records": [record]})}).encode()
    bucket = services.settings.unpublished
    services.channels.s3.put_object(Bucket=bucket, Key=f"aws/{identifier}", Body=body)


def test_access_is_given_and_taken_after_it_was_shown(
    acme: Services, lee: str, ann: Visitor
) -> None:
    level = next(iter(acme.settings.access_levels.levels))
    form = {"tenant": "acme", "account": lee, "area": "risks"}

    offered = ann.page(f"/t/acme/people/{lee}")
    ann.act("give", **form, level=level)
    given = accounts.find(operator_of(acme), "acme", lee).access.areas
    known = ann.page(f"/t/acme/people/{lee}")
    ann.act("take", **form)

    assert f"<option>{level}</option>" in offered
    assert '<option value="risks">' in known
    assert given == {"risks": level}
    assert accounts.find(operator_of(acme), "acme", lee).access.areas == {}
    refused = ann.send("/acts/give", {**form, "level": "sovereign"})
    assert refused.status_code == 409


def test_an_account_is_disabled_and_enabled_with_what_that_takes_and_what_entra_does(
    acme: Services, lee: str, ann: Visitor
) -> None:
    user_access.grant(operator_of(acme), "acme", lee, {"risks": "read"})
    form = {"tenant": "acme", "account": lee}

    _, planned = ann.plan("switch-off", **form)
    told = ann.act("switch-off", **form)
    disabled = user_access.read_access(operator_of(acme), "acme", lee)
    back = ann.act("switch-on", **form)

    rows = re.findall(r"<tr><th[^>]*>(.*?)</th><td[^>]*>(.*?)</td><td[^>]*>(.*?)</td>", planned)
    assert rows == [("account", "active", "disabled"), ("risks", "read", "nothing")]
    assert "enables it again, unless the person is out of scope" in planned
    assert "<code>ann@corp.test</code> is disabled" in told.replace("<wbr>", "")
    assert (disabled.record.active, disabled.holding.areas) == (False, {})
    assert "<code>ann@corp.test</code> is active" in back.replace("<wbr>", "")
    assert accounts.find(operator_of(acme), "acme", lee).active
    assert logged(acme) == [("disable", ARN, ""), ("enable", ARN, "")]


def test_the_file_of_a_person_holds_what_is_kept(lee: str, ann: Visitor) -> None:
    told = ann.ended(ann.send(f"/t/acme/people/{lee}/file").text)
    (link,) = re.findall(r'<a href="([^"]+)" download>', told)
    answer = ann.client.get(link, headers=OURS)

    assert f'<a href="{link}" download>' in ann.page("/work")
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["content-disposition"] == 'attachment; filename="acme-person.json"'
    assert "ann@corp.test" in json.dumps(json.loads(answer.text))


def test_a_person_is_erased_when_id_and_reason_were_given(
    acme: Services, lee: str, ann: Visitor
) -> None:
    acme.directory("acme").users.delete(lee)
    name, shown = ann.plan("erase", tenant="acme", account=lee)
    refused = ann.send(f"/plans/{name}", {"typed": "acme", "reason": "asked for"})
    told = ann.send(f"/plans/{name}", {"typed": lee, "reason": "asked for"}).text
    told = ann.ended(told)

    assert "This cannot be undone." in shown
    assert "nothing is changed" in refused.text
    assert "Everything is erased but what follows." in told
    with pytest.raises(AccountError):
        accounts.find(operator_of(acme), "acme", "ann@corp.test")


def test_what_will_be_erased_is_counted_by_work_and_that_is_what_is_carried_out(
    acme: Services, lee: str, ann: Visitor
) -> None:
    acme.directory("acme").users.delete(lee)
    begun = ann.send("/acts/erase", {"tenant": "acme", "account": lee}).text
    (work,) = re.findall(r'id="work-([\w-]+)"', begun)
    told = ann.ended(begun)
    on_work = ann.page("/work")
    name, shown = ann.plan("erase", tenant="acme", account=lee)
    plans = [ann.send(f"/work/{work}/plan").text for _ in range(2)]
    (first,) = {each for text in plans for each in re.findall(r"/plans/([\w-]+)", text)}
    ann.ended(ann.send(f"/plans/{first}", {"typed": lee, "reason": "asked for"}).text)
    again = ann.send(f"/work/{work}/plan")

    assert "What an erasure in acme will do" in begun
    assert "nothing is changed yet" in told
    for page in (told, on_work):
        assert f'/work/{work}/plan"' in page
    assert name != first
    assert plans[0] == plans[1] == shown.replace(name, first)
    assert "items of the account" in shown
    assert (again.status_code, "was done already" in again.text) == (409, True)


def test_what_cannot_be_planned_or_written_is_said_where_it_was_begun(
    acme: Services, lee: str, ann: Visitor
) -> None:
    accounts = ("nobody@corp.test", lee)
    ann.act("protect", tenant="acme", account=lee)
    plans = [
        ann.ended(ann.send("/acts/erase", {"tenant": "acme", "account": each}).text)
        for each in accounts
    ]
    file = ann.ended(ann.send("/t/acme/people/nobody@corp.test/file").text)
    nowhere = [
        ann.send("/acts/erase", {"tenant": "nowhere", "account": lee}),
        ann.send(f"/t/nowhere/people/{lee}/file"),
        ann.client.get(f"{ann.root}/files/none", headers=OURS),
    ]

    for told in (plans[0], file):
        assert "There is no user nobody@corp.test in acme" in told
    assert "is protected: unprotect it first" in plans[1]
    for told in (*plans, file):
        assert "/plan" not in told
        assert "/files/" not in told
    assert [each.status_code for each in nowhere] == [409, 409, 409]
