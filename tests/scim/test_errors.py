"""Every error is one of the protocol's, with its status and scimType (RFC 7644 section 3.12)."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from rollcall.scim import errors
from rollcall.scim.engine_errors import from_validation
from rollcall.scim.resource_models import MODELS
from rollcall.scim.resource_type import Kind


@pytest.mark.parametrize(
    ("error", "status", "scim_type"),
    [
        (errors.InvalidFilterException, 400, "invalidFilter"),
        (errors.TooManyException, 400, "tooMany"),
        (errors.UniquenessException, 409, "uniqueness"),
        (errors.MutabilityException, 400, "mutability"),
        (errors.InvalidSyntaxException, 400, "invalidSyntax"),
        (errors.InvalidPathException, 400, "invalidPath"),
        (errors.NoTargetException, 400, "noTarget"),
        (errors.InvalidValueException, 400, "invalidValue"),
        (errors.InvalidCursorException, 400, "invalidCursor"),
        (errors.ExpiredCursorException, 400, "expiredCursor"),
        (errors.InvalidCountException, 400, "invalidCount"),
        (errors.UnauthorizedException, 401, ""),
        (errors.ForbiddenException, 403, ""),
        (errors.NotFoundException, 404, ""),
        (errors.ConflictException, 409, ""),
        (errors.PreconditionFailedException, 412, ""),
        (errors.PayloadTooLargeException, 413, ""),
        (errors.UnsupportedMediaType, 415, ""),
        (errors.NotImplementedException, 501, ""),
    ],
)
def test_an_error_has_the_status_and_the_type_of_the_specification(
    error: type[errors.SCIMException], status: int, scim_type: str
) -> None:
    raised = error(detail="userName is taken")
    assert (raised.status, raised.scim_type, raised.detail) == (
        status,
        scim_type,
        "userName is taken",
    )


def test_an_error_is_answered_as_a_document() -> None:
    assert errors.body(errors.UniquenessException(detail="userName is taken")) == {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
        "status": "409",
        "scimType": "uniqueness",
        "detail": "userName is taken",
    }


def test_an_error_without_a_type_is_answered_without() -> None:
    assert errors.body(errors.NotFoundException(detail="there is no user x")) == {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
        "status": "404",
        "detail": "there is no user x",
    }


def test_a_method_that_is_not_allowed_says_which_are() -> None:
    error = errors.MethodNotAllowed("PUT", ["POST", "GET"])
    assert (error.status, error.allowed) == (405, ("GET", "POST"))
    assert error.detail == "PUT is not allowed here, only GET, POST"


@pytest.mark.parametrize("status", [429, 503])
def test_too_much_at_once_says_when_to_try_again(status: int) -> None:
    error = errors.Unavailable("the group is busy", status=status, retry_after=7)
    assert (error.status, error.retry_after, error.detail) == (status, 7, "the group is busy")
    assert errors.body(error)["status"] == str(status)


def test_one_error_of_that_kind_does_not_change_the_others() -> None:
    errors.Unavailable("busy", status=429)
    assert errors.Unavailable("down").status == 503


def mistake(**attributes: object) -> ValidationError:
    with pytest.raises(ValidationError) as raised:
        MODELS[Kind.USER].model_validate({"userName": "ada", **attributes})
    return raised.value


def test_a_mistake_that_the_engine_found_names_the_attribute() -> None:
    error = from_validation(mistake(emails=[{"value": "a"}, {"value": 5}]))
    assert isinstance(error, errors.InvalidValueException)
    assert error.detail == "Input should be a valid string: emails[1].value"


def test_a_mistake_in_a_value_alone_is_named_by_its_path() -> None:
    error = from_validation(mistake(title=5), 'emails[type eq "work"].value')
    assert isinstance(error, errors.InvalidValueException)
    assert error.detail == 'emails[type eq "work"].value: Input should be a valid string'


def test_a_mistake_is_told_without_what_was_sent() -> None:
    error = from_validation(mistake(title=["a secret"]))
    assert "secret" not in error.detail
    assert "https://" not in error.detail
