"""State: finding entities by identifying attributes, and creating or updating them to match given data."""

from __future__ import annotations

import datetime
import threading
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ftrack_orm.entities.editing.coercion import coerce
from ftrack_orm.entities.entity import Entity, Lifecycle
from ftrack_orm.entities.reading.projections import expand_path
from ftrack_orm.errors import EntityDeleted, IntegrityError, InvalidValue, MultipleResults, QueryError, UsageError
from ftrack_orm.query.evaluation.normalization import sort_key
from ftrack_orm.query.expressions.attributes import compare_by_name
from ftrack_orm.query.language.nodes import Criterion, Path, Select, conjunction
from ftrack_orm.schema.attribute import Kind

if TYPE_CHECKING:
    from ftrack_orm.entities.workspace import Workspace
    from ftrack_orm.schema.model import EntityType

    from .unit_of_work import UnitOfWork

#: Queries in one request. Each of them selects one entity, so that many fit.
QUERIES_PER_REQUEST = 500

Data = Mapping[str, Any]


#: How often entities are looked for again that another process has created meanwhile.
MAX_ATTEMPTS = 5


class Ensurer:
    """Ensures that entities exist, with one request that looks for all of them and one commit."""

    def __init__(self, workspace: Workspace, work: UnitOfWork) -> None:
        self._workspace = workspace
        self._work = work
        # Two flows of this session must not create the same entity at the same time.
        self._lock = threading.RLock()

    def ensure(
        self, entity_type: str, data: Sequence[Data], identifying_keys: Collection[str] | None, *, commit: bool
    ) -> list[Entity]:
        """Return one entity for each of *data*, in their order: the one with its identifying attributes, or a new one.

        The other attributes are set on existing entities. The server decides whether values are equal (it may compare
        text without case), so there is one query for each of *data*. The commit sends the changes of this call and no
        others. When it is refused because another process has created the same entity meanwhile, the entities are
        looked for again. When a value is invalid or the server refuses otherwise, the changes of this call are rolled
        back. When the connection fails during the commit they are kept, as by any commit, since the server may have
        carried them out.
        """
        self._workspace.check_open(f"{entity_type} cannot be ensured")
        schema = self._workspace.schema.type(entity_type)
        keys = [_identifying_names(schema, each, identifying_keys) for each in data]
        criteria = [self._criterion(schema, each, names) for each, names in zip(data, keys, strict=True)]
        if not commit:
            return self._find_or_create(schema, data, keys, criteria, commit=False)
        for each in data:
            _check_related_are_saved(schema, each)
        with self._lock:
            for attempt in range(1, MAX_ATTEMPTS + 1):
                try:
                    return self._find_or_create(schema, data, keys, criteria, commit=True)
                except IntegrityError:
                    if attempt == MAX_ATTEMPTS or not self._find(schema, dict(zip(criteria, data, strict=True))):
                        raise
        raise AssertionError("unreachable")

    def _find_or_create(
        self,
        schema: EntityType,
        data: Sequence[Data],
        keys: Sequence[tuple[str, ...]],
        criteria: Sequence[Criterion],
        *,
        commit: bool,
    ) -> list[Entity]:
        """Find entities by *criteria*, and create, update and commit as *data* requires."""
        entities = self._find(schema, dict(zip(criteria, data, strict=True)))
        # The query cannot find entities that are not on the server yet.
        new = _NewEntities(schema, self._pending(schema.name))
        deleted = self._workspace.journal.deleted
        with self._work.apart(commit=commit):
            created: set[Entity] = set()
            for each, names, criterion in zip(data, keys, criteria, strict=True):
                entity = entities.get(criterion) or new.find(each, names)
                if entity is None:
                    entity = new.add(self._work.create(schema.name, each), each, names)
                    created.add(entity)
                else:
                    if entity in deleted:
                        raise EntityDeleted(
                            f"{entity!r} is about to be deleted; session.revert(...) it first, or commit."
                        )
                    if commit and entity not in created:
                        _check_is_saved(entity)
                    _update(entity, each, names)
                entities[criterion] = entity
        return [entities[criterion] for criterion in criteria]

    def _criterion(self, schema: EntityType, data: Data, names: Collection[str]) -> Criterion:
        values = {name: data[name] for name in names}
        criterion = conjunction(*compare_by_name(values, schema.name, self._workspace.schema))
        assert criterion is not None  # since there is at least one name
        return criterion

    def _pending(self, entity_type: str) -> list[Entity]:
        """Return the new entities of *entity_type* in the journal."""
        with self._workspace.lock:
            new = list(self._workspace.journal.created)
        return [entity for entity in new if self._workspace.schema.is_a(entity.__entity_type__, entity_type)]

    def _find(self, schema: EntityType, data: Mapping[Criterion, Data]) -> dict[Criterion, Entity]:
        """Return the existing entities by criterion, with the attributes loaded that are in their data."""
        selects = [
            Select(schema.name, self._projections(schema, each), criterion, limit=2) for criterion, each in data.items()
        ]
        results = self._workspace.loader.read(selects, per_request=QUERIES_PER_REQUEST)
        existing = {}
        for (criterion, each), entities in zip(data.items(), results, strict=True):
            if len(entities) > 1:
                raise MultipleResults(
                    f"There is more than one {schema.name} with {each!r:.300}. Give identifying_keys only one has.",
                    entity_type=schema.name,
                )
            if entities:
                existing[criterion] = entities[0]
        return existing

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
    """Finds entities that are not on the server yet by data, with the server's rules for the equality of values."""

    def __init__(self, schema: EntityType, pending: Iterable[Entity]) -> None:
        self._schema = schema
        self._pending = tuple(pending)
        #: By the names of identifying attributes, the entities by their values.
        self._by_names: dict[tuple[str, ...], dict[Hashable, Entity]] = {}

    def find(self, data: Data, names: tuple[str, ...]) -> Entity | None:
        """Return the new entity that has the values in *data* of all *names*, or None."""
        return self._identified_by(names).get(_identity(self._schema, data, names))

    def add(self, entity: Entity, data: Data, names: tuple[str, ...]) -> Entity:
        """Let an entity that was created from *data* be found, and return it."""
        self._identified_by(names)[_identity(self._schema, data, names)] = entity
        return entity

    def _identified_by(self, names: tuple[str, ...]) -> dict[Hashable, Entity]:
        if names not in self._by_names:
            identified = self._by_names[names] = {}
            for entity in self._pending:
                identified.setdefault(_identity(self._schema, entity.__dict__, names), entity)
        return self._by_names[names]


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


