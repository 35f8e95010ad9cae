"""Edge: calls functions when entities change on the server: the implementation of `Session.on_change`."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Union

import attrs

from ftrack_orm.entities.entity import Entity
from ftrack_orm.errors import EntityDeleted, NotFetched, UsageError
from ftrack_orm.events.invalidation import EventInvalidation
from ftrack_orm.events.topics import UPDATE_TOPIC
from ftrack_orm.query.evaluation.access import read_loaded
from ftrack_orm.query.evaluation.evaluator import predicate
from ftrack_orm.query.language.nodes import Criterion, Select
from ftrack_orm.values import SessionBound

from .change_assembly import Entries, make_change
from .change_values import new_deleted_entity
from .server_change import ServerChange

if TYPE_CHECKING:
    from ftrack_orm.entities.workspace import Workspace
    from ftrack_orm.events.event import Event
    from ftrack_orm.events.hub import EventHub
    from ftrack_orm.values import ChangeNotice

_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)

#: Called with a change, or in the older form with an entity and the names of its attributes that changed.
ChangeCallback = Union[Callable[[ServerChange], object], Callable[[Any, frozenset[str]], object]]


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


@attrs.define
class _Reported:
    """The change of one entity, collected from all notices of an event that are about it."""

    names: frozenset[str]
    #: The collections among *names* that changed only if members joined or left them.
    by_members: frozenset[str]
    entity_type: str | None
    is_deleted: bool
    #: Whether the entity is reported even if the session does not have it.
    is_certain: bool

    def add(self, other: _Reported) -> None:
        by_members = (self.by_members | other.by_members) - (self.names - self.by_members)
        self.by_members = by_members - (other.names - other.by_members)
        self.names |= other.names
        self.entity_type = self.entity_type or other.entity_type
        self.is_deleted |= other.is_deleted
        self.is_certain |= other.is_certain


class ChangeSubscription(SessionBound):
    """Calls *callback* with each change of an entity on the server that *change_filter* reports, on the hub's workers.

    *callback* takes a `ServerChange`, or two arguments: the entity and the names of its changed attributes. Changes of
    the session with *client_token* are its own. The subscription lasts until `cancel()` or until the end of its `with`
    block.
    """

    def __init__(
        self,
        workspace: Workspace,
        hub: EventHub,
        change_filter: ChangeFilter,
        callback: ChangeCallback,
        client_token: str,
    ) -> None:
        self._workspace = workspace
        self._hub = hub
        self._invalidation = EventInvalidation(workspace.schema)
        self._filter = change_filter
        self._callback = change_callback(callback)
        self._client_token = client_token
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

    def __repr__(self) -> str:
        names = ", ".join(sorted(self._filter.attributes))
        ending = "" if self._identifier is not None else " cancelled"
        return f"<ChangeSubscription to {self._filter.entity_type}{f' ({names})' if names else ''}{ending}>"

    def _on_event(self, event: Event) -> None:
        self._follow_schema()
        read = self._invalidation.read(event.data)
        reported = self._reported(self._invalidation.notices_of(read))
        if not reported:
            return
        entries = [(entry.entity_type, entry) for entry in read.entries if entry.entity_type is not None]
        for key, entity in self._load_entities(reported).items():
            # Each call has a unit of work of its own, and one that raises does not keep the others from being made.
            self._hub.run_callback(
                partial(self._report, event, entries, reported[key], entity),
                f"An on_change callback for {entity!r}",
                self,
            )

    def _follow_schema(self) -> None:
        schema = self._workspace.schema
        if self._invalidation.schema is not schema:
            self._invalidation = EventInvalidation(schema)

    def _reported(self, notices: Iterable[ChangeNotice]) -> dict[tuple[str, ...], _Reported]:
        """Return the changes that the filter reports, by the key of the entity."""
        reported: dict[tuple[str, ...], _Reported] = {}
        for notice in notices:
            names = self._filter.reported_names(notice) if self._is_of_type(notice) else None
            if names is None:
                continue
            # An entry of an unknown type may be about any entity with its id, and the session asks for none of them.
            is_certain = notice.entity_type is not None or notice.names is not None
            by_members = names.intersection(notice.members) - (notice.names or frozenset())
            each = _Reported(names, by_members, notice.entity_type, notice.is_deleted, is_certain)
            if notice.key in reported:
                reported[notice.key].add(each)
            else:
                reported[notice.key] = each
        return reported

    def _is_of_type(self, notice: ChangeNotice) -> bool:
        """Whether the notice is about one entity, and that may be of the subscription's type."""
        schema, wanted = self._workspace.schema, self._filter.entity_type
        if not notice.key or notice.family not in (schema.type(wanted).family, None):
            return False
        return notice.entity_type is None or schema.related(notice.entity_type, wanted)

    def _load_entities(self, reported: Mapping[tuple[str, ...], _Reported]) -> dict[tuple[str, ...], Entity]:
        """Return the entities of the wanted type by key; those that the session lacks are loaded in one request."""
        workspace, wanted = self._workspace, self._filter.entity_type
        schema, entities = workspace.schema, {}
        for key, each in reported.items():
            entity = self._lookup(key, each)
            # Of an entity that is known by its id only, the type may not be known exactly.
            if entity is not None and schema.is_a(entity.__entity_type__, wanted):
                entities[key] = entity
        parts = len(schema.type(wanted).primary_key)
        missing = [
            key
            for key, each in reported.items()
            if key not in entities and each.is_certain and not each.is_deleted and len(key) == parts
        ]
        if missing:
            loaded = workspace.loader.fetch(wanted, missing)
            entities.update({entity._ftrack_state.key: entity for entity in loaded})
        return {key: entities[key] for key in reported if key in entities}

    def _lookup(self, key: tuple[str, ...], reported: _Reported) -> Entity | None:
        """Return the session's object of an entity; for a deleted entity without one, return a new object."""
        workspace, wanted = self._workspace, self._filter.entity_type
        entity = workspace.lookup(wanted, key)
        if entity is None and reported.is_deleted:
            entity = workspace.expiry.find_deleted(workspace.schema.type(wanted).family, key)
            if entity is None and reported.entity_type is not None:
                entity = new_deleted_entity(workspace, reported.entity_type, key)
        return entity

    def _report(self, event: Event, entries: Entries, reported: _Reported, entity: Entity) -> None:
        """Call the callback, unless the change turns out to be none of the wanted ones."""
        if not self._satisfies_criterion(entity):
            return
        change = make_change(
            self._workspace,
            event,
            entries,
            entity,
            reported.names,
            by_members=reported.by_members,
            is_deleted=reported.is_deleted,
            client_token=self._client_token,
        )
        if change.names or not reported.names:
            self._callback(change)

    def _satisfies_criterion(self, entity: Entity) -> bool:
        """Whether the criterion holds. A deleted entity whose values are not loaded is reported rather than lost."""
        try:
            return self._satisfies is None or self._satisfies(entity)
        except (EntityDeleted, NotFetched):
            return True


