"""Pure: the custom attributes of an entity as the server shows them: one value for each configuration that applies.

Only values that were set are rows; for the others the configuration's default stands in, or null where values are
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

#: What configurations call the entity types they belong to, by family; contexts are "show" and "task".
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
    """One configuration that applies to an entity, standing for the value the entity has for it."""

    def __init__(self, configuration: EntityAlias, entity_type: str, values: sa.FromClause, owner: EntityAlias) -> None:
        super().__init__(configuration.from_builder, entity_type, values)
        self._configuration = configuration
        self._owner = owner
        self._references["configuration", None] = configuration

    def value(self, name: str, owner: str | None = None) -> sa.ColumnElement[Any]:
        configuration = self._configuration
        if name == "configuration_id":
            return configuration.value("id")
        if name == "entity_id":
            return self._owner.id
        if name == "value":
            chosen = sa.case(
                (self.table.c.configuration_id.is_not(None), self.table.c.value),
                (configuration.value("is_hierarchical").is_(True), sa.null()),
                else_=configuration.value("default"),
            )
            return sa.type_coerce(chosen, sa.JSON(none_as_null=True))
        return super().value(name, owner)


def values(
    tables: Tables, now: str, owner_type: str, value_type: str, source_id: sa.ColumnElement[Any]
) -> tuple[EntityAlias, sa.ColumnElement[bool]]:
    """Return the entity of all custom attribute values of the entity with *source_id*, and what ties them to it."""
    from_builder = FromBuilder(tables, now)
    owner = from_builder.start(owner_type)
    project = _project(owner)  # joins what leads to the project, before the configurations are joined by it
    configurations = tables.table(CONFIGURATION).alias()
    configuration = EntityAlias(from_builder, CONFIGURATION, configurations)
    from_builder.join(configurations, _applies(configuration, owner, project), outer=False)
    stored = tables.table(VALUES).alias()
    from_builder.join(stored, sa.and_(stored.c.configuration_id == configuration.id, stored.c.entity_id == owner.id))
    return ValueAlias(configuration, value_type, stored, owner), owner.id == source_id


def _applies(
    configuration: EntityAlias, owner: EntityAlias, project: sa.ColumnElement[Any] | None
) -> sa.ColumnElement[bool]:
    """Return whether a configuration applies: by what it is for, by project, and not hidden by the project's own."""
    family = owner.tables.schema.type(owner.entity_type).family
    own_type = configuration.table.c[ENTITY_TYPE] == CONFIGURATION
    fits = _fits(configuration, owner, family)
    if family in HIERARCHICAL:
        fits = sa.or_(fits, configuration.value("is_hierarchical").is_(True))
    of_project = configuration.value("project_id")
    if project is None:
        return sa.and_(own_type, fits, of_project.is_(None))
    hiding = owner.tables.table(CONFIGURATION).alias()
    other = EntityAlias(owner.from_builder, CONFIGURATION, hiding)
    hidden = sa.and_(
        of_project.is_(None),
        sa.exists(
            sa.select(sa.literal(1))
            .select_from(hiding)
            .where(
                other.value("key") == configuration.value("key"),
                other.value("entity_type") == configuration.value("entity_type"),
                other.value("object_type_id").is_not_distinct_from(configuration.value("object_type_id")),
                other.value("project_id") == project,
            )
            .correlate_except(hiding)
        ),
    )
    return sa.and_(own_type, fits, sa.or_(of_project.is_(None), of_project == project), ~hidden)


def _fits(configuration: EntityAlias, owner: EntityAlias, family: str) -> sa.ColumnElement[bool]:
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


def _project(owner: EntityAlias) -> sa.ColumnElement[Any] | None:
    """Return the id of the project an entity belongs to, or None for types whose entities belong to none."""
    family = owner.tables.schema.type(owner.entity_type).family
    if family == "Context":
        is_project = owner.table.c[ENTITY_TYPE] == "Project"
        return sa.case((is_project, owner.value("id")), else_=owner.value("project_id"))
    if family == "AssetVersion":
        return _project(owner.reference("asset"))
    if family == "Asset":
        return _project(owner.reference("parent"))
    if family == "ListObject":
        return _project(owner.reference("list"))
    if family == "List":
        return owner.value("project_id")
    return None
