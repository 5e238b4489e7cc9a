"""What is built: layers of the right processor and size, and functions of one file."""

from __future__ import annotations

import os
import platform
import runpy
import struct
import subprocess
import sys
import tomllib
from pathlib import Path, PurePosixPath

import pytest

from events import runtime
from events.template import ROOT, Template
from tests.sam.policies import described_services

MEBIBYTE = 1_048_576
MACHINES = {"arm64": 183, "x86_64": 62}
"""How an ELF file names a processor."""

CONTENTS = runpy.run_path(str(ROOT / "layers/rollcall/contents.py"))
LINES = CONTENTS["lines"](ROOT / "layers/rollcall/contents.txt")

HERE = {"aarch64": "arm64"}.get(platform.machine(), platform.machine())
BUILDS = [("build", "arm64"), ("local", HERE)]


def layer_of(folder: str, name: str) -> Path:
    """Return a built layer; where it is not built, the test is skipped, or fails in CI."""
    layer = ROOT / ".aws-sam" / folder / name / "python"
    if not layer.exists():
        sentence = f"there is no {layer.relative_to(ROOT)}: run `make build build-local`"
        if os.environ.get("ROLLCALL_CI"):
            pytest.fail(sentence)
        pytest.skip(sentence)
    return layer


@pytest.fixture(params=BUILDS, ids=lambda each: each[0])
def built(request: pytest.FixtureRequest) -> tuple[Path, str]:
    """The layer of all functions, and the processor that it is for."""
    folder, architecture = request.param
    return layer_of(folder, "Layer"), architecture


@pytest.fixture(params=["Layer", "FederationLayer"])
def each_layer(request: pytest.FixtureRequest, built: tuple[Path, str]) -> tuple[Path, str]:
    """Each layer of a build, and the processor that it is for."""
    folder, architecture = built
    return layer_of(folder.parents[1].name, request.param), architecture


@pytest.fixture
def built_here() -> Path:
    """The layer for this machine, beside the runtime's Python."""
    runtime.check_built()
    return ROOT / ".aws-sam" / "local" / "Layer" / "python"


def size(folder: Path) -> int:
    return sum(each.stat().st_size for each in folder.rglob("*") if each.is_file())


def test_the_layer_is_small(built: tuple[Path, str]) -> None:
    assert size(built[0]) <= 27_000_000


def test_the_layer_holds_what_its_list_names(built: tuple[Path, str]) -> None:
    layer, _ = built
    files = {PurePosixPath(each.relative_to(layer)) for each in layer.rglob("*") if each.is_file()}
    files = {each for each in files if each.suffix != ".pyc"}

    assert {each for each in files if not CONTENTS["stays"](each, LINES)} == set()
    idle = [line for line in LINES if not any(CONTENTS["stays"](each, [line]) for each in files)]
    assert idle == []


def test_every_package_of_the_lock_has_a_line_or_is_left_out_as_a_whole() -> None:
    locked = (ROOT / "layers/rollcall/requirements.txt").read_text().splitlines()
    names = {each.partition("==")[0].partition("[")[0] for each in locked if "==" in each}
    named = {line.partition("/")[0].removesuffix(".py") for line in LINES}

    folders = {"dnspython": "dns", "python-dateutil": "dateutil"}
    lacking = {folders.get(each, each.replace("-", "_")) for each in names} - named
    assert lacking == {"dns"}


@pytest.mark.parametrize(
    ("path", "stays"),
    [
        ("mangum/handlers/alb.py", True),
        ("anyio/lowlevel.py", True),
        ("anyio/_backends/_asyncio.py", True),
        ("anyio/_backends/_trio.py", False),
        ("dns/resolver.py", False),
        ("lark/tools/nearley.py", False),
        ("lark/grammars/common.lark", True),
        ("six.py", True),
        ("six.pyi", False),
        ("pydantic/py.typed", False),
        ("pydantic-2.14.3.dist-info/METADATA", True),
        ("pydantic-2.14.3.dist-info/RECORD", False),
        ("bin/idna", False),
    ],
)
def test_the_list_keeps_folders_and_files(path: str, stays: bool) -> None:
    assert CONTENTS["stays"](PurePosixPath(path), LINES) is stays


def test_nothing_of_another_path_is_removed_from_a_folder(tmp_path: Path) -> None:
    for each in ("six.py", "dns/resolver.py", "anyio/abc/_tasks.py", "anyio/pytest/plugin.py"):
        (tmp_path / each).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / each).touch()
    script = ROOT / "layers/rollcall/contents.py"

    done = subprocess.run(
        [sys.executable, script, tmp_path], capture_output=True, text=True, check=True
    )

    left = sorted(str(each.relative_to(tmp_path)) for each in tmp_path.rglob("*"))
    assert left == ["anyio", "anyio/abc", "anyio/abc/_tasks.py", "six.py"]
    assert done.stdout.startswith("0.0 MB stay, 0.0 are left out: ")


