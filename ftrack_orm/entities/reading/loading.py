"""State: loading missing values, for one entity or for all that arrived with it."""

from __future__ import annotations

from collections.abc import Collection as Container
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from ftrack_orm.entities.editing.collections import Collection
from ftrack_orm.entities.lifecycle import Lifecycle
from ftrack_orm.entities.row_queries import QUERIES_PER_REQUEST, in_parts, selects_by_key, send_queries
from ftrack_orm.entities.tracked import Tracked
from ftrack_orm.errors import EntityDeleted, NotFetched, UnknownEntityType, UsageError
from ftrack_orm.introspection import introspection
from ftrack_orm.query.language.nodes import Path, Select
from ftrack_orm.schema.attribute import Attribute, Kind
from ftrack_orm.values import FetchMode

from .lazy_queries import nearest_common_type, paths_to_load
from .merging import Merger
from .peer_groups import (
    entities_to_load,
    inherited_mode,
    make_targets_peers,
    needs_load,
    origin_of,
    resolve_references,
)
from .projections import default_paths, stored_scalars

if TYPE_CHECKING:
    from ftrack_orm.entities.entity import Entity, ResultOrigin
    from ftrack_orm.entities.workspace import Workspace
    from ftrack_orm.schema.model import EntityType
    from ftrack_orm.wire.operations import ServerCall

    from .n_plus_one import NPlusOneDetector

#: Requests for a value that expires again each time before the response is merged. The value of the last is returned.
MAX_LOADS_OF_CHANGING_VALUE = 3


