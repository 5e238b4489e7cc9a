"""YAML from outside, read to a bounded depth and size, however often its aliases repeat."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import yaml
from yaml.composer import ComposerError
from yaml.constructor import ConstructorError

from rollcall.templates.template_file import TemplateError

MAX_CHARACTERS = 400_000
"""The templates of a tenant are one item of the table, which holds no more."""

MAX_DEPTH = 32
MAX_VALUES = 20_000
"""How many values a text may have when every alias is written out."""


Lines = Sequence[Mapping[str, int]]
"""The line of each key of each object of a list, or of one object; that of "" is its first."""


def read(text: str, file_name: str) -> Any:
    """Return the value of a text; `file_name` is for the error.

    Raises TemplateError for what is neither YAML nor JSON, repeats a key, or is too large.
    """
    value, _ = read_with_lines(text, file_name)
    return value


def read_with_lines(text: str, file_name: str) -> tuple[Any, Lines]:
    """Return the value of a text as `read` does, and the lines of its keys."""
    if len(text) > MAX_CHARACTERS:
        raise TemplateError(f"{file_name} has more than {MAX_CHARACTERS:,} characters")
    try:
        # JSON may be indented with tabs, which YAML refuses.
        loader = _Loader(text.expandtabs(2))
        node = loader.get_single_node()
        if node is None:
            return None, []
        return loader.construct_document(node), _lines(node)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = "" if mark is None else f", line {mark.line + 1}"
        problem = getattr(error, "problem", None) or "it cannot be read"
        raise TemplateError(f"{file_name}{where}: {problem}") from error


def _lines(node: yaml.Node) -> Lines:
    objects = node.value if isinstance(node, yaml.SequenceNode) else [node]
    found = []
    for each in objects:
        lines = {"": each.start_mark.line + 1}
        if isinstance(each, yaml.MappingNode):
            lines |= {str(key.value): key.start_mark.line + 1 for key, _ in each.value}
        found.append(lines)
    return found


class _Loader(yaml.SafeLoader):
    """YAML without repeated keys in an object: the last one would win unnoticed."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._depth = self._count = 0
        self._counts: dict[int, int] = {}
        """How many values a node holds, by its identity."""

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        """Read a value. Raises ComposerError where it is too deep or too large."""
        mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
        before = self._count
        self._count += 1
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise ComposerError(problem=f"it nests more than {MAX_DEPTH} deep", problem_mark=mark)
        is_alias = self.check_event(yaml.AliasEvent)
        node = super().compose_node(parent, index)
        if is_alias:
            self._count += self._counts.get(id(node), MAX_VALUES)  # a node in itself is endless
        self._counts[id(node)] = self._count - before
        if self._count > MAX_VALUES:
            problem = f"it has more than {MAX_VALUES:,} values, its aliases written out"
            raise ComposerError(problem=problem, problem_mark=mark)
        self._depth -= 1
        return node

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        """Read a value. Raises ConstructorError where it is none of its type."""
        try:
            return super().construct_object(node, deep)
        except (ValueError, LookupError, AttributeError, ArithmeticError) as error:
            problem = "the value is none of its type: put it in quotes"
            raise ConstructorError(problem=problem, problem_mark=node.start_mark) from error

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Read an object. Raises ConstructorError naming the line of a repeated key."""
        seen = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value in seen:
                raise ConstructorError(
                    problem=f"the key {key.value} is there twice", problem_mark=key.start_mark
                )
            seen.add(str(key.value))
        return super().construct_mapping(node, deep)
