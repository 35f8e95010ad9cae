"""State: the configurations of custom attributes a session knows: read when needed, and again when one is missed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ftrack_orm.entities.entity import Lifecycle, Peers
from ftrack_orm.entities.reading.merging import Merger
from ftrack_orm.entities.row_queries import IDS_PER_QUERY, in_parts, query_rows
from ftrack_orm.errors import NotFetched
from ftrack_orm.query.language.nodes import And, Membership, Path, Select
from ftrack_orm.schema.custom_attributes import ConfigurationScope
from ftrack_orm.schema.facts import (
    CONTEXT,
    CUSTOM_ATTRIBUTE_CONFIGURATION,
    CUSTOM_ATTRIBUTE_VALUE,
    CUSTOM_ATTRIBUTES,
    PARENT_RELATIONS,
    PROJECT,
)
from ftrack_orm.values import FetchMode
from ftrack_orm.wire.codec import ENTITY_TYPE, decode

from .configuration import Configuration, applying, read_configuration

if TYPE_CHECKING:
    from ftrack_orm.entities.entity import Entity
    from ftrack_orm.entities.workspace import Workspace
    from ftrack_orm.wire.operations import ServerCall

_WANTED = ("id", "key", "label", "entity_type", "object_type_id", "project_id", "default", "config", "is_hierarchical")


class Configurations:
    """All configurations of the server, in one request; iterating gives them. *call* sends operations."""

    def __init__(self, workspace: Workspace, call: ServerCall) -> None:
        self._workspace = workspace
        self._call = call
        self._known: Mapping[str, Configuration] | None = None
        self._applying: dict[ConfigurationScope, dict[str, Configuration]] = {}
        # What was looked for again and not found: keys, with the peers they were wanted for, and ids.
        self._missed: dict[str, Peers] = {}
        self._unseen: set[str] = set()
        # Counts what made values known before doubtful: commits of custom attributes, and news of them.
        self.writes = 0

    def __iter__(self) -> Iterator[Configuration]:
        return iter(self._all().values())

    def __len__(self) -> int:
        return len(self._all())

    def __repr__(self) -> str:
        known = "not read yet" if self._known is None else f"{len(self._known)} known"
        return f"<the configurations of custom attributes: {known}>"

    def refresh(self) -> None:
        """Read the configurations from the server again."""
        self._workspace.check_open("The configurations of custom attributes cannot be read")
        schema = self._workspace.schema
        if CUSTOM_ATTRIBUTE_CONFIGURATION not in schema.types:
            self._known = {}
            return
        described = schema.type(CUSTOM_ATTRIBUTE_CONFIGURATION)
        paths = [Path.of(name) for name in _WANTED if name in described.attributes]
        select = Select(CUSTOM_ATTRIBUTE_CONFIGURATION, (*paths, Path.of("type", "name")))
        rows = query_rows(self._call, [select])
        # A type's name comes with its first occurrence only (PROTOCOL 1.3).
        names = {row["type"]["id"]: row["type"]["name"] for row in rows if "name" in (row.get("type") or ())}
        found = (read_configuration(row, names.get((row.get("type") or {}).get("id"), "text")) for row in rows)
        self._known = {configuration.id: configuration for configuration in found}
        self._applying = {}

    def look_again(self, key: str, peers: Peers | None) -> bool:
        """Read the configurations again for a key that was missed, unless that was done for the same peers already.

        Returns whether it was done. Walking over a result and asking each entity for a key that does not exist costs
        one request, and asking the entities of a later result looks again.
        """
        if peers is not None and self._missed.get(key) is peers:
            return False
        self.refresh()
        if peers is not None:
            self._missed[key] = peers
        return True

    def by_id(self, id_: str) -> Configuration | None:
        """Return the configuration with that id, looking again at the server once; None if it is not to be seen."""
        if id_ not in self._all() and id_ not in self._unseen:
            self.refresh()
            if id_ not in self._all():
                self._unseen.add(id_)
        return self._all().get(id_)

    def applying_to(self, entity: Entity) -> dict[str, Configuration]:
        """Return the configurations that apply to *entity*, by key, found by its type, object type and project."""
        place = place_of(entity)
        known = self._all()
        found = self._applying.get(place)
        if found is None:
            found = self._applying[place] = applying(known.values(), place)
        return found

    def read_values(self, configuration_ids: Sequence[str], entity_ids: Sequence[str]) -> dict[tuple[str, str], Any]:
        """Return the values that were really set, by the ids of configuration and entity."""
        self._workspace.check_open("Values of custom attributes cannot be read")
        paths = tuple(map(Path.of, ("configuration_id", "entity_id", "value")))
        configured = Membership(Path.of("configuration_id"), tuple(configuration_ids))
        selects = [
            Select(CUSTOM_ATTRIBUTE_VALUE, paths, And((configured, Membership(Path.of("entity_id"), tuple(part)))))
            for part in in_parts(entity_ids, IDS_PER_QUERY)
        ]
        rows = query_rows(self._call, selects)
        return {(row["configuration_id"], row["entity_id"]): decode(row.get("value")) for row in rows}

    def meet(self, steps: Sequence[Mapping[str, str]]) -> dict[str, Entity]:
        """Return the objects of entities the server has, by id, as steps of a path name them; asks nothing."""
        types = self._workspace.schema.types
        rows = [{ENTITY_TYPE: step["type"] if step["type"] in types else CONTEXT, "id": step["id"]} for step in steps]
        return {entity._ftrack_state.key[0]: entity for entity in Merger(self._workspace).rows(rows)}

    def has_key(self, key: str) -> bool:
        """Whether a configuration that was read has that key, for whatever entities; asks nothing."""
        return any(configuration.key == key for configuration in (self._known or {}).values())

    def may_ask(self, entity: Entity) -> bool:
        """Whether the fetch mode lets something about *entity* be asked of the server."""
        return _may_ask(entity)

    def need(self, entity: Entity) -> None:
        """Raise `NotFetched` if the configurations are needed, not read yet, and must not be asked for."""
        if self._known is None and not self._workspace.closed and not self.may_ask(entity):
            raise NotFetched(
                "The configurations of custom attributes are not read yet, and the fetch mode is 'never'. "
                "session.configurations.refresh() reads them.",
                entity_type=entity.__entity_type__,
                attribute=CUSTOM_ATTRIBUTES,
            )

    def _all(self) -> Mapping[str, Configuration]:
        if self._known is None:
            self.refresh()
        return self._known or {}


def place_of(entity: Entity) -> ConfigurationScope:
    """Return where *entity* stands; what is not known of that yet is found as reading its attributes finds it."""
    schema = entity.__schema__
    object_type_id = entity.__dict__.get("object_type_id") or schema.classifiers.get("object_type_id")
    if object_type_id is None and "object_type_id" in schema.attributes:
        object_type_id = entity["object_type_id"]
    return ConfigurationScope(schema.family, is_project(entity), object_type_id, _project_id(entity))


def is_project(entity: Entity) -> bool:
    """Whether the entity is the top of its hierarchy."""
    return entity.__entity_type__ == PROJECT


def _project_id(entity: Entity) -> str | None:
    here: Any = entity
    while here is not None:
        if is_project(here):
            return str(here._ftrack_state.key[0])
        schema = here.__schema__
        # A new entity tells its project only if it was told; the server works it out from what the entity is in.
        is_new = here._ftrack_state.lifecycle in (Lifecycle.PENDING, Lifecycle.TRANSIENT)
        if "project_id" in schema.attributes and (not is_new or here.__dict__.get("project_id")):
            return here["project_id"]  # type: ignore[no-any-return]  # the schema says text
        step = PARENT_RELATIONS.get(schema.family)
        above = here[step] if step in schema.attributes else None
        if above is None and here.__dict__.get(schema.reference_keys.get(step)) is not None and not _may_ask(here):
            raise NotFetched(f"What {here!r} is in is not loaded, so its project is not known.", attribute=step)
        here = above
    return None


def _may_ask(entity: Entity) -> bool:
    state = entity._ftrack_state
    return state.workspace.fetch_mode(state) is not FetchMode.NEVER and not state.workspace.closed
