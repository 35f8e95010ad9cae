"""Edge: calls functions when entities change on the server: the implementation of `Session.on_change`."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import attrs

from ftrack_orm.entities.entity import Entity, EntityState, Lifecycle, new_entity
from ftrack_orm.errors import EntityDeleted, NotFetched, UsageError
from ftrack_orm.events.invalidation import Invalidation
from ftrack_orm.events.topics import UPDATE_TOPIC
from ftrack_orm.query.evaluation.access import read_loaded
from ftrack_orm.query.evaluation.evaluator import predicate
from ftrack_orm.query.language.nodes import Criterion, Select

if TYPE_CHECKING:
    from ftrack_orm.entities.workspace import Workspace
    from ftrack_orm.events.event import Event
    from ftrack_orm.events.hub import EventHub
    from ftrack_orm.values import ChangeNotice

logger = logging.getLogger(__name__)

#: Called with an entity and the names of its attributes that changed.
ChangeCallback = Callable[[Any, frozenset[str]], object]


@attrs.frozen
class ChangeFilter:
    """The changes that a subscription reports.

    These are the changes of an entity type, of *attributes* unless that is empty, and of entities that satisfy
    *criterion*, if there is one.
    """

    entity_type: str
    attributes: frozenset[str] = frozenset()
    criterion: Criterion | None = None

    def reported_names(self, notice: ChangeNotice) -> frozenset[str] | None:
        """Return the names to report for a notice, or None to report nothing. A deletion may be reported without."""
        names = notice.names if notice.names is not None else self.attributes
        if self.attributes:
            names = (names | notice.derived) & self.attributes
        is_reported = names or notice.is_deleted or (notice.names is None and not self.attributes)
        return names if is_reported else None


class ChangeSubscription:
    """Calls *callback* with each entity that changes and the names of its changed attributes, on the hub's workers.

    It lasts until `cancel()` or until the end of its `with` block.
    """

    def __init__(
        self, workspace: Workspace, hub: EventHub, change_filter: ChangeFilter, callback: ChangeCallback
    ) -> None:
        self._workspace = workspace
        self._hub = hub
        self._invalidation = Invalidation(workspace.schema)
        self._filter = change_filter
        self._callback = callback
        self._satisfies: Callable[[object], bool] | None = None
        if change_filter.criterion is not None:
            self._satisfies = predicate(
                change_filter.criterion,
                workspace.schema,
                entity_type=change_filter.entity_type,
                read=_read_or_load,
            )
        self._identifier: str | None = hub.subscribe(f"topic={UPDATE_TOPIC}", self._on_event)

    def cancel(self) -> None:
        """End the subscription; doing that twice has no effect."""
        identifier, self._identifier = self._identifier, None
        if identifier is not None:
            self._hub.unsubscribe(identifier)

    def __enter__(self) -> ChangeSubscription:
        return self

    def __exit__(self, *_: object) -> None:
        self.cancel()

    def _on_event(self, event: Event) -> None:
        changes: dict[tuple[str, ...], tuple[ChangeNotice, frozenset[str]]] = {}
        for notice in self._notices(event):
            names = self._filter.reported_names(notice) if self._is_of_type(notice) else None
            if names is not None:
                changes[notice.key] = notice, names
        entities = self._load_entities([notice for notice, _ in changes.values()])
        for key, (_, names) in changes.items():
            entity = entities.get(key)
            if entity is None or not self._satisfies_criterion(entity):
                continue
            try:
                self._callback(entity, names)
            except Exception:
                logger.exception("A callback for changes failed on %s of %r.", ", ".join(sorted(names)), entity)

    def _notices(self, event: Event) -> list[ChangeNotice]:
        schema = self._workspace.schema
        if self._invalidation.schema is not schema:
            self._invalidation = Invalidation(schema)
        return self._invalidation.notices(event.data) if isinstance(event.data, Mapping) else []

    def _is_of_type(self, notice: ChangeNotice) -> bool:
        """Whether the notice is about one entity, and that may be of the subscription's type."""
        schema, wanted = self._workspace.schema, self._filter.entity_type
        if not notice.key or notice.family not in (schema.type(wanted).family, None):
            return False
        return notice.entity_type is None or schema.related(notice.entity_type, wanted)

    def _load_entities(self, notices: Collection[ChangeNotice]) -> dict[tuple[str, ...], Entity]:
        """Return the entities of *notices* by key; those that the session does not have are loaded in one request."""
        schema, wanted = self._workspace.schema, self._filter.entity_type
        entities = {notice.key: entity for notice in notices if (entity := self._lookup(notice)) is not None}
        missing = [
            notice.key
            for notice in notices
            if notice.key not in entities and not notice.is_deleted and notice.entity_type
        ]
        if missing:
            loaded = self._workspace.loader.fetch(wanted, missing)
            entities.update({entity._ftrack_state.key: entity for entity in loaded})
        return {key: entity for key, entity in entities.items() if schema.is_a(entity.__entity_type__, wanted)}

    def _lookup(self, notice: ChangeNotice) -> Entity | None:
        """Return the session's object of an entity; for a deleted entity without one, return a new object."""
        workspace, wanted = self._workspace, self._filter.entity_type
        entity = workspace.lookup(wanted, notice.key)
        if entity is None and notice.is_deleted:
            entity = workspace.expiry.find_deleted(workspace.schema.type(wanted).family, notice.key)
            if entity is None and notice.entity_type is not None:
                state = EntityState(workspace, notice.key, Lifecycle.DELETED)
                entity = new_entity(workspace.classes[notice.entity_type], state)
        return entity

    def _satisfies_criterion(self, entity: Entity) -> bool:
        """Whether the criterion holds. A deleted entity whose values are not loaded is reported rather than lost."""
        try:
            return self._satisfies is None or self._satisfies(entity)
        except (EntityDeleted, NotFetched):
            return True


def subscribe_to_changes(
    workspace: Workspace, hub: EventHub, select: Select, callback: ChangeCallback, attributes: Iterable[str]
) -> ChangeSubscription:
    """Return a subscription to changes of the entity type of *select*, restricted to its criterion if it has one.

    Raises `UnknownAttribute` for names that no such entity has, and `UsageError` if *attributes* is one text.
    """
    if isinstance(attributes, str):
        raise UsageError(f"attributes must be a list of names, not a text: attributes=[{attributes!r}].")
    names, schema = frozenset(attributes), workspace.schema
    for name in names:
        if not any(name in schema.types[concrete].attributes for concrete in schema.concrete(select.entity_type)):
            # Raises the error with suggestions.
            schema.type(select.entity_type).attribute(name)
    return ChangeSubscription(workspace, hub, ChangeFilter(select.entity_type, names, select.criterion), callback)


def _read_or_load(holder: Any, name: str) -> Any:
    return holder[name] if isinstance(holder, Entity) else read_loaded(holder, name)
