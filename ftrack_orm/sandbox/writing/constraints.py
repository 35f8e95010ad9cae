"""Edge: checks the integrity of the embedded server's data: foreign keys, required values and unique values."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from ftrack_orm.sandbox import server_errors
from ftrack_orm.sandbox.datamodel.unique_constraints import UNIQUE_CONSTRAINTS

if TYPE_CHECKING:
    from ftrack_orm.errors import IntegrityError

    from .references import ForeignKeyColumn
    from .store import Row, Store


def check(store: Store, entity_type: str, row: Row, changed: Collection[str] | None) -> tuple[str, ...]:
    """Check the constraints on a row; *changed* are the columns that an update sets, or None for a new row.

    Return the required attributes that have no value yet: a later operation of the request may set them. Raises an
    integrity error that names the entity type, the attribute and the value.
    """
    missing = find_missing(store, entity_type, row, changed)
    for foreign_key in store.references.foreign_keys_of(entity_type):
        if changed is None or foreign_key.column in changed:
            check_foreign_key(store, foreign_key, row)
    check_unique(store, entity_type, row, changed)
    return missing


def find_missing(
    store: Store, entity_type: str, row: Mapping[str, Any], changed: Collection[str] | None
) -> tuple[str, ...]:
    """Return the attributes that the schema requires and *row* has no value for, of those in *changed*.

    The server's defaults must be filled in before. Raises an integrity error for a part of the primary key, which no
    later operation could set.
    """
    described = store.schema.types[entity_type]
    missing = []
    for attribute in described.attributes.values():
        if not attribute.required or attribute.is_relation or _is_nullable(entity_type, attribute.name):
            continue
        column = store.tables.column(entity_type, attribute.name)
        if column is None or row.get(column.name) is not None or (changed is not None and column.name not in changed):
            continue
        if not column.primary_key:
            missing.append(attribute.name)
        elif column.autoincrement is not True:
            raise missing_value(entity_type, attribute.name)
    return tuple(missing)


def missing_value(entity_type: str, attribute: str) -> IntegrityError:
    """Return the error for an entity without a value that it needs, with the text of the server's database."""
    return server_errors.integrity_error(
        f"Column '{attribute}' cannot be null: a {entity_type} needs a value for {attribute!r}."
    )


#: Required by the schema and yet null on real servers: sequences and folders have neither status nor type.
_NULLABLE_ON_SERVERS = frozenset({"status_id", "type_id", "priority_id"})

#: The same for single types: users are created without a name, and components without a subtype (PROTOCOL 8.1).
_NULLABLE_OF_TYPE = frozenset({("User", "username"), ("Component", "system_type")})


def _is_nullable(entity_type: str, attribute: str) -> bool:
    return attribute in _NULLABLE_ON_SERVERS or (entity_type, attribute) in _NULLABLE_OF_TYPE


def check_foreign_key(store: Store, foreign_key: ForeignKeyColumn, row: Mapping[str, Any]) -> None:
    """Check that the entity a foreign key refers to exists."""
    value = row.get(foreign_key.column)
    if value is None:
        return
    # A note may belong to entities of many types. The row names the type, which is looked up first.
    parent_type = row.get("parent_type") if foreign_key.column == "parent_id" and len(foreign_key.targets) > 1 else None
    preferred = (parent_type,) if isinstance(parent_type, str) and parent_type in store.schema.types else ()
    roots: set[str] = set()
    for target in (*preferred, *foreign_key.targets):
        if target in roots:
            continue
        roots.add(target)
        if len(store.schema.types[target].primary_key) == 1 and store.find(target, (value,)) is not None:
            return
    target_types = " or ".join(foreign_key.targets)
    raise server_errors.integrity_error(
        f"{foreign_key.entity_type}.{foreign_key.attribute}: there is no {target_types} with id {value!r} "
        f"(foreign key {foreign_key.column})."
    )


def check_unique(store: Store, entity_type: str, row: Row, changed: Collection[str] | None) -> None:
    """Check that no other row has the same unique values; the database checks the primary key itself."""
    key = store.key_of(entity_type, row)
    described = store.schema.types[entity_type]
    for unique in UNIQUE_CONSTRAINTS:
        if unique.entity_type not in (entity_type, *described.bases):
            continue
        columns = [store.tables.column(entity_type, name) for name in unique.attributes]
        names = [column.name for column in columns if column is not None]
        values = {name: row.get(name) for name in names}
        if len(names) < len(columns) or None in values.values():
            continue
        if changed is not None and not any(name in changed for name in names):
            continue
        for other in store.rows(unique.entity_type, **values):
            if store.key_of(entity_type, other) != key:
                raise server_errors.duplicate_entry(
                    entity_type, unique.attributes, list(values.values()), names_error=unique.names_error
                )
