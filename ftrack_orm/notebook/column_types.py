"""Pure: the types of a table's columns, which follow from the schema and from configurations, not from the values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

import attrs

from ftrack_orm.query.language.nodes import Aggregate, Function, Path
from ftrack_orm.query.language.resolve import ResolvedPath, resolve_next, resolve_step
from ftrack_orm.schema.attribute import Kind, ValueType
from ftrack_orm.schema.facts import CONFIGURATION_ID, CUSTOM_ATTRIBUTES, ENUMERATORS

if TYPE_CHECKING:
    from ftrack_orm.entities.custom_attributes.configuration import Configuration
    from ftrack_orm.query.columns import Column, Item
    from ftrack_orm.schema.model import Schema

#: Returns the configurations of custom attributes that an item of a mapped collection may have: by the type of the
#: entities and the item. Raises `UnknownAttribute` without any.
FindConfigurations = Callable[[str, "Item"], "Sequence[Configuration]"]

#: The kinds of custom attributes -> the types of their values. Expressions have values of any type.
_CONFIGURED: Final = {
    "text": ValueType.TEXT,
    "url": ValueType.TEXT,
    "boolean": ValueType.BOOLEAN,
    "number": ValueType.NUMBER,
    "date": ValueType.DATETIME,
    **dict.fromkeys(ENUMERATORS, ValueType.TEXT),
}


@attrs.frozen
class ColumnType:
    """The type of a column: that of a value, and whether each row has a list of them.

    `OBJECT` and `ANY` stand for JSON text.
    """

    value: ValueType
    is_list: bool = False


#: A value whose type the schema leaves open.
OPEN: Final = ColumnType(ValueType.ANY)


def type_of_column(
    column: Column, entity_type: str, schema: Schema, find_configurations: FindConfigurations
) -> ColumnType:
    """Return the type of one column of a query on *entity_type*."""
    content = column.content
    path = content if isinstance(content, Path) else content.path
    ends = _ends(path, entity_type, schema)
    attribute = ends[-1].attribute
    is_list = len(ends) > 1 and ends[-2].through_collection
    if isinstance(content, Aggregate):
        return ColumnType(_type_of_aggregate(content.function, ValueType(ends[-1].value_type)))
    if column.item is not None:
        if path.steps[-1].name != CUSTOM_ATTRIBUTES:
            return ColumnType(ValueType.TEXT, is_list)
        owner = str(ends[-2].target) if len(ends) > 1 else entity_type
        return _type_of_item(find_configurations(owner, column.item), is_list=is_list)
    if attribute.is_relation:
        return ColumnType(ValueType.OBJECT, is_list)
    return ColumnType(attribute.value_type or ValueType.ANY, is_list)  # type: ignore[arg-type]


def default_columns(entity_type: str, schema: Schema) -> list[str]:
    """Return the columns of a table of a whole type: its key, its scalars, and the names of entities it refers to.

    Foreign keys are left out, because the names stand for them.
    """
    described = schema.type(entity_type)
    references = described.reference_keys
    names = {
        attribute.name
        for attribute in described.attributes.values()
        if attribute.kind is Kind.SCALAR
        and not (attribute.computed or attribute.restricted or attribute.name.startswith("_"))
        and attribute.value_type is not ValueType.OBJECT
    }
    paths = []
    for relation, key in sorted(references.items()):
        target = schema.type(str(described.attributes[relation].target)).attributes
        label = next((name for name in ("name", "username", "label") if name in target), None)
        if label is not None and relation != "thumbnail":
            names.discard(key)
            paths.append(f"{relation}.{label}")
    first = [name for name in (*described.primary_key, "name") if name in described.attributes]
    return list(dict.fromkeys([*first, *sorted(names), *paths]))


def _ends(path: Path, entity_type: str, schema: Schema) -> list[ResolvedPath]:
    """Return the ends of the steps of *path*."""
    ends = [resolve_step(path.steps[0], entity_type, schema)]
    for index in range(1, len(path.steps)):
        ends.append(resolve_next(ends[-1], path, index, entity_type, schema))
    return ends


def _type_of_aggregate(function: Function, value_type: ValueType) -> ValueType:
    if function is Function.COUNT:
        return ValueType.INTEGER
    return ValueType.NUMBER if function in (Function.SUM, Function.AVG) else value_type


def _type_of_item(configurations: Sequence[Configuration], *, is_list: bool) -> ColumnType:
    """Return the type of a custom attribute; types and projects may have configured one key differently."""
    types = {ColumnType(_CONFIGURED.get(each.kind, ValueType.ANY), each.kind in ENUMERATORS) for each in configurations}
    if len(types) != 1:
        return ColumnType(ValueType.ANY, is_list)
    (found,) = types
    if not is_list:
        return found
    # A list of lists is JSON text in each item.
    return ColumnType(ValueType.ANY if found.is_list else found.value, is_list=True)


def is_configured_as(configuration: Configuration, item: Item) -> bool:
    """Whether *configuration* is that of *item*, whose key is the key of a configuration or its id."""
    return item.key == (configuration.id if item.key_name == CONFIGURATION_ID else configuration.key)
