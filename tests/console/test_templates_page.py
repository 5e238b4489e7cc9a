"""Templates on a page: checked, shown before they are set, previewed, applied, removed."""

from __future__ import annotations

import re

import pytest
from markupsafe import escape

from rollcall.operations import accounts, followers, template_changes
from rollcall.operations.template_changes import TemplateError
from rollcall.runtime.services import Services
from rollcall.storage.parallel_reads import MAX_THREADS
from rollcall.templates.template import MEMBERSHIP, Selector, Template
from tests.console.conftest import ARN
from tests.console.consoles import OURS, Visitor
from tests.console.round_trips import counted
from tests.console.test_brake_page import carried
from tests.console.test_duplicates_page import HOSTILE, logged
from tests.directory.people import group, user
from tests.operations.operators import Templates, operator_of

EVERYBODY = "name: everybody\nusers: all\nworkAreas:\n  induction: read\n"
ENGINEERING = Template(
    "engineering", Selector("displayName", "Engineering"), {"induction": "edit"}, "regular"
)


@pytest.fixture
def acme(deployed: Services) -> Services:
    deployed.tenants.add("acme")
    return deployed


@pytest.fixture
def templates(acme: Services) -> Templates:
    return Templates(operator_of(acme))


def names(services: Services) -> dict[str, int]:
    catalogue = template_changes.read(operator_of(services), "acme")
    return {each.name: each.version for each in catalogue.templates}


def test_templates_are_set_after_they_were_shown(acme: Services, ann: Visitor) -> None:
    name, shown = ann.plan("set-templates", tenant="acme", text=EVERYBODY)
    before = names(acme)
    told = ann.send(f"/plans/{name}").text

    assert "<code>everybody</code> is new, for users who come from now on." in shown
    assert "workAreas induction" in shown
    assert before == {}
    assert "<code>everybody</code> is version 1, for all new users." in told
    assert names(acme) == {"everybody": 1}
    assert ("templates", ARN, "") in logged(acme)
    listed = ann.page("/t/acme/templates").replace("<wbr>", "")
    assert "/templates/everybody" in listed
    assert "induction read" in listed


def test_json_is_read_as_well(acme: Services, ann: Visitor) -> None:
    text = '[{"name": "a", "users": "all",\n\t"role": "regular"}]'
    ann.act("set-templates", tenant="acme", text=text)

    assert names(acme) == {"a": 1}
    nothing = ann.send("/acts/set-templates", {"tenant": "acme", "text": text})
    assert "There is nothing to set" in nothing.text or "there is nothing to set" in nothing.text


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("name: [", ["The text, line 1: "]),
        ("name: a\nname: b", ["The text, line 2: the key name is there twice"]),
        (
            "- name: a\n  users: all\n  role: boss\n- name: b\n  users: all\n\n  workArea: {}\n",
            [
                "Template a: role &#34;boss&#34; is none of",
                "(line 3)",
                "Template b: there is no key workArea (do you mean workAreas?)",
                "(line 7)",
            ],
        ),
        (
            "name: a\r\ngroup:\r\n  displayName: X\r\nwindow: 900\r\nrole: regular",
            ["window is a number of days", "(line 4)"],
        ),
        ("- 7", ["it is no object", "(line 1)"]),
        ("", ["Enter the templates"]),
    ],
)
def test_a_mistake_is_said_with_its_line_and_attribute(
    text: str, sentences: list[str], acme: Services, ann: Visitor
) -> None:
    answer = ann.send("/acts/set-templates", {"tenant": "acme", "text": text})

    assert answer.status_code == 409
    assert [each for each in sentences if each not in answer.text] == [], answer.text
    assert names(acme) == {}


def test_nothing_is_set_when_another_has_changed_it_meanwhile(
    acme: Services, templates: Templates, ann: Visitor
) -> None:
    name, _ = ann.plan("set-templates", tenant="acme", text=EVERYBODY)
    templates.set([Template("everybody", role="regular")])

    told = ann.send(f"/plans/{name}").text

    assert "The templates were changed since this was shown: look again." in told
    assert templates.show("everybody").role == "regular"


