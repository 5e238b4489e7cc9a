"""What every command asks of AWS, recorded once for all tests."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from boto3.dynamodb.types import TypeSerializer
from typer.main import get_command

from rollcall.cli import app
from rollcall.directory.directory import Directory
from rollcall.scim.errors import SCIMException
from tests.command import rollcall
from tests.conftest import Server
from tests.permissions.asked import Asked
from tests.permissions.cloud import OTHER, STACK, Cloud
from tests.permissions.commands import (
    BROKEN_OFF,
    FILES,
    FIRST_RUN,
    LINES,
    RESTORE,
    meanings,
    row_of,
)
from tests.tenants.everything import Filled, fill

TENANT = "acme"
NAMED = {*FILES, "OUT.jsonl", "PERSON.json", "REPORT.html"}

Recorded = Mapping[str, frozenset[Asked]]


def leaves(command: Any, *words: str) -> set[str]:
    """Return the commands below a command, by their words."""
    nested = getattr(command, "commands", None)
    if nested is None:
        return {" ".join(words)}
    return set[str]().union(*(leaves(each, *words, name) for name, each in nested.items()))


COMMANDS = leaves(get_command(app))


def record(server: Server, stack: Cloud, session: Mapping[str, str], folder: Path) -> Recorded:
    """Type all lines, and return what each command asked for."""
    for name, text in FILES.items():
        (folder / name).write_text(text)
    services = server.services
    filled = fill(services, TENANT)
    services.bus().create()
    asked: dict[str, set[Asked]] = defaultdict(set)
    run = services.summaries.items.read_run()
    for line in LINES:
        known = replace(run, finished="") if line == FIRST_RUN else run
        services.summaries.items.write_run(known)
        if line.startswith(("events", "person erase", "tenants delete")):
            put_aside(server, filled)
        if line.startswith("brake re"):
            hold(server, filled)
        meant = meanings(server, TENANT, filled)
        words = [
            str(folder / each) if each in NAMED else meant.get(each, each) for each in line.split()
        ]
        stack.asked.clear()
        stack.refused = {"s3:PutObject"} if line == BROKEN_OFF else set()
        answer = rollcall(
            server.state, "--stack", STACK, *words, **session, AWS_ENDPOINT_URL=stack.url
        )
        assert "Traceback" not in answer.stderr, (line, answer.stderr)
        expected = {2} if stack.refused else {0, 1}
        assert answer.returncode in expected, (line, answer.stderr)
        asked[row_of(line, COMMANDS)].update(map(here, stack.asked))
    services.tenants.delete(f"{TENANT}-new")
    return {"restore": RESTORE, **{row: frozenset(each) for row, each in asked.items()}}


def here(asked: Asked) -> Asked:
    """Return a call as one of the first stack: of the other, that one's policy allows it."""
    return replace(asked, resource=asked.resource.replace(OTHER, STACK))


def hold(server: Server, filled: Filled) -> None:
    """Let a client delete an account, which is held."""
    directory = server.services.directory(TENANT)
    waiting = replace(directory.context, grace=7)
    with suppress(SCIMException):
        Directory(waiting).users.delete(filled.ids["held"])


def put_aside(server: Server, filled: Filled) -> None:
    """Put batches aside as Lambda does: of this tenant's ann, and of her and another tenant."""
    services = server.services
    plain = {"pk": f"{TENANT}#USER#{filled.ids['ann']}", "sk": "DOCUMENT"}
    item = services.table.get({**plain, "pk": f"{TENANT}#USER#{filled.ids['local']}"})
    image = {name: TypeSerializer().serialize(value) for name, value in (item or {}).items()}
    other = {"pk": {"S": "other#USER#1"}, "sk": {"S": "DOCUMENT"}}
    records = [
        {
            "eventID": str(number),
            "eventName": "INSERT",
            "dynamodb": {
                "Keys": keys,
                "NewImage": {**image, **keys},
                "SequenceNumber": "1",
                "ApproximateCreationDateTime": 1_764_000_000.0,
            },
        }
        for number, keys in enumerate(
            [{name: {"S": value} for name, value in plain.items()}, other]
        )
    ]
    for name, part in (("own", records[:1]), ("both", records)):
        body = json.dumps({"payload": json.dumps({"Records": part})})
        services.channels.s3.put_object(
            Bucket=services.settings.unpublished, Key=f"aws/lambda/x/{name}", Body=body.encode()
        )
