"""Pure: the criteria of a query as SQL conditions on one entity of a statement.

A path over references reads their joined rows. A path over a collection asks whether *some* item makes the rest hold
(two such conditions may hold for different items), while `any (...)` binds one item to all that its parentheses say.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.operators import custom_op

from ftrack_orm.errors import QueryError, SandboxUnsupported
from ftrack_orm.query.language.nodes import And, Comparison, Criterion, Membership, Not, Or, Path, Related, Select, Step
from ftrack_orm.sandbox.relations import ForeignKey, HiddenKey
from ftrack_orm.schema.attribute import Attribute, Kind, ValueType

from .collection_items import items
from .comparison import all_of, any_of, compare, is_among
from .from_clause import EntityAlias, FromBuilder, find_attribute, of_type, reference_condition

#: What is asked of the end of a path: its entity, the type that describes the attribute, and the attribute.
_End = Callable[[EntityAlias, str, Attribute, Step], sa.ColumnElement[bool]]


def condition(entity: EntityAlias, criterion: Criterion) -> sa.ColumnElement[bool]:
    """Return *criterion*, whose names were checked, as a condition on the entity of *entity*.

    Raises `QueryError` for a comparison that makes no sense, and `SandboxUnsupported`.
    """
    if isinstance(criterion, And):
        return all_of([condition(entity, operand) for operand in criterion.operands])
    if isinstance(criterion, Or):
        return any_of([condition(entity, operand) for operand in criterion.operands])
    if isinstance(criterion, Not):
        return sa.not_(condition(entity, criterion.operand))
    if isinstance(criterion, Comparison):
        return _comparison(entity, criterion)
    if isinstance(criterion, Membership):
        return _membership(entity, criterion)
    return _related(entity, criterion)


def _walk(entity: EntityAlias, path: Path, end: _End, start: int = 0) -> sa.ColumnElement[bool]:
    """Follow *path* from *entity* and ask *end* at its end, for some item of every collection on the way."""
    for place in range(start, len(path.steps)):
        step = path.steps[place]
        owner, attribute = find_attribute(entity.tables, entity.entity_type, step.name)
        if place == len(path.steps) - 1:
            return end(entity, owner, attribute, step)
        if attribute.is_plural:
            return _some_item(entity, step, functools.partial(_walk, path=path, end=end, start=place + 1))
        entity = entity.reference(step.name, step.cast)
    raise QueryError("A path needs at least one attribute.")


def _some_item(
    entity: EntityAlias, step: Step, inner: Callable[[EntityAlias], sa.ColumnElement[bool] | None]
) -> sa.ColumnElement[bool]:
    """Return whether the collection holds an item, of the type it is cast to, for which *inner* holds."""
    found = items(entity.tables, entity.from_builder.now, entity.entity_type, step.name, entity.id)
    found.entity.is_item = True
    return _exists(entity, found.entity, found.condition, step, inner)


def _exists(
    outer: EntityAlias,
    target: EntityAlias,
    tie: sa.ColumnElement[bool],
    step: Step,
    inner: Callable[[EntityAlias], sa.ColumnElement[bool] | None],
) -> sa.ColumnElement[bool]:
    conditions = [tie]
    if step.cast is not None:
        narrowed = of_type(target.tables, target.table, step.cast)
        if narrowed is not None:
            conditions.append(narrowed)
        target.entity_type = step.cast
    held = inner(target)
    if held is not None:
        conditions.append(held)
    rows = sa.select(sa.literal(1)).select_from(target.from_builder.from_clause).where(*conditions)
    # What is not of the target is of the entity it is tied to, which may be read from several tables.
    return sa.exists(rows.correlate_except(target.from_builder.from_clause))


# -- comparisons --------------------------------------------------------------------------------------------------


def _comparison(entity: EntityAlias, criterion: Comparison) -> sa.ColumnElement[bool]:
    def end(entity: EntityAlias, owner: str, attribute: Attribute, step: Step) -> sa.ColumnElement[bool]:
        value, value_type = _comparable(entity, owner, attribute, step)
        return compare(value, value_type, criterion.operator, criterion.value, f"{owner}.{attribute.name}")

    return _walk(entity, criterion.path, end)


def _comparable(
    entity: EntityAlias, owner: str, attribute: Attribute, step: Step
) -> tuple[sa.ColumnElement[Any], ValueType | None]:
    """Return what a comparison compares: a scalar's value, or the id that a reference is kept in."""
    if attribute.is_plural:
        raise QueryError(
            f"{owner}.{attribute.name} holds many entities and cannot be compared. "
            f"Use '{attribute.name} any (...)', or 'not {attribute.name} any ()' for none."
        )
    if attribute.kind is Kind.SCALAR:
        value = entity.value(attribute.name, owner)
        is_key = attribute.foreign_key is not None
        return (_unindexed(value) if entity.is_item and is_key else value), attribute.value_type
    key = entity.tables.relation(owner, attribute.name)
    if step.cast is None and isinstance(key, (ForeignKey, HiddenKey)):
        value = entity.stored(owner, key)
        return (_unindexed(value) if entity.is_item else value), ValueType.TEXT
    return entity.reference(attribute.name, step.cast).id, ValueType.TEXT


