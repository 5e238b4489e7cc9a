"""One user of two: what comes from which."""

from __future__ import annotations

from typing import Any

from rollcall.model.merging import merge_documents, replace_manager
from rollcall.scim.resource_type import ENTERPRISE

CORE = "urn:ietf:params:scim:schemas:core:2.0:User"


def user(user_name: str, /, **attributes: Any) -> dict[str, Any]:
    return {"schemas": [CORE], "userName": user_name, **attributes}


def test_who_it_is_comes_from_the_identity_also_that_it_has_none() -> None:
    linked = user("ann", active=False)
    product = user("lee", externalId="o-9", active=True, title="Chief")

    for pair in ((linked, product), (product, linked)):
        assert merge_documents(linked, *pair) == user("ann", active=False, title="Chief")


def test_names_and_addresses_come_from_the_other_where_the_identity_has_none() -> None:
    linked = user("ann", name={"familyName": "Lee"})
    product = user("lee", name={"givenName": "Ann"}, displayName="Ann", emails=[{"value": "a@b"}])

    assert merge_documents(linked, product, linked) == user(
        "ann", name={"familyName": "Lee"}, displayName="Ann", emails=[{"value": "a@b"}]
    )


def test_of_everything_else_the_kept_one_wins_but_for_the_employee_number() -> None:
    linked = user("ann", title="Intern", **{ENTERPRISE: {"employeeNumber": "1", "division": "A"}})
    product = user("lee", title="Chief", **{ENTERPRISE: {"employeeNumber": "2", "division": "B"}})

    assert merge_documents(linked, product, linked) == user(
        "ann", title="Chief", **{ENTERPRISE: {"employeeNumber": "1", "division": "B"}}
    )


def test_several_values_are_those_of_both_with_one_primary() -> None:
    linked = user("ann", roles=[{"value": "a", "primary": True}, {"value": "b"}])
    product = user("lee", roles=[{"value": "b", "primary": True}, {"value": "c"}])

    assert merge_documents(linked, product, linked)["roles"] == [
        {"value": "b", "primary": True},
        {"value": "c"},
        {"value": "a"},
    ]


def test_neither_document_is_changed() -> None:
    linked, product = user("ann", roles=[{"value": "a"}]), user("lee", roles=[{"value": "b"}])

    merge_documents(linked, product, linked)

    assert (linked, product) == (
        user("ann", roles=[{"value": "a"}]),
        user("lee", roles=[{"value": "b"}]),
    )


def test_a_manager_that_was_removed_is_the_survivor_and_nobody_is_their_own() -> None:
    def led(by: str, **more: Any) -> dict[str, Any]:
        extension = {"manager": {"value": by}, **more}
        return {**user("eve"), "schemas": [CORE, ENTERPRISE], ENTERPRISE: extension}

    assert replace_manager(led("lee"), "lee", "ann", "eve") == led("ann")
    assert replace_manager(led("bob"), "lee", "ann", "eve") == led("bob")
    assert replace_manager(led("lee"), "lee", "ann", "ann") == user("eve")
    assert replace_manager(led("lee", division="A"), "lee", "ann", "ann")[ENTERPRISE] == {
        "division": "A"
    }
    assert replace_manager(user("eve"), "lee", "ann", "eve") == user("eve")
