"""State: an entity as an HTML table of its loaded values. Makes no request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ftrack_orm.entities.inspection import inspect
from ftrack_orm.entities.tracked import Tracked

from .cells import AddressOf, cell_of, name_of
from .markup import Markup, link, markup_of, picture, table, text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ftrack_orm.entities.entity import Entity


def entity_html(entity: Entity, address_of: AddressOf, known_pictures: Mapping[str, str]) -> Markup:
    """Return the loaded attributes of *entity*, its unsaved changes, and its picture if that is in *known_pictures*.

    A note says that it has another picture, which only a request could load.

    The rest can be read, and is not shown: a representation makes no request.
    """
    inspection = inspect(entity)
    changes = inspection.changes
    loaded = inspection.loaded
    rows = [
        [name, _value(loaded.get(name), name, changes, address_of)]
        for name in sorted({*loaded, *changes})
        if name in entity.__attributes__
    ]
    thumbnail_id = entity.__dict__.get("thumbnail_id")
    thumbnail = picture(known_pictures.get(str(thumbnail_id)))
    name = link(name_of(entity), address_of(entity))
    caption = Markup(f"{thumbnail}{' ' if thumbnail else ''}{text(entity.__entity_type__)} <b>{name}</b>")
    state = f"{inspection.state.value}; {len(entity.__attributes__)} attributes, of which the loaded ones are shown"
    if changes:
        state += f"; {len(changes)} changed and not committed"
    notes = [state]
    if thumbnail_id and not thumbnail:
        # Its address, which a browser could load, holds the API key.
        notes.append("the thumbnail is not in memory; the table of a query loads it")
    return table(["attribute", "value"], rows, caption=caption, notes=notes)


def changed_value(old: Any, new: Any, address_of: AddressOf) -> Markup:
    """Return the value of the server, struck out, before the one that replaces it."""
    shown, before = markup_of(cell_of(new, address_of)), markup_of(cell_of(old, address_of))
    return Markup(f"<s>{before}</s> → <b>{shown}</b>" if before else f"<b>{shown}</b>")


def _value(value: Any, name: str, changes: Mapping[str, Any], address_of: AddressOf) -> object:
    """Return the cell of a value, with the server's before it if it was changed and not committed."""
    if name not in changes or isinstance(value, Tracked):
        return cell_of(value, address_of)
    return changed_value(changes[name].old, value, address_of)