def _identity(schema: EntityType, values: Data, names: Iterable[str]) -> Hashable:
    """Return a key that is the same for two entities if the server treats their values of *names* as equal."""
    return tuple(_comparable(schema, values, name) for name in names)


def _comparable(schema: EntityType, values: Data, name: str) -> Hashable:
    attribute, value = schema.attribute(name), values.get(name)
    if attribute.kind is Kind.REFERENCE:
        # A reference is compared by the id of its target, or by the foreign key if the target is not loaded.
        foreign_key = values.get(schema.reference_keys.get(name, ""))
        return value._ftrack_state.key[0] if isinstance(value, Entity) else foreign_key
    value = coerce(schema.name, attribute, value)
    if isinstance(value, datetime.datetime):
        value = value.replace(microsecond=0)  # servers do not store microseconds
    kind = attribute.value_type.value if attribute.value_type else "any"
    is_id = attribute.foreign_key is not None or name in schema.primary_key
    try:
        return sort_key(value, kind, name, exact=is_id)
    except QueryError:
        return repr(value)


def _identifying_names(schema: EntityType, data: Data, given: Collection[str] | None) -> tuple[str, ...]:
    """Return the attributes that identify the entity: those given, or all in *data*; raises for invalid ones."""
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
        raise UsageError(f"No attributes were given to find a {schema.name} by.", entity_type=schema.name)
    return tuple(dict.fromkeys(names))


def _is_fixed_at(entity: Entity, name: str, value: Any) -> bool:
    """Whether an attribute that cannot be set on an existing entity has *value* already."""
    attribute = entity.__schema__.attribute(name)
    is_fixed = attribute.immutable or attribute.computed
    return is_fixed and name in entity.__dict__ and bool(entity.__dict__[name] == value)
