"""Pure: the conflicts of an undo: values that were changed since the commit, and entities that were added."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from ftrack_orm.schema.facts import CONFIGURATION_ID, CUSTOM_ATTRIBUTE_VALUE, CUSTOM_ATTRIBUTES

from .conflicts import Conflict

if TYPE_CHECKING:
    from ftrack_orm.entities.custom_attributes.configurations import Configurations
    from ftrack_orm.schema.model import Schema


@attrs.frozen
class Addition(Conflict):
    """Entities of one type that would be deleted with those that an undo deletes, or whose *attribute* becomes null.

    The entity is the first of *number* such entities.
    """

    number: int = 1

    def __str__(self) -> str:
        entity = f"{self.entity_type} {'/'.join(self.key)}"
        subject = entity if self.number == 1 else f"{entity} and {self.number - 1} more"
        verb = "was" if self.number == 1 else "were"
        if self.attribute is None:
            return f"{subject} {verb} added since to an entity that the undo deletes, and would be deleted with it"
        return f"{self.attribute} of {subject} {verb} set since to an entity that the undo deletes"


def compared_value(
    configurations: Configurations,
    schema: Schema,
    entity_type: str,
    key: tuple[str, ...],
    name: str,
    committed: Any,
    present: Any,
) -> Conflict:
    """Return the conflict about a value that is not the *committed* one any more.

    That of a custom attribute is one of the entity that has it, under the key of the custom attribute.
    """
    since = "it was committed"
    owner = entity_type.removesuffix(CUSTOM_ATTRIBUTE_VALUE)
    if CONFIGURATION_ID in schema.type(entity_type).primary_key and owner in schema.types:
        configuration = configurations.by_id(key[0])
        if configuration is not None and CUSTOM_ATTRIBUTES in schema.types[owner].attributes:
            return Conflict(owner, key[1:], CUSTOM_ATTRIBUTES, configuration.key, committed, present, compared=since)
    return Conflict(entity_type, key, name, None, committed, present, compared=since)
