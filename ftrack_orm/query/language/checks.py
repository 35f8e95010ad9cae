"""Pure: checks queries against a schema: names, relations, quantifiers, groups, operators and values.

Each check of a path has two forms: one that resolves the path, and one that takes a path already resolved.
All raise `UnknownEntityType`, `UnknownAttribute` or `QueryError`. For nodes parsed from text, the error's `position` is
that of the offending path.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ftrack_orm.errors import QueryError

from .advice import collection_advice, naming_attribute, python_path, relation_advice
from .literals import check_value
from .nodes import (
    Aggregate,
    And,
    Criterion,
    Function,
    Membership,
    Not,
    Operator,
    Or,
    Ordering,
    Path,
    Projection,
    Quantifier,
    Related,
    Scalar,
    Select,
)
from .resolve import ResolvedPath, check_entity_type, resolve_path

if TYPE_CHECKING:
    from .schema_protocol import SchemaInfo

# Module constants, because reading a member of an enumeration is a function call before Python 3.12.
_ANY, _HAS = Quantifier.ANY, Quantifier.HAS


def check_select(select: Select, schema: SchemaInfo) -> None:
    """Check every name and every relation of a whole query, parsed or built.

    Values are not checked: in text `3` and `"3"` are equivalent, and the server accepts both.
    """
    check_entity_type(select.entity_type, schema, select.position)
    for projection in select.projections:
        check_projection(projection, select.entity_type, schema)
    if select.criterion is not None:
        check_criterion(select.criterion, select.entity_type, schema)
    for path in select.group_by:
        check_group_key(path, select.entity_type, schema)
    for ordering in select.order_by:
        check_ordering(ordering, select.entity_type, schema)
    check_grouping(select)


# -- projections, groups and orderings --------------------------------------------------------------------------------


def check_projection(projection: Projection, entity_type: str, schema: SchemaInfo) -> None:
    """Check that a path or an aggregate can be selected."""
    path = projection.path if isinstance(projection, Aggregate) else projection
    check_selectable(projection, resolve_path(path, entity_type, schema), entity_type)


def check_selectable(projection: Projection, resolved: ResolvedPath, entity_type: str) -> None:
    """Check that a path or an aggregate can be selected, whose path ends at *resolved*."""
    if resolved.attribute.restricted:
        path = projection.path if isinstance(projection, Aggregate) else projection
        message = f"{entity_type}.{path} can be used in criteria, but the server does not allow selecting it."
        raise QueryError(message, position=path.position)
    if isinstance(projection, Aggregate):
        _check_aggregate(projection, resolved, entity_type)


def _check_aggregate(aggregate: Aggregate, resolved: ResolvedPath, entity_type: str) -> None:
    label = f"{entity_type}.{aggregate.path}"
    position = aggregate.path.position
    if resolved.attribute.is_relation:
        raise QueryError(f"{label} is a relation; {aggregate.function.value} needs a value.", position=position)
    is_numeric = resolved.value_type in ("integer", "number", "any")
    if aggregate.function in (Function.SUM, Function.AVG) and not is_numeric:
        raise QueryError(f"{label} is not a number; {aggregate.function.value} needs one.", position=position)


def check_group_key(path: Path, entity_type: str, schema: SchemaInfo) -> None:
    """Check that every entity has one value at *path*, a key of `group by`."""
    check_single_value(path, resolve_path(path, entity_type, schema), entity_type, "group by", schema)


def check_ordering(ordering: Ordering, entity_type: str, schema: SchemaInfo) -> None:
    """Check that every entity has one value at the path of *ordering*, a key of `order by`."""
    check_single_value(ordering.path, resolve_path(ordering.path, entity_type, schema), entity_type, "order by", schema)


def check_single_value(
    path: Path, resolved: ResolvedPath, entity_type: str, clause: str, schema: SchemaInfo | None = None
) -> None:
    """Check that every entity has one value at *path*, which ends at *resolved*; *clause* is named in the error."""
    if not resolved.through_collection and not resolved.attribute.is_relation:
        return
    label = f"{entity_type}.{path}"
    if resolved.through_collection:
        message = f"{label} has many values for each entity, so {clause} cannot use it."
    else:
        # Entities with the same name are different groups. Ids have no order that means anything.
        name = None
        if clause == "order by" and schema is not None and resolved.target is not None:
            name = naming_attribute(resolved.target, schema)
        message = f"{label} is a relation; {clause} needs a value, such as {path}.{name or 'id'}."
    raise QueryError(message, position=path.position)


def check_grouping(select: Select) -> None:
    """Check that aggregates occur with `group by` only, and that a grouped query has aggregates and keys only."""
    for projection in select.projections:
        if isinstance(projection, Aggregate):
            if not select.group_by:
                message = f"{projection.function.value}({projection.path}) needs a group by: ftrack aggregates groups."
                raise QueryError(message, position=projection.path.position)
        elif select.group_by and projection not in select.group_by:
            message = f"{projection} is neither an aggregate nor a key of group by: a group has no single value of it."
            raise QueryError(message, position=projection.position)
    if select.group_by:
        for ordering in select.order_by:
            if ordering.path not in select.group_by:
                message = f"Groups cannot be ordered by {ordering.path}, which is neither a key nor an aggregate."
                raise QueryError(message, position=ordering.path.position)


# -- criteria ---------------------------------------------------------------------------------------------------------


def check_criterion(criterion: Criterion, entity_type: str, schema: SchemaInfo, *, values: bool = False) -> None:
    """Check a criterion on *entity_type*; with *values*, also that operators and values fit the attributes."""
    if isinstance(criterion, (And, Or)):
        for operand in criterion.operands:
            check_criterion(operand, entity_type, schema, values=values)
    elif isinstance(criterion, Not):
        check_criterion(criterion.operand, entity_type, schema, values=values)
    elif isinstance(criterion, Related):
        _check_related(criterion, entity_type, schema, values)
    elif isinstance(criterion, Membership):
        _check_membership(criterion, entity_type, schema, values)
    else:
        resolved = resolve_path(criterion.path, entity_type, schema)
        if values:
            check_values(criterion.path, resolved, entity_type, criterion.operator, (criterion.value,), schema)


def _check_membership(membership: Membership, entity_type: str, schema: SchemaInfo, values: bool) -> None:
    resolved = resolve_path(membership.path, entity_type, schema)
    if isinstance(membership.values, Select):
        check_select(membership.values, schema)
        if values and resolved.attribute.is_relation:
            label = f"{entity_type}.{membership.path}"
            raise QueryError(f"{label} is a relation: compare {label}.id with the ids that the subquery selects.")
    elif values:
        check_values(membership.path, resolved, entity_type, Operator.IS, membership.values, schema, membership.negated)


def _check_related(related: Related, entity_type: str, schema: SchemaInfo, values: bool) -> None:
    resolved = resolve_path(related.path, entity_type, schema)
    check_quantifier(related.path, resolved, entity_type, related.quantifier)
    if related.criterion is not None and resolved.target is not None:
        check_criterion(related.criterion, resolved.target, schema, values=values)


def check_quantifier(path: Path, resolved: ResolvedPath, entity_type: str, quantifier: Quantifier) -> None:
    """Check that *path*, which ends at *resolved*, is a collection for `any`, or a relation to one entity for `has`."""
    if resolved.target is not None and quantifier is (_ANY if resolved.attribute.is_plural else _HAS):
        return
    label = f"{entity_type}.{path}"
    if resolved.target is None:
        message = f"{label} holds a value, so '{quantifier.value}' cannot be used with it."
    elif resolved.attribute.is_plural:
        message = f"{label} is a collection: use any, not has."
    else:
        message = f"{label} leads to one {resolved.target}: use has, not any."
    raise QueryError(message, position=path.position)


def check_values(
    path: Path,
    resolved: ResolvedPath,
    entity_type: str,
    operator: Operator,
    values: Sequence[Scalar],
    schema: SchemaInfo | None = None,
    negated: bool | None = None,
) -> None:
    """Check that *operator* can compare the attribute at *path*, which ends at *resolved*, with each of *values*.

    For a test of membership *negated* says whether it is `not_in`. With a *schema* an error recommends an expression.
    """
    attribute, label = resolved.attribute, f"{entity_type}.{path}"
    if not attribute.is_relation:
        value_type = resolved.value_type
        for value in values:
            check_value(value_type, operator, value, label)
        return
    if not values:
        return
    target, subject = str(resolved.target), python_path(entity_type, path)
    if attribute.is_plural:
        if attribute.key_name is not None:
            raise QueryError(f"{label} has a value for each key: compare the value of one of them, {subject}[...].")
        raise QueryError(
            f"{label} is a collection: {collection_advice(subject, target, schema, operator, values, negated)}."
        )
    if operator in (Operator.IS, Operator.IS_NOT):
        if any(value is not None for value in values):
            advice = relation_advice(subject, target, schema, operator, values, negated)
            raise QueryError(f"{label} is a relation: {advice}.")
        return
    if operator in (Operator.LIKE, Operator.NOT_LIKE):
        raise QueryError(
            f"{label} is a relation and no text: {relation_advice(subject, target, schema, operator, values)}."
        )
    raise QueryError(f"{label} is a relation and has no order, so {operator.value} cannot be used with it.")