class Loader:
    """Loads missing values into the entities of a workspace.

    *call* sends operations and returns their replies. *detector* is notified of every request that is made because a
    missing value was read.
    """

    def __init__(self, workspace: Workspace, call: ServerCall, detector: NPlusOneDetector | None = None) -> None:
        self._workspace = workspace
        self._call = call
        self._detector = detector

    def load(self, entity: Entity, attribute: Attribute) -> Any:
        """Load *attribute* of *entity*, and of its peers if the fetch mode is `peers`, and return the entity's value.

        Raises `NotFetched` when the mode is `never` and the value is not in memory, `EntityDeleted` when the server no
        longer has the entity, `UsageError` when ftrack does not let the attribute be read, and `SessionClosed`. For
        a tool that completes names or shows variables, return a placeholder instead, without a request.
        """
        tool = introspection()
        if tool is not None:
            from .placeholders import value_or_placeholder

            return value_or_placeholder(self._workspace, entity, attribute, tool)
        kind, name, state = entity.__entity_type__, attribute.name, entity._ftrack_state
        self._workspace.check_open(f"{kind}.{name} of {entity!r} cannot be loaded")
        if state.lifecycle is Lifecycle.DELETED:
            raise EntityDeleted(f"{kind}.{name} was not loaded before {entity!r} was deleted.", entity_type=kind)
        if attribute.restricted:
            raise UsageError(f"{kind}.{name} can be used in criteria only; ftrack does not let it be read.")
        mode = self._workspace.fetch_mode(state)
        seen: list[Any] = []
        for _ in range(MAX_LOADS_OF_CHANGING_VALUE):
            sent_at = self._workspace.revision
            with self._workspace.expiry.noting_values(entity, name, seen):
                self._load_once(entity, attribute, mode)
            with self._workspace.lock:
                if not needs_load(entity, name):
                    return entity.__dict__[name]
                if mode is FetchMode.NEVER:
                    raise self._not_fetched(entity, name)
                if not self._workspace.expiry.expired_since(entity, name, sent_at):
                    return _set_empty(entity, attribute)
        # It changes faster than it can be read. The server had this value during the last request.
        return seen[-1] if seen else _empty(entity, attribute)

    def load_if_stale(self, entity: Entity, attribute: Attribute) -> None:
        """Load the content of a collection or mapping again if it has expired; raises the same errors as `load`."""
        if needs_load(entity, attribute.name):
            self.load(entity, attribute)

    def load_reference(self, entity: Entity, attribute: Attribute) -> Any:
        """Return the target of a reference of a new entity, loaded by its key, or None if the key is not set."""
        if self._workspace.may_fetch(entity):
            self._load_targets(resolve_references(self._workspace, [entity], attribute), attribute)
        return entity.__dict__.get(attribute.name)

    def get(self, entity_type: str, key: tuple[str, ...]) -> Entity | None:
        """Return the entity with that primary key from memory, or else from the server; None if neither has it."""
        known = self._workspace.lookup(entity_type, key)
        if known is not None and _shows_anything(known):
            return known
        self._workspace.check_open(f"{entity_type} {'/'.join(key)} cannot be loaded")
        entities = self.fetch(entity_type, [key])
        return entities[0] if entities else None

    def fetch(self, entity_type: str, keys: Iterable[tuple[str, ...]], paths: Sequence[Path] = ()) -> list[Entity]:
        """Return the entities of *entity_type* with the given primary keys, with *paths* (or the default ones) loaded.

        The result has no entity for a key that the server does not know. Raises `UnknownEntityType`.
        """
        schema, keys = self._workspace.schema.type(entity_type), list(keys)
        sent_at = self._workspace.revision
        found = self._read_all(selects_by_key(schema, tuple(paths) or tuple(default_paths(schema)), keys))
        if len(found) < len(keys):
            asked = [self._workspace.identities.get(schema.family, key) for key in keys]
            self._mark_gone(schema, [each for each in asked if each is not None], found, sent_at)
        return found

    def _mark_gone(self, asked_as: EntityType, asked: Iterable[Entity], found: Container[Entity], sent_at: int) -> None:
        """Mark the entities as deleted that were *asked* for by key and not *found*.

        An entity with unsaved edits stays, so that the commit reports the conflict.
        """
        known, schema = set(found), self._workspace.schema
        gone = [
            entity
            for entity in asked
            if entity not in known
            and entity._ftrack_state.lifecycle is Lifecycle.PERSISTENT
            and entity._ftrack_state.written_at <= sent_at
            and schema.is_a(entity.__entity_type__, asked_as.name)
        ]
        if gone:
            self._workspace.expiry.mark_gone(gone)

    def read(
        self,
        selects: Sequence[Select],
        *,
        per_request: int = QUERIES_PER_REQUEST,
        mode: FetchMode | None = None,
        origin: ResultOrigin | None = None,
    ) -> list[list[Entity]]:
        """Return the entities that each of *selects* finds, in their order; *per_request* of them share a request.

        *mode* is the fetch mode of these entities; None stands for that of the session. *origin* is the page of results
        that they are reached from.
        """
        results: list[list[Entity]] = []
        for part in in_parts(selects, per_request):
            try:
                results += self._read_once(part, mode, origin)
            except UnknownEntityType:
                # A type that was added after the session began. Merging consumes rows, so they are requested again.
                self._workspace.renew_schema()
                results += self._read_once(part, mode, origin)
        return results

    def merge(self, rows: Sequence[dict[str, Any]]) -> list[Entity]:
        """Return the entities of *rows*, with the values the rows bring, as peers of each other. Makes no request."""
        return Merger(self._workspace).rows(rows)

    def _read_once(
        self, selects: Sequence[Select], mode: FetchMode | None, origin: ResultOrigin | None
    ) -> list[list[Entity]]:
        sent_at = self._workspace.revision
        results = send_queries(self._call, selects)
        merger = Merger(self._workspace, mode, sent_at, origin=origin)
        return [merger.rows(rows) for rows in results]

    def _read_all(self, selects: Sequence[Select], reached_from: Entity | None = None) -> list[Entity]:
        """Return the entities of all *selects*, with the fetch mode and the origin of *reached_from*."""
        mode = None if reached_from is None else inherited_mode(reached_from)
        origin = None if reached_from is None else origin_of(reached_from)
        return [entity for entities in self.read(selects, mode=mode, origin=origin) for entity in entities]

    # -- missing values ------------------------------------------------------------------------------------------------

    def _load_once(self, entity: Entity, attribute: Attribute, mode: FetchMode) -> None:
        """Set *attribute* on *entity*, and on its peers if *mode* lets it, from memory or by one request."""
        group = entities_to_load(self._workspace, entity, attribute) if mode is FetchMode.PEERS else [entity]
        is_reference = attribute.kind is Kind.REFERENCE
        missing = resolve_references(self._workspace, group, attribute) if is_reference else group
        if needs_load(entity, attribute.name) and mode is not FetchMode.NEVER:
            if self._detector is not None:
                self._detector.note(entity, attribute, len(missing))
            has_keys = is_reference and all(_has_key_of(member, attribute) for member in missing)
            if mode is FetchMode.PEERS:
                self._learn(entity, missing, attribute, with_owners=not has_keys)
            if has_keys:
                self._load_targets(missing, attribute)
            else:
                self._load_from_owners(entity, missing, attribute)
        if is_reference and len(group) > 1:
            make_targets_peers(group, attribute)

    def _learn(self, entity: Entity, group: list[Entity], attribute: Attribute, *, with_owners: bool) -> None:
        """Let the page of results that *entity* was reached from learn that *attribute* is loaded for *group*."""
        origin = origin_of(entity)
        if origin is not None:
            kinds = {member.__entity_type__ for member in group}
            owner = nearest_common_type(self._workspace.schema, entity.__schema__, kinds, attribute.name)
            origin.note_read(entity, owner.attribute(attribute.name), owner, with_owner=with_owners)

    def _load_from_owners(self, entity: Entity, group: list[Entity], attribute: Attribute) -> None:
        """Load *attribute*, which was read on *entity*, by querying the entities of *group*."""
        schema = self._workspace.schema
        first = entity if entity in group else group[0]
        kinds = {member.__entity_type__ for member in group}
        queried = nearest_common_type(schema, first.__schema__, kinds, attribute.name)
        included = {kind for kind in kinds if schema.is_a(kind, queried.name)}
        members = [member for member in group if member.__entity_type__ in included]
        paths = paths_to_load(schema, queried, queried.attributes[attribute.name])
        selects = selects_by_key(queried, paths, [member._ftrack_state.key for member in members])
        sent_at = self._workspace.revision
        loaded = set(self._read_all(selects, entity))
        self._mark_gone(queried, members, loaded, sent_at)
        if entity in members and entity not in loaded:
            raise EntityDeleted(
                f"The server has no {entity!r} any more (or you may no longer see it), so its {attribute.name} cannot "
                "be loaded.",
                entity_type=entity.__entity_type__,
            )
        with self._workspace.lock:
            for member in loaded.intersection(members):
                if not self._workspace.expiry.expired_since(member, attribute.name, sent_at):
                    _set_empty(member, attribute)

    def _load_targets(self, group: Sequence[Entity], attribute: Attribute) -> None:
        """Load the targets of a reference by the keys that the entities of *group* hold, each target once."""
        target = self._workspace.schema.type(str(attribute.target))
        owners = [
            (entity, key)
            for entity in group
            if (key := entity.__dict__.get(entity.__schema__.reference_keys.get(attribute.name, ""))) is not None
        ]
        if not owners:
            return
        paths = tuple(Path.of(name) for name in stored_scalars(target))
        selects = selects_by_key(target, paths, list(dict.fromkeys((key,) for _, key in owners)))
        sent_at = self._workspace.revision
        self._read_all(selects, group[0])
        with self._workspace.lock:
            for entity, key in owners:
                if not self._workspace.expiry.expired_since(entity, attribute.name, sent_at):
                    # None for a target that this user may not see, which is how the server shows it.
                    entity.__dict__.setdefault(attribute.name, self._workspace.lookup(target.name, (key,)))

    def _not_fetched(self, entity: Entity, name: str) -> NotFetched:
        kind = entity.__entity_type__
        if self._workspace.expiry.was_expired(entity, name):
            reason, advice = "has changed on the server", "Allow it to be fetched: with session.fetching('peers')."
        else:
            reason, advice = "is not loaded", f"Add it to the query's projection: .select({kind}.{name})."
        return NotFetched(
            f"{kind}.{name} of {entity!r} {reason}, and the fetch mode is 'never'. {advice}",
            entity_type=kind,
            attribute=name,
        )


