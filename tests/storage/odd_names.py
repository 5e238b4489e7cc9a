"""Accounts and groups under names as the first releases took them, whatever was in them."""

from __future__ import annotations

from typing import Any

from rollcall.directory.directory import Directory
from rollcall.model.account_link import LOCAL
from tests.directory.people import ENTERPRISE, group, patch, user

LONG = "long" * 60

USERS = {
    "trailing blank": "blank@x.test ",
    "leading blank": " lead@x.test",
    "trailing tab": "tab@x.test\t",
    "no-break spaces": "\u00a0nbsp@x.test\u00a0",
    "blanks alone": "   ",
    "ideographic space alone": "\u3000",
    "line break": "line\nbreak@x.test",
    "NUL": "nul\x00@x.test",
    "zero width space": "zero\u200bwidth@x.test",
    "byte order mark": "\ufeffbom@x.test",
    "bidirectional override": "rtl\u202e@x.test",
    "full-width letters": "\uff57\uff49\uff44\uff45\uff20x.test",
    "half-width letters": "\uff8a\uff9f\uff9d\uff76\uff78",
    "decomposed letters": "Zoe\u0308@x.test",
    "upper case": "UPPER@X.TEST",
    "dotted capital": "\u0130stanbul@x.test",
    "final sigma": "\u039f\u0394\u039f\u03a3",
    "joiner between letters": "\u0915\u094d\u200d\u0937",
    "sharp s": "Wei\u00df@x.test",
    "double s": "Weiss@x.test",
    "number sign": "a#b#c",
    "backslash": "DOM\\bob",
    "apostrophe": "O'Brien",
    "emoji": "\U0001f469\u200d\U0001f4bb@x.test",
    "long": f"{LONG}@x.test",
    "long with a trailing blank": f"{LONG}2@x.test ",
    "deleted softly": "0123456789abcdef0123456789abcdefsoft@x.test",
}

TWINS = {
    "older": "twin@x.test ",
    "younger": "twin@x.test",
    "youngest": "\uff54win@x.test",
}
"""Names that people see as one; the first of them was there first."""

GROUPS = {
    "trailing blank of a group": "Sales ",
    "inner blanks": "Two  Blanks",
    "full-width group": "\uff37\uff49\uff44\uff45",
    "blank group": " ",
    "tabs": "Tabs\tinside",
    "line break in a group": "Line\nbreak",
    "older group": "Engineering ",
    "younger group": "Engineering",
}


def fill(directory: Directory) -> dict[str, str]:
    """Create them and return their ids by what is odd about them.

    By now some of them are refused, and there are fewer in a recording that is made today.
    """
    ids = {each: user(directory, name, externalId=f"O-{each}") for each, name in USERS.items()}
    ids |= {each: user(directory, name, displayName=each) for each, name in TWINS.items()}
    directory.users.patch(ids["deleted softly"], patch(("replace", "active", False)))
    local: dict[str, Any] = {
        "userName": "product@x.test ",
        "emails": [{"value": " product@x.test"}],
    }
    ids["local with a blank"] = directory.users.create(local, link=LOCAL).record.id
    payload: dict[str, Any] = {
        "userName": "addresses@x.test",
        "name": {"givenName": "Ann", "familyName": "Lee"},
        "emails": [{"value": " addr@x.test ", "type": "work"}, {"value": "\uff41ddr2@x.test"}],
        ENTERPRISE: {"employeeNumber": "\uff10\uff10\uff17 ", "manager": {"value": ids["NUL"]}},
    }
    ids["odd addresses"] = directory.users.create(payload).record.id
    for each, name in GROUPS.items():
        ids[each] = group(directory, name, ids["NUL"], ids["trailing blank"])
    return ids
