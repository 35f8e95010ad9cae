"""Pure: the query with which the server counts entities: groups by an attribute with few values, and their sizes.

The query language has aggregates of groups only, not of a whole result.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from ftrack_orm.errors import ProtocolError, quoted
from ftrack_orm.query.language.nodes import (
    Aggregate,
    And,
    Criterion,
    Function,
    Membership,
    Not,
    Or,
    Path,
    Related,
    Select,
)
from ftrack_orm.query.language.resolve import resolve_path
from ftrack_orm.schema.attribute import Attribute, Kind, ValueType

if TYPE_CHECKING:
    from ftrack_orm.schema.model import EntityType, Schema

#: The limit of a query up to which its rows are requested: counting all other entities for it would cost more.
ROWS_UP_TO = 50

#: Entity types that have few entities in every studio, by whose keys others are grouped.
_SMALL_TYPES = frozenset({"AssetType", "ObjectType", "Priority", "Project", "ProjectSchema", "State", "Status", "Type"})


def counting_select(select: Select, schema: Schema) -> Select | None:
    """Return the select whose groups have as many entities together as *select*, or None.

    Return None for a type without a suitable attribute, or that the server cannot group, and for a criterion that
    compares the items of a collection: the server may count an entity once for each of these.
    """
    entity_type = schema.type(select.entity_type)
    few = select.limit is not None and select.limit <= ROWS_UP_TO
    key = None if few or not _can_group(entity_type, schema) else _group_key(entity_type)
    if key is None or not _finds_entities_once(select.criterion, select.entity_type, schema):
        return None
    counted = Aggregate(Function.COUNT, Path.of(entity_type.primary_key[0]))
    return Select(entity_type.name, (counted, key), select.criterion, group_by=(key,))


def counted(select: Select, counting: Select, rows: Iterable[Mapping[str, Any]]) -> int:
    """Return the number of entities of *select*, within its offset and limit, from the rows of *counting*."""
    (aggregate, _) = counting.projections
    assert isinstance(aggregate, Aggregate), "as `counting_select` has built it"
    total = sum(_size_of_group(row, f"count_{aggregate.path}", select.entity_type) for row in rows)
    rest = max(0, total - (select.offset or 0))
    return rest if select.limit is None else min(rest, select.limit)


def _size_of_group(row: Mapping[str, Any], name: str, entity_type: str) -> int:
    count = row.get(name)
    if type(count) is not int or count < 0:
        raise ProtocolError(
            f"The server sent {quoted(count)} as the number of {entity_type} entities in a group.",
            entity_type=entity_type,
        )
    return count


def _can_group(entity_type: EntityType, schema: Schema) -> bool:
    """Whether the server can group the type. Without any mark in the schema it is not known, and worth an attempt."""
    return entity_type.supports_group_by or not any(each.supports_group_by for each in schema.types.values())


def _group_key(entity_type: EntityType) -> Path | None:
    """Return the attribute of the type that has the fewest values: a discriminator, a boolean, or a key of few."""
    stored = [each for each in entity_type.attributes.values() if _is_stored(each, entity_type)]
    discriminators = [each for each in stored if each.name in entity_type.system_projections and _is_type_name(each)]
    booleans = [each for each in stored if each.value_type is ValueType.BOOLEAN]
    keys = [each for each in stored if (each.foreign_key or "").partition(".")[0] in _SMALL_TYPES]
    return next((Path.of(each.name) for each in (*discriminators, *booleans, *keys)), None)


def _is_stored(attribute: Attribute, entity_type: EntityType) -> bool:
    is_plain = attribute.kind is Kind.SCALAR and not attribute.computed and not attribute.restricted
    return is_plain and attribute.name not in entity_type.primary_key


def _is_type_name(attribute: Attribute) -> bool:
    return attribute.value_type is ValueType.TEXT and attribute.name.endswith("_type") and not attribute.foreign_key


def _finds_entities_once(criterion: Criterion | None, entity_type: str, schema: Schema) -> bool:
    """Whether *criterion* compares no items of a collection, except within `any`."""
    if criterion is None:
        return True
    if isinstance(criterion, (And, Or)):
        return all(_finds_entities_once(operand, entity_type, schema) for operand in criterion.operands)
    if isinstance(criterion, Not):
        return _finds_entities_once(criterion.operand, entity_type, schema)
    resolved = resolve_path(criterion.path, entity_type, schema)
    if isinstance(criterion, Related):
        steps = criterion.path.steps[:-1]
        leads_once = not steps or not resolve_path(Path(steps), entity_type, schema).through_collection
        return leads_once and _finds_entities_once(criterion.criterion, str(resolved.target), schema)
    if isinstance(criterion, Membership) and isinstance(criterion.values, Select):
        inner = criterion.values
        return not resolved.through_collection and _finds_entities_once(inner.criterion, inner.entity_type, schema)
    return not resolved.through_collection
