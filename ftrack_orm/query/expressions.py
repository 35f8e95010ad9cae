"""Pure: what `Task.status` and `attr("status.name")` are: attributes that comparing turns into criteria."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import attrs

from ..errors import QueryError, UsageError
from ..values import Reference
from .comparable import Comparable
from .criteria import CriterionExpression, and_, as_criterion, not_, or_
from .excerpt import located
from .literals import reference, scalar, subquery, type_name
from .nodes import (
    Aggregate,
    Comparison,
    Criterion,
    Function,
    Membership,
    Operator,
    Ordering,
    Path,
    Projection,
    Quantifier,
    Related,
    Scalar,
    Select,
    Step,
    conjunction,
)
from .parser import parse_criterion, parse_path
from .resolve import Place, check_criterion, check_ordering, check_projection, check_values, follow, go_on
from .template import expression
from .vocabulary import Vocabulary

__all__ = [
    "AggregateExpression",
    "AttributeExpression",
    "CriterionExpression",
    "ItemExpression",
    "OrderingExpression",
    "and_",
    "attr",
    "expression",
    "not_",
    "or_",
]

#: Types whose values are in the language as they are, which need no look.
_PLAIN_ITEMS = frozenset({str, int, bool})
_PLAIN = _PLAIN_ITEMS | {type(None)}

#: Collections known to be keyed where no schema is at hand to tell: name -> attributes that are key and value.
_KNOWN_MAPPINGS = {"metadata": ("key", "value"), "custom_attributes": ("key", "value")}


@attrs.frozen(slots=True)
class OrderingExpression:
    """A key to order by, as `Task.end_date.desc()` gives it, and the entity types it was made with."""

    node: Ordering
    roots: frozenset[str]


@attrs.frozen(slots=True)
class AggregateExpression:
    """A value computed over a group, as `Task.bid.sum()` gives it, and the entity types it was made with."""

    node: Aggregate
    roots: frozenset[str]


class AttributeExpression(Comparable):
    """An attribute of every entity of a type, reached over any number of relations.

    Going on along relations is attribute access (`Task.status.name`), a relation is cast with brackets
    (`Task.parent[Shot].status`), and a mapped collection is asked for a key with brackets too (`Task.metadata["x"]`).
    With a vocabulary every name and every value is checked at once; without one, when a query of a session takes it.
    """

    # Named so that no attribute of a schema is hidden: those become Python attributes of expressions.
    __slots__ = ("_ftrack_path", "_ftrack_place", "_ftrack_root", "_ftrack_vocabulary")

    _ftrack_path: Path
    _ftrack_root: str | None
    _ftrack_vocabulary: Vocabulary | None
    _ftrack_place: Place | None

    def __init__(
        self,
        path: Path,
        root: str | None = None,
        vocabulary: Vocabulary | None = None,
        place: Place | None = None,
    ) -> None:
        self._ftrack_path = path
        self._ftrack_root = root
        self._ftrack_vocabulary = vocabulary
        if place is None and root is not None and vocabulary is not None:
            place = follow(path, root, vocabulary)
        self._ftrack_place = place

    @classmethod
    def on(cls, entity_type: str, name: str, vocabulary: Vocabulary | None = None) -> AttributeExpression:
        """Return the attribute *name* of *entity_type*, checked when there is a *vocabulary*."""
        return cls(Path.of(name), entity_type, vocabulary)

    def __getattr__(self, name: str) -> AttributeExpression:
        # No ftrack attribute ends with an underscore, while Python and its tools probe for names that do.
        if name.endswith("_") or name.startswith("_ftrack_"):
            raise AttributeError(name)
        path, root, vocabulary = self._onward(name), self._ftrack_root, self._ftrack_vocabulary
        place = self._ftrack_place
        if place is None or root is None or vocabulary is None:
            return AttributeExpression(path, root, vocabulary)
        # Only the new step is looked up: where the others lead is known.
        return AttributeExpression(path, root, vocabulary, go_on(place, path, len(path.steps) - 1, root, vocabulary))

    def __getitem__(self, key: Any) -> Any:
        entity_type = key if isinstance(key, str) else type_name(key)
        if entity_type is None:
            raise self._refuse(f"takes an entity type or, of a mapped collection, a key in brackets, not {key!r}.")
        if isinstance(key, str) and (names := self._key_and_value()) is not None:
            return ItemExpression(self, key, *names)
        *steps, last = self._ftrack_path.steps
        path = Path((*steps, Step(last.name, entity_type)))
        return AttributeExpression(path, self._ftrack_root, self._ftrack_vocabulary)

    def _key_and_value(self) -> tuple[str, str] | None:
        if self._ftrack_place is None:
            return _KNOWN_MAPPINGS.get(self._ftrack_path.steps[-1].name)
        attribute = self._ftrack_place.attribute
        if attribute.key_name is None or attribute.value_name is None:
            return None
        return attribute.key_name, attribute.value_name

    def __str__(self) -> str:
        return str(self._ftrack_path)

    def __repr__(self) -> str:
        return f"<attribute {self._label}>"

    @property
    def _label(self) -> str:
        return f"{self._ftrack_root}.{self}" if self._ftrack_root else str(self)

    @property
    def _roots(self) -> frozenset[str]:
        return frozenset() if self._ftrack_root is None else frozenset((self._ftrack_root,))

    # -- criteria --------------------------------------------------------------------------------------------------

    def any(self, *criteria: Any, **values: Any) -> CriterionExpression:
        """Hold where one item of the collection meets all of *criteria*; without any, where there is an item at all.

        *values* compare by name: `Task.assignments.any(resource=user)`.
        """
        return self._related(Quantifier.ANY, criteria, values)

    def has(self, *criteria: Any, **values: Any) -> CriterionExpression:
        """Hold where the related entity meets all of *criteria*; without any, where there is a related entity.

        *values* compare by name: `Task.parent.has(name="sh010")`.
        """
        return self._related(Quantifier.HAS, criteria, values)

    def _related(self, quantifier: Quantifier, criteria: Iterable[Any], values: dict[str, Any]) -> CriterionExpression:
        target = self._ftrack_place.leads_to if self._ftrack_place else None
        inner = combine(quantifier.value, criteria, values, target, self._ftrack_vocabulary)
        return self._criterion(Related(self._ftrack_path, quantifier, inner))

    def _criterion(self, node: Criterion) -> CriterionExpression:
        if self._ftrack_root is not None and self._ftrack_vocabulary is not None:
            check_criterion(node, self._ftrack_root, self._ftrack_vocabulary, values=True)
        return CriterionExpression(node, self._roots)

    def _compare(self, operator: Operator, value: Any) -> CriterionExpression:
        if isinstance(value, Comparable):
            raise self._refuse(f"cannot be compared with {value!r}: ftrack compares attributes with values only.")
        pointer = reference(value)
        if pointer is None:
            value = value if type(value) in _PLAIN else scalar(value, self._label)
            self._check_values(operator, (value,))
            return CriterionExpression(Comparison(self._ftrack_path, operator, value), self._roots)
        if operator not in (Operator.IS, Operator.IS_NOT):
            raise self._refuse(f"cannot be compared with {value!r} by {operator.value}: entities have no order.")
        if operator is Operator.IS_NOT and self._ftrack_place and self._ftrack_place.attribute.is_plural:
            raise self._refuse("is a collection, in which something is nearly always another; use ~(a == b).")
        return self._criterion(Comparison(self._key_path(pointer), operator, pointer.id))

    def _check_values(self, operator: Operator, values: tuple[Scalar, ...]) -> None:
        """Do what `check_criterion` does for a comparison of this attribute, whose place is known already."""
        if self._ftrack_place is not None and self._ftrack_root is not None:
            check_values(self._ftrack_path, self._ftrack_place, self._ftrack_root, operator, values)

    def _key_path(self, pointer: Reference) -> Path:
        """Return the path to the key of the related entity, once it is sure that *pointer* can be compared with it."""
        if len(pointer.key) != 1:
            names = ", ".join(name for name, _ in pointer.key)
            message = f"cannot be compared with a {pointer.entity_type}, which is known by {names}; use has or any."
            raise self._refuse(message)
        self._check_target(pointer.entity_type)
        return self._onward(pointer.key[0][0])

    def _onward(self, name: str = "id") -> Path:
        return Path((*self._ftrack_path.steps, Step(name)))

    def _check_target(self, entity_type: str) -> None:
        if self._ftrack_place is None or self._ftrack_vocabulary is None:
            return
        target = self._ftrack_place.leads_to
        if target is None:
            raise self._refuse(f"holds a value and cannot be compared with a {entity_type}; compare the relation.")
        if not self._ftrack_vocabulary.related(entity_type, target):
            raise self._refuse(f"leads to a {target}, which can never be a {entity_type}.")

    def _belongs(self, values: Any, negated: bool) -> CriterionExpression:
        select = subquery(values)
        if select is not None:
            return self._belongs_to_query(select, negated)
        items = self._items(values)
        pointers = [pointer for pointer in map(reference, items) if pointer is not None]
        if pointers and len(pointers) < len(items):
            raise self._refuse("cannot be compared with entities and other values at the same time.")
        if pointers:
            path, *_ = [self._key_path(pointer) for pointer in pointers]
            return self._criterion(Membership(path, tuple(pointer.id for pointer in pointers), negated))
        members = tuple(items) if all(type(item) in _PLAIN_ITEMS for item in items) else self._scalars(items)
        self._check_values(Operator.IS, members)
        return CriterionExpression(Membership(self._ftrack_path, members, negated), self._roots)

    def _belongs_to_query(self, select: Select, negated: bool) -> CriterionExpression:
        if select.group_by:
            raise self._refuse("cannot be compared with a grouped query.")
        is_relation = self._ftrack_place is not None and self._ftrack_place.leads_to is not None
        ids = (Path.of("id"),)
        if is_relation:
            self._check_target(select.entity_type)
        if (is_relation or self._ftrack_place is None) and not select.projections:
            select = attrs.evolve(select, projections=ids)
        if len(select.projections) != 1 or (is_relation and select.projections != ids):
            needed = "the id" if is_relation else "exactly one attribute"
            raise self._refuse(f"needs a query that selects {needed}: query.select('id'), for instance.")
        path = self._onward() if is_relation else self._ftrack_path
        return self._criterion(Membership(path, select, negated))

    # -- ordering and aggregates -----------------------------------------------------------------------------------

    def asc(self) -> OrderingExpression:
        """Order by this attribute, smallest first."""
        return self._ordering(descending=False)

    def desc(self) -> OrderingExpression:
        """Order by this attribute, largest first."""
        return self._ordering(descending=True)

    def _ordering(self, descending: bool) -> OrderingExpression:
        node = Ordering(self._ftrack_path, descending)
        if self._ftrack_root is not None and self._ftrack_vocabulary is not None:
            check_ordering(node, self._ftrack_root, self._ftrack_vocabulary)
        return OrderingExpression(node, self._roots)

    def count(self) -> AggregateExpression:
        """Select the number of entities in each group; the row's name for it is `count_<path>`."""
        return self._aggregate(Function.COUNT)

    def sum(self) -> AggregateExpression:
        """Select the sum over each group; the row's name for it is `sum_<path>`."""
        return self._aggregate(Function.SUM)

    def avg(self) -> AggregateExpression:
        """Select the average over each group; the row's name for it is `avg_<path>`."""
        return self._aggregate(Function.AVG)

    def min(self) -> AggregateExpression:
        """Select the smallest value of each group; the row's name for it is `min_<path>`."""
        return self._aggregate(Function.MIN)

    def max(self) -> AggregateExpression:
        """Select the largest value of each group; the row's name for it is `max_<path>`."""
        return self._aggregate(Function.MAX)

    def _aggregate(self, function: Function) -> AggregateExpression:
        node = Aggregate(function, self._ftrack_path)
        if self._ftrack_root is not None and self._ftrack_vocabulary is not None:
            check_projection(node, self._ftrack_root, self._ftrack_vocabulary)
        return AggregateExpression(node, self._roots)


