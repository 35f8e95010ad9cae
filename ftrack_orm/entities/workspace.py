"""State: the parts that hold a session's entities: classes, identity map, journal, expiry log, loader and one lock."""

from __future__ import annotations

import contextvars
import threading
import weakref
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Protocol

from ftrack_orm.errors import SessionClosed
from ftrack_orm.schema.derived_attributes import indexed_names
from ftrack_orm.schema.invalidation import Invalidation, rules_for
from ftrack_orm.values import FetchMode

from .entity import Entity, EntityState
from .expiry import ExpiryLog
from .identity_map import IdentityMap
from .journal import Journal
from .lifecycle import DELETED

if TYPE_CHECKING:
    from ftrack_orm.query.language.nodes import Path, Select
    from ftrack_orm.schema.attribute import Attribute
    from ftrack_orm.schema.model import Schema
    from ftrack_orm.wire.operations import Operation, ServerCall
    from ftrack_orm.wire.replies import Reply

_NO_BLOCKS: Mapping[int, FetchMode] = MappingProxyType({})

#: The fetch modes of the `with session.fetching(...)` blocks of this thread or task, by the id of the workspace.
_FETCHING: contextvars.ContextVar[Mapping[int, FetchMode]] = contextvars.ContextVar(
    "ftrack_orm_fetching", default=_NO_BLOCKS
)


_NO_UNITS: Mapping[int, Journal] = MappingProxyType({})

#: The journals of the units of work that this thread or task is in, by the id of the workspace.
_UNITS: contextvars.ContextVar[Mapping[int, Journal]] = contextvars.ContextVar("ftrack_orm_units", default=_NO_UNITS)

#: Moved entities that are kept for collections to look for. One that was not read meanwhile compares all of its items.
_MOVED_KEPT = 1_000

#: Returned by `Workspace.pending_value` when no unit of work has set the attribute.
NO_VALUE: Final = object()


class EntityClasses(Protocol):
    """The entity classes by type name, as the workspace needs them."""

    @property
    def schema(self) -> Schema:
        """The schema that the classes were built from."""

    @property
    def has_validators(self) -> bool:
        """Whether behaviours have validators, which commits have to run."""

    def __getitem__(self, name: str) -> type[Entity]:
        """Return the class of an entity type; raises `UnknownEntityType`."""


class EntityLoader(Protocol):
    """Requests values and entities from the server, as the workspace needs it."""

    def load(self, entity: Entity, attribute: Attribute) -> Any:
        """Return the value of an attribute that is not loaded, loading it for its peers as well."""

    def load_if_stale(self, entity: Entity, attribute: Attribute) -> None:
        """Load a collection or mapping again if the server has reported a change of it."""

    def load_reference(self, entity: Entity, attribute: Attribute) -> Any:
        """Return the entity that a reference of a new entity leads to, loading it by its key; None without a key."""

    def get(self, entity_type: str, key: tuple[str, ...]) -> Entity | None:
        """Return one entity, from memory if it is loaded; None if it does not exist."""

    def fetch(self, entity_type: str, keys: Iterable[tuple[str, ...]], paths: Sequence[Path] = ()) -> list[Entity]:
        """Return the entities with these primary keys that exist, with *paths* loaded."""

    def read(self, selects: Sequence[Select], *, per_request: int = ...) -> list[list[Entity]]:
        """Return the entities that each of *selects* finds; *per_request* of them share a request."""

    def merge(self, rows: Sequence[dict[str, Any]]) -> list[Entity]:
        """Return the entities of *rows*. Makes no request."""


