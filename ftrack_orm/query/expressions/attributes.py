"""Pure: what `Task.status` and `attr("status.name")` are: attributes that comparing turns into criteria."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import attrs

from ftrack_orm.errors import QueryError, UsageError
from ftrack_orm.query.language.errors_at import located
from ftrack_orm.query.language.literals import reference, scalar, subquery, type_name
from ftrack_orm.query.language.nodes import (
    Aggregate,
    Comparison,
    Criterion,
    Function,
    Membership,
    Operator,
    Ordering,
    Path,
    Quantifier,
    Related,
    Scalar,
    Select,
    Step,
    conjunction,
)
from ftrack_orm.query.language.parser import parse_criterion, parse_path
from ftrack_orm.query.language.resolve import (
    ResolvedPath,
    check_criterion,
    check_quantifier,
    check_selectable,
    check_single_value,
    check_values,
    follow,
    go_on,
)
from ftrack_orm.query.language.schema_protocol import SchemaInfo
from ftrack_orm.query.language.template import expression

from .comparable import Comparable
from .criteria import CriterionExpression, and_, as_criterion, not_, or_

if TYPE_CHECKING:
    from ftrack_orm.values import Reference

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

#: Types whose values need no look where no schema is at hand to compare them with.
_PLAIN = frozenset({str, int, bool})

# Bound once: until Python 3.12 reading a member from its enumeration is a call.
_IS, _IS_NOT = Operator.IS, Operator.IS_NOT

#: Collections known to be keyed where no schema is at hand to tell: name -> attributes that are key and value.
_KNOWN_MAPPINGS = {"metadata": ("key", "value"), "custom_attributes": ("key", "value")}


@attrs.frozen(slots=True)
class OrderingExpression:
    """A key to order by, as `Task.end_date.desc()` gives it; the rest is as for a criterion."""

    node: Ordering
    roots: frozenset[str]
    checked_by: SchemaInfo | None = attrs.field(default=None, eq=False, repr=False)


@attrs.frozen(slots=True)
class AggregateExpression:
    """A value computed over a group, as `Task.bid.sum()` gives it; the rest is as for a criterion."""

    node: Aggregate
    roots: frozenset[str]
    checked_by: SchemaInfo | None = attrs.field(default=None, eq=False, repr=False)


class AttributeExpression(Comparable):
    """An attribute of every entity of a type, reached over any number of relations.

    Going on along relations is attribute access (`Task.status.name`), a relation is cast with brackets
    (`Task.parent[Shot].status`), and a mapped collection is asked for a key with brackets too (`Task.metadata["x"]`).
    With a vocabulary every name and every value is checked at once; without one, when a query of a session takes it.
    It is a value, so what it leads to is made once and kept, where Python finds it the next time without a call.
    """

    # Named so that no attribute of a schema is hidden: those become Python attributes of expressions.
    __slots__ = (
        "__dict__",  # attributes it was asked for, made once
        "_ftrack_keys",
        "_ftrack_onward",
        "_ftrack_orderings",
        "_ftrack_path",
        "_ftrack_place",
        "_ftrack_plain",
        "_ftrack_root",
        "_ftrack_roots",
        "_ftrack_vocabulary",
        "_ftrack_within",
    )

    _ftrack_path: Path
    _ftrack_root: str | None
    _ftrack_vocabulary: SchemaInfo | None
    _ftrack_place: ResolvedPath | None
    _ftrack_plain: frozenset[type]  # types of which every value can be compared with this attribute
    _ftrack_roots: frozenset[str]
    _ftrack_onward: dict[str, AttributeExpression]  # from the root
    _ftrack_within: dict[str, AttributeExpression]  # from the related entity, as `any` and `has` speak of it
    _ftrack_keys: dict[str, AttributeExpression]  # by the type of entity that is compared by this key
    _ftrack_orderings: dict[bool, OrderingExpression]  # by whether they descend

    def __init__(
        self,
        path: Path,
        root: str | None = None,
        vocabulary: SchemaInfo | None = None,
        place: ResolvedPath | None = None,
    ) -> None:
        self._ftrack_path = path
        self._ftrack_root = root
        self._ftrack_vocabulary = vocabulary
        if place is None and root is not None and vocabulary is not None:
            place = follow(path, root, vocabulary)
        self._ftrack_place = place
        self._ftrack_plain = _PLAIN if place is None else place.plain_types
        self._ftrack_roots = frozenset() if root is None else frozenset((root,))
        self._ftrack_onward = {}
        self._ftrack_within = {}
        self._ftrack_keys = {}
        self._ftrack_orderings = {}

    @classmethod
    def on(cls, entity_type: str, name: str, vocabulary: SchemaInfo | None = None) -> AttributeExpression:
        """Return the attribute *name* of *entity_type*, checked when there is a *vocabulary*."""
        return cls(Path.of(name), entity_type, vocabulary)

    def __getattr__(self, name: str) -> AttributeExpression:
        # No ftrack attribute ends with an underscore, while Python and its tools probe for names that do.
        if name.endswith("_") or name.startswith("_ftrack_"):
            raise AttributeError(name)
        # No method is hidden by this: Python comes here only where there is none of that name.
        found = self.__dict__[name] = self._onward(name)
        return found

    def _onward(self, name: str) -> AttributeExpression:
        """Return the attribute *name* of what this one leads to."""
        known = self._ftrack_onward.get(name)
        if known is not None:
            return known
        path = Path((*self._ftrack_path.steps, Step(name)))
        root, vocabulary, place = self._ftrack_root, self._ftrack_vocabulary, self._ftrack_place
        if place is not None and root is not None and vocabulary is not None:
            # Only the new step is looked up: where the others lead is known.
            place = go_on(place, path, len(path.steps) - 1, root, vocabulary)
        found = self._ftrack_onward[name] = AttributeExpression(path, root, vocabulary, place)
        return found

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
        place, root = self._ftrack_place, self._ftrack_root
        target = place.leads_to if place else None
        inner = gathered(quantifier.spelling, criteria, values, target, self._ftrack_vocabulary, self._ftrack_within)
        if place is not None and root is not None:
            check_quantifier(self._ftrack_path, place, root, quantifier)
        return self._checked(Related(self._ftrack_path, quantifier, conjunction(*inner)))

    def _checked(self, node: Criterion) -> CriterionExpression:
        """Return *node*, of which all has been checked that can be."""
        return CriterionExpression(node, self._ftrack_roots, self._ftrack_vocabulary)

    def _compare(self, operator: Operator, value: Any) -> CriterionExpression:
        return CriterionExpression(self._condition(operator, value), self._ftrack_roots, self._ftrack_vocabulary)

    def _condition(self, operator: Operator, value: Any) -> Comparison:
        """Return the node of a comparison with *value*, checked."""
        if type(value) in self._ftrack_plain:
            return Comparison(self._ftrack_path, operator, value)
        pointer = reference(value)
        if pointer is not None:
            return self._condition_on_entity(operator, value, pointer)
        if isinstance(value, Comparable):
            raise self._refuse(f"cannot be compared with {value!r}: ftrack compares attributes with values only.")
        plain = scalar(value, self._label)
        self._check_values(operator, (plain,))
        return Comparison(self._ftrack_path, operator, plain)

    def _condition_on_entity(self, operator: Operator, entity: Any, pointer: Reference) -> Comparison:
        if operator is _IS_NOT:
            if self._ftrack_place and self._ftrack_place.attribute.is_plural:
                raise self._refuse("is a collection, in which something is nearly always another; use ~(a == b).")
        elif operator is not _IS:
            raise self._refuse(f"cannot be compared with {entity!r} by {operator.spelling}: entities have no order.")
        return self._key(pointer)._condition(operator, pointer.id)

    def _check_values(self, operator: Operator, values: tuple[Scalar, ...]) -> None:
        if self._ftrack_place is not None and self._ftrack_root is not None:
            check_values(self._ftrack_path, self._ftrack_place, self._ftrack_root, operator, values)

    def _key(self, pointer: Reference) -> AttributeExpression:
        """Return the key of the related entity, once it is sure that *pointer* can be compared with it."""
        known = self._ftrack_keys.get(pointer.entity_type)
        if known is not None:
            return known
        if len(pointer.key) != 1:
            names = ", ".join(name for name, _ in pointer.key)
            message = f"cannot be compared with a {pointer.entity_type}, which is known by {names}; use has or any."
            raise self._refuse(message)
        self._check_target(pointer.entity_type)
        found = self._ftrack_keys[pointer.entity_type] = self._onward(pointer.key[0][0])
        return found

    def _check_target(self, entity_type: str) -> None:
        if self._ftrack_place is None or self._ftrack_vocabulary is None:
            return
        target = self._ftrack_place.leads_to
        if target is None:
            raise self._refuse(f"holds a value and cannot be compared with a {entity_type}; compare the relation.")
        if not self._ftrack_vocabulary.related(entity_type, target):
            raise self._refuse(f"leads to a {target}, which can never be a {entity_type}.")

    def _belongs(self, values: Any, negated: bool) -> CriterionExpression:
        if type(values) not in (list, tuple):
            select = subquery(values)
            if select is not None:
                return self._belongs_to_query(select, negated)
            values = self._items(values)
        items = tuple(values)
        if self._ftrack_plain.issuperset(map(type, items)):
            return self._checked(Membership(self._ftrack_path, items, negated))
        pointers = [pointer for pointer in map(reference, items) if pointer is not None]
        if pointers and len(pointers) < len(items):
            raise self._refuse("cannot be compared with entities and other values at the same time.")
        if pointers:
            key, *_ = [self._key(pointer) for pointer in pointers]
            return key._among(tuple(pointer.id for pointer in pointers), negated)
        return self._among(self._scalars(items), negated)

    def _among(self, members: tuple[Scalar, ...], negated: bool) -> CriterionExpression:
        self._check_values(_IS, members)
        return self._checked(Membership(self._ftrack_path, members, negated))

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
        path = self._onward("id")._ftrack_path if is_relation else self._ftrack_path
        return self._to_check(Membership(path, select, negated))

    def _to_check(self, node: Criterion) -> CriterionExpression:
        """Return *node*, a condition on the root, once all of it is checked."""
        if self._ftrack_root is not None and self._ftrack_vocabulary is not None:
            check_criterion(node, self._ftrack_root, self._ftrack_vocabulary, values=True)
        return self._checked(node)

    # -- ordering and aggregates -----------------------------------------------------------------------------------

    def asc(self) -> OrderingExpression:
        """Order by this attribute, smallest first."""
        return self._ordering(descending=False)

    def desc(self) -> OrderingExpression:
        """Order by this attribute, largest first."""
        return self._ordering(descending=True)

    def _ordering(self, descending: bool) -> OrderingExpression:
        known = self._ftrack_orderings.get(descending)
        if known is not None:
            return known
        if self._ftrack_place is not None and self._ftrack_root is not None:
            check_single_value(self._ftrack_path, self._ftrack_place, self._ftrack_root, "order by")
        node = Ordering(self._ftrack_path, descending)
        found = OrderingExpression(node, self._ftrack_roots, self._ftrack_vocabulary)
        self._ftrack_orderings[descending] = found
        return found

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
        if self._ftrack_place is not None and self._ftrack_root is not None:
            check_selectable(node, self._ftrack_place, self._ftrack_root)
        return AggregateExpression(node, self._ftrack_roots, self._ftrack_vocabulary)


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
        return self._collection._to_check(related)

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


# A tool compares by the same few names all day, and reading one costs more than comparing.
@functools.lru_cache(maxsize=512)
def _path(text: str) -> Path:
    # Without its position, which would be taken for one in the text of a query.
    return Path(parse_path(text).steps)


def is_checked(
    made: CriterionExpression | OrderingExpression | AggregateExpression, entity_type: str, vocabulary: SchemaInfo
) -> bool:
    """Whether all of *made* was checked already, as something about *entity_type*."""
    # Of a subtype an attribute may be another than of its base, so what was made with the base is checked again.
    return made.checked_by is vocabulary and len(made.roots) == 1 and entity_type in made.roots


def gathered(
    where: str,
    criteria: Iterable[Any],
    values: dict[str, Any],
    entity_type: str | None,
    vocabulary: SchemaInfo | None,
    known: dict[str, AttributeExpression] | None = None,
) -> list[Criterion]:
    """Return the conditions that *criteria* and the comparisons by name in *values* stand for; all of them must hold.

    Criteria are expressions or texts. With an entity type and a vocabulary, all is checked to be about that type.
    *where* is the method that was called, for errors. *known* are attributes of the type that were made before, by
    name; those made now are added.
    """
    nodes: list[Criterion] = []
    for criterion in criteria:
        if isinstance(criterion, str):
            nodes.append(_read(criterion, entity_type, vocabulary))
            continue
        built = criterion if isinstance(criterion, CriterionExpression) else as_criterion(criterion, where)
        nodes.append(built.node)
        if entity_type is None or vocabulary is None or is_checked(built, entity_type, vocabulary):
            continue
        check_roots(built.roots, entity_type, vocabulary)
        check_criterion(built.node, entity_type, vocabulary, values=True)
    if values:
        known = {} if known is None else known
        for name, value in values.items():
            attribute = known.get(name)
            if attribute is None:
                attribute = known[name] = AttributeExpression(_path(name), entity_type, vocabulary)
            nodes.append(attribute._condition(_IS, value))
    return nodes


def check_roots(roots: Iterable[str], entity_type: str, vocabulary: SchemaInfo) -> None:
    """Raise `QueryError` when something made with the class attributes of *roots* is used on another entity type."""
    for root in roots:
        if not vocabulary.is_a(entity_type, root):
            raise QueryError(
                f"Something about {root} was given for {entity_type}, which is no {root}. Use the attributes of "
                f"{entity_type}; where a relation leads to {entity_type}, cast it: relation[{root}]."
            )


def _read(text: str, entity_type: str | None, vocabulary: SchemaInfo | None) -> Criterion:
    node = parse_criterion(text)
    if entity_type is not None and vocabulary is not None:
        try:
            check_criterion(node, entity_type, vocabulary)
        except UsageError as error:
            raise located(error, text) from None
    return node
