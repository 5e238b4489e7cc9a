"""The bills of materials of the built layers: valid, complete, with permissive licences alone."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from events.template import ROOT
from supply import audit, licences, sbom
from tests.sam.test_build import built, layer_of

__all__ = ["built"]

VALIDATE = """
import sys
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
print(JsonStrictValidator(SchemaVersion.V1_6).validate_str(sys.stdin.read()))
"""


@pytest.fixture
def build(built: tuple[Path, str]) -> Path:
    """What `sam build` made."""
    return built[0].parents[1]


@pytest.mark.parametrize("layer", sbom.LAYERS)
def test_a_bill_is_valid(layer: str, build: Path) -> None:
    python = ROOT / ".venv-audit" / "bin" / "python"
    if not python.exists() and not os.environ.get("ROLLCALL_CI"):
        pytest.skip("what validates bills is not installed: make tools")

    said = subprocess.run(
        [python, "-c", VALIDATE],
        input=(build / layer / sbom.FILE).read_text(),
        capture_output=True,
        text=True,
        check=True,
    )

    assert said.stdout.strip() == "None"


@pytest.mark.parametrize(("layer", "lock"), [*zip(sbom.LAYERS, audit.LOCKS, strict=True)])
def test_a_bill_has_what_the_lock_has(layer: str, lock: str, build: Path) -> None:
    listed = json.loads((build / layer / sbom.FILE).read_text())["components"]
    packages = {each["name"] for each in listed if each["bom-ref"].startswith("pypi/")}

    assert packages == audit.locked((ROOT / lock).read_text())


def test_whatever_came_within_a_package_is_in_the_list(build: Path) -> None:
    layers = [layer_of(build.name, layer) for layer in sbom.LAYERS]
    folders = [
        folder
        for layer in layers
        for folder in layer.rglob("*vendor*")
        if folder.is_dir() and folder.name != "__pycache__"
    ]
    listed = {each["path"] for each in sbom.vendored() if "within" in each}

    within = {
        str(each.relative_to(folder.parents[1]))
        for folder in folders
        for each in folder.iterdir()
        if each.name not in {"__init__.py", "__pycache__"}
    }
    assert within == listed


def test_every_licence_is_permissive(build: Path) -> None:
    listed = {each["name"]: licences.expression(each) for each in licences.components(build)}

    assert listed
    assert {name: each for name, each in listed.items() if not licences.is_permissive(each)} == {}


def test_the_page_lists_the_licences(build: Path) -> None:
    page = (ROOT / "docs" / "licences.md").read_text()

    assert licences.page(licences.components(build)) in page
