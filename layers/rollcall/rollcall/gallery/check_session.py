"""One run of the checks: names that are recognised, and what was created, until it is deleted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import quote

from rollcall.gallery.check_result import CheckError, Mismatch
from rollcall.gallery.http_exchange import NoAnswerError
from rollcall.gallery.scim_client import Document, ScimAnswer, ScimClient
from rollcall.gallery.target_attributes import CORE_GROUP, new_group, new_user

PREFIX = "gallery-check"

USERS, GROUPS = "/Users", "/Groups"
_NAMES = {USERS: "userName", GROUPS: "displayName"}

CREATED = (200, 201)
CHANGED = (200, 204)
READ = (200,)
DELETED = (200, 204)


@dataclass(frozen=True)
class ClientCredentials:
    """What a client presents to a token endpoint (RFC 6749 section 4.4)."""

    token_url: str
    client_id: str
    secret: str = field(repr=False)
    scope: str = ""


@dataclass(frozen=True)
class FederatedClient:
    """A client that a token endpoint knows by a trust, and an assertion of that issuer."""

    token_url: str
    client_id: str
    assertion: str = field(repr=False)


@dataclass
class CreatedResource:
    """What a request created, or may have created: then its id is not known."""

    endpoint: str
    name: str
    id: str | None = None

    def __str__(self) -> str:
        """Return where it is, for a person who deletes it by hand."""
        name = f"{_NAMES[self.endpoint]} {self.name}"
        if self.id is None:
            return f"{self.endpoint} ({name}, if it was created)"
        return f"{self.endpoint}/{self.id} ({name})"


class MadeResource(NamedTuple):
    """The id of a resource that was created, and its path below the endpoint's URL."""

    id: str
    path: str


class CheckSession:
    """The endpoint, the names of one run, and what the run created.

    `run` is a random text that all names contain, `domain` that of the users' names.
    """

    def __init__(
        self,
        client: ScimClient,
        run: str,
        domain: str,
        credentials: ClientCredentials | None = None,
        federated: FederatedClient | None = None,
    ) -> None:
        self.client = client
        self.credentials = credentials
        self.federated = federated
        self._run = run
        self._domain = domain
        self._number = 0
        self._created: list[CreatedResource] = []
        self._schemas: ScimAnswer | None = None

    @property
    def leftovers(self) -> tuple[str, ...]:
        """Return what was created and is not deleted."""
        return tuple(map(str, self._created))

    def name(self) -> str:
        """Return a new name."""
        self._number += 1
        return f"{PREFIX}-{self._run}-{self._number}"

    def value(self) -> str:
        """Return a new value for an attribute that is updated."""
        self._number += 1
        return f"upd-{self._run}-{self._number}"

    def user(self) -> Document:
        """Return the body of a new user."""
        name = self.name()
        return new_user(f"{name}@{self._domain}", f"{name}-id")

    def group(self) -> Document:
        """Return the body of a new group."""
        name = self.name()
        return new_group(name, f"{name}-id")

    def create(self, endpoint: str, body: Document) -> ScimAnswer:
        """Create, and note what is to be deleted."""
        created = CreatedResource(endpoint, str(body[_NAMES[endpoint]]))
        self._created.append(created)
        answer = self.client.post(endpoint, body)
        id_ = answer.document.get("id")
        if answer.status in CREATED and isinstance(id_, str | int) and id_ != "":
            created.id = str(id_)
        elif 300 <= answer.status < 500:
            self._created.remove(created)
        return answer

    def made(self, endpoint: str, body: Document) -> MadeResource:
        """Create what a test needs. Raises CheckError."""
        answer = self.create(endpoint, body)
        expect(answer, CREATED, f"POST {endpoint} sent {describe(body)}")
        id_ = identified(answer, endpoint)
        return MadeResource(id_, _path(endpoint, id_))

    def schemas(self) -> ScimAnswer:
        """Return the answer to GET /Schemas, which is asked for once."""
        if self._schemas is None:
            self._schemas = self.client.get("/Schemas")
        return self._schemas

    def require_groups(self) -> None:
        """Raise CheckError where the schemas have no Group: groups are mandatory."""
        if not any(each.get("id") == CORE_GROUP for each in self.schemas().resources):
            raise CheckError(
                Mismatch(
                    "Group",
                    "GET /Schemas",
                    f"the answer has no schema {CORE_GROUP}",
                    "the schema, because groups are mandatory",
                )
            )

    def clean(self) -> None:
        """Delete what was created; what remains is in `leftovers`."""
        for created in reversed(tuple(self._created)):
            try:
                gone = self._delete(created)
            except NoAnswerError:
                gone = False
            if gone:
                self._created.remove(created)

    def _delete(self, created: CreatedResource) -> bool:
        if created.id is None:
            attribute = _NAMES[created.endpoint]
            filter_ = f'{attribute} eq "{created.name}"'
            answer = self.client.get(created.endpoint, filter=filter_)
            if answer.status != 200 or "totalResults" not in answer.document:
                return False
            # A server that ignores the filter returns what others created.
            named = [each for each in answer.resources if each.get(attribute) == created.name]
            if not named:
                return not answer.resources
            created.id = str(named[0].get("id"))
        return self.client.delete(_path(created.endpoint, created.id)).status in {*DELETED, 404}


def _path(endpoint: str, id_: str) -> str:
    return f"{endpoint}/{quote(id_, safe='')}"


def expect(answer: ScimAnswer, statuses: tuple[int, ...], sent: str) -> None:
    """Raise CheckError for an answer of another status."""
    if answer.status not in statuses:
        expected = " or ".join(map(str, statuses))
        raise CheckError(
            Mismatch("HTTP status", sent, f"the answer was {answer.summary}", expected)
        )


def identified(answer: ScimAnswer, endpoint: str) -> str:
    """Return the id in the answer to a POST. Raises CheckError where there is none."""
    id_ = answer.document.get("id")
    if not isinstance(id_, str | int) or id_ == "":
        raise CheckError(
            Mismatch(
                "id",
                f"POST {endpoint} sent a new resource",
                f"the answer {answer.summary} has no id",
                "the resource with an id that is not empty",
            )
        )
    return str(id_)


def describe(body: Document) -> str:
    """Return what a body of a user or a group holds, for a sentence."""
    name = body.get("userName") or body.get("displayName")
    return f'"{name}" with {len(body) - 1} attributes'


def shown(value: object) -> str:
    """Return a value of an answer, for a sentence."""
    if value is None:
        return "nothing"
    text = f'"{value}"' if isinstance(value, str) else str(value)
    return text if len(text) <= 80 else f"{text[:79]}…"