def _shows_anything(entity: Entity) -> bool:
    """Whether a value besides the primary key is loaded, without which the entity may not exist any more."""
    return entity._ftrack_state.lifecycle is not Lifecycle.PERSISTENT or any(
        name not in entity.__schema__.primary_key and not needs_load(entity, name) for name in entity.__dict__
    )


def _has_key_of(entity: Entity, attribute: Attribute) -> bool:
    """Whether the key of a reference is loaded on *entity*."""
    return entity.__schema__.reference_keys.get(attribute.name, "") in entity.__dict__


def _set_empty(entity: Entity, attribute: Attribute) -> Any:
    """Make an attribute empty for which the server sent no value, unless it has a value by now, and return its value.

    The content of an expired collection or mapping is replaced as well.
    """
    value = entity.__dict__.setdefault(attribute.name, _empty(entity, attribute))
    entity._ftrack_state.workspace.identities.note_holder(
        entity.__schema__.family, attribute.name, entity._ftrack_state.key
    )
    if isinstance(value, Tracked) and value._is_stale:
        value._set_base(_empty(entity, attribute)._base_content())
    return value


def _empty(entity: Entity, attribute: Attribute) -> Any:
    if attribute.kind is Kind.COLLECTION:
        return Collection(entity, attribute, [])
    if attribute.kind is Kind.MAPPING:
        return entity._ftrack_state.workspace.configurations.new_mapping(entity, attribute, {})
    return None
