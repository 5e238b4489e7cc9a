"""Every command of `rollcall`, with what is typed so that it makes all the calls that it can make.

T is a tenant that has something of every kind, the other words in capitals are what the first of it
is called: see `meanings`.
"""

from __future__ import annotations

from tests.conftest import Server
from tests.permissions.asked import Asked
from tests.tenants.everything import Filled

GUID = "0f1e2d3c-4b5a-4978-8695-a4b3c2d1e0f9"
WHY = "--yes --reason test"

FILES = {
    "PEOPLE.csv": "username,email\ncarol@x.test,c@x.test\ncarla@x.test,c@x.test\n",
    "STAFF.yaml": "- {name: staff, group: {displayName: Staff}, workAreas: {code: read}, "
    "lasts: membership}\n- {name: everybody, users: all, workAreas: {induction: edit}}\n",
    "INNER.yaml": "name: inner\ngroup: {displayName: Inner}\nworkAreas: {code: read}\n",
    "USERS.txt": "ann@x.test\nbob@x.test\n",
    "EXPORT.json": '[{"id": "1", "userPrincipalName": "ann@x.test"}]',
}

LOCAL = ("serve", "console", "gallery attest", "gallery check")
"""What works on no deployment, or begins to by a page."""

BROKEN_OFF = f"tenants move T --to-stack other --no-wait --pace 9999 {WHY}"
"""A move that does not come to its end, as the other bucket refuses it, and is then abandoned."""

FIRST_RUN = "tenants list --json"
"""The list where the summaries have not been brought up to date yet, so that secrets are read."""

LINES = (
    FIRST_RUN,
    "tenants list",
    "tenants show T",
    "tenants export T OUT.jsonl",
    "tenants create NEW",
    "tenants policy T",
    "tenants policy T adopt",
    "tenants policy T --absent-members clear",
    "tenants rate T",
    "tenants rate T 100",
    "tenants notes T",
    "tenants notes T --add Agreed",
    f"tenants notes T --remove NOTE {WHY}",
    "tenants domains add T y.test",
    "tenants domains list T",
    "tenants domains remove T y.test",
    "tokens list T",
    "tokens issue T",
    "tokens rotate T TOKEN",
    f"tokens revoke T TOKEN {WHY}",
    "oauth list T",
    "oauth create T",
    "oauth rotate T CLIENT",
    f"oauth trust T --issuer {GUID} --subject {GUID} --audience {GUID}",
    f"oauth revoke T CLIENT {WHY}",
    "oauth rotate-signing-key --force",
    "handover T",
    f"tokens retire T --force {WHY.removeprefix('--yes ')}",
    "templates list T",
    "templates show T staff",
    "templates show T staff --history",
    "templates preview T ann@x.test --group Staff",
    "templates set T STAFF.yaml --yes",
    "templates set T INNER.yaml",
    "templates list T",
    "templates apply T --users USERS.txt",
    f"templates remove T staff {WHY}",
    "access show T ann@x.test",
    "access grant T ann@x.test policies=edit",
    "access revoke T ann@x.test policies",
    "accounts list T",
    "accounts show T ann@x.test",
    "accounts protect T ann@x.test",
    "accounts unprotect T ann@x.test",
    "accounts disable T ann@x.test --yes",
    "accounts enable T ann@x.test",
    "accounts import T PEOPLE.csv",
    "accounts unlink T ann@x.test --yes",
    "accounts relink T ann@x.test --external-id E2",
    "conflicts check T --idp-export EXPORT.json",
    "duplicates list T",
    "duplicates list T --user bob@x.test",
    "duplicates run T",
    "duplicates save T REPORT.html",
    "duplicates show T FINDING",
    "duplicates dismiss T FINDING",
    "duplicates open T FINDING",
    "duplicates dismiss T --service-account kept",
    "duplicates open T --service-account kept",
    "duplicates flagged T",
    f"accounts merge T --keep kept --remove carol@x.test {WHY}",
    f"accounts merge T --keep ann@x.test --remove anna@x.test --idp-deletes ANNA {WHY}",
    "brake show T",
    "brake show T --wave 1",
    "brake off T --until 4h --reason test",
    "brake on T",
    "brake enable T --wave 1",
    "brake dismiss T --wave 1",
    "brake list T",
    f"brake refuse T --all {WHY}",
    f"brake release T --all {WHY}",
    "brake set T --grace 7",
    "person find T bob@x.test",
    "person export T bob@x.test PERSON.json",
    "person erase T ann@x.test --force --dry-run",
    f"person erase T ann@x.test --force {WHY}",
    "log T --since 14d",
    "log T --user bob@x.test",
    "log --deployment",
    "events list",
    "events list T",
    "events republish",
    "verify T",
    "verify T --repair",
    "tenants disable T",
    "tenants enable T",
    "duplicates run T",
    BROKEN_OFF,
    f"tenants move T --to-stack other --abandon {WHY}",
    f"tenants move T --to-stack other --no-wait {WHY}",
    f"tenants delete T --no-wait {WHY}",
)


