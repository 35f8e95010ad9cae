"""Pure: attributes as expressions: `Task.status` and `attr("status.name")`, whose comparisons are criteria."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from keyword import kwlist
from typing import TYPE_CHECKING, Any

import attrs

from ftrack_orm.errors import QueryError, UsageError
from ftrack_orm.query.language.advice import naming_attribute, python_path
from ftrack_orm.query.language.checks import (
    check_criterion,
    check_quantifier,
    check_selectable,
    check_single_value,
    check_values,
)
from ftrack_orm.query.language.literals import as_reference, as_scalar, as_select, entity_type_of_class
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
from ftrack_orm.query.language.parser import parse_path
from ftrack_orm.query.language.resolve import (
    ResolvedPath,
    resolve_next,
    resolve_path,
    value_type_of_aggregate,
)
from ftrack_orm.values import Reference, attribute_called, spelling_of

from .clause_elements import AggregateExpression, OrderingExpression
from .comparable import Comparable
from .criteria import CriterionExpression, build_criteria
from .items import ItemExpression

if TYPE_CHECKING:
    from ftrack_orm.query.language.schema_protocol import SchemaInfo

#: The types whose values need no conversion when there is no schema.
_PLAIN_TYPES = frozenset({str, int, bool})

# Module constants, because reading a member of an enumeration is a function call before Python 3.12.
_IS, _IS_NOT = Operator.IS, Operator.IS_NOT

#: The mapped collection whose items are also found by the ids of their configurations, as in the mapping of an entity.
_CUSTOM_ATTRIBUTES = "custom_attributes"
_CONFIGURATION_KEY = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")

#: The mapped collections of ftrack, for expressions without a schema: name -> attributes of key and value.
_MAPPED_COLLECTIONS = {"metadata": ("key", "value"), "custom_attributes": ("key", "value")}


class AttributeExpression(Comparable):
    """An attribute of every entity of a type, reached over any number of relations.

    Attribute access adds a step over a relation (`Task.status.name`), brackets cast a relation
    (`Task.parent[Shot].status`) or name a key of a mapped collection (`Task.metadata["x"]`). With a schema every name
    and every value is checked at once; without one, when a query of a session receives the expression.
    Expressions are immutable, so each caches the expressions derived from it. Python finds a cached attribute in the
    `__dict__` without a function call.
    """

    # The prefix keeps these apart from the attributes of a schema, which are Python attributes of expressions.
    __slots__ = (
        "__dict__",  # the attributes read from this expression
        "_ftrack_children",
        "_ftrack_keys",
        "_ftrack_orderings",
        "_ftrack_path",
        "_ftrack_plain_types",
        "_ftrack_related",
        "_ftrack_resolved",
        "_ftrack_root",
        "_ftrack_roots",
        "_ftrack_schema",
    )

    _ftrack_path: Path
    _ftrack_root: str | None
    _ftrack_schema: SchemaInfo | None
    _ftrack_resolved: ResolvedPath | None  # the end of the path, when there are a root and a schema
    _ftrack_plain_types: frozenset[type]  # types whose values need no conversion and no check
    _ftrack_roots: frozenset[str]
    _ftrack_children: dict[str, AttributeExpression]  # attributes of the related entity, from the same root
    _ftrack_related: dict[str, AttributeExpression]  # the same from the related entity as root, for `any` and `has`
    _ftrack_keys: dict[str, AttributeExpression]  # primary keys of the related entity, by the type it is compared with
    _ftrack_orderings: dict[bool, OrderingExpression]  # by `descending`

    def __init__(
        self,
        path: Path,
        root: str | None = None,
        schema: SchemaInfo | None = None,
        resolved: ResolvedPath | None = None,
    ) -> None:
        self._ftrack_path = path
        self._ftrack_root = root
        self._ftrack_schema = schema
        if resolved is None and root is not None and schema is not None:
            resolved = resolve_path(path, root, schema)
        self._ftrack_resolved = resolved
        self._ftrack_plain_types = _PLAIN_TYPES if resolved is None else resolved.plain_types
        self._ftrack_roots = frozenset() if root is None else frozenset((root,))
        self._ftrack_children = {}
        self._ftrack_related = {}
        self._ftrack_keys = {}
        self._ftrack_orderings = {}

    @classmethod
    def on(cls, entity_type: str, name: str, schema: SchemaInfo | None = None) -> AttributeExpression:
        """Return the attribute *name* of *entity_type*, checked if there is a *schema*."""
        return cls(Path.of(name), entity_type, schema)

    def __getattr__(self, name: str) -> AttributeExpression:
        if name.endswith("_") or name.startswith("_ftrack_"):
            # Python and its tools probe for such names. No ftrack attribute has one, but `from` is also called `from_`.
            called = None if name.startswith("_") else self._called(name)
            if called is None:
                raise AttributeError(name)
            name = called
        # Methods win over attributes: Python calls this for names that it did not find.
        child = self.__dict__[name] = self._child(name)
        return child

    def _called(self, name: str) -> str | None:
        """Return the attribute of the related entity that code calls *name*, or None; without a schema, any keyword."""
        resolved, schema = self._ftrack_resolved, self._ftrack_schema
        if resolved is None or schema is None:
            return attribute_called(name, kwlist)
        return None if resolved.target is None else attribute_called(name, schema.type(resolved.target).attributes)

    def _child(self, name: str) -> AttributeExpression:
        """Return the attribute *name* of the related entity."""
        cached = self._ftrack_children.get(name)
        if cached is not None:
            return cached
        path = Path((*self._ftrack_path.steps, Step(name)))
        root, schema, resolved = self._ftrack_root, self._ftrack_schema, self._ftrack_resolved
        if resolved is not None and root is not None and schema is not None:
            resolved = resolve_next(resolved, path, len(path.steps) - 1, root, schema)
        child = self._ftrack_children[name] = AttributeExpression(path, root, schema, resolved)
        return child

    def __getitem__(self, key: Any) -> Any:
        entity_type = key if isinstance(key, str) else entity_type_of_class(key)
        if entity_type is None:
            raise self._error(f"takes an entity type or, of a mapped collection, a key in brackets, not {key!r}.")
        if isinstance(key, str) and (names := self._key_and_value_names()) is not None:
            key_name, value_name = names
            if _CONFIGURATION_KEY.fullmatch(key) and self._ftrack_path.steps[-1].name == _CUSTOM_ATTRIBUTES:
                key_name = "configuration_id"
            return ItemExpression(self, key, key_name, value_name)
        *steps, last = self._ftrack_path.steps
        path = Path((*steps, Step(last.name, entity_type)))
        return AttributeExpression(path, self._ftrack_root, self._ftrack_schema)

    def _key_and_value_names(self) -> tuple[str, str] | None:
        """Return the attributes of key and value if this is a mapped collection."""
        if self._ftrack_resolved is None:
            return _MAPPED_COLLECTIONS.get(self._ftrack_path.steps[-1].name)
        attribute = self._ftrack_resolved.attribute
        if attribute.key_name is None or attribute.value_name is None:
            return None
        return attribute.key_name, attribute.value_name

    def __reduce__(self) -> tuple[Any, ...]:
        # The schema is not pickled.
        return AttributeExpression, (self._ftrack_path, self._ftrack_root)

    def __str__(self) -> str:
        return str(self._ftrack_path)

    def __repr__(self) -> str:
        value = "" if self._ftrack_resolved is None else _value_in_words(self._ftrack_resolved)
        return f"<attribute {self._label}{value}>"

    def _error(self, reason: str) -> QueryError:
        return QueryError(f"<attribute {self._label}> {reason}")

    def __dir__(self) -> list[str]:
        return sorted({spelling_of(name) for name in (*super().__dir__(), *self._ftrack_names())})

    def _ftrack_names(self) -> Iterable[str]:
        """Return the attributes of the related entity, as far as they are known."""
        resolved, schema = self._ftrack_resolved, self._ftrack_schema
        if resolved is None or schema is None or resolved.target is None:
            return ()
        return schema.type(resolved.target).attributes

    def _ipython_key_completions_(self) -> list[str]:
        # Brackets name the key of a mapped collection, which only the server knows, or cast a relation to a subtype.
        resolved, schema = self._ftrack_resolved, self._ftrack_schema
        if resolved is None or schema is None or resolved.target is None or self._key_and_value_names() is not None:
            return []
        return sorted(schema.concrete(resolved.target))

    @property
    def _spelling(self) -> str:
        return python_path(self._ftrack_root, self._ftrack_path) if self._ftrack_root else f'attr("{self}")'

    @property
    def _label(self) -> str:
        return f"{self._ftrack_root}.{self}" if self._ftrack_root else str(self)

    def _item_advice(self) -> str:
        resolved = self._ftrack_resolved
        if resolved is None or resolved.target is None:
            return super()._item_advice()
        name = naming_attribute(resolved.target, self._ftrack_schema) if self._ftrack_schema is not None else None
        condition = f"{name}=..." if name else "..."
        if not resolved.attribute.is_plural:
            return f"Use {self._spelling}.has({condition}) for a condition on the related entity."
        if resolved.attribute.key_name is not None:
            condition = f"{resolved.attribute.key_name}=..."
        return (
            f"Use {self._spelling}.any({condition}) for a condition that one item meets, {self._spelling}.any() for a "
            f"collection that has items, and ~{self._spelling}.any() for an empty one."
        )

    if not TYPE_CHECKING:  # Checkers refuse this by themselves.

        def __contains__(self, value):
            resolved = self._ftrack_resolved
            if resolved is None or resolved.target is None:
                super().__contains__(value)
            reference = as_reference(value)
            advice = self._item_advice()
            if reference is not None:
                advice = f"Write {self._spelling} == {_variable(reference)}."
            elif isinstance(value, str) and resolved.attribute.key_name is not None:
                advice = f"Write {self._spelling}.any({resolved.attribute.key_name}={value!r:.200})."
            raise self._error(f"cannot be searched with 'in': it stands for the entities of every entity. {advice}")

    # -- criteria on related entities ------------------------------------------------------------------------------

    def any(self, *criteria: CriterionExpression | str, **values: Any) -> CriterionExpression:
        """Return the criterion that one item of the collection meets all of *criteria*; without any, that it has items.

        *values* compare attributes by name: `Task.assignments.any(resource=user)`.
        """
        return self._quantified(Quantifier.ANY, criteria, values)

    def has(self, *criteria: CriterionExpression | str, **values: Any) -> CriterionExpression:
        """Return the criterion that the related entity meets all of *criteria*; without any, that there is one.

        *values* compare attributes by name: `Task.parent.has(name="sh010")`.
        """
        return self._quantified(Quantifier.HAS, criteria, values)

    def _quantified(
        self, quantifier: Quantifier, criteria: tuple[Any, ...], values: dict[str, Any]
    ) -> CriterionExpression:
        resolved, root, schema = self._ftrack_resolved, self._ftrack_root, self._ftrack_schema
        target = resolved.target if resolved else None
        operands = build_criteria(quantifier.spelling, criteria, target, schema) if criteria else []
        if values:
            operands += compare_by_name(values, target, schema, self._ftrack_related)
        if resolved is not None and root is not None:
            check_quantifier(self._ftrack_path, resolved, root, quantifier)
        return self._criterion(Related(self._ftrack_path, quantifier, conjunction(*operands)))

    def _criterion(self, node: Criterion) -> CriterionExpression:
        """Return *node*, which is checked as far as there is a schema."""
        return CriterionExpression(node, self._ftrack_roots, self._ftrack_schema)

    def _checked_criterion(self, node: Criterion) -> CriterionExpression:
        """Check *node*, a condition on the root, and return it."""
        if self._ftrack_root is not None and self._ftrack_schema is not None:
            check_criterion(node, self._ftrack_root, self._ftrack_schema, values=True)
        return self._criterion(node)

    # -- comparisons -----------------------------------------------------------------------------------------------

    def _compare(self, operator: Operator, value: Any) -> CriterionExpression:
        return CriterionExpression(self._comparison(operator, value), self._ftrack_roots, self._ftrack_schema)

    def _comparison(self, operator: Operator, value: Any) -> Comparison:
        """Return the node of a comparison with *value*, checked."""
        if type(value) in self._ftrack_plain_types and (type(value) is not str or value.isascii()):
            return Comparison(self._ftrack_path, operator, value)
        reference = as_reference(value)
        if reference is not None:
            return self._comparison_with_entity(operator, value, reference)
        if isinstance(value, Comparable):
            raise self._error(f"cannot be compared with {value!r}: ftrack compares attributes with values only.")
        self._refuse_several(operator, value)
        resolved = self._ftrack_resolved
        scalar = as_scalar(value, self._label, "any" if resolved is None else resolved.value_type)
        self._check_values(operator, (scalar,))
        return Comparison(self._ftrack_path, operator, scalar)

    def _comparison_with_entity(self, operator: Operator, entity: Any, reference: Reference) -> Comparison:
        if operator is _IS_NOT:
            if self._ftrack_resolved and self._ftrack_resolved.attribute.is_plural:
                raise self._error(
                    "is a collection, in which some item nearly always differs. Write "
                    f"~({self._spelling} == {_variable(reference)})."
                )
        elif operator is not _IS:
            raise self._error(f"cannot be compared with {entity!r} by {operator.spelling}: entities have no order.")
        return self._key(reference)._comparison(operator, reference.id)

    def _check_values(self, operator: Operator, values: tuple[Scalar, ...], negated: bool | None = None) -> None:
        if self._ftrack_resolved is not None and self._ftrack_root is not None:
            check_values(
                self._ftrack_path,
                self._ftrack_resolved,
                self._ftrack_root,
                operator,
                values,
                self._ftrack_schema,
                negated,
            )

    def _key(self, reference: Reference) -> AttributeExpression:
        """Return the primary key of the related entity after checking that *reference* can be compared with it."""
        cached = self._ftrack_keys.get(reference.entity_type)
        if cached is not None:
            return cached
        if len(reference.key) != 1:
            names = ", ".join(name for name, _ in reference.key)
            message = f"cannot be compared with a {reference.entity_type}, whose key is {names}; use has or any."
            raise self._error(message)
        self._check_target(reference.entity_type)
        key = self._ftrack_keys[reference.entity_type] = self._child(reference.key[0][0])
        return key

    def _check_target(self, entity_type: str) -> None:
        """Raise `QueryError` if the related entity cannot be of *entity_type*."""
        if self._ftrack_resolved is None or self._ftrack_schema is None:
            return
        target = self._ftrack_resolved.target
        if target is None:
            relation = self._relation_of_key(entity_type)
            advice = f": {relation} == {_variable(Reference(entity_type, ()))}" if relation else ""
            raise self._error(
                f"holds a value and cannot be compared with a {entity_type}; compare the relation{advice}."
            )
        if not self._ftrack_schema.related(entity_type, target):
            raise self._error(f"leads to a {target}, which can never be a {entity_type}.")

    def _relation_of_key(self, entity_type: str) -> str | None:
        """Return the spelling of the relation to *entity_type* whose key this attribute is: `Task.status`."""
        *steps, last = self._ftrack_path.steps
        root, schema = self._ftrack_root, self._ftrack_schema
        if not last.name.endswith("_id") or root is None or schema is None:
            return None
        path = Path((*steps, Step(last.name.removesuffix("_id"))))
        try:
            target = resolve_path(path, root, schema).target
        except UsageError:
            return None
        return f"{root}.{path}" if target is not None and schema.related(entity_type, target) else None

    # -- membership ------------------------------------------------------------------------------------------------

    def _member_of(self, values: Any, negated: bool) -> CriterionExpression:
        if type(values) not in (list, tuple):
            select = as_select(values)
            if select is not None:
                return self._member_of_query(select, negated)
            values = self._items(values)
        items = tuple(values)
        # The text is joined since one call is faster than one for each item.
        if self._ftrack_plain_types.issuperset(map(type, items)) and "".join(map(str, items)).isascii():
            return self._criterion(Membership(self._ftrack_path, items, negated))
        self._refuse_none(items, negated)
        references = [reference for reference in map(as_reference, items) if reference is not None]
        if references and len(references) < len(items):
            raise self._error("cannot be compared with entities and other values at the same time.")
        if references:
            key, *_ = [self._key(reference) for reference in references]
            return key._member_of_scalars(tuple(reference.id for reference in references), negated)
        return self._member_of_scalars(self._scalars(items, negated), negated)

    def _member_of_scalars(self, members: tuple[Scalar, ...], negated: bool) -> CriterionExpression:
        self._check_values(_IS, members, negated)
        return self._criterion(Membership(self._ftrack_path, members, negated))

    def _member_of_query(self, select: Select, negated: bool) -> CriterionExpression:
        if select.group_by:
            raise self._error("cannot be compared with a grouped query.")
        is_relation = self._ftrack_resolved is not None and self._ftrack_resolved.target is not None
        ids = (Path.of("id"),)
        if is_relation:
            self._check_target(select.entity_type)
        if (is_relation or self._ftrack_resolved is None) and not select.projections:
            select = attrs.evolve(select, projections=ids)
        if len(select.projections) != 1 or (is_relation and select.projections != ids):
            needed = "the id" if is_relation else "exactly one attribute"
            raise self._error(f"needs a query that selects {needed}: query.select('id'), for instance.")
        path = self._child("id")._ftrack_path if is_relation else self._ftrack_path
        return self._checked_criterion(Membership(path, select, negated))

    # -- ordering and aggregates -----------------------------------------------------------------------------------

    def asc(self) -> OrderingExpression:
        """Return the key that orders by this attribute, smallest first."""
        return self._ordering(descending=False)

    def desc(self) -> OrderingExpression:
        """Return the key that orders by this attribute, largest first."""
        return self._ordering(descending=True)

    def _ordering(self, descending: bool) -> OrderingExpression:
        cached = self._ftrack_orderings.get(descending)
        if cached is not None:
            return cached
        if self._ftrack_resolved is not None and self._ftrack_root is not None:
            check_single_value(
                self._ftrack_path, self._ftrack_resolved, self._ftrack_root, "order by", self._ftrack_schema
            )
        node = Ordering(self._ftrack_path, descending)
        ordering = OrderingExpression(node, self._ftrack_roots, self._ftrack_schema)
        self._ftrack_orderings[descending] = ordering
        return ordering

    def count(self) -> AggregateExpression:
        """Return the aggregate of the number of entities in each group; its name in a row is `count_<path>`."""
        return self._aggregate(Function.COUNT)

    def sum(self) -> AggregateExpression:
        """Return the aggregate of the sum over each group; its name in a row is `sum_<path>`."""
        return self._aggregate(Function.SUM)

    def avg(self) -> AggregateExpression:
        """Return the aggregate of the average over each group; its name in a row is `avg_<path>`."""
        return self._aggregate(Function.AVG)

    def min(self) -> AggregateExpression:
        """Return the aggregate of the smallest value of each group; its name in a row is `min_<path>`."""
        return self._aggregate(Function.MIN)

    def max(self) -> AggregateExpression:
        """Return the aggregate of the largest value of each group; its name in a row is `max_<path>`."""
        return self._aggregate(Function.MAX)

    def _aggregate(self, function: Function) -> AggregateExpression:
        node, resolved = Aggregate(function, self._ftrack_path), self._ftrack_resolved
        if resolved is not None and self._ftrack_root is not None:
            check_selectable(node, resolved, self._ftrack_root)
        return AggregateExpression(
            node, self._ftrack_roots, self._ftrack_schema, value_type_of_aggregate(function, resolved)
        )


def _value_in_words(resolved: ResolvedPath) -> str:
    """Return what the `repr` of an attribute says about its value: the type, or the entities it leads to."""
    if resolved.target is None:
        return f": {resolved.value_type}"
    if resolved.attribute.key_name is not None:
        return f" -> {resolved.target} by {resolved.attribute.key_name}"
    return f" -> {'several ' if resolved.attribute.is_plural else ''}{resolved.target}"


def attr(path: str) -> AttributeExpression:
    """Return an expression for the attribute at *path*, of no particular type: `attr("parent[Shot].status.name")`.

    Names are checked when a query receives the expression. Raises `QueryError` when *path* is not a path.
    """
    return AttributeExpression(_parse_path(path))


def compare_by_name(
    values: dict[str, Any],
    entity_type: str | None,
    schema: SchemaInfo | None,
    cache: dict[str, AttributeExpression] | None = None,
) -> list[Comparison]:
    """Return a comparison for each of *values*: attribute of *entity_type* -> the value it must have.

    *cache* has expressions of attributes of the type by name; those created here are added to it.
    """
    if cache is None:
        cache = {}
    comparisons = []
    for name, value in values.items():
        attribute = cache.get(name)
        if attribute is None:
            called = name
            if name.endswith("_"):
                known = kwlist if entity_type is None or schema is None else schema.type(entity_type).attributes
                called = attribute_called(name, known) or name
            attribute = cache[name] = AttributeExpression(_parse_path(called), entity_type, schema)
        comparisons.append(attribute._comparison(_IS, value))
    return comparisons


def _variable(reference: Reference) -> str:
    """Return the name that a program is likely to give to an entity: `asset_version`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", reference.entity_type).lower()


# A tool compares the same few attributes many times, and parsing a name costs more than the comparison.
@functools.lru_cache(maxsize=512)
def _parse_path(text: str) -> Path:
    # The position is dropped: an error would take it for a position in the text of the whole query.
    return Path(parse_path(text).steps)
