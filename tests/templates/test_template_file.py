"""The file of templates: what it may say, and a sentence for each mistake in it."""

from __future__ import annotations

from typing import Any

import pytest

from rollcall.templates import template_file
from rollcall.templates.access_levels import AccessLevels
from rollcall.templates.template import Selector, Template
from rollcall.templates.template_file import TemplateError

EVERYBODY: dict[str, Any] = {
    "name": "everybody",
    "users": "all",
    "workAreas": {"induction": "read", "policies": "comment"},
    "role": "regular",
    "attributes": {"locale": "en-GB", "timezone": "Europe/London", "userType": "Employee"},
}
ENGINEERING: dict[str, Any] = {
    "name": "engineering",
    "group": {"displayName": "Engineering"},
    "workAreas": {"induction": "edit"},
}


def refusal(parsed: Any) -> list[str]:
    with pytest.raises(TemplateError) as refused:
        template_file.read(parsed, AccessLevels())
    return str(refused.value).splitlines()


def without(key: str, **more: Any) -> dict[str, Any]:
    return {name: value for name, value in EVERYBODY.items() if name != key} | more


def test_a_template_for_all_is_read() -> None:
    (template,) = template_file.read(EVERYBODY, AccessLevels())

    assert template == Template(
        "everybody",
        areas={"induction": "read", "policies": "comment"},
        role="regular",
        attributes={"locale": "en-GB", "timezone": "Europe/London", "userType": "Employee"},
    )
    assert template.audience == "all new users"


def test_a_template_lasts_forever_unless_it_says_otherwise() -> None:
    listed = [
        ENGINEERING,
        {**ENGINEERING, "name": "b", "lasts": "forever"},
        {**ENGINEERING, "name": "c", "lasts": "membership"},
    ]
    read = template_file.read(listed, AccessLevels(), 30)

    assert [each.follows for each in read] == [False, False, True]
    assert [Template.of(each.content) for each in read] == read


@pytest.mark.parametrize("attribute", ["displayName", "externalId"])
def test_a_group_is_named_by_either_attribute(attribute: str) -> None:
    (template,) = template_file.read(
        {**ENGINEERING, "group": {attribute: "Engineering"}}, AccessLevels()
    )

    assert template.group == Selector(attribute, "Engineering")
    named = {"displayName": "Engineering", "externalId": "of externalId Engineering"}
    assert template.audience == f"members of the group {named[attribute]}"


def test_the_window_of_the_command_is_for_those_that_do_not_say_their_own() -> None:
    own = {**ENGINEERING, "name": "own", "window": 3}

    assert [each.window for each in template_file.read([ENGINEERING, own], AccessLevels(), 30)] == [
        30,
        3,
    ]


