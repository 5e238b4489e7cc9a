"""Failures of AWS that an operator can put right, in one sentence each."""

from __future__ import annotations

import pytest
from botocore.parsers import QueryParser, ResponseParserError

from rollcall.aws.aws_errors import translated_errors
from rollcall.aws.response_parser import PlainParser
from rollcall.operations import failures
from rollcall.operations.failures import AccessError, CredentialsError

PAGE = b"<html><p>Sign in to the network<br></html>"
SENTENCE = "AWS could not be reached: something else answered in its place"


def answered(parser: object, shape: object = None) -> None:
    response = {"status_code": 200, "headers": {}, "body": PAGE, "context": {}}
    parser.parse(response, shape)  # type: ignore[attr-defined]


def test_a_page_of_a_proxy_in_the_place_of_an_answer_is_told_as_one() -> None:
    with pytest.raises(AccessError, match=SENTENCE) as raised, failures.translated():
        answered(QueryParser())

    assert not isinstance(raised.value, CredentialsError)
    assert isinstance(raised.value.__cause__, ResponseParserError)


def test_a_page_of_a_proxy_in_the_place_of_an_item_is_told_as_one() -> None:
    class Shape:
        name = "GetItemOutput"
        event_stream_name = None

    with (
        pytest.raises(AccessError, match=SENTENCE),
        failures.translated(),
        translated_errors(),
    ):
        answered(PlainParser(), Shape())
