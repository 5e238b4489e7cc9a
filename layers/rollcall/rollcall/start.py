"""How a function starts: without garbage collection, with a parser that is there already."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

PARSER = Path(__file__).parent / "scim" / "parser.cache"


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
def built_parser(file: Path = PARSER, *, make: bool = False) -> Iterator[None]:
    """Let the SCIM engine, imported in a block, load its parser from a file of the build.

    The engine makes the parser of filters and paths when it is imported, a seventh of a start, and
    lets nobody choose. lark checks that the file is of the same grammar, options and versions, and
    makes the parser where it is not. Without the file nothing changes; `make` writes it.
    """
    if not make and not file.exists():
        yield
        return
    import lark  # noqa: PLC0415  # only by the functions that need the engine

    original = lark.Lark
    lark.Lark = partial(original, cache=str(file))  # type: ignore[misc, assignment]
    try:
        yield
    finally:
        lark.Lark = original  # type: ignore[misc]
