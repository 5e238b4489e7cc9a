"""What changes of items mean to the product, record by record."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from rollcall.aws.attribute_values import encoded
from rollcall.changes.change_events import OURS, SCIM, Event, change_events
from rollcall.changes.changed_names import MAX_NAMES, changed_names
from rollcall.scim.resource_type import ROLLCALL
from rollcall.storage import item_changes
from tests.changes.schemas import DOCUMENTS, TYPES, faults

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
USER = {"pk": "acme#USER#u1", "sk": "DOCUMENT"}
ORIGIN = {"request": "request-1", "actor": "token:t1"}
Item = dict[str, Any]


def document(version: int, link: str = "", /, **attributes: Any) -> Item:
    content = json.dumps({"schemas": ["urn:x"], "userName": "ada", **attributes})
    linked = {"link": {"state": link}} if link else {}
    return {"document": content, "version": version, "origin": ORIGIN, **linked}


def record(key: Item, before: Item | None, after: Item | None, number: int = 7) -> Item:
    images = {"OldImage": before, "NewImage": after}
    found = {name: encoded({**key, **item}) for name, item in images.items() if item is not None}
    return {
        "eventID": f"event-{number}",
        "eventName": "MODIFY",
        "dynamodb": {
            "Keys": encoded(key),
            "SequenceNumber": str(number),
            "ApproximateCreationDateTime": 1_800_000_000.0,
            **found,
        },
    }


def told(key: Item, before: Item | None, after: Item | None) -> list[Event]:
    (change,) = item_changes.changes([record(key, before, after)])
    found = list(change_events(change, "https://scim.test/live/"))
    assert [faults(each) for each in found] == [[]] * len(found)
    return found


def payloads(key: Item, before: Item | None, after: Item | None) -> dict[str, Any]:
    return {each.type: each.claims["events"] for each in told(key, before, after)}


def test_an_event_is_a_security_event_token() -> None:
    (event,) = told(USER, None, document(1))

    assert event.type == "user.created"
    assert event.claims == {
        "iss": "https://scim.test/live/scim/acme/v2",
        "jti": event.claims["jti"],
        "iat": 1_800_000_000,
        "txn": "request-1",
        "sub_id": {"format": "scim", "uri": "/Users/u1"},
        "events": {
            f"{SCIM}:create:notice": {"version": 'W/"1"', "attributes": ["userName"]},
        },
        "tenant": "acme",
        "actor": "token:t1",
        "version": 1,
        "sequence": "7".zfill(40),
    }


def test_the_same_record_makes_the_same_event_and_another_one_another() -> None:
    (change,) = item_changes.changes([record(USER, None, document(1))])
    (other,) = item_changes.changes([record(USER, None, document(1), 8)])

    once, again, different = (
        next(change_events(each, "")).claims["jti"] for each in (change, change, other)
    )
    assert once == again != different


def test_names_are_told_and_values_are_not() -> None:
    before = document(1, title="Chief", emails=[{"value": "a@b.test"}], name={"familyName": "K"})
    after = document(
        2,
        emails=[{"value": "secret@b.test"}],
        name={"familyName": "King"},
        **{ENTERPRISE: {"department": "Secret"}},
    )
    (event,) = told(USER, before, after)

    assert event.claims["events"][f"{SCIM}:patch:notice"]["attributes"] == [
        "emails",
        "name.familyName",
        "title",
        f"{ENTERPRISE}:department",
    ]
    assert "ecret" not in event.detail


@pytest.mark.parametrize(
    ("before", "after", "types"),
    [
        ({"active": True}, {"active": False}, ["user.disabled"]),
        ({}, {"active": False}, ["user.disabled"]),
        ({"active": False}, {"active": True}, ["user.enabled"]),
        ({"active": False}, {}, ["user.enabled"]),
        ({}, {"active": True}, ["user.updated"]),
        ({"active": True}, {"active": False, "title": "x"}, ["user.disabled", "user.updated"]),
        ({"title": "x"}, {"title": "x"}, []),
    ],
)
def test_a_switch_of_active_is_an_event_of_its_own(
    before: Item, after: Item, types: list[str]
) -> None:
    found = payloads(USER, document(1, **before), document(2, **after))

    assert list(found) == types
    for uri in ("activate", "deactivate"):
        for each in found.values():
            assert each.get(f"{SCIM}:{uri}", {"version": 'W/"2"'}) == {"version": 'W/"2"'}


def test_a_tombstone_is_a_deletion_and_its_expiry_is_nothing() -> None:
    tombstone = {"deleted": "2026-01-01T00:00:00.000Z", "version": 3, "origin": ORIGIN}

    (event,) = told(USER, document(2), tombstone)
    assert (event.type, event.claims["version"]) == ("user.deleted", 3)
    assert event.claims["events"] == {f"{SCIM}:delete": {}}
    assert list(item_changes.changes([record(USER, tombstone, None)])) == []


HELD = {
    "deleted": "2026-01-01T00:00:00.000Z",
    "held": "2026-01-08T00:00:00.000Z",
    "version": 3,
    "origin": ORIGIN,
}


@pytest.mark.parametrize("active", [True, False])
def test_an_account_that_is_held_is_disabled_and_says_why(active: bool) -> None:
    found = payloads(USER, document(2, active=active), HELD)

    assert found == {
        "user.disabled": {
            f"{SCIM}:deactivate": {"version": 'W/"3"'},
            f"{OURS}:account:held": {"reason": "held", "until": HELD["held"]},
        }
    }


def test_the_purge_of_an_account_is_its_deletion() -> None:
    tombstone = {name: value for name, value in HELD.items() if name != "held"}

    assert payloads(USER, HELD, tombstone) == {"user.deleted": {f"{SCIM}:delete": {}}}
    assert payloads(USER, tombstone, {**tombstone, "origin": {}}) == {}


@pytest.mark.parametrize(
    ("link", "active", "types"),
    [
        ("", True, ["user.enabled", "user.updated"]),
        ("", False, ["user.updated"]),
        ("local", False, ["user.updated", "account.unlinked"]),
    ],
)
def test_an_account_that_comes_back_is_not_new(link: str, active: bool, types: list[str]) -> None:
    found = payloads(USER, HELD, document(4, link, active=active, title="x"))

    assert list(found) == types
    assert found["user.updated"][f"{SCIM}:patch:notice"]["attributes"] == ["title", "userName"]


def test_an_alias_is_a_merge() -> None:
    alias = {"alias": "u2", "version": 3, "origin": ORIGIN}

    assert payloads(USER, document(2), alias) == {
        "account.merged": {
            f"{SCIM}:delete": {},
            f"{OURS}:account:merged": {"survivor": "/Users/u2"},
        }
    }
    assert payloads(USER, alias, {**alias, "version": 4}) == {}


@pytest.mark.parametrize(
    ("before", "after", "type_"),
    [("local", "linked", "account.linked"), ("", "local", "account.unlinked")],
)
def test_a_link_is_told(before: str, after: str, type_: str) -> None:
    assert list(payloads(USER, document(1, before), document(1, after))) == [type_]


def test_a_membership_is_told_from_the_members_item_alone() -> None:
    key, ended = {"pk": "acme#USER#u1", "sk": "GROUP#g1"}, {"origin": ORIGIN, "ended": "x"}
    there = {"origin": ORIGIN}

    assert payloads(key, None, there) == {
        "membership.added": {
            f"{SCIM}:patch:notice": {"attributes": ["groups"]},
            f"{OURS}:membership:added": {"group": "/Groups/g1"},
        }
    }
    assert list(payloads(key, ended, there)) == ["membership.added"]
    assert list(payloads(key, there, ended)) == ["membership.removed"]
    assert payloads(key, there, there) == payloads(key, None, ended) == {}


def test_a_nested_group_is_a_member_as_well() -> None:
    key = {"pk": "acme#GROUP#g2", "sk": "PARENT#g1"}
    (event,) = told(key, None, {"origin": ORIGIN})

    assert event.claims["sub_id"]["uri"] == "/Groups/g2"
    assert list(event.claims["events"]) == [f"{OURS}:membership:added"]


def grant(**more: Any) -> Item:
    return {"version": 1, "areas": {"crm": "edit"}, "role": "regular", "origin": ORIGIN, **more}


def test_a_grant_says_what_and_by_which_version_of_which_template() -> None:
    key = {"pk": "acme#USER#u1", "sk": "GRANT#sales"}

    assert payloads(key, None, grant(attributes={"locale": "en-GB"})) == {
        "access.granted": {
            f"{SCIM}:patch:notice": {
                "attributes": ["locale", f"{ROLLCALL}:workAreas", f"{ROLLCALL}:role"]
            },
            f"{OURS}:access:granted": {
                "workAreas": {"crm": "edit"},
                "role": "regular",
                "template": "sales",
                "templateVersion": 1,
            },
        }
    }


def test_by_hand_a_grant_becomes_more_or_less() -> None:
    key = {"pk": "acme#USER#u1", "sk": "GRANT#@"}
    found = payloads(key, grant(), grant(areas={"code": "read"}, role=""))

    assert found["access.granted"][f"{OURS}:access:granted"] == {"workAreas": {"code": "read"}}
    assert found["access.revoked"][f"{OURS}:access:revoked"] == {
        "workAreas": {"crm": "edit"},
        "role": "regular",
    }
    assert payloads(key, grant(), grant(version=2)) == {}


def test_a_grant_that_ends_with_a_membership_is_told_with_who_ended_it() -> None:
    key = {"pk": "acme#USER#u1", "sk": "GRANT#sales#g1"}
    held = grant(follows=True, group="g1", template="sales")
    ended = {"version": 1, "template": "sales", "ended": "2026-01-01", "origin": ORIGIN}

    told = {
        "workAreas": {"crm": "edit"},
        "role": "regular",
        "template": "sales",
        "templateVersion": 1,
    }
    assert payloads(key, held, ended)["access.revoked"][f"{OURS}:access:revoked"] == told
    assert payloads(key, ended, held)["access.granted"][f"{OURS}:access:granted"] == told
    assert payloads(key, ended, ended) == payloads(key, None, ended) == {}


def test_news_of_the_duplicate_report_is_told_once() -> None:
    key = {"pk": "acme#DUPLICATES", "sk": "SUMMARY#2026-01-01T02:00:00Z"}
    counts = {"new": 2, "open": 1, "resolved": 0}
    (event,) = told(key, None, counts)

    assert event.claims["sub_id"] == {"format": "opaque", "id": "2026-01-01T02:00:00Z"}
    assert event.claims["events"] == {f"{OURS}:duplicates:found": counts}
    assert told(key, counts, counts) == told(key, None, {**counts, "new": 0}) == []


@pytest.mark.parametrize(("announced", "told_of"), [(0, [3]), (1, [2]), (3, [])])
def test_what_events_of_their_own_told_of_is_not_told_again(
    announced: int, told_of: list[int]
) -> None:
    key = {"pk": "acme#DUPLICATES", "sk": "SUMMARY#2026-01-01T02:00:00Z"}
    counts = {"new": 3, "announced": announced, "open": 1, "resolved": 0}

    new = [each.claims["events"] for each in told(key, None, counts)]
    assert new == [
        {f"{OURS}:duplicates:found": {"new": each, "open": 1, "resolved": 0}} for each in told_of
    ]


def test_a_duplicate_that_a_creation_makes_is_told_by_ids() -> None:
    key = {"pk": "acme#NOTICES", "sk": "NOTICE#1"}
    said = {"new": 1, "finding": "362f877c0b59", "accounts": ["/Users/u1", "/Users/u2"]}
    notice = {"notice": "duplicates.found", "about": "362f877c0b59", "said": said}
    (event,) = told(key, None, {**notice, "origin": ORIGIN})

    assert event.type == "duplicates.found"
    assert event.claims["sub_id"] == {"format": "opaque", "id": "362f877c0b59"}
    assert event.claims["events"] == {f"{OURS}:duplicates:found": said}
    assert json.loads(event.detail) == event.claims
    assert (event.claims["txn"], event.claims["actor"]) == ("request-1", "token:t1")


def test_a_rotation_of_a_token_is_told_from_a_notice() -> None:
    key = {"pk": "acme#NOTICES", "sk": "NOTICE#1"}
    said = {"successor": "t2", "until": "2026-01-02T00:00:00.000Z"}
    notice = {
        "notice": "token.rotated",
        "about": "t1",
        "said": said,
        "origin": {"actor": "operator:ann"},
    }
    (event,) = told(key, None, notice)

    assert event.type == "token.rotated"
    assert event.claims["sub_id"] == {"format": "opaque", "id": "t1"}
    assert event.claims["events"] == {f"{OURS}:token:rotated": said}


@pytest.mark.parametrize(
    "key",
    [
        {"pk": "acme#GROUP#g1", "sk": "DOCUMENT"},
        {"pk": "acme#GROUP#g1", "sk": "MEMBER#u1"},
        {"pk": "acme#USERNAME#ada", "sk": "CLAIM"},
        {"pk": "acme#TEMPLATES", "sk": "CURRENT"},
        {"pk": "acme#USER#u1", "sk": "FLAG#f"},
        {"pk": "acme#COUNT#User", "sk": "01"},
        {"pk": "#REPORT#x", "sk": "LINK"},
    ],
)
def test_other_items_mean_nothing(key: Item) -> None:
    assert list(item_changes.changes([record(key, None, {"version": 1})])) == []


@pytest.mark.parametrize("length", [60, 600, 6_000])
def test_an_event_never_grows_beyond_200_kb(length: int) -> None:
    many = {f"urn:example:{'x' * 60}:User": {f"a{n}{'ü' * length}": "v" for n in range(2_000)}}
    (event,) = told(USER, None, document(1, "", **many))

    assert 0 < len(changed_names({}, many)) <= MAX_NAMES
    assert len(event.detail.encode()) < 200_000


def test_the_table_of_the_documents_names_every_type() -> None:
    rows = re.findall(r"^\| (`[^|]+`) \|", (DOCUMENTS / "README.md").read_text(), re.MULTILINE)
    named = [name for row in rows for name in re.findall(r"`([a-z]+\.[a-z]+)`", row)]

    assert sorted(named) == TYPES


def test_every_documented_type_is_one_of_those_that_are_told() -> None:
    assert TYPES == [
        "access.granted", "access.revoked", "account.linked", "account.merged", "account.unlinked",
        "duplicates.found", "membership.added", "membership.removed", "tenant.moved",
        "token.rotated", "user.created", "user.deleted", "user.disabled", "user.enabled",
        "user.updated",
    ]  # fmt: skip
