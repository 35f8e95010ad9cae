"""Pure: what is given to `select` and `order_by`, taken as nodes and checked to be about the entity type asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ftrack_orm.errors import QueryError
from ftrack_orm.query.language.resolve import check_ordering, check_projection, check_selectable

from .attributes import (
    AggregateExpression,
    AttributeExpression,
    ItemExpression,
    OrderingExpression,
    check_roots,
    is_checked,
)

if TYPE_CHECKING:
    from ftrack_orm.query.language.nodes import Ordering, Projection
    from ftrack_orm.query.language.schema_protocol import SchemaInfo


def as_projection(value: object) -> tuple[Projection, frozenset[str]]:
    """Return what selecting *value* adds to a query, and the entity types it was made with.

    Raises `QueryError` when it is neither an attribute nor an aggregate.
    """
    if isinstance(value, AttributeExpression):
        return value._ftrack_path, value._ftrack_roots
    if isinstance(value, AggregateExpression):
        return value.node, value.roots
    message = f"Attributes, aggregates and texts can be selected, not {value!r}."
    if isinstance(value, ItemExpression):
        message += " Select the whole collection; its items are loaded together."
    raise QueryError(message)


def as_ordering(value: object) -> OrderingExpression:
    """Return the key that ordering by *value* means; raises `QueryError` when it is no attribute."""
    if isinstance(value, OrderingExpression):
        return value
    if isinstance(value, AttributeExpression):
        return value.asc()
    raise QueryError(f"Results are ordered by attributes, attribute.desc() or texts, not by {value!r}.")


def projected(value: object, entity_type: str, vocabulary: SchemaInfo | None) -> Projection:
    """Return what selecting *value* adds to a query on *entity_type*, checked where there is a *vocabulary*."""
    if isinstance(value, AttributeExpression):
        path, place = value._ftrack_path, value._ftrack_place
        if place is not None and value._ftrack_vocabulary is vocabulary and value._ftrack_root == entity_type:
            check_selectable(path, place, entity_type)
            return path
    node, roots = as_projection(value)
    if vocabulary is None or (isinstance(value, AggregateExpression) and is_checked(value, entity_type, vocabulary)):
        return node
    check_roots(roots, entity_type, vocabulary)
    check_projection(node, entity_type, vocabulary)
    return node


def ordered(value: object, entity_type: str, vocabulary: SchemaInfo | None) -> Ordering:
    """Return the key that ordering a query on *entity_type* by *value* adds, checked where there is a *vocabulary*."""
    ordering = as_ordering(value)
    if vocabulary is not None and not is_checked(ordering, entity_type, vocabulary):
        check_roots(ordering.roots, entity_type, vocabulary)
        check_ordering(ordering.node, entity_type, vocabulary)
    return ordering.node
