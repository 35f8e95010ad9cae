"""Edge: the projection `__permissions`, which no schema describes: the values that attributes may be set to.

Fact (PROTOCOL 8.2): `select __permissions.status_id from TypedContext` gives each entity an object
`__permissions.status_id.__options` with the ids of the statuses allowed for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from ftrack_orm.errors import SandboxUnsupported
from ftrack_orm.query.language.nodes import Path
from ftrack_orm.wire.codec import ENTITY_TYPE

from .writing import workflow

if TYPE_CHECKING:
    from ftrack_orm.query.language.nodes import Select

    from .writing.store import Row, Store

_NAME, _OPTIONS = "__permissions", "__options"


def _project(store: Store, row: Row) -> Row | None:
    if "asset_id" in row:
        asset = store.find("Asset", (row["asset_id"],))
        context = store.find("Context", (asset["context_id"],)) if asset else None
        return store.find("Project", (context["project_id"],)) if context else None
    return store.find("Project", (row.get("project_id"),))


def _statuses(store: Store, row: Row) -> tuple[str, ...]:
    return workflow.statuses(store, _project(store, row), row[ENTITY_TYPE], row)


def _types(store: Store, row: Row) -> tuple[str, ...]:
    return workflow.types(store, _project(store, row), row[ENTITY_TYPE], row)


def _priorities(store: Store, row: Row) -> tuple[str, ...]:
    return tuple(each["id"] for each in sorted(store.rows("Priority"), key=lambda each: each["sort"] or 0))


#: Attribute -> the ids it may be set to.
_OPTIONS_OF: Mapping[str, Callable[[Store, Row], tuple[str, ...]]] = {
    "priority_id": _priorities,
    "status_id": _statuses,
    "type_id": _types,
}

#: The families whose statuses and types a project schema restricts.
_FAMILIES = frozenset({"Context", "AssetVersion"})


def split(select: Select) -> tuple[Select, tuple[str, ...]]:
    """Return *select* without its projections of `__permissions`, and the names of the attributes that those ask for.

    Raises `SandboxUnsupported` for an attribute whose allowed values are not known.
    """
    asked = [each for each in select.projections if isinstance(each, Path) and each.steps[0].name == _NAME]
    if not asked:
        return select, ()
    for path in asked:
        if len(path.steps) != 2 or path.steps[1].name not in _OPTIONS_OF:
            message = f"The embedded server does not know {path} of {select.entity_type}."
            raise SandboxUnsupported(message, entity_type=select.entity_type)
    others = tuple(each for each in select.projections if each not in asked)
    return attrs.evolve(select, projections=others), tuple(path.steps[1].name for path in asked)


def add(store: Store, entities: Sequence[dict[str, Any]], names: Sequence[str]) -> None:
    """Add the allowed values of the attributes *names* to entities of a reply that have these attributes."""
    if not names:
        return
    for entity in entities:
        entity_type = store.schema.types[entity[ENTITY_TYPE]]
        if entity_type.family not in _FAMILIES:
            message = f"The embedded server does not know {_NAME} of {entity_type.name}."
            raise SandboxUnsupported(message, entity_type=entity_type.name)
        row = store.get(entity_type.name, (entity["id"],))
        entity[_NAME] = {
            name: {_OPTIONS: list(_OPTIONS_OF[name](store, row))} for name in names if name in entity_type.attributes
        }