def test_the_layer_of_the_token_endpoint_has_what_verifies_assertions_and_no_more(
    built: tuple[Path, str],
) -> None:
    federation = layer_of(built[0].parents[1].name, "FederationLayer")
    libraries = {"_cffi_backend", "cffi", "cryptography", "jwt", "pycparser"}

    assert size(federation) < 20 * MEBIBYTE
    assert {each.name.partition(".")[0].partition("-")[0] for each in federation.iterdir()} == (
        libraries | {"pyjwt"}
    )
    assert libraries.isdisjoint({each.name.partition(".")[0] for each in built[0].iterdir()})


def test_only_the_token_endpoint_has_what_verifies_assertions() -> None:
    template = Template()
    having = {each for each in template.functions() if "FederationLayer" in template.layers(each)}

    assert having == {"TokenFunction"}
    for function in template.functions():
        assert template.layers(function)[0] == "Layer"


def test_the_layers_lock_is_of_the_same_versions_as_the_extra() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = (ROOT / "layers/federation/requirements.in").read_text().splitlines()[1:]

    assert wanted == extras["optional-dependencies"]["federation"]


def test_what_is_compiled_to_machine_code_is_for_the_functions_processor(
    each_layer: tuple[Path, str],
) -> None:
    layer, architecture = each_layer
    libraries = [*layer.rglob("*.so")]

    assert libraries
    for each in libraries:
        machine: int = struct.unpack_from("<H", each.read_bytes(), 18)[0]
        assert machine == MACHINES[architecture], each


def test_the_layer_describes_no_other_service_of_aws(built: tuple[Path, str]) -> None:
    layer, _ = built
    described = {each.name for each in (layer / "botocore/data").iterdir() if each.is_dir()}

    assert described == described_services()


def test_every_module_is_compiled_for_lambdas_python(each_layer: tuple[Path, str]) -> None:
    layer, _ = each_layer
    packages = ("rollcall", "pydantic", "cryptography", "jwt")
    modules = [each for package in packages for each in (layer / package).rglob("*.py")]

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


UNUSED = {
    "aws_lambda_powertools.event_handler",
    "email_validator",
    "lark.tools",
    "scim2_models.annotated",
    "scim2_models.lookup",
    "scim2_models.messages.bulk",
    "scim2_models.messages.list_response",
    "scim2_models.messages.search_request",
    "scim2_models.provider",
    "scim2_models.resources.enterprise_user",
    "scim2_models.resources.group",
    "scim2_models.resources.service_provider_config",
}
"""What the engine would import as a whole, and no function uses."""


@pytest.mark.parametrize("function", ["users", "groups", "bulk", "discovery", "sweep"])
def test_a_function_imports_what_it_uses_of_the_engine(function: str, built_here: Path) -> None:
    started = subprocess.run(
        [runtime.PYTHON, "-c", "import app, sys; print(*sys.modules)"],
        cwd=ROOT / "functions" / function,
        env={"PYTHONPATH": str(built_here), "AWS_DEFAULT_REGION": "eu-west-1"},
        capture_output=True,
        text=True,
        check=True,
    )
    modules = set(started.stdout.split())

    assert "scim2_models.path.filter" in modules
    assert modules & UNUSED == set()


def test_without_the_file_of_the_build_the_parser_is_made(tmp_path: Path) -> None:
    made = tmp_path / "parser.cache"
    program = (
        "import sys; from contextlib import ExitStack; from pathlib import Path\n"
        "from rollcall.start import built_engine, kept_parser\n"
        "with ExitStack() as stack:\n"
        f"    stack.enter_context(built_engine(Path({str(tmp_path)!r})))\n"
        "    if 'make' in sys.argv:\n"
        f"        stack.enter_context(kept_parser(Path({str(made)!r})))\n"
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


def test_everybody_may_read_what_is_built(each_layer: tuple[Path, str]) -> None:
    layer, _ = each_layer
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
        *layer.glob("rollcall/console"),
        *layer.glob("rollcall/dev"),
        *layer.glob("rollcall/gallery"),
        *layer.glob("rollcall/operations"),
        *layer.glob("jinja2"),
        *layer.glob("typer"),
    ]


@pytest.mark.parametrize("function", sorted(Template().functions()))
def test_a_function_is_one_file_that_starts_uncollected(function: str) -> None:
    code = ROOT / Template().functions()[function]["CodeUri"]
    files = [each.name for each in code.iterdir() if each.name != "__pycache__"]

    assert files == ["app.py"]
    assert "with uncollected()" in (code / "app.py").read_text()
