"""State: loaded values of entities as cells of an HTML table. Makes no request."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from ftrack_orm.entities.labels import label_of
from ftrack_orm.entities.tracked import Tracked
from ftrack_orm.entities.web_addresses import web_address
from ftrack_orm.values import NOT_LOADED

from .markup import Markup, colored, link, markup_of, text

if TYPE_CHECKING:
    from ftrack_orm.entities.entity import Entity
    from ftrack_orm.query.language.nodes import Path

#: Returns the address of an entity's page, or None.
AddressOf = Callable[["Entity"], "str | None"]

#: Attributes whose value alone is the name of an entity in a table.
_NAMES: Final = ("name", "username", "label")
#: Items of a list in a cell.
_ITEMS: Final = 5
_NOTHING: Final = Markup()
#: The end of an address that may hold credentials: servers send addresses of files and thumbnails with the API key.
_QUERY: Final = re.compile(r"(https?://[^\s?]*)\?\S*")
_WITHOUT_QUERY: Final = r"\1?…"


def addresses_on(server_url: str) -> AddressOf:
    """Return the function that returns the addresses of entities on a server."""
    return lambda entity: web_address(entity, server_url)


def name_of(entity: Entity) -> str:
    """Return the words that name *entity* as far as its values are loaded, at least its type."""
    for name in _NAMES:
        value = entity.__dict__.get(name)
        if isinstance(value, str) and value:
            return value
    return label_of(entity) or entity.__entity_type__


def cell_of(value: Any, address_of: AddressOf) -> object:
    """Return *value* as a cell: numbers as they are, all else as HTML."""
    if value is None or value is NOT_LOADED:
        return _NOTHING
    if isinstance(value, bool):
        return text("yes" if value else "no")
    if isinstance(value, (int, float)):
        return round(value, 3) if isinstance(value, float) and not value.is_integer() else int(value)
    if isinstance(value, datetime.datetime):
        shown = value.strftime("%Y-%m-%d %H:%M").replace(" 00:00", "")
        return text(f"{shown} {value.tzname()}" if ":" in shown and value.tzinfo else shown)
    if hasattr(type(value), "__entity_type__"):
        return colored(link(name_of(value), address_of(value)), value.__dict__.get("color"))
    if isinstance(value, Tracked):
        return _cell_of_tracked(value, address_of)
    if isinstance(value, (list, tuple)):
        return _cell_of_items(list(value), address_of)
    if isinstance(value, Mapping):
        if "name" in value and "id" in value:  # a step of the path of an entity
            return text(value["name"])
        return text(", ".join(f"{key}: {_QUERY.sub(_WITHOUT_QUERY, str(item))}" for key, item in value.items()))
    return text(value)


def loaded_at(entity: Entity, path: Path) -> Any:
    """Return the value at the end of *path* as far as it is loaded, a list of them through a collection."""
    return _loaded_behind(entity, [step.name for step in path.steps])


def _loaded_behind(value: Any, names: list[str]) -> Any:
    for index, name in enumerate(names):
        if isinstance(value, Tracked):
            found = [_loaded_behind(item, names[index:]) for item in _content_of(value)]
            return [item for item in found if item is not None]
        if not hasattr(type(value), "__entity_type__"):
            return None
        value = value.__dict__.get(name)
    return value


def _content_of(value: Tracked) -> list[Any]:
    """Return the items of a collection in memory; a mapping has none that are entities."""
    content = () if value._is_stale else value._content()
    return [] if isinstance(content, dict) else [*content]


def _cell_of_tracked(value: Tracked, address_of: AddressOf) -> object:
    """Return the content of a collection or a mapping, which is not loaded for this."""
    if value._is_stale:
        return text("(not loaded)")
    content = value._content()
    if isinstance(content, dict):
        return cell_of({key: getattr(entry, "value", entry) for key, entry in content.items()}, address_of)
    return _cell_of_items([*content], address_of)


def _cell_of_items(items: list[Any], address_of: AddressOf) -> object:
    cells = [markup_of(cell_of(item, address_of)) for item in items[:_ITEMS]]
    if len(items) > _ITEMS:
        cells.append(text(f"… ({len(items)} in all)"))
    return Markup(", ".join(cells))