def _unindexed(value: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """Return the same value out of the reach of its index.

    The items of a collection are found by what ties them to their entity, which are few. Without statistics SQLite may
    think as well of another index, and walk everything a user is assigned to for every task.
    """
    return sa.UnaryExpression(value, operator=custom_op("+"), type_=value.type)


def _membership(entity: EntityAlias, criterion: Membership) -> sa.ColumnElement[bool]:
    def end(entity: EntityAlias, owner: str, attribute: Attribute, step: Step) -> sa.ColumnElement[bool]:
        value, value_type = _comparable(entity, owner, attribute, step)
        if isinstance(criterion.values, Select):
            among: sa.ColumnElement[bool] = _plain(value, value_type, attribute).in_(_column(entity, criterion.values))
        else:
            among = is_among(value, value_type, criterion.values, f"{owner}.{attribute.name}")
        return sa.not_(among) if criterion.negated else among

    return _walk(entity, criterion.path, end)


# -- relations ----------------------------------------------------------------------------------------------------


def _related(entity: EntityAlias, criterion: Related) -> sa.ColumnElement[bool]:
    def inner(item: EntityAlias) -> sa.ColumnElement[bool] | None:
        return None if criterion.criterion is None else condition(item, criterion.criterion)

    def end(entity: EntityAlias, owner: str, attribute: Attribute, step: Step) -> sa.ColumnElement[bool]:
        if attribute.is_plural:
            return _some_item(entity, step, inner)
        # A subquery rather than the joined row, so that `not parent has (...)` holds where there is no parent.
        assert attribute.target is not None, f"{attribute.name} is a relation"
        target = FromBuilder(entity.tables, entity.from_builder.now).start(attribute.target)
        tie = reference_condition(entity, owner, attribute.name, target.table)
        return _exists(entity, target, tie, step, inner)

    return _walk(entity, criterion.path, end)


# -- whole queries ------------------------------------------------------------------------------------------------


def filtered(entity: EntityAlias, select: Select) -> sa.ColumnElement[bool]:
    """Return what makes a row of the entity's table a result of *select*: its type and the criterion."""
    conditions = []
    narrowed = of_type(entity.tables, entity.table, entity.entity_type)
    if narrowed is not None:
        conditions.append(narrowed)
    if select.criterion is not None:
        conditions.append(condition(entity, select.criterion))
    return sa.and_(sa.true(), *conditions)


def ordering(entity: EntityAlias, select: Select) -> list[sa.ColumnElement[Any]]:
    """Return the keys of `order by`, ending with the primary key, so that the order of results is always the same."""
    keys = []
    for order in select.order_by:
        value = value_at(entity, order.path)
        keys.append(value.desc() if order.descending else value.asc())
    return [*keys, *entity.key]


def value_at(entity: EntityAlias, path: Path) -> sa.ColumnElement[Any]:
    """Return the one value a path over references ends at; a path that ends on a reference ends at its id.

    Raises `SandboxUnsupported` when a subquery's path leads over a collection.
    """
    for step in path.steps[:-1]:
        owner, attribute = find_attribute(entity.tables, entity.entity_type, step.name)
        if attribute.kind is not Kind.REFERENCE:
            raise SandboxUnsupported(
                f"The embedded server does not support a subquery that selects over many entities ('{path}', where "
                f"{owner}.{step.name} is a collection). Turn it round: select from the type of the items.",
                entity_type=owner,
                attribute=step.name,
            )
        entity = entity.reference(step.name, step.cast)
    last = path.steps[-1]
    owner, attribute = find_attribute(entity.tables, entity.entity_type, last.name)
    value, value_type = _comparable(entity, owner, attribute, last)
    return _plain(value, value_type, attribute)


def _plain(value: sa.ColumnElement[Any], value_type: ValueType | None, attribute: Attribute) -> sa.ColumnElement[Any]:
    """Return a value as SQL compares it by itself: what JSON says, where it is kept as JSON."""
    if value_type is ValueType.ANY and not attribute.computed:
        return sa.func.json_extract(value, "$", type_=sa.Text).collate("NOCASE")
    return value


def _column(entity: EntityAlias, select: Select) -> sa.Select[Any]:
    """Return a subquery as the column of values it selects, without nulls, which would make `not_in` find nothing."""
    primary_key = entity.tables.schema.type(select.entity_type).primary_key
    paths = select.projections or tuple(Path.of(name) for name in primary_key)
    if len(paths) != 1 or not isinstance(paths[0], Path) or select.group_by:
        raise QueryError(f"A subquery must select exactly one attribute; that of {select.entity_type} does not.")
    inner = FromBuilder(entity.tables, entity.from_builder.now)
    start = inner.start(select.entity_type)
    value = value_at(start, paths[0])
    where = filtered(start, select)
    is_page = select.limit is not None or select.offset is not None
    order = ordering(start, select) if is_page else []
    statement = sa.select(value.label("value")).select_from(inner.from_clause).where(where)
    if not is_page:
        return statement.where(value.is_not(None))
    page = statement.order_by(*order).limit(select.limit).offset(select.offset).subquery()
    return sa.select(page.c.value).where(page.c.value.is_not(None))
