"""Pages of a list by startIndex and count (RFC 7644 section 3.4.2.4)."""

from __future__ import annotations

from rollcall.gallery.check_result import CheckError, Mismatch
from rollcall.gallery.check_session import GROUPS, READ, USERS, CheckSession, expect, shown
from rollcall.gallery.scim_client import ScimAnswer

COUNT = 5
NEEDED = 11
"""Two full pages and a begun one: as many resources the test makes sure of."""

MAX_PAGES = 10


def user_pages(session: CheckSession) -> list[Mismatch]:
    """Read the users page by page."""
    return _pages(session, USERS)


def group_pages(session: CheckSession) -> list[Mismatch]:
    """Read the groups page by page."""
    session.require_groups()
    return _pages(session, GROUPS)


def _pages(session: CheckSession, endpoint: str) -> list[Mismatch]:
    total = _page(session, endpoint, 1).document.get("totalResults")
    for _ in range(NEEDED - total if isinstance(total, int) else NEEDED):
        session.made(endpoint, session.user() if endpoint == USERS else session.group())
    start = 1
    for page in range(MAX_PAGES):
        answer = _page(session, endpoint, start)
        expected = page * COUNT + 1
        if answer.document.get("startIndex") != expected:
            return [
                Mismatch(
                    "startIndex",
                    f"GET {endpoint}?startIndex={start}&count={COUNT} for page {page + 1}",
                    f"the answer had startIndex {shown(answer.document.get('startIndex'))}",
                    f"{expected}",
                )
            ]
        start = expected + len(answer.resources)
        if not answer.resources or start > _total(answer, endpoint):
            return _enough(endpoint, page + 1)
    return []


def _page(session: CheckSession, endpoint: str, start: int) -> ScimAnswer:
    answer = session.client.get(endpoint, startIndex=start, count=COUNT)
    expect(answer, READ, f"GET {endpoint}?startIndex={start}&count={COUNT}")
    return answer


def _total(answer: ScimAnswer, endpoint: str) -> int:
    total = answer.document.get("totalResults")
    if not isinstance(total, int):
        raise CheckError(
            Mismatch(
                "totalResults",
                f"GET {endpoint}?startIndex=1&count={COUNT}",
                f"the answer had {shown(total)}",
                "a number",
            )
        )
    return total


def _enough(endpoint: str, pages: int) -> list[Mismatch]:
    if pages >= 2:
        return []
    return [
        Mismatch(
            "totalResults",
            f"GET {endpoint}?startIndex=1&count={COUNT} where at least {NEEDED} exist",
            f"the answer ended the list after {pages} page",
            "two pages or more",
        )
    ]
