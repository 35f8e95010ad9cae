"""State: finding entities by what identifies them, and creating or updating them so that they are as they should be."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from ..errors import EntityDeleted, InvalidValue, MultipleResults, ServerError, UsageError
from ..query.expressions import combine
from ..query.nodes import Criterion, Path, Select
from ..schema.model import EntityType
from . import changes
from .entity import Entity
from .loading import Loader
from .projections import completed
from .state import Lifecycle
from .unit_of_work import UnitOfWork
from .workspace import Workspace

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
        without case), so each of *wanted* is a query of its own; two that are looked for in the same way are the same
        entity. When a value does not fit or the server refuses, what was recorded is taken back. When the line fails
        during the commit it stays recorded, as after any commit, since the server may have it.
        """
        self._workspace.check_open(f"{entity_type} cannot be ensured")
        schema = self._workspace.schema.type(entity_type)
        keys = [_identifying(schema, data, identifying_keys) for data in wanted]
        criteria = [self._criterion(schema, data, names) for data, names in zip(wanted, keys, strict=True)]
        if commit and self._workspace.journal:
            raise UsageError(
                "ensure commits, and the session has other changes, which would be committed too. Commit them or roll "
                "them back first, or use commit=False and commit all together."
            )
        # Only what is not known to the server can be missed by asking it.
        pending = [] if commit else self._pending(entity_type)
        entities = self._found(schema, dict(zip(criteria, wanted, strict=True)))
        made = _Record(self._work)
        try:
            for data, names, criterion in zip(wanted, keys, criteria, strict=True):
                entity = entities.get(criterion) or _like(data, names, pending)
                entity = made.create(entity_type, data) if entity is None else made.update(entity, data, names)
                entities[criterion] = entity
            if commit:
                self._work.commit()
        except (UsageError, ServerError):
            made.take_back()
            raise
        return [entities[criterion] for criterion in criteria]

    def _criterion(self, schema: EntityType, data: Data, names: Collection[str]) -> Criterion:
        values = {name: data[name] for name in names}
        criterion = combine("ensure", (), values, schema.name, self._workspace.schema)
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
        replies = self._loader.read(selects, at_once=QUERIES_IN_A_REQUEST)
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
            for path in completed(self._workspace.schema, schema, Path.of(name))
        ]
        return tuple(dict.fromkeys(paths))


class _Record:
    """What one call recorded, so that it can be taken back without touching what was recorded before."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work
        self._created: list[Entity] = []
        self._updated: list[tuple[Entity, list[str]]] = []

    def create(self, entity_type: str, data: Data) -> Entity:
        entity = self._work.create(entity_type, data)
        self._created.append(entity)
        return entity

    def update(self, entity: Entity, data: Data, identifying: Collection[str]) -> Entity:
        state = entity._ftrack_state
        if entity in state.workspace.journal.deleted:
            raise EntityDeleted(f"{entity!r} is about to be deleted; session.revert(...) it first, or commit.")
        edited = set(state.originals or ())
        self._updated.append((entity, [name for name in data if name not in edited]))
        for name, value in data.items():
            # What the entity was found by is equal to the server, if not to the letter.
            is_equal = name in identifying and name not in edited
            if not is_equal and not _is_so_for_good(entity, name, value):
                entity[name] = value
        return entity

    def take_back(self) -> None:
        for entity, names in self._updated:
            if names and entity._ftrack_state.lifecycle is Lifecycle.PERSISTENT:
                changes.revert(entity, names)
        for entity in self._created:
            self._work.delete(entity)


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


def _like(data: Data, names: Collection[str], pending: Sequence[Entity]) -> Entity | None:
    """Return the new entity that the server does not have yet and that has the identifying values."""
    for entity in pending:
        if all(entity.__dict__.get(name) == data[name] for name in names):
            return entity
    return None


def _is_so_for_good(entity: Entity, name: str, value: Any) -> bool:
    """Whether an attribute that cannot be set on an existing entity has that value anyway."""
    attribute = entity.__schema__.attribute(name)
    is_fixed = attribute.immutable or attribute.computed
    return is_fixed and name in entity.__dict__ and bool(entity.__dict__[name] == value)
