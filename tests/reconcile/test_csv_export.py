"""CSV for spreadsheets: no cell of it is calculated."""

from __future__ import annotations

import ast
import csv
from io import StringIO
from pathlib import Path

import pytest

from rollcall.reconcile import csv_export

PACKAGE = Path(csv_export.__file__).parents[1]


def written(cell: str | int) -> str:
    """Return a cell as a reader of the CSV has it."""
    stream = StringIO(newline="")
    csv_export.write(stream, ["title"], [[cell]])
    _, (read,) = csv.reader(StringIO(stream.getvalue(), newline=""))
    return read


@pytest.mark.parametrize(
    "cell",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(1)",
        "\t=1",
        "\r=1",
        "\n=1",
        "\r\n=1",
        "\n",
        " =1",
        "\u00a0=1",
        "\u200b=1",
        "\ufeff=1",
        "\x00=1",
        "\uff1d1",  # full width
        "\uff0b1",
        "\uff0d1",
        "\uff20SUM(1)",
        "\n\uff1d1",
        "\ufe661",  # small
    ],
    ids=ascii,
)
def test_what_a_spreadsheet_would_calculate_gets_an_apostrophe(cell: str) -> None:
    assert written(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["", " ", "Ann = Lee", "a@x.test", "'=1", "1-2", "日本", "\u00bd"])
def test_other_text_stays_as_it_is(cell: str) -> None:
    assert written(cell) == cell


def test_numbers_are_numbers() -> None:
    assert written(-5) == "-5"


def test_there_is_one_writer_of_csv() -> None:
    writers = {
        file.name
        for file in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Import) and "csv" in {each.name for each in node.names}
    }

    assert writers == {"csv_export.py"}
