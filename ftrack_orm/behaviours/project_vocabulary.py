"""State: the vocabulary of a project: its statuses, types, object types and priorities by name."""

from __future__ import annotations

import weakref
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Generic, TypeVar

import attrs

from ftrack_orm.entities.entity import Entity
from ftrack_orm.errors import MultipleResults, NotFetched, UnknownName, quoted, suggestion
from ftrack_orm.values import FetchMode

from .project_schemas import all_statuses, all_types, loaded_paths
from .services import services_of

if TYPE_CHECKING:
    from .services import Services


#: The types of entities with names, and of the statuses, types, object types and priorities of a vocabulary.
E = TypeVar("E", bound=Entity)
S = TypeVar("S", bound=Entity)
T = TypeVar("T", bound=Entity)
O = TypeVar("O", bound=Entity)  # noqa: E741
P = TypeVar("P", bound=Entity)


class Names(Mapping[str, E]):
    """Entities by name. Iterating yields the names, in the order of the project schema.

    A name that is missing raises `UnknownName`, which suggests near names; one that several entities have raises
    `MultipleResults`. Names compare exactly.
    """

    def __init__(self, kind: str, project: str, entities: Iterable[E]) -> None:
        self._kind = kind
        self._project = project
        self._entities: dict[str, list[E]] = {}
        for entity in dict.fromkeys(entities):
            self._entities.setdefault(entity.name, []).append(entity)

    def __getitem__(self, name: str) -> E:
        entities = self._entities.get(name, [])
        if not entities:
            near = suggestion(str(name), self._entities)
            raise UnknownName(f"The project {self._project} has no {self._kind} {quoted(name)}.{near}")
        if len(entities) > 1:
            ids = ", ".join(entity.id for entity in entities)
            raise MultipleResults(f"The project {self._project} has several {self._kind} {quoted(name)}: {ids}.")
        return entities[0]

    def __iter__(self) -> Iterator[str]:
        return iter(self._entities)

    def __len__(self) -> int:
        return len(self._entities)

    def __repr__(self) -> str:
        return f"<{self._kind} of {self._project}: {', '.join(self._entities)}>"


@attrs.frozen
class ProjectVocabulary(Generic[S, T, O, P]):
    """The statuses, types, object types and priorities that a project allows, each by its name.

    *statuses* and *types* are those of tasks, versions and all object types together; `ProjectSchema.get_statuses` and
    `get_types` return those of one type. Priorities are the same in all projects.
    """

    statuses: Names[S]
    types: Names[T]
    object_types: Names[O]
    priorities: Names[P]


def vocabulary_of(project: Entity) -> ProjectVocabulary[Entity, Entity, Entity, Entity]:
    """Return the vocabulary of *project*, loading it with one request if a part of it is not loaded."""
    services = services_of(project)
    try:
        with services.workspace.fetching(FetchMode.NEVER):
            return _vocabulary(project, _remembered_priorities(services, project))
    except NotFetched:
        return _vocabulary(project, _load(services, project))


@attrs.frozen
class _Priorities:
    """All priorities, as they were at a revision of the workspace."""

    entities: list[Entity]
    revision: int


#: The priorities by a project: no attribute of a project leads to them, so that the session would not keep them.
_PRIORITIES: weakref.WeakKeyDictionary[Entity, _Priorities] = weakref.WeakKeyDictionary()


def _remembered_priorities(services: Services, project: Entity) -> list[Entity]:
    remembered = _PRIORITIES.get(project)
    expiry = services.workspace.expiry
    if remembered is None or expiry.expired_since(project, "project_schema_id", remembered.revision):
        raise NotFetched(f"The priorities of {project!r} are not loaded.")
    return remembered.entities


def _load(services: Services, project: Entity) -> list[Entity]:
    """Load all that the vocabulary of *project* needs with one request, and return the priorities."""
    revision = services.workspace.revision
    paths = loaded_paths(services.schema, "project_schema.")
    described = services.query("Project").where(id=project.id).select("name", *paths)
    priorities = services.query("Priority").select("name", "color", "sort", "value").order_by("sort")
    _, found = services.workspace.loader.read([described.node, priorities.node])
    _PRIORITIES[project] = _Priorities(found, revision)
    return found


def _vocabulary(project: Entity, priorities: list[Entity]) -> ProjectVocabulary[Entity, Entity, Entity, Entity]:
    schema, name = project.project_schema, repr(project.name)
    return ProjectVocabulary(
        statuses=Names("status", name, all_statuses(schema)),
        types=Names("type", name, all_types(schema)),
        object_types=Names("object type", name, schema.object_types),
        priorities=Names("priority", name, priorities),
    )
