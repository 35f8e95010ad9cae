"""Pure: values as JSON for programs."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping, Set
from typing import Any

import attrs


def to_json(value: Any, indent: int | None = None) -> str:
    """Return a value as JSON.

    An entity becomes its type and primary key, a date or time ISO 8601, and each other value without a form in JSON its
    text.
    """
    return json.dumps(value, default=_plain, indent=indent, ensure_ascii=False, allow_nan=False)


def _plain(value: Any) -> Any:
    if hasattr(type(value), "__reference__"):
        reference = value.__reference__()
        return {"entity_type": reference.entity_type, **dict(reference.key)}
    if isinstance(value, (datetime.datetime, datetime.date)):
        return value.isoformat()
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Set):
        return sorted(value)
    if attrs.has(type(value)):
        return attrs.asdict(value, recurse=False)
    if isinstance(value, (list, tuple)) or hasattr(type(value), "__iter__"):
        return list(value)
    return str(value)
