"""What real clients send that the RFCs do not allow, each form corrected by one function.

The engine already accepts much of it (`comparison.READING` and `POLICY`), the rest is here. Each
function names the client, the reason, and the exchange file under `tests/exchanges` that proves it.
"""

from __future__ import annotations

import re
from typing import Any

from rollcall.scim import json_text, quoting
from rollcall.scim.json_text import JsonTextError
from rollcall.scim.resource_type import ENTERPRISE

_ENTERPRISE_TYPO = re.compile(
    r"urn:ietf:params:scim:schemas:extension:enterprise:2\.0:?User(?=$|[:.])[:.]?", re.IGNORECASE
)
_BARE_MANAGER = re.compile(r"manager(?=$|[.\[\s])", re.IGNORECASE)
_LABELS = frozenset({"type", "primary"})


def attribute_path(text: str) -> str:
    """Correct the name of an attribute: `manager` without its URN, a typo in the extension's URN.

    Entra sends `path: "manager"`, and its attribute lists hold `…enterprise:2.0User:…`.

    Proved by entra/u7-array-under-the-bare-name.json, entra/m5-*, entra/u22-*.
    """
    text = text.strip()
    if _BARE_MANAGER.match(text):
        return f"{ENTERPRISE}:{text}"
    found = _ENTERPRISE_TYPO.match(text)
    if found is None:
        return text
    rest = text[found.end() :]
    return f"{ENTERPRISE}:{rest}" if rest else ENTERPRISE


def is_unassigned(value: Any) -> bool:
    """Tell whether a value stands for no value: null, an empty string, array or object.

    Entra clears attributes with `""`; RFC 7643 section 2.5 has null and the empty array.

    Proved by entra/u16-cleared-with-an-empty-string.json.
    """
    return value is None or value in ("", [], {})


def single(value: Any) -> Any:
    """Return the value in an array of one element, which clients send for single values, too."""
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def unwrapped(value: Any) -> Any:
    """Return the value of a single-valued attribute without an array or object around it.

    Entra's older dialect sends `[{"$ref": null, "value": x}]` for any attribute.

    Proved by entra/old-form-display-name.json.
    """
    value = single(value)
    if isinstance(value, dict) and "value" in value and set(value) <= {"value", "$ref"}:
        return value["value"]
    return value


def manager(value: Any) -> Any:
    """Return a manager as an object: Entra sends the bare id, alone or in an array.

    Proved by entra/u7-bare-string.json.
    """
    value = single(value)
    return {"value": value} if isinstance(value, str) else value


def elements(value: Any) -> list[Any]:
    """Return the values of a multi-valued attribute as objects in a list.

    Clients send a bare object or a bare string where an array of objects belongs. The name
    `value` is returned in lower case.

    Proved by entra/g10-add-string.json.
    """
    values = value if isinstance(value, list) else [value]
    return [_element(each) for each in values]


def _element(value: Any) -> Any:
    if isinstance(value, str):
        return {"value": value}
    if not isinstance(value, dict):
        return value
    return {"value" if key.lower() == "value" else key: item for key, item in value.items()}


def role(value: Any) -> Any:
    """Read a role that arrives as JSON inside a string (Entra's AppRoleAssignments mappings).

    Entra's default role, `User`, has a display name and no value. A text that is no role in JSON
    is not changed.

    Proved by entra/u13-roles-as-json-text.json, entra/u13-role-without-a-value.json.
    """
    key = _key_of_value(value)
    if key is None or not is_json_text(value[key]):
        return value
    try:
        parsed = json_text.read(value[key].strip())
    except JsonTextError:
        return value
    if not isinstance(parsed, dict) or "value" not in parsed:
        return value
    role_value, name = parsed["value"], parsed.get("displayName")
    display = {"display": name} if isinstance(name, str) and name else {}
    if isinstance(role_value, str) and role_value:
        return {**value, key: role_value, **display}
    if role_value in (None, "") and display:
        return {other: item for other, item in value.items() if other != key} | display
    return value


def _key_of_value(value: Any) -> str | None:
    if not isinstance(value, dict):
        return None
    return next((key for key in value if key.lower() == "value"), None)


def is_json_text(value: Any) -> bool:
    """Tell whether a string is JSON text of an object or an array, by its first character."""
    return isinstance(value, str) and value.lstrip()[:1] in ("{", "[")


def boolean(value: Any) -> Any:
    """Read a boolean given as a string, in any case: Entra's older dialect sends `"False"`.

    Proved by entra/u10-disable-by-string.json, entra/u5-*.
    """
    if isinstance(value, str) and value.strip().lower() in ("true", "false"):
        return value.strip().lower() == "true"
    return value


def is_label_only(element: Any) -> bool:
    """Tell whether an element of a multi-valued attribute has nothing but its labels.

    This remains of `emails[type eq "work"]` when its value is cleared; `roles: [{"primary":
    "True"}]` is no more than this, either.

    Proved by entra/u16-only-element-cleared.json.
    """
    return isinstance(element, dict) and set(element) <= _LABELS


def filter_text(text: str) -> str:
    r"""Quote the values in a filter or in a path's selection that a client did not quote correctly.

    Entra's older documentation shows `externalId eq x`; others send `'x'`, and `DOM\bob` with its
    backslash unescaped.

    Proved by entra/m2-externalid-unquoted.json, other/m1-*, other/g5-*.
    """
    return quoting.quoted(text)