def test_levels_and_roles_are_those_of_the_deployment() -> None:
    access_levels = AccessLevels.of("see, do", "guest")
    raw = {"name": "a", "users": "all", "workAreas": {"x": "do"}, "role": "guest"}

    assert template_file.read(raw, access_levels)[0].areas == {"x": "do"}
    assert refusal(raw) == [
        'template a: work area x: level "do" is none of read, comment, edit or manage',
        'template a: role "guest" is none of occasional, regular or administrator',
    ]


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (7, "the template: it is no object with the keys name, users, group"),
        ([], "the file holds no template"),
        (without("name"), "the template: name has 1 to 40 of a-z, 0-9 and -, and null does not"),
        (
            without("name", name="A b"),
            'template A b: name has 1 to 40 of a-z, 0-9 and -, and "A b"',
        ),
        (without("name", name="@"), "template @: name has 1 to 40"),
        (without("role", rol="regular"), "there is no key rol (do you mean role?)"),
        (without("users"), "say either users: all, or the group whose members it is for"),
        (
            {**EVERYBODY, "group": {"displayName": "x"}},
            "say either users: all, or the group whose members it is for",
        ),
        (without("users", users="everyone"), 'users takes all, not "everyone"'),
        (without("users", users=True), "users takes all, not true"),
        (without("users", group="Sales"), "group names one group by its displayName or its"),
        (without("users", group={"id": "1"}), "group names one group by its displayName or its"),
        (without("users", group={"displayName": 3}), "group displayName is a string, and 3 is a"),
        (without("users", group={"externalId": " x"}), "group externalId has 1 to 100 characters"),
        (without("users", group={"externalId": "x" * 101}), "externalId has 1 to 100 characters"),
        (
            without("workAreas", workAreas=["x"]),
            "workAreas maps work areas to levels, and is a list",
        ),
        (
            without("workAreas", workAreas={"x": "raed"}),
            'level "raed" is none of read, comment, edit or manage (do you mean read?)',
        ),
        (without("workAreas", workAreas={"x": None}), "work area x: level null is none of read"),
        (
            without("workAreas", workAreas={7: "read"}),
            "the name of a work area is a string, and 7 is",
        ),
        (
            without("workAreas", workAreas={"a\nb": "read"}),
            "work area holds a character that cannot",
        ),
        (
            without("workAreas", workAreas={f"area {each}": "read" for each in range(51)}),
            "workAreas names at most 50 work areas, not 51",
        ),
        (
            without("role", role="admin"),
            'role "admin" is none of occasional, regular or administrator',
        ),
        (
            without("attributes", attributes="en"),
            "attributes maps attributes to values, and is a string",
        ),
        (
            without("attributes", attributes={"language": "de"}),
            "attributes takes locale, timezone or userType, not language",
        ),
        (
            without("attributes", attributes={"locale": False}),
            "attribute locale is a string, and false",
        ),
        (
            without("attributes", attributes={"locale": "English!"}),
            'attribute locale is a language tag such as en-GB, not "English!"',
        ),
        (
            without("attributes", attributes={"timezone": "Europe/Lodnon"}),
            'not "Europe/Lodnon" (do you mean Europe/London?)',
        ),
        ({**EVERYBODY, "window": 3}, "window is for the template of a group"),
        ({**ENGINEERING, "lasts": "long"}, 'lasts takes forever or membership, not "long"'),
        ({**ENGINEERING, "lasts": ["forever"]}, "lasts takes forever or membership"),
        (
            without("attributes", lasts="membership"),
            "lasts: membership is for the template of a group: all users are in none",
        ),
        (
            {**ENGINEERING, "attributes": {"locale": "de"}, "lasts": "membership"},
            "attributes never follow a membership: give them by a template that lasts forever",
        ),
        (
            {**ENGINEERING, "window": 3, "lasts": "membership"},
            "window is for what lasts forever: this template gives to members of any age",
        ),
        ({**ENGINEERING, "window": 0}, "window is a number of days from 1 to 366, not 0"),
        ({**ENGINEERING, "window": True}, "window is a number of days from 1 to 366, not true"),
        ({**ENGINEERING, "window": "14 days"}, 'window is a number of days from 1 to 366, not "14'),
        ({"name": "a", "users": "all"}, "template a: it gives nothing: say workAreas, a role or"),
        (
            without("workAreas", workAreas={f"{n} {'ä' * 90}": "read" for n in range(50)})
            | {"attributes": {"userType": "y" * 100}, "name": "n" * 40, "role": "administrator"},
            "it has more than 6000 bytes",
        ),
        ([EVERYBODY, EVERYBODY], "template everybody: the file names it twice"),
        (
            [EVERYBODY, {**EVERYBODY, "name": "other"}],
            "one template applies to all users, and the file has everybody and other",
        ),
    ],
)
def test_a_mistake_is_named_in_one_sentence(raw: Any, sentence: str) -> None:
    assert [each for each in refusal(raw) if sentence in each]


def test_every_mistake_has_a_sentence_of_its_own_and_none_hides_another() -> None:
    raw = [
        without("role", rol="x", name="A", workAreas={"x": "raed", "y": "wirte"}),
        {**ENGINEERING, "window": -1},
        None,
    ]

    assert [each.partition(":")[0] for each in refusal(raw)] == [
        "template A", "template A", "template A", "template A",
        "template engineering",
        "template 3 of the file",
    ]  # fmt: skip
