"""Edge: the integrity of the embedded server's data: references that exist, values present, values unique."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import attrs

from ftrack_orm.sandbox import server_errors

from .references import ForeignKeyColumn
from .store import Row, Store


@attrs.frozen(slots=True)
class UniqueConstraint:
    """Attributes whose values no two entities of a type may share; entities that lack one of them are not compared."""

    entity_type: str
    attributes: tuple[str, ...]
    named: bool = False  # whether the text names DuplicateEntryError, as clients expect it for timers


#: Primary keys are unique anyway. (Protocol fact for Timer: a second one per user is a DuplicateEntryError.)
UNIQUE_CONSTRAINTS = (
    UniqueConstraint("User", ("username",)),
    UniqueConstraint("Project", ("name",)),
    UniqueConstraint("TypedContext", ("parent_id", "name", "object_type_id")),
    UniqueConstraint("AssetVersion", ("asset_id", "version")),
    UniqueConstraint("Appointment", ("context_id", "resource_id", "type")),
    UniqueConstraint("Membership", ("group_id", "user_id")),
    UniqueConstraint("ListObject", ("list_id", "entity_id")),
    UniqueConstraint("Timer", ("user_id",), named=True),
)


def check(store: Store, entity_type: str, row: Row, changed: Collection[str] | None) -> None:
    """Refuse a row that breaks a rule; *changed* are the columns an update sets, None for a new row.

    Raises an integrity error that names the entity type, the attribute and the value.
    """
    check_present(store, entity_type, row, changed)
    for pointer in store.references.of(entity_type):
        if changed is None or pointer.column in changed:
            check_pointer(store, pointer, row)
    check_unique(store, entity_type, row, changed)


def check_present(store: Store, entity_type: str, row: Mapping[str, Any], changed: Collection[str] | None) -> None:
    """Refuse a row without a value the schema requires; what the server fills in is there already."""
    described = store.schema.types[entity_type]
    for attribute in described.attributes.values():
        if not attribute.required or attribute.is_relation or attribute.name in _MAY_LACK:
            continue
        column = store.tables.column(entity_type, attribute.name)
        if column is None or row.get(column.name) is not None or (changed is not None and column.name not in changed):
            continue
        if column.primary_key and column.autoincrement is True:
            continue
        raise server_errors.integrity(
            f"Column '{attribute.name}' cannot be null: a {entity_type} needs a value for {attribute.name!r}."
        )


#: Required by the schema and yet empty on real servers: sequences and folders have neither status nor type.
_MAY_LACK = frozenset({"status_id", "type_id", "priority_id"})


def check_pointer(store: Store, pointer: ForeignKeyColumn, row: Mapping[str, Any]) -> None:
    """Refuse a row whose pointer leads nowhere."""
    value = row.get(pointer.column)
    if value is None:
        return
    # A note may hang on many types of entities; the row says which, so that is where to look first.
    said = row.get("parent_type") if pointer.column == "parent_id" and len(pointer.targets) > 1 else None
    first = (said,) if isinstance(said, str) and said in store.schema.types else ()
    roots: set[str] = set()
    for target in (*first, *pointer.targets):
        if target in roots:
            continue
        roots.add(target)
        if len(store.schema.types[target].primary_key) == 1 and store.find(target, (value,)) is not None:
            return
    wanted = " or ".join(pointer.targets)
    raise server_errors.integrity(
        f"{pointer.entity_type}.{pointer.attribute}: there is no {wanted} with id {value!r} "
        f"(foreign key {pointer.column})."
    )


def check_unique(store: Store, entity_type: str, row: Row, changed: Collection[str] | None) -> None:
    """Refuse a row whose unique values another one has; the primary key is the database's to watch."""
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
                raise server_errors.duplicate(entity_type, unique.attributes, list(values.values()), named=unique.named)
