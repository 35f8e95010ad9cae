"""Edge: the methods of a session that load, read again, discard or copy the values of given entities."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, overload

from ftrack_orm.entities.entity import Entity
from ftrack_orm.query.expressions.clauses import as_projections

from .session_methods import SessionMethods

if TYPE_CHECKING:
    from ftrack_orm.entities.custom_attributes.value_table import CustomValues
    from ftrack_orm.entities.snapshot import Snapshot
    from ftrack_orm.query.expressions.attributes import AttributeExpression


class LoadingMethods(SessionMethods):
    """The methods of `Session` for the values of entities that the caller has."""

    def populate(
        self,
        entities: Entity | Iterable[Entity | None],
        *paths: AttributeExpression | str,
        projections: AttributeExpression | str | None = None,
    ) -> None:
        """Load *paths* for all of *entities*, which may be of several types, in as few requests as possible.

        Paths are texts such as `"status.name, parent.name"` or attributes such as `Task.status.name`. Entities that
        have them loaded cost nothing, and None among the entities is left out. Raises `UnknownAttribute` or
        `QueryError` for paths that do not exist, and `InvalidValue` for a value that is no entity of this session.
        *projections* is the name of the paths in the official client.
        """
        given = paths if projections is None else (*paths, projections)
        self._parts.refresher.populate(self._given("populate", entities), as_projections(given))

    def refresh(self, entities: Entity | Iterable[Entity | None], *names: AttributeExpression | str) -> None:
        """Read the attributes *names* from the server again, or all loaded ones. Unsaved edits stay.

        Names are texts such as `"status, name"` or attributes such as `Task.status`. None among the entities is left
        out. Raises `EntityDeleted` when the server does not have an entity any more, and `InvalidValue` for a value
        that is no entity of this session.
        """
        self._parts.refresher.refresh(self._given("refresh", entities), _attribute_names("refresh", names))

    def expire(self, entities: Entity | Iterable[Entity | None], *names: AttributeExpression | str) -> None:
        """Discard the loaded values of *names*, or of all attributes, so that reading one loads it again.

        Makes no request. Unsaved edits stay. Entities and names are as for `refresh`.
        """
        attributes = _attribute_names("expire", names)
        for entity in self._given("expire", entities):
            self._parts.refresher.expire(entity, attributes)

    def custom_values(
        self, entities: Entity | Iterable[Entity | None], keys: str | Iterable[str] | None = None
    ) -> CustomValues:
        """Return one table of the custom attributes *keys* (or all) of *entities*, with inherited values resolved.

        `table[entity]["fstart"]` is a value, `table.source(entity, "fstart")` the entity it is set on, and
        `table.rows()` are rows for a spreadsheet. The number of requests does not depend on that of the entities, up to
        10,000. Unsaved edits count. Raises `UnknownAttribute` for a key that is configured for none of the entities.
        """
        from ftrack_orm.entities.custom_attributes.value_table import read_values

        given = self._given("custom_values", entities)
        return read_values(self._parts.workspace, self._parts.configurations, given, keys)

    @overload
    def snapshot(self, entities: Entity, *paths: AttributeExpression | str) -> Snapshot: ...
    @overload
    def snapshot(self, entities: Iterable[Entity], *paths: AttributeExpression | str) -> tuple[Snapshot, ...]: ...
    def snapshot(
        self, entities: Entity | Iterable[Entity], *paths: AttributeExpression | str
    ) -> Snapshot | tuple[Snapshot, ...]:
        """Return plain, immutable copies of the values of *entities*, for other threads and processes.

        One entity has one `Snapshot`, several have a tuple of them in the same order. Without *paths*, which are as for
        `populate`, they have the values that are loaded, and no request is made. With *paths* they have the values at
        these paths, which are loaded where they are missing. Values are those that the session shows: unsaved edits
        count. A snapshot can be pickled. Raises `InvalidValue` for a value that is no entity of this session.
        """
        from ftrack_orm.entities.reading.snapshots import take_snapshots

        given = self._given("snapshot", entities, allows_none=False)
        taken = take_snapshots(given, as_projections(paths), self._parts.refresher)
        return taken[0] if isinstance(entities, Entity) else tuple(taken)

    def _given(self, method: str, entities: Any, *, allows_none: bool = True) -> list[Entity]:
        """Return the entities that were given to *method* as a list; raises the errors of `given_entities`."""
        from ftrack_orm.entities.arguments import given_entities

        return given_entities(self._parts.workspace, method, entities, allows_none=allows_none)


def _attribute_names(method: str, names: tuple[Any, ...]) -> tuple[str, ...]:
    """Return the names of attributes that were given to *method*, as texts or as attributes of classes."""
    if all(type(name) is str and "," not in name and "." not in name for name in names):
        return names
    from ftrack_orm.entities.arguments import given_attribute_names

    return given_attribute_names(method, names)
