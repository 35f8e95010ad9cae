"""Pure: checking that the names in a query exist, and that relations are used as what they are."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from ftrack_orm.errors import QueryError, UnknownAttribute, UnknownEntityType, suggestion

from .literals import check_fit, plain_types
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
    Step,
)
from .schema_protocol import AttributeInfo, SchemaInfo

# Bound once: until Python 3.12 reading a member from its enumeration is a call.
_ANY, _HAS = Quantifier.ANY, Quantifier.HAS


@attrs.frozen(slots=True)
class ResolvedPath:
    """Where a path ends: at which attribute, and at which entity type when the attribute is a relation."""

    attribute: AttributeInfo
    leads_to: str | None  # the cast or the relation's target; None for a scalar
    through_collection: bool  # whether any step on the way, or the last, is plural

    @property
    def plain_types(self) -> frozenset[type]:
        """The types of which every value can be compared with what is here; `check_values` has nothing to say then."""
        return frozenset() if self.attribute.is_relation else plain_types(_value_type(self.attribute))


def check(select: Select, vocabulary: SchemaInfo) -> None:
    """Check every name and every relation of a whole query, one read from text as well as one built.

    Values are not checked: text says `3` and `"3"` for the same thing, and the server takes both.
    Raises `UnknownEntityType`, `UnknownAttribute` or `QueryError`; for nodes that came from text, their `position`
    is that of the offending path.
    """
    check_type(select.entity_type, vocabulary, select.position)
    for projection in select.projections:
        check_projection(projection, select.entity_type, vocabulary)
    if select.criterion is not None:
        check_criterion(select.criterion, select.entity_type, vocabulary)
    for path in select.group_by:
        check_group(path, select.entity_type, vocabulary)
    for ordering in select.order_by:
        check_ordering(ordering, select.entity_type, vocabulary)
    check_grouping(select)


def check_type(entity_type: str, vocabulary: SchemaInfo, position: int | None = None) -> None:
    """Raise `UnknownEntityType` unless *vocabulary* has the type; *position* is where a text names it."""
    try:
        vocabulary.type(entity_type)
    except UnknownEntityType as error:
        raise UnknownEntityType(error.message, **{**error.details, "position": position}) from None


def follow(path: Path, entity_type: str, vocabulary: SchemaInfo) -> ResolvedPath:
    """Return where *path* ends when it starts at *entity_type*; raises as `check` does."""
    place = take_step(path.steps[0], entity_type, vocabulary, path.position)
    for index in range(1, len(path.steps)):
        place = go_on(place, path, index, entity_type, vocabulary)
    return place


def go_on(place: ResolvedPath, path: Path, index: int, entity_type: str, vocabulary: SchemaInfo) -> ResolvedPath:
    """Return where the step of *path* at *index* ends, when the steps before it ended at *place*."""
    if place.leads_to is None:
        name = path.steps[index].name
        trail = str(Path(path.steps[:index]))
        message = f"{entity_type}.{trail} holds a value, not an entity that could have an attribute {name!r}."
        raise UnknownAttribute(message, entity_type=entity_type, attribute=name, position=path.position)
    crossed = place.through_collection
    place = take_step(path.steps[index], place.leads_to, vocabulary, path.position)
    if crossed and not place.through_collection:
        return ResolvedPath(place.attribute, place.leads_to, through_collection=True)
    return place


def take_step(step: Step, entity_type: str, vocabulary: SchemaInfo, position: int | None = None) -> ResolvedPath:
    """Return where a single step from *entity_type* ends."""
    attribute = _attribute(step.name, entity_type, vocabulary, position)
    if step.cast is None:
        return ResolvedPath(attribute, attribute.target, attribute.is_plural)
    label = f"{entity_type}.{step.name}"
    if not attribute.is_relation or attribute.target is None:
        raise QueryError(f"{label} is not a relation, so it cannot be cast to {step.cast}.", position=position)
    check_type(step.cast, vocabulary, position)
    if not vocabulary.related(step.cast, attribute.target):
        message = f"{label} leads to a {attribute.target}, which can never be a {step.cast}."
        raise QueryError(message, position=position)
    return ResolvedPath(attribute, step.cast, attribute.is_plural)


def check_projection(projection: Projection, entity_type: str, vocabulary: SchemaInfo) -> None:
    """Check a path or an aggregate that is to be selected."""
    path = projection.path if isinstance(projection, Aggregate) else projection
    check_selectable(projection, follow(path, entity_type, vocabulary), entity_type)


def check_selectable(projection: Projection, place: ResolvedPath, entity_type: str) -> None:
    """Check a path or an aggregate that is to be selected, when its path is known to end at *place*."""
    if place.attribute.restricted:
        path = projection.path if isinstance(projection, Aggregate) else projection
        message = f"{entity_type}.{path} can be used in criteria, but the server does not allow selecting it."
        raise QueryError(message, position=path.position)
    if isinstance(projection, Aggregate):
        _check_aggregate(projection, place, entity_type)


def _check_aggregate(aggregate: Aggregate, place: ResolvedPath, entity_type: str) -> None:
    label = f"{entity_type}.{aggregate.path}"
    position = aggregate.path.position
    if place.attribute.is_relation:
        raise QueryError(f"{label} is a relation; {aggregate.function.value} needs a value.", position=position)
    numeric = _value_type(place.attribute) in ("integer", "number", "any")
    if aggregate.function in (Function.SUM, Function.AVG) and not numeric:
        raise QueryError(f"{label} is not a number; {aggregate.function.value} needs one.", position=position)


def check_group(path: Path, entity_type: str, vocabulary: SchemaInfo) -> None:
    """Check a key of `group by`, of which every entity must have just one."""
    check_single_value(path, follow(path, entity_type, vocabulary), entity_type, "group by")


def check_ordering(ordering: Ordering, entity_type: str, vocabulary: SchemaInfo) -> None:
    """Check a key of `order by`, of which every entity must have just one."""
    check_single_value(ordering.path, follow(ordering.path, entity_type, vocabulary), entity_type, "order by")


def check_single_value(path: Path, place: ResolvedPath, entity_type: str, clause: str) -> None:
    """Check that every entity has just one value at *path*, which ends at *place*, as *clause* needs it."""
    if not place.through_collection and not place.attribute.is_relation:
        return
    label = f"{entity_type}.{path}"
    if place.through_collection:
        message = f"{label} has many values for each entity, so {clause} cannot use it."
    else:
        message = f"{label} is a relation; {clause} needs a value, such as {path}.id."
    raise QueryError(message, position=path.position)


def check_grouping(select: Select) -> None:
    """Check that aggregates and `group by` come together, and that a grouped query selects nothing else."""
    for projection in select.projections:
        if isinstance(projection, Aggregate):
            if not select.group_by:
                message = f"{projection.function.value}({projection.path}) needs a group by: ftrack aggregates groups."
                raise QueryError(message, position=projection.path.position)
        elif select.group_by and projection not in select.group_by:
            message = f"{projection} is neither an aggregate nor a key of group by: a group has no single value of it."
            raise QueryError(message, position=projection.position)


def check_criterion(criterion: Criterion, entity_type: str, vocabulary: SchemaInfo, *, values: bool = False) -> None:
    """Check a criterion on *entity_type*; with *values*, also that operators and values fit the attributes."""
    if isinstance(criterion, (And, Or)):
        for operand in criterion.operands:
            check_criterion(operand, entity_type, vocabulary, values=values)
    elif isinstance(criterion, Not):
        check_criterion(criterion.operand, entity_type, vocabulary, values=values)
    elif isinstance(criterion, Related):
        _check_related(criterion, entity_type, vocabulary, values)
    elif isinstance(criterion, Membership):
        place = follow(criterion.path, entity_type, vocabulary)
        if isinstance(criterion.values, Select):
            check(criterion.values, vocabulary)
            if values and place.attribute.is_relation:
                label = f"{entity_type}.{criterion.path}"
                raise QueryError(f"{label} is a relation: compare {label}.id with what the subquery selects.")
        elif values:
            check_values(criterion.path, place, entity_type, Operator.IS, criterion.values)
    else:
        place = follow(criterion.path, entity_type, vocabulary)
        if values:
            check_values(criterion.path, place, entity_type, criterion.operator, (criterion.value,))


def _check_related(related: Related, entity_type: str, vocabulary: SchemaInfo, values: bool) -> None:
    place = follow(related.path, entity_type, vocabulary)
    check_quantifier(related.path, place, entity_type, related.quantifier)
    if related.criterion is not None and place.leads_to is not None:
        check_criterion(related.criterion, place.leads_to, vocabulary, values=values)


def check_quantifier(path: Path, place: ResolvedPath, entity_type: str, quantifier: Quantifier) -> None:
    """Check that *path*, which ends at *place*, is a relation that *quantifier* can bind."""
    if place.leads_to is not None and quantifier is (_ANY if place.attribute.is_plural else _HAS):
        return
    label = f"{entity_type}.{path}"
    if place.leads_to is None:
        message = f"{label} holds a value, so '{quantifier.value}' cannot be used with it."
    elif place.attribute.is_plural:
        message = f"{label} is a collection: use any, not has."
    else:
        message = f"{label} leads to one {place.leads_to}: use has, not any."
    raise QueryError(message, position=path.position)


def check_values(
    path: Path, place: ResolvedPath, entity_type: str, operator: Operator, values: Sequence[Scalar]
) -> None:
    """Check that the attribute *path* of *entity_type* ends at, which is *place*, can be compared so with *values*."""
    attribute, label = place.attribute, f"{entity_type}.{path}"
    if not attribute.is_relation:
        value_type = _value_type(attribute)
        for value in values:
            check_fit(value_type, operator, value, label)
        return
    if attribute.is_plural:
        raise QueryError(f"{label} is a collection: use {label}.any(...), or ~{label}.any() for an empty one.")
    if operator not in (Operator.IS, Operator.IS_NOT):
        raise QueryError(f"{label} is a relation and has no order, so {operator.value} cannot be used with it.")
    for value in values:
        if value is not None:
            raise QueryError(
                f"{label} is a relation: compare it with a {place.leads_to} entity or None, or compare one of its "
                f"attributes ({label}.id == {value!r})."
            )


def _value_type(attribute: AttributeInfo) -> str:
    return "any" if attribute.value_type is None else str(attribute.value_type.value)


def _attribute(name: str, entity_type: str, vocabulary: SchemaInfo, position: int | None) -> AttributeInfo:
    """Return an attribute of the type, or of the most general of its subtypes that has one of that name.

    Servers take a subtype's attribute over its base without a cast, and much pipeline code relies on it: `assignments
    any (resource.username is "x")`, where only users have a `username`. Entities of other subtypes have no value there.
    """
    known = vocabulary.type(entity_type).attributes
    if name in known:
        return known[name]
    owners = [other for other in vocabulary.concrete(entity_type) if name in vocabulary.type(other).attributes]
    if owners:
        return vocabulary.type(max(owners, key=lambda owner: len(vocabulary.concrete(owner)))).attributes[name]
    message = f"{entity_type} has no attribute {name!r}.{suggestion(name, known)}"
    raise UnknownAttribute(message, entity_type=entity_type, attribute=name, position=position)
