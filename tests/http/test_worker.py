"""Where the work of a request is done."""

from __future__ import annotations

import asyncio
from threading import get_ident
from typing import Any

import pytest

from rollcall.http import worker


@pytest.mark.parametrize(
    ("scope", "in_place"),
    [({"aws.context": object()}, True), ({}, False)],
    ids=["Lambda", "server"],
)
def test_a_function_works_in_place_and_a_server_in_a_thread(
    scope: dict[str, Any], in_place: bool
) -> None:
    assert (asyncio.run(worker.run(scope, get_ident)) == get_ident()) is in_place


def test_the_result_of_the_work_is_returned() -> None:
    assert asyncio.run(worker.run({"aws.context": None}, divmod, 7, 2)) == (3, 1)
