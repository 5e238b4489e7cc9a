"""AWS says whose credentials are used; where it does not, that is a sentence."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from rollcall.aws.caller_identity import arn_of
from rollcall.operator_error import OperatorError

ARN = "arn:aws:sts::123456789012:assumed-role/Support/ann@vendor.example"
NOBODY = "AWS does not say whose credentials these are, so nothing is done"


@pytest.fixture(scope="module")
def security() -> Any:
    return boto3.client(
        "sts", region_name="eu-west-1", aws_access_key_id="a", aws_secret_access_key="b"
    )


def test_the_arn_is_what_aws_says(security: Any) -> None:
    with Stubber(security) as stubbed:
        stubbed.add_response("get_caller_identity", {"Arn": ARN, "Account": "1", "UserId": "a:b"})

        assert arn_of(security) == ARN


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("ExpiredToken", "the AWS credentials have expired: sign in again"),
        ("InvalidClientTokenId", "AWS does not accept the credentials"),
        ("ServiceUnavailable", NOBODY),
        ("Throttling", NOBODY),
    ],
)
def test_a_failure_is_a_sentence(code: str, sentence: str, security: Any) -> None:
    with Stubber(security) as stubbed:
        stubbed.add_client_error("get_caller_identity", code)
        with pytest.raises(OperatorError) as failed:
            arn_of(security)

    assert str(failed.value).startswith(sentence)


@pytest.mark.parametrize("answer", [{}, {"Arn": "nobody-in-particular"}])
def test_an_answer_that_names_nobody_is_none(answer: dict[str, str], security: Any) -> None:
    with Stubber(security) as stubbed:
        stubbed.add_response("get_caller_identity", answer)
        with pytest.raises(OperatorError, match=NOBODY):
            arn_of(security)
