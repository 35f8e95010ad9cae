"""Pure: the rule that says which configurations of custom attributes apply to an entity (PROTOCOL 6).

The conditions are data: `applies` checks them on values, and the embedded server translates the same ones to SQL.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, Protocol, TypeVar

import attrs

from .facts import ASSET, ASSET_VERSION, CONTEXT, LIST, LIST_OBJECT, RESOURCE, USER


class ConfigurationTarget(Protocol):
    """The parts of a configuration that decide to which entities it applies.

    *entity_type* is ftrack's word in configurations: show, task, asset, assetversion, list, user ... *project_id* is
    None for a configuration of all projects.
    """

    @property
    def key(self) -> str: ...
    @property
    def entity_type(self) -> str | None: ...
    @property
    def object_type_id(self) -> str | None: ...
    @property
    def project_id(self) -> str | None: ...
    @property
    def is_hierarchical(self) -> bool: ...


@attrs.frozen(slots=True)
class ConfigurationScope:
    """The facts about an entity that decide which configurations apply to it."""

    family: str
    is_project: bool
    object_type_id: str | None
    project_id: str | None


@attrs.frozen
class Condition:
    """One way for a configuration to fit an entity. All parts must hold; the default of a part always does."""

    #: The entity type that the configuration names.
    entity_type: str | None = None
    #: Whether the configuration must be hierarchical.
    is_hierarchical: bool = False
    #: Whether the entity must be a project (True), or must not be one (False).
    is_project: bool | None = None
    #: Whether the configuration must name the entity's object type.
    same_object_type: bool = False


_HIERARCHICAL: Final = Condition(is_hierarchical=True)

#: Family -> the ways for a configuration to fit its entities, one of which must hold. Entities of other families have
#: no custom attributes. Hierarchical configurations fit all contexts, assets and versions.
CONDITIONS: Final[Mapping[str, tuple[Condition, ...]]] = {
    CONTEXT: (
        Condition(entity_type="show", is_project=True),
        Condition(entity_type="task", is_project=False, same_object_type=True),
        _HIERARCHICAL,
    ),
    ASSET: (Condition(entity_type="asset"), _HIERARCHICAL),
    ASSET_VERSION: (Condition(entity_type="assetversion"), _HIERARCHICAL),
    LIST: (Condition(entity_type="list"),),
    LIST_OBJECT: (Condition(entity_type="listobject"),),
    RESOURCE: (Condition(entity_type="user"),),
    # The family of users in a schema that does not state that users are resources.
    USER: (Condition(entity_type="user"),),
}

Configuration = TypeVar("Configuration", bound=ConfigurationTarget)


def applies(configuration: ConfigurationTarget, scope: ConfigurationScope) -> bool:
    """Return whether a configuration applies: it is of the entity's project or of all projects, and fits the entity."""
    return configuration.project_id in (None, scope.project_id) and fits_type(configuration, scope)


def fits_type(configuration: ConfigurationTarget, scope: ConfigurationScope) -> bool:
    """Return whether a configuration fits an entity regardless of its project."""
    return any(_holds(condition, configuration, scope) for condition in CONDITIONS.get(scope.family, ()))


def applicable(configurations: Iterable[Configuration], scope: ConfigurationScope) -> list[Configuration]:
    """Return the configurations that apply to an entity, in the given order, without those that are shadowed.

    A configuration of a project shadows those of all projects that apply to the same entity and have the same key.
    """
    applying = [configuration for configuration in configurations if applies(configuration, scope)]
    own_keys = {configuration.key for configuration in applying if configuration.project_id is not None}
    return [c for c in applying if c.project_id is not None or c.key not in own_keys]


def names_in_mapping(keys: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return the name under which each configuration is found in the mapping of an entity, by configuration id.

    *keys* are the ids and keys of the configurations that apply to the entity. One key may be configured twice: as
    hierarchical and as the type's own (PROTOCOL 8.5). The key is then the name of the configuration with the smallest
    id, whether it is hierarchical or not, and the others are found under their ids. The official client reads and
    writes the first in the server's order, which is that of the ids, for loaded entities and new ones alike (measured).
    """
    names: dict[str, str] = {}
    taken: set[str] = set()
    for id_, key in sorted(keys):
        names[id_] = id_ if key in taken else key
        taken.add(key)
    return names


def _holds(condition: Condition, configuration: ConfigurationTarget, scope: ConfigurationScope) -> bool:
    return (
        condition.entity_type in (None, configuration.entity_type)
        and (configuration.is_hierarchical or not condition.is_hierarchical)
        and condition.is_project in (None, scope.is_project)
        and (configuration.object_type_id == scope.object_type_id or not condition.same_object_type)
    )
