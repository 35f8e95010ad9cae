"""State: the locations of a session: their configuration, the ones that every server has, and looking them up."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ftrack_orm.behaviours.identity import id_of, is_saved
from ftrack_orm.entities.entity import Entity
from ftrack_orm.errors import InvalidValue, NoResult, StorageError, quoted, suggestion
from ftrack_orm.query.language.nodes import Membership, Path, Select
from ftrack_orm.schema.facts import (
    CONNECT_LOCATION_ID,
    ORIGIN_LOCATION_ID,
    REVIEW_LOCATION_ID,
    SERVER_LOCATION_ID,
    UNMANAGED_LOCATION_ID,
)
from ftrack_orm.storage.locations import (
    BUILT_IN_IDS,
    DEFAULT_PRIORITY,
    LocationConfiguration,
    LocationRegistry,
    Management,
    check_accessor,
)
from ftrack_orm.values import FetchMode

from .storage_scenario import activate_scenario

if TYPE_CHECKING:
    from ftrack_orm.behaviours.services import Services
    from ftrack_orm.storage.accessors.base import Accessor
    from ftrack_orm.storage.structures.base import Structure
    from ftrack_orm.storage.transformers import ResourceIdentifierTransformer

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_PATHS = tuple(map(Path.of, ("id", "name", "label", "description")))


class Locations:
    """The locations of a session, as `session.locations`.

    `session.locations["studio.main"]` returns the `Location` entity of a name or an id, and iterating yields those that
    can be used on this machine, the preferred ones first. The built-in ones are `origin` (where new files come from),
    `unmanaged`, `review`, `connect` and `server`.

    The configuration belongs to the session and not to entities: rollbacks and resets leave it as it is. Before a
    location is first used, the plugins of the session are loaded, and the storage scenario of the server is read.
    """

    def __init__(self, services: Services, built_in: Mapping[str, LocationConfiguration]) -> None:
        self._services = services
        self._lock = threading.RLock()
        self._is_scenario_active = False
        self.registry = LocationRegistry(built_in)

    def __repr__(self) -> str:
        return f"<session.locations: {len(self.registry.accessible())} with an accessor>"

    # -- configuring ---------------------------------------------------------------------------------------------------

    def configure(
        self,
        location: Entity | str,
        *,
        accessor: Accessor | None,
        structure: Structure | None = None,
        resource_identifier_transformer: ResourceIdentifierTransformer | None = None,
        priority: float = DEFAULT_PRIORITY,
        managed: bool = True,
    ) -> None:
        """State what a location does on this machine. Makes no request.

        *location* is its name, its id, or a `Location` entity. *accessor* reads and writes its files, None makes it
        unusable here. *structure* forms the resource identifiers, by default from the ids of components.
        *resource_identifier_transformer* turns them into the form that is stored on the server. The location with the
        lowest *priority* is preferred. Files of a location that is not *managed* are neither copied nor removed: other
        programs do that.

        The location has to exist on the server when it is first used: `session.ensure("Location", {"name": name})`.
        """
        if not isinstance(location, (Entity, str)):
            raise InvalidValue(f"A location is given by its name, its id or its entity, not {quoted(location)}.")
        check_accessor(accessor)
        if structure is None:
            from ftrack_orm.storage.structures.ids import IdStructure

            structure = IdStructure()
        configuration = LocationConfiguration(
            accessor,
            structure,
            resource_identifier_transformer,
            priority,
            Management.MANAGED if managed else Management.UNMANAGED,
        )
        key = id_of(location) if isinstance(location, Entity) else location
        self.registry.set(key, configuration, is_id=isinstance(location, Entity) or bool(_ID.fullmatch(location)))

    def configuration_of(self, location: Entity) -> LocationConfiguration | None:
        """Return what a location does on this machine, or None if it is not configured."""
        configuration = self._known_configuration(id_of(location))
        if configuration is None and (names := self.registry.unresolved_names()):
            with self._services.workspace.fetching(FetchMode.PEERS):
                name = location["name"]
            if name in names:
                self.registry.resolve(name, id_of(location))
                configuration = self.registry.get(id_of(location))
        return configuration

    def usable_configuration(self, location: Entity | str) -> LocationConfiguration:
        """Return what a location does on this machine. Raises `StorageError` if it has no accessor here."""
        location_id = self.id_of(location)
        configuration = self._known_configuration(location_id)
        if configuration is None or configuration.accessor is None:
            name = location if isinstance(location, str) else (location.__dict__.get("name") or location_id)
            name = next((each for each, built_in in BUILT_IN_IDS.items() if built_in == location_id), name)
            reason = (configuration and configuration.problem) or (
                "It is not configured. Use session.locations.configure(...) or a plugin that listens to "
                "ftrack.api.session.configure-location."
            )
            raise StorageError(f"The location {quoted(name)} has no accessor on this machine. {reason}")
        return configuration

    def editable_configuration(self, location: Entity) -> LocationConfiguration:
        """Return what a location does on this machine, as an object to change; it is added if it is missing."""
        return self.configuration_of(location) or self.registry.get_or_add(id_of(location))

    def _known_configuration(self, location_id: str) -> LocationConfiguration | None:
        """Return the configuration of a location by plain Python, by a plugin, or else by the storage scenario."""
        self._services.load_plugins()
        configuration = self.registry.get(location_id)
        if configuration is None:
            # Only now, because it may cost a request: the built-in locations do not depend on it.
            self._prepare()
            configuration = self.registry.get(location_id)
        return configuration

    def _prepare(self) -> None:
        """Load the plugins of the session and the storage scenario, unless that is done already."""
        # Plugins come first, without the lock: their callbacks use locations too.
        self._services.load_plugins()
        if not self._is_scenario_active:
            with self._lock:
                if not self._is_scenario_active:
                    self._is_scenario_active = True
                    activate_scenario(self._services, self.registry)

    # -- looking up ----------------------------------------------------------------------------------------------------

    @property
    def origin(self) -> Entity:
        """The location that new files come from, which only this session knows."""
        return self[ORIGIN_LOCATION_ID]

    @property
    def unmanaged(self) -> Entity:
        """The location of files that stay where they are."""
        return self[UNMANAGED_LOCATION_ID]

    @property
    def review(self) -> Entity:
        """The location of media for reviews, as older versions of ftrack used it."""
        return self[REVIEW_LOCATION_ID]

    @property
    def connect(self) -> Entity:
        """The location of ftrack's desktop application, which configures it."""
        return self[CONNECT_LOCATION_ID]

    @property
    def server(self) -> Entity:
        """The storage of the ftrack server."""
        return self[SERVER_LOCATION_ID]

    def __getitem__(self, name_or_id: str) -> Entity:
        locations = self.entities(self.ids_of([name_or_id]))
        if not locations:
            raise self._unknown(name_or_id)
        return locations[0]

    def __contains__(self, location: object) -> bool:
        """Return whether the server has the location; a name or an id that is not known yet costs a request."""
        if not isinstance(location, (Entity, str)):
            return False
        try:
            return bool(self.entities(self.ids_of([location])))
        except (NoResult, InvalidValue):
            return False

    def __iter__(self) -> Iterator[Entity]:
        return iter(self.entities([location_id for location_id, _ in self.accessible()]))

    def id_of(self, location: Entity | str) -> str:
        """Return the id of a location that is given by its name, its id, or its entity.

        A name that is neither built in nor was looked up before costs a request.
        """
        return self.ids_of([location])[0]

    def ids_of(self, locations: Iterable[Entity | str]) -> list[str]:
        """Return the ids of locations that are given by their names, ids or entities, with at most one request."""
        self._services.load_plugins()
        given = list(locations)
        names = [each for each in given if isinstance(each, str) and not _ID.fullmatch(each)]
        ids = {**BUILT_IN_IDS, **self._ids_by_name([name for name in names if name not in BUILT_IN_IDS])}
        result = []
        for each in given:
            if isinstance(each, Entity):
                if each.__entity_type__ != "Location":
                    raise InvalidValue(f"A location is needed, not {each!r}.")
                self.configuration_of(each)
                result.append(id_of(each))
            elif not isinstance(each, str):
                raise InvalidValue(f"A location is given by its name, its id or its entity, not {quoted(each)}.")
            elif each in names:
                if each not in ids:
                    raise self._unknown(each)
                result.append(ids[each])
            else:
                result.append(each)
        return result

    def accessible(self) -> list[tuple[str, LocationConfiguration]]:
        """Return ids and configurations of the locations with an accessor, the preferred ones first.

        Makes a request if locations were configured by names that were not looked up yet. Those that the server does
        not have are left out.
        """
        self._prepare()
        self._ids_by_name(self.registry.unresolved_names())
        return self.registry.accessible()

    def entities(self, location_ids: Sequence[str]) -> list[Entity]:
        """Return the entities of these locations that exist, in this order, with at most one request."""
        workspace = self._services.workspace
        known = {each: workspace.lookup("Location", (each,)) for each in location_ids}
        # One that is known as the location of a component has no name yet, which errors and logs show.
        missing = [(each,) for each, entity in known.items() if entity is None or "name" not in entity.__dict__]
        if missing:
            known.update({id_of(each): each for each in workspace.loader.fetch("Location", missing, _PATHS)})
        found = (known[each] for each in location_ids)
        return [each for each in found if each is not None and is_saved(each)]

    def _ids_by_name(self, names: Sequence[str]) -> dict[str, str]:
        """Return the ids of the locations with these names that the server has, with one request."""
        if not names:
            return {}
        select = Select("Location", _PATHS, Membership(Path.of("name"), tuple(names)))
        ids = {}
        for location in self._services.workspace.loader.read([select])[0]:
            ids[location["name"]] = id_of(location)
            self.registry.resolve(location["name"], id_of(location))
        return ids

    def _unknown(self, name: Any) -> NoResult:
        near = suggestion(str(name), BUILT_IN_IDS)
        return NoResult(
            f"The server has no location {quoted(name)}.{near} Create it with "
            'session.ensure("Location", {"name": ...}).',
            entity_type="Location",
        )
