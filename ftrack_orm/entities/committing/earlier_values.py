"""State: the values from before a commit, which its receipt needs and the session does not have.

The entities that a deletion takes along are searched for before the commit. Their values, and those that updates set
without having read them, are read in the request of the commit, before its operations: in the same transaction, and
without a request of their own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from ftrack_orm.entities.row_queries import IDS_PER_QUERY, in_parts, query_reply, selects_by_key
from ftrack_orm.errors import AuthenticationError, EntityNotFound, FtrackError, IntegrityError, TransportError
from ftrack_orm.query.language.compiler import compile_select
from ftrack_orm.query.language.nodes import Membership, Path, Select
from ftrack_orm.schema.cascades import dependents
from ftrack_orm.schema.facts import CONTEXT, LEAF_TYPES
from ftrack_orm.schema.foreign_keys import is_key
from ftrack_orm.values import NOT_LOADED
from ftrack_orm.wire.codec import ENTITY_TYPE
from ftrack_orm.wire.operations import DeleteOperation, QueryOperation, UpdateOperation

from .committed_operations import DELETE, UPDATE, CommittedOperation
from .dependents_search import DependentsSearch
from .restorable import RECORDS, as_sent, identity_of, lists_of, restorable_relations, restorable_scalars
from .server_state import collect_values

if TYPE_CHECKING:
    from ftrack_orm.schema.model import EntityType, Schema
    from ftrack_orm.wire.operations import ServerCall
    from ftrack_orm.wire.replies import Reply

    from .batches import Batch
    from .planning import Target

#: The largest number of entities taken along whose values are read.
MAX_ENTITIES: Final = 50_000

#: Errors that operations cause, and queries do not.
_REFUSALS_OF_OPERATIONS: Final = (IntegrityError, EntityNotFound, AuthenticationError)


class EarlierValues:
    """Reads the values from before a commit. *call* sends operations.

    Without *searches_below_all* it searches for dependents of contexts that contain others only.

    `queries` travel before the operations of the first request, and `accept` takes their replies. `gaps` has a sentence
    for each reason why values are missing.
    """

    def __init__(self, schema: Schema, call: ServerCall, *, searches_below_all: bool = True) -> None:
        self._schema = schema
        self._call = call
        self._searches_below_all = searches_below_all
        self._selects: list[Select] = []
        #: The entities whose values are read, by identity: their type and the names of the attributes.
        self._taken_along: dict[Target, str] = {}
        self._nulled: Mapping[Target, Sequence[str]] = {}
        #: The queries for collections that deleted entities are in, and the ids of these.
        self._lists: list[tuple[Select, str]] = []
        self._gone: set[str] = set()
        #: By type and key, the names of such collections.
        self._listing: dict[Target, str] = {}
        self._values: dict[Target, dict[str, Any]] = {}
        self.gaps: list[str] = []

    def prepare(self, batches: Sequence[Batch]) -> None:
        """Search for the entities that *batches* take along, and prepare the queries.

        Makes a request for each level of dependents, none without deletions. Raises `TransportError` when that fails;
        nothing was sent then.
        """
        deletions = [
            operation
            for batch in batches
            if batch.operations and isinstance(batch.operations[-1], DeleteOperation)
            for operation in batch.operations
            if isinstance(operation, DeleteOperation)
        ]
        deleted: dict[Target, None] = {}
        if deletions:
            # The session has the values of an entry that it removes from a mapping.
            known = {
                target
                for batch in batches
                for target in batch.snapshot.entry_rows
                if NOT_LOADED not in batch.replaced.get(target, {"": NOT_LOADED}).values()
            }
            deleted = {each: None for each in self._deleted(batches, deletions) if each not in known}
        unknown = {
            target: tuple(names)
            for batch in batches
            if batch.snapshot.unknown
            for target, names in batch.snapshot.unknown.items()
            if target not in deleted and not self._is_of_new(batches, target)
        }
        self._selects = [
            *self._selects_of(dict.fromkeys(deleted, ()), is_whole=True),
            *self._selects_of({**unknown, **self._nulled}),
            *(select for select, _ in self._lists),
        ]

    def _deleted(self, batches: Sequence[Batch], deletions: Sequence[DeleteOperation]) -> dict[Target, None]:
        """Return the entities that *deletions* delete, and those that they take along."""
        roots = {(each.entity_type, each.key): None for each in deletions}
        searched = {target: None for target in roots if self._searches_below_all or self._is_tree(target[0])}
        self._note_not_searched([name for name, key in roots if (name, key) not in searched])
        if not searched:
            return roots
        search = DependentsSearch(self._schema, self._call, includes_nulled=True, limit=MAX_ENTITIES, left_out=RECORDS)
        try:
            search.run(self._by_family(searched))
            # Entities that the commit moves into a deleted one are not found there yet.
            while moved := self._moved_into(batches, search):
                search.run(self._by_family(moved))
        except TransportError:
            raise
        except FtrackError as error:
            self.gaps.append(f"The entities that the deletions take along could not be read: {error}")
            return roots
        if not search.is_complete:
            self.gaps.append(f"The deletions take along more than {MAX_ENTITIES:,} entities, which were not read.")
            return roots
        known = {identity_of(self._schema, *target) for target in roots}
        for types in search.found.values():
            for key, name in types.items():
                if identity_of(self._schema, name, key) not in known:
                    self._taken_along[name, key] = name
        self._nulled = search.nulled
        for family, types in search.found.items():
            for owner, name in lists_of(self._schema, family):
                paths = (*map(Path.of, owner.primary_key), Path.of(name, "id"))
                for part in in_parts([key[0] for key in types], IDS_PER_QUERY):
                    criterion = Membership(Path.of(name, "id"), tuple(part))
                    self._lists.append((Select(owner.name, paths, criterion), name))
        self._gone = {key[0] for types in search.found.values() for key in types if len(key) == 1}
        return {**roots, **dict.fromkeys(self._taken_along)}

    def _is_tree(self, entity_type: str) -> bool:
        """Whether entities of a type contain contexts, whose deletion takes a part of the production along."""
        kind = self._schema.type(entity_type)
        return kind.family == CONTEXT and entity_type not in LEAF_TYPES

    def _note_not_searched(self, entity_types: Sequence[str]) -> None:
        having_dependents = Counter(
            name for name in entity_types if dependents(self._schema).get(self._schema.type(name).family)
        )
        for name, number in having_dependents.items():
            self.gaps.append(
                f"{number} {name}: entities that belong to it, such as notes or links, were not read. "
                "commit(undoable=True) reads them."
            )

    def _by_family(self, targets: Mapping[Target, None]) -> dict[str, dict[tuple[str, ...], str]]:
        found: dict[str, dict[tuple[str, ...], str]] = {}
        for name, key in targets:
            found.setdefault(self._schema.type(name).family, {})[key] = name
        return found

    def _moved_into(self, batches: Sequence[Batch], search: DependentsSearch) -> dict[Target, None]:
        ids = {key[0] for keys in search.found.values() for key in keys if len(key) == 1}
        moved: dict[Target, None] = {}
        for batch in batches:
            for operation in batch.operations:
                if isinstance(operation, UpdateOperation):
                    kind = self._schema.type(operation.entity_type)
                    is_found = operation.key in search.found.get(kind.family, {})
                    if not is_found and any(
                        isinstance(value, str) and value in ids and _is_owning(kind, name)
                        for name, value in operation.data.items()
                    ):
                        moved[operation.entity_type, operation.key] = None
        return moved

    def _is_of_new(self, batches: Sequence[Batch], target: Target) -> bool:
        """Whether a row belongs to an entity that the same commit creates."""
        return len(target[1]) > 1 and any(
            entity._ftrack_state.key[0] in target[1] for batch in batches for entity in batch.snapshot.created
        )

    def _selects_of(self, targets: Mapping[Target, Sequence[str]], *, is_whole: bool = False) -> list[Select]:
        keys: dict[str, list[tuple[str, ...]]] = {}
        names: dict[str, dict[str, None]] = {}
        for (entity_type, key), names_of_target in targets.items():
            keys.setdefault(entity_type, []).append(key)
            names.setdefault(entity_type, {}).update(dict.fromkeys(names_of_target))
        selects = []
        for entity_type in keys:
            kind = self._schema.type(entity_type)
            if is_whole:
                selected = [*restorable_scalars(kind), *restorable_relations(self._schema, kind)]
            else:
                selected = [*kind.primary_key, *names[entity_type]]
            paths = tuple(self._path(kind, name) for name in dict.fromkeys(selected))
            selects += selects_by_key(kind, paths, keys[entity_type])
        return selects

    def _path(self, kind: EntityType, name: str) -> Path:
        attribute = kind.attribute(name)
        if not attribute.is_relation:
            return Path.of(name)
        return Path.of(name, self._schema.type(str(attribute.target)).primary_key[0])

    # -- the request of the commit -------------------------------------------------------------------------------------

    @property
    def queries(self) -> list[QueryOperation]:
        """The queries to send before the operations of the commit; none any more once they were answered."""
        return [QueryOperation(compile_select(select)) for select in self._selects]

    def accept(self, replies: Sequence[Reply]) -> None:
        """Take the replies to `queries`. A reply that cannot be used is a gap, and hides nothing of the commit."""
        selects, self._selects = self._selects, []
        known: dict[Target, dict[str, Any]] = {}
        try:
            for select, reply in zip(selects, replies, strict=True):
                for row in query_reply(reply).data:
                    kind = self._schema.type(select.entity_type)
                    key = tuple(str(row[name]) for name in kind.primary_key)
                    for listing, name in self._lists:
                        if listing is select:
                            self._listing[str(row[ENTITY_TYPE]), key] = name
                    self._values[identity_of(self._schema, select.entity_type, key)] = collect_values(
                        self._schema, row, known
                    )
        except (FtrackError, KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
            self.gaps.append(f"The values from before the commit cannot be used: {error!r:.200}")

    def may_have_caused(self, error: FtrackError) -> bool:
        """Whether the server may have refused the queries, and not the operations; they are given up then."""
        if not self._selects or isinstance(error, _REFUSALS_OF_OPERATIONS):
            return False
        self._give_up(f"The server refused to show the values from before the commit: {error}")
        return True

    def lose(self) -> None:
        """Note that the response of the commit was lost, and with it the values."""
        if self._selects:
            self._give_up("The response to the commit was lost, and with it the values from before it.")

    def _give_up(self, reason: str) -> None:
        self._selects = []
        self.gaps.append(reason)

    # -- values --------------------------------------------------------------------------------------------------------

    def of(self, entity_type: str, key: tuple[str, ...]) -> dict[str, Any]:
        """Return the values of an entity from before the commit that were read, in the form in which they are sent."""
        values = self._values.get(identity_of(self._schema, entity_type, key), {})
        attributes = self._schema.type(entity_type).attributes
        return {name: as_sent(self._schema, value) for name, value in values.items() if name in attributes}

    def whole(self, entity_type: str, key: tuple[str, ...]) -> dict[str, Any] | None:
        """Return all values of a deleted entity from before the commit, None if they were not read."""
        if identity_of(self._schema, entity_type, key) not in self._values:
            return None
        values, kind = self.of(entity_type, key), self._schema.type(entity_type)
        names = (*restorable_scalars(kind), *restorable_relations(self._schema, kind))
        return {name: values.get(name) for name in names}

    def side_effects(self) -> list[CommittedOperation]:
        """Return what the deletions have changed besides the deleted entities themselves."""
        effects = [CommittedOperation(DELETE, *target, self.whole(*target)) for target in self._taken_along]
        for target, names in self._nulled.items():
            values = self.of(*target)
            before = {name: values[name] for name in names if values.get(name) is not None}
            if before:
                effects.append(CommittedOperation(UPDATE, *target, before, dict.fromkeys(before)))
        for target, name in self._listing.items():
            members = self.of(*target).get(name)
            if isinstance(members, list) and target[1][0] not in self._gone:
                kept = [each for each in members if each.id not in self._gone]
                effects.append(CommittedOperation(UPDATE, *target, {name: members}, {name: kept}))
        return effects


def _is_owning(kind: EntityType, name: str) -> bool:
    return name in kind.attributes and is_key(kind, kind.attributes[name])
