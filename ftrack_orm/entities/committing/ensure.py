"""State: finding entities by identifying attributes, and creating or updating them to match given data."""

from __future__ import annotations

import threading
from collections.abc import Collection, Hashable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from ftrack_orm.entities.entity import Entity
from ftrack_orm.entities.lifecycle import Lifecycle
from ftrack_orm.errors import EntityDeleted, IntegrityError, UsageError
from ftrack_orm.schema.attribute import Kind

from .existing import ExistingEntities
from .identifying import Data, Wanted, identifying_attributes, identity_of, wanted_entities

if TYPE_CHECKING:
    from ftrack_orm.entities.workspace import Workspace
    from ftrack_orm.schema.model import EntityType

    from .unit_of_work import UnitOfWork

#: How often entities are looked for again that another process has created meanwhile.
MAX_ATTEMPTS = 5


class Ensurer:
    """Ensures that entities exist, with one query that looks for all of them and one commit."""

    def __init__(self, workspace: Workspace, work: UnitOfWork) -> None:
        self._workspace = workspace
        self._work = work
        # Two flows of this session must not create the same entity at the same time.
        self._lock = threading.RLock()

    def ensure(
        self, entity_type: str, data: Sequence[Data], identifying_keys: Collection[str] | None, *, commit: bool
    ) -> list[Entity]:
        """Return one entity for each of *data*, in their order: the one with its identifying attributes, or a new one.

        The other attributes are set on existing entities. The commit sends the changes of this call and no others. When
        it is refused because another process has created the same entity meanwhile, the entities are looked for again,
        each with a query of its own. When a value is invalid or the server refuses otherwise, the changes of this call
        are rolled back. When the connection fails during the commit they are kept, as by any commit, since the server
        may have carried them out.
        """
        self._workspace.check_open(f"{entity_type} cannot be ensured")
        schema = self._workspace.schema.type(entity_type)
        wanted = wanted_entities(schema, data, identifying_keys, self._workspace.schema)
        existing = ExistingEntities(self._workspace, schema)
        if not commit:
            return self._find_or_create(schema, wanted, existing.find(wanted), commit=False)
        for each in data:
            _check_related_are_saved(schema, each)
        with self._lock:
            entities = existing.find(wanted)
            for _ in range(1, MAX_ATTEMPTS):
                try:
                    return self._find_or_create(schema, wanted, entities, commit=True)
                except IntegrityError:
                    entities = existing.find(wanted, one_by_one=True)
                    if not entities:
                        raise
            return self._find_or_create(schema, wanted, entities, commit=True)

    def _find_or_create(
        self, schema: EntityType, wanted: Sequence[Wanted], existing: dict[Hashable, Entity], *, commit: bool
    ) -> list[Entity]:
        """Update the *existing* entities, which are given by identity, create the others, and commit."""
        entities = dict(existing)
        # The query cannot find entities that are not on the server yet.
        new = _NewEntities(schema, self._pending(schema.name))
        deleted = self._workspace.journal.deleted
        with self._work.apart(commit=commit):
            created: set[Entity] = set()
            for each in wanted:
                entity = entities.get(each.identity) or new.find(each)
                if entity is None:
                    entity = new.add(self._work.create(schema.name, each.data), each)
                    created.add(entity)
                else:
                    if entity in deleted:
                        raise EntityDeleted(
                            f"{entity!r} is about to be deleted; session.revert(...) it first, or commit."
                        )
                    if commit and entity not in created:
                        _check_is_saved(entity)
                    _update(entity, each.data, each.names)
                entities[each.identity] = entity
        return [entities[each.identity] for each in wanted]

    def _pending(self, entity_type: str) -> list[Entity]:
        """Return the new entities of *entity_type* in the journal."""
        with self._workspace.lock:
            new = list(self._workspace.journal.created)
        return [entity for entity in new if self._workspace.schema.is_a(entity.__entity_type__, entity_type)]


class _NewEntities:
    """Finds entities that are not on the server yet by data, with the server's rules for the equality of values."""

    def __init__(self, schema: EntityType, pending: Iterable[Entity]) -> None:
        self._schema = schema
        self._pending = tuple(pending)
        #: By the names of identifying attributes, the entities by identity.
        self._by_names: dict[tuple[str, ...], dict[Hashable, Entity]] = {}

    def find(self, wanted: Wanted) -> Entity | None:
        """Return the new entity with the identity of *wanted*, or None."""
        return self._identified_by(wanted.names).get(wanted.identity)

    def add(self, entity: Entity, wanted: Wanted) -> Entity:
        """Let an entity that was created from the data of *wanted* be found, and return it."""
        self._identified_by(wanted.names)[wanted.identity] = entity
        return entity

    def _identified_by(self, names: tuple[str, ...]) -> dict[Hashable, Entity]:
        attributes = identifying_attributes(self._schema, names)
        if attributes not in self._by_names:
            identified = self._by_names[attributes] = {}
            for entity in self._pending:
                identified.setdefault(identity_of(self._schema, entity.__dict__, names), entity)
        return self._by_names[attributes]


def _update(entity: Entity, data: Data, identifying: Collection[str]) -> None:
    """Set the values of *data* on an existing entity where they differ."""
    state = entity._ftrack_state
    edited = set(state.originals or ())
    for name, value in data.items():
        # An identifying value is equal by the server's rules, though perhaps in other case, and need not be set. On an
        # entity from the server it describes the saved value, from which an edit may differ.
        is_equal = name in identifying and (name not in edited or state.lifecycle is Lifecycle.PENDING)
        if not is_equal and not _is_fixed_at(entity, name, value):
            entity[name] = value


def _check_is_saved(entity: Entity) -> None:
    """Raise `UsageError` for an entity with the requested data that is new in this session and not committed."""
    if entity._ftrack_state.lifecycle is Lifecycle.PENDING:
        raise UsageError(
            f"{entity!r} has these values, but it is new and not committed, and ensure commits its own changes only. "
            "Commit it first, or use commit=False and commit all together.",
            entity_type=entity.__entity_type__,
        )


def _check_related_are_saved(schema: EntityType, data: Data) -> None:
    """Raise `UsageError` if *data* refers to a new entity, which the commit of this call would not create."""
    for name, value in data.items():
        for item in value if isinstance(value, (list, tuple)) else (value,):
            if isinstance(item, Entity) and item._ftrack_state.lifecycle is Lifecycle.PENDING:
                raise UsageError(
                    f"{schema.name}.{name} is to be {item!r}, which is not committed, and ensure commits its own "
                    "changes only. Commit it first, or use commit=False and commit all together.",
                    entity_type=schema.name,
                    attribute=name,
                )


def _is_fixed_at(entity: Entity, name: str, value: Any) -> bool:
    """Whether an attribute that cannot be set on an existing entity has *value* already."""
    attribute = entity.__schema__.attribute(name)
    if not (attribute.immutable or attribute.computed):
        return False
    key_name = entity.__schema__.reference_keys.get(name)
    if key_name in entity.__dict__ and attribute.kind is Kind.REFERENCE:
        # The reference may not be loaded, but its key is.
        key = value._ftrack_state.key[0] if isinstance(value, Entity) else value
        return bool(entity.__dict__[key_name] == key)
    return name in entity.__dict__ and bool(entity.__dict__[name] == value)
