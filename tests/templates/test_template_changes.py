"""Templates of a tenant: set, versioned, bound to groups, removed."""

from __future__ import annotations

import pytest

from rollcall.directory.directory import Directory
from rollcall.operations.operator import Operator
from rollcall.runtime.services import Services
from rollcall.storage.transactions import Action
from rollcall.templates.template import Selector, Template
from rollcall.templates.template_file import TemplateError
from tests.directory.people import group
from tests.operations.operators import Templates
from tests.storage.faults import preceded
from tests.templates.conftest import Clock

EVERYBODY = Template("everybody", areas={"induction": "read"})
ENGINEERING = Template(
    "engineering", Selector("displayName", "Engineering"), {"induction": "edit"}, "regular"
)


def names(templates: Templates) -> list[str]:
    return [each.name for each in templates.catalogue().templates]


def test_a_tenant_begins_without_templates(templates: Templates) -> None:
    assert names(templates) == []
    assert templates.catalogue().everyone is None


def test_what_is_set_applies_in_its_first_version(templates: Templates) -> None:
    set_ = templates.set([EVERYBODY, ENGINEERING])

    assert [each.version for each in set_] == [1, 1]
    assert templates.show("engineering") == set_[1]
    assert templates.catalogue().everyone == set_[0]


def test_setting_it_again_makes_a_version_only_where_something_differs(
    templates: Templates, clock: Clock
) -> None:
    templates.set([EVERYBODY, ENGINEERING])
    clock.go_on(days=1)
    changed = Template("everybody", areas={"induction": "comment"})

    assert [each.version for each in templates.set([changed, ENGINEERING])] == [2, 1]
    history = list(templates.history("everybody"))
    assert [each.template.areas["induction"] for each in history] == ["read", "comment"]
    assert [each.set_at[:10] for each in history] == ["2026-01-01", "2026-01-02"]
    assert {each.actor for each in history} == {"operator:ann"}


def test_a_removed_template_keeps_its_history_and_its_numbers(templates: Templates) -> None:
    templates.set([EVERYBODY])
    templates.remove("everybody")

    assert names(templates) == []
    assert templates.set([EVERYBODY])[0].version == 2
    assert len(list(templates.history("everybody"))) == 2


def test_a_template_that_is_not_there_is_neither_shown_nor_removed(
    templates: Templates,
) -> None:
    for refused in (templates.show, templates.remove):
        with pytest.raises(TemplateError, match="there is no template everybody"):
            refused("everybody")


def test_only_one_template_applies_to_all_users(templates: Templates) -> None:
    templates.set([EVERYBODY])
    other = Template("another", areas={"policies": "read"})

    with pytest.raises(TemplateError, match="another: template everybody applies to all users"):
        templates.set([ENGINEERING, other])
    assert names(templates) == ["everybody"]


def test_the_template_of_all_users_may_become_another_in_one_step(
    templates: Templates,
) -> None:
    templates.set([EVERYBODY])
    as_group = Template("everybody", Selector("displayName", "Staff"), {"induction": "read"})

    templates.set([as_group, Template("another", areas={"policies": "read"})])

    everyone = templates.catalogue().everyone
    assert everyone is not None
    assert everyone.name == "another"


def test_a_tenant_has_at_most_40_templates(templates: Templates) -> None:
    many = [Template(f"t{each}", Selector("displayName", "x"), {"a": "read"}) for each in range(41)]

    with pytest.raises(TemplateError, match="at most 40 templates"):
        templates.set(many)
    assert len(templates.set(many[:40])) == 40


def test_of_two_operators_none_undoes_what_the_other_did(
    templates: Templates, services: Services
) -> None:
    templates.set([EVERYBODY])
    other = Templates(Operator(services, "operator:bob"))
    client = services.clients.dynamodb

    with preceded(client, "TransactWriteItems", lambda: other.set([ENGINEERING])):
        templates.set([Template("everybody", areas={"induction": "manage"})])

    assert names(templates) == ["engineering", "everybody"]
    assert [each.actor for each in templates.history("engineering")] == ["operator:bob"]


def test_of_two_operators_only_one_sets_a_template_for_all(
    templates: Templates, services: Services
) -> None:
    other = Templates(Operator(services, "operator:bob"))
    client = services.clients.dynamodb

    with (
        preceded(client, "TransactWriteItems", lambda: other.set([EVERYBODY])),
        pytest.raises(TemplateError, match="template everybody applies to all users already"),
    ):
        templates.set([Template("another", areas={"policies": "read"})])


def test_a_template_waits_for_its_group(templates: Templates) -> None:
    (template,) = templates.set([ENGINEERING])

    catalogue = templates.catalogue()
    assert catalogue.group_of(template) is None
    assert catalogue.unbound_selectors({"displayName": "ENGINEERING"}) == [
        "displayName:engineering"
    ]
    assert catalogue.unbound_selectors({"displayName": "Sales"}) == []


def test_a_template_is_bound_to_a_group_that_is_there_already(
    templates: Templates, directory: Directory
) -> None:
    there = group(directory, "engineering")

    (template,) = templates.set([ENGINEERING])

    catalogue = templates.catalogue()
    assert catalogue.group_of(template) == there
    assert catalogue.selectors_of(there) == ["displayName:engineering"]
    assert catalogue.unbound_selectors({"displayName": "Engineering"}) == []


def test_a_group_is_found_by_its_external_id_in_its_own_case(
    templates: Templates, directory: Directory
) -> None:
    there = directory.groups.create({"displayName": "Eng", "externalId": "G-1"}).record.id
    right = Template("right", Selector("externalId", "G-1"), {"a": "read"})
    wrong = Template("wrong", Selector("externalId", "g-1"), {"a": "read"})

    for template in templates.set([right, wrong]):
        bound = templates.catalogue().group_of(template)
        expected = there if template.name == "right" else None
        assert bound == expected


def test_a_template_is_not_bound_to_a_group_that_is_being_deleted(
    templates: Templates, directory: Directory, services: Services
) -> None:
    there = group(directory, "Engineering")
    templates.set([EVERYBODY])
    client = services.clients.dynamodb

    with preceded(
        client, "TransactWriteItems", lambda: None, lambda: directory.groups.delete(there)
    ) as left:
        (template,) = templates.set([ENGINEERING])

    assert not left
    assert templates.catalogue().group_of(template) is None


def test_templates_are_read_with_one_read(templates: Templates, services: Services) -> None:
    templates.set([EVERYBODY, ENGINEERING])
    reads: list[str] = []
    events = services.clients.dynamodb.meta.events
    events.register("before-call.dynamodb", lambda model, **_: reads.append(model.name))

    templates.catalogue()

    assert reads == ["GetItem"]


def test_the_selectors_of_a_group_are_freed_for_the_next_one(
    templates: Templates, directory: Directory, services: Services
) -> None:
    from rollcall.storage.template_items import TemplateItems as Stored

    there = group(directory, "Engineering")
    (template,) = templates.set([ENGINEERING])
    freeing: list[Action] = Stored(services.table, "acme").unbinding(
        templates.catalogue().selectors_of(there), there
    )
    services.table.transact(freeing)

    assert templates.catalogue().group_of(template) is None
