"""`rollcall tenants export`: all stored data of a tenant, as JSON Lines."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, Annotated

import typer

from rollcall.cli.connection import connect
from rollcall.cli.terminal import Name, err, say
from rollcall.operations import tenant_export
from rollcall.operations.tenant_export import Line
from rollcall.operator_error import naming


def export(
    context: typer.Context,
    name: Name,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="The file to write, - for standard output.")
    ],
) -> None:
    """Write all stored data of a tenant: users, groups, memberships, templates, log and the rest.

    Each line is a JSON object with a `type`; docs/export.md lists the types. The first line is the
    tenant, the last one is `end`, with the number of lines of each type: an export without it is
    incomplete. FILE exists when the export is complete, and only you can read it. Disable the
    tenant first; otherwise data that changes meanwhile is exported as before or as after the
    change. The export contains no secrets.
    """
    lines = tenant_export.lines(connect(context), name)
    if str(file) == "-":
        for line in lines:
            sys.stdout.write(_json(line))
        return
    number = 0
    with naming(file), complete_file(file) as stream, err.status(f"exporting {name}") as status:
        for number, line in enumerate(lines, 1):  # the last number is printed
            stream.write(_json(line))
            if number % 1000 == 0:
                status.update(f"exporting {name}, {number:,} lines so far")
    say(f"{name} is exported to {file}: {number:,} lines.")


@contextmanager
def complete_file(file: Path) -> Iterator[IO[str]]:
    """Open a file that gets its name when all of it is written; after an error it does not exist.

    Only its owner can read it.
    """
    with NamedTemporaryFile(
        "w", encoding="utf-8", dir=file.parent, prefix=f"{file.name}.", suffix=".part", delete=False
    ) as part:
        try:
            yield part
            part.flush()
            os.fsync(part.fileno())
            Path(part.name).replace(file)
        except BaseException:
            Path(part.name).unlink(missing_ok=True)
            raise


def _json(line: Line) -> str:
    return f"{json.dumps(line, ensure_ascii=False)}\n"
