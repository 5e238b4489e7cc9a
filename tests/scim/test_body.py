"""The body of a POST or a PUT becomes the canonical document, or an error that names the attribute.

Rows U1, U13, U21, U23, G1, G10 and G11 of what clients send.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scim2_models import Context

from rollcall.scim import body
from rollcall.scim.body import MAX_DEPTH, Body
from rollcall.scim.errors import InvalidSyntaxException, InvalidValueException, SCIMException
from rollcall.scim.resource_type import Kind
from tests.scim import strategies
from tests.scim.strategies import FAST, copied

CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
TYPO = "urn:ietf:params:scim:schemas:extension:enterprise:2.0User"
MICROSOFT = "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"

POST, PUT = Context.RESOURCE_CREATION_REQUEST, Context.RESOURCE_REPLACEMENT_REQUEST


def user(**attributes: Any) -> Body:
    return body.read(Kind.USER, {"schemas": [CORE], "userName": "ada", **attributes}, POST)


def group(**attributes: Any) -> Body:
    return body.read(Kind.GROUP, {"schemas": [GROUP], "displayName": "Staff", **attributes}, POST)


def refused(payload: Any, kind: Kind = Kind.USER) -> SCIMException:
    with pytest.raises(SCIMException) as raised:
        body.read(kind, payload, POST)
    assert raised.value.status == 400
    return raised.value


def test_a_user_as_entra_creates_it() -> None:
    read = body.read(
        Kind.USER,
        {
            "schemas": [CORE, ENTERPRISE],
            "externalId": "0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef",
            "userName": "Ada@Example.COM",
            "active": True,
            "displayName": "Ada Lovelace",
            "emails": [{"primary": True, "type": "work", "value": "Ada@Example.COM"}],
            "meta": {"resourceType": "User"},
            "name": {"formatted": "Ada Lovelace", "familyName": "Lovelace", "givenName": "Ada"},
            "roles": [],
            "title": None,
            "phoneNumbers": [],
            ENTERPRISE: {"department": "Engines", "manager": {"value": "m1"}},
        },
        POST,
    )
    assert read.document == {
        "schemas": [CORE, ENTERPRISE],
        "externalId": "0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef",
        "userName": "Ada@Example.COM",
        "active": True,
        "displayName": "Ada Lovelace",
        "emails": [{"primary": True, "type": "work", "value": "Ada@Example.COM"}],
        "name": {"formatted": "Ada Lovelace", "familyName": "Lovelace", "givenName": "Ada"},
        ENTERPRISE: {"department": "Engines", "manager": {"value": "m1"}},
    }
    assert read.members is None
    assert read.ignored == []


@pytest.mark.parametrize("nothing", [None, "", [], {}])
@pytest.mark.parametrize(
    "name",
    ["externalId", "displayName", "active", "name", "emails", "roles", "manager", ENTERPRISE],
)
def test_null_and_what_is_empty_mean_unassigned(name: str, nothing: Any) -> None:
    read = user(**{name: nothing})
    assert read.document == {"schemas": [CORE], "userName": "ada"}
    assert read.ignored == []


@pytest.mark.parametrize(
    "emails",
    [
        [None],
        [""],
        [{}],
        [[]],
        [{"value": None}],
        [{"value": "", "type": "work"}],
        [{"type": "work", "primary": True}],
        {"value": ""},
    ],
)
def test_an_element_without_a_value_is_dropped(emails: Any) -> None:
    assert "emails" not in user(emails=emails).document


def test_the_elements_beside_an_empty_one_stay() -> None:
    read = user(emails=[None, {"type": "home", "value": ""}, {"type": "work", "value": "a@b.c"}])
    assert read.document["emails"] == [{"type": "work", "value": "a@b.c"}]


def test_what_the_server_decides_is_ignored() -> None:
    read = user(id="mine", meta={"version": "9"}, groups=[{"value": "g"}])
    assert read.document == {"schemas": [CORE], "userName": "ada"}


def test_unknown_attributes_are_ignored_and_named() -> None:
    read = user(nope=1, nested={"nope": True}, **{ENTERPRISE: {"nope": "x", "division": "d"}})
    assert read.document[ENTERPRISE] == {"division": "d"}
    assert read.ignored == ["nope", "nested", f"{ENTERPRISE}:nope"]


def test_unknown_parts_of_attributes_are_ignored() -> None:
    read = user(name={"nope": "x", "givenName": "Ada"}, emails=[{"value": "a@b.c", "nope": "x"}])
    assert read.document["name"] == {"givenName": "Ada"}
    assert read.document["emails"] == [{"value": "a@b.c"}]


def test_an_unknown_attribute_without_a_value_is_not_worth_a_word() -> None:
    assert user(nope=None, other=[]).ignored == []


def test_a_password_is_discarded() -> None:
    read = user(password="correct horse battery staple")
    assert "battery" not in str(read)
    assert read.ignored == ["password"]


@pytest.mark.parametrize("key", ["name.familyName", 'emails[type eq "work"].value', "a b", ""])
def test_a_key_that_is_no_attribute_name_is_ignored(key: str) -> None:
    read = user(**{key: "x"})
    assert read.document == {"schemas": [CORE], "userName": "ada"}
    assert read.ignored == [key]


def test_names_may_be_in_any_case() -> None:
    read = body.read(
        Kind.USER,
        {
            "SCHEMAS": [CORE],
            "username": "ada",
            "EMAILS": [{"VALUE": "a@b.c", "Type": "work", "PRIMARY": "True"}],
            "Roles": [{"Value": '{"value": "Admin"}'}],
            ENTERPRISE.lower(): {"DEPARTMENT": "Engines", "Manager": "m1"},
        },
        POST,
    )
    assert read.document == {
        "schemas": [CORE, ENTERPRISE],
        "userName": "ada",
        "emails": [{"value": "a@b.c", "type": "work", "primary": True}],
        "roles": [{"value": "Admin"}],
        ENTERPRISE: {"department": "Engines", "manager": {"value": "m1"}},
    }


@pytest.mark.parametrize(
    "extension",
    [
        {ENTERPRISE: {"department": "Engines"}},
        {TYPO: {"department": "Engines"}},
        {f"{ENTERPRISE}:department": "Engines"},
        {f"{TYPO}:department": "Engines"},
    ],
)
def test_an_extension_joins_the_schemas_that_do_not_list_it(extension: dict[str, Any]) -> None:
    assert user(**extension).document == {
        "schemas": [CORE, ENTERPRISE],
        "userName": "ada",
        ENTERPRISE: {"department": "Engines"},
    }


def test_an_extension_may_come_in_pieces() -> None:
    read = user(**{f"{ENTERPRISE}:department": "Engines", ENTERPRISE: {"division": "North"}})
    assert read.document[ENTERPRISE] == {"department": "Engines", "division": "North"}


@pytest.mark.parametrize("nothing", [{}, {"department": ""}, {"manager": None}, {"schemas": ["x"]}])
def test_an_extension_without_a_value_leaves_the_schemas(nothing: dict[str, Any]) -> None:
    read = user(schemas=[CORE, ENTERPRISE], **{ENTERPRISE: nothing})
    assert read.document == {"schemas": [CORE], "userName": "ada"}


@pytest.mark.parametrize("value", [5, "x", True, [{"department": "Engines"}]])
def test_an_extension_that_is_no_object_is_ignored(value: Any) -> None:
    read = user(**{ENTERPRISE: value})
    assert read.document == {"schemas": [CORE], "userName": "ada"}
    assert read.ignored == [ENTERPRISE]


def test_attributes_may_stand_under_the_urn_of_their_own_schema() -> None:
    read = user(**{CORE: {"displayName": "Ada"}, f"{CORE}:title": "Countess"})
    assert (read.document["displayName"], read.document["title"]) == ("Ada", "Countess")


@pytest.mark.parametrize(
    "manager",
    ["m1", ["m1"], {"value": "m1"}, [{"value": "m1"}], [{"$ref": "../Users/m1", "value": "m1"}]],
)
@pytest.mark.parametrize("bare", [True, False])
def test_a_manager_may_come_in_any_shape_and_place(manager: Any, bare: bool) -> None:
    read = user(**({"manager": manager} if bare else {ENTERPRISE: {"manager": manager}}))
    assert read.document == {
        "schemas": [CORE, ENTERPRISE],
        "userName": "ada",
        ENTERPRISE: {"manager": {"value": "m1"}},
    }


@pytest.mark.parametrize(
    "manager", [{"$ref": "../Users/m1"}, {"displayName": "Eve"}, {"value": ""}]
)
def test_a_manager_without_an_id_is_none(manager: dict[str, Any]) -> None:
    assert user(manager=manager).document == {"schemas": [CORE], "userName": "ada"}


@pytest.mark.parametrize(
    ("sent", "active"),
    [
        (True, True),
        (False, False),
        ("True", True),
        ("False", False),
        ("false", False),
        ([True], True),
    ],
)
def test_active_may_be_a_string(sent: Any, active: bool) -> None:
    assert user(active=sent).document["active"] is active


def test_a_single_value_may_be_wrapped_in_the_old_form() -> None:
    read = user(displayName=[{"$ref": None, "value": "Ada"}], title=["Countess"])
    assert (read.document["displayName"], read.document["title"]) == ("Ada", "Countess")


@pytest.mark.parametrize(
    ("sent", "roles"),
    [
        ([{"primary": "True", "value": "Admin"}], [{"primary": True, "value": "Admin"}]),
        ([{"primary": "True", "type": "WindowsAzureActiveDirectoryRole"}], None),
        ("Admin", [{"value": "Admin"}]),
        (["Admin", "User"], [{"value": "Admin"}, {"value": "User"}]),
        (
            [{"value": '{"id": "1", "value": "Admin", "displayName": "Administrator"}'}],
            [{"value": "Admin", "display": "Administrator"}],
        ),
        (['{"value": "Admin"}'], [{"value": "Admin"}]),
        ([{"value": "{not json}"}], [{"value": "{not json}"}]),
    ],
)
def test_roles_may_hold_json_and_booleans_in_strings(sent: Any, roles: Any) -> None:
    assert user(roles=sent).document.get("roles") == roles


def test_json_in_other_values_is_kept_as_it_is() -> None:
    entitlements = [{"value": '{"value": "Admin"}'}]
    assert user(entitlements=entitlements).document["entitlements"] == entitlements


@pytest.mark.parametrize(
    "address", ["Ada@Corp.LOCAL", "ada@localhost", "@x.test", "ADA@xn--d1acufc.TEST", "no address"]
)
def test_an_email_is_kept_as_it_was_sent(address: str) -> None:
    assert user(emails=[{"value": address}]).document["emails"] == [{"value": address}]


@pytest.mark.parametrize("link", ["https://Example.COM/ada?q=1", "not a link", "ada.png"])
def test_a_link_is_kept_as_it_was_sent(link: str) -> None:
    read = user(profileUrl=link, photos=[{"type": "photo", "value": link}])
    assert read.document["profileUrl"] == link
    assert read.document["photos"] == [{"type": "photo", "value": link}]


def test_a_certificate_is_kept_as_it_was_sent() -> None:
    read = user(x509Certificates=[{"value": "QUFB" * 100}])
    assert read.document["x509Certificates"] == [{"value": "QUFB" * 100}]


@pytest.mark.parametrize("label", ["fax", "Fax", "satellite", "Direct Line"])
def test_a_type_is_kept_as_it_was_sent(label: str) -> None:
    read = user(phoneNumbers=[{"type": label, "value": "1"}])
    assert read.document["phoneNumbers"] == [{"type": label, "value": "1"}]


@pytest.mark.parametrize(
    "schemas",
    [
        [CORE],
        [CORE, "urn:example:2.0:User"],
        CORE,
        [],
        None,
        "",
        [None],
        [TYPO, CORE],
        ["urn:scim:schemas:core:1.0"],
        ["urn:ietf:params:scim:schemas:core:1.0:User"],
        [CORE.lower()],
        [f"{CORE} "],
        [ENTERPRISE],
        [GROUP, CORE],
        [GROUP, f" {CORE.upper()}"],
        "User",
    ],
)
def test_schemas_that_we_do_not_have_are_no_matter(schemas: Any) -> None:
    assert user(schemas=schemas).document == {"schemas": [CORE], "userName": "ada"}


@pytest.mark.parametrize("payload", [None, [], "x", 5, True, [{"userName": "ada"}]])
def test_a_body_that_is_no_object_is_invalid_syntax(payload: Any) -> None:
    error = refused(payload)
    assert isinstance(error, InvalidSyntaxException)
    assert error.detail == "the body must be a JSON object"


def nested(levels: int) -> Any:
    value: Any = "x"
    for _ in range(levels):
        value = {"x": value}
    return value


def test_a_body_of_more_levels_than_any_client_sends_is_invalid_syntax() -> None:
    assert user(nope=nested(MAX_DEPTH - 1)).ignored == ["nope"]
    error = refused({"schemas": [CORE], "userName": "ada", "nope": nested(MAX_DEPTH)})
    assert (error.scim_type, str(MAX_DEPTH) in error.detail) == ("invalidSyntax", True)


def test_a_body_deeper_than_the_stack_is_invalid_syntax() -> None:
    assert refused({"name": nested(100_000)}).scim_type == "invalidSyntax"


@pytest.mark.parametrize("schemas", [[GROUP], GROUP, [f" {GROUP.upper()}"], [ENTERPRISE, GROUP]])
def test_a_body_of_another_type_of_resource_is_invalid_syntax(schemas: Any) -> None:
    error = refused({"schemas": schemas, "userName": "ada"})
    assert (error.scim_type, CORE in error.detail) == ("invalidSyntax", True)


@pytest.mark.parametrize(
    ("attributes", "named"),
    [
        ({"userName": None}, "userName"),
        ({"userName": ""}, "userName"),
        ({"userName": []}, "userName"),
        ({"userName": 5}, "userName"),
        ({"userName": ["a", "b"]}, "userName"),
        ({"userName": {"a": "b"}}, "userName"),
        ({"displayName": True}, "displayName"),
        ({"active": "yes"}, "active"),
        ({"active": 1}, "active"),
        ({"active": {"x": True}}, "active"),
        ({"name": "Ada"}, "name"),
        ({"name": {"givenName": 5}}, "name.givenName"),
        ({"name": [{"givenName": "a"}, {"givenName": "b"}]}, "name"),
        ({"emails": 5}, "emails"),
        ({"emails": [5]}, "emails"),
        ({"emails": [["a@b.c"]]}, "emails"),
        ({"emails": [{"value": 5}]}, "emails[0].value"),
        ({"emails": [{"value": "a"}, {"value": ["b"]}]}, "emails[1].value"),
        ({"emails": [{"value": "a", "type": 5}]}, "emails[0].type"),
        ({"emails": [{"value": "a", "primary": "maybe"}]}, "emails[0].primary"),
        ({"emails": [{"value": x, "primary": True} for x in "ab"]}, "emails"),
        ({"roles": [False]}, "roles"),
        ({"manager": 5}, f"{ENTERPRISE}:manager"),
        ({"manager": ["a", "b"]}, f"{ENTERPRISE}:manager"),
        ({ENTERPRISE: {"department": 5}}, f"{ENTERPRISE}:department"),
        ({"schemas": 5}, "schemas"),
        ({"schemas": [CORE, 5]}, "schemas[1]"),
    ],
)
def test_a_value_that_does_not_fit_is_an_invalid_value_that_names_its_attribute(
    attributes: dict[str, Any], named: str
) -> None:
    error = refused({"schemas": [CORE], "userName": "ada", **attributes})
    assert isinstance(error, InvalidValueException)
    assert named in error.detail
    assert "\n" not in error.detail


def test_a_user_needs_a_user_name() -> None:
    error = refused({"schemas": [CORE], "displayName": "Ada"})
    assert (error.scim_type, "userName" in error.detail) == ("invalidValue", True)


def test_a_put_needs_a_user_name_too() -> None:
    with pytest.raises(InvalidValueException, match="userName"):
        body.read(Kind.USER, {"schemas": [CORE], "active": True}, PUT)


def test_a_put_may_hold_what_a_get_returned() -> None:
    returned = {
        "schemas": [CORE],
        "id": "2819c223",
        "userName": "ada",
        "groups": [{"value": "g", "$ref": "https://example.com/Groups/g", "type": "direct"}],
        "meta": {"resourceType": "User", "version": 'W/"3"', "created": "2026-01-01T00:00:00Z"},
    }
    read = body.read(Kind.USER, returned, PUT)
    assert read.document == {"schemas": [CORE], "userName": "ada"}
    assert read.ignored == []


def test_a_put_without_active_does_not_speak_of_it() -> None:
    assert (
        "active" not in body.read(Kind.USER, {"schemas": [CORE], "userName": "ada"}, PUT).document
    )


def test_a_group_as_entra_creates_it() -> None:
    read = group(schemas=[GROUP, MICROSOFT], externalId="g1", meta={"resourceType": "Group"})
    assert read.document == {"schemas": [GROUP], "displayName": "Staff", "externalId": "g1"}
    assert read.members is None
    assert read.ignored == []


def test_a_group_needs_a_display_name() -> None:
    error = refused({"schemas": [GROUP]}, Kind.GROUP)
    assert (error.scim_type, "displayName" in error.detail) == ("invalidValue", True)


@pytest.mark.parametrize(
    ("sent", "members"),
    [
        ("u", ["u"]),
        (["u", "v"], ["u", "v"]),
        ({"value": "u"}, ["u"]),
        ([{"value": "u", "type": "User", "display": "Ada"}], ["u"]),
        ([{"$ref": None, "value": "u"}, {"VALUE": "v"}], ["u", "v"]),
        ([{"value": "v"}, {"value": "u"}, {"value": "v"}], ["v", "u"]),
        ([None, {"value": "u"}], ["u"]),
    ],
)
def test_members_come_as_objects_or_bare_ids(sent: Any, members: list[str]) -> None:
    read = group(members=sent)
    assert read.members == members
    assert read.document == {"schemas": [GROUP], "displayName": "Staff"}


def test_an_empty_array_of_members_says_that_there_are_none() -> None:
    assert group(members=[]).members == []
    assert group(MEMBERS=[]).members == []


@pytest.mark.parametrize("members", [None, "", {}, [None], [{"value": ""}]])
def test_members_without_a_value_are_not_spoken_of(members: Any) -> None:
    assert group(members=members).members is None


@pytest.mark.parametrize("members", [5, [5], [{"value": 5}], [{"display": "Ada"}], [["u"]]])
def test_members_without_ids_are_an_invalid_value(members: Any) -> None:
    error = refused({"schemas": [GROUP], "displayName": "Staff", "members": members}, Kind.GROUP)
    assert (error.scim_type, "members" in error.detail) == ("invalidValue", True)


def test_a_user_has_no_members() -> None:
    read = user(members=["u"])
    assert (read.members, read.ignored) == (None, ["members"])


payloads = st.dictionaries(strategies.names, strategies.values, max_size=6) | strategies.values


@FAST
@given(st.sampled_from(Kind), payloads, st.sampled_from([POST, PUT]))
def test_any_json_is_read_or_refused_and_left_as_it_is(
    kind: Kind, payload: Any, context: Context
) -> None:
    if isinstance(payload, dict):
        payload = {"userName": "ada", "displayName": "Staff", **payload}
    before = copied(payload)
    try:
        read = body.read(kind, payload, context)
    except SCIMException as error:
        assert error.status == 400
        assert error.detail
    else:
        assert {"id", "meta", "groups", "members"}.isdisjoint(read.document)
    assert repr(payload) == repr(before)


@FAST
@given(st.sampled_from(Kind), payloads)
def test_a_document_that_was_read_is_read_as_it_is(kind: Kind, payload: Any) -> None:
    if isinstance(payload, dict):
        payload = {"userName": "ada", "displayName": "Staff", **payload}
    try:
        document = body.read(kind, payload, POST).document
    except SCIMException:
        return
    assert body.read(kind, document, PUT).document == document


@pytest.mark.parametrize(
    ("attributes", "named"),
    [
        ({"title": "x", "TITLE": "y"}, "title"),
        ({"title": "x", f"{CORE}:title": "y"}, "title"),
        ({"emails": [{"value": "a"}], "Emails": [{"value": "b"}]}, "emails"),
        ({"manager": "m1", ENTERPRISE: {"manager": "m2"}}, "manager"),
    ],
)
def test_an_attribute_that_stands_twice_with_two_values_is_invalid_syntax(
    attributes: dict[str, Any], named: str
) -> None:
    error = refused({"schemas": [CORE], "userName": "ada", **attributes})
    assert (error.scim_type, f"{named} stands twice" in error.detail) == ("invalidSyntax", True)


def test_an_attribute_that_stands_twice_with_one_value_has_it() -> None:
    read = user(title="x", TITLE="x", manager="m1", **{ENTERPRISE: {"manager": {"value": "m1"}}})
    assert (read.document["title"], read.document[ENTERPRISE]) == (
        "x",
        {"manager": {"value": "m1"}},
    )
