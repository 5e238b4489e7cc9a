"""The bill of materials and the licences of the layers, of packages that a test makes."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from events.template import ROOT
from supply import licences, sbom


def installed(folder: Path, name: str, version: str, *more: str) -> None:
    """Install what a bill reads of a package."""
    about = folder / f"{name}-{version}.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("\n".join([f"Name: {name}", f"Version: {version}", *more, ""]))


@pytest.fixture
def made(tmp_path: Path) -> dict[str, Any]:
    installed(
        tmp_path,
        "botocore",
        "1.44.5",
        "License: Apache-2.0",
        "Requires-Dist: Python_Dateutil (<3,>=2.1)",
        "Requires-Dist: awscrt==1 ; extra == 'crt'",
    )
    installed(tmp_path, "python_dateutil", "2.9", "License: Dual License")
    return sbom.bill("Layer", tmp_path)


def test_a_bill_names_what_is_there_and_what_needs_it(made: dict[str, Any]) -> None:
    assert [each["purl"] for each in made["components"]][:2] == [
        "pkg:pypi/botocore@1.44.5",
        "pkg:pypi/python-dateutil@2.9",
    ]
    assert made["dependencies"] == [
        {"ref": "rollcall", "dependsOn": ["pypi/botocore"]},
        {"ref": "pypi/botocore", "dependsOn": ["pypi/python-dateutil"]},
        {"ref": "pypi/python-dateutil", "dependsOn": []},
    ]


def test_what_is_vendored_is_in_the_bill_with_where_it_is(made: dict[str, Any]) -> None:
    vendored = {each["name"]: each for each in made["components"] if "properties" in each}

    assert {name: each["scope"] for name, each in vendored.items()} == {
        "htmx.org": "excluded",
        "requests": "required",
        "six": "required",
    }


def test_a_bill_of_the_same_is_the_same(made: dict[str, Any], tmp_path: Path) -> None:
    assert sbom.bill("Layer", tmp_path) == made


def test_what_we_vendor_is_what_the_list_says() -> None:
    ours = [each for each in sbom.vendored() if "within" not in each]

    assert [each["name"] for each in ours] == ["htmx.org"]
    for each in ours:
        assert sha256((ROOT / each["path"]).read_bytes()).hexdigest() == each["sha256"]
        assert each["version"] in (ROOT / each["path"]).with_name("README.md").read_text()
    minified = {str(each.relative_to(ROOT)) for each in (ROOT / "layers").rglob("*.min.*")}
    assert minified == {each["path"] for each in ours}


@pytest.mark.parametrize(
    ("licence", "permissive"),
    [
        ("MIT", True),
        ("Apache-2.0 OR BSD-3-Clause", True),
        ("GPL-3.0-only OR MIT", True),
        ("MIT AND BSD-3-Clause", True),
        ("MIT AND GPL-3.0-only", False),
        ("MPL-2.0", False),
        ("Dual License", False),
        ("", False),
    ],
)
def test_a_licence_is_permissive_or_not(licence: str, permissive: bool) -> None:
    assert licences.is_permissive(licence) is permissive


def test_the_list_has_each_component_once(made: dict[str, Any]) -> None:
    listed = licences.page([*made["components"], *made["components"]]).splitlines()

    assert "| python-dateutil | 2.9 | Apache-2.0 OR BSD-3-Clause | a layer |" in listed
    assert len(listed) == 2 + len(made["components"])
