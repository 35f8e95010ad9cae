"""Edge: has a session's entities follow the events of its hub, and calls whoever asked to hear of changes."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Container, Iterable, Mapping
from typing import Any

import attrs

from ftrack_orm.entities.entity import Entity, EntityState, Lifecycle, new_entity
from ftrack_orm.entities.workspace import Workspace
from ftrack_orm.errors import EntityDeleted, NotFetched, UsageError
from ftrack_orm.events.event import Event
from ftrack_orm.events.hub import EventHub
from ftrack_orm.events.invalidation import Invalidation
from ftrack_orm.query.evaluation.access import read_loaded
from ftrack_orm.query.evaluation.evaluator import predicate
from ftrack_orm.query.language.nodes import Criterion, Select
from ftrack_orm.schema.model import Schema
from ftrack_orm.values import ChangeNotice

logger = logging.getLogger(__name__)

UPDATE_TOPIC = "ftrack.update"
_SUBSCRIPTION = f"topic={UPDATE_TOPIC}"

ChangeCallback = Callable[[Any, frozenset[str]], object]


class ChangeTracker:
    """Marks what the events of *hub* tell has changed in *workspace*, on the thread that reads them; asks nothing.

    *schema* gives the schema if it is known already. Events of commits of this session, which carry its *client_token*,
    tell it nothing new; but what was sent past its entities is told, by the push tokens in *raw_calls*.
    """

    def __init__(
        self,
        workspace: Workspace,
        hub: EventHub,
        schema: Callable[[], Schema | None],
        client_token: str,
        raw_calls: Container[str],
    ) -> None:
        self._workspace = workspace
        self._schema = schema
        self._client_token = client_token
        self._raw_calls = raw_calls
        self._invalidation: Invalidation | None = None
        hub.add_listener(self._hear)
        hub.on_gap(workspace.expiry.expire_all)
        # The listener is told what the server sends, and the server sends what somebody subscribes to.
        hub.subscribe(_SUBSCRIPTION, _ignore)

    def _hear(self, event: Event) -> None:
        data, schema = event.data, self._schema()
        if not isinstance(data, Mapping) or self._is_own(data):
            return
        if schema is None:
            # Nothing can be read yet. What the first answer, which may be on its way, brings is from before the event.
            self._workspace.expiry.expire_all()
            return
        if self._invalidation is None or self._invalidation.schema is not schema:
            self._invalidation = Invalidation(schema)
        self._workspace.expiry.apply(self._invalidation.read(data))

    def _is_own(self, data: Mapping[str, Any]) -> bool:
        return data.get("clientToken") == self._client_token and data.get("pushToken") not in self._raw_calls


@attrs.frozen
class ChangeFilter:
    """Which changes somebody wants to hear of: those of an entity type, of *attributes* if any are named, where a
    criterion holds."""

    entity_type: str
    attributes: frozenset[str] = frozenset()
    criterion: Criterion | None = None

    def names_in(self, news: ChangeNotice) -> frozenset[str] | None:
        """Return the names to tell of, None when there is nothing to tell. Of deleted entities there need be none."""
        told = news.names if news.names is not None else self.attributes
        if self.attributes:
            told = (told | news.derived) & self.attributes
        return told if told or news.is_deleted or (news.names is None and not self.attributes) else None


class ChangeSubscription:
    """Calls *callback* with the entities that change and the names of what changed, on the hub's workers."""

    def __init__(self, workspace: Workspace, hub: EventHub, wanted: ChangeFilter, callback: ChangeCallback) -> None:
        self._workspace = workspace
        self._hub = hub
        self._invalidation = Invalidation(workspace.schema)
        self._wanted = wanted
        self._callback = callback
        self._holds: Callable[[object], bool] | None = None
        if wanted.criterion is not None:
            self._holds = predicate(
                wanted.criterion, workspace.schema, entity_type=wanted.entity_type, read=_read_or_load
            )
        self._identifier: str | None = hub.subscribe(_SUBSCRIPTION, self._hear)

    def cancel(self) -> None:
        """Tell no more; doing that twice does nothing."""
        identifier, self._identifier = self._identifier, None
        if identifier is not None:
            self._hub.unsubscribe(identifier)

    def __enter__(self) -> ChangeSubscription:
        return self

    def __exit__(self, *_: object) -> None:
        self.cancel()

    def _hear(self, event: Event) -> None:
        schema = self._workspace.schema
        family = schema.type(self._wanted.entity_type).family
        told: dict[tuple[str, ...], tuple[ChangeNotice, frozenset[str]]] = {}
        for news in self._read(event):
            fits = news.entity_type is None or schema.related(news.entity_type, self._wanted.entity_type)
            names = self._wanted.names_in(news) if news.key and news.family in (family, None) and fits else None
            if names is not None:
                told[news.key] = news, names
        entities = self._entities([news for news, _ in told.values()])
        for key, (_, names) in told.items():
            entity = entities.get(key)
            if entity is None or not self._is_wanted(entity):
                continue
            try:
                self._callback(entity, names)
            except Exception:
                logger.exception("What was to hear that %s of %r changed failed.", ", ".join(sorted(names)), entity)

    def _read(self, event: Event) -> list[ChangeNotice]:
        schema = self._workspace.schema
        if self._invalidation.schema is not schema:
            self._invalidation = Invalidation(schema)
        return self._invalidation.read(event.data) if isinstance(event.data, Mapping) else []

    def _entities(self, told: Collection[ChangeNotice]) -> dict[tuple[str, ...], Entity]:
        """Return the entities by their keys, loading those the session does not have in one request."""
        kind = self._wanted.entity_type
        found = {news.key: entity for news in told if (entity := self._known(news)) is not None}
        unknown = [news.key for news in told if news.key not in found and not news.is_deleted and news.entity_type]
        if unknown:
            found.update({each._ftrack_state.key: each for each in self._workspace.loader.fetch(kind, unknown)})
        return {key: entity for key, entity in found.items() if self._workspace.schema.is_a(_type_of(entity), kind)}

    def _known(self, news: ChangeNotice) -> Entity | None:
        kind = self._wanted.entity_type
        entity = self._workspace.lookup(kind, news.key)
        if entity is None and news.is_deleted:
            entity = self._workspace.expiry.find_deleted(self._workspace.schema.type(kind).family, news.key)
            if entity is None and news.entity_type is not None:
                entity = new_entity(
                    self._workspace.classes[news.entity_type], EntityState(self._workspace, news.key, Lifecycle.DELETED)
                )
        return entity

    def _is_wanted(self, entity: Entity) -> bool:
        """Whether the criterion holds; of what is deleted and cannot be asked any more, it is told rather than not."""
        try:
            return self._holds is None or self._holds(entity)
        except (EntityDeleted, NotFetched):
            return True


def hear_of_changes(
    workspace: Workspace, hub: EventHub, select: Select, callback: ChangeCallback, attributes: Iterable[str]
) -> ChangeSubscription:
    """Return the subscription to changes of what *select* is about, where its criterion holds, if it has one.

    Raises `UnknownAttribute` for names no such entity has, and `UsageError` for one text instead of several names.
    """
    if isinstance(attributes, str):
        raise UsageError(f"attributes are several names: attributes=[{attributes!r}].")
    names, schema = frozenset(attributes), workspace.schema
    for name in names:
        if not any(name in schema.types[each].attributes for each in schema.concrete(select.entity_type)):
            schema.type(select.entity_type).attribute(name)
    return ChangeSubscription(workspace, hub, ChangeFilter(select.entity_type, names, select.criterion), callback)


def _read_or_load(holder: Any, name: str) -> Any:
    return holder[name] if isinstance(holder, Entity) else read_loaded(holder, name)


def _type_of(entity: Entity) -> str:
    return entity.__entity_type__


def _ignore(event: Event) -> None:
    """Do nothing: the listener has been told."""
