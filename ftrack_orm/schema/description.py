"""Pure: an entity type in words: its attributes with types and targets, and which are required or read-only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from .attribute import Attribute
    from .model import EntityType


@attrs.frozen
class AttributeDescription:
    """One attribute in words: its name, the kind of its value, and the rules for setting it."""

    name: str
    value: str
    rules: tuple[str, ...] = ()

    def __str__(self) -> str:
        return ", ".join((self.value, *self.rules))


@attrs.frozen
class Description:
    """An entity type in words. `str(description)` is the docstring of its class."""

    entity_type: str
    bases: tuple[str, ...]
    primary_key: tuple[str, ...]
    attributes: tuple[AttributeDescription, ...]
    #: The methods and properties that entities of the type have beyond the schema.
    members: tuple[str, ...] = ()

    def __str__(self) -> str:
        inherits = f" It is a {', a '.join(self.bases)}." if self.bases else ""
        width = max((len(each.name) for each in self.attributes), default=0)
        lines = [
            f"The entity type {self.entity_type} of the connected server.{inherits}",
            "",
            f"Its key is {', '.join(self.primary_key)}. Attributes of an entity are values; those of the class are "
            "expressions for queries.",
            "",
            "Attributes:",
            "",
            *(f"    {each.name:{width}}  {each}" for each in self.attributes),
        ]
        if self.members:
            lines += ["", "Methods and properties beyond the schema:", "", *_wrapped(self.members)]
        return "\n".join(lines)


def describe(entity_type: EntityType, members: Iterable[str] = ()) -> Description:
    """Return the description of *entity_type*; *members* are the names that its entities have beyond the schema."""
    attributes = (
        AttributeDescription(name, attribute.value_in_words, _rules(attribute, entity_type))
        for name, attribute in sorted(entity_type.attributes.items())
    )
    return Description(
        entity_type.name, entity_type.bases, entity_type.primary_key, tuple(attributes), tuple(sorted(members))
    )


def _rules(attribute: Attribute, entity_type: EntityType) -> tuple[str, ...]:
    rules = []
    if attribute.required:
        rules.append("required")
    if attribute.has_generated_default:
        rules.append("generated")
    elif attribute.foreign_key is not None and attribute.default is not None:
        rules.append("has a default")
    elif attribute.default not in (None, ""):
        rules.append(f"default {attribute.default!r:.40}")
    if attribute.is_derived:
        rules.append("read-only")
    elif attribute.immutable:
        rules.append("set on creation only")
    if attribute.restricted:
        rules.append("in criteria only")
    references = entity_type.keyed_references.get(attribute.name)
    if references:
        rules.append(f"the key of {' and '.join(references)}")
    return tuple(rules)


def _wrapped(names: Sequence[str]) -> list[str]:
    """Return *names* as indented lines of readable length."""
    import textwrap

    return textwrap.wrap(", ".join(names), width=100, initial_indent="    ", subsequent_indent="    ")