class ItemExpression(Comparable):
    """The value under one key of a mapped collection: `Task.custom_attributes["fstart"]`.

    Every comparison asks for an item with that key whose value compares as said, so none holds where the key is
    missing: not `!=`, not `is_(None)`. `~Task.metadata.any(key="x")` holds where the key `x` is missing.
    """

    __slots__ = ("_collection", "_key", "_key_name", "_value_name")

    def __init__(self, collection: AttributeExpression, key: str, key_name: str, value_name: str) -> None:
        self._collection = collection
        self._key = key
        self._key_name = key_name
        self._value_name = value_name

    def __repr__(self) -> str:
        return f"<attribute {self._collection._label}[{self._key!r}]>"

    def _any(self, condition: Criterion) -> CriterionExpression:
        key = Comparison(Path.of(self._key_name), Operator.IS, self._key)
        related = Related(self._collection._ftrack_path, Quantifier.ANY, conjunction(key, condition))
        return self._collection._criterion(related)

    def _compare(self, operator: Operator, value: Any) -> CriterionExpression:
        return self._any(Comparison(Path.of(self._value_name), operator, scalar(value, repr(self))))

    def _belongs(self, values: Any, negated: bool) -> CriterionExpression:
        members = self._scalars(self._items(values))
        return self._any(Membership(Path.of(self._value_name), members, negated))


