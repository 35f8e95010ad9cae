"""State: taking the rows of one answer into the session's objects, without losing an edit or what was known before."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from ftrack_orm.entities.custom_attributes.mapping import new_mapping
from ftrack_orm.entities.editing import changes
from ftrack_orm.entities.editing.collections import Collection
from ftrack_orm.entities.editing.mappings import Entry
from ftrack_orm.entities.entity import Entity, EntityState, Lifecycle, Peers, new_entity, plain_key, set_values
from ftrack_orm.entities.identity_map import Family, MapKey, ResultWindow
from ftrack_orm.entities.tracked import Tracked
from ftrack_orm.entities.workspace import Workspace
from ftrack_orm.errors import ProtocolError, UnknownEntityType
from ftrack_orm.schema.attribute import Attribute, Kind
from ftrack_orm.schema.model import EntityType
from ftrack_orm.values import NOT_LOADED, FetchMode, Reference
from ftrack_orm.wire.codec import ENTITY_TYPE, VALUE_TYPE, decode_typed


class _Plan:
    """What is the same for all rows of an entity type in one answer."""

    __slots__ = ("always", "bare", "cls", "family", "met", "names", "only_key", "peers", "schema")

    def __init__(
        self, cls: type[Entity], schema: EntityType, family: Family, peers: Peers, met: dict[MapKey, Entity]
    ) -> None:
        self.cls = cls
        self.schema = schema
        self.family = family
        self.peers = peers
        #: The entities of the family that this answer has told of, by key.
        self.met = met
        self.only_key = schema.primary_key[0] if len(schema.primary_key) == 1 else None
        # A row of no more than this refers to an entity: it has nothing but its type and key.
        self.bare = 1 + len(schema.primary_key)
        # What comes with every first occurrence, selected or not (PROTOCOL 1.3).
        self.always = {ENTITY_TYPE, *schema.primary_key, *schema.system_projections, *schema.classifiers}
        # The names in the rows so far, interned; see `memory`.
        self.names: dict[str, Any] = {}

    def memory(self, row: dict[str, Any]) -> dict[str, Any]:
        """Return the values of *row* under names that are the very objects Python's code has for them.

        A name that came from JSON is equal to the one in `task.name`, but another object. Found by comparing text, a
        value takes longer to read, and from Python 3.12 on several times as long: the interpreter then keeps where in
        the dictionary it was, and looks there at once. A dictionary keeps the names it has when it is updated.
        """
        values = self.names.copy()
        values.update(row)
        if len(values) != len(row) or len(self.names) != len(row):
            self.names = dict.fromkeys(map(sys.intern, row))
            values = self.names | row
        return values


class Merger:
    """Turns the rows of one answer into entities; everything in it that is of one family becomes a group of peers.

    The server emits an entity's attributes at its first occurrence in an answer and only its key afterwards
    (PROTOCOL 1.3), so a row says what is known of an entity and is silent about the rest: merging only ever adds.

    *asked_at* is what `Workspace.revision` was when the question was sent, now when left out. The answer may be older
    than a commit made meanwhile, so of entities written since then it only fills in what is not known. *walk* is what
    the answer is a page of.
    """

    def __init__(
        self,
        workspace: Workspace,
        mode: FetchMode | None = None,
        asked_at: int | None = None,
        walk: ResultWindow | None = None,
    ) -> None:
        self._workspace = workspace
        self._mode = mode
        self._asked_at = workspace.revision if asked_at is None else asked_at
        self._peers: dict[str, Peers] = {}
        self._met: dict[str, dict[MapKey, Entity]] = {}
        self._plans: dict[str, _Plan] = {}
        self._arrived: list[Entity] = []
        self._walk = walk
        self._has_told_members = False

    def rows(self, rows: Sequence[dict[str, Any]]) -> list[Entity]:
        """Return the entities of *rows*, in their order, with the values the rows bring.

        The rows are used up: they become the entities' own memory. Raises `ProtocolError` for a row that is no entity,
        and `UnknownEntityType` for one of a type that the schema does not have.
        """
        with self._workspace.lock:
            entities = [self._entity(row) for row in rows]
            self._workspace.identities.keep_recent(self._arrived, self._walk)
            self._arrived = []
            # The answer may have been made before what the server told since the question was sent.
            self._workspace.expiry.reapply_since(self._asked_at)
        return entities

    def _plan(self, name: str) -> _Plan:
        cls = self._workspace.classes[name]
        schema = cls.__schema__
        peers = self._peers.setdefault(schema.family, Peers(self._mode))
        met = self._met.setdefault(schema.family, {})
        plan = self._plans[name] = _Plan(cls, schema, self._workspace.identities.family(schema.family), peers, met)
        return plan

    def _entity(self, row: dict[str, Any]) -> Entity:
        try:
            name = row[ENTITY_TYPE]
            plan = self._plans.get(name) or self._plan(name)
            key = row[plan.only_key] if plan.only_key is not None else plain_key(plan.schema, row)
            entity = plan.met.get(key)
        except UnknownEntityType:  # a KeyError too
            raise
        except (KeyError, TypeError):
            raise ProtocolError(f"The server sent a row without entity type or key: {str(row)[:200]}") from None
        if entity is not None:
            # Where it is only referred to, what the server had to say of it was said at its first occurrence.
            return entity if len(row) <= plan.bare else self._tell(entity, plan, row)
        if type(key) is not str and type(key) is not tuple:
            key = str(key)
        known = plan.family.refs.get(key)
        entity = None if known is None else known()
        if known is not None and entity is not None:
            entity._ftrack_state.peers = plan.peers
            plan.peers.members.append(known)
            self._arrived.append(entity)
            plan.met[key] = entity
            return self._tell(entity, plan, row)
        whole_key = key if type(key) is tuple else (key,)
        state = EntityState(self._workspace, whole_key, Lifecycle.PERSISTENT, plan.peers)
        entity = plan.met[key] = new_entity(plan.cls, state)
        ref = plan.family.add(key, entity)
        plan.peers.members.append(ref)
        self._arrived.append(entity)
        if row.keys() <= plan.always:
            self._workspace.identities.add_unloaded(plan.schema.family, ref)
        self._decode(entity, plan.schema, row)
        if self._has_told_members and entity.__dict__:
            # What it was told in passing, by what it belongs to, stays where the row is silent.
            row = {**entity.__dict__, **row}
        set_values(entity, plan.memory(row))
        return entity

    def _decode(self, entity: Entity, schema: EntityType, row: dict[str, Any]) -> bool:
        """Put into *row* what its objects and arrays stand for, and take out what says nothing of a value.

        Returns whether there were arrays. This is where an answer of many rows spends its time, so what is found most,
        a reference to an entity that the answer has told of already, is answered here without a call.
        """
        plans = self._plans
        del row[ENTITY_TYPE]
        has_arrays = False
        untold: list[str] = []
        for name, value in row.items():
            kind = type(value)
            if kind is dict:
                plan = plans.get(value.get(ENTITY_TYPE))
                if plan is not None and len(value) <= plan.bare:
                    try:
                        target = plan.met[value[plan.only_key]]
                    except (KeyError, TypeError):
                        target = None
                    row[name] = self._entity(value) if target is None else target
                elif VALUE_TYPE in value:
                    row[name] = decode_typed(value)
                elif ENTITY_TYPE in value:
                    row[name] = self._entity(value)
            elif kind is list:
                has_arrays = True
                told = row[name] = self._plural(entity, schema, name, value)
                if told is NOT_LOADED:
                    untold.append(name)
        for name in untold:
            del row[name]
        return has_arrays

    def _tell(self, entity: Entity, plan: _Plan, row: dict[str, Any]) -> Entity:
        """Take what a row says of a known entity; edits stay, and who holds a collection sees its news."""
        if type(entity) is not plan.cls and issubclass(plan.cls, type(entity)):
            # Met first under a base type's name; all entity classes have one layout, so it may become what it is.
            object.__setattr__(entity, "__class__", plan.cls)
        has_arrays = self._decode(entity, plan.schema, row)
        values = entity.__dict__
        state = entity._ftrack_state
        originals = state.originals
        if originals is None and not has_arrays and (row == values or row.items() <= values.items()):
            # An answer told again is the usual case, and this finds out at the speed of C.
            return entity
        is_older = state.written_at > self._asked_at
        for name, value in row.items():
            known = values.get(name, NOT_LOADED)
            if known is value:
                continue
            if is_older and (known is not NOT_LOADED or (originals is not None and name in originals)):
                continue
            if originals is not None and name in originals:
                # The user's edit stays; what it replaces is news.
                originals[name] = self._rebase(known, originals[name], value)
                if isinstance(known, Tracked) and known._content() == originals[name]:
                    # Somebody else has made the very same edit.
                    del originals[name]
                    changes.clear_modified_if_unchanged(entity)
            elif known is NOT_LOADED:
                values[sys.intern(name)] = value
            elif isinstance(value, Tracked):
                known._restore(value._content())
            elif known != value:
                self._keep_key_and_reference_together(entity, plan.schema, name, value)
                values[name] = value
        return entity

    def _rebase(self, edited: Any, before: Any, news: Any) -> Any:
        """Return *news* as an original, having made the edits of a collection or mapping again on top of them.

        Otherwise the next commit would take out what somebody else has put in.
        """
        if not isinstance(news, Tracked):
            return news
        content = news._content()
        if isinstance(edited, Tracked) and before is not NOT_LOADED:
            edited._restore(_edited_again(edited._content(), before, content))
        return content

    def _keep_key_and_reference_together(self, entity: Entity, schema: EntityType, name: str, value: Any) -> None:
        """When news of a key or a reference arrives, see to it that the other one does not go on telling old news."""
        values = entity.__dict__
        originals = entity._ftrack_state.originals or {}
        for reference in schema.keyed_references.get(name, ()):
            if reference not in originals:
                values.pop(reference, None)
        key_name = schema.reference_keys.get(name)
        if key_name in values and key_name not in originals:
            values[key_name] = value._ftrack_state.key[0] if isinstance(value, Entity) else None

    def _plural(self, entity: Entity, schema: EntityType, name: str, items: list[Any]) -> Any:
        attribute = schema.attributes.get(name)
        if attribute is None or attribute.kind is Kind.SCALAR:
            return items
        if attribute.kind is Kind.MAPPING:
            entries = self._entries(attribute, items)
            return NOT_LOADED if entries is None else new_mapping(entity, attribute, entries)
        members = [self._entity(item) for item in items]
        self._has_told_members = True
        for member in members:
            self._tell_owner(member, entity, name)
        return Collection(entity, attribute, members)

    def _tell_owner(self, member: Entity, owner: Entity, collection: str) -> None:
        """Let a member know whose it is, where the schema says which of its keys tells: that spares asking for it."""
        key = self._workspace.schema.inverse_key(owner.__entity_type__, collection, member.__entity_type__)
        state = member._ftrack_state
        if key is None or key in (state.originals or ()) or state.written_at > self._asked_at:
            return
        values, owner_key = member.__dict__, owner._ftrack_state.key[0]
        if key in values and values[key] != owner_key:
            self._keep_key_and_reference_together(member, member.__schema__, key, owner_key)
        values[key] = owner_key

    def _entries(self, attribute: Attribute, items: Sequence[Mapping[str, Any]]) -> dict[str, Entry] | None:
        """Return the pairs of a mapped collection, or None when the answer refers to them without keys and values."""
        key_name, value_name = str(attribute.key_name), str(attribute.value_name)
        entries: dict[str, Entry] = {}
        for item in items:
            if key_name not in item or value_name not in item:
                return None
            holder = self._workspace.schema.type(item[ENTITY_TYPE])
            value = item[value_name]
            if type(value) is dict and VALUE_TYPE in value:
                value = decode_typed(value)
            key = tuple(zip(holder.primary_key, plain_key(holder, item), strict=True))
            entries[item[key_name]] = Entry(value, Reference(holder.name, key))
        return entries


def _edited_again(edited: Any, before: Any, news: Any) -> Any:
    """Return *news* with what was put into *before*, and taken out of it, to make it *edited*."""
    if isinstance(news, dict):
        kept = {key: entry for key, entry in news.items() if key in edited or key not in before}
        for key, entry in edited.items():
            if entry != before.get(key):
                kept[key] = attrs.evolve(entry, holder=news[key].holder if key in news else None)
        return kept
    removed, known = set(before) - set(edited), {*before, *news}
    return (*(item for item in news if item not in removed), *(item for item in edited if item not in known))