def subscribe_to_changes(
    workspace: Workspace,
    hub: EventHub,
    select: Select,
    callback: ChangeCallback,
    attributes: Iterable[str],
    client_token: str,
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
    change_filter = ChangeFilter(select.entity_type, names, select.criterion)
    return ChangeSubscription(workspace, hub, change_filter, callback, client_token)


def _read_or_load(holder: Any, name: str) -> Any:
    return holder[name] if isinstance(holder, Entity) else read_loaded(holder, name)


def change_callback(callback: ChangeCallback) -> Callable[[ServerChange], object]:
    """Return a function that calls *callback* in the form that its parameters ask for.

    With one required parameter it is called with the change, otherwise with the entity and the names. Raises
    `UsageError` when it can be called in neither form.
    """
    call: Callable[..., object] = callback
    if not callable(callback):
        raise UsageError(f"on_change needs a function to call, not {callback!r:.200}.")
    try:
        signature = inspect.signature(callback)
    except (TypeError, ValueError):
        # Some functions written in C have no signature.
        return call
    required = [
        parameter
        for parameter in signature.parameters.values()
        if parameter.kind in _POSITIONAL and parameter.default is parameter.empty
    ]
    is_open = any(parameter.kind is parameter.VAR_POSITIONAL for parameter in signature.parameters.values())
    # The older form is preferred where both are possible and neither is evident, so that older code keeps working.
    forms = (1, 2) if len(required) == 1 and not is_open else (2, 1)
    for count in forms:
        try:
            signature.bind(*range(count))
        except TypeError:
            continue
        return call if count == 1 else lambda change: call(change.entity, change.names)
    raise UsageError(
        f"The callback {callback!r:.200} of on_change must take one argument, the change, or two, the entity and the "
        f"names of its changed attributes. Its parameters are {signature}."
    )
