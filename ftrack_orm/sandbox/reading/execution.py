"""Edge: runs a query on the embedded server's database and returns the reply of an ftrack server."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ftrack_orm.errors import SandboxUnsupported
from ftrack_orm.query.language.checks import check_select
from ftrack_orm.query.language.nodes import Aggregate, Function, Path, Select
from ftrack_orm.schema.attribute import ValueType
from ftrack_orm.wire.codec import UTC, VALUE_TYPE
from ftrack_orm.wire.replies import QueryReply

from .conditions import order_columns, select_condition, value_at
from .fetching import fetch_collections, select_columns
from .from_clause import EntityAlias, FromBuilder, find_attribute, outermost_alias
from .projection import projection_tree

if TYPE_CHECKING:
    from ftrack_orm.sandbox.tables import Tables

    from .serialization import Serializer

#: Parts of the messages in which SQLite reports that a statement exceeds one of its limits.
_LIMIT_MESSAGES = ("at most 64 tables", "too many", "too large", "too complex", "stack overflow")


def run_query(
    connection: sa.Connection, tables: Tables, select: Select, serializer: Serializer, now: datetime.datetime
) -> QueryReply:
    """Run *select* and return the page of entities it finds.

    Sends one statement for the entities and one more for each collection on a projected path. *now* is the time that
    values such as `is_open` depend on. Raises `UnknownEntityType`, `UnknownAttribute` and `QueryError` for errors in
    the query, and `SandboxUnsupported`.
    """
    check_select(select, tables.schema)
    try:
        return _run(connection, tables, select, serializer, now)
    except sa.exc.OperationalError as error:
        if not any(message in str(error.orig) for message in _LIMIT_MESSAGES):
            raise
        message = f"The embedded server's database cannot answer this query of {select.entity_type}: {error.orig}."
        raise SandboxUnsupported(message, entity_type=select.entity_type) from error


def _run(
    connection: sa.Connection, tables: Tables, select: Select, serializer: Serializer, now: datetime.datetime
) -> QueryReply:
    from_builder = FromBuilder(tables, now.astimezone(UTC).replace(tzinfo=None, microsecond=0).isoformat())
    entity = from_builder.start(select.entity_type, outermost_alias(tables.table(select.entity_type)))
    if select.group_by:
        return _grouped(connection, entity, select)
    position, selected = select_columns(entity, projection_tree(tables, select.entity_type, select.projections))
    statement = sa.select(*selected).where(select_condition(entity, select)).order_by(*order_columns(entity, select))
    rows, next_offset = _page(connection, statement.select_from(from_builder.from_clause), select)
    fetch_collections(connection, position, rows, from_builder.now)
    entities = (serializer.entity(position, row) for row in rows)
    return QueryReply([entity for entity in entities if entity is not None], next_offset)


def _page(connection: sa.Connection, statement: sa.Select[Any], select: Select) -> tuple[list[sa.Row[Any]], int | None]:
    """Fetch the page that a query asks for, and one more row to see whether another page follows."""
    if select.limit is None:
        return list(connection.execute(statement.offset(select.offset))), None
    rows = list(connection.execute(statement.limit(select.limit + 1).offset(select.offset)))
    # An empty page has no next one: its offset would be the same again, without end.
    more = len(rows) > select.limit > 0
    return rows[: select.limit], (select.offset or 0) + select.limit if more else None


# -- group by ----------------------------------------------------------------------------------------------------

_FUNCTIONS: dict[Function, Callable[[Any], sa.ColumnElement[Any]]] = {
    Function.COUNT: sa.func.count,
    Function.SUM: sa.func.sum,
    Function.AVG: sa.func.avg,
    Function.MIN: sa.func.min,
    Function.MAX: sa.func.max,
}


def _grouped(connection: sa.Connection, entity: EntityAlias, select: Select) -> QueryReply:
    """Run a `group by`: each row holds the group's values and `<function>_<path>` for each aggregate."""
    groups = {str(path): value_at(entity, path) for path in select.group_by}
    selected: dict[str, sa.ColumnElement[Any]] = {}
    datetimes = {str(path) for path in select.group_by if _is_datetime(entity, path)}
    for projection in select.projections:
        if isinstance(projection, Aggregate):
            name = f"{projection.function.value}_{projection.path}"
            selected[name] = _FUNCTIONS[projection.function](value_at(entity, projection.path))
            if projection.function in (Function.MIN, Function.MAX) and _is_datetime(entity, projection.path):
                datetimes.add(name)
    selected.update(groups)
    order = []
    for key in select.order_by:
        value = groups[str(key.path)]
        order.append(value.desc() if key.descending else value.asc())
    statement = (
        sa.select(*(column.label(f"c{number}") for number, column in enumerate(selected.values())))
        .where(select_condition(entity, select))
        .group_by(*groups.values())
        .order_by(*order, *groups.values())
        .select_from(entity.from_builder.from_clause)
    )
    rows, next_offset = _page(connection, statement, select)
    names = list(selected)
    data = [
        {
            name: {VALUE_TYPE: "datetime", "value": value} if name in datetimes and value is not None else value
            for name, value in zip(names, row, strict=True)
        }
        for row in rows
    ]
    return QueryReply(data, next_offset)


def _is_datetime(entity: EntityAlias, path: Path) -> bool:
    entity_type = entity.entity_type
    for step in path.steps[:-1]:
        _, attribute = find_attribute(entity.tables, entity_type, step.name)
        entity_type = step.cast or attribute.target or entity_type
    _, attribute = find_attribute(entity.tables, entity_type, path.steps[-1].name)
    return attribute.value_type is ValueType.DATETIME
