"""The documents are true: commands exist, paths exist, tables agree with the code."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from typer.main import get_command

from events.template import Template
from rollcall.cli import app
from rollcall.scim import discovery
from rollcall.storage import keys

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
ACCESS_PATTERNS = (ROOT / "docs" / "access-patterns.md").read_text()
MAKEFILE = (ROOT / "Makefile").read_text()

HEADINGS = [
    "What it does",
    "Quick start",
    "Deploy",
    "Connect Microsoft Entra ID",
    "How it is built",
    "Test locally with the SAM CLI",
    "Tests",
    "Logs",
    "Cost",
    "Security",
    "Clean up",
]


def code_blocks() -> list[str]:
    return re.findall(r"```(?:console|bash)\n(.*?)```", README, re.DOTALL)


def commands(program: str) -> list[list[str]]:
    lines = [line.removeprefix("$ ") for block in code_blocks() for line in block.splitlines()]
    words = [shlex.split(line, comments=True) for line in lines if program in line]
    return [each for each in words if each and Path(each[0]).name == program]


def test_the_readme_has_its_headings_in_order() -> None:
    assert re.findall(r"^## (.+)$", README, re.MULTILINE) == HEADINGS


@pytest.mark.parametrize("command", commands("make"), ids=" ".join)
def test_make_targets_in_the_readme_exist(command: list[str]) -> None:
    targets = set(re.findall(r"^([a-z-]+):.*##", MAKEFILE, re.MULTILINE))

    assert set(command[1:]) <= targets


@pytest.mark.parametrize("command", commands("rollcall"), ids=" ".join)
def test_rollcall_commands_in_the_readme_exist_with_their_options(command: list[str]) -> None:
    at = get_command(app)
    options: set[str] = set()
    for word in command[1:]:
        options |= {name for each in at.params for name in each.opts + each.secondary_opts}
        nested = getattr(at, "commands", {})
        if word in nested:
            at = nested[word]
    options |= {name for each in at.params for name in each.opts + each.secondary_opts}

    assert not hasattr(at, "commands"), f"{' '.join(command)} is no complete command"
    assert {word for word in command if word.startswith("--")} <= options


@pytest.mark.parametrize("command", commands("sam"), ids=" ".join)
def test_sam_commands_in_the_readme_name_functions_and_events_that_exist(
    command: list[str],
) -> None:
    functions = [word for word in command if word.endswith("Function")]
    files = [word for word in command if word.startswith("events/")]

    assert set(functions) <= set(Template().functions())
    assert [name for name in files if not (ROOT / name).exists()] == []
    assert "invoke" not in command or (functions and files)


def test_the_first_deployment_has_its_thirteen_looks_in_order() -> None:
    page = (ROOT / "docs" / "first-deploy.md").read_text()
    looks = re.findall(r"^### (\d+)\. [^\n]+\n\n(.*?)(?=^##)", page, re.MULTILINE | re.DOTALL)

    assert [int(number) for number, _ in looks] == list(range(1, 14))
    for number, look in looks:
        assert "Expected: " in look, number
        assert re.search("Otherwise|Ask for more|Behind a CDN", look), number
    assert set(re.findall(r"\$\(resource (\w+)\)", page)) <= set(Template().resources) | {
        "ChangesFunctionStream"  # SAM's name of an event
    }
    assert set(re.findall(r"\$\(output (\w+)\)", page)) <= set(Template().outputs)


def test_paths_in_the_readme_exist() -> None:
    named = set(re.findall(r"`((?:[a-z_.-]+/)+[a-z_.-]*)`", README))
    missing = {path for path in named if not path.startswith("http") and not (ROOT / path).exists()}

    assert named
    assert not missing


def test_the_capability_table_is_what_service_provider_config_says() -> None:
    config = discovery.service_provider_config("")
    rows = dict(re.findall(r"^\| ([A-Z][^|]*?) \| (yes|no)\b", README, re.MULTILINE))

    assert rows == {
        "PATCH": "yes" if config["patch"]["supported"] else "no",
        "Filters": "yes" if config["filter"]["supported"] else "no",
        "ETags": "yes" if config["etag"]["supported"] else "no",
        "Index paging": "yes" if config["pagination"]["index"] else "no",
        "Cursor paging": "yes" if config["pagination"]["cursor"] else "no",
        "Sorting": "yes" if config["sort"]["supported"] else "no",
        "Bulk": "yes" if config["bulk"]["supported"] else "no",
        "Changing passwords": "yes" if config["changePassword"]["supported"] else "no",
    }


def test_the_access_patterns_name_every_key_shape() -> None:
    shapes = [
        name
        for name, member in vars(keys.Keys).items()
        if callable(member) and not name.startswith("_")
    ]

    assert shapes
    for name in shapes:
        assert f"`{name}`" in ACCESS_PATTERNS, f"docs/access-patterns.md does not name {name}"


def test_every_decision_has_a_reason_and_figures() -> None:
    decisions = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))

    assert decisions
    for page in decisions:
        text = page.read_text()
        assert "## Why" in text, page.name
        assert re.search(r"\d", text.split("## Why")[1]), f"{page.name} has no figure"


def test_the_licence_is_apache() -> None:
    assert "Apache License" in (ROOT / "LICENSE").read_text()
    assert 'license = "Apache-2.0"' in (ROOT / "pyproject.toml").read_text()
