"""State: the configurations of custom attributes: read when first needed, and again when one is missing."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ftrack_orm.entities.editing.mappings import Entry, MappedCollection
from ftrack_orm.entities.row_queries import IDS_PER_QUERY, in_parts, query_rows, value_in
from ftrack_orm.errors import NotFetched
from ftrack_orm.query.language.nodes import And, Membership, Path, Select
from ftrack_orm.schema.custom_attributes import ConfigurationScope, fits_type
from ftrack_orm.schema.facts import (
    CONFIGURATION_ID,
    CUSTOM_ATTRIBUTE_CONFIGURATION,
    CUSTOM_ATTRIBUTE_VALUE,
    CUSTOM_ATTRIBUTES,
)
from ftrack_orm.values import SessionBound
from ftrack_orm.wire.codec import decode

from .configuration import Configuration, applying, read_configuration
from .mapping import CustomAttributes
from .scope import is_project, scope_of

if TYPE_CHECKING:
    from ftrack_orm.entities.entity import Entity, Peers
    from ftrack_orm.entities.workspace import Workspace
    from ftrack_orm.schema.attribute import Attribute
    from ftrack_orm.wire.operations import Operation, ServerCall
    from ftrack_orm.wire.replies import Reply

_ATTRIBUTES_READ = (
    "id", "key", "label", "entity_type", "object_type_id", "project_id", "default", "config", "is_hierarchical"
)  # fmt: skip

logger = logging.getLogger("ftrack_orm.entities")


class Configurations(SessionBound):
    """The custom attribute configurations of the server. Iterating yields them; one request reads them all.

    *call* sends operations.
    """

    def __init__(self, workspace: Workspace, call: ServerCall) -> None:
        self._workspace = workspace
        self._call = call
        self._by_id: Mapping[str, Configuration] | None = None
        self._by_scope: dict[ConfigurationScope, dict[str, Configuration]] = {}
        #: Keys that were missing after a refresh, with the peers they were looked up for.
        self._missing_keys: dict[str, Peers] = {}
        #: Ids that were missing after a refresh: configurations that the user may not see.
        self._missing_ids: set[str] = set()
        #: By name of a value type, whether its values are those of custom attributes.
        self._is_configured_type: dict[str, bool] = {}
        #: Increases with every commit and every notice of custom attribute values. Explicit values that were read at
        #: an earlier revision are read again.
        self.values_revision = 0

    def __iter__(self) -> Iterator[Configuration]:
        return iter(self._all().values())

    def __len__(self) -> int:
        return len(self._all())

    def __repr__(self) -> str:
        state = "not read yet" if self._by_id is None else f"{len(self._by_id)} known"
        return f"<the configurations of custom attributes: {state}>"

    def new_mapping(self, owner: Entity, attribute: Attribute, entries: dict[str, Entry]) -> MappedCollection:
        """Return the mapping that is the value of *attribute*, `CustomAttributes` if its keys are configured."""
        target = str(attribute.target)
        is_configured = self._is_configured_type.get(target)
        if is_configured is None:
            is_configured = CONFIGURATION_ID in self._workspace.schema.type(target).primary_key
            self._is_configured_type[target] = is_configured
        if is_configured:
            return CustomAttributes(owner, attribute, entries, self)
        return MappedCollection(owner, attribute, entries)

    # -- configurations ------------------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Read the configurations from the server again."""
        self.read_by(self._call)

    def read_by(self, call: ServerCall) -> None:
        """Read the configurations with *call*, which sends the queries of `selects`."""
        self._workspace.check_open("The configurations of custom attributes cannot be read")
        selects = self.selects()
        if not selects:
            self._by_id = {}
            return
        rows = query_rows(call, selects, self._workspace.schema)
        # The name of a type is in the row of its first occurrence only (PROTOCOL 1.3).
        types = [row.get("type") or {} for row in rows]
        names = {type_["id"]: str(type_["name"]) for type_ in types if "name" in type_ and "id" in type_}
        read: dict[str, Configuration] = {}
        for row in rows:
            if row.get("key", "") is None:
                # Servers accept it. One such row must not make all others unusable.
                logger.warning("The configuration %s has no key: its custom attribute cannot be used.", row.get("id"))
                continue
            configuration = read_configuration(row, names.get((row.get("type") or {}).get("id"), "text"))
            read[configuration.id] = configuration
        self._by_id = read
        self._by_scope = {}

    def selects(self) -> list[Select]:
        """Return the query that reads the configurations; none for a server without custom attributes."""
        schema = self._workspace.schema
        if CUSTOM_ATTRIBUTE_CONFIGURATION not in schema.types:
            return []
        attributes = schema.type(CUSTOM_ATTRIBUTE_CONFIGURATION).attributes
        paths = [Path.of(name) for name in _ATTRIBUTES_READ if name in attributes]
        return [Select(CUSTOM_ATTRIBUTE_CONFIGURATION, (*paths, Path.of("type", "name")))]

    @property
    def are_read(self) -> bool:
        """Whether the configurations were read."""
        return self._by_id is not None

    def call_checked(
        self, call: ServerCall, selects: Sequence[Select], operations: Sequence[Operation]
    ) -> Sequence[Reply]:
        """Send *operations*, which request the first pages of *selects*, and return their replies.

        Raises `UnknownAttribute` for the key of a custom attribute that no configuration has.
        """
        # Imported here, because few queries ask for custom attributes.
        from .checked_keys import call_checked

        return call_checked(self, self._workspace.schema, call, selects, operations)

    def check_key(self, entity_type: str, key: str, *, is_id: bool = False) -> None:
        """Raise `UnknownAttribute` unless a configuration of entities of a type has *key*, or that id with *is_id*.

        A key that is missing from the known configurations is looked up in the present ones first.
        """
        from .checked_keys import check_key

        check_key(self, self._workspace.schema, entity_type, key, is_id=is_id)

    def refresh_for_missing_key(self, key: str, peers: Peers | None) -> bool:
        """Read the configurations again because *key* is missing, and return whether that was done.

        It is not done twice for the same peers: looking up a key that does not exist on every entity of a result costs
        one request, and looking it up on the entities of a later result costs another.
        """
        if peers is not None and self._missing_keys.get(key) is peers:
            return False
        self.refresh()
        if peers is not None:
            self._missing_keys[key] = peers
        return True

    def by_id(self, id_: str) -> Configuration | None:
        """Return the configuration with that id, None if the user may not see it.

        An unknown id is looked up on the server once.
        """
        if id_ not in self._all() and id_ not in self._missing_ids:
            self.refresh()
            if id_ not in self._all():
                self._missing_ids.add(id_)
        return self._all().get(id_)

    def applying_to(self, entity: Entity) -> dict[str, Configuration]:
        """Return the configurations that apply to *entity*, by their names in its mapping."""
        scope = scope_of(entity)
        configurations = self._all()
        by_key = self._by_scope.get(scope)
        if by_key is None:
            by_key = self._by_scope[scope] = applying(configurations.values(), scope)
        return by_key

    def is_configured(self, key: str) -> bool:
        """Whether a configuration that was read has that key, for any entities. Makes no request."""
        return any(configuration.key == key for configuration in (self._by_id or {}).values())

    def known_keys(self, entity: Entity) -> list[str]:
        """Return the keys that *entity* may have, as far as that is known. Makes no request, and reads no attribute.

        They are those of the configurations that fit its type, in any project, or else those that are loaded for
        entities of its type.
        """
        if self._by_id is not None:
            schema = entity.__schema__
            object_type_id = entity.__dict__.get("object_type_id") or schema.classifiers.get("object_type_id")
            scope = ConfigurationScope(schema.family, is_project(entity), object_type_id, None)
            return sorted({each.key for each in self._by_id.values() if fits_type(each, scope)})
        for other in self._workspace.identities.family(entity.__schema__.family):
            loaded = other.__dict__.get(CUSTOM_ATTRIBUTES)
            if type(other) is type(entity) and isinstance(loaded, CustomAttributes) and loaded._entries:
                return sorted(loaded._entries)
        return []

    def require_for(self, entity: Entity) -> None:
        """Raise `NotFetched` if the configurations are needed for *entity*, not read yet, and must not be read."""
        if self._by_id is None and not self._workspace.closed and not self._workspace.may_fetch(entity):
            raise NotFetched(
                "The configurations of custom attributes are not read yet, and the fetch mode is 'never'. "
                "session.configurations.refresh() reads them.",
                entity_type=entity.__entity_type__,
                attribute=CUSTOM_ATTRIBUTES,
            )

    def _all(self) -> Mapping[str, Configuration]:
        if self._by_id is None:
            self.refresh()
        return self._by_id or {}

    def expire_configurations(self) -> None:
        """Read the configurations again when they are next needed. Makes no request."""
        self._by_id, self._by_scope = None, {}
        self._missing_keys, self._missing_ids = {}, set()
        self.expire_values()

    # -- values --------------------------------------------------------------------------------------------------------

    def expire_values(self) -> None:
        """Read explicit values again when they are next needed. Makes no request."""
        self.values_revision += 1

    def read_explicit_values(
        self, configuration_ids: Sequence[str], entity_ids: Sequence[str]
    ) -> dict[tuple[str, str], Any]:
        """Return the values that were set explicitly, by the ids of configuration and entity."""
        self._workspace.check_open("Values of custom attributes cannot be read")
        paths = tuple(map(Path.of, (CONFIGURATION_ID, "entity_id", "value")))
        of_configurations = Membership(Path.of(CONFIGURATION_ID), tuple(configuration_ids))
        selects = [
            Select(
                CUSTOM_ATTRIBUTE_VALUE, paths, And((of_configurations, Membership(Path.of("entity_id"), tuple(part))))
            )
            for part in in_parts(entity_ids, IDS_PER_QUERY)
        ]
        rows = query_rows(self._call, selects, self._workspace.schema)
        return {
            (str(value_in(row, CONFIGURATION_ID)), str(value_in(row, "entity_id"))): decode(row.get("value"))
            for row in rows
        }
