"""Edge: checks the integrity of the embedded server's data: foreign keys, required values and unique values."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

import attrs

from ftrack_orm.sandbox import server_errors

if TYPE_CHECKING:
    from .references import ForeignKeyColumn
    from .store import Row, Store


@attrs.frozen(slots=True)
class UniqueConstraint:
    """Attributes whose values are unique among entities of a type; entities where one of them is null are exempt."""

    entity_type: str
    attributes: tuple[str, ...]
    names_error: bool = False  # whether the message names DuplicateEntryError, as clients expect for timers


#: The database checks primary keys itself. (Protocol fact for Timer: a second one of a user is a DuplicateEntryError.)
UNIQUE_CONSTRAINTS = (
    UniqueConstraint("User", ("username",)),
    UniqueConstraint("Project", ("name",)),
    UniqueConstraint("TypedContext", ("parent_id", "name", "object_type_id")),
    UniqueConstraint("AssetVersion", ("asset_id", "version")),
    UniqueConstraint("Appointment", ("context_id", "resource_id", "type")),
    UniqueConstraint("Membership", ("group_id", "user_id")),
    UniqueConstraint("ListObject", ("list_id", "entity_id")),
    UniqueConstraint("Timer", ("user_id",), names_error=True),
)


def check(store: Store, entity_type: str, row: Row, changed: Collection[str] | None) -> None:
    """Check the constraints on a row; *changed* are the columns that an update sets, or None for a new row.

    Raises an integrity error that names the entity type, the attribute and the value.
    """
    check_required(store, entity_type, row, changed)
    for foreign_key in store.references.foreign_keys_of(entity_type):
        if changed is None or foreign_key.column in changed:
            check_foreign_key(store, foreign_key, row)
    check_unique(store, entity_type, row, changed)


def check_required(store: Store, entity_type: str, row: Mapping[str, Any], changed: Collection[str] | None) -> None:
    """Check that a row holds every value the schema requires; the server's defaults must be filled in before."""
    described = store.schema.types[entity_type]
    for attribute in described.attributes.values():
        if not attribute.required or attribute.is_relation or attribute.name in _NULLABLE_ON_SERVERS:
            continue
        column = store.tables.column(entity_type, attribute.name)
        if column is None or row.get(column.name) is not None or (changed is not None and column.name not in changed):
            continue
        if column.primary_key and column.autoincrement is True:
            continue
        raise server_errors.integrity_error(
            f"Column '{attribute.name}' cannot be null: a {entity_type} needs a value for {attribute.name!r}."
        )


#: Required by the schema and yet null on real servers: sequences and folders have neither status nor type.
_NULLABLE_ON_SERVERS = frozenset({"status_id", "type_id", "priority_id"})


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
