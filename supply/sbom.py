"""The bill of materials of a built layer, in CycloneDX 1.6.

It is written with nothing but Python, as the build needs nothing else, and without a time or a
number of its own: a layer in which nothing changed stays the same. A test validates it.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
FILE = "sbom.cdx.json"
"""Where it is in a layer, beside the folder `python`: in a function that is /opt/sbom.cdx.json."""

LAYERS = ("Layer", "FederationLayer")

CLASSIFIED = {
    "mangum": "MIT",
    "python-dateutil": "Apache-2.0 OR BSD-3-Clause",
}
"""The licences of packages that say them in classifiers or in prose alone, as SPDX writes them."""

_NAME = re.compile(r"[A-Za-z0-9._-]+")


def write(build: Path) -> list[Path]:
    """Write the bills of the layers that `sam build` made, and return where they are."""
    written = []
    for layer in LAYERS:
        file = build / layer / FILE
        content = json.dumps(bill(layer, build / layer / "python"), indent=1, sort_keys=True)
        file.write_text(f"{content}\n")
        file.chmod(0o644)  # Lambda's user is another
        written.append(file)
    return written


def bill(layer: str, folder: Path) -> dict[str, Any]:
    """Return the bill of the packages in a folder, as JSON."""
    packages = sorted(distributions(path=[str(folder)]), key=_name)
    known = {_name(each) for each in packages}
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    whole = {"type": "application", "name": f"rollcall-{layer}", "version": version}
    root = {**whole, "bom-ref": "rollcall", "licenses": [{"license": {"id": "Apache-2.0"}}]}
    if layer == "Layer":
        made = "what it loads of the engine, from lark and scim2-models: layers/rollcall/engine.py"
        root["properties"] = [{"name": "rollcall:made-in-the-build", "value": made}]
    graph = {_name(each): sorted(_needs(each) & known) for each in packages}
    needed = {name for names in graph.values() for name in names}
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": root},
        "components": [*map(_package, packages), *_vendored(known)],
        "dependencies": [
            {"ref": "rollcall", "dependsOn": [_ref(each) for each in sorted(known - needed)]},
            *({"ref": _ref(n), "dependsOn": [*map(_ref, names)]} for n, names in graph.items()),
        ],
    }


def vendored() -> list[dict[str, str]]:
    """Return what is vendored, by hand or with a package."""
    listed: list[dict[str, str]] = tomllib.loads((ROOT / "supply" / "vendored.toml").read_text())[
        "component"
    ]
    return listed


def licence(package: Distribution) -> str:
    """Return the licence of a package as an expression of SPDX, empty where it is not known."""
    told = package.metadata
    return CLASSIFIED.get(_name(package)) or told["License-Expression"] or told["License"] or ""


def _package(package: Distribution) -> dict[str, Any]:
    return {
        "type": "library",
        "bom-ref": _ref(_name(package)),
        "name": _name(package),
        "version": package.version,
        "purl": f"pkg:pypi/{_name(package)}@{package.version}",
        "licenses": [{"expression": licence(package)}],
    }


def _vendored(known: set[str]) -> Iterator[dict[str, Any]]:
    """Yield what came within the packages of a layer, and what is ours beside the first one."""
    for each in vendored():
        within = each.get("within", "rollcall")
        if within not in known and not (within == "rollcall" and "botocore" in known):
            continue
        component = {
            "type": "library",
            "bom-ref": f"{within}/{each['name']}",
            "name": each["name"],
            "version": each["version"],
            "purl": f"pkg:{each['type']}/{each['name']}@{each['version']}",
            "scope": "required" if "within" in each else "excluded",
            "licenses": [{"expression": each["licence"]}],
            "properties": [{"name": "rollcall:vendored", "value": each["path"]}],
        }
        if "sha256" in each:
            component["hashes"] = [{"alg": "SHA-256", "content": each["sha256"]}]
        yield component


def _needs(package: Distribution) -> set[str]:
    """Return the names that a package requires, under whatever condition."""
    found = (_NAME.match(each) for each in package.requires or ())
    return {_normal(match[0]) for match in found if match}


def _name(package: Distribution) -> str:
    return _normal(package.metadata["Name"])


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _ref(name: str) -> str:
    return f"pypi/{name}"
