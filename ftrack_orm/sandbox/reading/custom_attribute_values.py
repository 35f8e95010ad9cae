"""Pure: the custom attribute values of an entity as the server shows them: one for each configuration that applies.

Only values that were set are rows. For the others the value is the configuration's default, or null where values are
inherited down the hierarchy, which the API leaves to its clients (protocol facts).
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from ftrack_orm.errors import SandboxUnsupported
from ftrack_orm.sandbox.tables import ENTITY_TYPE, Tables

from .from_clause import EntityAlias, FromBuilder

VALUES = "CustomAttributeValue"
CONFIGURATION = "CustomAttributeConfiguration"

#: The names that configurations use for entity types, by family; contexts are "show" and "task".
CONFIGURED_AS = {
    "Asset": "asset",
    "AssetVersion": "assetversion",
    "List": "list",
    "ListObject": "listobject",
    "Resource": "user",
}

#: The families that hierarchical configurations apply to.
HIERARCHICAL = frozenset({"Context", "AssetVersion", "Asset"})


class ValueAlias(EntityAlias):
    """One configuration that applies to an entity, together with the entity's value for it."""

    def __init__(self, configuration: EntityAlias, entity_type: str, values: sa.FromClause, owner: EntityAlias) -> None:
        super().__init__(configuration.from_builder, entity_type, values)
        self._configuration = configuration
        self._owner = owner
        self._references["configuration", None] = configuration

    def value(self, name: str, declaring_type: str | None = None) -> sa.ColumnElement[Any]:
        configuration = self._configuration
        if name == "configuration_id":
            return configuration.value("id")
        if name == "entity_id":
            return self._owner.id
        if name == "value":
            effective = sa.case(
                (self.table.c.configuration_id.is_not(None), self.table.c.value),
                (configuration.value("is_hierarchical").is_(True), sa.null()),
                else_=configuration.value("default"),
            )
            return sa.type_coerce(effective, sa.JSON(none_as_null=True))
        return super().value(name, declaring_type)


def all_values(
    tables: Tables, now: str, owner_type: str, value_type: str, owner_id: sa.ColumnElement[Any]
) -> tuple[EntityAlias, sa.ColumnElement[bool]]:
    """Return the alias of an entity's custom attribute values, and the condition that the entity's id is *owner_id*."""
    from_builder = FromBuilder(tables, now)
    owner = from_builder.start(owner_type)
    project = _project_id_of(owner)  # joins tables that the condition on configurations needs
    configurations = tables.table(CONFIGURATION).alias()
    configuration = EntityAlias(from_builder, CONFIGURATION, configurations)
    from_builder.join(configurations, _applies_to(configuration, owner, project), outer=False)
    stored = tables.table(VALUES).alias()
    from_builder.join(stored, sa.and_(stored.c.configuration_id == configuration.id, stored.c.entity_id == owner.id))
    return ValueAlias(configuration, value_type, stored, owner), owner.id == owner_id


def _applies_to(
    configuration: EntityAlias, owner: EntityAlias, project: sa.ColumnElement[Any] | None
) -> sa.ColumnElement[bool]:
    """Return the condition that a configuration applies to an entity of the project with the id *project*.

    It must match the entity type, belong to no project or to this one, and not be overridden by one of the project's
    own.
    """
    family = owner.tables.schema.type(owner.entity_type).family
    is_value_configuration = configuration.table.c[ENTITY_TYPE] == CONFIGURATION
    matches_type = _matches_entity_type(configuration, owner, family)
    if family in HIERARCHICAL:
        matches_type = sa.or_(matches_type, configuration.value("is_hierarchical").is_(True))
    project_id = configuration.value("project_id")
    if project is None:
        return sa.and_(is_value_configuration, matches_type, project_id.is_(None))
    overrides = owner.tables.table(CONFIGURATION).alias()
    override = EntityAlias(owner.from_builder, CONFIGURATION, overrides)
    is_overridden = sa.and_(
        project_id.is_(None),
        sa.exists(
            sa.select(sa.literal(1))
            .select_from(overrides)
            .where(
                override.value("key") == configuration.value("key"),
                override.value("entity_type") == configuration.value("entity_type"),
                override.value("object_type_id").is_not_distinct_from(configuration.value("object_type_id")),
                override.value("project_id") == project,
            )
            .correlate_except(overrides)
        ),
    )
    return sa.and_(
        is_value_configuration, matches_type, sa.or_(project_id.is_(None), project_id == project), ~is_overridden
    )


def _matches_entity_type(configuration: EntityAlias, owner: EntityAlias, family: str) -> sa.ColumnElement[bool]:
    configured = configuration.value("entity_type")
    if family != "Context":
        name = CONFIGURED_AS.get(family)
        if name is None:
            raise SandboxUnsupported(
                f"The embedded server does not know which custom attributes {owner.entity_type} has.",
                entity_type=owner.entity_type,
            )
        return configured == name
    is_project = owner.table.c[ENTITY_TYPE] == "Project"
    object_type = owner.value("object_type_id", "TypedContext")
    return sa.or_(
        sa.and_(is_project, configured == "show"),
        sa.and_(~is_project, configured == "task", configuration.value("object_type_id") == object_type),
    )


def _project_id_of(owner: EntityAlias) -> sa.ColumnElement[Any] | None:
    """Return the id of the project that an entity belongs to, or None for types that belong to no project."""
    family = owner.tables.schema.type(owner.entity_type).family
    if family == "Context":
        is_project = owner.table.c[ENTITY_TYPE] == "Project"
        return sa.case((is_project, owner.value("id")), else_=owner.value("project_id"))
    if family == "AssetVersion":
        return _project_id_of(owner.reference("asset"))
    if family == "Asset":
        return _project_id_of(owner.reference("parent"))
    if family == "ListObject":
        return _project_id_of(owner.reference("list"))
    if family == "List":
        return owner.value("project_id")
    return None
