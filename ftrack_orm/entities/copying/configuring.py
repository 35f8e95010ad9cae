"""State: finds the configurations that values of custom attributes get at the destination of a copy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ftrack_orm.entities.custom_attributes.configuration import Configuration, applying
from ftrack_orm.errors import UsageError, quoted
from ftrack_orm.schema.custom_attributes import ConfigurationScope
from ftrack_orm.schema.facts import EXPRESSION, PROJECT

from .translation import CannotKeep

if TYPE_CHECKING:
    from ftrack_orm.entities.custom_attributes.configurations import Configurations
    from ftrack_orm.schema.model import Schema

    from .source import SourceRow


class Configuring:
    """Finds, for a custom attribute of a copied entity, the configuration that applies to its copy.

    *project_id* is the project of the copy, *owners* are the copied entities by their present ids. On the same server a
    configuration that applies in the new destination too stays; else one with the same key and type takes its place.
    """

    def __init__(
        self,
        source: Configurations,
        target: Configurations,
        target_schema: Schema,
        project_id: str | None,
        owners: Mapping[str, SourceRow],
        *,
        is_same_server: bool,
    ) -> None:
        self._source = source
        self._target = target
        self._schema = target_schema
        self._project_id = project_id
        self._owners = owners
        self._is_same_server = is_same_server
        self._applying: dict[str, list[Configuration]] = {}

    def __call__(self, configuration_id: str, owner_id: str, value: Any) -> tuple[str, Any]:
        """Return the id of the configuration for the copy, and the value; raises `CannotKeep`, which names it."""
        configuration = self._source.by_id(configuration_id)
        kind = self._owners[owner_id].entity_type.name if owner_id in self._owners else ""
        if configuration is None:
            raise CannotKeep("a custom attribute whose configuration you may not see")
        if configuration.kind == EXPRESSION:
            raise CannotKeep
        candidates = self._applying_to(kind)
        if self._is_same_server and any(each.id == configuration_id for each in candidates):
            return configuration_id, value
        same = [each for each in candidates if (each.key, each.kind) == (configuration.key, configuration.kind)]
        if not same:
            raise CannotKeep(f"the custom attribute {configuration.key!r} ({configuration.kind}) of {kind}")
        found = next((each for each in same if each.is_hierarchical == configuration.is_hierarchical), same[0])
        try:
            return found.id, found.check(kind, value)
        except UsageError:
            described = f"the value {quoted(value)} of the custom attribute {configuration.key!r} of {kind}"
            raise CannotKeep(described) from None

    def _applying_to(self, kind: str) -> list[Configuration]:
        """Return the configurations that apply to entities of a type in the project of the copy."""
        if kind not in self._applying:
            found: list[Configuration] = []
            if kind in self._schema.types:
                entity_type = self._schema.type(kind)
                object_type_id = entity_type.classifiers.get("object_type_id")
                scope = ConfigurationScope(entity_type.family, kind == PROJECT, object_type_id, self._project_id)
                found = list(applying(self._target, scope).values())
            self._applying[kind] = found
        return self._applying[kind]
