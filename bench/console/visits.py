"""The pages and the acts of the console, by its routes: a new one is asked for as well.

A page whose path has a name that is not known here, and an act that refuses what is filled in, are
told: add the name to `names`, or the fields to FIELDS.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bench.console.filling import GROUP, TENANT, identifier
from bench.partitions.requests import user
from rollcall.console.console_application import ACTS, ROUTES
from rollcall.console.people_acts import LONG_ACTS
from rollcall.console.view import DEPLOYMENT
from rollcall.operations import tenant_notes
from rollcall.operations.operator import Operator
from rollcall.runtime.services import Services
from tests.console.consoles import OURS, Visitor

NAME = user(7)["userName"]
DIRECTORY = "11111111-2222-3333-4444-555555555555"

QUERIES: Mapping[str, list[dict[str, str]]] = {
    "/": [{}, {"q": "t09"}],
    "/t/{tenant}/duplicates": [{}, {"state": "dismissed"}],
    "/t/{tenant}/people": [
        {"q": NAME},
        {"q": "nobody@corp.test"},
        {"q": "person7"},
        {"q": "Given7 Family7"},
    ],
    "/t/{tenant}/templates": [{}, {"user": NAME, "group": GROUP}],
    "/t/{tenant}/log": [{}, {"q": NAME}, {"status": "409"}, {"text": "nothing has this"}],
    "/t/{tenant}/log/new": [{"log": "{log}"}],
}
"""What is asked of a page beside its path; a name in braces is filled in as in paths."""

FIELDS: Mapping[str, dict[str, str]] = {
    "create": {"name": "new", "way": "link"},
    "handover": {"hours": "72"},
    "issue": {"label": "job", "days": "30", "scope": "read-write"},
    "rotate": {"token": "{token}", "overlap": "7"},
    "revoke": {"token": "{token}"},
    "client": {"label": "entra", "days": "365"},
    "rotate-client": {"client": "{client}", "overlap": "7"},
    "revoke-client": {"client": "{client}"},
    "revoke-secret": {"client": "{client}", "secret": "{secret}"},
    "trust": {
        "label": "entra",
        "issuer": f"https://login.microsoftonline.com/{DIRECTORY}/v2.0",
        "jwks": f"https://login.microsoftonline.com/{DIRECTORY}/discovery/v2.0/keys",
        "subject": DIRECTORY,
        "audience": "api://rollcall",
    },
    "rule": {"rule": "strict"},
    "domain": {"domain": "corp.test"},
    "absent": {"absent": "clear"},
    "rate": {"rate": "50"},
    "add-note": {"text": "a new job begins on Monday"},
    "remove-note": {"note": "{note}"},
    "merge": {"keep": "{person}", "remove": "{other}", "deleted": "{other}"},
    "relink": {"account": "{person}", "externalId": "another"},
    "dismiss": {"finding": "{finding}"},
    "reopen": {"finding": "{dismissed}"},
    "give": {"account": "{person}", "area": "code", "level": "edit"},
    "take": {"account": "{person}", "area": "wiki"},
    "wave-enable": {"wave": "1"},
    "wave-dismiss": {"wave": "1"},
    "release": {"all": "yes"},
    "refuse": {"all": "yes"},
    "grace": {"grace": "10"},
    "brake-off": {"hours": "8"},
    "set-templates": {"text": "name: all\nusers: all\nworkAreas:\n  wiki: edit\n"},
    "remove-template": {"template": "all"},
    "apply-templates": {"users": "{person}\n{other}"},
}
"""The fields of acts; an act that is not here gets those of a person."""

PERSON = {"account": "{person}"}

IMPOSSIBLE = {"brake-on": "it is on", "enable": "it is enabled", "switch-on": "it is active"}
"""Acts that what is there does not permit."""


@dataclass(frozen=True)
class Visit:
    """A page or a plan that is asked for: what it is, its path, and its parameters or fields."""

    name: str
    path: str
    values: Mapping[str, str]
    act: str = ""


class RefusedError(RuntimeError):
    """A page or a plan is refused: what is asked for is not right any more."""


class Tour:
    """A person at the console who looks at everything."""

    def __init__(self, services: Services, person: Visitor, work: str, file: str) -> None:
        """`work` is that of a check before the first cycle, `file` that which made a file."""
        self._services = services
        self._operator = Operator(services, "operator:bench")
        self._person = person
        self.names = {**self._known(), "work": work, "check": work, "file": file}

    def pages(self) -> Iterator[Visit]:
        """Yield all pages that are answered to GET. Raises KeyError for an unknown name."""
        for route in ROUTES:
            path = route.path
            if route.method != "GET":
                continue
            for query in QUERIES.get(path, [{}]):
                told = " ".join(f"{name}={value}" for name, value in query.items())
                yield Visit(
                    f"{path} {told}".strip(),
                    path.format_map(self.names),
                    {name: value.format_map(self.names) for name, value in query.items()},
                )

    def plans(self) -> Iterator[Visit]:
        """Yield the plans of all acts, but for those that are work."""
        for act in ACTS:
            if act not in IMPOSSIBLE and act not in LONG_ACTS:
                fields = {"tenant": TENANT, **FIELDS.get(act, PERSON)}
                filled = {name: value.format_map(self.names) for name, value in fields.items()}
                yield Visit(f"plan of {act}", f"/acts/{act}", filled, act)

    def ask(self, visit: Visit) -> bytes:
        """Ask for a page or a plan. Raises RefusedError."""
        client, path = self._person.client, self._person.root + visit.path
        if visit.act:
            headers = {**OURS, "HX-Request": "true", DEPLOYMENT: "0"}
            answer = client.post(path, data=dict(visit.values), headers=headers)
        else:
            answer = client.get(path, params=dict(visit.values), headers=OURS)
        if answer.status_code != 200:
            told = re.sub(r"\s*<[^>]+>\s*", " ", answer.text.rpartition("</script>")[2])
            raise RefusedError(f"{answer.status_code}{told[:500]}".strip())
        return bytes(answer.content)

    def _known(self) -> dict[str, str]:
        """Return what names in paths and fields stand for."""
        stored = self._services.tenants.show(TENANT)
        listed = f"/t/{TENANT}/duplicates"
        log = self._person.page(f"/t/{TENANT}/log", follow="1")
        return {
            "tenant": TENANT,
            "person": identifier(6),
            "other": identifier(7),
            "template": "everybody",
            "form": "csv",
            "finding": _first(rf"{listed}/([\w-]+)", self._person.page(listed)),
            "dismissed": _first(
                rf"{listed}/([\w-]+)", self._person.page(listed, state="dismissed")
            ),
            "log": _first(r"log/new\?log=([\w-]+)", log),
            "token": stored.tokens[0].id,
            "client": stored.clients[0].id,
            "secret": stored.clients[0].secrets[0].id,
            "note": tenant_notes.page(self._operator, TENANT).notes[0].id,
        }


def _first(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    if found is None:
        raise RuntimeError(f"the page has no {pattern}")
    return found[1]
