"""Which of the key shapes an item bears, read from `storage/keys.py` so that none is missed."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from itertools import product
from typing import Any

from rollcall.scim.indexing import IndexEntry
from rollcall.scim.resource_type import Kind
from rollcall.storage import deployment_keys
from rollcall.storage.keys import Key, Keys

_TEXT, _NUMBER = "0text0", 7_777_777
_SAMPLES: Mapping[str, tuple[Any, ...]] = {
    "Kind": tuple(Kind),
    "IndexEntry": (IndexEntry(_TEXT, _TEXT),),
    "str": (_TEXT,),
    "int": (_NUMBER,),
}


def shapes(tenant: str) -> dict[str, list[tuple[re.Pattern[str], re.Pattern[str]]]]:
    """Return the shapes of all items of a tenant by the function that spells each."""
    of_tenant = Keys(tenant)
    named: dict[str, Callable[..., Key]] = {
        name: getattr(of_tenant, name)
        for name, each in vars(Keys).items()
        if inspect.isfunction(each) and inspect.signature(each).return_annotation == "Key"
    }
    named["report_link"] = deployment_keys.report_link
    named["tenant_summary"] = deployment_keys.tenant_summary
    return {name: [_patterns(key) for key in _built(spell)] for name, spell in named.items()}


def shape_of(item: Mapping[str, Any], tenant: str) -> str:
    """Return the one shape that an item bears."""
    (found,) = (
        name
        for name, patterns in shapes(tenant).items()
        if any(pk.fullmatch(item["pk"]) and sk.fullmatch(item["sk"]) for pk, sk in patterns)
    )
    return found


def _built(spell: Callable[..., Key]) -> Iterator[Key]:
    parameters = inspect.signature(spell).parameters.values()
    for arguments in product(*(_SAMPLES[each.annotation] for each in parameters)):
        yield spell(*arguments)


def _patterns(key: Key) -> tuple[re.Pattern[str], re.Pattern[str]]:
    pk, sk = (
        re.escape(each).replace(_TEXT, ".*").replace(str(_NUMBER), r"\d+")
        for each in (key["pk"], key["sk"])
    )
    return re.compile(pk, re.DOTALL), re.compile(sk, re.DOTALL)
