"""State: finding entities by what identifies them, and creating or updating them so that they are as they should be."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from contextlib import nullcontext
from typing import Any

from ftrack_orm.entities.editing import changes
from ftrack_orm.entities.editing.coercion import coerce
from ftrack_orm.entities.entity import Entity, Lifecycle
from ftrack_orm.entities.reading.loading import Loader
from ftrack_orm.entities.reading.projections import expand_path
from ftrack_orm.entities.workspace import Workspace
from ftrack_orm.errors import EntityDeleted, InvalidValue, MultipleResults, QueryError, ServerError, UsageError
from ftrack_orm.query.evaluation.matching import sort_key
from ftrack_orm.query.expressions.attributes import gathered
from ftrack_orm.query.language.nodes import Criterion, Path, Select, conjunction
from ftrack_orm.schema.attribute import Kind
from ftrack_orm.schema.model import EntityType

from .unit_of_work import UnitOfWork

#: Queries sent in one request. Each asks for one entity, so many fit.
QUERIES_IN_A_REQUEST = 500

Data = Mapping[str, Any]


class Ensurer:
    """Sees to it that entities exist, in one request that looks for all of them and one commit."""

    def __init__(self, workspace: Workspace, loader: Loader, work: UnitOfWork) -> None:
        self._workspace = workspace
        self._loader = loader
        self._work = work

    def ensure(
        self, entity_type: str, wanted: Sequence[Data], identifying_keys: Collection[str] | None, *, commit: bool
    ) -> list[Entity]:
        """Return an entity for each of *wanted*, in their order: found by its identifying attributes, or created.

        What is found gets the other attributes. Whether something is equal is the server's to say (text may compare
        without case), so each of *wanted* is a query of its own. What is committed is the work of this call alone,
        whatever else is recorded. When a value does not fit or the server refuses, what was recorded is taken back.
        When the line fails during the commit it stays recorded, as after any commit, since the server may have it.
        """
        self._workspace.check_open(f"{entity_type} cannot be ensured")
        schema = self._workspace.schema.type(entity_type)
        keys = [_identifying(schema, data, identifying_keys) for data in wanted]
        criteria = [self._criterion(schema, data, names) for data, names in zip(wanted, keys, strict=True)]
        if commit:
            for data in wanted:
                _check_saved(schema, data)
        # What another thread is just committing is found by waiting for it, and would be made twice without.
        with self._work.committing if commit else nullcontext():
            return self._seen_to(schema, wanted, keys, criteria, commit=commit)

    def _seen_to(
        self,
        schema: EntityType,
        wanted: Sequence[Data],
        keys: Sequence[tuple[str, ...]],
        criteria: Sequence[Criterion],
        *,
        commit: bool,
    ) -> list[Entity]:
        """Find what there is by *criteria*, and create, update and commit what is missing of *wanted*."""
        entities = self._found(schema, dict(zip(criteria, wanted, strict=True)))
        made = _Record(self._work)
        # Only what is not known to the server can be missed by asking it.
        new = _NewEntities(schema, self._pending(schema.name))
        try:
            for data, names, criterion in zip(wanted, keys, criteria, strict=True):
                entity = entities.get(criterion) or new.find(data, names)
                if entity is None:
                    entity = new.add(made.create(schema.name, data), data, names)
                else:
                    if commit and not made.has_created(entity):
                        _check_committed(entity)
                    made.update(entity, data, names)
                entities[criterion] = entity
            if commit:
                self._work.commit(only=made.attributes())
        except (UsageError, ServerError):
            made.take_back()
            raise
        return [entities[criterion] for criterion in criteria]

    def _criterion(self, schema: EntityType, data: Data, names: Collection[str]) -> Criterion:
        values = {name: data[name] for name in names}
        conditions = gathered("ensure", (), values, schema.name, self._workspace.schema)
        criterion = conjunction(*conditions)
        assert criterion is not None  # since there is at least one name
        return criterion

    def _pending(self, entity_type: str) -> list[Entity]:
        with self._workspace.lock:
            new = list(self._workspace.journal.created)
        return [entity for entity in new if self._workspace.schema.is_a(entity.__entity_type__, entity_type)]

    def _found(self, schema: EntityType, wanted: Mapping[Criterion, Data]) -> dict[Criterion, Entity]:
        """Return what the server has, with the attributes loaded that are going to be compared with the data."""
        selects = [
            Select(schema.name, self._projections(schema, data), criterion, limit=2)
            for criterion, data in wanted.items()
        ]
        found = {}
        replies = self._loader.read(selects, per_request=QUERIES_IN_A_REQUEST)
        for (criterion, data), entities in zip(wanted.items(), replies, strict=True):
            if len(entities) > 1:
                raise MultipleResults(
                    f"There is more than one {schema.name} with {data!r:.300}. Give identifying_keys only one has.",
                    entity_type=schema.name,
                )
            if entities:
                found[criterion] = entities[0]
        return found

    def _projections(self, schema: EntityType, data: Data) -> tuple[Path, ...]:
        names = (*(schema.default_projections or schema.primary_key), *data)
        paths = [
            path
            for name in names
            if not schema.attribute(name).restricted
            for path in expand_path(self._workspace.schema, schema, Path.of(name))
        ]
        return tuple(dict.fromkeys(paths))


class _NewEntities:
    """Finds, among entities the server does not have yet, the one that it will take for the one that is described."""

    def __init__(self, schema: EntityType, pending: Iterable[Entity]) -> None:
        self._schema = schema
        self._pending = tuple(pending)
        self._known: dict[tuple[str, ...], dict[Hashable, Entity]] = {}

    def find(self, data: Data, names: tuple[str, ...]) -> Entity | None:
        """Return the new entity that has the values in *data* of all *names*, None if there is none."""
        return self._identified_by(names).get(_identity(self._schema, data, names))

    def add(self, entity: Entity, data: Data, names: tuple[str, ...]) -> Entity:
        """Have an entity that was made of *data* found, and return it."""
        self._identified_by(names)[_identity(self._schema, data, names)] = entity
        return entity

    def _identified_by(self, names: tuple[str, ...]) -> dict[Hashable, Entity]:
        if names not in self._known:
            found = self._known[names] = {}
            for entity in self._pending:
                found.setdefault(_identity(self._schema, entity.__dict__, names), entity)
        return self._known[names]


class _Record:
    """What one call recorded, so that it can be committed and taken back without touching what else is recorded."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work
        self._created: dict[Entity, None] = {}
        self._updated: list[tuple[Entity, list[str], Collection[str]]] = []

    def create(self, entity_type: str, data: Data) -> Entity:
        entity = self._work.create(entity_type, data)
        self._created[entity] = None
        return entity

    def has_created(self, entity: Entity) -> bool:
        return entity in self._created

    def update(self, entity: Entity, data: Data, identifying: Collection[str]) -> None:
        state = entity._ftrack_state
        if entity in state.workspace.journal.deleted:
            raise EntityDeleted(f"{entity!r} is about to be deleted; session.revert(...) it first, or commit.")
        edited = set(state.originals or ())
        self._updated.append((entity, [name for name in data if name not in edited], tuple(data)))
        for name, value in data.items():
            # What the entity was found by is equal to the server, if not to the letter; of what the server has, an edit
            # may differ from that.
            is_equal = name in identifying and (name not in edited or state.lifecycle is Lifecycle.PENDING)
            if not is_equal and not _is_so_for_good(entity, name, value):
                entity[name] = value

    def attributes(self) -> dict[Entity, Collection[str] | None]:
        """Return what was recorded: all of new entities, of others the attributes given and what means the same."""
        found: dict[Entity, Collection[str] | None] = {}
        for entity, _, names in self._updated:
            known = found.setdefault(entity, set())
            assert isinstance(known, set)
            known.update(each for name in names for each in changes.attributes_set_together(entity.__schema__, name))
        return {**found, **dict.fromkeys(self._created)}

    def take_back(self) -> None:
        for entity, names, _ in self._updated:
            if names and entity._ftrack_state.lifecycle is Lifecycle.PERSISTENT:
                changes.revert(entity, names)
        for entity in self._created:
            self._work.delete(entity)


