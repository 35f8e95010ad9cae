"""Pure: checks the types in the rows of a response against the schema, before any of them is used.

The rows are checked column by column: the types of one attribute's values in all rows of one entity type form a set,
which is compared with the types that the attribute allows. So a page of thousands of rows costs a few calls for each
attribute, and only values outside of the usual types are looked at one by one. Nested rows are checked level by level,
without recursion.
"""

from __future__ import annotations

import datetime
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, compress, repeat
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, NoReturn

from ftrack_orm.errors import ProtocolError, quoted
from ftrack_orm.schema.attribute import Attribute, Kind, ValueType
from ftrack_orm.schema.json_depth import MAX_DEPTH, is_too_deep
from ftrack_orm.wire.codec import ENTITY_TYPE, VALUE_TYPE, decode_typed

if TYPE_CHECKING:
    from ftrack_orm.schema.model import EntityType, Schema

logger = logging.getLogger("ftrack_orm.entities")

Row = dict[str, Any]

#: Rows of which one column is checked after the other.
ROWS_PER_BLOCK: Final = 250

#: The rows to be checked next, which have more than their key, by entity type.
_Pending = dict[str, list[Row]]

_type_of = itemgetter(ENTITY_TYPE)
_NULL = type(None)
_SCALAR, _REFERENCE, _MAPPING = Kind.SCALAR, Kind.REFERENCE, Kind.MAPPING
_TEXTS: Final = frozenset({str})
_ROWS: Final = frozenset({dict})
_ROWS_OR_NULL: Final[frozenset[type]] = frozenset({dict, _NULL})
_LISTS: Final = frozenset({list})

#: The usual types of a scalar's values, with those of values that are decoded already.
_USUAL: Final[Mapping[ValueType | None, frozenset[type]]] = {
    ValueType.TEXT: frozenset({str, _NULL}),
    ValueType.BOOLEAN: frozenset({bool, _NULL}),
    ValueType.INTEGER: frozenset({int, _NULL}),
    ValueType.NUMBER: frozenset({int, float, _NULL}),
    ValueType.DATETIME: frozenset({datetime.datetime, datetime.date, _NULL}),
    ValueType.OBJECT: frozenset({_NULL}),
    ValueType.ANY: frozenset({str, bool, int, float, _NULL, datetime.datetime, datetime.date}),
}
#: Types of values that are also accepted: whole numbers may be sent as 1.0.
_ACCEPTED: Final[Mapping[ValueType | None, frozenset[type]]] = {
    ValueType.INTEGER: frozenset({float}),
    ValueType.OBJECT: frozenset({dict, list}),
    ValueType.ANY: frozenset({dict, list}),
}
_EXPECTED: Final[Mapping[ValueType | None, str]] = {
    ValueType.TEXT: "text",
    ValueType.BOOLEAN: "true or false",
    ValueType.INTEGER: "a whole number",
    ValueType.NUMBER: "a number",
    ValueType.DATETIME: "a datetime",
    ValueType.OBJECT: "a JSON object",
    ValueType.ANY: "a JSON value",
}


def check_rows(schema: Schema, rows: Sequence[Any], *, allow_unknown_types: bool = False) -> None:
    """Check *rows*, and the rows within them, and prepare them for use.

    Typed values (`{"__type__": "datetime", ...}`) are replaced by the values that they stand for, and keys that the
    schema does not know are removed. Raises `ProtocolError`, which names entity type, attribute and value, for a value
    of a wrong type and for a row without entity type or key, and `UnknownEntityType` for a type that is not in the
    schema; with *allow_unknown_types* the rows of such a type are left as they are.
    """
    if not rows:
        return
    pending: _Pending = {}
    for part in (rows,) if len(rows) <= ROWS_PER_BLOCK else _blocks(rows):
        _check_entities(schema, part, pending, allow_unknown_types)
    for _ in range(MAX_DEPTH):
        if not pending:
            return
        level, pending = pending, {}
        for name in level:
            group = level[name]
            for part in (group,) if len(group) <= ROWS_PER_BLOCK else _blocks(group):
                _check_attributes(schema, schema.types[name], part, pending, allow_unknown_types)
    if pending:
        name = next(iter(pending))
        raise ProtocolError(
            f"The server sent entities nested in entities over more than {MAX_DEPTH} levels; the innermost is of type "
            f"{name}.",
            entity_type=name,
        )


