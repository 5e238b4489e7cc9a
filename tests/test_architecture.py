"""The rooms and the arrows between them: a room imports only what is to its right."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "layers" / "rollcall" / "rollcall"

BELOW_HTTP = {
    "directory",
    "templates",
    "tenants",
    "federation",
    "changes",
    "reconcile",
    "storage",
    "model",
    "aws",
}

ARROWS: dict[str, set[str]] = {
    "scim": set(),
    "model": {"scim"},
    "aws": {"scim"},
    "storage": {"model", "aws", "scim"},
    "templates": {"storage", "model", "scim"},
    "federation": {"scim"},
    "tenants": {"federation", "storage", "model", "aws", "scim"},
    "changes": {"storage", "model", "aws", "scim"},
    "reconcile": {"storage", "model", "aws", "scim"},
    "directory": {"templates", "storage", "model", "aws", "scim"},
    "http": {"federation", "directory", "tenants", "model", "scim"},
    "runtime": {"http", *BELOW_HTTP, "scim"},
    "gallery": {"scim"},
    "operations": {"gallery", "runtime", *BELOW_HTTP, "scim"},
    "dev": {"operations", "runtime", "http", "tenants"},
    "start": set(),
    "operator_error": set(),
    "web_page": set(),
    "console": {"operations", "model"},
    "cli": {"console", "operations", "dev", "model"},
}
"""What each room may import of the package, itself and EVERYWHERE aside."""

EVERYWHERE = {"operator_error", "web_page"}
"""What every room may import."""

ONLY_IN: dict[str, set[str]] = {
    "boto3": {"aws"},
    "botocore": {"aws"},
    "jwt": {"federation", "dev"},
    "cryptography": {"federation", "dev"},
    "urllib3": {"aws", "federation"},
    "starlette": {"http", "runtime", "console"},
    "mangum": {"runtime"},
    "aws_lambda_powertools": {"runtime"},
    "uvicorn": {"dev", "console"},
    "jinja2": {"console"},
    "markupsafe": {"console"},
    "yaml": {"dev", "cli", "templates"},
    "typer": {"cli"},
    "rich": {"cli"},
}
"""The libraries that only some rooms may know."""

IO_FREE = {"scim", "model"}
CLOCKS = {"time", "random", "secrets", "uuid", "os", "socket", "threading", "pathlib"}
"""The protocol's room reads neither clock, nor chance, nor environment."""

MAX_LINES = 300


def room_of(file: Path) -> str:
    return file.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file.name} imports relatively"
            assert node.module is not None
            yield node.module
            if node.module == "rollcall":
                yield from (f"rollcall.{alias.name}" for alias in node.names)


FILES = sorted(PACKAGE.rglob("*.py"))


def test_every_room_has_its_arrows() -> None:
    rooms = {room_of(file) for file in FILES} - {"__init__"}

    assert rooms == set(ARROWS)


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_a_room_imports_only_what_is_to_its_right(file: Path) -> None:
    room = room_of(file)
    used = {
        name.split(".")[1]
        for name in imports(file)
        if name.startswith("rollcall.") and name.split(".")[1] != room
    }

    assert used <= ARROWS.get(room, set()) | EVERYWHERE


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_a_library_stays_in_its_room(file: Path) -> None:
    room = room_of(file)
    strays = {name for name in imports(file) if room not in ONLY_IN.get(name.split(".")[0], {room})}

    assert not strays


@pytest.mark.parametrize(
    "file", [file for file in FILES if room_of(file) in IO_FREE], ids=lambda file: file.stem
)
def test_the_protocol_reads_neither_clock_nor_chance_nor_environment(file: Path) -> None:
    assert not {name for name in imports(file) if name.split(".")[0] in CLOCKS}
    assert ".now(" not in file.read_text()


def test_the_environment_is_read_by_the_runtime_and_the_command_alone() -> None:
    readers = {room_of(file) for file in FILES if "os.environ" in file.read_text()}

    assert readers <= {"runtime", "cli", "emulator"}


def test_our_own_failures_end_in_three_lines() -> None:
    catching = [
        file.name
        for file in FILES
        for line in file.read_text().splitlines()
        if "except Exception" in line
    ]

    # A request's, those of one thing among all that a sweep goes on with, and those of what the
    # local server does beside answering.
    assert sorted(catching) == ["background.py", "middleware.py", "sweep.py"]


def test_no_two_modules_have_one_name() -> None:
    names = Counter(file.stem for file in FILES if file.stem != "__init__")

    assert [name for name, times in names.items() if times > 1] == []


def test_no_two_classes_have_one_name() -> None:
    names = Counter(
        node.name
        for file in FILES
        for node in ast.parse(file.read_text()).body
        if isinstance(node, ast.ClassDef)
    )

    assert [name for name, times in names.items() if times > 1] == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_a_module_is_one_noun_of_a_readable_size(file: Path) -> None:
    assert len(file.read_text().splitlines()) <= MAX_LINES


@pytest.mark.parametrize(
    "function", sorted((PACKAGE.parents[2] / "functions").glob("*/app.py")), ids=str
)
def test_a_function_is_a_handful_of_lines(function: Path) -> None:
    assert len(function.read_text().splitlines()) <= 12
    ours = [name for name in imports(function) if name.startswith("rollcall")]
    assert ours[0] == "rollcall.start"
    assert [name.startswith("rollcall.runtime") for name in ours[1:]] == [True]