class CustomAttributeMappings(Protocol):
    """Creates the mappings of entities. Those of custom attributes depend on the server's configurations."""

    def check_key(self, entity_type: str, key: str, *, is_id: bool = False) -> None:
        """Raise `UnknownAttribute` unless a custom attribute of entities of a type has *key*, or that id."""

    def new_mapping(self, owner: Entity, attribute: Attribute, entries: dict[str, Any]) -> Any:
        """Return the mapping that is the value of *attribute*."""

    def call_checked(
        self, call: ServerCall, selects: Sequence[Select], operations: Sequence[Operation]
    ) -> Sequence[Reply]:
        """Send *operations*, which request the first pages of *selects*, and check the custom attributes in these."""

    def expire_values(self) -> None:
        """Read values that custom attributes inherit again when they are next needed."""

    def expire_configurations(self) -> None:
        """Read the configurations again when they are next needed."""


class Workspace:
    """The entities of one session, with everything that creates, loads and changes them.

    *classes* returns the entity classes, requesting the schema if necessary. *fetch* is the session's fetch mode and
    *recent_size* the number of entities kept alive. *make_loader* and *make_configurations* are called once, with
    this workspace. *renew_schema* requests the schema again, after the server has sent an unknown entity type.

    *lock* guards the identity map, the journal and every change of an entity's values. It is never held while waiting
    for the server.
    """

    def __init__(
        self,
        classes: Callable[[], EntityClasses],
        *,
        fetch: FetchMode,
        recent_size: int,
        make_loader: Callable[[Workspace], EntityLoader],
        make_configurations: Callable[[Workspace], CustomAttributeMappings],
        renew_schema: Callable[[], None],
    ) -> None:
        self._get_classes = classes
        #: The result of the call, which may have to request the schema. It follows later schemas by itself.
        self._classes: EntityClasses | None = None
        self._fetch = fetch
        #: Returns the services of the session that behaviours use, see `behaviours.services`; the session sets it.
        self.services: Callable[[], Any] | None = None
        self.renew_schema = renew_schema
        self.identities = IdentityMap[Entity](recent_size, indexed_names)
        #: The unit of work of every flow that is in no unit of its own.
        self.common_journal = Journal()
        #: All units of work that may have edits, the common one first.
        self.journals = [self.common_journal]
        #: The functions of `Session.before_commit`, in the order in which they were added.
        self.commit_rules: list[Callable[..., Any]] = []
        #: By entity and attribute, the journals that have set it, in the order of their last edit. Only attributes that
        #: several units have set are listed.
        self._contested: dict[tuple[Entity, str], list[Journal]] = {}
        #: By name and value of a foreign key, the entities whose edits have set it. Entries may be outdated: readers
        #: check them. It is emptied when no edits are left.
        self._edited_keys: dict[tuple[str, str], dict[Entity, None]] = {}
        self.lock = threading.RLock()
        self.closed = False
        #: Counts the occasions on which entities were deleted or dropped. Collections look for removed items when it
        #: has increased.
        self.removals = 0
        #: Counts the edits that have moved an entity while the collections that show it could not all be found.
        #: Collections compare the keys of their items when it has increased.
        self.moves = 0
        self._moved: deque[weakref.ref[Entity]] = deque(maxlen=_MOVED_KEPT)
        #: The foreign keys of members of the collections that were ever loaded. Moves by other keys are not counted.
        self.member_keys: dict[str, None] = {}
        #: Counts commits that wrote something and change notices. A response to a request that was sent at an earlier
        #: revision may be older than they are.
        self.revision = 0
        self.expiry = ExpiryLog(self)
        self.loader = make_loader(self)
        self.configurations = make_configurations(self)

    @property
    def classes(self) -> EntityClasses:
        """The entity classes."""
        if self._classes is None:
            self._classes = self._get_classes()
        return self._classes

    def use_classes(self, classes: EntityClasses) -> None:
        """Use other classes from now on, which entities get in place of theirs. They stay the same objects."""
        with self.lock:
            self._classes = classes
            types = classes.schema.types
            for entity in self.identities:
                if entity.__entity_type__ in types:
                    # All entity classes have one layout.
                    object.__setattr__(entity, "__class__", classes[entity.__entity_type__])

    @property
    def schema(self) -> Schema:
        """The server's schema."""
        return (self._classes or self.classes).schema

    @property
    def invalidation(self) -> Invalidation:
        """The rules for the values that a change affects."""
        return rules_for(self.schema)

    def lookup(self, entity_type: str, key: tuple[str, ...]) -> Entity | None:
        """Return the object of an entity if the session has it and it is of that type or related to it."""
        entity = self.identities.get(self.schema.type(entity_type).family, key)
        if entity is None or not self.schema.related(entity.__entity_type__, entity_type):
            return None
        return entity

    # -- units of work -------------------------------------------------------------------------------------------------

    @property
    def journal(self) -> Journal:
        """The journal of the unit of work that the current flow is in."""
        if len(self.journals) == 1:
            return self.common_journal
        return _UNITS.get().get(id(self), self.common_journal)

    @contextmanager
    def using(self, journal: Journal, leave: Callable[[], object]) -> Iterator[None]:
        """Make *journal* the one of the current flow until the block ends.

        *leave* is called at the end and empties the journal. It is called twice: an interrupt at any line of the first
        call must not leave the journal in use, and the second call finds nothing to do otherwise.
        """
        units = _UNITS.get()
        try:
            try:
                with self.lock:
                    self.journals.append(journal)
                _UNITS.set({**units, id(self): journal})
                yield
            finally:
                self._end_unit(journal, leave, units)
        finally:
            self._end_unit(journal, leave, units)

    def _end_unit(self, journal: Journal, leave: Callable[[], object], units: Mapping[int, Journal]) -> None:
        if journal in self.journals:
            leave()
            _UNITS.set(units)
            with self.lock:
                self.journals.remove(journal)

    def journal_for(self, entity: Entity) -> Journal:
        """Return the journal for edits of *entity*: a new entity belongs to the unit of work that created it."""
        return entity._ftrack_state.journal or self.journal

    def is_edited(self, entity: Entity) -> bool:
        """Whether any unit of work has edits of *entity*."""
        return any(entity in journal.edits for journal in self.journals)

    def is_being_deleted(self, entity: Entity) -> bool:
        """Whether any unit of work is to delete *entity*."""
        return any(entity in journal.deleted for journal in self.journals)

    def pending_edits(self, entity: Entity, name: str) -> list[tuple[Journal, Any]]:
        """Return the edits of one attribute with their journals, the one that was made last at the end."""
        pending = [
            (journal, edits[name])
            for journal in self.journals
            if (edits := journal.edits.get(entity)) is not None and name in edits
        ]
        if len(pending) > 1:
            order = self._contested.get((entity, name), [])
            pending.sort(key=lambda each: order.index(each[0]) if each[0] in order else -1)
        elif self._contested:
            self._contested.pop((entity, name), None)
        return pending

    def note_edit(self, entity: Entity, names: Iterable[str], journal: Journal) -> None:
        """Note that *journal* was the last to set *names*, which matters where other units have set them too."""
        for name in names:
            others = [each for each, _ in self.pending_edits(entity, name) if each is not journal]
            if others:
                self._contested[entity, name] = [*others, journal]

    def is_contested(self, entity: Entity, name: str) -> bool:
        """Whether several units of work have set an attribute."""
        return (entity, name) in self._contested

    def pending_value(self, entity: Entity, name: str) -> Any:
        """Return the pending value of an attribute that was set last, `NO_VALUE` without one."""
        pending = self.pending_edits(entity, name)
        return pending[-1][1] if pending else NO_VALUE

    def index_keys(self, entity: Entity, values: Mapping[str, Any]) -> None:
        """Note the foreign keys among edited *values*, so that `edited_members` finds the entity."""
        for name, value in values.items():
            if type(value) is str and name.endswith("_id"):
                self._edited_keys.setdefault((name, value), {})[entity] = None

    def edited_members(self, key_name: str, value: str) -> list[Entity]:
        """Return the entities with an unsaved edit that has set their foreign key *key_name* to *value*."""
        candidates = self._edited_keys.get((key_name, value)) if self._edited_keys else None
        return [
            entity
            for entity in candidates or ()
            if entity.__dict__.get(key_name) == value and key_name in (entity._ftrack_state.originals or ())
        ]

    def note_move(self, entity: Entity, key_name: str) -> None:
        """Have all collections whose members hold keys compare that of *entity* when they are next read."""
        if key_name in self.member_keys:
            self._moved.append(weakref.ref(entity))
            self.moves += 1

    def moved_since(self, moves: int) -> list[Entity] | None:
        """Return the entities that were noted after `moves` had that value, None if not all of them are kept."""
        number = self.moves - moves
        if number > len(self._moved):
            return None
        found = (self._moved[-position]() for position in range(number, 0, -1))
        return [entity for entity in found if entity is not None]

    def forget_edited_keys(self) -> None:
        """Empty the index of edited keys if no edits are left."""
        if self._edited_keys and not any(journal.edits for journal in self.journals):
            self._edited_keys.clear()

    def absorb(self, journal: Journal, later: Journal) -> None:
        """Move all edits of the unit *later* to *journal*. The caller holds the lock."""
        for order in self._contested.values():
            if later in order:
                if journal in order:
                    order.remove(journal)
                order[order.index(later)] = journal
        journal.absorb(later)
        self._contested = {key: order for key, order in self._contested.items() if len(order) > 1}

    def hand_over(self, entities: Iterable[Entity], journal: Journal) -> None:
        """Move those of *entities* that are new, with their edits, from their units of work to *journal*."""
        for entity in entities:
            unit = entity._ftrack_state.journal
            if unit is None or unit is journal:
                continue
            # A commit of that unit on another thread is waited for: afterwards the entity is not new any more.
            with unit.commit_lock, self.lock:
                if entity in unit.created and entity not in unit.in_flight:
                    unit.hand_over(entity, journal)

    # -- entities ------------------------------------------------------------------------------------------------------

    def mark_deleted(self, entity: Entity, journal: Journal | None = None) -> None:
        """Mark *entity* as deleted on the server. The caller holds the lock.

        The edits of the unit *journal*, which has deleted it, are dropped, or all edits when none is given. Those of
        other units stay, so that their commits report that the entity is gone.
        """
        self.removals += 1
        state = entity._ftrack_state
        state.lifecycle = DELETED.after
        for each in self.journals if journal is None else (journal,):
            each.edits.pop(entity, None)
        for each in self.journals:
            for entities in (each.created, each.deleted, each.bases):
                entities.pop(entity, None)
        if not self.is_edited(entity):
            state.originals = None
        self.identities.remove(entity.__schema__.family, state.key)

    def fetch_mode(self, state: EntityState) -> FetchMode:
        """Return the fetch mode for an entity: that of the enclosing block, else its query's, else the session's."""
        block = _FETCHING.get().get(id(self))
        if block is not None:
            return block
        return (state.peers.mode if state.peers else None) or self._fetch

    def may_fetch(self, entity: Entity) -> bool:
        """Whether missing data of *entity* may be requested from the server."""
        return self.fetch_mode(entity._ftrack_state) is not FetchMode.NEVER and not self.closed

    @contextmanager
    def fetching(self, mode: FetchMode) -> Iterator[None]:
        """Use *mode* in this thread or task until the block ends."""
        token = _FETCHING.set({**_FETCHING.get(), id(self): mode})
        try:
            yield
        finally:
            _FETCHING.reset(token)

    def check_open(self, what_fails: str) -> None:
        """Raise `SessionClosed` if the session is closed; *what_fails* begins the message."""
        if self.closed:
            raise SessionClosed(f"{what_fails}: its session is closed. What was loaded can still be read.")