def _check_entities(
    schema: Schema,
    rows: Sequence[Any],
    pending: _Pending,
    allow_unknown_types: bool,
    owner: EntityType | None = None,
    attribute: str = "",
) -> None:
    """Check entity type and key of *rows*, which are the values of the *attribute* of *owner* if that is given.

    Rows with more than their key are added to *pending*.
    """
    try:
        names = set(map(_type_of, rows))
        is_usual = set(map(type, rows)) == _ROWS
    except (KeyError, TypeError):
        is_usual = False
    if not is_usual:
        _refuse_rows(rows, owner, attribute)
    _, *others = names
    for name in names:
        try:
            entity_type = schema.types[name]
        except KeyError:
            if type(name) is not str:
                _refuse_rows(rows, owner, attribute)
            if allow_unknown_types:
                continue
            schema.type(name)
            raise
        group = rows if not others else [row for row in rows if row[ENTITY_TYPE] == name]
        for key_name in entity_type.primary_key:
            try:
                is_usual = set(map(type, map(itemgetter(key_name), group))) == _TEXTS
            except KeyError:
                is_usual = False
            if not is_usual:
                _check_keys(group, entity_type, key_name, owner, attribute)
        if not entity_type.primary_key:
            raise ProtocolError(
                f"The server sent rows of type {name}, which has no primary key in the schema.", entity_type=name
            )
        reference_length = 1 + len(entity_type.primary_key)
        lengths = set(map(len, group))
        if lengths != {reference_length}:
            if name not in pending:
                pending[name] = []
            if reference_length in lengths:
                pending[name] += compress(group, map(reference_length.__ne__, map(len, group)))
            else:
                pending[name] += group


def _check_attributes(
    schema: Schema, entity_type: EntityType, rows: Sequence[Row], pending: _Pending, allow_unknown_types: bool
) -> None:
    """Check the values of the attributes in *rows*, all of one entity type."""
    attributes = entity_type.attributes
    for name, holders, values in _columns(rows):
        if name not in attributes:
            if name != ENTITY_TYPE:
                _drop(entity_type, name, rows)
            continue
        attribute = attributes[name]
        kinds = set(map(type, values))
        kind = attribute.kind
        if kind is _SCALAR:
            if not kinds <= _USUAL[attribute.value_type]:
                entities = _prepare_scalars(entity_type, attribute, holders)
                if entities:
                    _check_entities(schema, entities, pending, allow_unknown_types, entity_type, name)
        elif kind is _REFERENCE:
            if not kinds <= _ROWS_OR_NULL:
                _refuse_first(values, _ROWS_OR_NULL, entity_type, name, "an entity or null")
            targets = values if _NULL not in kinds else [value for value in values if value is not None]
            if targets:
                _check_entities(schema, targets, pending, allow_unknown_types, entity_type, name)
        else:
            if kinds != _LISTS:
                _refuse_first(values, _LISTS, entity_type, name, "a list of entities")
            items = list(chain.from_iterable(values))
            if items:
                _check_entities(schema, items, pending, allow_unknown_types, entity_type, name)
            if kind is _MAPPING:
                if not allow_unknown_types:
                    schema.type(str(attribute.target))
                _check_mapping_keys(entity_type, attribute, items)


def _check_mapping_keys(entity_type: EntityType, attribute: Attribute, items: Sequence[Row]) -> None:
    """Check the keys in the *items* of a mapping; items that came without a key are loaded later."""
    key_name = attribute.key_name
    for item in items:
        if key_name in item and type(item[key_name]) is not str:
            _refuse(entity_type.name, attribute.name, item[key_name], "text as the key of an item")


def _prepare_scalars(entity_type: EntityType, attribute: Attribute, rows: Iterable[Row]) -> list[Row]:
    """Decode typed values of a scalar, check the other values of unusual types one by one, and return the entities."""
    name, value_type = attribute.name, attribute.value_type
    usual = _USUAL[value_type]
    accepted = _ACCEPTED.get(value_type, frozenset())
    entities: list[Row] = []
    for row in rows:
        value = row[name]
        kind = type(value)
        if kind in usual:
            continue
        if kind is dict and VALUE_TYPE in value:
            try:
                row[name] = decode_typed(value)
            except ProtocolError as error:
                message = f"{entity_type.name}.{name} is unusable: {error}"
                raise ProtocolError(message, entity_type=entity_type.name, attribute=name) from error
        elif kind in accepted:
            if kind is dict and ENTITY_TYPE in value:
                entities.append(value)
            elif (kind is dict or kind is list) and is_too_deep([value]):
                _refuse(entity_type.name, name, value, f"a JSON value of at most {MAX_DEPTH} levels")
        elif not _is_tolerated(value, attribute, entity_type):
            _refuse(entity_type.name, name, value, _EXPECTED[value_type])
    return entities


