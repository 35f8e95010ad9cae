"""State: the custom attributes of an entity as a mapping from configured keys to values of configured types."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Literal, overload

from ftrack_orm.entities.editing.checks import check_editable
from ftrack_orm.entities.editing.mappings import Entry, EntryEdits, MappedCollection
from ftrack_orm.entities.lifecycle import Lifecycle
from ftrack_orm.errors import InvalidValue, NotFetched, ReadOnlyAttribute, UnknownAttribute
from ftrack_orm.query.language.nodes import Path
from ftrack_orm.schema.facts import CONFIGURATION_ID
from ftrack_orm.values import FetchMode, Reference

from .configuration import Configuration
from .inheritance import ExplicitValues, InheritedValue, public_value, resolve

if TYPE_CHECKING:
    from ftrack_orm.entities.entity import Entity
    from ftrack_orm.schema.attribute import Attribute

    from .configurations import Configurations


class CustomAttributes(MappedCollection):
    """The custom attributes of an entity.

    Their keys are fixed by configurations on the server. An unknown key is refused, after checking whether it has been
    configured since, and none can be deleted. Setting None empties a value. Reading returns the value that was set,
    else the default; for a hierarchical attribute that was not set it returns None, and `get(key, inherited=True)`
    returns the value that applies to the entity. Setting the current value is no change, as for all attributes: a value
    "set" to its default is still not set, and follows the default when that changes.
    """

    __slots__ = ("_applied_configurations", "_configurations", "_explicit_values")

    _has_fixed_keys = True

    def __init__(
        self, owner: Entity, attribute: Attribute, entries: dict[str, Entry], configurations: Configurations
    ) -> None:
        super().__init__(owner, attribute, entries)
        self._configurations = configurations
        #: Of a new entity: the configurations that its entries were made from, by key.
        self._applied_configurations: dict[str, Configuration] = {}
        #: The explicit values read for inheritance. Entities for which they were read together share one object.
        self._explicit_values = ExplicitValues()

    # -- reading -------------------------------------------------------------------------------------------------------

    def __getitem__(self, key: str) -> Any:
        return public_value(super().__getitem__(key))

    @overload
    def get(self, key: str, default: Any = None, *, inherited: Literal[False] = False) -> Any: ...
    @overload
    def get(self, key: str, default: Any = None, *, inherited: Literal[True]) -> InheritedValue | Any: ...
    def get(self, key: str, default: Any = None, *, inherited: bool = False) -> Any:
        """Return the value of *key*, or *default* when the entity has no such custom attribute.

        With *inherited* return an `InheritedValue`: the value that applies to the entity and its source, which is the
        entity itself, the nearest entity above it with a value, or the default. It is determined for all peers of the
        entity at once, by a number of requests that does not depend on their number. Unsaved edits count.
        """
        entry = self._find(key) if inherited else self._current().get(key)
        if entry is None:
            return default
        return resolve(self, self._configuration_of(key, entry)) if inherited else public_value(entry.value)

    def default_of(self, key: str) -> Any:
        """Return the value that the entity shows for *key* while none is set: the default, or None if it inherits."""
        entry = self._entries.get(key)
        configuration = None if entry is None else self._configuration_of(key, entry)
        return None if configuration is None or configuration.is_hierarchical else configuration.default

    def _current(self) -> dict[str, Entry]:
        self._load_if_stale()
        state = self._owner._ftrack_state
        if state.lifecycle is Lifecycle.PENDING and not state.workspace.closed:
            self._apply_configurations()
        return self._entries

    def _find(self, key: str) -> Entry | None:
        entry = self._current().get(key)
        if entry is None and isinstance(key, str) and self._owner._ftrack_state.workspace.may_fetch(self._owner):
            entry = self._find_new_key(key)
        return entry

    def _configuration_of(self, key: str, entry: Entry) -> Configuration:
        """Return the configuration of an entry. One that the user may not see is replaced by one for any value."""
        self._configurations.require_for(self._owner)
        id_ = dict(entry.holder.key)[CONFIGURATION_ID] if entry.holder else ""
        return self._configurations.by_id(id_) or Configuration(id_, key, key, kind="unknown", entity_type="")

    def _ipython_key_completions_(self) -> list[str]:
        # Makes no request: the keys that are loaded, or else those that are known for other reasons.
        return list(self._entries) or self._configurations.known_keys(self._owner)

    # -- tracking ------------------------------------------------------------------------------------------------------

    def _content(self) -> dict[str, Entry]:
        self._apply_known_configurations()
        return dict(self._entries)

    def _apply_known_configurations(self) -> None:
        """Of a new entity, use the configurations that apply to its final parent, as far as no request is needed."""
        state = self._owner._ftrack_state
        if self._applied_configurations and state.lifecycle is Lifecycle.PENDING:
            with state.workspace.fetching(FetchMode.NEVER), suppress(NotFetched):
                self._current()

    def _set_base(self, base: dict[str, Entry]) -> None:
        if base != self._base:
            self._configurations.expire_values()
        self._explicit_values = ExplicitValues()
        super()._set_base(base)

    def _mark_saved(self, sent: EntryEdits, edit: EntryEdits | None) -> EntryEdits:
        self._configurations.expire_values()
        return super()._mark_saved(sent, edit)

    # -- keys ----------------------------------------------------------------------------------------------------------

    def _apply_configurations(self) -> None:
        """Give a new entity an entry, with the default, for each configuration that applies to its current parent."""
        configurations = self._configurations
        configurations.require_for(self._owner)
        applying = configurations.applying_to(self._owner)
        if applying == self._applied_configurations:
            return
        with self._owner._ftrack_state.workspace.lock:
            # An edit belongs to the key: if another configuration of it applies to the current parent, that gets it.
            self._base = {
                key: Entry(None if each.is_hierarchical else each.default, self._value_reference(each))
                for key, each in applying.items()
            }
            self._applied_configurations = applying
            self._derive()

    def _value_reference(self, configuration: Configuration) -> Reference:
        """Return the reference of the entity that holds the value of *configuration* on the server."""
        (entity_id,) = self._owner._ftrack_state.key[:1]
        parts = {CONFIGURATION_ID: configuration.id, "entity_id": entity_id}
        target = self._owner._ftrack_state.workspace.schema.type(str(self._attribute.target))
        return Reference(target.name, tuple((name, parts[name]) for name in target.primary_key))

    def _find_new_key(self, key: str) -> Entry | None:
        """Return the entry of a key that may have been configured since this mapping was loaded, or None."""
        state, name = self._owner._ftrack_state, self._attribute.name
        if state.lifecycle not in (Lifecycle.PENDING, Lifecycle.PERSISTENT):
            return None
        if not self._configurations.refresh_for_missing_key(key, state.peers):
            return None
        if state.lifecycle is Lifecycle.PENDING:
            return self._current().get(key)
        if key not in self._configurations.applying_to(self._owner):
            return None
        paths = (Path.of(name, str(self._attribute.key_name)), Path.of(name, str(self._attribute.value_name)))
        keys = [entity._ftrack_state.key for entity in self._entities_without(key)]
        state.workspace.loader.fetch(self._owner.__entity_type__, keys, paths)
        return self._entries.get(key)

    def _entities_without(self, key: str) -> list[Entity]:
        """Return the owner and, if the fetch mode allows, the peers of its type that have no entry of *key* either."""
        owner, state = self._owner, self._owner._ftrack_state
        if state.peers is None or state.workspace.fetch_mode(state) is not FetchMode.PEERS:
            return [owner]
        others = (peer for peer in state.peers.alive() if type(peer) is type(owner) and peer is not owner)
        return [owner, *(peer for peer in others if key not in _entries_of(peer, self._attribute.name))]

    # -- editing -------------------------------------------------------------------------------------------------------

    def _checked_entry(self, key: str, value: Any) -> Entry:
        check_editable(self._owner, self._attribute)
        entry = self._find(key)
        if entry is None:
            raise self._unknown_key_error(key)
        configuration = self._configuration_of(key, entry)
        kind = self._owner.__entity_type__
        try:
            return Entry(configuration.check(kind, value), entry.holder)
        except InvalidValue:
            if not configuration.options or not self._owner._ftrack_state.workspace.may_fetch(self._owner):
                raise
        # The option may have been added since the configurations were read.
        self._configurations.refresh()
        return Entry(self._configuration_of(key, entry).check(kind, value), entry.holder)

    def _unknown_key_error(self, key: str) -> UnknownAttribute:
        error = super()._unknown_key_error(key)
        if not self._configurations.is_configured(key):
            return error
        return UnknownAttribute(
            f"{error} It is configured, but not for {self._owner.__entity_type__} entities in this project.",
            **error.details,
        )

    def _replace(self, values: Mapping[str, Any]) -> None:
        self.update(values)

    def __delitem__(self, key: str) -> None:
        if self._find(key) is None:
            raise self._unknown_key_error(key)
        raise ReadOnlyAttribute(
            f"The custom attribute {key!r} of {self._owner!r} cannot be deleted, since it is configured; set it to "
            "None to empty it.",
            entity_type=self._owner.__entity_type__,
            attribute=self._attribute.name,
        )


def _entries_of(entity: Entity, name: str) -> Mapping[str, Entry]:
    mapping = entity.__dict__.get(name)
    return mapping._entries if isinstance(mapping, MappedCollection) else {}
