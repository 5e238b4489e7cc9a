"""Script and `hx-` attributes in every field that a client fills, on every page, in every act."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from html import unescape
from io import StringIO
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from starlette.routing import compile_path

from rollcall.console.console_application import ACTS, ROUTES
from rollcall.operations import duplicate_reports
from rollcall.runtime.services import Services
from tests.console.consoles import OURS, RUNNING, Visitor
from tests.console.hostile_tenant import TEXTS, fill
from tests.console.markup import Form, Markup
from tests.console.test_first_cycle_page import dropped
from tests.operations.operators import operator_of
from tests.reconcile.cases import person

PAGES = {each.path: compile_path(each.path)[0] for each in ROUTES if each.method == "GET"}
VISITS = 2
"""How often a page is visited with different values."""

SHOWN = {
    "/t/{tenant}/",
    "/t/{tenant}/brake",
    "/t/{tenant}/duplicates",
    "/t/{tenant}/duplicates/{finding}",
    "/t/{tenant}/first-cycle/{check}",
    "/t/{tenant}/log",
    "/t/{tenant}/people/{person}",
    "/t/{tenant}/templates",
    "/t/{tenant}/templates/{template}",
}
"""Pages that show what clients have filled in."""


@dataclass
class Walk:
    """A walk over all that can be reached from some pages, and what was found on it."""

    ann: Visitor
    visits: Counter[str] = field(default_factory=Counter)
    texts: Counter[str] = field(default_factory=Counter)
    asked: Counter[tuple[str, int]] = field(default_factory=Counter)
    forms: dict[str, list[Form]] = field(default_factory=lambda: defaultdict(list))
    names: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    problems: list[str] = field(default_factory=list)

    def follow(self, *paths: str) -> None:
        """Follow the links of pages, and send their filters, until there is nothing new."""
        waiting, seen = [self.ann.root + each for each in paths], set[str]()
        while waiting:
            url = waiting.pop(0)
            page = page_of(self.ann, url)
            if page and url not in seen and self.visits[page] < VISITS:
                seen.add(url)
                waiting += self.visit(url)

    def visit(self, url: str) -> list[str]:
        """Look at a page; return what it leads to."""
        page, base = page_of(self.ann, url), url.partition("?")[0]
        answer = self.ann.client.get(url, headers=OURS)
        self.visits[page] += answer.status_code == 200
        self.names[page] |= {name for name, _ in parse_qsl(urlsplit(url).query)}
        markup = self.looked_at(url, answer)
        self.texts[page] += answer.text.count("owned")
        links = [base + each if each[:1] == "?" else each for each in markup.links]
        return links + [url for form in markup.forms for url in self.noted(form)]

    def noted(self, form: Form) -> Iterator[str]:
        """Keep the form of an act; yield the URLs of a filter."""
        url = form.url.removeprefix(self.ann.root)
        if form.method == "hx-get":
            yield f"{form.url}?{urlencode(form.filled(TEXTS[0]))}"
        elif url != "/deployments" and len(self.forms[url]) < 2:  # it would end all plans
            self.forms[url].append(form)

    def ask_for_acts(self) -> None:
        """Ask for every act with texts in what is entered, and in everything; carry them out."""
        plans: list[tuple[str, str]] = []
        for number, (url, forms) in enumerate(self.forms.items()):
            entered = [form.filled(TEXTS[number % len(TEXTS)]) for form in forms]
            everything = dict.fromkeys(forms[0].fields, TEXTS[1])
            for each in (*entered, {**everything, "tenant": "acme"}):
                plans += planned(self.send(url, each))
        for name, typed in plans:
            self.send(f"/plans/{name}", {"reason": TEXTS[0], "typed": typed})

    def look_at_work(self) -> None:
        """Wait for work, look at what came of it, and carry out the plans that it has made."""
        shown = self.ann.page("/work")
        while RUNNING in shown:
            shown = self.ann.page("/work")
        for path in re.findall(r'hx-post="/[^"/]+(/work/[\w-]+/plan)"', shown):
            for name, typed in planned(self.send(path, {})):
                self.send(f"/plans/{name}", {"reason": TEXTS[0], "typed": typed})

    def send(self, path: str, form: dict[str, str]) -> str:
        """Send a form, and look at the answer."""
        answer = self.ann.send(path, form)
        self.asked[path, answer.status_code] += 1
        self.looked_at(path, answer)
        return str(answer.text)

    def ask_strangely(self) -> None:
        """Ask for every page with a text in its path and in what it reads from its URL."""
        for page in PAGES:
            path = re.sub(r"{(?!tenant)\w+}", quote(TEXTS[1], ""), page)
            path = self.ann.root + path.replace("{tenant}", "acme")
            for query in ("", *(f"?{name}={quote(TEXTS[1])}" for name in sorted(self.names[page]))):
                answer = self.ann.client.get(path + query, headers=OURS)
                self.looked_at(path + query, answer)

    def looked_at(self, url: str, answer: Any) -> Markup:
        """Note what of an answer is not of ours."""
        policy, kind = answer.headers["content-security-policy"], answer.headers.get("content-type")
        found = ["answered"] * (answer.status_code not in {200, 404, 409})
        found += ["has no type"] * bool(answer.text and not kind)
        if disposition := answer.headers.get("content-disposition", ""):
            found += [disposition] * (
                not re.fullmatch(r'attachment; filename="[\w.-]+"', disposition)
            )
            (policy, *_) = (*re.findall('Security-Policy" content="(.*?)"', answer.text), policy)
            found += formulas(answer.text) * str(kind).startswith("text/csv")
        is_page = str(kind).startswith("text/html")
        markup = Markup(answer.text * is_page, self.ann.root, unescape(policy))
        self.problems += [f"{url}: {answer.status_code} {each}" for each in found + markup.problems]
        return markup


def page_of(ann: Visitor, url: str) -> str:
    """Return the route that answers a URL, nothing for what is no page of the console."""
    path = urlsplit(url).path.removeprefix(ann.root)
    return next((page for page, form in PAGES.items() if form.fullmatch(path)), "")


def planned(text: str) -> list[tuple[str, str]]:
    """Return the plan that is shown, with what is to be typed, nothing where there is none."""
    typed = re.findall(r"Type <code>(.*?)</code> to confirm", text.replace("<wbr>", ""))
    return [(name, unescape("".join(typed))) for name in re.findall(r"/plans/([\w-]+)", text)]


def formulas(text: str) -> list[str]:
    """Return the cells of a table that a spreadsheet would calculate."""
    cells = [cell for row in csv.reader(StringIO(text.removeprefix("\ufeff"))) for cell in row]
    return [
        cell for cell in cells if cell.lstrip()[:1] in {"=", "+", "-", "@"} and cell.lstrip("-")
    ]


def in_reports(services: Services) -> list[str]:
    """Return what is not ours in the reports of duplicates, which administrators get."""
    operator = operator_of(services)
    page, table = (
        duplicate_reports.read_latest(operator, "acme", form).content.decode("utf-8-sig")
        for form in ("html", "csv")
    )
    (policy,) = re.findall('Security-Policy" content="(.*?)"', page)
    assert "owned" in page
    assert "owned" in table
    return Markup(page, "", unescape(policy)).problems + formulas(table)


def test_no_page_and_no_act_takes_a_text_for_markup(deployed: Services, ann: Visitor) -> None:
    fill(deployed, "acme")
    deployed.oauth_clients("acme").rotate(None, timedelta(days=7))
    people = [
        person(f"{number}{text}", displayName=text, mail=text) for number, text in enumerate(TEXTS)
    ]
    shown = dropped(ann, json.dumps({"value": people}))
    first, second = Walk(ann), Walk(ann)

    first.follow("/", *(f"/work/{each}" for each in re.findall(r'id="work-([\w-]+)"', shown)))
    first.ask_for_acts()
    first.look_at_work()
    second.follow("/", "/t/acme/duplicates?state=dismissed")
    second.ask_strangely()

    assert first.problems + second.problems + in_reports(deployed) == []
    assert set(PAGES) - set(first.visits) - set(second.visits) == set()
    assert {page for page in SHOWN if not first.texts[page]} == set()
    known = set(first.forms) | set(second.forms)
    assert {name for name in ACTS if f"/acts/{name}" not in known} == set()
    assert len([path for path, status in first.asked if status == 200]) > 20
