"""`rollcall tenants export`: everything stored of a tenant, as JSON Lines."""

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
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to, - for standard output.")],
) -> None:
    """Write all that is kept of a tenant: users, groups, memberships, templates, log and the rest.

    A line is a JSON object whose `type` says what it is; docs/export.md lists the types. The first
    one is the tenant, the last one `end`, with the number of each: what has no such line broke off.
    FILE appears when it is complete, and only you can read it. Disable the tenant first, or what
    changes meanwhile is there as it was or as it became. No secret is in it.
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
