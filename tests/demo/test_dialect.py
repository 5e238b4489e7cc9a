"""The exact JSON of the two dialects, as Microsoft documents and validators show it."""

from demo import dialect
from demo.dialect import Dialect
from demo.mappings import ENTERPRISE, Change

LEGACY, STANDARD = Dialect.LEGACY, Dialect.STANDARD
EMAIL = 'emails[type eq "work"].value'
MOBILE = 'phoneNumbers[type eq "mobile"].value'


def test_patch_wraps_operations() -> None:
    assert dialect.patch([{"op": "add"}]) == {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{"op": "add"}],
    }


def test_legacy_writes_one_capitalised_operation_for_each_attribute() -> None:
    changes = {
        "displayName": Change("Ann Lee", "Ann Roe"),
        "name.familyName": Change("Lee", "Roe"),
        EMAIL: Change(None, "ann@example.com"),
        f"{ENTERPRISE}:department": Change("Sales", "Finance"),
    }
    assert dialect.attributes(changes, LEGACY) == [
        {"op": "Replace", "path": "displayName", "value": "Ann Roe"},
        {"op": "Replace", "path": "name.familyName", "value": "Roe"},
        {"op": "Add", "path": 'emails[type eq "work"].value', "value": "ann@example.com"},
        {
            "op": "Replace",
            "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department",
            "value": "Finance",
        },
    ]


def test_legacy_writes_booleans_as_words() -> None:
    assert dialect.attributes({"active": Change(True, False)}, LEGACY) == [
        {"op": "Replace", "path": "active", "value": "False"}
    ]
    assert dialect.attributes({"active": Change(False, True)}, LEGACY) == [
        {"op": "Replace", "path": "active", "value": "True"}
    ]


def test_legacy_sends_the_old_value_with_a_removal() -> None:
    assert dialect.attributes({EMAIL: Change("ann@example.com", None)}, LEGACY) == [
        {"op": "Remove", "path": 'emails[type eq "work"].value', "value": "ann@example.com"}
    ]


def test_standard_writes_one_change_with_a_path() -> None:
    assert dialect.attributes({"active": Change(True, False)}, STANDARD) == [
        {"op": "replace", "path": "active", "value": False}
    ]


def test_standard_writes_several_changes_as_one_object_without_path() -> None:
    changes = {
        "displayName": Change("Ann Lee", "Ann Roe"),
        "active": Change(False, True),
        "name.familyName": Change("Lee", "Roe"),
        EMAIL: Change("ann@example.com", "roe@example.com"),
        f"{ENTERPRISE}:employeeNumber": Change("1", "2"),
    }
    assert dialect.attributes(changes, STANDARD) == [
        {
            "op": "replace",
            "value": {
                "displayName": "Ann Roe",
                "active": True,
                "name.familyName": "Roe",
                'emails[type eq "work"].value': "roe@example.com",
                "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber": "2",
            },
        }
    ]


def test_standard_adds_what_was_absent_and_empties_what_is_gone() -> None:
    changes = {MOBILE: Change(None, "+44 7700 900123"), "title": Change("Auditor", None)}
    assert dialect.attributes(changes, STANDARD) == [
        {"op": "add", "path": MOBILE, "value": "+44 7700 900123"},
        {"op": "replace", "path": "title", "value": ""},
    ]


def test_legacy_manager_is_a_list_with_an_empty_reference() -> None:
    assert dialect.manager(Change(None, "m1"), LEGACY) == [
        {"op": "Add", "path": "manager", "value": [{"$ref": None, "value": "m1"}]}
    ]
    assert dialect.manager(Change("m1", "m2"), LEGACY) == [
        {"op": "Replace", "path": "manager", "value": [{"$ref": None, "value": "m2"}]}
    ]
    assert dialect.manager(Change("m1", None), LEGACY) == [{"op": "Remove", "path": "manager"}]


def test_standard_manager_is_a_bare_string_below_the_extension() -> None:
    path = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager"
    assert dialect.manager(Change(None, "m1"), STANDARD) == [
        {"op": "add", "path": path, "value": "m1"}
    ]
    assert dialect.manager(Change("m1", "m2"), STANDARD) == [
        {"op": "replace", "path": path, "value": "m2"}
    ]
    assert dialect.manager(Change("m1", None), STANDARD) == [
        {"op": "remove", "path": 'manager[value eq "m1"]'}
    ]


def test_legacy_members_are_lists_of_values() -> None:
    assert dialect.members(["u1", "u2"], ["u3"], LEGACY) == [
        {"op": "Remove", "path": "members", "value": [{"value": "u1"}, {"value": "u2"}]},
        {"op": "Add", "path": "members", "value": [{"$ref": None, "value": "u3"}]},
    ]


def test_standard_members_leave_by_value_path() -> None:
    assert dialect.members(["u1", "u2"], ["u3"], STANDARD) == [
        {"op": "remove", "path": 'members[value eq "u1"]'},
        {"op": "remove", "path": 'members[value eq "u2"]'},
        {"op": "add", "path": "members", "value": [{"value": "u3"}]},
    ]