def _check_committed(entity: Entity) -> None:
    """Raise `UsageError` when what is wanted is there, but only in this session, as somebody else's work."""
    if entity._ftrack_state.lifecycle is Lifecycle.PENDING:
        raise UsageError(
            f"{entity!r} is what is wanted, but it is new and not committed, and ensure commits its own work only. "
            "Commit it first, or use commit=False and commit all together.",
            entity_type=entity.__entity_type__,
        )


def _check_saved(schema: EntityType, data: Data) -> None:
    """Raise `UsageError` when *data* leads to an entity that the server does not have, and will not have by this."""
    for name, value in data.items():
        for item in value if isinstance(value, (list, tuple)) else (value,):
            if isinstance(item, Entity) and item._ftrack_state.lifecycle is Lifecycle.PENDING:
                raise UsageError(
                    f"{schema.name}.{name} is to be {item!r}, which is not committed, and ensure commits its own work "
                    "only. Commit it first, or use commit=False and commit all together.",
                    entity_type=schema.name,
                    attribute=name,
                )


def _identity(schema: EntityType, values: Data, names: Iterable[str]) -> Hashable:
    """Return what is the same of two entities that the server takes for equal in all of *names*."""
    return tuple(_comparable(schema, values, name) for name in names)


def _comparable(schema: EntityType, values: Data, name: str) -> Hashable:
    attribute, value = schema.attribute(name), values.get(name)
    if attribute.kind is Kind.REFERENCE:
        # Known by its key, or by the key attribute where the entity it leads to is not known.
        held = values.get(schema.reference_keys.get(name, ""))
        return value._ftrack_state.key[0] if isinstance(value, Entity) else held
    value = coerce(schema.name, attribute, value)
    if isinstance(value, datetime.datetime):
        value = value.replace(microsecond=0)  # servers keep none
    kind = attribute.value_type.value if attribute.value_type else "any"
    is_id = attribute.foreign_key is not None or name in schema.primary_key
    try:
        return sort_key(value, kind, name, exact=is_id)
    except QueryError:
        return repr(value)


