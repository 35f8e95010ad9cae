"""Pure: compiles the criteria of a query into SQL conditions on one entity of a statement.

A path over references reads their joined rows. A path over a collection asks whether *some* item satisfies the rest;
two such conditions may hold for different items. `any (...)` binds one item to all conditions in its parentheses.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.operators import custom_op

from ftrack_orm.errors import QueryError, SandboxUnsupported
from ftrack_orm.query.language.nodes import And, Comparison, Criterion, Membership, Not, Or, Path, Related, Select, Step
from ftrack_orm.schema.attribute import Attribute, Kind, ValueType
from ftrack_orm.schema.relations import ForeignKey, HiddenKey

from .collection_items import collection_items
from .comparison import all_of, any_of, compare, is_among
from .from_clause import EntityAlias, FromBuilder, find_attribute, reference_condition, type_condition

#: Compiles the condition on the attribute at the end of a path, from the attribute's entity, the type that declares it,
#: the attribute and the last step.
_AttributeCondition = Callable[[EntityAlias, str, Attribute, Step], sa.ColumnElement[bool]]


def condition(entity: EntityAlias, criterion: Criterion) -> sa.ColumnElement[bool]:
    """Compile *criterion*, whose names were checked, into a condition on *entity*.

    Raises `QueryError` for a comparison that the attribute does not allow, and `SandboxUnsupported`.
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


def _follow(entity: EntityAlias, path: Path, at_end: _AttributeCondition, start: int = 0) -> sa.ColumnElement[bool]:
    """Follow *path* from *entity* and apply *at_end* to its last attribute, for some item of every collection on it."""
    for index in range(start, len(path.steps)):
        step = path.steps[index]
        declaring_type, attribute = find_attribute(entity.tables, entity.entity_type, step.name)
        if index == len(path.steps) - 1:
            return at_end(entity, declaring_type, attribute, step)
        if attribute.is_plural:
            return _any_item(entity, step, functools.partial(_follow, path=path, at_end=at_end, start=index + 1))
        entity = entity.reference(step.name, step.cast)
    raise QueryError("A path needs at least one attribute.")


def _any_item(
    entity: EntityAlias, step: Step, inner: Callable[[EntityAlias], sa.ColumnElement[bool] | None]
) -> sa.ColumnElement[bool]:
    """Return the condition that the collection holds an item, of the type it is cast to, for which *inner* holds."""
    items = collection_items(entity.tables, entity.from_builder.now, entity.entity_type, step.name, entity.id)
    items.entity.is_item = True
    return _exists(items.entity, items.condition, step, inner)


def _exists(
    target: EntityAlias,
    correlation: sa.ColumnElement[bool],
    step: Step,
    inner: Callable[[EntityAlias], sa.ColumnElement[bool] | None],
) -> sa.ColumnElement[bool]:
    conditions = [correlation]
    if step.cast is not None:
        is_cast_type = type_condition(target.tables, target.table, step.cast)
        if is_cast_type is not None:
            conditions.append(is_cast_type)
        target.entity_type = step.cast
    inner_condition = inner(target)
    if inner_condition is not None:
        conditions.append(inner_condition)
    rows = sa.select(sa.literal(1)).select_from(target.from_builder.from_clause).where(*conditions)
    # All other tables belong to the enclosing statement, where the related entity may be read from several of them.
    return sa.exists(rows.correlate_except(target.from_builder.from_clause))


# -- comparisons --------------------------------------------------------------------------------------------------


def _comparison(entity: EntityAlias, criterion: Comparison) -> sa.ColumnElement[bool]:
    def at_end(entity: EntityAlias, declaring_type: str, attribute: Attribute, step: Step) -> sa.ColumnElement[bool]:
        value, value_type = _comparable(entity, declaring_type, attribute, step)
        return compare(value, value_type, criterion.operator, criterion.value, f"{declaring_type}.{attribute.name}")

    return _follow(entity, criterion.path, at_end)


def _comparable(
    entity: EntityAlias, declaring_type: str, attribute: Attribute, step: Step
) -> tuple[sa.ColumnElement[Any], ValueType | None]:
    """Return the value that a comparison compares and its type: a scalar, or the id that a reference is stored as."""
    if attribute.is_plural:
        raise QueryError(
            f"{declaring_type}.{attribute.name} holds many entities and cannot be compared. "
            f"Use '{attribute.name} any (...)', or 'not {attribute.name} any ()' for none."
        )
    if attribute.kind is Kind.SCALAR:
        value = entity.value(attribute.name, declaring_type)
        is_key = attribute.foreign_key is not None
        return (_unindexed(value) if entity.is_item and is_key else value), attribute.value_type
    key = entity.tables.relation(declaring_type, attribute.name)
    if step.cast is None and isinstance(key, (ForeignKey, HiddenKey)):
        value = entity.foreign_key(declaring_type, key)
        return (_unindexed(value) if entity.is_item else value), ValueType.TEXT
    return entity.reference(attribute.name, step.cast).id, ValueType.TEXT


