"""Pure: keys of mapped collections as expressions: `Task.metadata["x"]`, whose comparisons are criteria."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from ftrack_orm.query.language.literals import as_scalar, check_encodable
from ftrack_orm.query.language.nodes import (
    Comparison,
    Criterion,
    Membership,
    Operator,
    Path,
    Quantifier,
    Related,
    conjunction,
)

from .comparable import Comparable

if TYPE_CHECKING:
    from .attributes import AttributeExpression
    from .clause_elements import AggregateExpression
    from .criteria import CriterionExpression

#: The arguments of `Query.rows` and of the methods for tables.
ColumnContent: TypeAlias = "AttributeExpression | ItemExpression | AggregateExpression | str"


class ItemExpression(Comparable):
    """The value of one key of a mapped collection: `Task.custom_attributes["fstart"]`.

    Every comparison, `!=` and `is_(None)` included, holds only where the collection has the key.
    `~Task.metadata.any(key="x")` holds where the key `x` is missing.
    """

    __slots__ = ("_collection", "_key", "_key_name", "_value_name")

    def __init__(self, collection: AttributeExpression, key: str, key_name: str, value_name: str) -> None:
        check_encodable(key, f"A key of {collection._label} cannot be")
        self._collection = collection
        self._key = key
        self._key_name = key_name
        self._value_name = value_name

    def __reduce__(self) -> tuple[Any, ...]:
        return ItemExpression, (self._collection, self._key, self._key_name, self._value_name)

    def __repr__(self) -> str:
        return f"<attribute {self._collection._label}[{self._key!r}]>"

    @property
    def _spelling(self) -> str:
        return f"{self._collection._spelling}[{self._key!r}]"

    def _compare(self, operator: Operator, value: Any) -> CriterionExpression:
        self._refuse_several(operator, value)
        return self._any(Comparison(Path.of(self._value_name), operator, as_scalar(value, repr(self))))

    def _member_of(self, values: Any, negated: bool) -> CriterionExpression:
        members = self._scalars(self._items(values), negated)
        return self._any(Membership(Path.of(self._value_name), members, negated))

    def _any(self, condition: Criterion) -> CriterionExpression:
        """Return the criterion that an item with the key meets *condition*."""
        key = Comparison(Path.of(self._key_name), Operator.IS, self._key)
        related = Related(self._collection._ftrack_path, Quantifier.ANY, conjunction(key, condition))
        return self._collection._checked_criterion(related)
