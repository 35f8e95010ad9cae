"""Pure: converts the arguments of `select` and `order_by` to nodes, checked for the entity type of the query."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ftrack_orm.errors import QueryError
from ftrack_orm.query.language.checks import check_ordering, check_projection, check_selectable
from ftrack_orm.query.language.parser import parse_projections

from .attributes import AttributeExpression
from .clause_elements import AggregateExpression, OrderingExpression
from .items import ItemExpression
from .roots import check_roots, is_checked

if TYPE_CHECKING:
    from ftrack_orm.query.language.nodes import Ordering, Projection
    from ftrack_orm.query.language.schema_protocol import SchemaInfo


def as_projection(value: object) -> tuple[Projection, frozenset[str]]:
    """Return the node that selects *value*, and the entity types that *value* was made with.

    Raises `QueryError` when *value* is neither an attribute nor an aggregate.
    """
    if isinstance(value, AttributeExpression):
        return value._ftrack_path, value._ftrack_roots
    if isinstance(value, AggregateExpression):
        return value.node, value.roots
    message = f"Attributes, aggregates and texts can be selected, not {value!r}."
    if isinstance(value, (list, tuple, set)):
        message += " Give several as several arguments: select(*names)."
    if isinstance(value, ItemExpression):
        message += " Select the whole collection; its items are loaded together."
    raise QueryError(message)


def as_projections(values: Iterable[object]) -> list[Projection]:
    """Return the nodes that select *values*, which are attributes or texts such as `"status.name, bid"`, unchecked."""
    return [
        node
        for value in values
        for node in (parse_projections(value) if isinstance(value, str) else (as_projection(value)[0],))
    ]


def as_ordering(value: object) -> OrderingExpression:
    """Return the key that orders by *value*; raises `QueryError` when *value* is not an attribute."""
    if isinstance(value, OrderingExpression):
        return value
    if isinstance(value, AttributeExpression):
        return value.asc()
    raise QueryError(
        f"Results are ordered by attributes, attribute.desc() or texts, and groups by aggregates, not by {value!r}."
    )


def build_projection(value: object, entity_type: str, schema: SchemaInfo | None) -> Projection:
    """Return the node that selects *value* in a query on *entity_type*, checked if there is a *schema*."""
    if isinstance(value, AttributeExpression):
        path, resolved = value._ftrack_path, value._ftrack_resolved
        if resolved is not None and value._ftrack_schema is schema and value._ftrack_root == entity_type:
            check_selectable(path, resolved, entity_type)
            return path
    node, roots = as_projection(value)
    if schema is None or (isinstance(value, AggregateExpression) and is_checked(value, entity_type, schema)):
        return node
    check_roots(roots, entity_type, schema)
    check_projection(node, entity_type, schema)
    return node


def build_ordering(value: object, entity_type: str, schema: SchemaInfo | None) -> Ordering:
    """Return the node that orders a query on *entity_type* by *value*, checked if there is a *schema*."""
    ordering = as_ordering(value)
    if schema is not None and not is_checked(ordering, entity_type, schema):
        check_roots(ordering.roots, entity_type, schema)
        check_ordering(ordering.node, entity_type, schema)
    return ordering.node
