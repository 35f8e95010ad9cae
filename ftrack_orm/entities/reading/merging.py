"""State: merging the rows of one response into the session's entities, which keep their edits and loaded values."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ftrack_orm.entities.editing.collections import Collection
from ftrack_orm.entities.editing.mappings import Entry
from ftrack_orm.entities.entity import (
    Entity,
    EntityState,
    Peers,
    ResultOrigin,
    new_entity,
    plain_key,
    set_values,
)
from ftrack_orm.entities.lifecycle import LOADED
from ftrack_orm.entities.row_checks import check_rows
from ftrack_orm.entities.tracked import Tracked
from ftrack_orm.schema.attribute import Attribute, Kind
from ftrack_orm.schema.custom_attributes import names_in_mapping
from ftrack_orm.schema.derived_attributes import derived_names
from ftrack_orm.schema.facts import CONFIGURATION_ID
from ftrack_orm.values import NOT_LOADED, FetchMode, Reference
from ftrack_orm.wire.codec import ENTITY_TYPE

if TYPE_CHECKING:
    from ftrack_orm.entities.identity_map import Family, MapKey, ResultWindow
    from ftrack_orm.entities.workspace import Workspace
    from ftrack_orm.schema.model import EntityType


class _RowType:
    """The data that all rows of one entity type in one response share."""

    __slots__ = (
        "cls",
        "derived",
        "family",
        "holders",
        "implicit_names",
        "indexed",
        "interned",
        "key_name",
        "peers",
        "reference_length",
        "schema",
        "seen",
    )

    def __init__(
        self, cls: type[Entity], schema: EntityType, family: Family[Entity], peers: Peers, seen: dict[MapKey, Entity]
    ) -> None:
        self.cls = cls
        self.schema = schema
        self.family = family
        self.peers = peers
        #: The entities of the family that have occurred in this response, by key.
        self.seen = seen
        self.key_name = schema.primary_key[0] if len(schema.primary_key) == 1 else None
        # A row this short is a bare reference: it has only the entity's type and key.
        self.reference_length = 1 + len(schema.primary_key)
        # The server sends these at every first occurrence, selected or not (PROTOCOL 1.3).
        self.implicit_names = {ENTITY_TYPE, *schema.primary_key, *schema.system_projections, *schema.classifiers}
        # The names of the previous rows, interned; see `with_interned_names`.
        self.interned: dict[str, Any] = {}
        #: The index of the family, and those of the previous rows' names that are in it.
        self.holders = family.holders
        self.derived = derived_names(schema.family)
        self.indexed: tuple[str, ...] = ()

    def with_interned_names(self, row: dict[str, Any]) -> dict[str, Any]:
        """Return the values of *row* under interned names, the same objects that compiled code has.

        A name parsed from JSON is equal to the one in `task.name` but another object, so that a look-up has to compare
        text. From Python 3.12 on this makes reading several times slower, since the interpreter cannot cache the
        position in the dictionary. A dictionary keeps its own names when it is updated.
        """
        values = self.interned.copy()
        values.update(row)
        if len(values) != len(row) or len(self.interned) != len(row):
            self.interned = dict.fromkeys(map(sys.intern, row))
            self.indexed = tuple(name for name in self.holders if name in row)
            values = self.interned | row
        return values


class Merger:
    """Merges the rows of one response into entities; all of the same family become peers.

    The server sends the attributes of an entity at its first occurrence in a response and only its key afterwards
    (PROTOCOL 1.3). An attribute that is missing from a row is therefore left as it is.

    *sent_at* is the value of `Workspace.revision` when the request was sent, by default the present one. The response
    may be older than a commit that was made since, so on entities written since then it only fills in values that are
    not loaded. *window* is the result that the response is one page of, *origin* the page of results that its entities
    are reached from.
    """

    def __init__(
        self,
        workspace: Workspace,
        mode: FetchMode | None = None,
        sent_at: int | None = None,
        window: ResultWindow | None = None,
        origin: ResultOrigin | None = None,
    ) -> None:
        self._workspace = workspace
        self._mode = mode
        self._origin = origin
        self._sent_at = workspace.revision if sent_at is None else sent_at
        self._peers: dict[str, Peers] = {}
        self._seen: dict[str, dict[MapKey, Entity]] = {}
        self._row_types: dict[str, _RowType] = {}
        self._merged: list[Entity] = []
        self._window = window
        self._has_set_inverse_keys = False

    def rows(self, rows: Sequence[dict[str, Any]]) -> list[Entity]:
        """Merge *rows* and return their entities, in the same order.

        The dictionaries in *rows* are consumed: they are modified, and become parts of the entities. All of them are
        checked before the first is merged, so that rows which are refused change no entity. Raises `ProtocolError` for
        a row without entity type or key and for a value of a wrong type, and `UnknownEntityType` for a type that is not
        in the schema.
        """
        check_rows(self._workspace.schema, rows)
        with self._workspace.lock:
            entities = [self._entity(row) for row in rows]
            self._workspace.identities.keep_recent(self._merged, self._window)
            merged, self._merged = self._merged, []
            # The response may have been made before changes that were announced since the request was sent.
            self._workspace.expiry.reapply_since(self._sent_at, merged)
        return entities

    def _row_type(self, name: str) -> _RowType:
        cls = self._workspace.classes[name]
        schema = cls.__schema__
        peers = self._peers.setdefault(schema.family, Peers(self._mode, self._origin))
        seen = self._seen.setdefault(schema.family, {})
        family = self._workspace.identities.family(schema.family)
        family.prune_holders()
        row_type = self._row_types[name] = _RowType(cls, schema, family, peers, seen)
        return row_type

    def _entity(self, row: dict[str, Any]) -> Entity:
        """Merge one row, at the top level or nested, and return its entity."""
        name = row[ENTITY_TYPE]
        row_type = self._row_types.get(name) or self._row_type(name)
        key = row[row_type.key_name] if row_type.key_name is not None else plain_key(row_type.schema, row)
        entity = row_type.seen.get(key)
        if entity is not None:
            # The values of a bare reference were in the row of the first occurrence.
            return entity if len(row) <= row_type.reference_length else self._update(entity, row_type, row, key)
        if type(key) is not str and type(key) is not tuple:
            key = str(key)
        ref = row_type.family.refs.get(key)
        entity = None if ref is None else ref()
        if ref is not None and entity is not None:
            entity._ftrack_state.peers = row_type.peers
            row_type.peers.members.append(ref)
            self._merged.append(entity)
            row_type.seen[key] = entity
            return self._update(entity, row_type, row, key)
        whole_key = key if type(key) is tuple else (key,)
        state = EntityState(self._workspace, whole_key, LOADED.after, row_type.peers)
        entity = row_type.seen[key] = new_entity(row_type.cls, state)
        ref = row_type.family.add(key, entity)
        row_type.peers.members.append(ref)
        self._merged.append(entity)
        if row.keys() <= row_type.implicit_names:
            self._workspace.identities.add_unloaded(row_type.schema.family, ref)
        self._decode(entity, row_type.schema, row)
        if self._has_set_inverse_keys and entity.__dict__:
            # The collection of another entity has set the key of that one here; the row may lack it.
            row = {**entity.__dict__, **row}
        set_values(entity, row_type.with_interned_names(row))
        for name in row_type.indexed:
            row_type.holders[name][key] = None
        return entity

    def _decode(self, entity: Entity, schema: EntityType, row: dict[str, Any]) -> bool:
        """Replace the entities and arrays in *row* by values, and remove arrays without usable content.

        Return whether there were arrays. Merging many rows spends most of its time here, so the most frequent case,
        a reference to an entity that has occurred in this response, is handled without a call.
        """
        row_types = self._row_types
        del row[ENTITY_TYPE]
        has_arrays = False
        unusable: list[str] = []
        for name, value in row.items():
            kind = type(value)
            if kind is dict:
                row_type = row_types.get(value.get(ENTITY_TYPE))
                if row_type is not None and len(value) <= row_type.reference_length:
                    try:
                        target = row_type.seen[value[row_type.key_name]]
                    except (KeyError, TypeError):
                        target = None
                    row[name] = self._entity(value) if target is None else target
                elif ENTITY_TYPE in value:
                    row[name] = self._entity(value)
            elif kind is list:
                has_arrays = True
                content = row[name] = self._collection(entity, schema, name, value)
                if content is NOT_LOADED:
                    unusable.append(name)
        for name in unusable:
            del row[name]
        return has_arrays

    def _update(self, entity: Entity, row_type: _RowType, row: dict[str, Any], key: MapKey) -> Entity:
        """Set the values of *row* on a known entity, underneath its edits, and return it.

        A collection or mapping stays the same object and gets the new content.
        """
        if type(entity) is not row_type.cls and issubclass(row_type.cls, type(entity)):
            # It first occurred under the name of a base type. All entity classes have one layout, so that its class can
            # be replaced.
            object.__setattr__(entity, "__class__", row_type.cls)
        elif not isinstance(entity, row_type.cls):
            row = _common_values(row, row_type.schema, entity.__schema__)
        has_arrays = self._decode(entity, row_type.schema, row)
        values = entity.__dict__
        state = entity._ftrack_state
        originals = state.originals
        if originals is None and not has_arrays and (row == values or row.items() <= values.items()):
            # Most rows of known entities bring no change. Comparing dictionaries runs at the speed of C.
            return entity
        is_outdated = state.written_at > self._sent_at
        holders = row_type.holders
        for name, value in row.items():
            current = values.get(name, NOT_LOADED)
            if current is value:
                continue
            if name in holders:
                holders[name][key] = None
            if isinstance(value, Tracked):
                self._update_tracked(entity, name, current, value, is_outdated=is_outdated)
                continue
            is_edited = originals is not None and name in originals
            if is_outdated and (current is not NOT_LOADED or is_edited or name in row_type.derived):
                # A derived value may be computed from the values that were written since.
                continue
            if originals is not None and is_edited:
                originals[name] = value
            elif current is NOT_LOADED:
                values[sys.intern(name)] = value
            elif current != value:
                self._sync_key_and_reference(entity, row_type.schema, name, value)
                values[name] = value
        return entity

    def _update_tracked(self, entity: Entity, name: str, current: Any, value: Tracked, *, is_outdated: bool) -> None:
        """Give a collection or mapping the content of *value*. It stays the same object, and keeps its edits.

        A stale one takes content from before a commit of the entity only if that commit has not affected it.
        """
        expiry = self._workspace.expiry
        if not isinstance(current, Tracked):
            entity.__dict__[sys.intern(name)] = value
        elif not is_outdated or (current._is_stale and not expiry.was_noticed_since(entity, name, self._sent_at)):
            current._set_base(value._base_content())

    def _sync_key_and_reference(self, entity: Entity, schema: EntityType, name: str, value: Any) -> None:
        """Unload the references that a new key *value* contradicts, or set the key that belongs to a new reference."""
        values = entity.__dict__
        originals = entity._ftrack_state.originals or {}
        for reference in schema.keyed_references.get(name, ()):
            if reference not in originals:
                values.pop(reference, None)
        key_name = schema.reference_keys.get(name)
        if key_name in values and key_name not in originals:
            values[key_name] = value._ftrack_state.key[0] if isinstance(value, Entity) else None

    def _collection(self, entity: Entity, schema: EntityType, name: str, items: list[Any]) -> Any:
        """Return the value of attribute *name* for an array: a collection, a mapping, or the array itself (JSON).

        Return `NOT_LOADED` for a mapping whose items came without keys or values.
        """
        attribute = schema.attributes.get(name)
        if attribute is None or attribute.kind is Kind.SCALAR:
            return items
        if attribute.kind is Kind.MAPPING:
            entries = self._entries(attribute, items)
            if entries is None:
                return NOT_LOADED
            return self._workspace.configurations.new_mapping(entity, attribute, entries)
        members = [self._entity(item) for item in items]
        self._has_set_inverse_keys = True
        for member in members:
            self._set_inverse_key(member, entity, name)
        return Collection(entity, attribute, members)

    def _set_inverse_key(self, member: Entity, owner: Entity, collection: str) -> None:
        """Set the key of *member* that refers to the *owner* of the collection, if the schema has one.

        Reading the reference back to the owner then needs no request.
        """
        key = self._workspace.schema.inverse_key(owner.__entity_type__, collection, member.__entity_type__)
        state = member._ftrack_state
        if key is None or key in (state.originals or ()) or state.written_at > self._sent_at:
            return
        values, owner_key = member.__dict__, owner._ftrack_state.key[0]
        if key in values and values[key] != owner_key:
            self._sync_key_and_reference(member, member.__schema__, key, owner_key)
        values[key] = owner_key

    def _entries(self, attribute: Attribute, items: Sequence[Mapping[str, Any]]) -> dict[str, Entry] | None:
        """Return the entries of a mapping, or None if the items came without keys or values."""
        key_name, value_name = str(attribute.key_name), str(attribute.value_name)
        entries: dict[str, Entry] = {}
        for item in items:
            if key_name not in item or value_name not in item:
                return None
            holder = self._workspace.schema.type(item[ENTITY_TYPE])
            key = tuple(zip(holder.primary_key, plain_key(holder, item), strict=True))
            entries[item[key_name]] = Entry(item[value_name], Reference(holder.name, key))
        if len(entries) < len(items):
            return self._entries_of_shared_keys(attribute, items)
        return entries

    def _entries_of_shared_keys(self, attribute: Attribute, items: Sequence[Mapping[str, Any]]) -> dict[str, Entry]:
        """Return the entries of a mapping with several items of one key, each under a name of its own."""
        read: list[tuple[str, str, Entry]] = []
        for item in items:
            for key, entry in (self._entries(attribute, [item]) or {}).items():
                holder = dict(entry.holder.key) if entry.holder else {}
                read.append((holder.get(CONFIGURATION_ID, key), key, entry))
        names = names_in_mapping((id_, key) for id_, key, _ in read)
        return {names[id_]: entry for id_, _, entry in read}


def _common_values(row: Mapping[str, Any], schema: EntityType, known: EntityType) -> dict[str, Any]:
    """Return the values in a row of type *schema* for an entity that is *known* as another type of the family."""
    attributes, others = schema.attributes, known.attributes
    return {
        name: value
        for name, value in row.items()
        if name == ENTITY_TYPE or (name in others and others[name].kind is attributes[name].kind)
    }
