"""The whole content of an embedded server, as a session that has read nothing yet reads it."""

from __future__ import annotations

from typing import Any

from ftrack_orm import Session
from ftrack_orm.entities.committing.restorable import RECORDS, restorable_relations
from ftrack_orm.entities.reading.projections import stored_scalars
from ftrack_orm.schema.facts import CUSTOM_ATTRIBUTE_LINK_FROM, CUSTOM_ATTRIBUTE_VALUE
from ftrack_orm.schema.model import Schema

#: By type and primary key, the values of an entity.
Content = dict[tuple[str, ...], dict[str, Any]]

#: Types of rows that the server makes, or whose values are those of other rows.
_LEFT_OUT = frozenset({"Setting", "SettingComponent"})


def read_content(fresh: Session) -> Content:
    """Return the stored values of every entity on the server, records of changes excepted.

    A row of a custom attribute without a value is left out: a receipt does not distinguish it from no row.
    """
    schema = fresh.schema
    names = [name for name in schema.types if _is_read(schema, name)]
    expressions = []
    for name in names:
        kind = schema.types[name]
        relations = [f"{each}.id" for each in restorable_relations(schema, kind)]
        paths = dict.fromkeys((*kind.primary_key, *stored_scalars(kind), *relations))
        expressions.append(f"select {', '.join(paths)} from {name}")
    content: Content = {}
    # The types of one request have no rows in common: a server sends the values of a row once.
    replies = fresh.call([{"action": "query", "expression": expression} for expression in expressions])
    for name, reply in zip(names, replies, strict=True):
        kind = schema.types[name]
        for row in reply["data"]:
            is_unset = name == CUSTOM_ATTRIBUTE_VALUE and row["value"] is None
            if row["__entity_type__"] == name and not is_unset:
                key = (name, *(str(row[part]) for part in kind.primary_key))
                content[key] = {each: _plain(value) for each, value in row.items()}
    return content


def differences(before: Content, after: Content, ignored: frozenset[str] = frozenset()) -> list[str]:
    """Return the differences between two contents as sentences, those of *ignored* attributes excepted."""
    missing = [f"{key} is missing" for key in before if key not in after]
    added = [f"{key} was added: {after[key]}" for key in after if key not in before]
    changed = [
        f"{key} has {name} {after[key].get(name)!r} instead of {value!r}"
        for key, values in before.items()
        if key in after
        for name, value in values.items()
        if after[key].get(name) != value and name not in ignored
    ]
    return [*missing, *added, *changed]


def _is_read(schema: Schema, name: str) -> bool:
    kind = schema.types[name]
    if kind.family in RECORDS or name in _LEFT_OUT or kind.family == CUSTOM_ATTRIBUTE_LINK_FROM:
        return False
    return name == CUSTOM_ATTRIBUTE_VALUE or not name.endswith(CUSTOM_ATTRIBUTE_VALUE)


def _plain(value: Any) -> Any:
    if isinstance(value, dict) and "__entity_type__" in value:
        return value.get("id")
    if isinstance(value, list):
        return sorted(map(str, map(_plain, value)))
    return value
