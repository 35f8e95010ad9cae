"""State: deciding what to ask the server when a value is missing, for one entity or for all that arrived with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from ftrack_orm.entities.custom_attributes.mapping import new_mapping
from ftrack_orm.entities.editing.collections import Collection
from ftrack_orm.entities.entity import Entity, Lifecycle, Peers
from ftrack_orm.entities.tracked import Tracked
from ftrack_orm.entities.workspace import Workspace
from ftrack_orm.errors import EntityDeleted, NotFetched, ProtocolError, UnknownEntityType, UsageError
from ftrack_orm.query.language.compiler import compile_select
from ftrack_orm.query.language.nodes import And, Comparison, Criterion, Membership, Operator, Or, Path, Select
from ftrack_orm.schema.attribute import Attribute, Kind
from ftrack_orm.schema.model import EntityType
from ftrack_orm.values import NOT_LOADED, FetchMode
from ftrack_orm.wire.operations import Operation, QueryOperation
from ftrack_orm.wire.replies import QueryReply, Reply

from .merging import Merger
from .projections import plain_scalars

if TYPE_CHECKING:
    from .n_plus_one import NPlusOneDetector

#: Entities named in one expression. Five hundred ids are about 20 kB of text; servers are known to fail to parse very
#: long lists (PROTOCOL 1.6), where exactly is not known.
CHUNK = 500

#: How often a value is asked for that changes on the server while the answer is on its way.
ATTEMPTS = 5

#: Expressions sent in one request.
CHUNKS_IN_A_REQUEST = 20

Call = Callable[[Sequence[Operation]], Sequence[Reply]]


class Loader:
    """Loads missing values into the entities of a workspace; *call* sends operations and returns their replies.

    *detector*, if there is one, is told of every load that reading a missing value causes.
    """

    def __init__(self, workspace: Workspace, call: Call, detector: NPlusOneDetector | None = None) -> None:
        self._workspace = workspace
        self._call = call
        self._detector = detector

    def load(self, entity: Entity, attribute: Attribute) -> Any:
        """Return the value of *attribute*, loading it, as the fetch mode allows, for the entity's peers as well.

        Raises `NotFetched` when the mode is `never` and the value cannot be found in memory, `EntityDeleted` when the
        server has no such entity any more, and `SessionClosed`.
        """
        kind, name, state = entity.__entity_type__, attribute.name, entity._ftrack_state
        self._workspace.check_open(f"{kind}.{name} of {entity!r} cannot be loaded")
        if state.lifecycle is Lifecycle.DELETED:
            raise EntityDeleted(f"{kind}.{name} was not loaded before {entity!r} was deleted.", entity_type=kind)
        if attribute.restricted:
            raise UsageError(f"{kind}.{name} can be used in criteria only; ftrack does not let it be read.")
        mode = self._workspace.fetch_mode(state)
        for _ in range(ATTEMPTS):
            asked_at = self._workspace.revision
            self._load_once(entity, attribute, mode)
            with self._workspace.lock:
                if not is_lacking(entity, name):
                    return entity.__dict__[name]
                if mode is FetchMode.NEVER:
                    raise self._not_fetched(entity, name)
                if not self._workspace.expiry.expired_since(entity, name, asked_at):
                    return self._nothing(entity, attribute)
        raise NotFetched(
            f"{kind}.{name} of {entity!r} was changed on the server each of the {ATTEMPTS} times it was asked for; "
            "read it again.",
            entity_type=kind,
            attribute=name,
        )

    def load_if_stale(self, entity: Entity, attribute: Attribute) -> None:
        """Load the content of a collection or mapping that is there and not what the server has; raises as `load`."""
        if is_lacking(entity, attribute.name):
            self.load(entity, attribute)

    def _load_once(self, entity: Entity, attribute: Attribute, mode: FetchMode) -> None:
        group = self._group(entity, attribute) if mode is FetchMode.PEERS else [entity]
        missing = self._refer(group, attribute) if attribute.kind is Kind.REFERENCE else group
        if is_lacking(entity, attribute.name) and mode is not FetchMode.NEVER:
            if self._detector is not None:
                self._detector.note(entity, attribute, len(missing))
            self._ask(entity, missing, attribute)
        if attribute.kind is Kind.REFERENCE and len(group) > 1:
            self._join_targets(group, attribute)

    def _not_fetched(self, entity: Entity, name: str) -> NotFetched:
        kind = entity.__entity_type__
        if self._workspace.expiry.was_expired(entity, name):
            why, what = "has changed on the server", "Allow it to be fetched: with session.fetching('peers')."
        else:
            why, what = "is not loaded", f"Add it to the query's projection: .select({kind}.{name})."
        return NotFetched(
            f"{kind}.{name} of {entity!r} {why}, and the fetch mode is 'never'. {what}",
            entity_type=kind,
            attribute=name,
        )

    def _nothing(self, entity: Entity, attribute: Attribute) -> Any:
        """Have an attribute show what it does when the server answered without a value for it, and return that."""
        value = entity.__dict__.setdefault(attribute.name, _nothing(entity, attribute))
        if isinstance(value, Tracked) and value._is_stale:
            value._restore(_nothing(entity, attribute)._content())
        return value

    def load_reference(self, entity: Entity, attribute: Attribute) -> Any:
        """Return what a reference of a new entity leads to, loading it by its key; None when no key was set."""
        if self._workspace.fetch_mode(entity._ftrack_state) is not FetchMode.NEVER and not self._workspace.closed:
            self._fetch_targets(self._refer([entity], attribute), attribute)
        return entity.__dict__.get(attribute.name)

    def get(self, entity_type: str, key: tuple[str, ...]) -> Entity | None:
        """Return the entity with that primary key: the loaded one, else read from the server, else None."""
        known = self._workspace.lookup(entity_type, key)
        if known is not None and known.__dict__:
            return known
        self._workspace.check_open(f"{entity_type} {'/'.join(key)} cannot be loaded")
        found = self.fetch(entity_type, [key])
        return found[0] if found else None

    def fetch(self, entity_type: str, keys: Iterable[tuple[str, ...]], paths: Sequence[Path] = ()) -> list[Entity]:
        """Return the entities of *entity_type* with the given primary keys, with *paths* (else their default) loaded.

        Keys that the server does not have are missing from the result. Raises `UnknownEntityType`.
        """
        schema = self._workspace.schema.type(entity_type)
        return self._read([self._select(schema, tuple(paths), chunk) for chunk in _chunks(list(keys))])

    # -- who is loaded together ----------------------------------------------------------------------------------------

    def _group(self, entity: Entity, attribute: Attribute) -> list[Entity]:
        """Return what is loaded together with *entity*, itself first: its peers that lack the attribute too.

        So are the entities of its family of which only the key is known, wherever they came from: whoever referred to
        them will want to know more of them.
        """
        state, name = entity._ftrack_state, attribute.name
        waiting = self._workspace.identities.pop_unloaded(entity.__schema__.family)
        peers = dict.fromkeys((*(state.peers.alive() if state.peers else ()), *waiting))
        return [
            entity,
            *(
                peer
                for peer in peers
                if peer is not entity
                and is_lacking(peer, name)
                and peer._ftrack_state.lifecycle is Lifecycle.PERSISTENT
                and name in peer.__attributes__
            ),
        ]

    def _refer(self, group: list[Entity], attribute: Attribute) -> list[Entity]:
        """Fill in a reference wherever its key is loaded and empty or leads to an entity the session knows.

        Returns the entities for which that was not possible.
        """
        name = attribute.name
        unknown = []
        # News of the key must not come between reading it and what is concluded from it.
        with self._workspace.lock:
            for entity in group:
                key_name = entity.__schema__.reference_keys.get(name)
                key = entity.__dict__.get(key_name, ...) if key_name else ...
                if key is ...:
                    unknown.append(entity)
                    continue
                target = None if key is None else self._workspace.lookup(str(attribute.target), (key,))
                if key is None or target is not None:
                    entity.__dict__.setdefault(name, target)
                else:
                    unknown.append(entity)
        return unknown

    def _join_targets(self, group: Sequence[Entity], attribute: Attribute) -> None:
        """Make what a group refers to a group of its own, wherever its members came from.

        Some were loaded just now, some were known from elsewhere. Whoever walks on from the group walks on from all of
        them, so they are loaded together from here on.
        """
        peers = Peers(_mode_of(group[0]))
        targets = dict.fromkeys(
            target for entity in group if isinstance(target := entity.__dict__.get(attribute.name), Entity)
        )
        for target in targets:
            target._ftrack_state.peers = peers
            peers.add(target)

    # -- asking --------------------------------------------------------------------------------------------------------

    def _ask(self, entity: Entity, group: list[Entity], attribute: Attribute) -> None:
        """Load *attribute* for *group*: references by their keys where those are loaded, all else by the entities."""
        mode = _mode_of(entity)
        by_key: list[Entity] = []
        by_owner: list[Entity] = []
        for peer in group:
            is_keyed = peer.__schema__.reference_keys.get(attribute.name, "") in peer.__dict__
            (by_key if is_keyed and attribute.kind is Kind.REFERENCE else by_owner).append(peer)
        if by_key and by_owner:
            # One request for all of them rather than one for each kind.
            by_key, by_owner = [], group
        if by_key:
            self._fetch_targets(by_key, attribute)
        if not by_owner:
            return
        first = entity if entity in by_owner else by_owner[0]
        asked, members = self._common_type(first, by_owner, attribute.name)
        paths = self._paths(asked, asked.attributes[attribute.name])
        keys = [member._ftrack_state.key for member in members]
        asked_at = self._workspace.revision
        found = set(self._read([self._select(asked, paths, chunk) for chunk in _chunks(keys)], mode))
        if entity in members and entity not in found:
            raise EntityDeleted(
                f"The server has no {entity!r} any more (or you may no longer see it), so its {attribute.name} cannot "
                "be loaded.",
                entity_type=entity.__entity_type__,
            )
        with self._workspace.lock:
            for member in found.intersection(members):
                if not self._workspace.expiry.expired_since(member, attribute.name, asked_at):
                    self._nothing(member, attribute)

    def _fetch_targets(self, group: Sequence[Entity], attribute: Attribute) -> None:
        """Load what a reference leads to by the keys the entities hold, each target once."""
        target = self._workspace.schema.type(str(attribute.target))
        holders = [
            (entity, key)
            for entity in group
            if (key := entity.__dict__.get(entity.__schema__.reference_keys.get(attribute.name, ""))) is not None
        ]
        if not holders:
            return
        asked_at = self._workspace.revision
        keys = list(dict.fromkeys((key,) for _, key in holders))
        paths = tuple(Path.of(name) for name in plain_scalars(target))
        self._read([self._select(target, paths, chunk) for chunk in _chunks(keys)], _mode_of(group[0]))
        with self._workspace.lock:
            for entity, key in holders:
                if not self._workspace.expiry.expired_since(entity, attribute.name, asked_at):
                    # A target that may not be seen is shown as the server shows it: as nothing.
                    entity.__dict__.setdefault(attribute.name, self._workspace.lookup(target.name, (key,)))

    def _common_type(self, entity: Entity, group: Sequence[Entity], name: str) -> tuple[EntityType, list[Entity]]:
        """Return the type to ask for, and those of *group* that are of it: the nearest type all of them share.

        Where no shared type has the attribute, those of the entity's own type are asked for.
        """
        schema = self._workspace.schema
        kinds = {peer.__entity_type__ for peer in group}
        for candidate in (entity.__entity_type__, *entity.__schema__.bases):
            if name in schema.type(candidate).attributes and all(schema.is_a(kind, candidate) for kind in kinds):
                return schema.type(candidate), list(group)
        own = entity.__schema__
        return own, [peer for peer in group if schema.is_a(peer.__entity_type__, own.name)]

    def _paths(self, asked: EntityType, attribute: Attribute) -> tuple[Path, ...]:
        """Return what to select when *attribute* is missing.

        One missing scalar is rarely the last: a request costs far more than a row, so the whole row of scalars comes.
        A reference comes with its target's row for the same reason, and with its owner's, which has the keys of all its
        references; a collection, which may be long, with the default projections of its items. What the server has to
        work out comes only when asked for.
        """
        name = attribute.name
        if attribute.kind is Kind.SCALAR:
            row = plain_scalars(asked)
            return tuple(Path.of(scalar) for scalar in (row if name in row else (name,)))
        target = self._workspace.schema.type(str(attribute.target))
        if attribute.kind is Kind.REFERENCE:
            # Without a key of its own it is missing although its owner's row may have come already.
            row = plain_scalars(asked) if name in asked.reference_keys else ()
            return (
                *(Path.of(scalar) for scalar in row),
                *(Path.of(name, scalar) for scalar in plain_scalars(target)),
            )
        if attribute.kind is Kind.MAPPING:
            return (Path.of(name, str(attribute.key_name)), Path.of(name, str(attribute.value_name)))
        # Types without any, such as appointments, do nothing but lead on, by their keys.
        return tuple(Path.of(name, scalar) for scalar in target.default_projections or plain_scalars(target))

    def _select(self, schema: EntityType, paths: tuple[Path, ...], keys: Sequence[tuple[str, ...]]) -> Select:
        chosen = paths or tuple(Path.of(name) for name in schema.default_projections or schema.primary_key)
        return Select(schema.name, chosen, key_criterion(schema, keys))

    def _read(self, selects: Sequence[Select], mode: FetchMode | None = None) -> list[Entity]:
        return [entity for found in self.read(selects, mode=mode) for entity in found]

    def read(
        self, selects: Sequence[Select], *, at_once: int = CHUNKS_IN_A_REQUEST, mode: FetchMode | None = None
    ) -> list[list[Entity]]:
        """Return what each of *selects* finds, in their order; *at_once* of them travel in one request.

        *mode* is what reading a missing value of what was found may do, the session's when left out.
        """
        found: list[list[Entity]] = []
        for start in range(0, len(selects), at_once):
            questions = [QueryOperation(compile_select(select)) for select in selects[start : start + at_once]]
            try:
                found += self._found(questions, mode)
            except UnknownEntityType:
                # A type that came after the session began. Rows are used up by merging, so they are asked for again.
                self._workspace.renew_schema()
                found += self._found(questions, mode)
        return found

    def _found(self, questions: Sequence[QueryOperation], mode: FetchMode | None) -> list[list[Entity]]:
        asked_at = self._workspace.revision
        replies = self._call(questions)
        merger = Merger(self._workspace, mode, asked_at)
        found = []
        for reply in replies:
            if not isinstance(reply, QueryReply):
                raise ProtocolError("The server answered a query with something else than rows.")
            found.append(merger.rows(reply.data))
        return found


def _mode_of(entity: Entity) -> FetchMode | None:
    """Return the mode of the query an entity came by, which what is reached from it inherits."""
    peers = entity._ftrack_state.peers
    return peers.mode if peers else None


def is_lacking(entity: Entity, name: str) -> bool:
    """Whether an attribute has to be loaded: it has no value, or a content that the server has changed."""
    value = entity.__dict__.get(name, NOT_LOADED)
    return value is NOT_LOADED or (isinstance(value, Tracked) and value._is_stale)


def key_criterion(schema: EntityType, keys: Sequence[tuple[str, ...]]) -> Criterion:
    """Return the criterion that selects the entities with these primary keys."""
    if len(schema.primary_key) == 1:
        return Membership(Path.of(schema.primary_key[0]), tuple(key[0] for key in keys))
    alternatives: list[Criterion] = [
        And(
            tuple(
                Comparison(Path.of(name), Operator.IS, value)
                for name, value in zip(schema.primary_key, key, strict=True)
            )
        )
        for key in keys
    ]
    return alternatives[0] if len(alternatives) == 1 else Or(tuple(alternatives))


def _nothing(entity: Entity, attribute: Attribute) -> Any:
    """Return what an attribute shows when the server answered without a value for it."""
    if attribute.kind is Kind.COLLECTION:
        return Collection(entity, attribute, [])
    if attribute.kind is Kind.MAPPING:
        return new_mapping(entity, attribute, {})
    return None


def _chunks(keys: Sequence[tuple[str, ...]]) -> list[Sequence[tuple[str, ...]]]:
    return [keys[start : start + CHUNK] for start in range(0, len(keys), CHUNK)]
