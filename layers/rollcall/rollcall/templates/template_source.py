"""A template in the terms of its file, as an object and as YAML."""

from __future__ import annotations

from typing import Any

import yaml

from rollcall.templates.template import Template


def plain(template: Template) -> dict[str, Any]:
    """Return a template in the terms of its file."""
    audience: dict[str, Any] = {"users": "all"}
    if template.group is not None:
        audience = {"group": {template.group.attribute: template.group.value}}
    content = {
        "name": template.name,
        **audience,
        "workAreas": dict(template.areas),
        "role": template.role,
        "attributes": dict(template.attributes),
        "window": template.window if template.group and not template.follows else None,
        "lasts": template.lasts if template.follows else None,
    }
    return {key: value for key, value in content.items() if value}


def source(template: Template) -> str:
    """Return a template as the file that would set it."""
    return yaml.safe_dump(plain(template), sort_keys=False, allow_unicode=True)