def _unindexed(value: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """Return the same value in a form that no index serves.

    The items of a collection are found by the condition that ties them to their owner, and are few. Without statistics
    SQLite may rate another index as highly, and scan everything a user is assigned to for every task.
    """
    return sa.UnaryExpression(value, operator=custom_op("+"), type_=value.type)


def _membership(entity: EntityAlias, criterion: Membership) -> sa.ColumnElement[bool]:
    def at_end(entity: EntityAlias, declaring_type: str, attribute: Attribute, step: Step) -> sa.ColumnElement[bool]:
        value, value_type = _comparable(entity, declaring_type, attribute, step)
        if isinstance(criterion.values, Select):
            among: sa.ColumnElement[bool] = _comparable_in_sql(value, value_type, attribute).in_(
                _subquery(entity, criterion.values)
            )
        else:
            among = is_among(value, value_type, criterion.values, f"{declaring_type}.{attribute.name}")
        return sa.not_(among) if criterion.negated else among

    return _follow(entity, criterion.path, at_end)


# -- relations ----------------------------------------------------------------------------------------------------


def _related(entity: EntityAlias, criterion: Related) -> sa.ColumnElement[bool]:
    def inner(item: EntityAlias) -> sa.ColumnElement[bool] | None:
        return None if criterion.criterion is None else condition(item, criterion.criterion)

    def at_end(entity: EntityAlias, declaring_type: str, attribute: Attribute, step: Step) -> sa.ColumnElement[bool]:
        if attribute.is_plural:
            return _any_item(entity, step, inner)
        # A subquery instead of the joined row, so that `not parent has (...)` holds where there is no parent.
        assert attribute.target is not None, f"{attribute.name} is a relation"
        target = FromBuilder(entity.tables, entity.from_builder.now).start(attribute.target)
        correlation = reference_condition(entity, declaring_type, attribute.name, target.table)
        return _exists(target, correlation, step, inner)

    return _follow(entity, criterion.path, at_end)


# -- whole queries ------------------------------------------------------------------------------------------------


def select_condition(entity: EntityAlias, select: Select) -> sa.ColumnElement[bool]:
    """Return the condition that a row of the entity's table is a result of *select*: its type and the criterion."""
    conditions = []
    is_type = type_condition(entity.tables, entity.table, entity.entity_type)
    if is_type is not None:
        conditions.append(is_type)
    if select.criterion is not None:
        conditions.append(condition(entity, select.criterion))
    return sa.and_(sa.true(), *conditions)


def order_columns(entity: EntityAlias, select: Select) -> list[sa.ColumnElement[Any]]:
    """Return the columns of `order by`, followed by the primary key, which makes the order of results unique."""
    keys = []
    for order in select.order_by:
        value = value_at(entity, order.path)
        keys.append(value.desc() if order.descending else value.asc())
    return [*keys, *entity.key]


def value_at(entity: EntityAlias, path: Path) -> sa.ColumnElement[Any]:
    """Return the value at the end of a path over references; a path that ends on a reference has its id as value.

    Raises `SandboxUnsupported` when a subquery's path leads over a collection.
    """
    for step in path.steps[:-1]:
        declaring_type, attribute = find_attribute(entity.tables, entity.entity_type, step.name)
        if attribute.kind is not Kind.REFERENCE:
            raise SandboxUnsupported(
                f"The embedded server does not support a subquery that selects over many entities ('{path}', where "
                f"{declaring_type}.{step.name} is a collection). Turn it round: select from the type of the items.",
                entity_type=declaring_type,
                attribute=step.name,
            )
        entity = entity.reference(step.name, step.cast)
    last = path.steps[-1]
    declaring_type, attribute = find_attribute(entity.tables, entity.entity_type, last.name)
    value, value_type = _comparable(entity, declaring_type, attribute, last)
    return _comparable_in_sql(value, value_type, attribute)


def _comparable_in_sql(
    value: sa.ColumnElement[Any], value_type: ValueType | None, attribute: Attribute
) -> sa.ColumnElement[Any]:
    """Return a value in a form that SQL compares correctly; a value stored as JSON is extracted from it."""
    if value_type is ValueType.ANY and not attribute.computed:
        return sa.func.json_extract(value, "$", type_=sa.Text).collate("NOCASE")
    return value


def _subquery(entity: EntityAlias, select: Select) -> sa.Select[Any]:
    """Compile a subquery that selects one attribute, without nulls: `not_in` would find nothing with them."""
    primary_key = entity.tables.schema.type(select.entity_type).primary_key
    paths = select.projections or tuple(Path.of(name) for name in primary_key)
    if len(paths) != 1 or not isinstance(paths[0], Path) or select.group_by:
        raise QueryError(f"A subquery must select exactly one attribute; that of {select.entity_type} does not.")
    inner = FromBuilder(entity.tables, entity.from_builder.now)
    selected = inner.start(select.entity_type)
    value = value_at(selected, paths[0])
    where = select_condition(selected, select)
    is_page = select.limit is not None or select.offset is not None
    order = order_columns(selected, select) if is_page else []
    statement = sa.select(value.label("value")).select_from(inner.from_clause).where(where)
    if not is_page:
        return statement.where(value.is_not(None))
    page = statement.order_by(*order).limit(select.limit).offset(select.offset).subquery()
    return sa.select(page.c.value).where(page.c.value.is_not(None))
