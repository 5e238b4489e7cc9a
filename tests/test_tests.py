"""The tests themselves: what they expect is a value that a failure shows."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
FILES = sorted(TESTS.rglob("*.py"))


def conditional_asserts(source: str) -> list[int]:
    """Return the lines of asserts that choose what they compare, comprehensions aside."""
    asserts = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Assert))
    return [
        node.lineno
        for node in asserts
        if any(isinstance(part, ast.IfExp) for part in outside_comprehensions(node.test))
    ]


def outside_comprehensions(node: ast.AST) -> Iterator[ast.AST]:
    """Yield a node and what it is made of, but nothing that is evaluated once for each value."""
    yield node
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.comprehension) and not hasattr(child, "generators"):
            yield from outside_comprehensions(child)


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(TESTS)))
def test_no_assert_chooses_what_it_compares(file: Path) -> None:
    assert conditional_asserts(file.read_text()) == [], "choose in a line before the assert"


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("assert x == (a if b else c)", [1]),
        ("assert x == a if b else c", [1]),
        ("assert x == f(a if b else c)", [1]),
        ("expected = a if b else c\nassert x == expected", []),
        ("assert x == [a if b else c for a in y]", []),
    ],
)
def test_the_form_is_recognised(source: str, lines: list[int]) -> None:
    assert conditional_asserts(source) == lines