def test_a_template_is_shown_with_its_versions_and_what_each_has_changed(
    templates: Templates, ann: Visitor
) -> None:
    templates.set([Template("everybody", areas={"induction": "read"})])
    templates.set([Template("everybody", areas={"induction": "edit"}, role="regular")])

    shown = ann.page("/t/acme/templates/everybody").replace("<wbr>", "")

    assert shown.index("Version 2") < shown.index("Version 1")
    latest = shown.partition("Version 2")[2].partition("Version 1")[0]
    assert re.findall(r'title="(?:Before|After)">([^<]+)<', latest) == [
        "read",
        "edit",
        "\u2013",
        "regular",
    ]
    assert "induction: edit" in shown.partition("<textarea")[2].partition("</textarea>")[0]


def test_versions_are_paged(templates: Templates, ann: Visitor) -> None:
    for number in range(23):
        templates.set(
            [Template("everybody", areas={"induction": "read", f"area {number}": "read"})]
        )

    first = ann.page("/t/acme/templates/everybody")
    (before,) = re.findall(r"before=(\d+)", first)
    second = ann.page("/t/acme/templates/everybody", before=before)

    found = [re.findall(r"<h3>Version (\d+)", page) for page in (first, second)]
    assert found == [[str(each) for each in range(23, 3, -1)], ["3", "2", "1"]]
    assert "before=" not in second


def test_a_preview_says_what_a_person_and_a_group_would_get(
    acme: Services, templates: Templates, ann: Visitor
) -> None:
    own = acme.directory("acme")
    lee = user(own, "ann@corp.test")
    templates.set([Template("everybody", areas={"induction": "read"}), ENGINEERING])

    waits = ann.page("/t/acme/templates", group="Engineering").replace("<wbr>", "")
    group(own, "Engineering", lee)
    person = ann.page("/t/acme/templates", user="ANN@corp.test").replace("<wbr>", "")

    assert "waits for its group" in waits
    assert "which has not arrived yet" in waits
    assert "<b>induction</b> edit, regular." in waits
    assert "is a member of the group Engineering" in person
    assert "no, the account was not new to it" in person
    for query in ({"user": "nobody"}, {"group": "Nothing"}):
        answer = ann.client.get(f"{ann.root}/t/acme/templates", params=query, headers=OURS)
        assert answer.status_code == 409
        assert "There is no" in answer.text


def test_existing_users_get_what_was_shown(
    acme: Services, templates: Templates, ann: Visitor
) -> None:
    lee = user(acme.directory("acme"), "ann@corp.test")
    templates.set([Template("everybody", areas={"induction": "read"})])
    form = {"tenant": "acme", "users": "ann@corp.test\r\nbob@corp.test\r\n\r\n"}

    name, shown = ann.plan("apply-templates", **form)
    before = accounts.find(operator_of(acme), "acme", lee).access.areas
    told = carried(ann, ann.send(f"/plans/{name}").text)

    assert "everybody version 1" in shown
    assert "There is no user bob@corp.test." in shown
    assert before == {}
    assert "1 of 1 users got templates." in told
    assert accounts.find(operator_of(acme), "acme", lee).access.areas == {"induction": "read"}
    again = ann.send("/acts/apply-templates", form)
    assert "Nobody gets anything" in again.text
    many = "\n".join(f"u{number}" for number in range(101))
    refused = ann.send("/acts/apply-templates", {"tenant": "acme", "users": many})
    assert "Enter 100 users at most" in refused.text


def test_who_loses_access_is_shown_and_members_are_brought_to_the_template(
    acme: Services, templates: Templates, ann: Visitor
) -> None:
    own = acme.directory("acme")
    templates.set([ENGINEERING])
    lee, bob = user(own, "ann@corp.test"), user(own, "bob@corp.test")
    team = group(own, "Engineering", lee, bob)
    own.groups.replace(team, {"displayName": "Engineering", "members": [{"value": lee}]})
    text = template_changes.source(
        Template("engineering", ENGINEERING.group, {"induction": "manage"}, lasts=MEMBERSHIP)
    )

    name, shown = ann.plan("set-templates", tenant="acme", text=text)
    told = carried(ann, ann.send(f"/plans/{name}").text)

    assert "1 are not members any more and lose it: bob@corp.test." in shown
    assert "for all members" in shown
    assert "members were changed" in told
    assert accounts.find(operator_of(acme), "acme", lee).access.areas == {"induction": "manage"}
    assert followers.unfinished(operator_of(acme), "acme") != []
    for path in ("/t/acme/templates", "/t/acme/templates/engineering"):
        page = ann.page(path)
        assert "are brought to this version since" in page
        assert f'hx-get="{ann.root}{path}"' in page


