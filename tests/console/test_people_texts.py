"""What clients fill in stays text on all pages and plans about people, whatever it holds."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import pytest

from rollcall.operations import user_access
from rollcall.runtime.services import Services
from tests.console.consoles import OURS, Visitor
from tests.console.test_duplicates_page import HOSTILE
from tests.directory.people import ENTERPRISE, USER, group
from tests.operations.operators import operator_of

SINGLE = ("displayName", "nickName", "title", "userType", "externalId")
NAMES = ("formatted", "familyName", "givenName", "middleName", "honorificPrefix", "honorificSuffix")
COMPANY = ("costCenter", "organization", "division", "department", "employeeNumber")
PLACE = ("formatted", "streetAddress", "locality", "region", "postalCode")


class Elements(HTMLParser):
    """The elements of a page with their attributes, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: list[tuple[str, str]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.text += data

    @property
    def addresses(self) -> list[str]:
        """Where forms and links lead."""
        asked = ("href", "hx-get", "hx-post")
        return [value for name, value in self.attributes if name in asked]


def account(text: str) -> dict[str, Any]:
    """Return a user that has a text wherever a client may put one."""
    valued = {"value": text, "display": text, "type": "work"}
    return {
        "schemas": [USER, ENTERPRISE],
        "userName": f"eve{text}@corp.test",
        **dict.fromkeys(SINGLE, text),
        "name": dict.fromkeys(NAMES, text),
        "emails": [{"value": f"eve{text}@corp.test", "display": text, "type": "work"}],
        **{name: [valued] for name in ("phoneNumbers", "ims", "roles", "entitlements")},
        "addresses": [{**dict.fromkeys(PLACE, text), "type": "work"}],
        ENTERPRISE: dict.fromkeys(COMPANY, text),
    }


@pytest.mark.parametrize("text", HOSTILE)
def test_what_a_client_fills_in_stays_text(text: str, deployed: Services, ann: Visitor) -> None:
    deployed.tenants.add("acme")
    own = deployed.directory("acme")
    eve = own.users.create(account(text)).record.id
    group(own, f"Group {text}", eve)
    user_access.grant(operator_of(deployed), "acme", eve, {"risks": "read"})
    form = {"tenant": "acme", "account": eve}
    begun = ann.send("/t/acme/people/search", {"q": text})
    search = begun.headers["HX-Redirect"].removeprefix(ann.root)
    ended = ann.page(search)
    for _ in range(1_000):
        if "at work" not in ended:
            break
        ended = ann.page(search)

    found = ann.page("/t/acme/people", q=text)
    pages = [found, ended, ann.page("/t/acme/people"), ann.page(f"/t/acme/people/{eve}")]
    pages += [
        ann.plan("give", **form, area=text, level="read")[1],
        ann.plan("take", **form, area="risks")[1],
        ann.plan("switch-off", **form)[1],
        ann.plan("protect", **form)[1],
        ann.plan("relink", **form, externalId=text, userName=text)[1],
        ann.act("switch-off", **form),
        ann.send("/acts/switch-off", form).text,
        ann.send("/acts/give", {**form, "area": "risks", "level": text}).text,
        ann.plan("erase", **form)[1],
        ann.ended(ann.send("/acts/erase", {"tenant": "acme", "account": text}).text),
        ann.ended(ann.send(f"/t/acme/people/{eve}/file").text),
        ann.client.get(f"{ann.root}/t/acme/people/{text}", headers=OURS).text,
    ]

    for page in pages:
        main = page.partition("<main")[2].partition("</main>")[0] or page
        elements = Elements(main)
        assert elements.names.isdisjoint({"script", "img", "iframe", "style"}), main
        assert not [each for each in elements.attributes if each[0].startswith("on")], main
        assert {value for name, value in elements.attributes if name == "hx-trigger"} == set()
        assert not [each for each in elements.addresses if not each.startswith((ann.root, "#"))]
    for page in pages[:4]:
        assert text in Elements(page.partition("<main")[2]).text
