"""Edge: `ftrack-orm describe` shows the attributes of an entity type, and those that a new entity needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ftrack_orm.cli.arguments import EntityTypeName
from ftrack_orm.cli.command import command, connected
from ftrack_orm.cli.lookup import current_schema

if TYPE_CHECKING:
    from ftrack_orm.cli.output import Output
    from ftrack_orm.entities.custom_attributes.configuration import Configuration
    from ftrack_orm.schema.attribute import Attribute
    from ftrack_orm.schema.description import Description
    from ftrack_orm.schema.model import EntityType
    from ftrack_orm.session.session import Session


@command("ftrack-orm describe Task", "ftrack-orm describe", "ftrack-orm describe Shot --json")
@click.argument("entity_type", metavar="[TYPE]", type=EntityTypeName(), required=False)
@connected
def describe(output: Output, entity_type: str | None, session: Session) -> None:
    """Show the attributes of an entity type.

    Each attribute is shown with its type or the type that it refers to, and with the rules for setting it. Without an
    argument, all entity types are listed.
    """
    schema = current_schema(session)
    if entity_type is None:
        rows = [(name, each.bases, len(each.attributes)) for name, each in sorted(schema.types.items())]
        output.write_rows(["type", "bases", "attributes"], rows)
        return
    from ftrack_orm.entities.classes import description_of

    described = schema.type(entity_type)
    description = description_of(session.types[described.name])
    configurations = _configurations(session, described)
    if output.json:
        output.write_json(_as_json(described, description, configurations))
        return
    if output.is_terminal:
        bases = f", a {', a '.join(described.bases)}" if described.bases else ""
        output.write(f"{described.name}{bases}", style="bold")
        output.write(f"key: {', '.join(described.primary_key)}\nnew entities need: {_needs_in_words(described)}\n")
    rows_of_attributes = [(each.name, each.value, ", ".join(each.rules)) for each in description.attributes]
    own = [(f"custom_attributes.{each.key}", each.kind, _options(each)) for each in configurations]
    output.write_rows(["attribute", "value", "rules"], [*rows_of_attributes, *own])
    if output.is_terminal and description.members:
        output.write(f"\nmethods and properties beyond the schema: {', '.join(description.members)}")


def _configurations(session: Session, described: EntityType) -> list[Configuration]:
    """Return the configurations of the custom attributes that entities of a type can have, in some project."""
    from ftrack_orm.entities.custom_attributes.checked_keys import may_apply
    from ftrack_orm.schema.facts import CUSTOM_ATTRIBUTES

    if CUSTOM_ATTRIBUTES not in described.attributes:
        return []
    found = [each for each in session.configurations if may_apply(each, described.name, session.schema)]
    return sorted(found, key=lambda each: (each.key, each.id))


def _options(configuration: Configuration) -> str:
    hierarchical = ["hierarchical"] if configuration.is_hierarchical else []
    options = [" | ".join(configuration.options)] if configuration.options else []
    return ", ".join([configuration.label, *hierarchical, *options])


def _needs(described: EntityType) -> list[list[str]]:
    """Return the attributes that a new entity needs, each with those that can be given instead."""
    from ftrack_orm.schema.required import required_values

    references = described.keyed_references
    return [
        [attribute for name in value.names for attribute in (*references.get(name, ()), name)]
        for value in required_values(described)
    ]


def _needs_in_words(described: EntityType) -> str:
    return ", ".join(" or ".join(names) for names in _needs(described)) or "nothing"


def _as_json(described: EntityType, description: Description, configurations: list[Configuration]) -> dict[str, Any]:
    rules = {each.name: each.rules for each in description.attributes}
    return {
        "entity_type": described.name,
        "bases": list(described.bases),
        "primary_key": list(described.primary_key),
        "needs": _needs(described),
        "attributes": [_attribute(each, rules[name]) for name, each in sorted(described.attributes.items())],
        "custom_attributes": [
            {
                "key": each.key,
                "label": each.label,
                "kind": each.kind,
                "options": list(each.options),
                "is_hierarchical": each.is_hierarchical,
                "project_id": each.project_id,
            }
            for each in configurations
        ],
        "members": list(description.members),
    }


def _attribute(attribute: Attribute, rules: tuple[str, ...]) -> dict[str, Any]:
    return {
        "name": attribute.name,
        "kind": attribute.kind.value,
        "type": attribute.target or (attribute.value_type and attribute.value_type.value),
        "required": attribute.required,
        "settable": attribute.settable,
        "default": attribute.default,
        "options": list(attribute.enumeration),
        "rules": list(rules),
    }