def _blocks(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    """Yield *rows* in blocks that fit into the cache of a processor while the columns are checked one by one."""
    if len(rows) <= ROWS_PER_BLOCK:
        return iter((rows,))
    return (rows[start : start + ROWS_PER_BLOCK] for start in range(0, len(rows), ROWS_PER_BLOCK))


def _columns(rows: Sequence[Row]) -> Iterator[tuple[str, Sequence[Row], Sequence[Any]]]:
    """Yield each key of *rows*, which have several, with the rows that have it and their values."""
    names = tuple(rows[0])
    if set(map(len, rows)) == {len(names)}:
        try:
            # One list for each column: tuples for each row would cost collections of garbage.
            return zip(names, repeat(rows), [list(map(itemgetter(name), rows)) for name in names])
        except KeyError:
            pass
    union: set[str] = set().union(*rows)
    holders = {name: [row for row in rows if name in row] for name in union}
    return iter([(name, having, list(map(itemgetter(name), having))) for name, having in holders.items()])


def _is_tolerated(value: Any, attribute: Attribute, entity_type: EntityType) -> bool:
    """Whether a value of an unusual type has the same meaning as one of the usual type.

    MySQL has no booleans but 0 and 1, and the keys of some tables are numbers.
    """
    name = attribute.name
    if type(value) is not int:
        return type(value) is str and name in entity_type.primary_key
    if attribute.value_type is ValueType.BOOLEAN:
        return value in (0, 1)
    is_key = attribute.foreign_key is not None or name in entity_type.primary_key or name.endswith("_id")
    return attribute.value_type is ValueType.TEXT and is_key


def _drop(entity_type: EntityType, name: str, rows: Iterable[Row]) -> None:
    """Remove a key from *rows* that is not an attribute of their type."""
    count = sum(row.pop(name, rows) is not rows for row in rows)
    logger.info(
        "Ignored %s in %d rows of type %s: the schema has no such attribute", quoted(name), count, entity_type.name
    )


def _check_keys(
    rows: Iterable[Row], entity_type: EntityType, key_name: str, owner: EntityType | None, attribute: str
) -> None:
    """Raise `ProtocolError` for the first row without a usable primary key; a key may be text or a whole number."""
    for row in rows:
        if key_name not in row:
            _refuse_rows([row], owner, attribute)
        if type(row[key_name]) not in (str, int):
            position = "" if owner is None else f" in {owner.name}.{attribute}"
            raise ProtocolError(
                f"The server sent a row without entity type or key{position}: {entity_type.name}.{key_name} is "
                f"{quoted(row[key_name])}, not text.",
                entity_type=entity_type.name,
                attribute=key_name,
            )


def _refuse_rows(rows: Iterable[Any], owner: EntityType | None, attribute: str) -> NoReturn:
    """Raise the `ProtocolError` for the first of *rows* that is not an entity."""
    value = next((row for row in rows if not _is_entity(row)), rows)
    details = {} if owner is None else {"entity_type": owner.name, "attribute": attribute}
    position = "" if owner is None else f" in {owner.name}.{attribute}"
    raise ProtocolError(f"The server sent a row without entity type or key{position}: {quoted(value)}", **details)


def _is_entity(value: Any) -> bool:
    return type(value) is dict and type(value.get(ENTITY_TYPE)) is str


def _refuse_first(
    values: Iterable[Any], accepted: frozenset[type], entity_type: EntityType, attribute: str, expected: str
) -> NoReturn:
    """Raise the `ProtocolError` for the first of *values* that is not of an accepted type."""
    value = next(value for value in values if type(value) not in accepted)
    _refuse(entity_type.name, attribute, value, expected)


def _refuse(entity_type: str, attribute: str, value: Any, expected: str) -> NoReturn:
    raise ProtocolError(
        f"The server sent {quoted(value)} as {entity_type}.{attribute}, where {expected} was expected.",
        entity_type=entity_type,
        attribute=attribute,
    )
