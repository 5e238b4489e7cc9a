"""A tenant with any number of addresses, generated as a run asks for them, page by page.

In place of the DynamoDB client: pages of the evidence and documents are made on the spot, what the
run writes goes to a file, so that only the run itself needs memory.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any, cast

from rollcall.aws.messages import Topic
from rollcall.reconcile.duplicates.case_store import CaseStore
from rollcall.reconcile.duplicates.duplicate_run import DuplicateRun
from rollcall.reconcile.duplicates.finding_accounts import FindingAccounts
from rollcall.reconcile.duplicates.report_delivery import ReportDelivery
from rollcall.storage.evidence_index import EvidenceIndex
from rollcall.storage.findings import Findings
from rollcall.storage.keys import Keys
from rollcall.storage.report_files import ReportFiles, ReportFormat
from rollcall.storage.resources import Resources
from rollcall.storage.table import Table

EVERY = 200
"""Of so many addresses one has two accounts."""

PAGE = 5_000
"""The items of a page: the keys in the index have 200 bytes, a page 1 MB."""


class Cancelled(Exception):  # noqa: N818
    """Transactions are cancelled."""

    def __init__(self, codes: list[str]) -> None:
        self.response = {"CancellationReasons": [{"Code": each} for each in codes]}


class GeneratedClient:
    """As much of a DynamoDB client as a run uses; `calls` counts the operations."""

    def __init__(self, addresses: int, file: Path) -> None:
        self.addresses = addresses
        self.calls: Counter[str] = Counter()
        self.exceptions = type("Exceptions", (), {"TransactionCanceledException": Cancelled})
        self._kept = sqlite3.connect(file)
        self._kept.execute("PRAGMA synchronous = OFF")
        self._kept.execute("CREATE TABLE item (pk, sk, body, PRIMARY KEY (pk, sk)) WITHOUT ROWID")

    def close(self) -> None:
        """Close the file."""
        self._kept.close()

    def query(self, **request: Any) -> dict[str, Any]:
        self.calls["query"] += 1
        values = request["ExpressionAttributeValues"]
        if request.get("IndexName"):
            start = request.get("ExclusiveStartKey", {}).get("gsi_sk") or values.get(":sk")
            return self._evidence(values[":pk"]["S"], start["S"] if start else "")
        return self._page(values, request.get("ExclusiveStartKey"))

    def get_item(self, **request: Any) -> dict[str, Any]:
        self.calls["get"] += 1
        found = self._item(request["Key"])
        return {"Item": found} if found else {}

    def batch_get_item(self, **request: Any) -> dict[str, Any]:
        self.calls["batch"] += 1
        ((table, wanted),) = request["RequestItems"].items()
        found = [self._item(key) for key in wanted["Keys"]]
        return {"Responses": {table: [each for each in found if each]}, "UnprocessedKeys": {}}

    def put_item(self, **request: Any) -> None:
        self.calls["put"] += 1
        self._put(request["Item"])

    def transact_write_items(self, **request: Any) -> None:
        self.calls["transaction"] += 1
        actions = [next(iter(each.items())) for each in request["TransactItems"]]
        for kind, body in actions:
            known = self._item(body["Item"]) if kind == "Put" else None
            revision = body.get("ExpressionAttributeValues", {}).get(":revision")
            if "ConditionExpression" in body and (known or {}).get("revision") != revision:
                raise Cancelled(["ConditionalCheckFailed"] * len(actions))
        for kind, body in actions:
            if kind == "Put":
                self._put(body["Item"])
            else:
                key = (body["Key"]["pk"]["S"], body["Key"]["sk"]["S"])
                self._kept.execute("DELETE FROM item WHERE pk = ? AND sk = ?", key)

    def _evidence(self, partition: str, after: str) -> dict[str, Any]:
        if partition not in Keys("acme").evidence_orders():
            return {"Items": []}
        items = []
        for position, user, address in _rows(self.addresses, after):
            if Keys("acme").evidence_order(f"address:{address}") != partition:
                continue
            items.append(
                {
                    "pk": {"S": f"acme#LOOKUP#emails.value#{address}"},
                    "sk": {"S": f"User#{user}"},
                    "gsi_pk": {"S": partition},
                    "gsi_sk": {"S": position},
                }
            )
            if len(items) == PAGE:
                return {"Items": items, "LastEvaluatedKey": items[-1]}
        return {"Items": items}

    def _page(self, values: dict[str, Any], start: Any) -> dict[str, Any]:
        low = start["sk"]["S"] if start else values.get(":low", {}).get("S", "")
        prefix = values.get(":sk", {}).get("S", "")
        found = self._kept.execute(
            "SELECT body FROM item WHERE pk = ? AND sk > ? AND sk >= ? ORDER BY sk LIMIT 500",
            (values[":pk"]["S"], low, prefix),
        )
        items = [json.loads(body) for (body,) in found]
        more = {"LastEvaluatedKey": items[-1]} if len(items) == 500 else {}
        fitting = [each for each in items if each["sk"]["S"].startswith(prefix)]
        return {"Items": fitting, **(more if len(fitting) == len(items) else {})}

    def _item(self, key: Any) -> Any:
        pk, sk = key["pk"]["S"], key["sk"]["S"]
        if sk == "DOCUMENT":
            return {"pk": key["pk"], "sk": key["sk"], **_document(pk.rpartition("#")[2])}
        found = self._kept.execute("SELECT body FROM item WHERE pk = ? AND sk = ?", (pk, sk))
        row = found.fetchone()
        return None if row is None else json.loads(row[0])

    def _put(self, item: Any) -> None:
        key = (item["pk"]["S"], item["sk"]["S"])
        self._kept.execute("REPLACE INTO item VALUES (?, ?, ?)", (*key, json.dumps(item)))


def _rows(addresses: int, after: str) -> Iterator[tuple[str, str, str]]:
    """Yield position, user and address behind a position."""
    first = int(after[len("address:u") :][:8]) if after else 0
    for number in range(first, addresses):
        address = f"u{number:08}@b.c"
        for user in (f"{number:08}", f"x{number:08}") if number % EVERY == 0 else (f"{number:08}",):
            position = f"address:{address}#email#{user}"
            if position > after:
                yield position, user, address


def _document(user: str) -> dict[str, Any]:
    document = {"userName": f"{user}@a.b", "emails": [{"value": f"u{user[-8:]}@b.c"}]}
    moment = {"S": "2026-01-01T00:00:00.000Z"}
    return {
        "document": {"S": json.dumps(document)},
        "version": {"N": "1"},
        "created": moment,
        "modified": moment,
    }


class Files(ReportFiles):
    """Reports that are written to a folder."""

    def __init__(self, folder: Path, table: Table) -> None:
        self._folder = folder
        self._table = table

    def write(self, place: str, form: ReportFormat, body: IO[bytes]) -> None:
        with (self._folder / form.file).open("wb") as file:
            while chunk := body.read(100_000):
                file.write(chunk)


class Silence(Topic):
    """A topic that nobody listens to."""

    def __init__(self) -> None:
        pass

    def publish(self, subject: str, text: str, content: Mapping[str, Any]) -> None:
        pass


def generated(addresses: int, folder: Path) -> tuple[DuplicateRun, GeneratedClient]:
    """Return the run over a tenant of so many addresses, and the client that it uses."""
    client = GeneratedClient(addresses, folder / "items")
    table = Table(cast("Any", client), "rollcall")
    findings = Findings(table, "acme")
    book = CaseStore(findings, FindingAccounts(Resources(table, "acme"), findings))
    delivery = ReportDelivery("acme", book, Files(folder, table), Silence(), "")
    return DuplicateRun(book, EvidenceIndex(table, "acme"), delivery, 45), client
