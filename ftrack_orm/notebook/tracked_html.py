"""State: collections and mappings of entities as HTML tables of the content in memory. Makes no request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from .cells import AddressOf, cell_of, name_of
from .markup import Markup, table
from .query_html import entities_html

if TYPE_CHECKING:
    from ftrack_orm.entities.entity import Entity
    from ftrack_orm.entities.tracked import Tracked
    from ftrack_orm.schema.model import Schema


def tracked_html(
    value: Tracked,
    owner: Entity,
    name: str,
    schema: Schema,
    address_of: AddressOf,
    known_pictures: Mapping[str, str],
) -> Markup:
    """Return the content of *value*, the attribute *name* of *owner*: a row for each entity, or for each key."""
    caption = f"{name} of {owner.__entity_type__} {name_of(owner)}"
    if value._is_stale:
        return table([], [], caption=caption, notes=["not loaded"])
    content = value._content()
    if isinstance(content, dict):
        rows = [[key, cell_of(getattr(entry, "value", entry), address_of)] for key, entry in content.items()]
        return table(["key", "value"], rows, caption=caption)
    return entities_html([*content], caption, schema, address_of, lambda _: known_pictures)
