"""State: compares a receipt with the server, and plans the operations that take its commit back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from ftrack_orm.entities.custom_attributes.configurations import Configurations
from ftrack_orm.schema.facts import CONFIGURATION_ID, CUSTOM_ATTRIBUTE_VALUE, SERVER_LOCATION_ID
from ftrack_orm.schema.required import required_values
from ftrack_orm.values import NOT_LOADED, Reference
from ftrack_orm.wire.operations import DeleteOperation, Operation, UpdateOperation

from .conflicts import Conflict, with_authors
from .dependents_search import DependentsSearch
from .net_changes import NetChange, net_changes, undone_list
from .planning import Changes, Creation, Deletion, Plan, plan
from .restorable import RECORDS, as_sent, comparable_scalars, identity_of
from .server_state import ServerState, is_same_value, read_server_state
from .undo_conflicts import Addition, compared_value
from .undo_references import MissingReferences

if TYPE_CHECKING:
    from ftrack_orm.entities.workspace import Workspace
    from ftrack_orm.schema.model import EntityType, Schema
    from ftrack_orm.wire.operations import ServerCall

    from .committed_operations import ReceiptContent
    from .planning import Target

#: Rows that the server adds to the entities that a client creates (PROTOCOL 8.1).
_ADDED_BY_SERVER: Final = frozenset({"Recipient"})


class UndoPlanner:
    """Plans the undo of one commit. *call* sends operations; `run` reads the server, and nothing is changed.

    It takes one request for the present values of all entities, one for each level of dependents of created entities,
    one for the entities that restored ones refer to, and one for the authors of conflicting changes.
    """

    def __init__(self, workspace: Workspace, call: ServerCall, content: ReceiptContent) -> None:
        assert isinstance(workspace.configurations, Configurations)
        self._configurations = workspace.configurations
        self._schema: Schema = workspace.schema
        self._call = call
        self._nets = net_changes(self._schema, content)
        self._created = [net for net in self._nets.values() if net.before is None]
        self._created_ids = {net.key[0] for net in self._created if len(net.key) == 1}
        self._deleted_ids = {net.key[0] for net in self._nets.values() if net.after is None and len(net.key) == 1}
        self._creations: list[Creation] = []
        self._updates: list[UpdateOperation] = []
        self._deletions: list[Deletion] = []
        self._state = ServerState({}, ())
        self.replaced: dict[Target, dict[str, Any]] = {}
        self.conflicts: list[Conflict] = []
        self.not_restored: list[str] = list(content.gaps)

    def run(self) -> None:
        """Compare the receipt with the server. Raises the errors of requests."""
        probes = [probe for net in self._nets.values() for probe in self._probes(net)]
        self._state = read_server_state(self._schema, self._call, probes) if probes else self._state
        for net in self._nets.values():
            if net.before is None:
                self._undo_creation(net)
            elif net.after is not None:
                self._undo_update(net)
            elif net.kept is not None and self._exists(net):
                self._undo_update(net.kept)
        restored = [net for net in self._nets.values() if net.after is None and not self._exists(net)]
        self._restore(restored)
        self._find_additions()
        if self.conflicts:
            self.conflicts = [
                *with_authors(
                    self._schema, self._call, [each for each in self.conflicts if not isinstance(each, Addition)]
                ),
                *(each for each in self.conflicts if isinstance(each, Addition)),
            ]

    def plan(self) -> Plan:
        """Return the operations that take the commit back, in the order in which they are sent."""
        # The changes are taken back in the opposite order: a name may be free only after another one has changed.
        return plan(Changes(tuple(self._creations), tuple(reversed(self._updates)), tuple(self._deletions)))

    # -- the present state ---------------------------------------------------------------------------------------------

    def _probes(self, net: NetChange) -> Iterator[Operation]:
        """Yield operations whose targets and values are read, without being sent."""
        kind = self._schema.type(net.entity_type)
        if net.after is None:
            yield DeleteOperation(net.entity_type, net.key)
            if net.kept is not None:
                yield from self._probes(net.kept)
        elif net.before is None:
            names = {*comparable_scalars(kind), *net.after}.difference(kind.primary_key)
            yield UpdateOperation(net.entity_type, net.key, dict.fromkeys(self._readable(kind, names)))
        elif not self._belongs_to_new(net):
            yield UpdateOperation(net.entity_type, net.key, dict.fromkeys(self._readable(kind, net.after)))
            if _is_custom_value(kind):
                yield DeleteOperation(CUSTOM_ATTRIBUTE_VALUE, net.key)

    def _readable(self, kind: EntityType, names: Any) -> list[str]:
        return [name for name in names if name in kind.attributes and not kind.attributes[name].restricted]

    def _present(self, net: NetChange) -> Mapping[str, Any] | None:
        return self._state.values.get((net.entity_type, net.key))

    def _exists(self, net: NetChange) -> bool:
        return self._present(net) is not None

    def _belongs_to_new(self, net: NetChange) -> bool:
        """Whether a row belongs to an entity that the commit has created, and goes with it."""
        return len(net.key) > 1 and not self._created_ids.isdisjoint(net.key)

    def _went_with_deleted(self, net: NetChange) -> bool:
        """Whether a row belonged to an entity that the commit has deleted: the search for dependents restores it."""
        return len(net.key) > 1 and not self._deleted_ids.isdisjoint(net.key)

    # -- creations and updates -----------------------------------------------------------------------------------------

    def _undo_creation(self, net: NetChange) -> None:
        present = self._present(net)
        if present is None:
            return
        kind, after = self._schema.type(net.entity_type), net.after or {}
        for name in self._readable(kind, after):
            is_compared = name in comparable_scalars(kind) or kind.attributes[name].is_relation
            if is_compared and not is_same_value(after[name], present.get(name)):
                self._add_conflict(net, name, after[name], present.get(name))
        ids = frozenset(value for value in present.values() if isinstance(value, str))
        self._deletions.append(Deletion(self._reference(net), ids))

    def _undo_update(self, net: NetChange) -> None:
        if self._belongs_to_new(net):
            return
        present, before, after = self._present(net), net.before or {}, net.after or {}
        if present is None and self._went_with_deleted(net):
            return
        if present is None:
            self.conflicts.append(Conflict(net.entity_type, net.key, None, compared="it was committed"))
            return
        kind = self._schema.type(net.entity_type)
        data: dict[str, Any] = {}
        for name, value in after.items():
            earlier, now = before.get(name, NOT_LOADED), as_sent(self._schema, present.get(name))
            if earlier is NOT_LOADED:
                self.not_restored.append(f"{name} of {net.reference_name}: its value before the commit is not known.")
            elif not is_same_value(earlier, present.get(name)):
                members = undone_list(earlier, value, now) if kind.attributes[name].is_relation else None
                if members is not None:
                    data[name] = members
                    continue
                if not is_same_value(value, present.get(name)):
                    self._add_conflict(net, name, value, now)
                data[name] = earlier
        if not data:
            return
        if _is_custom_value(kind) and self._is_unset(net.key[0], data["value"]):
            if (CUSTOM_ATTRIBUTE_VALUE, net.key) in self._state.values:
                self._deletions.append(
                    Deletion(Reference(CUSTOM_ATTRIBUTE_VALUE, tuple(zip(kind.primary_key, net.key, strict=True))))
                )
            return
        self._updates.append(UpdateOperation(net.entity_type, net.key, data))
        self.replaced[net.entity_type, net.key] = {name: as_sent(self._schema, present.get(name)) for name in data}

    def _is_unset(self, configuration_id: str, value: Any) -> bool:
        """Whether a value of a custom attribute is the one that an entity shows without a value of its own."""
        configuration = self._configurations.by_id(configuration_id)
        if configuration is None or value is None:
            return value is None
        return not configuration.is_hierarchical and is_same_value(value, configuration.default)

    def _add_conflict(self, net: NetChange, name: str, committed: Any, present: Any) -> None:
        self.conflicts.append(
            compared_value(self._configurations, self._schema, net.entity_type, net.key, name, committed, present)
        )

    def _reference(self, net: NetChange) -> Reference:
        names = self._schema.type(net.entity_type).primary_key
        return Reference(net.entity_type, tuple(zip(names, net.key, strict=True)))

    # -- deleted entities ----------------------------------------------------------------------------------------------

    def _restore(self, nets: Sequence[NetChange]) -> None:
        """Plan the creation of deleted entities with their former ids and values."""
        unknown = Counter(net.entity_type for net in nets if not set(net.before or ()) - {"id"})
        for name, number in unknown.items():
            self.not_restored.append(f"{number} {name}: the values before the commit are not known.")
        known = [net for net in nets if net.entity_type not in unknown or set(net.before or ()) - {"id"}]
        incomplete = [(net, lacking) for net in known if (lacking := self._lacking(net)) is not None]
        for net, lacking in incomplete:
            self.not_restored.append(
                f"{net.reference_name}: it had no value for {lacking}, without which it is refused."
            )
            known.remove(net)
        missing = MissingReferences(self._schema, self._call, self._nets, self._state)
        missing.find(known, self._updates)
        restored = [net for net in known if net.key not in missing.unrestorable]
        self._updates = [each for update in self._updates if (each := missing.without_missing(update)) is not None]
        for net in sorted(restored, key=_moment):
            data = {name: value for name, value in (net.before or {}).items() if value is not None}
            data = missing.cleaned(net.entity_type, net.key, data)
            self._creations.append(Creation(self._reference(net), {**dict(self._reference(net).key), **data}))
        self.not_restored += missing.sentences
        self._note_limits(restored)

    def _lacking(self, net: NetChange) -> str | None:
        """Return an attribute that a new entity needs a value for and that a deleted one had no value for."""
        for required in required_values(self._schema.type(net.entity_type)):
            if all((net.before or {}).get(name) is None for name in required.names):
                return required.names[0]
        return None

    def _note_limits(self, restored: Sequence[NetChange]) -> None:
        if any(self._schema.type(net.entity_type).family in ("Context", "AssetVersion") for net in restored):
            self.not_restored.append(
                "Records that the server writes by itself: status changes, events and the activity feed."
            )
        files = sum(
            net.entity_type == "ComponentLocation" and (net.before or {}).get("location_id") == SERVER_LOCATION_ID
            for net in restored
        )
        if files:
            self.not_restored.append(
                f"The data of {files} component{'' if files == 1 else 's'} on the server: ftrack deletes it with the "
                "component. Data in other locations was not deleted."
            )

    # -- entities that others have added since -------------------------------------------------------------------------

    def _find_additions(self) -> None:
        """Find entities that belong to created ones, or refer to them, and that the commit has not created."""
        roots: dict[str, dict[tuple[str, ...], str]] = {}
        for net in self._created:
            if self._exists(net):
                roots.setdefault(self._schema.type(net.entity_type).family, {})[net.key] = net.entity_type
        if not roots:
            return
        search = self._search(roots)
        # The undo moves the entities back that the commit has moved below created ones, with all that belongs to them.
        moved: dict[str, dict[tuple[str, ...], str]] = {}
        for family, types in search.found.items():
            for key, name in types.items():
                changed = self._nets.get(identity_of(self._schema, name, key))
                if changed is not None and changed.before is not None:
                    moved.setdefault(family, {})[key] = name
        stays = self._search(moved)
        added: dict[str, list[tuple[str, ...]]] = {}
        for types in search.found.values():
            for key, name in types.items():
                is_kept = key in stays.found.get(self._schema.type(name).family, {})
                if not is_kept and identity_of(self._schema, name, key) not in self._nets:
                    added.setdefault(name, []).append(key)
        self.conflicts += [Addition(name, keys[0], None, number=len(keys)) for name, keys in added.items()]
        referring: dict[tuple[str, str], list[tuple[str, ...]]] = {}
        for (name, key), names in search.nulled.items():
            own = self._nets.get(identity_of(self._schema, name, key))
            for attribute in names:
                is_kept = attribute in stays.nulled.get((name, key), ())
                if not is_kept and (own is None or attribute not in (own.after or {})):
                    referring.setdefault((name, attribute), []).append(key)
        self.conflicts += [
            Addition(name, keys[0], attribute, number=len(keys)) for (name, attribute), keys in referring.items()
        ]

    def _search(self, roots: Mapping[str, Mapping[tuple[str, ...], str]]) -> DependentsSearch:
        """Return the search for dependents of entities, after it was made. Without entities it makes no request."""
        search = DependentsSearch(self._schema, self._call, includes_nulled=True, left_out=RECORDS | _ADDED_BY_SERVER)
        search.run(roots)
        return search


def _is_custom_value(kind: EntityType) -> bool:
    return CONFIGURATION_ID in kind.primary_key


def _moment(net: NetChange) -> tuple[bool, str]:
    """Return the order of restored entities: replies to notes follow their dates, by which threads are sorted."""
    date = (net.before or {}).get("date")
    return (True, str(date or "")) if net.entity_type == "Note" else (False, "")