COPY = "arn:aws:dynamodb:us-east-1:000000000000:table/rollcall-at-20261127T090000Z"
TABLE = COPY.partition("-at-")[0]

RESTORE = frozenset(
    {
        *(
            Asked(f"dynamodb:{action}", TABLE)
            for action in ("DescribeTable", "ListTagsOfResource", "RestoreTableToPointInTime")
        ),
        *(
            Asked(f"dynamodb:{action}", COPY)
            for action in (
                "DescribeContinuousBackups",
                "DescribeTable",
                "DescribeTimeToLive",
                "RestoreTableToPointInTime",
                "Scan",
                "TagResource",
                "UpdateContinuousBackups",
                "UpdateTable",
                "UpdateTimeToLive",
            )
        ),
        *(
            Asked(f"dynamodb:{action}", COPY, ("acme#USER#1",))
            for action in (
                "BatchGetItem",
                "BatchWriteItem",
                "ConditionCheckItem",
                "DeleteItem",
                "GetItem",
                "PutItem",
                "Query",
                "UpdateItem",
            )
        ),
        Asked("dynamodb:Query", f"{COPY}/index/index", ("acme#USERS",)),
        Asked("dynamodb:Query", f"{TABLE}/index/index", ("#UNFINISHED",)),
        Asked("dynamodb:UpdateItem", TABLE, ("#LEASE#1",)),
        Asked("dynamodb:PutItem", TABLE, ("#ACTS",)),
        Asked("dynamodb:Query", TABLE, ("#ACTS",)),
        Asked("dynamodb:Scan", TABLE),
        Asked("secretsmanager:ListSecrets", "*"),
    }
)
"""What `restore` asks for, and what AWS asks for in its name: no emulator goes back in time."""

ROWS = {
    FIRST_RUN: "tenants list (before the first run)",
    "tenants policy T adopt": "tenants policy POLICY",
    "tenants policy T --absent-members clear": "tenants policy POLICY",
    "tenants rate T 100": "tenants rate RATE",
    "tenants notes T --add Agreed": "tenants notes --add",
    f"tenants notes T --remove NOTE {WHY}": "tenants notes --remove",
    "person erase T ann@x.test --force --dry-run": "person erase --dry-run",
    "log --deployment": "log --deployment",
    "verify T --repair": "verify --repair",
}
"""The rows of lines that do something else than others of their command."""


def command_of(line: str, commands: set[str]) -> str:
    """Return the command that a line, or a row, is of."""
    words = line.partition(" (")[0].split()
    (found,) = {" ".join(words[:number]) for number in (1, 2, 3)} & commands
    return found


def row_of(line: str, commands: set[str]) -> str:
    """Return the row of the table that a line is of."""
    return ROWS.get(line) or command_of(line, commands)


def meanings(server: Server, tenant: str, filled: Filled) -> dict[str, str]:
    """Return what the words in capitals mean now."""
    stored = server.services.tenants.show(tenant)
    return {
        "T": tenant,
        "NEW": f"{tenant}-new",
        "ANNA": filled.ids["anna"],
        "FINDING": filled.ids["finding"],
        "NOTE": filled.ids["note"],
        "TOKEN": next((each.id for each in stored.tokens if not each.successor), ""),
        "CLIENT": next((each.id for each in stored.clients if each.secrets), ""),
    }
