"""State: recorded changes, custom attributes of many entities and previews of deletions as HTML. Makes no request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .cells import AddressOf, cell_of
from .entity_html import changed_value
from .markup import Markup, markup_of, table, text

if TYPE_CHECKING:
    from ftrack_orm.entities.committing.deletion_preview import DeletionPreview
    from ftrack_orm.entities.committing.saved_changes import SessionChanges
    from ftrack_orm.entities.custom_attributes.value_table import CustomValues

#: Entities that are shown.
ENTITIES: Final = 50


def changes_html(changes: SessionChanges, address_of: AddressOf) -> Markup:
    """Return a row for each new, modified and deleted entity, with the values before and after."""
    created = set(changes.created)
    rows: list[list[object]] = []
    for entity in [*changes, *changes.deleted][:ENTITIES]:
        values = changes.get(entity, {})
        action = "create" if entity in created else "update" if entity in changes else "delete"
        shown = [f"{text(name)}: {changed_value(each.old, each.new, address_of)}" for name, each in values.items()]
        rows.append([action, entity.__entity_type__, cell_of(entity, address_of), Markup("<br>".join(shown))])
    headings = ["action", "type", "entity", "values"]
    return table(headings, rows, notes=_rest(len(changes) + len(changes.deleted)))


def custom_values_html(values: CustomValues, address_of: AddressOf) -> Markup:
    """Return a row for each entity, with a column for each key. Values that are not its own are in italics."""
    rows: list[list[object]] = []
    for entity, cells in list(values.items())[:ENTITIES]:
        row = [cell_of(entity, address_of)]
        for key in values.columns:
            cell = cell_of(cells.get(key), address_of)
            is_own = key not in cells or values.is_own(entity, key)
            row.append(cell if is_own else Markup(f"<i>{markup_of(cell)}</i>"))
        rows.append(row)
    return table(["", *values.columns], rows, notes=_rest(len(values)))


def deletion_html(preview: DeletionPreview, address_of: AddressOf) -> Markup:
    """Return the number of entities of each type that the deletion would take along."""
    rows = [
        [count, name, "ftrack may keep them" if name in preview.uncertain else ""] for name, count in preview.items()
    ]
    entity = preview.entity
    caption = Markup(f"deletion of {text(entity.__entity_type__)} {markup_of(cell_of(entity, address_of))}")
    return table(["entities", "type", ""], rows, caption=caption, notes=[f"{preview.total} more would be deleted"])


def _rest(count: int) -> list[str]:
    return [f"{count} entities, of which the first {ENTITIES} are shown"] if count > ENTITIES else []
