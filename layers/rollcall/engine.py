"""Makes what functions load of the SCIM engine (`rollcall/start.py`): `python engine.py`.

The layer is on PYTHONPATH. Its compiled libraries may be for another processor, so of the engine
only the grammar is imported, without the models around it; the rest is read from the source.
"""

import ast
import json
import sys
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from inspect import cleandoc
from pathlib import Path
from types import ModuleType
from typing import Any

from rollcall.start import BUILT, ENGINE, NAMES, PARSER, kept_parser


def main() -> None:
    """Write the files of the build beside the package's models."""
    spec = find_spec(ENGINE)
    if spec is None or spec.origin is None:
        sys.exit("scim2-models is not in the layer")
    made = names(Path(spec.origin))
    (BUILT / NAMES).write_text(json.dumps(made, sort_keys=True, separators=(",", ":")))
    write_parser(Path(spec.origin).parent)


def names(package: Path) -> dict[str, Any]:
    """Return the modules of the engine's names, and the descriptions in its models and ours."""
    sources = {
        ".".join((ENGINE, *each.relative_to(package.parent).with_suffix("").parts)): each
        for each in sorted(package.parent.rglob("*.py"))
    }
    for name in ("resource_models", "rollcall_schema"):
        sources[f"rollcall.scim.{name}"] = BUILT / f"{name}.py"
    return {
        "modules": exported(package),
        "descriptions": {
            f"{module}.{name}": described
            for module, source in sources.items()
            for name, described in descriptions(ast.parse(source.read_text()))
        },
    }


def exported(package: Path) -> dict[str, str]:
    """Return the module of each name that a package exports."""
    return {
        name.asname or name.name: str(statement.module)
        for statement in ast.parse(package.read_text()).body
        if isinstance(statement, ast.ImportFrom) and statement.level
        for name in statement.names
    }


def descriptions(parent: ast.AST, prefix: str = "") -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the classes of a module with the descriptions below their attributes."""
    for each in ast.iter_child_nodes(parent):
        if isinstance(each, ast.ClassDef):
            pairs = zip(each.body, each.body[1:], strict=False)
            yield (
                f"{prefix}{each.name}",
                {
                    attribute.target.id: cleandoc(below.value.value)
                    for attribute, below in pairs
                    if isinstance(attribute, ast.AnnAssign)
                    and isinstance(attribute.target, ast.Name)
                    and isinstance(below, ast.Expr)
                    and isinstance(below.value, ast.Constant)
                    and isinstance(below.value.value, str)
                },
            )
            yield from descriptions(each, f"{prefix}{each.name}.")


def write_parser(engine: Path) -> None:
    """Write the parser of filters and paths."""
    for name, path in ((ENGINE, engine), (f"{ENGINE}.path", engine / "path")):
        package = ModuleType(name)
        package.__path__ = [str(path)]
        sys.modules[name] = package
    errors = ModuleType(f"{ENGINE}.exceptions")
    errors.InvalidFilterException = errors.InvalidPathException = ValueError
    sys.modules[errors.__name__] = errors
    with kept_parser(BUILT / PARSER):
        import_module(f"{ENGINE}.path.grammar")
    if not (BUILT / PARSER).exists():
        sys.exit(f"{BUILT / PARSER} was not made")


if __name__ == "__main__":
    main()
