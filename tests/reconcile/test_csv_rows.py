"""What writers of CSV write is read as they meant it, however they quote."""

from __future__ import annotations

import csv
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollcall.reconcile.files import row_file

CELLS = st.text(st.sampled_from("ab,;\t\"\n\r' é=\u2028\x0b\x85"), max_size=6)
ROWS = st.lists(st.lists(CELLS, min_size=3, max_size=3), max_size=5)


@given(ROWS, st.sampled_from(",;\t"), st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
@settings(max_examples=300, deadline=None)
def test_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, written: list[list[str]], delimiter: str, quoting: int
) -> None:
    headings = ["first", "second", "third"]
    stream = StringIO(newline="")
    writer = csv.writer(stream, delimiter=delimiter, quoting=quoting)  # type: ignore[arg-type]
    writer.writerows([headings, *written])
    file = Path(tmp_path_factory.getbasetemp()) / "written.csv"
    file.write_bytes(stream.getvalue().encode())

    with row_file.open_rows(file) as table:
        read = [
            None if each.problem else [each.values[name] for name in headings]
            for each in table.rows()
        ]

    expected = [row for row in written if any(cell.strip() for cell in row)]
    assert len(read) == len(expected)
    for row, meant in zip(read, expected, strict=True):
        if row is None:  # a line inside of a cell looks like a row that was swallowed
            assert any(set(cell) & set("\r\n") for cell in meant)
        else:
            assert row == [cell.strip() for cell in meant]
