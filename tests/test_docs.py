"""The documents are true: commands exist, paths exist, tables agree with the code."""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path
from typing import Any

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

PAGES = {
    str(file.relative_to(ROOT)): file.read_text()
    for file in sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
}
"""Every page of the documents by its path."""

TOP = {path.name for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith(".")}
"""The folders of the repository, in which a path on a page may begin."""

HEADINGS = [
    "What it does",
    "Quick start",
    "A walk",
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


def commands(program: str) -> list[Any]:
    """Return the commands of a program on all pages, each once and under its own words."""
    blocks = [
        block
        for page in PAGES.values()
        for block in re.findall(r"```(?:console|bash)\n(.*?)```", page, re.DOTALL)
    ]
    lines = [line.removeprefix("$ ") for block in blocks for line in block.splitlines()]
    words = {tuple(shlex.split(line, comments=True)) for line in lines if program in line}
    found = sorted(each for each in words if each and Path(each[0]).name == program)
    assert found
    return [pytest.param(list(each), id=" ".join(each)) for each in found]


def test_the_readme_has_its_headings_in_order() -> None:
    assert re.findall(r"^## (.+)$", README, re.MULTILINE) == HEADINGS


@pytest.mark.parametrize("command", commands("make"))
def test_make_targets_exist(command: list[str]) -> None:
    targets = set(re.findall(r"^([a-z-]+):.*##", MAKEFILE, re.MULTILINE))

    assert {word for word in command[1:] if "=" not in word} <= targets


@pytest.mark.parametrize("command", commands("rollcall"))
def test_rollcall_commands_exist_with_their_options(command: list[str]) -> None:
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


@pytest.mark.parametrize("command", commands("sam"))
def test_sam_commands_name_functions_and_events_that_exist(
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


def test_the_readme_is_short_and_starts_with_the_quick_start() -> None:
    lines = README.splitlines()

    assert len(lines) <= 150
    assert lines.index("$ make serve") < 25


def test_the_walk_has_fifteen_lines() -> None:
    walk = README.partition("## A walk\n")[2].partition("\n## ")[0]
    lines = "".join(re.findall(r"```bash\n(.*?)```", walk, re.DOTALL)).splitlines()

    # tests/demo/test_walk.py runs them.
    assert len(lines) == 15


@pytest.mark.parametrize("page", PAGES)
def test_paths_on_a_page_exist(page: str) -> None:
    rooms = ROOT / "layers" / "rollcall" / "rollcall"
    named = set(re.findall(r"`((?:[A-Za-z_.0-9-]+/)+[a-zA-Z_.0-9-]*)`", PAGES[page]))
    ours = {
        path
        for path in named
        if (path.split("/")[0] in TOP or (rooms / path.split("/")[0]).is_dir())
        and not re.search("TYPE|CASE", path)
    }
    missing = {path for path in ours if not (ROOT / path).exists() and not (rooms / path).exists()}

    assert not missing


@pytest.mark.parametrize("page", PAGES)
def test_links_on_a_page_lead_somewhere(page: str) -> None:
    links = re.findall(r"\]\(([^)\s]+)\)|src=\"([^\"]+)\"", PAGES[page])
    for target in (first or second for first, second in links):
        if target.startswith(("http://", "https://")):
            continue
        path, _, anchor = target.partition("#")
        file = (ROOT / page).parent / path if path else ROOT / page
        assert file.exists(), target
        assert not anchor or anchor in anchors(file.read_text()), target


def anchors(text: str) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", each.lower()).replace(" ", "-") for each in headings}


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached, waiting = set(), ["README.md"]
    while waiting:
        page = waiting.pop()
        if page in reached or page not in PAGES:
            continue
        reached.add(page)
        for target in re.findall(r"\]\(([^)#\s]+\.md)", PAGES[page]):
            waiting.append(os.path.normpath(Path(page).parent / target))

    assert set(PAGES) - reached == set()


def test_pictures_are_small() -> None:
    pictures = list((ROOT / "docs" / "images").iterdir())

    assert pictures
    for picture in pictures:
        assert picture.suffix in {".png", ".webp", ".svg"}
        assert picture.stat().st_size <= 60_000, picture.name


def test_the_capability_table_is_what_service_provider_config_says() -> None:
    config = discovery.service_provider_config("")
    supported = {
        "PATCH": config["patch"]["supported"],
        "Filters": config["filter"]["supported"],
        "ETags": config["etag"]["supported"],
        "Index paging": config["pagination"]["index"],
        "Cursor paging": config["pagination"]["cursor"],
        "Sorting": config["sort"]["supported"],
        "Bulk": config["bulk"]["supported"],
        "Changing passwords": config["changePassword"]["supported"],
    }

    for page in ("README.md", "docs/protocol.md"):
        rows = dict(re.findall(r"^\| ([A-Z][^|]*?) \| (yes|no)\b", PAGES[page], re.MULTILINE))
        assert rows == {name: "yes" if held else "no" for name, held in supported.items()}, page


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


def test_the_index_of_decisions_is_complete() -> None:
    index = PAGES["docs/decisions/README.md"]
    rows = re.findall(
        r"^\| \[(\d{4})\]\((.+?)\) \| (.+) \| \d{4}-\d\d-\d\d \| (.+) \|$", index, re.MULTILINE
    )
    pages = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))

    assert [name for _, name, _, _ in rows] == [page.name for page in pages]
    for (number, name, title, status), page in zip(rows, pages, strict=True):
        assert page.read_text().startswith(f"# {number} {title}\n"), name
        assert re.match("accepted|superseded by", status), name


def test_the_architecture_names_every_module_once() -> None:
    package = ROOT / "layers" / "rollcall" / "rollcall"
    modules = [
        str(file.relative_to(package)) for file in package.rglob("*.py") if file.stem != "__init__"
    ]
    rows = re.findall(r"^\| `([a-z_/]+\.py)` \| \S", PAGES["docs/architecture.md"], re.MULTILINE)

    # Each row is one line in reading order: what the module holds, in plain words.
    assert sorted(rows) == sorted(modules)


TERMS = ["link", "local", "evidence", "finding", "claim", "lookup", "tombstone", "grant"]


def test_the_glossary_has_the_terms_of_our_own() -> None:
    assert (
        re.findall(r"^\| \*\*([a-z]+)\*\* \|", PAGES["docs/glossary.md"], re.MULTILINE)[:8] == TERMS
    )


def test_the_licence_is_apache() -> None:
    assert "Apache License" in (ROOT / "LICENSE").read_text()
    assert 'license = "Apache-2.0"' in (ROOT / "pyproject.toml").read_text()