def _identifying(schema: EntityType, data: Data, given: Collection[str] | None) -> tuple[str, ...]:
    """Return the attributes to look for an entity by: those given, else all of its data."""
    if isinstance(given, str):
        raise UsageError(f"identifying_keys is a list of attributes such as [{given!r}], not a text.")
    if not isinstance(data, Mapping):
        raise InvalidValue(f"{schema.name} is ensured with a mapping of its attributes, not {data!r:.200}.")
    names: Iterable[str] = given or data
    for name in (*data, *names):
        attribute = schema.attribute(name)
        if name not in data:
            raise InvalidValue(
                f"{schema.name} is to be identified by {name!r}, which is not among its data.",
                entity_type=schema.name,
                attribute=name,
            )
        if name in names and attribute.is_plural:
            raise UsageError(
                f"{schema.name}.{name} holds any number of entities and cannot identify one. Name other attributes in "
                "identifying_keys.",
                entity_type=schema.name,
                attribute=name,
            )
    if not names:
        raise UsageError(f"Nothing was given that a {schema.name} could be found by.", entity_type=schema.name)
    return tuple(dict.fromkeys(names))


def _is_so_for_good(entity: Entity, name: str, value: Any) -> bool:
    """Whether an attribute that cannot be set on an existing entity has that value anyway."""
    attribute = entity.__schema__.attribute(name)
    is_fixed = attribute.immutable or attribute.computed
    return is_fixed and name in entity.__dict__ and bool(entity.__dict__[name] == value)
