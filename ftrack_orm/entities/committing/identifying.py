"""Pure: the attributes that identify an entity in given data, and the identity that follows from their values."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Hashable, Iterable, Mapping
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING, Any

import attrs

from ftrack_orm.entities.editing.coercion import coerce
from ftrack_orm.entities.entity import Entity
from ftrack_orm.errors import InvalidValue, QueryError, UsageError
from ftrack_orm.query.evaluation.normalization import sort_key
from ftrack_orm.query.expressions.attributes import compare_by_name
from ftrack_orm.query.language.nodes import Comparison, Criterion, Path, conjunction
from ftrack_orm.schema.attribute import Kind

if TYPE_CHECKING:
    from ftrack_orm.query.expressions.attributes import AttributeExpression
    from ftrack_orm.schema.model import EntityType, Schema

Data = Mapping[str, Any]

_path_text = attrgetter("path.text")
_first = itemgetter(0)


@attrs.frozen(eq=False)
class Wanted:
    """One item of the data that entities are ensured for: its attributes, and the *names* of those that identify it.

    *identity* is the same for two items that stand for the same entity. *conditions* compare the identifying
    attributes, a reference by its foreign key if the type has one.
    """

    data: Data
    names: tuple[str, ...]
    identity: Hashable
    conditions: tuple[Comparison, ...]

    @property
    def criterion(self) -> Criterion:
        """The criterion that the entity meets."""
        criterion = conjunction(*self.conditions)
        assert criterion is not None, "there is at least one name"
        return criterion


def wanted_entities(
    schema: EntityType, data: Iterable[Data], identifying_keys: Collection[str] | None, types: Schema
) -> list[Wanted]:
    """Return an item for each of *data*; raises for names and values that cannot identify an entity.

    The errors are `UnknownAttribute`, `UsageError`, `InvalidValue`, and `QueryError` for a value that the query
    language cannot compare.
    """
    expressions: dict[str, AttributeExpression] = {}
    wanted = []
    for each in data:
        names = _identifying_names(schema, each, identifying_keys)
        comparisons = compare_by_name({name: each[name] for name in names}, schema.name, types, expressions)
        conditions = [
            _by_foreign_key(schema, name, comparison) for name, comparison in zip(names, comparisons, strict=True)
        ]
        conditions.sort(key=_path_text)
        wanted.append(Wanted(each, names, identity_of(schema, each, names), tuple(conditions)))
    return wanted


def identity_of(schema: EntityType, values: Data, names: Iterable[str]) -> Hashable:
    """Return a key that is the same for two entities if the server treats their values of *names* as equal.

    A reference and its foreign key give the same key.
    """
    keys = schema.reference_keys
    return tuple(sorted(((keys.get(name, name), _comparable(schema, values, name)) for name in names), key=_first))


def identifying_attributes(schema: EntityType, names: Iterable[str]) -> tuple[str, ...]:
    """Return *names* in the form and order that they have in an identity: references by their foreign keys."""
    return tuple(sorted(schema.reference_keys.get(name, name) for name in names))


def _by_foreign_key(schema: EntityType, name: str, comparison: Comparison) -> Comparison:
    """Return the comparison of a reference as one of its key, which the server finds without a join."""
    key_name = schema.reference_keys.get(name)
    return comparison if key_name is None else attrs.evolve(comparison, path=Path.of(key_name))


def _comparable(schema: EntityType, values: Data, name: str) -> Hashable:
    attribute, value = schema.attribute(name), values.get(name)
    if attribute.kind is Kind.REFERENCE:
        # A reference is compared by the id of its target, or by the foreign key if the target is not loaded.
        foreign_key = values.get(schema.reference_keys.get(name, ""))
        value = value._ftrack_state.key[0] if isinstance(value, Entity) else foreign_key
        return sort_key(value, "text", name, exact=True)
    value = coerce(schema.name, attribute, value)
    if isinstance(value, datetime.datetime):
        value = value.replace(microsecond=0)  # servers do not store microseconds
    kind = attribute.value_type.value if attribute.value_type else "any"
    is_id = attribute.foreign_key is not None or name in schema.primary_key
    try:
        return sort_key(value, kind, name, exact=is_id)
    except QueryError:
        return repr(value)


def _identifying_names(schema: EntityType, data: Data, given: Collection[str] | None) -> tuple[str, ...]:
    """Return the attributes that identify the entity: those given, or all in *data*; raises for invalid ones."""
    if isinstance(given, str):
        raise UsageError(f"identifying_keys is a list of attributes such as [{given!r}], not a text.")
    if not isinstance(data, Mapping):
        raise InvalidValue(f"{schema.name} is ensured with a mapping of its attributes, not {data!r:.200}.")
    names: Iterable[str] = given or data
    for name in (*data, *names):
        attribute = schema.attribute(name)
        if name not in data:
            raise InvalidValue(
                f"{schema.name} is to be identified by {name!r}, which is not among its data.",
                entity_type=schema.name,
                attribute=name,
            )
        if name in names and attribute.is_plural:
            raise UsageError(
                f"{schema.name}.{name} holds any number of entities and cannot identify one. Name other attributes in "
                "identifying_keys.",
                entity_type=schema.name,
                attribute=name,
            )
    if not names:
        raise UsageError(f"No attributes were given to find a {schema.name} by.", entity_type=schema.name)
    return tuple(dict.fromkeys(names))