def attr(path: str) -> AttributeExpression:
    """Return the attribute at *path* of whatever entity type it is used with: `attr("parent[Shot].status.name")`.

    Names are checked when a query takes the expression. Raises `QueryError` when *path* is no path.
    """
    return AttributeExpression(_path(path))


def _path(text: str) -> Path:
    # Without its position, which would be taken for one in the text of a query.
    return Path(parse_path(text).steps)


def as_projection(value: object) -> tuple[Projection, frozenset[str]]:
    """Return what selecting *value* adds to a query, and the entity types it was made with.

    Raises `QueryError` when it is neither an attribute nor an aggregate.
    """
    if isinstance(value, AttributeExpression):
        return value._ftrack_path, value._roots
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


def combine(
    where: str,
    criteria: Iterable[Any],
    values: dict[str, Any],
    entity_type: str | None,
    vocabulary: Vocabulary | None,
) -> Criterion | None:
    """Return the criterion that all of *criteria* and of the comparisons by name in *values* hold, None for none.

    Criteria are expressions or texts. With an entity type and a vocabulary, all is checked to be about that type.
    *where* is the method that was called, for errors.
    """
    nodes: list[Criterion | None] = []
    for criterion in criteria:
        if isinstance(criterion, str):
            nodes.append(_read(criterion, entity_type, vocabulary))
            continue
        built = as_criterion(criterion, where)
        if entity_type is not None and vocabulary is not None:
            check_roots(built.roots, entity_type, vocabulary)
            check_criterion(built.node, entity_type, vocabulary, values=True)
        nodes.append(built.node)
    for name, value in values.items():
        comparison = AttributeExpression(_path(name), entity_type, vocabulary) == value
        nodes.append(comparison.node)
    return conjunction(*nodes)


def check_roots(roots: Iterable[str], entity_type: str, vocabulary: Vocabulary) -> None:
    """Raise `QueryError` when something made with the class attributes of *roots* is used on another entity type."""
    for root in roots:
        if not vocabulary.is_a(entity_type, root):
            raise QueryError(
                f"Something about {root} was given for {entity_type}, which is no {root}. Use the attributes of "
                f"{entity_type}; where a relation leads to {entity_type}, cast it: relation[{root}]."
            )


def _read(text: str, entity_type: str | None, vocabulary: Vocabulary | None) -> Criterion:
    node = parse_criterion(text)
    if entity_type is not None and vocabulary is not None:
        try:
            check_criterion(node, entity_type, vocabulary)
        except UsageError as error:
            raise located(error, text) from None
    return node
