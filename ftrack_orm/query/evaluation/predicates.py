"""Pure: compiles criteria to functions that evaluate them for entities and mappings in memory.

The module `matching` states the rules for single values. These are the rules for conditions and paths:

* `and`, `or` and `not` follow SQL's three-valued logic: `not` keeps undecided, `and` is false as soon as one operand is
  false, `or` true as soon as one is true. An entity matches only when the whole criterion is true.
* A path over an empty relation ends at a missing value. A path over a collection is true when the rest is true for
  *some* item, and two such conditions may be true for different items, while `any (...)` binds one item to all
  conditions in its parentheses. Paths over collections, `any` and `has` are always true or false.
* An entity that is not of the type a relation is cast to counts as missing. An attribute that only other subtypes have
  is a missing value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import attrs

from ftrack_orm.errors import QueryError
from ftrack_orm.query.language.nodes import (
    And,
    Comparison,
    Criterion,
    Membership,
    Not,
    Or,
    Ordering,
    Path,
    Quantifier,
    Related,
    Select,
    Step,
)
from ftrack_orm.query.language.resolve import ResolvedPath, resolve_path, resolve_step
from ftrack_orm.values import Absence

from .matching import Matcher, TruthValue, comparison_matcher, membership_matcher, negate, subquery_matcher
from .normalization import ANY, sort_key
from .reader import ValueReader, is_related

#: Returns the values that the query of an `in (select ...)` selects.
ResolveSubquery = Callable[[Select], Iterable[Any]]
#: Returns the matcher of values of a type: value type, label for errors, whether text compares exactly.
_MatcherFactory = Callable[[str, str, bool], Matcher]
#: Returns the matcher of the entities that have the last step of a path.
_EndFactory = Callable[[Step, ResolvedPath | None], Matcher]


@attrs.frozen
class CriterionCompiler:
    """Compiles criteria, paths and orderings to functions of an entity or a mapping."""

    reader: ValueReader
    resolve_subquery: ResolveSubquery | None

    def compile_predicate(self, criterion: Criterion, entity_type: str | None) -> Callable[[object], bool]:
        """Return the function that decides whether an entity meets *criterion*."""
        try:
            matches = self._compile(criterion, entity_type)
        except RecursionError:
            raise QueryError("The criterion is nested too deeply to be decided.") from None
        return lambda entity: matches(entity) is True

    def compile_path(self, path: Path, entity_type: str | None) -> Callable[[Any], Any]:
        """Return the function that reads the one value at *path*, which is the id for a relation."""
        steps = []
        for step in path.steps:
            resolved = self._resolve(step, entity_type, path)
            steps.append((step, resolved))
            entity_type = _target(step, resolved)

        def value_of(holder: Any) -> Any:
            for step, resolved in steps:
                value = self.reader.value(holder, step, resolved)
                if self.reader.is_collection(value, holder, resolved):
                    raise QueryError(f"'{path}' leads over the collection {step.name}, so it has no single value.")
                holder = self.reader.cast(value, step)
            return self.reader.identifier(holder) if is_related(holder, resolved) else holder

        return value_of

    def compile_sort_key(self, ordering: Ordering, entity_type: str) -> Callable[[Any], tuple[int, Any]]:
        """Return the function that computes the key by which *ordering* sorts an entity."""
        value_of = self.compile_path(ordering.path, entity_type)
        schema = self.reader.schema
        resolved = None if schema is None else resolve_path(ordering.path, entity_type, schema)
        value_type, exact = _value_type(resolved), _is_id(ordering.path.steps[-1], resolved)
        return lambda entity: sort_key(value_of(entity), value_type, str(ordering.path), exact=exact)

    # -- criteria -------------------------------------------------------------------------------------------------

    def _compile(self, criterion: Criterion, entity_type: str | None) -> Matcher:
        if isinstance(criterion, And):
            return _junction([self._compile(operand, entity_type) for operand in criterion.operands], decisive=False)
        if isinstance(criterion, Or):
            return _junction([self._compile(operand, entity_type) for operand in criterion.operands], decisive=True)
        if isinstance(criterion, Not):
            return negate(self._compile(criterion.operand, entity_type))
        if isinstance(criterion, Comparison):
            return self._compile_comparison(criterion, entity_type)
        if isinstance(criterion, Membership):
            return self._compile_membership(criterion, entity_type)
        return self._compile_related(criterion, entity_type)

    def _compile_comparison(self, node: Comparison, entity_type: str | None) -> Matcher:
        def create_matcher(value_type: str, label: str, exact: bool) -> Matcher:
            return comparison_matcher(node.operator, node.value, value_type, label, exact=exact)

        return self._compile_value_condition(node.path, entity_type, create_matcher)

    def _compile_membership(self, node: Membership, entity_type: str | None) -> Matcher:
        selected = self._selected_values(node.values) if isinstance(node.values, Select) else []

        def create_matcher(value_type: str, label: str, exact: bool) -> Matcher:
            if isinstance(node.values, Select):
                is_member = subquery_matcher(selected, value_type, exact=exact)
            else:
                is_member = membership_matcher(node.values, value_type, label, exact=exact)
            # On a path over a collection `not_in` is true for an item that is not among the values, as `is_not` is.
            return negate(is_member) if node.negated else is_member

        return self._compile_value_condition(node.path, entity_type, create_matcher)

    def _selected_values(self, subquery: Select) -> list[Any]:
        if self.resolve_subquery is None:
            raise QueryError(
                f"The subquery of {subquery.entity_type} cannot be decided on loaded entities alone; "
                "give resolve_subquery, which returns the values it selects."
            )
        return list(self.resolve_subquery(subquery))

    def _compile_value_condition(self, path: Path, entity_type: str | None, create_matcher: _MatcherFactory) -> Matcher:
        """Return the matcher of the value at the end of *path*, or of the id of the related entity."""

        def create_end(step: Step, resolved: ResolvedPath | None) -> Matcher:
            if resolved is not None and resolved.attribute.is_plural:
                raise QueryError(
                    f"{step.name} holds many entities and cannot be compared. "
                    f"Use '{step.name} any (...)', or 'not {step.name} any ()' for none."
                )
            value_matches = create_matcher(_value_type(resolved), step.name, _is_id(step, resolved))
            id_matches = create_matcher("text", step.name, True)

            def matches(holder: Any) -> TruthValue:
                value = self.reader.value(holder, step, resolved)
                if isinstance(value, Absence):
                    return False
                value = self.reader.cast(value, step)
                if is_related(value, resolved):
                    return id_matches(self.reader.identifier(value))
                return value_matches(value)

            return matches

        return self._compile_steps(path, entity_type, create_end)

    def _compile_related(self, node: Related, entity_type: str | None) -> Matcher:
        def create_end(step: Step, resolved: ResolvedPath | None) -> Matcher:
            inner = None if node.criterion is None else self._compile(node.criterion, _target(step, resolved))
            is_plural = node.quantifier is Quantifier.ANY

            def matches(holder: Any) -> TruthValue:
                value = self.reader.value(holder, step, resolved)
                if value is None or isinstance(value, Absence):
                    return False
                items = self.reader.items(value, step, resolved) if is_plural else [self.reader.cast(value, step)]
                return any(item is not None and (inner is None or inner(item) is True) for item in items)

            return matches

        return self._compile_steps(node.path, entity_type, create_end)

    # -- paths ----------------------------------------------------------------------------------------------------

    def _compile_steps(self, path: Path, entity_type: str | None, create_end: _EndFactory, start: int = 0) -> Matcher:
        """Return the matcher of the steps of *path* from *start* on. *create_end* returns the one of the last step.

        Over a collection it is true when it is true for some item.
        """
        step = path.steps[start]
        resolved = self._resolve(step, entity_type, path)
        if start == len(path.steps) - 1:
            return create_end(step, resolved)
        rest = self._compile_steps(path, _target(step, resolved), create_end, start + 1)

        def matches(holder: Any) -> TruthValue:
            value = self.reader.value(holder, step, resolved)
            if isinstance(value, Absence):
                return False
            if self.reader.is_collection(value, holder, resolved):
                return any(rest(item) is True for item in self.reader.items(value, step, resolved))
            return rest(self.reader.cast(value, step))

        return matches

    def _resolve(self, step: Step, entity_type: str | None, path: Path) -> ResolvedPath | None:
        if self.reader.schema is None or entity_type is None:
            return None
        return resolve_step(step, entity_type, self.reader.schema, path.position)


def _junction(matchers: list[Matcher], *, decisive: bool) -> Matcher:
    """Return the matcher of `and`, for which False is decisive, or of `or`, for which True is."""

    def matches(entity: Any) -> TruthValue:
        result: TruthValue = not decisive
        for matcher in matchers:
            truth = matcher(entity)
            if truth is decisive:
                return decisive
            if truth is None:
                result = None
        return result

    return matches


def _value_type(resolved: ResolvedPath | None) -> str:
    if resolved is None:
        return ANY
    return "text" if resolved.attribute.is_relation else resolved.value_type


def _is_id(step: Step, resolved: ResolvedPath | None) -> bool:
    """Return whether the step ends at an id: relations are compared by id, and names of ids end with `id`."""
    is_relation = resolved is not None and resolved.attribute.is_relation
    return is_relation or step.name == "id" or step.name.endswith("_id")


def _target(step: Step, resolved: ResolvedPath | None) -> str | None:
    return step.cast if resolved is None else resolved.target
