"""Pure: the columns of flat rows: their names, and the attributes, aggregates or keys that they show.

ftrack selects mapped collections as a whole. A key, such as `custom_attributes.fstart`, is a column of rows and tables,
which is made from its collection.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeVar

import attrs

from ftrack_orm.errors import QueryError, UsageError

from .expressions.attributes import AttributeExpression
from .expressions.items import ItemExpression
from .language.nodes import Path, Projection
from .language.parser import parse_projections

if TYPE_CHECKING:
    from .builder import Query

Q = TypeVar("Q", bound="Query[Any]")

_FORMS: Final = ("tuple", "dict")


@attrs.frozen
class Item:
    """One item of a mapped collection: the attribute of the items that has *key*, and the one that has the value."""

    key: str
    key_name: str
    value_name: str


@attrs.frozen
class Column:
    """One column: its *name* in a dict, and its content, an *item* of the collection at the path if that is set."""

    name: str
    content: Projection
    item: Item | None = None


def rows_of(query: Query[Any], columns: Sequence[Any], renamed: Mapping[str, Any], form: str) -> list[Any]:
    """Return the rows of *query* with *columns*, and with *renamed* columns by their names, as tuples or dicts.

    Raises `QueryError` for columns that a row cannot have, and the errors of running the query.
    """
    if form not in _FORMS:
        raise QueryError(f"as_ is 'tuple' or 'dict', not {form!r}.")
    runner = query._require_runner()
    built = build_columns(query, columns, renamed)
    if query.node.group_by:
        from .grouping import rows_of_groups

        names, rows = rows_of_groups(query, runner, built)
    else:
        built = built or selected_columns(query)
        if not built:
            raise QueryError("rows needs the columns to return, such as query.rows('name', 'status.name').")
        names = [column.name for column in built]
        prepared = query._with_clauses(projections=tuple(dict.fromkeys(each.content for each in built)))._prepare()
        rows = [] if prepared is None else runner.flat_rows(prepared, built)
    if form == "tuple":
        return rows
    check_names(names, built)
    return [dict(zip(names, row, strict=True)) for row in rows]


def build_columns(query: Query[Any], columns: Iterable[Any], renamed: Mapping[str, Any]) -> list[Column]:
    """Return the columns of the arguments of `Query.rows`; none without arguments."""
    built = [column for each in columns for column in _columns_for(query, each)]
    for name, each in renamed.items():
        contents = _columns_for(query, each)
        if len(contents) != 1:
            raise QueryError(f"The column {name!r} is one attribute, not {len(contents)}: {each!r}.")
        built.append(attrs.evolve(contents[0], name=name))
    return built


def _columns_for(query: Query[Any], given: Any) -> list[Column]:
    """Return the columns for one argument: an attribute, an item of a mapped collection, an aggregate or a text."""
    if isinstance(given, ItemExpression):
        (path,) = query._build_projections(given._collection)
        item = Item(given._key, given._key_name, given._value_name)
        return [Column(f"{path}.{given._key}", path, item)]
    if query.node.group_by and isinstance(given, str):
        from .grouping import NO_GROUPS, column_contents

        contents = column_contents(query.node, query.groups or NO_GROUPS)
        if given in contents:
            return [Column(given, contents[given])]
    try:
        nodes = query._build_projections(given)
    except UsageError:
        found = _columns_of_text(query, given) if isinstance(given, str) else None
        if found is None:
            raise
        return found
    return [Column(column_name(node), node) for node in nodes]


def selected_columns(query: Query[Any]) -> list[Column]:
    """Return the columns of what *query* selects; none if it selects the default projections."""
    if query.selected_columns is not None:
        return list(query.selected_columns)
    return [Column(str(path), path) for path in query.node.projections]


def select_columns(query: Q, projections: Sequence[Any]) -> Q:
    """Return *query*, which has no groups, that also selects *projections*, some of which are keys.

    Raises the errors of `Query.select` for projections that are neither attributes nor keys.
    """
    columns = tuple(dict.fromkeys([*selected_columns(query), *build_columns(query, projections, {})]))
    contents = tuple(dict.fromkeys(column.content for column in columns))
    return query._with_clauses(projections=contents)._with_options(selected_columns=columns)


def _columns_of_text(query: Query[Any], text: str) -> list[Column] | None:
    """Return the columns of a text such as `"name, custom_attributes.fstart"`, or None for a text without keys."""
    if query.schema is None or query.node.group_by:
        return None
    given: list[Any] = []
    for part in map(str.strip, text.split(",")):
        try:
            query._build_projections(part)
        except UsageError:
            item = _item_of(query, part)
            if item is None:
                return None
            given.append(item)
        else:
            given.append(part)
    return build_columns(query, given, {})


def _item_of(query: Query[Any], text: str) -> ItemExpression | None:
    """Return the expression of the key at the end of *text*, or None if the path before it is no mapped collection.

    A key may have dots: the path is the longest one that the schema has.
    """
    names = text.split(".")
    for count in range(len(names) - 1, 0, -1):
        try:
            (path,) = parse_projections(".".join(names[:count]))
            if not isinstance(path, Path):
                return None
            expression = AttributeExpression(Path(path.steps), query.node.entity_type, query.schema)
        except UsageError:
            continue
        key = ".".join(names[count:])
        item = expression[key] if key and expression._key_and_value_names() is not None else None
        return item if isinstance(item, ItemExpression) else None
    return None


def column_name(projection: Projection) -> str:
    """Return the name of a path or an aggregate in a row, which is ftrack's: `status.name`, `sum_bid`."""
    return str(projection) if isinstance(projection, Path) else f"{projection.function.value}_{projection.path}"


def check_names(names: Sequence[str], columns: Sequence[Column]) -> None:
    """Raise `QueryError` if a dict or a table cannot hold all columns because two different ones have the same name."""
    contents: dict[str, Column] = {}
    for name, column in zip(names, columns, strict=False):
        if contents.setdefault(name, column) != column:
            raise QueryError(f"Two columns are called {name!r}. Give one of them another name: rows(..., other=...).")
