"""State: telling, before a commit overwrites something, whether somebody else has changed it since it was read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from ftrack_orm.entities.custom_attributes.mapping import CustomAttributes
from ftrack_orm.entities.editing.mappings import Entry
from ftrack_orm.entities.entity import Entity
from ftrack_orm.errors import CommitConflict
from ftrack_orm.schema.facts import CONFIGURATION_ID
from ftrack_orm.schema.model import Schema
from ftrack_orm.values import NOT_LOADED
from ftrack_orm.wire.operations import ServerCall, UpdateOperation

from .authors import Author, ObservedChange, find_authors
from .batch import Batch
from .outcome import Replaced, ServerState, read_present, same

#: A type and a key, as operations name what they change.
_Named = tuple[str, tuple[str, ...]]


@attrs.frozen
class _Row:
    """What a row behind a mapping is to people: a key in a mapping of an entity."""

    entity: Entity
    attribute: str
    item: str


@attrs.frozen
class _Conflict:
    """One attribute that is not what it was when it was read; without an attribute, the entity that is gone.

    *item* is the key in question where the attribute is a mapping.
    """

    entity_type: str
    key: tuple[str, ...]
    attribute: str | None
    item: str | None = None
    read: Any = None
    present: Any = None
    author: Author | None = None

    def __str__(self) -> str:
        what = f"{self.entity_type} {'/'.join(self.key)}"
        by = f"by {self.author}" if self.author else "the server does not tell by whom"
        if self.attribute is None:
            return f"{what} was deleted ({by})"
        name = self.attribute if self.item is None else f"{self.attribute}[{self.item!r}]"
        return f"{name} of {what} was {self.read!r} when it was read and is {self.present!r} now ({by})"


def check_conflicts(schema: Schema, call: ServerCall, attempt: Batch, bases: Replaced) -> None:
    """Raise `CommitConflict` when the server no longer has what the updates of *attempt* are to replace.

    Compared is what the session knows, or, where *bases* tell, what it was when the change was made and saved to a
    file. An attribute set without having been read cannot be in conflict, and neither can one that somebody set to the
    very same value. Takes one request, or none when there is nothing to compare, and another one to find out who it
    was when there is a conflict.
    """
    replaced = {
        identity: {**attempt.snapshot.replaced.get(identity, {}), **bases.get(identity, {})}
        for identity in {**attempt.snapshot.replaced, **bases}
    }
    updates = [
        operation
        for operation in attempt.operations
        if isinstance(operation, UpdateOperation) and _known(operation, replaced)
    ]
    if not updates:
        return
    found = read_present(schema, call, updates)
    conflicts = list(_conflicts(updates, replaced, found, _rows(attempt)))
    if not conflicts:
        return
    authors = find_authors(schema, call, [_sighting(schema, conflict) for conflict in conflicts])
    conflicts = [attrs.evolve(conflict, author=author) for conflict, author in zip(conflicts, authors, strict=True)]
    sentences = tuple(map(str, conflicts))
    first = conflicts[0]
    more = f" (and {len(sentences) - 1} more)" if len(sentences) > 1 else ""
    raise CommitConflict(
        f"Somebody else changed what the commit would overwrite: {sentences[0]}{more}. Nothing was sent and the "
        "changes are kept: session.refresh shows what the server has, committing without on_conflict overwrites it.",
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


def _known(update: UpdateOperation, replaced: Replaced) -> dict[str, Any]:
    """Return those attributes of an update of which the session knows what the server had."""
    before = replaced.get((update.entity_type, update.key), {})
    return {name: before[name] for name in update.data if before.get(name, NOT_LOADED) is not NOT_LOADED}


def _conflicts(
    updates: list[UpdateOperation], replaced: Replaced, found: ServerState, rows: Mapping[_Named, _Row]
) -> Iterator[_Conflict]:
    for update in updates:
        row = rows.get((update.entity_type, update.key))
        present = found.values.get((update.entity_type, update.key))
        if present is None and row is None:
            yield _Conflict(update.entity_type, update.key, None)
            continue
        for name, read in _known(update, replaced).items():
            now = _unset(row) if present is None and row is not None else (present or {}).get(name)
            if same(read, now) or same(update.data[name], now):
                continue
            if row is None:
                yield _Conflict(update.entity_type, update.key, name, None, read, now)
            else:
                owner = row.entity.__reference__()
                key = tuple(value for _, value in owner.key)
                yield _Conflict(owner.entity_type, key, row.attribute, row.item, read, now)


def _rows(attempt: Batch) -> dict[_Named, _Row]:
    """Return which keys of which mappings the rows stand for that the attempt is about."""
    return {
        (entry.holder.entity_type, tuple(value for _, value in entry.holder.key)): _Row(entity, name, item)
        for entity, values in attempt.snapshot.sent.items()
        for name, content in values.items()
        if isinstance(content, dict)
        for item, entry in content.items()
        if isinstance(entry, Entry) and entry.holder is not None
    }


def _unset(row: _Row) -> Any:
    """Return what a mapping shows for a key that the server has no row for."""
    mapping = row.entity.__dict__.get(row.attribute)
    return mapping.default_of(row.item) if isinstance(mapping, CustomAttributes) else None


def _sighting(schema: Schema, conflict: _Conflict) -> ObservedChange:
    """Return what records of a conflicting change would say."""
    entity_id = conflict.key[0] if len(conflict.key) == 1 else ""
    if conflict.attribute is None:
        return ObservedChange(entity_id)
    kind = schema.type(conflict.entity_type)
    if conflict.item is not None:
        target = schema.type(str(kind.attribute(conflict.attribute).target))
        if CONFIGURATION_ID in target.primary_key:
            # Custom attributes are recorded as changes of the entity, by their keys.
            return ObservedChange(entity_id, frozenset({conflict.item}))
        return ObservedChange(f"{entity_id},{conflict.item}", frozenset({"value"}))
    names = {conflict.attribute, *kind.keyed_references.get(conflict.attribute, ())}
    names.update(alias for name in tuple(names) if (alias := kind.attributes[name].alias))
    is_status = conflict.attribute == "status_id" and isinstance(conflict.present, str)
    return ObservedChange(entity_id, frozenset(names), conflict.present if is_status else None)
