"""How a function starts: without garbage collection, and with no more of the engine than it uses.

The SCIM engine makes its parser and the validators of all its models when it is imported, which
would be half of a start. What a function uses of them is loaded from files of the build, or made
once; decision 0091 has the figures.
"""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from importlib import import_module
from importlib.util import find_spec, module_from_spec
from pathlib import Path
from typing import Any

ENGINE = "scim2_models"
BUILT = Path(__file__).parent / "scim"
PARSER = "parser.cache"
NAMES = "engine.json"


@contextmanager
def uncollected() -> Iterator[None]:
    """Switch garbage collection off in a block, and exclude its objects from later collections.

    It surrounds the imports of a function and the creation of its handler, whose objects live as
    long as the process (decision 0012).
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


@contextmanager
def built_engine(folder: Path = BUILT) -> Iterator[None]:
    """Let the SCIM engine, imported in a block, take from a build what it would make.

    Models are built when they are first used: `resource_models` builds those that it serves. What
    the build has not made, the engine makes.
    """
    with ExitStack() as stack:
        stack.enter_context(deferred_models())
        if (folder / PARSER).exists():
            stack.enter_context(kept_parser(folder / PARSER))
        if (folder / NAMES).exists():
            made = json.loads((folder / NAMES).read_text())
            stack.enter_context(kept_descriptions(made["descriptions"]))
            import_on_demand(made["modules"])
        yield


@contextmanager
def kept_parser(file: Path) -> Iterator[None]:
    """Let the engine load its parser of filters and paths from a file, or write it there.

    The engine makes it when it is imported and lets nobody choose. lark checks that the file is of
    the same grammar, options and versions, and makes the parser where it is not.
    """
    import lark  # noqa: PLC0415  # only by the functions that need the engine

    original = lark.Lark
    lark.Lark = partial(original, cache=str(file))  # type: ignore[misc, assignment]
    try:
        yield
    finally:
        lark.Lark = original  # type: ignore[misc]


@contextmanager
def deferred_models() -> Iterator[None]:
    """Let models that are defined in a block be built when they are first used."""
    from pydantic import BaseModel  # noqa: PLC0415  # only by the functions that need the engine

    before = BaseModel.model_config
    BaseModel.model_config = {**before, "defer_build": True}
    try:
        yield
    finally:
        BaseModel.model_config = before


@contextmanager
def kept_descriptions(described: Mapping[str, dict[str, str]]) -> Iterator[None]:
    """Let models that are defined in a block take their attributes' descriptions from a mapping.

    pydantic would read the source of each class again, and parse it. `described` is by module and
    class; for a class that it does not have, pydantic does so.
    """
    fields: Any = import_module("pydantic._internal._fields")
    original = fields.extract_docstrings_from_cls

    def extract(cls: type[Any], use_inspect: bool = False) -> dict[str, str]:
        kept = described.get(f"{cls.__module__}.{cls.__qualname__}")
        return original(cls, use_inspect=use_inspect) if kept is None else kept

    fields.extract_docstrings_from_cls = extract
    try:
        yield
    finally:
        fields.extract_docstrings_from_cls = original


def import_on_demand(modules: Mapping[str, str]) -> None:
    """Let the engine import a module when a name of it is asked for, not all of them at once.

    `modules` has the module of each name that the engine exports.
    """
    spec = find_spec(ENGINE)
    if spec is None or ENGINE in sys.modules:
        return
    package = module_from_spec(spec)

    def load(name: str) -> Any:
        if name not in modules:
            raise AttributeError(f"{ENGINE} has no {name}")
        value = getattr(import_module(f"{ENGINE}.{modules[name]}"), name)
        setattr(package, name, value)
        return value

    package.__getattr__ = load  # type: ignore[method-assign]
    sys.modules[ENGINE] = package
