"""State: detecting, before a commit overwrites values, that another user has changed them since they were read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from ftrack_orm.entities.custom_attributes.mapping import CustomAttributes
from ftrack_orm.errors import CommitConflict
from ftrack_orm.schema.facts import CONFIGURATION_ID
from ftrack_orm.values import NOT_LOADED
from ftrack_orm.wire.operations import ServerCall, UpdateOperation

from .authors import Author, ObservedChange, find_authors
from .server_state import ServerState, is_same_value, read_server_state

if TYPE_CHECKING:
    from ftrack_orm.schema.model import Schema

    from .batches import Batch
    from .planning import Target, ValuesByTarget
    from .snapshot import EntryRow


@attrs.frozen
class Conflict:
    """An attribute that has changed on the server since it was read, or without *attribute* a deleted entity.

    *item* is the key in a mapping. *compared* says since when the value was to be the same.
    """

    entity_type: str
    key: tuple[str, ...]
    attribute: str | None
    item: str | None = None
    read: Any = None
    present: Any = None
    author: Author | None = None
    compared: str = "it was read"

    def __str__(self) -> str:
        entity = f"{self.entity_type} {'/'.join(self.key)}"
        by = f"by {self.author}" if self.author else "the server has no record of the user"
        if self.attribute is None:
            return f"{entity} was deleted ({by})"
        name = self.attribute if self.item is None else f"{self.attribute}[{self.item!r}]"
        return f"{name} of {entity} was {self.read!r} when {self.compared} and is {self.present!r} now ({by})"


def check_conflicts(schema: Schema, call: ServerCall, batch: Batch, bases: ValuesByTarget) -> None:
    """Raise `CommitConflict` when the server no longer has the values that the updates of *batch* replace.

    The present values are compared with the values the session has read, or with those in *bases*: the values before
    changes that were loaded from a file. An attribute that was set without being read is not compared. Two changes to
    the same value are not a conflict. Makes one request, or none when there is nothing to compare, and another one for
    the authors of conflicting changes.
    """
    replaced = {
        target: {**batch.replaced.get(target, {}), **bases.get(target, {})} for target in {**batch.replaced, **bases}
    }
    updates = [
        operation
        for operation in batch.operations
        if isinstance(operation, UpdateOperation) and _comparable(operation, replaced)
    ]
    if not updates:
        return
    state = read_server_state(schema, call, updates)
    conflicts = list(_conflicts(updates, replaced, state, batch.snapshot.entry_rows))
    if not conflicts:
        return
    raise conflict_error(
        with_authors(schema, call, conflicts),
        "The commit would overwrite a change by another user",
        "Nothing was sent and the changes are kept: session.refresh loads the values on the server, committing without "
        "on_conflict overwrites them.",
    )


def with_authors(schema: Schema, call: ServerCall, conflicts: Sequence[Conflict]) -> list[Conflict]:
    """Return *conflicts* with their authors, as far as the server has records of them. Makes one request."""
    authors = find_authors(schema, call, [_observed_change(schema, conflict) for conflict in conflicts])
    return [attrs.evolve(conflict, author=author) for conflict, author in zip(conflicts, authors, strict=True)]


def conflict_error(conflicts: Sequence[Conflict], problem: str, advice: str) -> CommitConflict:
    """Return the error for *conflicts*, whose message begins with *problem* and ends with *advice*."""
    sentences = tuple(map(str, conflicts))
    first = conflicts[0]
    more = f" (and {len(sentences) - 1} more)" if len(sentences) > 1 else ""
    return CommitConflict(
        f"{problem}: {sentences[0]}{more}. {advice}",
        entity_type=first.entity_type,
        key=first.key,
        attribute=first.attribute,
        item=first.item,
        read=first.read,
        present=first.present,
        changed_by=first.author.username if first.author else None,
        changed_at=first.author.moment if first.author else None,
        conflicts=sentences,
    )


def _comparable(update: UpdateOperation, replaced: ValuesByTarget) -> dict[str, Any]:
    """Return the values before *update*, of the attributes for which they are known."""
    before = replaced.get((update.entity_type, update.key), {})
    return {name: before[name] for name in update.data if before.get(name, NOT_LOADED) is not NOT_LOADED}


def _conflicts(
    updates: list[UpdateOperation],
    replaced: ValuesByTarget,
    state: ServerState,
    mapping_items: Mapping[Target, EntryRow],
) -> Iterator[Conflict]:
    for update in updates:
        item = mapping_items.get((update.entity_type, update.key))
        values = state.values.get((update.entity_type, update.key))
        if values is None and item is None:
            yield Conflict(update.entity_type, update.key, None)
            continue
        for name, read in _comparable(update, replaced).items():
            present = _value_without_row(item) if values is None and item is not None else (values or {}).get(name)
            if is_same_value(read, present) or is_same_value(update.data[name], present):
                continue
            if item is None:
                yield Conflict(update.entity_type, update.key, name, None, read, present)
            else:
                owner = item.entity.__reference__()
                key = tuple(value for _, value in owner.key)
                yield Conflict(owner.entity_type, key, item.attribute, item.item, read, present)


def _value_without_row(item: EntryRow) -> Any:
    """Return the value of an item that has no row on the server: the default of a custom attribute, or None."""
    mapping = item.entity.__dict__.get(item.attribute)
    return mapping.default_of(item.item) if isinstance(mapping, CustomAttributes) else None


def _observed_change(schema: Schema, conflict: Conflict) -> ObservedChange:
    """Return the change behind a conflict in the terms of the server's records."""
    entity_id = conflict.key[0] if len(conflict.key) == 1 else ""
    if conflict.attribute is None:
        return ObservedChange(entity_id)
    kind = schema.type(conflict.entity_type)
    if conflict.item is not None:
        target = schema.type(str(kind.attribute(conflict.attribute).target))
        if CONFIGURATION_ID in target.primary_key:
            # Custom attributes are recorded as changes of the entity, under their keys.
            return ObservedChange(entity_id, frozenset({conflict.item}))
        return ObservedChange(f"{entity_id},{conflict.item}", frozenset({"value"}))
    names = {conflict.attribute, *kind.keyed_references.get(conflict.attribute, ())}
    names.update(alias for name in tuple(names) if (alias := kind.attributes[name].alias))
    is_status = conflict.attribute == "status_id" and isinstance(conflict.present, str)
    return ObservedChange(entity_id, frozenset(names), conflict.present if is_status else None)
