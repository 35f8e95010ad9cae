"""Pure: the rows of a denormalised response as tuples of values, one for each column."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from ftrack_orm.errors import ProtocolError, QueryError
from ftrack_orm.query.language.nodes import Path, Step
from ftrack_orm.query.language.resolve import ResolvedPath, resolve_next, resolve_step
from ftrack_orm.schema.attribute import Attribute, Kind
from ftrack_orm.schema.facts import CUSTOM_ATTRIBUTES
from ftrack_orm.schema.model import Schema
from ftrack_orm.wire.codec import ENTITY_TYPE, decode

if TYPE_CHECKING:
    from ftrack_orm.query.columns import Column, Item
    from ftrack_orm.query.language.nodes import Select

Row = dict[str, Any]
Read = Callable[[Row], Any]


@attrs.frozen
class _ColumnReader:
    """Reads one column from rows.

    *ends* are the ends of the steps of *path*. *is_plural* states whether it leads through a collection, so that there
    may be any number of values.
    """

    schema: Schema
    path: Path
    ends: Sequence[ResolvedPath]
    is_plural: bool
    convert: Callable[[Any], Any]

    def read(self, row: Row) -> Any:
        """Return the value of the column: one value, or a tuple of them if the path leads through a collection."""
        values = map(self.convert, self._values(row, 0, is_item=False))
        return tuple(values) if self.is_plural else next(values, None)

    def _values(self, holder: Any, start: int, *, is_item: bool) -> Iterator[Any]:
        """Yield the values at the end of the path, whose steps before *start* lead to *holder*."""
        steps = self.path.steps
        value = holder
        for index in range(start, len(steps)):
            step = steps[index]
            # A Project has a text for a status, while a Task has an entity.
            value = self._attribute(value, index) if type(value) is dict else None
            if type(value) is list and index < len(steps) - 1:
                for item in value:
                    if self._is_cast(item, step):
                        yield from self._values(item, index + 1, is_item=True)
                return
            if not self._is_cast(value, step):
                value = None
            if value is None:
                break
        # A missing entity before the collection has no items; one behind it is an item without a value.
        if value is not None or is_item or not self.is_plural:
            yield value

    def _attribute(self, holder: Row, index: int) -> Any:
        """Return an attribute of *holder*, None if its type does not have it."""
        name = self.path.steps[index].name
        if name in holder:
            return holder[name]
        entity_type = self.schema.types.get(holder.get(ENTITY_TYPE, ""))
        own = None if entity_type is None else entity_type.attributes.get(name)
        if own is not None and own.is_relation == self.ends[index].attribute.is_relation:
            raise ProtocolError(
                f"The server sent a row of type {holder[ENTITY_TYPE]} without {name}, which was selected.",
                entity_type=holder[ENTITY_TYPE],
                attribute=name,
            )
        return None

    def _is_cast(self, value: Any, step: Step) -> bool:
        """Whether *value* is of the type that *step* casts it to."""
        if step.cast is None or type(value) is not dict:
            return True
        name = value.get(ENTITY_TYPE)
        return name not in self.schema.types or self.schema.is_a(str(name), step.cast)


class FlatRows:
    """Turns the rows of a denormalised response to *select* into tuples with a value for each of *columns*.

    Raises `QueryError` for a column that ends on entities, which a row cannot hold. With *is_listed* false the schema
    does not list the attributes, and the rows, which are decoded already, are taken as they are.
    """

    def __init__(self, columns: Sequence[Column], select: Select, schema: Schema, *, is_listed: bool) -> None:
        self._schema = schema
        self._entity_type = select.entity_type
        #: The keys of custom attributes that no row has had so far, with the types that have them, by their columns.
        self.missing_keys: dict[Column, tuple[str, Item]] = {}
        self._readers = [self._reader(column, is_listed=is_listed) for column in columns]

    def rows(self, rows: Sequence[Row]) -> list[tuple[Any, ...]]:
        """Return the tuples of *rows*, which are checked and decoded; raises `ProtocolError` for incomplete ones."""
        return list(zip(*[list(map(read, rows)) for read in self._readers], strict=True))

    def _reader(self, column: Column, *, is_listed: bool) -> Read:
        path = column.content
        assert isinstance(path, Path), "aggregates belong to groups"
        if not is_listed:
            names = [step.name for step in path.steps]
            return lambda row: _plain_at(row, names)
        ends = [resolve_step(path.steps[0], self._entity_type, self._schema)]
        for index in range(1, len(path.steps)):
            ends.append(resolve_next(ends[-1], path, index, self._entity_type, self._schema))
        attribute = ends[-1].attribute
        assert isinstance(attribute, Attribute)
        is_plural = len(ends) > 1 and ends[-2].through_collection
        if column.item is not None and attribute.name == CUSTOM_ATTRIBUTES:
            owner = ends[-2].target if len(ends) > 1 else self._entity_type
            self.missing_keys[column] = str(owner), column.item
        if attribute.kind is Kind.MAPPING:
            convert = self._item_of(column, column.item) if column.item else _pairs_by(attribute)
        elif attribute.is_relation:
            raise self._entity_error(path, ends[-1])
        else:
            convert = decode
        if len(ends) == 1 and not attribute.is_relation:
            name = path.steps[0].name
            reader = _ColumnReader(self._schema, path, ends, is_plural=False, convert=decode)
            # Most columns are attributes of the entity itself.
            return lambda row: decode(row[name]) if name in row else reader.read(row)
        return _ColumnReader(self._schema, path, ends, is_plural, convert).read

    def _item_of(self, column: Column, item: Item) -> Callable[[Any], Any]:
        """Return the function that finds the value of one key among the items of a mapped collection."""

        def value_of(items: Any) -> Any:
            for each in items or ():
                if each.get(item.key_name) == item.key:
                    self.missing_keys.pop(column, None)
                    return decode(each.get(item.value_name))
            return None

        return value_of

    def _entity_error(self, path: Path, end: ResolvedPath) -> QueryError:
        """Return the error for a column that ends on entities, with the attributes to name instead."""
        target = self._schema.type(str(end.target))
        names = [name for name in ("name", "username", "label", *target.primary_key) if name in target.attributes]
        paths = [str(Path((*path.steps, Step(name)))) for name in dict.fromkeys(names[:1] + names[-1:])]
        advice = " or ".join(map(repr, paths))
        kind = "entities" if end.attribute.is_plural else f"a {target.name}"
        return QueryError(f"{self._entity_type}.{path} leads to {kind}, and a row holds values: name {advice}.")


def _plain_at(value: Any, names: Sequence[str]) -> Any:
    """Return the content of a decoded row at the path of *names*, a tuple of contents over a list."""
    for index, name in enumerate(names):
        if type(value) is list:
            return tuple(_plain_at(item, names[index:]) for item in value)
        value = value.get(name) if type(value) is dict else None
    return value


def _pairs_by(attribute: Attribute) -> Callable[[Any], Any]:
    """Return the function that turns the items of a mapped collection into a dict of keys and values."""
    key_name, value_name = str(attribute.key_name), str(attribute.value_name)

    def pairs_of(items: Any) -> Any:
        if items is None:
            return None
        pairs: dict[str, Any] = {}
        for item in items:
            # Of several custom attributes with one key the first is shown, like in the mapping of an entity.
            pairs.setdefault(item[key_name], decode(item[value_name]))
        return pairs

    return pairs_of
