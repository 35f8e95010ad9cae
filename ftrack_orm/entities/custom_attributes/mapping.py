"""State: the custom attributes of an entity as a mapping from configured keys to values of configured types."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Literal, overload

import attrs

from ftrack_orm.entities.editing import changes
from ftrack_orm.entities.editing.mappings import Entry, MappedCollection
from ftrack_orm.entities.entity import Lifecycle
from ftrack_orm.errors import InvalidValue, NotFetched, ReadOnlyAttribute, UnknownAttribute
from ftrack_orm.query.language.nodes import Path
from ftrack_orm.schema.facts import CONFIGURATION_ID, CUSTOM_ATTRIBUTES, PARENT_RELATIONS
from ftrack_orm.values import FetchMode, Reference

from .configuration import Configuration
from .inheritance import ExplicitValues, InheritedValue, public_value, resolve

if TYPE_CHECKING:
    from ftrack_orm.entities.entity import Entity
    from ftrack_orm.schema.attribute import Attribute

    from .configurations import Configurations


class CustomAttributes(MappedCollection):
    """The custom attributes of an entity.

    They exist because somebody configured them, so the keys are fixed: an unknown one is refused, after looking whether
    it was configured meanwhile, and none can be deleted. Setting None empties one. A value shows what was set, else its
    default; a hierarchical one that was not set shows None, and `get(key, inherited=True)` what holds for the entity.
    Setting what is shown is no change, here as anywhere: a value "set" to the default that is shown stays not set, and
    goes on following the default.
    """

    __slots__ = ("_applying", "_rows")

    def __init__(self, owner: Entity, attribute: Attribute, entries: dict[str, Entry]) -> None:
        super().__init__(owner, attribute, entries)
        self._applying: dict[str, Configuration] = {}  # of a new entity: what its entries were made from
        # What was read for inheritance, shared by the entities it was read for together.
        self._rows = ExplicitValues()

    # -- reading -------------------------------------------------------------------------------------------------------

    def __getitem__(self, key: str) -> Any:
        return public_value(super().__getitem__(key))

    @overload
    def get(self, key: str, default: Any = None, *, inherited: Literal[False] = False) -> Any: ...
    @overload
    def get(self, key: str, default: Any = None, *, inherited: Literal[True]) -> InheritedValue | Any: ...
    def get(self, key: str, default: Any = None, *, inherited: bool = False) -> Any:
        """Return the value of *key*, or *default* when the entity has no such custom attribute.

        With *inherited* it is an `InheritedValue`: the value that holds for the entity and where it comes from, which
        is the entity itself, the nearest entity above it that has one, or the default. It is found for all peers of the
        entity at once, in a number of requests that does not depend on how many they are; unsaved edits count.
        """
        entry = self._find(key) if inherited else self._present().get(key)
        if entry is None:
            return default
        return resolve(self, self._configuration(key, entry)) if inherited else public_value(entry.value)

    def _present(self) -> dict[str, Entry]:
        self._load_if_stale()
        state = self._owner._ftrack_state
        if state.lifecycle is Lifecycle.PENDING and not state.workspace.closed:
            self._follow_configurations()
        return self._entries

    def _find(self, key: str) -> Entry | None:
        entry = self._present().get(key)
        if entry is None and isinstance(key, str) and self._configurations.may_ask(self._owner):
            entry = self._look_again(key)
        return entry

    def _content(self) -> dict[str, Entry]:
        state = self._owner._ftrack_state
        if self._applying and state.lifecycle is Lifecycle.PENDING:
            # What is sent is for the configurations that apply where the entity was put at last. Nothing is asked.
            with state.workspace.fetching(FetchMode.NEVER), suppress(NotFetched):
                self._present()
        return dict(self._entries)

    def _restore(self, content: Mapping[str, Entry]) -> None:
        if content != self._entries:
            self._configurations.writes += 1  # news of what is set
        super()._restore(content)

    @property
    def _configurations(self) -> Configurations:
        return self._owner._ftrack_state.workspace.configurations

    def _configuration(self, key: str, entry: Entry) -> Configuration:
        """Return the configuration behind an entry; one the user may not see is taken to hold anything."""
        configurations = self._configurations
        configurations.need(self._owner)
        id_ = dict(entry.holder.key)[CONFIGURATION_ID] if entry.holder else ""
        return configurations.by_id(id_) or Configuration(id_, key, key, kind="unknown", entity_type="")

    def default_of(self, key: str) -> Any:
        """Return what the entity shows for *key* while it is not set: the default, or None where that is inherited."""
        entry = self._entries.get(key)
        configuration = None if entry is None else self._configuration(key, entry)
        return None if configuration is None or configuration.is_hierarchical else configuration.default

    # -- keys: what is configured --------------------------------------------------------------------------------------

    def _follow_configurations(self) -> None:
        """Give a new entity an entry, with the default, for each configuration that applies where it stands now."""
        configurations = self._configurations
        configurations.need(self._owner)
        applying = configurations.applying_to(self._owner)
        if applying == self._applying:
            return
        name, state = self._attribute.name, self._owner._ftrack_state
        with state.workspace.lock:
            # While nothing is edited, what is there is what would be there without edits.
            before: dict[str, Entry] = (state.originals or {}).get(name) or self._entries
            edited = {key: entry for key, entry in self._entries.items() if entry != before.get(key)}
            defaults = {
                key: Entry(None if each.is_hierarchical else each.default, self._holder(each))
                for key, each in applying.items()
            }
            # Another configuration of the same key may apply where the entity stands now; then it holds the edit.
            kept = {
                key: attrs.evolve(entry, holder=defaults[key].holder) if key in defaults else entry
                for key, entry in edited.items()
            }
            if before is not self._entries:
                before.clear()
                before.update(defaults)
            self._entries = {**defaults, **kept}
            self._applying = applying

    def _holder(self, configuration: Configuration) -> Reference:
        (entity_id,) = self._owner._ftrack_state.key[:1]
        parts = {CONFIGURATION_ID: configuration.id, "entity_id": entity_id}
        target = self._owner._ftrack_state.workspace.schema.type(str(self._attribute.target))
        return Reference(target.name, tuple((name, parts[name]) for name in target.primary_key))

    def _look_again(self, key: str) -> Entry | None:
        """Return the entry of a key that may have been configured since this mapping was loaded, or None."""
        state, name = self._owner._ftrack_state, self._attribute.name
        if state.lifecycle not in (Lifecycle.PENDING, Lifecycle.PERSISTENT):
            return None
        if not self._configurations.look_again(key, state.peers):
            return None
        if state.lifecycle is Lifecycle.PENDING:
            return self._present().get(key)
        if key not in self._configurations.applying_to(self._owner):
            return None
        paths = (Path.of(name, str(self._attribute.key_name)), Path.of(name, str(self._attribute.value_name)))
        keys = [entity._ftrack_state.key for entity in self._lacking(key)]
        state.workspace.loader.fetch(self._owner.__entity_type__, keys, paths)
        return self._entries.get(key)

    def _lacking(self, key: str) -> list[Entity]:
        """Return the owner and those of its type that arrived with it and lack *key* too."""
        owner, state = self._owner, self._owner._ftrack_state
        if state.peers is None or state.workspace.fetch_mode(state) is not FetchMode.PEERS:
            return [owner]
        others = (peer for peer in state.peers.alive() if type(peer) is type(owner) and peer is not owner)
        return [owner, *(peer for peer in others if key not in _entries_of(peer, self._attribute.name))]

    # -- changing ------------------------------------------------------------------------------------------------------

    def _checked(self, key: str, value: Any) -> Entry:
        if not isinstance(key, str):
            raise InvalidValue(f"Keys of {self._attribute.name} are text, not {key!r}.")
        changes.check_editable(self._owner, self._attribute)
        entry = self._find(key)
        if entry is None:
            raise self._unknown(key)
        configuration = self._configuration(key, entry)
        kind = self._owner.__entity_type__
        try:
            return Entry(configuration.check(kind, value), entry.holder)
        except InvalidValue:
            if not configuration.options or not self._configurations.may_ask(self._owner):
                raise
        # Options are added every day.
        self._configurations.refresh()
        return Entry(self._configuration(key, entry).check(kind, value), entry.holder)

    def _unknown(self, key: str) -> UnknownAttribute:
        error = super()._unknown(key)
        if not self._configurations.has_key(key):
            return error
        return UnknownAttribute(
            f"{error} It is configured, but not for {self._owner.__entity_type__} entities in this project.",
            **error.details,
        )

    def _replace(self, values: Mapping[str, Any]) -> None:
        self.update(values)

    def __delitem__(self, key: str) -> None:
        if self._find(key) is None:
            raise self._unknown(key)
        raise ReadOnlyAttribute(
            f"The custom attribute {key!r} of {self._owner!r} exists because it is configured; set it to None to "
            "empty it.",
            entity_type=self._owner.__entity_type__,
            attribute=self._attribute.name,
        )

    def _committed(self, sent: Mapping[str, Entry]) -> dict[str, Entry]:
        self._configurations.writes += 1
        return super()._committed(sent)


def resolve_configurations(entities: Iterable[Entity]) -> None:
    """Have what was set on new *entities* be for the configurations that apply where they were put at last.

    An entity may have been put somewhere by an id alone, after its custom attributes were set. What the session does
    not know of such places is asked, in one request for each type; else nothing is.
    """
    mappings = [
        mapping
        for entity in entities
        if isinstance(mapping := entity.__dict__.get(CUSTOM_ATTRIBUTES), CustomAttributes) and mapping._applying
    ]
    if not mappings:
        return
    workspace = mappings[0]._owner._ftrack_state.workspace
    unknown: dict[str, dict[tuple[str, ...], None]] = {}
    for mapping in mappings:
        above = _unknown_above(mapping._owner)
        if above is not None:
            unknown.setdefault(above.entity_type, {})[(above.id,)] = None
    with workspace.fetching(FetchMode.PEERS):
        for kind, keys in unknown.items():
            workspace.loader.fetch(kind, keys)
        for mapping in mappings:
            mapping._present()


def _unknown_above(entity: Entity) -> Reference | None:
    """Return what an entity is in if the session does not know that."""
    step = PARENT_RELATIONS.get(entity.__schema__.family, "")
    attribute = entity.__schema__.attributes.get(step)
    key = entity.__dict__.get(entity.__schema__.reference_keys.get(step, ""))
    if attribute is None or key is None or entity.__dict__.get(step) is not None:
        return None
    target = str(attribute.target)
    return None if entity._ftrack_state.workspace.lookup(target, (key,)) else Reference(target, (("id", key),))


def new_mapping(owner: Entity, attribute: Attribute, entries: dict[str, Entry]) -> MappedCollection:
    """Return the mapping for a mapped collection: custom attributes, told by their values' key, are one of a kind."""
    target = owner._ftrack_state.workspace.schema.type(str(attribute.target))
    kind = CustomAttributes if CONFIGURATION_ID in target.primary_key else MappedCollection
    return kind(owner, attribute, entries)


def _entries_of(entity: Entity, name: str) -> Mapping[str, Entry]:
    mapping = entity.__dict__.get(name)
    return mapping._entries if isinstance(mapping, MappedCollection) else {}
