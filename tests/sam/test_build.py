"""What is built: a layer of the right processor and size, and functions of one file."""

from __future__ import annotations

import os
import platform
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from events import runtime
from events.template import ROOT, Template
from tests.sam.policies import described_services

MEBIBYTE = 1_048_576
MACHINES = {"arm64": 183, "x86_64": 62}
"""How an ELF file names a processor."""

HERE = {"aarch64": "arm64"}.get(platform.machine(), platform.machine())
BUILDS = [("build", "arm64"), ("local", HERE)]


@pytest.fixture(params=BUILDS, ids=lambda each: each[0])
def built(request: pytest.FixtureRequest) -> tuple[Path, str]:
    folder, architecture = request.param
    layer = ROOT / ".aws-sam" / folder / "Layer" / "python"
    if not layer.exists():
        sentence = f"there is no {layer.relative_to(ROOT)}: run `make build build-local`"
        if os.environ.get("ROLLCALL_CI"):
            pytest.fail(sentence)
        pytest.skip(sentence)
    return layer, architecture


@pytest.fixture
def built_here() -> Path:
    """The layer for this machine, beside the runtime's Python."""
    runtime.check_built()
    return ROOT / ".aws-sam" / "local" / "Layer" / "python"


def test_the_layer_is_small(built: tuple[Path, str]) -> None:
    layer, _ = built

    assert sum(each.stat().st_size for each in layer.rglob("*") if each.is_file()) < 40 * MEBIBYTE


def test_what_is_compiled_to_machine_code_is_for_the_functions_processor(
    built: tuple[Path, str],
) -> None:
    layer, architecture = built
    libraries = [*layer.rglob("*.so")]

    assert libraries
    for each in libraries:
        machine: int = struct.unpack_from("<H", each.read_bytes(), 18)[0]
        assert machine == MACHINES[architecture], each


def test_the_layer_describes_no_other_service_of_aws(built: tuple[Path, str]) -> None:
    layer, _ = built
    described = {each.name for each in (layer / "botocore/data").iterdir() if each.is_dir()}

    assert described == described_services()


def test_every_module_is_compiled_for_lambdas_python(built: tuple[Path, str]) -> None:
    layer, _ = built
    modules = [*(layer / "rollcall").rglob("*.py"), *(layer / "pydantic").rglob("*.py")]

    assert modules
    for each in modules:
        compiled = each.parent / "__pycache__" / f"{each.stem}.cpython-313.pyc"
        flags: int = struct.unpack_from("<I", compiled.read_bytes(), 4)[0]
        assert flags == 1, f"{compiled} asks for the time of its source, which packing changes"


MADE = """
import app
from lark import load_grammar

print(hasattr(load_grammar._get_parser, "cache"))  # lark's parser of grammars, made when needed
"""


def test_a_function_loads_the_engines_parser_from_the_build(built_here: Path) -> None:
    started = subprocess.run(
        [runtime.PYTHON, "-c", MADE],
        cwd=ROOT / "functions" / "users",
        env={"PYTHONPATH": str(built_here), "AWS_DEFAULT_REGION": "eu-west-1"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert started.stdout.strip() == "False", "the parser was made again"


def test_without_the_file_of_the_build_the_parser_is_made(tmp_path: Path) -> None:
    made = tmp_path / "parser.cache"
    program = (
        "import sys; from pathlib import Path; from rollcall.start import built_parser\n"
        f"with built_parser(Path({str(made)!r}), make='make' in sys.argv):\n"
        "    from scim2_models import ScimFilter\n"
        "from lark import load_grammar\n"
        "print(hasattr(load_grammar._get_parser, 'cache'))"
    )

    def start(*arguments: str) -> str:
        command = [sys.executable, "-c", program, *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    assert start() == "True"
    assert not made.exists()
    assert start("make") == "True"
    assert start() == "False"


def test_everybody_may_read_what_is_built(built: tuple[Path, str]) -> None:
    layer, _ = built
    closed = [each for each in layer.rglob("*") if each.stat().st_mode & 0o444 != 0o444]

    assert closed == []


def test_a_strict_umask_closes_nothing_in_the_layer(tmp_path: Path) -> None:
    folder = tmp_path / "python"
    folder.mkdir(mode=0o700)
    (folder / "module.py").touch(mode=0o600)
    command = ["make", "--silent", "--directory", "layers/rollcall", "readable"]

    subprocess.run([*command, f"ARTIFACTS_DIR={tmp_path}"], cwd=ROOT, check=True)

    assert folder.stat().st_mode & 0o777 == 0o755
    assert (folder / "module.py").stat().st_mode & 0o777 == 0o644


def test_what_an_operator_runs_is_not_in_the_layer(built: tuple[Path, str]) -> None:
    layer, _ = built

    assert not [
        *layer.glob("rollcall/cli"),
        *layer.glob("rollcall/dev"),
        *layer.glob("rollcall/gallery"),
        *layer.glob("rollcall/operations"),
        *layer.glob("typer"),
    ]


@pytest.mark.parametrize("function", sorted(Template().functions()))
def test_a_function_is_one_file_that_starts_uncollected(function: str) -> None:
    code = ROOT / Template().functions()[function]["CodeUri"]
    files = [each.name for each in code.iterdir() if each.name != "__pycache__"]

    assert files == ["app.py"]
    assert "with uncollected()" in (code / "app.py").read_text()
