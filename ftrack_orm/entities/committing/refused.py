"""State: names the entity and the attribute that the server has refused, in the error of a commit or bulk change."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ftrack_orm.values import Reference
from ftrack_orm.wire.codec import ENTITY_TYPE
from ftrack_orm.wire.refusals import RefusedEntity, ServerNames, locate

if TYPE_CHECKING:
    from ftrack_orm.entities.workspace import Workspace
    from ftrack_orm.errors import ServerError
    from ftrack_orm.schema.model import Schema

    from .batches import Batch
    from .planning import Target

#: Types of values that the entry of a unique index may be made of.
_ENTRY_TYPES = (str, int, float)


def explain_refusal(workspace: Workspace, error: ServerError, batch: Batch | None = None) -> None:
    """Add the entity, the attribute and the operation to *error*, as far as the text of the server names them.

    *batch* is the part of a commit that was refused, None for a bulk change. It knows the entities whose mappings and
    collections the rows of an operation belong to.
    """
    schema = workspace.schema
    is_duplicate = "duplicate" in error.content.lower()

    def known(operation: Mapping[str, Any]) -> Mapping[str, Any]:
        target = _target_of(schema, operation)
        if target is None:
            return {}
        if batch is not None and (row := batch.snapshot.entry_rows.get(target)) is not None:
            return {"key": row.item}
        entity = workspace.lookup(*target) if is_duplicate else None
        if entity is None:
            return {}
        return {name: value for name, value in vars(entity).items() if isinstance(value, _ENTRY_TYPES)}

    def entity_of(operation: Mapping[str, Any]) -> RefusedEntity | None:
        target = _target_of(schema, operation)
        if target is None:
            return None
        owner = None if batch is None else _owner_of_row(workspace, batch, target)
        return owner or RefusedEntity(_entity_or_reference(workspace, *target))

    locate(error, _names_of_type(schema), known, entity_of)


def _target_of(schema: Schema, operation: Mapping[str, Any]) -> Target | None:
    """Return type and key of the entity that an operation writes, None if it writes none or its key is not known."""
    entity_type = operation.get("entity_type")
    described = schema.types.get(entity_type) if isinstance(entity_type, str) else None
    if described is None:
        return None
    key = operation.get("entity_key")
    if key is None:
        data = operation.get("entity_data") or {}
        key = [data.get(name) for name in described.primary_key]
    parts = key if isinstance(key, (list, tuple)) else [key]
    if len(parts) != len(described.primary_key) or None in parts:
        return None
    return described.name, tuple(map(str, parts))


def _owner_of_row(workspace: Workspace, batch: Batch, target: Target) -> RefusedEntity | None:
    """Return the entity whose mapping or collection the row *target* belongs to, None for any other row."""
    row = batch.snapshot.entry_rows.get(target)
    if row is not None:
        return RefusedEntity(row.entity, row.attribute, row.item)
    link = batch.links.get(target)
    if link is None:
        return None
    stored, near, _ = link
    for change in batch.snapshot.memberships:
        if change.stored == stored and change.owner.id == near:
            owner = _entity_or_reference(workspace, change.owner.entity_type, (near,))
            return RefusedEntity(owner, change.name)
    return None


def _entity_or_reference(workspace: Workspace, entity_type: str, key: tuple[str, ...]) -> Any:
    entity = workspace.lookup(entity_type, key)
    if entity is not None:
        return entity
    names = workspace.schema.type(entity_type).primary_key
    return Reference(entity_type, tuple(zip(names, key, strict=True)))


def _names_of_type(schema: Schema) -> Callable[[str], ServerNames | None]:
    """Return the function that returns the words for a type: its names and those of its bases and columns."""
    made: dict[str, ServerNames | None] = {}

    def names(entity_type: str) -> ServerNames | None:
        if entity_type not in made:
            made[entity_type] = _server_names(schema, entity_type)
        return made[entity_type]

    return names


def _server_names(schema: Schema, entity_type: str) -> ServerNames | None:
    described = schema.types.get(entity_type)
    if described is None:
        return None
    types = {described.name, *described.bases, *(filter(None, [described.alias]))}
    attributes: dict[str, str] = {}
    for attribute in described.attributes.values():
        # A reference is sent as its key.
        sent = described.reference_keys.get(attribute.name, attribute.name)
        for word in filter(None, (attribute.name, attribute.alias)):
            attributes.setdefault(word.lower(), sent)
    attributes.pop(ENTITY_TYPE, None)
    return ServerNames(frozenset(word.lower() for word in types), attributes)
