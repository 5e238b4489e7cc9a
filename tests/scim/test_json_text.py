"""JSON text is read in time that grows with its length, and what comes out is safe to work on."""

from __future__ import annotations

import json

import pytest

from rollcall.scim import json_text
from rollcall.scim.json_text import MAX_CONTAINERS, MAX_DEPTH, MAX_NAMES, JsonTextError


@pytest.mark.parametrize(
    "text",
    [
        '{"a": [1, 2.5, "x", null, true, {"b": {}}]}',
        '"[[[[{{{{ are text \\" [[["',
        "[" * MAX_DEPTH + "]" * MAX_DEPTH,
        json.dumps(["[" * 100] * 100),
        json.dumps("😀"),
        " 7 ",
    ],
)
def test_what_is_json_is_read_from_text_and_from_bytes(text: str) -> None:
    assert json_text.read(text) == json.loads(text)
    assert json_text.read(text.encode()) == json.loads(text)
    assert json_text.read(text.encode("utf-8-sig")) == json.loads(text)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "is not valid JSON"),
        ('{"a": }', "is not valid JSON"),
        ("NaN", "is not valid JSON"),
        ("-Infinity", "is not valid JSON"),
        ("1e999", "is not valid JSON"),
        ("9" * 5000, "is not valid JSON"),
        ('"\\ud800"', "is not valid JSON"),
        ('{"\\udc00": 1}', "is not valid JSON"),
        (b"\xff{}", "is not valid JSON"),
        (b'"\xed\xa0\x80"', "is not valid JSON"),
        ("[" * 65 + "]" * 65, "nests more than 64 deep"),
        ("[" * 1_000_000, "has more than 200000 arrays and objects"),
        ('{"a":' * 100_000, "nests more than 64 deep"),
        ("[" + "{}," * MAX_CONTAINERS + "{}]", "has more than 200000 arrays and objects"),
        ('{"a": 1, "b": 2, "a": 3}', 'has "a" twice in one object'),
        ('{"x y": 1, "x y": 1}', "has a name twice in one object"),
        (
            json.dumps(dict.fromkeys(map(str, range(MAX_NAMES + 1)))),
            "has an object with more than 1000 names",
        ),
    ],
)
def test_what_cannot_be_read_says_why_and_shows_no_value(text: str | bytes, why: str) -> None:
    with pytest.raises(JsonTextError) as refused:
        json_text.read(text)

    assert str(refused.value) == why


def test_an_object_has_so_many_names_and_an_array_more_values() -> None:
    names = dict.fromkeys(map(str, range(MAX_NAMES)))

    assert json_text.read(json.dumps([names] * 3)) == [names] * 3
    assert len(json_text.read(json.dumps(list(range(100_000))))) == 100_000


def test_a_text_may_be_held_to_fewer_levels() -> None:
    assert json_text.read('[{"a": [1]}]', max_depth=3) == [{"a": [1]}]
    with pytest.raises(JsonTextError, match="nests more than 3 deep"):
        json_text.read('[{"a": [{}]}]', max_depth=3)
    with pytest.raises(JsonTextError, match="nests more than 3 deep"):
        json_text.read("[[[[", max_depth=3)
