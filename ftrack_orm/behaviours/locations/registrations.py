"""State: which components are in which locations, and under which resource identifiers, as the server knows it.

Every read asks the server, since other processes publish files at any time. Containers are looked up with their members
in one request for all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ftrack_orm.behaviours.identity import id_of, is_saved
from ftrack_orm.entities.entity import Entity
from ftrack_orm.entities.reading.peer_groups import needs_load
from ftrack_orm.entities.row_queries import IDS_PER_QUERY, in_parts, selects_by_key
from ftrack_orm.errors import InvalidValue, quoted
from ftrack_orm.query.language.nodes import Membership, Path, Select, conjunction
from ftrack_orm.values import FetchMode

if TYPE_CHECKING:
    from ftrack_orm.behaviours.services import Services
    from ftrack_orm.schema.model import EntityType

#: The attributes of containers and their members that are loaded together: most structures need no others.
_NAMES = ("id", "name", "file_type", "size", "system_type", "container_id")
_REGISTRATION_PATHS = tuple(map(Path.of, ("id", "component_id", "location_id", "resource_identifier")))

#: The `ComponentLocation` entities by the ids of component and location.
Registrations = Mapping[tuple[str, str], Entity]


def is_container(component: Entity) -> bool:
    """Return whether *component* has members."""
    return "members" in component.__attributes__


def checked_components(components: Any) -> list[Entity]:
    """Return *components* as a list. Raises `InvalidValue` if one is no component."""
    if isinstance(components, Entity):
        raise InvalidValue(f"A list of components is needed, not {components!r} itself.")
    checked = list(components)
    for component in checked:
        if not isinstance(component, Entity) or "component_locations" not in component.__attributes__:
            raise InvalidValue(f"A component is needed, not {quoted(component)}.")
    return checked


def read_registrations(
    services: Services, components: Iterable[Entity], location_ids: Sequence[str] | None = None
) -> Registrations:
    """Return the registrations of *components* in these locations, or in all, with one request for up to 10,000.

    Components that the server does not have yet are in no location.
    """
    ids = list(dict.fromkeys(id_of(component) for component in components if is_saved(component)))
    if not ids or (location_ids is not None and not location_ids):
        return {}
    location = None if location_ids is None else Membership(Path.of("location_id"), tuple(location_ids))
    selects = [
        Select(
            "ComponentLocation",
            _REGISTRATION_PATHS,
            conjunction(Membership(Path.of("component_id"), tuple(part)), location),
        )
        for part in in_parts(ids, IDS_PER_QUERY)
    ]
    results = services.workspace.loader.read(selects)
    return {(row["component_id"], row["location_id"]): row for rows in results for row in rows}


def load_members(components: Iterable[Entity]) -> None:
    """Load the members of all containers among *components*, and theirs, with one request for each level."""
    seen: set[Entity] = set()
    level = [component for component in components if is_container(component)]
    while level:
        seen.update(level)
        _load_members_of([each for each in level if is_saved(each) and needs_load(each, "members")])
        members = dict.fromkeys(member for each in level for member in each["members"])
        level = [member for member in members if is_container(member) and member not in seen]


def _load_members_of(containers: Sequence[Entity]) -> None:
    by_type: dict[EntityType, list[Entity]] = {}
    for container in containers:
        by_type.setdefault(container.__schema__, []).append(container)
    selects = []
    for schema, group in by_type.items():
        own = (*_NAMES, "padding") if "padding" in schema.attributes else _NAMES
        paths = (*map(Path.of, own), *(Path.of("members", name) for name in _NAMES))
        selects += selects_by_key(schema, paths, [(id_of(each),) for each in group])
    if selects:
        containers[0]._ftrack_state.workspace.loader.read(selects)


def with_members(components: Iterable[Entity]) -> list[Entity]:
    """Return *components*, each with its members behind it at any depth, and each once."""
    given = list(components)
    if not given:
        return []
    with given[0]._ftrack_state.workspace.fetching(FetchMode.PEERS):
        return _with_loaded_members(given)


def _with_loaded_members(given: Sequence[Entity]) -> list[Entity]:
    load_members(given)
    ordered: dict[Entity, None] = {}

    def add(component: Entity) -> None:
        if component not in ordered:
            ordered[component] = None
            for member in component["members"] if is_container(component) else ():
                add(member)

    for component in given:
        add(component)
    return list(ordered)
