"""Pure: entity types of different families that are views of the same rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .facts import CUSTOM_ATTRIBUTE_LINK, CUSTOM_ATTRIBUTE_LINK_FROM, CUSTOM_ATTRIBUTE_VALUE

if TYPE_CHECKING:
    from .model import Schema


def views_of(schema: Schema, name: str) -> tuple[str, ...]:
    """Return the roots of the other families that show the rows of the type *name*.

    `CustomAttributeValue` has the values of entities of every type, `ContextCustomAttributeValue` those of contexts.
    `CustomAttributeLink` and `CustomAttributeLinkFrom` have the same links, seen from either end (PROTOCOL 6).
    """
    family = schema.types[name].family
    if name.endswith(CUSTOM_ATTRIBUTE_VALUE):
        if name != CUSTOM_ATTRIBUTE_VALUE:
            return (CUSTOM_ATTRIBUTE_VALUE,) if CUSTOM_ATTRIBUTE_VALUE in schema.types else ()
        return tuple(each for each in schema.types if each.endswith(CUSTOM_ATTRIBUTE_VALUE) and each != name)
    for one, other in (
        (CUSTOM_ATTRIBUTE_LINK, CUSTOM_ATTRIBUTE_LINK_FROM),
        (CUSTOM_ATTRIBUTE_LINK_FROM, CUSTOM_ATTRIBUTE_LINK),
    ):
        if family == one and other in schema.types:
            return (other,)
    return ()
