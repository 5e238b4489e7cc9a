"""Boolean values as spreadsheets and portals write them in many languages."""

from __future__ import annotations

from typing import Any

_TRUE = """
    true yes y 1 wahr ja vrai oui verdadero sí si vero sì verdadeiro sim waar prawda tak
    sant sand sann tosi kyllä pravda ano igaz igen doğru evet истина да
"""
_FALSE = """
    false no n 0 falsch nein faux non falso não nao onwaar nee fałsz nie falskt falsk nej
    usann nei epätosi ei nepravda ne hamis nem yanlış yanliş hayır hayir ложь нет
"""  # noqa: RUF001  # Turkish
_STATES = {
    "enabled": True, "active": True, "allowed": True, "aktiviert": True, "aktiv": True,
    "activé": True, "activado": True, "habilitado": True,
    "disabled": False, "inactive": False, "blocked": False, "deaktiviert": False,
    "inaktiv": False, "désactivé": False, "desactivado": False, "deshabilitado": False,
}  # fmt: skip
_WORDS = dict.fromkeys(_TRUE.split(), True) | dict.fromkeys(_FALSE.split(), False)


def parse(value: Any) -> bool | None:
    """Return a value as a boolean, None when it is not understood."""
    return value if isinstance(value, bool) else _WORDS.get(str(value).strip().casefold())


def parse_state(value: Any) -> bool | None:
    """Return whether a value means enabled, None when it is not understood."""
    known = _STATES.get(str(value).strip().casefold())
    return parse(value) if known is None else known
