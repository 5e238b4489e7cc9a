from dataclasses import replace
from datetime import date

from demo.mappings import (
    ENTERPRISE,
    Change,
    ExternalId,
    current_values,
    differences,
    group_values,
    manager_of,
    new_group,
    new_user,
    user_targets,
    user_values,
)
from demo.source import Group, User

ANN = User(
    "11111111-2222-4333-8444-555555555555",
    "ann@example.com",
    "ann",
    display_name="Ann Lee",
    given_name="Ann",
    surname="Lee",
    mail="ann@example.com",
    department="Sales",
    employee_id="E1",
    street_address="7 Harbour Walk",
    city="Brighton",
    telephone="+44 1632 960100",
    fax="+44 1632 960101",
)


def test_a_new_user_is_written_as_entra_writes_it() -> None:
    assert new_user(user_values(ANN)) == {
        "schemas": [
            "urn:ietf:params:scim:schemas:core:2.0:User",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
        ],
        "externalId": "11111111-2222-4333-8444-555555555555",
        "userName": "ann@example.com",
        "active": True,
        "displayName": "Ann Lee",
        "emails": [{"type": "work", "value": "ann@example.com", "primary": True}],
        "name": {"givenName": "Ann", "familyName": "Lee", "formatted": "Ann Lee"},
        "addresses": [{"type": "work", "streetAddress": "7 Harbour Walk", "locality": "Brighton"}],
        "phoneNumbers": [
            {"type": "work", "value": "+44 1632 960100"},
            {"type": "fax", "value": "+44 1632 960101"},
        ],
        ENTERPRISE: {"employeeNumber": "E1", "department": "Sales"},
        "meta": {"resourceType": "User"},
        "roles": [],
    }


def test_a_new_group_carries_the_schema_of_microsoft_too() -> None:
    assert new_group(group_values(Group("g1", "Team"))) == {
        "schemas": [
            "urn:ietf:params:scim:schemas:core:2.0:Group",
            "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group",
        ],
        "displayName": "Team",
        "externalId": "g1",
        "meta": {"resourceType": "Group"},
    }


def test_what_was_written_is_read_back_without_a_difference() -> None:
    values = user_values(ANN)
    assert differences(current_values(new_user(values), values), values) == {}


def test_only_differences_remain() -> None:
    before = current_values(new_user(user_values(ANN)), user_targets(ANN))
    moved = user_values(replace(ANN, city=None, mobile="+44 7700 900100", account_enabled=False))
    assert differences(before, moved) == {
        "active": Change(True, False),
        'addresses[type eq "work"].locality': Change("Brighton", None),
        'phoneNumbers[type eq "mobile"].value': Change(None, "+44 7700 900100"),
    }


def test_the_nickname_may_be_the_external_id() -> None:
    assert user_values(ANN, ExternalId.MAIL_NICKNAME)["externalId"] == "ann"


def test_a_disabled_user_is_a_value_and_not_an_absence() -> None:
    assert user_values(replace(ANN, account_enabled=False))["active"] is False


def test_out_of_scope_only_the_state_is_kept_up_to_date() -> None:
    assert user_targets(replace(ANN, assigned=False)) == ("active",)
    assert user_targets(replace(ANN, deleted_on=date(2026, 3, 2))) == ("userName", "active")


def test_the_manager_is_read_from_the_extension() -> None:
    assert manager_of({ENTERPRISE: {"manager": {"value": "m1"}}}) == "m1"
    assert manager_of({ENTERPRISE: {}}) is None
    assert manager_of({}) is None
