"""Edge: makes a collection hold exactly the members that a request lists.

Protocol fact: clients send the whole collection, not the difference; the server computes which members are added and
removed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ftrack_orm.sandbox import server_errors
from ftrack_orm.sandbox.tables import ENTITY_TYPE
from ftrack_orm.schema.relations import Inverse, Through

from . import column_values, creation, deletion, update
from .column_values import reference_key

if TYPE_CHECKING:
    from ftrack_orm.schema.attribute import Attribute
    from ftrack_orm.schema.model import EntityType

    from .store import Key, Row, Store


def set_members(store: Store, entity_type: EntityType, row: Row, name: str, members: list[Any]) -> None:
    """Make the collection *name* of an entity hold exactly *members*, references to entities.

    Members of a many-to-many collection are linked and unlinked. For a one-to-many collection, the foreign key of each
    member is set or cleared; a member that requires it (an appointment, a metadata entry) is deleted. New metadata may
    be given as key and value.
    """
    attribute = entity_type.attributes[name]
    key = store.tables.relation(entity_type.name, name)
    if isinstance(key, Through):
        _set_many_to_many(store, entity_type, attribute, row, key, members)
    elif isinstance(key, Inverse):
        _set_one_to_many(store, entity_type, attribute, row, key, members)
    else:
        raise server_errors.validation_error(f"{entity_type.name}.{name} is computed by the server and cannot be set.")


def member_references(store: Store, entity_type: EntityType, row: Row, name: str) -> list[dict[str, Any]]:
    """Return references to the current members of a collection, ordered by their keys."""
    attribute = entity_type.attributes[name]
    target = _target(store, attribute)
    key = store.tables.relation(entity_type.name, name)
    rows: list[Row] = []
    if isinstance(key, Inverse):
        column = store.tables.key_column(target.name, key).name
        rows = store.rows(target.name, **{column: row["id"], **dict(key.only)})
    elif isinstance(key, Through):
        table, near, far = store.tables.link(key)
        linked = table.select().with_only_columns(far).where(near == row["id"])
        members = [store.find(target.name, (id_,)) for id_ in store.connection.execute(linked).scalars()]
        rows = [member for member in members if member is not None]
    references = []
    for each in sorted(rows, key=lambda each: store.key_of(target.name, each)):
        values = zip(target.primary_key, store.key_of(target.name, each), strict=True)
        references.append({ENTITY_TYPE: store.type_of(target.name, each).name, **dict(values)})
    return references


# -- many to many -------------------------------------------------------------------------------------------------


def _set_many_to_many(
    store: Store, entity_type: EntityType, attribute: Attribute, row: Row, key: Through, members: list[Any]
) -> None:
    table, near, far = store.tables.link(key)
    target = _target(store, attribute)
    new_ids = [reference_key(entity_type, attribute, member, target.primary_key)[0] for member in members]
    for id_ in new_ids:
        if store.find(target.name, (id_,)) is None:
            raise server_errors.integrity_error(
                f"{entity_type.name}.{attribute.name}: there is no {target.name} with id {id_!r}."
            )
    present = set(store.connection.execute(table.select().with_only_columns(far).where(near == row["id"])).scalars())
    added = [id_ for id_ in dict.fromkeys(new_ids) if id_ not in present]
    removed = present - set(new_ids)
    described = store.schema.types.get(key.link)
    if described is None:
        if removed:
            store.connection.execute(table.delete().where(near == row["id"], far.in_(sorted(removed))))
        if added:
            store.connection.execute(table.insert(), [{near.name: row["id"], far.name: id_} for id_ in added])
        if removed or added:
            root = store.tables.root(entity_type.name)
            now = sorted(dict.fromkeys(new_ids))
            store.change_log.record_links(root, (row["id"],), row, attribute.name, sorted(present), now)
        return
    # The link is an entity itself, with an id, values and dependents of its own.
    for id_ in sorted(removed):
        links = store.rows(key.link, **{near.name: row["id"], far.name: id_})
        deletion.delete(store, [(key.link, store.key_of(key.link, link)) for link in links])
    for id_ in added:
        creation.insert(store, described, {near.name: row["id"], far.name: id_})


# -- one to many --------------------------------------------------------------------------------------------------


def _set_one_to_many(
    store: Store, entity_type: EntityType, attribute: Attribute, row: Row, key: Inverse, members: list[Any]
) -> None:
    target = _target(store, attribute)
    if target.name.endswith("CustomAttributeValue"):
        raise server_errors.validation_error(
            f"{entity_type.name}.{attribute.name} cannot be set as a collection. Update the {target.name} with key "
            "[configuration_id, entity_id] instead."
        )
    column = store.tables.key_column(target.name, key).name
    present = {
        store.key_of(target.name, child): child
        for child in store.rows(target.name, **{column: row["id"], **dict(key.only)})
    }
    attached = {_attach(store, entity_type, attribute, row, key, member, present) for member in members}
    for child_key, child in present.items():
        if child_key not in attached:
            _detach(store, target, column, child_key, child)


def _attach(
    store: Store,
    entity_type: EntityType,
    attribute: Attribute,
    row: Row,
    key: Inverse,
    member: Any,
    present: Mapping[Key, Row],
) -> Key:
    """Set the foreign key of one member, or create a member given by its values; return its primary key."""
    target = _target(store, attribute)
    owner = row["id"]
    column = store.tables.key_column(target.name, key).name
    if isinstance(member, Mapping) and column in target.primary_key:
        member = {ENTITY_TYPE: target.name, column: owner, **member}
    child_key: Key = reference_key(entity_type, attribute, member, target.primary_key)
    child = present.get(child_key) or store.find(target.name, child_key)
    if child is None and target.name == "Metadata" and "value" in member:
        data = {name: _metadata_value(target, name, member) for name in ("parent_id", "key", "value")}
        return store.key_of(target.name, creation.insert(store, target, {**data, "parent_type": row[ENTITY_TYPE]}))
    if child is None:
        raise server_errors.integrity_error(
            f"{entity_type.name}.{attribute.name}: there is no {target.name} with key {list(child_key)!r}."
        )
    new_values = {column: owner, **dict(key.only)}
    if "parent_type" in child and column == "parent_id":
        new_values["parent_type"] = row[ENTITY_TYPE]
    if target.name == "Metadata" and "value" in member:
        new_values["value"] = _metadata_value(target, "value", member)
    changes = {name: value for name, value in new_values.items() if child.get(name) != value}
    update.apply(store, store.type_of(target.name, child), child, changes)
    return child_key


def _metadata_value(target: EntityType, name: str, member: Mapping[str, Any]) -> Any:
    return column_values.from_json(target, target.attributes[name], member[name])


def _detach(store: Store, target: EntityType, column: str, child_key: Key, child: Row) -> None:
    """Clear the foreign key of a former member, or delete the member if it requires the key."""
    described = store.type_of(target.name, child)
    is_required = column in described.primary_key or any(
        attribute.required and attribute.name == column for attribute in described.attributes.values()
    )
    if is_required:
        deletion.delete(store, [(described.name, child_key)])
        return
    if described.family == "Context":
        raise server_errors.integrity_error(
            f"{described.name} {child_key[0]} ({child['name']!r}) cannot be left without a parent. "
            "Move it to another one, or delete it."
        )
    update.apply(store, described, child, {column: None})


def _target(store: Store, attribute: Attribute) -> EntityType:
    assert attribute.target is not None  # every relation has one
    return store.schema.type(attribute.target)
