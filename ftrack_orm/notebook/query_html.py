"""Edge: the first results of a query as an HTML table, for which one request is made."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from ftrack_orm.entities.reading.projections import stored_scalars
from ftrack_orm.entities.reading.unlisted import is_of_unlisted_type
from ftrack_orm.errors import FtrackError
from ftrack_orm.query.language.nodes import Path, Select
from ftrack_orm.schema.attribute import Kind
from ftrack_orm.schema.facts import LINK

from .cells import AddressOf, cell_of, loaded_at
from .markup import Markup, picture, table, text

if TYPE_CHECKING:
    from ftrack_orm.entities.entity import Entity
    from ftrack_orm.query.builder import Query
    from ftrack_orm.schema.model import Schema

#: Results that are shown.
ROWS: Final = 10
#: The columns of a query without projections: the first of these that its type has.
_PREFERRED: Final = (
    *("parent", "asset", "version", "type", "status", "priority", "user", "author", "resource", "context"),
    *("start_date", "end_date", "date", "bid", "start", "duration", "file_type", "size", "value", "email", "is_active"),
)
_COLUMNS: Final = 7
#: The attributes of a related entity that its cell shows.
_SHOWN_OF_TARGET: Final = ("name", "username", "label", "color")
_THUMBNAIL: Final = "thumbnail_id"

#: Returns the pictures of components as `data:` addresses, by the ids of the components.
Pictures = Callable[[Sequence[str]], Mapping[str, str]]


def query_html(query: Query[Any], schema: Schema, address_of: AddressOf, pictures: Pictures) -> Markup:
    """Return the first results of *query* as a table.

    Neither edits nor the answers from memory are changed by it. An error of the request stands in place of the rows.
    """
    caption = text(str(query), 400)
    try:
        if query.node.group_by:
            return _plain_table(caption, query.limit(_limit(query)).all())
        shown = query._with_options(replaces_edits=False, prefers_memory=False, on_refresh=None).limit(_limit(query))
        if query.schema is None and is_of_unlisted_type(query.node, schema):
            return _plain_table(caption, shown.all())
        columns = _columns(query.node, schema)
        entities = shown.select(*_needed(query.node, columns, schema)).all()
        return _entity_table(caption, entities, columns, address_of, pictures)
    except FtrackError as error:
        return table([], [], caption=caption, notes=[f"The results could not be read: {error}"])


def entities_html(
    entities: Sequence[Entity], caption: str, schema: Schema, address_of: AddressOf, pictures: Pictures
) -> Markup:
    """Return the first of *entities* as a table of their loaded values. Makes no request if *pictures* makes none."""
    types = {entity.__entity_type__ for entity in entities}
    columns = _columns(Select(types.pop()), schema) if len(types) == 1 else []
    columns = [path for path in columns if any(loaded_at(each, path) is not None for each in entities[:ROWS])]
    return _entity_table(text(caption), entities, columns, address_of, pictures)


def _limit(query: Query[Any]) -> int:
    """Return the number of results to request: one more than are shown, so that it is known whether there are more."""
    return ROWS + 1 if query.node.limit is None else min(query.node.limit, ROWS + 1)


def _columns(node: Select, schema: Schema) -> list[Path]:
    """Return the columns beside the entity itself: the selected paths, or else those that people look for first."""
    if node.projections:
        return [path for path in node.projections if isinstance(path, Path) and str(path) not in ("id", "name")]
    attributes = schema.type(node.entity_type).attributes
    found = [name for name in _PREFERRED if name in attributes and not attributes[name].is_plural]
    return [Path.of(name) for name in found[:_COLUMNS]]


def _needed(node: Select, columns: Sequence[Path], schema: Schema) -> list[str]:
    """Return the paths to select for *columns*, and for the name, the page and the picture of each entity."""
    described = schema.type(node.entity_type)
    needed = [*stored_scalars(described), *([LINK] if LINK in described.attributes else [])]
    for path in columns:
        attribute = described.attributes.get(path.steps[0].name) if len(path.steps) == 1 else None
        if attribute is not None and attribute.kind is Kind.REFERENCE:
            target = schema.type(str(attribute.target))
            shown = [name for name in _SHOWN_OF_TARGET if name in target.attributes]
            needed += [f"{path}.{name}" for name in (*target.primary_key, *shown)]
        else:
            needed.append(str(path))
    return needed


def _entity_table(
    caption: Markup, entities: Sequence[Entity], columns: Sequence[Path], address_of: AddressOf, pictures: Pictures
) -> Markup:
    shown = entities[:ROWS]
    thumbnails = pictures([str(key) for each in shown if (key := each.__dict__.get(_THUMBNAIL))])
    headings = ([""] if thumbnails else []) + [_heading(shown), *map(str, columns)]
    rows: list[list[object]] = []
    for entity in shown:
        row: list[object] = [cell_of(entity, address_of)]
        row += [cell_of(loaded_at(entity, path), address_of) for path in columns]
        rows.append([picture(thumbnails.get(str(entity.__dict__.get(_THUMBNAIL)))), *row] if thumbnails else row)
    return table(headings, rows, caption=caption, notes=_notes(len(entities)))


def _heading(entities: Sequence[Entity]) -> str:
    return " / ".join(dict.fromkeys(entity.__entity_type__ for entity in entities))


def _plain_table(caption: Markup, rows: Sequence[Mapping[str, Any]]) -> Markup:
    """Return rows that are no entities as a table."""
    names = dict.fromkeys(name for row in rows for name in row)
    cells = [[cell_of(row.get(name), lambda entity: None) for name in names] for row in rows[:ROWS]]
    return table(list(names), cells, caption=caption, notes=_notes(len(rows)))


def _notes(count: int) -> list[str]:
    if count > ROWS:
        return [f"The first {ROWS} results; there are more."]
    return ["1 result" if count == 1 else f"{count} results"]
