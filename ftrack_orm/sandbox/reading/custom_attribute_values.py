"""Pure: the custom attribute values of an entity as the server shows them: one for each configuration that applies.

Only values that were set are rows. For the others the value is the configuration's default, or null where values are
inherited down the hierarchy, which the API leaves to its clients (protocol facts).
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from ftrack_orm.errors import SandboxUnsupported
from ftrack_orm.sandbox.tables import ENTITY_TYPE, Tables
from ftrack_orm.schema.custom_attributes import CONDITIONS, Condition
from ftrack_orm.schema.facts import (
    CONTEXT,
    CUSTOM_ATTRIBUTE_CONFIGURATION,
    CUSTOM_ATTRIBUTE_VALUE,
    PARENT_RELATIONS,
    PROJECT,
    TYPED_CONTEXT,
)

from .from_clause import EntityAlias, FromBuilder


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
    configurations = tables.table(CUSTOM_ATTRIBUTE_CONFIGURATION).alias()
    configuration = EntityAlias(from_builder, CUSTOM_ATTRIBUTE_CONFIGURATION, configurations)
    from_builder.join(configurations, _applies_to(configuration, owner, project), outer=False)
    stored = tables.table(CUSTOM_ATTRIBUTE_VALUE).alias()
    from_builder.join(stored, sa.and_(stored.c.configuration_id == configuration.id, stored.c.entity_id == owner.id))
    return ValueAlias(configuration, value_type, stored, owner), owner.id == owner_id


def _applies_to(
    configuration: EntityAlias, owner: EntityAlias, project: sa.ColumnElement[Any] | None
) -> sa.ColumnElement[bool]:
    """Return `schema.custom_attributes.applicable` as a condition, for an entity of the project with id *project*."""
    project_id = configuration.value("project_id")
    if project is None:
        return sa.and_(*_fits(configuration, owner), project_id.is_(None))
    others = owner.tables.table(CUSTOM_ATTRIBUTE_CONFIGURATION).alias()
    other = EntityAlias(owner.from_builder, CUSTOM_ATTRIBUTE_CONFIGURATION, others)
    is_shadowed = sa.exists(
        sa.select(sa.literal(1))
        .select_from(others)
        .where(
            project_id.is_(None),
            other.value("key") == configuration.value("key"),
            other.value("project_id") == project,
            *_fits(other, owner),
        )
        .correlate_except(others)
    )
    return sa.and_(*_fits(configuration, owner), sa.or_(project_id.is_(None), project_id == project), ~is_shadowed)


def _fits(configuration: EntityAlias, owner: EntityAlias) -> list[sa.ColumnElement[bool]]:
    """Return the conditions under which a configuration fits an entity; link configurations never do.

    They are a flat list, since SQLite limits how deeply an expression is nested.
    """
    family = owner.tables.schema.type(owner.entity_type).family
    if family not in CONDITIONS:
        raise SandboxUnsupported(
            f"The embedded server does not know which custom attributes {owner.entity_type} has.",
            entity_type=owner.entity_type,
        )
    return [
        configuration.table.c[ENTITY_TYPE] == CUSTOM_ATTRIBUTE_CONFIGURATION,
        sa.or_(*(_holds(condition, configuration, owner) for condition in CONDITIONS[family])),
    ]


def _holds(condition: Condition, configuration: EntityAlias, owner: EntityAlias) -> sa.ColumnElement[bool]:
    parts: list[sa.ColumnElement[bool]] = []
    if condition.entity_type is not None:
        parts.append(configuration.value("entity_type") == condition.entity_type)
    if condition.is_hierarchical:
        parts.append(configuration.value("is_hierarchical").is_(True))
    if condition.is_project is not None:
        is_project = owner.table.c[ENTITY_TYPE] == PROJECT
        parts.append(is_project if condition.is_project else ~is_project)
    if condition.same_object_type:
        object_type_id = owner.value("object_type_id", TYPED_CONTEXT)
        parts.append(configuration.value("object_type_id").is_not_distinct_from(object_type_id))
    return sa.and_(*parts)


def _project_id_of(owner: EntityAlias) -> sa.ColumnElement[Any] | None:
    """Return the id of the project that an entity belongs to, or None for types that belong to no project."""
    described = owner.tables.schema.type(owner.entity_type)
    if described.family == CONTEXT:
        is_project = owner.table.c[ENTITY_TYPE] == PROJECT
        return sa.case((is_project, owner.value("id")), else_=owner.value("project_id"))
    if described.family in PARENT_RELATIONS:
        return _project_id_of(owner.reference(PARENT_RELATIONS[described.family]))
    return owner.value("project_id") if "project_id" in described.attributes else None
