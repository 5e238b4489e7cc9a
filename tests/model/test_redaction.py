"""What is kept of an error's sentence: our words, never the values of the request."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scim2_models import Context

from rollcall.model import redaction
from rollcall.scim import body, filters, patch
from rollcall.scim.errors import SCIMException
from rollcall.scim.resource_type import Kind

ID = "2819c223-7f76-453a-919d-413861904646"
KEY = b"k" * 32


@pytest.mark.parametrize(
    ("detail", "sent", "kept"),
    [
        ("active takes true or false", {"active": "maybe"}, "active takes true or false"),
        ("'Ann Lee' is no path", {"Operations": [{"path": "Ann Lee"}]}, "… is no path"),
        ("there is no attribute nickname", {"filter": 'nickname eq "Ann"'}, None),
        ("value Ann is not valid", {"filter": "userName eq Ann"}, "value … is not valid"),
        ('emails[type eq "x"].value', {}, "emails….value"),
        (f"there is no User {ID}", {"members": [{"value": ID}]}, None),
        ("there is no User ann@example.com", {}, "there is no User …"),
        ("members: there is no Ann, Bob", {"members": [{"value": "Bob"}, "ann"]},
         "members: there is no …, …"),
        ("members: there is no ann smith", {"members": '[{"value": "ann\\u0020smith"}]'},
         "members: there is no … …"),
        ("userName is taken by another", {"userName": "Taken"}, "userName is … by another"),
        ("Operations[0].op must be add", {"Operations": [{"op": "x"}]},
         "Operations….op must be add"),
    ],
)  # fmt: skip
def test_words_that_were_sent_go_and_ours_stay(detail: str, sent: Any, kept: str | None) -> None:
    expected = detail if kept is None else kept
    assert redaction.redact(detail, sent) == expected


@pytest.mark.parametrize("opening", ['"', "'", "["])
def test_of_a_citation_that_is_longer_than_what_is_read_nothing_is_kept(opening: str) -> None:
    secret = r"zq\x\n7 " * 1000

    kept = redaction.redact(f"there is no attribute {opening}{secret}", {"x": secret})

    assert kept == "there is no attribute …"


def test_a_long_sentence_keeps_its_beginning_and_no_part_of_a_word() -> None:
    names = [f"m{number}" for number in range(2000)]

    kept = redaction.redact(f"there is no {', '.join(names)}", {"members": names})

    assert kept.startswith("there is no …, …, …")
    assert "m" not in kept
    assert len(kept) == redaction.MAX_LENGTH


SECRET = st.text("abcdefghijklmnop0123456789", min_size=12, max_size=20).map("zq".__add__)
NOISE = st.sampled_from(["{}", "{} x", "({}", '"{}', "{}]", "a.{}", "é{}", "<{}>"])


@st.composite
def bodies(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """A secret, and a request that holds it somewhere."""
    secret = draw(SECRET)
    said = draw(NOISE).format(secret)
    name = draw(
        st.sampled_from(["userName", "active", "name", "emails", "members", "x", "manager"])
    )
    value = draw(st.sampled_from([said, {"value": said}, [{"value": said}], [said], {said: said}]))
    return secret, {"userName": said, name: value}


@given(bodies())
def test_no_error_of_a_body_keeps_what_it_held(given_body: tuple[str, dict[str, Any]]) -> None:
    secret, sent = given_body
    for kind in Kind:
        try:
            body.read(kind, sent, Context.RESOURCE_CREATION_REQUEST)
        except SCIMException as error:
            assert secret not in redaction.redact(str(error.detail), sent)


PATHS = st.sampled_from(
    ["{}", "active", "name", "name.{}", 'emails[type eq "{}"]', 'emails[type eq "{}"].value',
     "emails[{}].value", "urn:x:{}", "id", "groups", "members", 'members[value eq "{}"]']
)  # fmt: skip


@given(SECRET, PATHS, NOISE, st.sampled_from(["add", "remove", "replace", "{}"]))
def test_no_error_of_a_patch_keeps_what_it_held(
    secret: str, path: str, noise: str, op: str
) -> None:
    operation = {
        "op": op.format(secret), "path": path.format(secret), "value": noise.format(secret),
    }  # fmt: skip
    sent = {"Operations": [operation]}
    document = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "x"}
    try:
        wanted = patch.read(Kind.USER, sent)
        wanted.apply(document)
    except SCIMException as error:
        if path not in {"{}", "urn:x:{}", "name.{}"}:  # a name, unless it is none
            assert secret not in redaction.redact(str(error.detail), sent)


FILTERS = st.sampled_from(
    ['userName eq "{}"', "userName eq {}", "{}", '"{}"', 'emails[type eq "{}"', "userName {} x",
     'active eq "{}"', 'meta.created gt "{}"', 'not (userName eq "{}"', "id in {}", '{} "x"']
)  # fmt: skip


@given(SECRET, FILTERS)
def test_no_error_of_a_filter_keeps_what_is_compared(secret: str, text: str) -> None:
    sent = {"filter": text.format(secret)}
    try:
        filters.parse(sent["filter"], list(Kind))
    except SCIMException as error:
        if text != "{}":  # a name
            assert secret not in redaction.redact(str(error.detail), sent)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("nickName", "nickName"),
        ("urn:ietf:params:scim:schemas:x:2.0:User:y", "urn:ietf:params:scim:schemas:x:2.0:User:y"),
        ('emails[value eq "ann@example.com"].x', "emails"),
        ("ann@example.com", "…"),
        ("Ann Lee", "…"),
        ("x" * 300, "…"),
        (ID, ID),
    ],
)
def test_of_names_that_clients_made_up_those_stay_that_look_like_one(sent: str, kept: str) -> None:
    assert redaction.name(sent) == kept


@pytest.mark.parametrize(("sent", "kept"), [(ID, ID), ("ann@example.com", "…"), ("", "")])
def test_of_ids_those_stay_that_we_could_have_issued(sent: str, kept: str) -> None:
    assert redaction.identifier(sent) == kept


def test_a_hash_is_of_any_spelling_and_of_one_tenant() -> None:
    assert redaction.keyed_hash(KEY, "Ann@Example.com") == redaction.keyed_hash(
        KEY, "ann@example.COM"
    )
    assert redaction.keyed_hash(KEY, "ann") != redaction.keyed_hash(KEY, "bob")
    assert redaction.keyed_hash(KEY, "ann") != redaction.keyed_hash(b"j" * 32, "ann")
    assert redaction.keyed_hash(KEY, "\ud800") == redaction.keyed_hash(KEY, "")


ID = "2819c223-7f76-453a-919d-413861904646"


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("/scim/acme/v2/Users", "/scim/acme/v2/Users"),
        (f"/scim/acme/v2/Users/{ID}", f"/scim/acme/v2/Users/{ID}"),
        ("/scim/acme/v2/Users/.search", "/scim/acme/v2/Users/.search"),
        ("/scim/acme/v2/Users/ann@example.com", "/scim/acme/v2/Users/…"),
        ("/scim/acme/v2/Groups/Sales", "/scim/acme/v2/Groups/…"),
        ("/scim/acme/v2/Schemas/urn:ietf:params:scim:schemas:core:2.0:User",) * 2,
        (f"/scim/acme/v2/rollcall_{'x' * 46}/Users", "/scim/acme/v2/…/Users"),
        (f"/handover/acme.{'x' * 46}", "/handover/…"),
        ("/Ann Lee/", "/…/"),
        ("/", "/"),
    ],
)
def test_of_a_path_routes_and_ids_of_ours_are_kept(sent: str, kept: str) -> None:
    assert redaction.path(sent) == kept