def test_a_template_is_removed_when_name_and_reason_were_given(
    acme: Services, templates: Templates, ann: Visitor
) -> None:
    templates.set([Template("everybody", role="regular")])
    name, shown = ann.plan("remove-template", tenant="acme", template="everybody")
    refused = ann.send(f"/plans/{name}", {"typed": "acme", "reason": "too wide"}).text
    told = ann.send(f"/plans/{name}", {"typed": "everybody", "reason": "too wide"}).text

    assert "This cannot be undone." in shown
    assert "nothing is changed" in refused
    assert "<code>everybody</code> is removed; users keep what it gave." in told
    assert ("templates", ARN, "too wide") in logged(acme)
    with pytest.raises(TemplateError):
        templates.show("everybody")
    assert "Set it again" in ann.page("/t/acme/templates/everybody")
    assert "There are no templates." in ann.page("/t/acme/templates")


def test_each_page_takes_three_round_trips(
    acme: Services, templates: Templates, ann: Visitor, calls: list[str]
) -> None:
    own = acme.directory("acme")
    templates.set([ENGINEERING, Template("everybody", role="regular")])
    user(own, "ann@corp.test")
    taken: dict[str, list[str]] = {}
    for path in (
        "templates",
        "templates/engineering",
        "templates?user=ann%40corp.test&group=Engineering",
    ):
        calls.clear()
        answer = ann.client.get(f"{ann.root}/t/acme/{path}", headers=OURS)
        assert answer.status_code == 200
        taken[path] = sorted(calls)
    first, one, preview = taken.values()

    assert first == ["GetItem", "GetSecretValue", "Query"]
    assert one == ["GetItem", "GetSecretValue", "Query", "Query"]
    # All that names lead to at once, then the user and its grants, then the versions it awaits.
    assert len(preview) <= 13, preview
    assert preview.count("Query") == 3


@pytest.mark.parametrize("text", HOSTILE)
def test_what_is_filled_in_stays_text(
    text: str, acme: Services, templates: Templates, ann: Visitor
) -> None:
    own = acme.directory("acme")
    hostile = Template("engineering", Selector("displayName", text), {text: "read"}, "regular")
    source = template_changes.source(hostile)
    lee = user(own, f"eve{text}@corp.test")
    group(own, text, lee)

    _, planned = ann.plan("set-templates", tenant="acme", text=source)
    templates.set([hostile])
    listed = ann.page("/t/acme/templates", user=lee, group=text)
    one = ann.page("/t/acme/templates/engineering")
    _, applied = ann.plan("apply-templates", tenant="acme", users=f"eve{text}@corp.test")
    _, removed = ann.plan("remove-template", tenant="acme", template="engineering")
    refused = ann.send("/acts/set-templates", {"tenant": "acme", "text": f"{source}\nrole: {text}"})

    for shown in (planned, listed, one, applied, removed):
        main = shown.partition("<main")[2].partition("</main>")[0] or shown
        main = main.replace("<wbr>", "")
        assert escape(text) in main
    for shown in (planned, listed, one, applied, removed, refused.text):
        main = shown.partition("<main")[2].partition("</main>")[0] or shown
        assert "<script" not in main
        assert "<img" not in main
        assert "hx-trigger='load" not in main
        assert set(re.findall(r'<[^>]*\shx-trigger="([^"]*)"', main)) <= {"every 3s"}


@pytest.mark.parametrize("path", ["nothing", "everybody?before=x", "a%2F..%2Fb"])
def test_what_is_not_there_is_said(path: str, acme: Services, ann: Visitor) -> None:
    answer = ann.client.get(f"{ann.root}/t/acme/templates/{path}", headers=OURS)

    assert answer.status_code in {404, 409}


def test_a_plan_for_many_users_reads_some_at_once(
    acme: Services, templates: Templates, ann: Visitor
) -> None:
    own = acme.directory("acme")
    people = [user(own, f"u{number}@corp.test") for number in range(MAX_THREADS + 1)]
    templates.set([Template("everybody", role="regular")])

    with counted(acme) as taken:
        _, shown = ann.plan("apply-templates", tenant="acme", users="\n".join([*people, "nobody"]))

    # The tenant and the templates; then some users, and their access; then the others likewise,
    # among them one that there is not, who is looked for by name, too.
    assert taken.number <= 2 + 2 + 2, str(taken)
    assert f"Give templates to {len(people)} users" in shown
    assert "There is no user nobody" in shown
