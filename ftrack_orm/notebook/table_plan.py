"""State: the columns of the table of one query, their types, and the rows page by page. Makes the query's requests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from ftrack_orm.entities.custom_attributes.checked_keys import may_apply
from ftrack_orm.entities.reading.unlisted import is_listed
from ftrack_orm.query.builder import Query
from ftrack_orm.query.columns import Column, build_columns, check_names, selected_columns
from ftrack_orm.query.grouping import NO_GROUPS, output_columns, rows_of_groups
from ftrack_orm.schema.facts import CONFIGURATION_ID

from .column_types import OPEN, ColumnType, default_columns, is_configured_as, type_of_column

if TYPE_CHECKING:
    from ftrack_orm.entities.custom_attributes.configuration import Configuration
    from ftrack_orm.entities.custom_attributes.configurations import Configurations
    from ftrack_orm.query.columns import Item
    from ftrack_orm.schema.model import Schema


@attrs.frozen
class TablePlan:
    """The columns of a table with their names and types, and the query that returns its rows."""

    query: Query[Any]
    columns: Sequence[Column]
    names: Sequence[str]
    types: Sequence[ColumnType]
    #: The primary key by which the pages are requested, None for pages by offset.
    key: str | None = None

    def pages(self) -> Iterator[list[tuple[Any, ...]]]:
        """Yield the rows in pages; each page is requested as the previous one is used."""
        query = self.query
        runner = query._require_runner()
        if query.node.group_by:
            yield rows_of_groups(query, runner, self.columns)[1]
            return
        contents = tuple(dict.fromkeys(column.content for column in self.columns))
        prepared = query._with_clauses(projections=contents)._prepare()
        if prepared is not None:
            yield from runner.flat_pages(prepared, self.columns, key=self.key)


def plan_table(
    query: Query[Any],
    columns: Sequence[Any],
    renamed: Mapping[str, Any],
    schema: Schema,
    configurations: Configurations,
) -> TablePlan:
    """Return the table of *query* with *columns*, and with *renamed* columns by their names, as in `Query.rows`.

    Raises `QueryError` for two columns of one name. The first column of a custom attribute reads the configurations.
    """
    node = query.node
    built = build_columns(query, columns, renamed)
    if not built and node.group_by:
        built = [Column(name, content) for name, content in output_columns(node, query.groups or NO_GROUPS)]
    elif not built and node.projections:
        built = selected_columns(query)
    elif not built and node.entity_type in schema.types:
        built = build_columns(query, default_columns(node.entity_type, schema), {})
    check_names([column.name for column in built], built)
    built = list(dict.fromkeys(built))

    def find_configurations(owner: str, item: Item) -> Sequence[Configuration]:
        configurations.check_key(owner, item.key, is_id=item.key_name == CONFIGURATION_ID)
        return [each for each in configurations if is_configured_as(each, item) and may_apply(each, owner, schema)]

    listed = query.schema is not None or is_listed(node, schema)
    types = [
        type_of_column(column, node.entity_type, schema, find_configurations) if listed else OPEN for column in built
    ]
    return TablePlan(query, built, [column.name for column in built], types, _paging_key(query, schema))


def _paging_key(query: Query[Any], schema: Schema) -> str | None:
    """Return the primary key by which a query can be read, None if it has an order or an offset of its own.

    A long result is then complete while others create and delete entities.
    """
    node = query.node
    described = schema.types.get(node.entity_type)
    if described is None or len(described.primary_key) != 1 or query.free_text is not None:
        return None
    return None if node.order_by or node.offset else described.primary_key[0]
