"""State: finds the entities that restored ones refer to and that do not exist any more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ftrack_orm.entities.row_queries import IDS_PER_QUERY, in_parts, query_each
from ftrack_orm.query.language.nodes import Membership, Path, Select
from ftrack_orm.schema.cascades import Effect, dependents
from ftrack_orm.schema.foreign_keys import is_key
from ftrack_orm.values import Reference
from ftrack_orm.wire.operations import UpdateOperation

if TYPE_CHECKING:
    from ftrack_orm.schema.model import Schema
    from ftrack_orm.wire.operations import ServerCall

    from .net_changes import NetChange
    from .planning import Target
    from .server_state import ServerState


class MissingReferences:
    """Finds missing entities among those that restored values refer to, in one request. *call* sends operations.

    *nets* are the changes of the commit by identity, and *state* is the present state of their entities.
    """

    def __init__(self, schema: Schema, call: ServerCall, nets: Mapping[Target, NetChange], state: ServerState) -> None:
        self._schema = schema
        self._call = call
        self._nets = nets
        self._present = {key[0] for _, key in state.values if len(key) == 1}
        self._missing: set[str] = set()
        self._dependents = dependents(schema)
        #: The keys of the entities that cannot be restored, because they need one that is missing.
        self.unrestorable: set[tuple[str, ...]] = set()
        self.sentences: list[str] = []

    def find(self, restored: Sequence[NetChange], updates: Sequence[UpdateOperation]) -> None:
        """Find what *restored* entities and *updates* refer to. Makes a request if that is not known."""
        available = self._present | {net.key[0] for net in restored if len(net.key) == 1}
        wanted: dict[str, dict[str, None]] = {}
        for entity_type, data in (
            *((net.entity_type, net.before or {}) for net in restored),
            *((update.entity_type, update.data) for update in updates),
        ):
            for name, id_ in self._ids(entity_type, data):
                if id_ not in available:
                    for target in self._targets(entity_type, name):
                        wanted.setdefault(target, {})[id_] = None
        self._missing = {id_ for ids in wanted.values() for id_ in ids} - self._existing(wanted)
        if not self._missing:
            return
        self._drop_dependents(restored)

    def _existing(self, wanted: Mapping[str, Mapping[str, None]]) -> set[str]:
        selects = [
            Select(name, (Path.of("id"),), Membership(Path.of("id"), tuple(part)))
            for name, ids in wanted.items()
            for part in in_parts(list(ids), IDS_PER_QUERY)
        ]
        rows = query_each(self._call, selects, self._schema) if selects else ()
        return {str(row["id"]) for rows_of_select in rows for row in rows_of_select}

    def _drop_dependents(self, restored: Sequence[NetChange]) -> None:
        """Leave out the entities that need a missing one, and those that need these."""
        gone = set(self._missing)
        remaining = list(restored)
        while True:
            dropped = [
                net
                for net in remaining
                if any(id_ in gone and self._needs(net, name) for name, id_ in self._ids_of(net))
            ]
            if not dropped:
                break
            for net in dropped:
                self.unrestorable.add(net.key)
                self.sentences.append(
                    f"{net.reference_name}: the entity it belongs to does not exist any more, or you may not see it."
                )
                gone.update(net.key[:1] if len(net.key) == 1 else ())
            remaining = [net for net in remaining if net.key not in self.unrestorable]
        self._missing = gone

    def _ids_of(self, net: NetChange) -> Iterator[tuple[str, str]]:
        yield from self._ids(net.entity_type, net.before or {})

    def _ids(self, entity_type: str, data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """Yield the ids of other entities among values, with the names of the attributes."""
        kind = self._schema.type(entity_type)
        for name, value in data.items():
            attribute = kind.attributes.get(name)
            if attribute is None:
                continue
            for each in value if isinstance(value, (list, tuple)) and attribute.is_relation else (value,):
                if isinstance(each, Reference):
                    yield name, each.id
                elif isinstance(each, str) and each and is_key(kind, attribute):
                    yield name, each

    def _targets(self, entity_type: str, name: str) -> list[str]:
        """Return the types that a key or a relation may lead to, those with one id."""
        kind = self._schema.type(entity_type)
        attribute = kind.attribute(name)
        declared = attribute.target or (attribute.foreign_key or "").split(".")[0]
        if declared in self._schema.types:
            names: Iterable[str] = [declared]
        else:
            names = [
                family
                for family, others in self._dependents.items()
                if any(each.family == kind.family and each.key == name for each in others)
            ]
        return [each for each in names if self._schema.types[each].primary_key == ("id",)]

    def _needs(self, net: NetChange, name: str) -> bool:
        """Whether an entity cannot be without the entity in its attribute *name*."""
        kind = self._schema.type(net.entity_type)
        if name in kind.primary_key or kind.attributes[name].required:
            return True
        return any(
            each.family == kind.family and each.key == name and each.effect is not Effect.KEY_NULLED
            for others in self._dependents.values()
            for each in others
        )

    # -- values without missing entities -------------------------------------------------------------------------------

    def cleaned(self, entity_type: str, key: tuple[str, ...], data: Mapping[str, Any]) -> dict[str, Any]:
        """Return *data* without the values that refer to missing entities, which are noted in `sentences`."""
        if not self._missing:
            return dict(data)
        found = {name: id_ for name, id_ in self._ids(entity_type, data) if id_ in self._missing}
        for name, id_ in found.items():
            self.sentences.append(
                f"{name} of {entity_type} {'/'.join(key)}: {id_} does not exist any more, or you may not see it."
            )
        return {
            name: [each for each in value if not (isinstance(each, Reference) and each.id in self._missing)]
            if isinstance(value, (list, tuple))
            else value
            for name, value in data.items()
            if name not in found or isinstance(value, (list, tuple))
        }

    def without_missing(self, update: UpdateOperation) -> UpdateOperation | None:
        """Return an update without the values that refer to missing entities, None if nothing is left of it."""
        data = self.cleaned(update.entity_type, update.key, update.data)
        return UpdateOperation(update.entity_type, update.key, data) if data else None
