"""The engine of a function, which is imported in parts: it answers as the whole engine does."""

from __future__ import annotations

import json
import runpy
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import scim2_models
from pydantic._internal._docs_extraction import extract_docstrings_from_cls
from scim2_models import BaseModel

from rollcall.scim import resource_models, rollcall_schema

ENGINE = Path(__file__).parents[2] / "layers" / "rollcall" / "engine.py"

ANSWERS = """
import json, sys
from contextlib import nullcontext
from pathlib import Path
from rollcall.start import built_engine

with built_engine(Path(sys.argv[1])) if len(sys.argv) > 1 else nullcontext():
    from scim2_models import Context
    from rollcall.scim import body, discovery, extensions, patch
    from rollcall.scim.errors import SCIMException
    from rollcall.scim.resource_type import Kind

    extensions.declare({"User": [{
        "id": "urn:example:2.0:User", "name": "Badge", "attributes": [
            {"name": "colour", "type": "string", "description": "Its colour."}]}]})

def answer(work):
    try:
        return work()
    except SCIMException as error:
        return [type(error).__name__, error.detail]

USER = {"userName": "Ann", "active": "True", "emails": [{"value": "a@x.test", "type": "work"}],
        "urn:example:2.0:User": {"colour": "red"},
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"manager": "1"}}
BODIES = [USER, {}, {"userName": 1}, {"userName": "a", "emails": "b"}, {"userName": "a",
          "name": {"givenName": []}}, {"userName": "a", "active": "maybe"}]
PATCHES = [["replace", "active", "False"], ["replace", 'emails[type eq "work"].value', "b"],
           ["add", "name.givenName", "B"], ["remove", "emails", None], ["add", "title", {}],
           ["replace", "urn:example:2.0:User:colour", "blue"], ["remove", "userName", None]]

def changed(op, path, value):
    steps = patch.read(Kind.USER, {"Operations": [{"op": op, "path": path, "value": value}]})
    return steps.apply(body.read(Kind.USER, USER, Context.RESOURCE_CREATION_REQUEST).document)

print(json.dumps([
    discovery.schemas("https://x.test", set()),
    discovery.resource_types("https://x.test", set()),
    [answer(lambda: body.read(Kind.USER, each, Context.RESOURCE_CREATION_REQUEST).document)
     for each in BODIES],
    [answer(lambda: changed(*each)) for each in PATCHES],
]))
"""


def answers(*built: Path) -> Any:
    command = [sys.executable, "-c", ANSWERS, *map(str, built)]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


@pytest.fixture(scope="module")
def names() -> dict[str, Any]:
    """What the build reads from the sources of the models."""
    engine = runpy.run_path(str(ENGINE))
    made: dict[str, Any] = engine["names"](Path(scim2_models.__file__))
    return made


def test_models_that_are_built_late_answer_alike(names: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "engine.json").write_text(json.dumps(names))

    assert answers(tmp_path) == answers()


def test_every_name_of_the_engine_is_in_its_module(names: dict[str, Any]) -> None:
    for name, module in names["modules"].items():
        own = sys.modules[f"scim2_models.{module}"]
        assert getattr(scim2_models, name) is getattr(own, name), name


def models(module: ModuleType) -> set[type[BaseModel]]:
    found = {each for each in vars(module).values() if isinstance(each, type)}
    return {each for each in found if issubclass(each, BaseModel) and "[" not in each.__name__}


def test_a_description_is_the_one_that_pydantic_reads_in_the_source(names: dict[str, Any]) -> None:
    for model in models(scim2_models) | models(resource_models) | models(rollcall_schema):
        kept = names["descriptions"][f"{model.__module__}.{model.__qualname__}"]
        assert kept == extract_docstrings_from_cls(model, use_inspect=True), model
