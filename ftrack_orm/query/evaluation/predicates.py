"""Pure: criteria to functions that decide them on entities and mappings in memory.

The rules on single values are stated in `matching`; these are on how conditions and paths are put together:

* `and`, `or` and `not` follow SQL where something is neither true nor false: `not` leaves it so, `and` is false as soon
  as one operand is, `or` true as soon as one is. What is not true in the end does not match.
* A path over a relation that leads nowhere ends at nothing. A path over a collection asks whether *some* item makes the
  rest true (two such conditions may be true of different items), while `any (...)` binds one item to all that its
  parentheses say. That, `any` and `has` are always true or false.
* An entity that is not of the type a relation is cast to is not there. An attribute that only other subtypes have is
  nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import attrs

from ftrack_orm.errors import NotFetched, QueryError
from ftrack_orm.query.language import resolve
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
from ftrack_orm.query.language.schema_protocol import SchemaInfo
from ftrack_orm.values import Absence

from .access import entity_type_of, identifier, is_several, items_of
from .matching import ANY, Matcher, Verdict, among, among_selected, matcher, negated, sort_key

if TYPE_CHECKING:
    from ftrack_orm.query.language.resolve import ResolvedPath

Read = Callable[[Any, str], Any]
ResolveSubquery = Callable[[Select], Iterable[Any]]
_Test = Callable[[Any], Verdict]


@attrs.frozen
class Evaluation:
    """How values are known, and the criteria turned into functions by it."""

    vocabulary: SchemaInfo | None
    read: Read
    is_lenient: bool
    resolve_subquery: ResolveSubquery | None

    def predicate(self, criterion: Criterion, entity_type: str | None) -> Callable[[object], bool]:
        try:
            test = self.test(criterion, entity_type)
        except RecursionError:
            raise QueryError("The criterion is nested too deeply to be decided.") from None
        return lambda entity: test(entity) is True

    def test(self, criterion: Criterion, entity_type: str | None) -> _Test:
        if isinstance(criterion, And):
            return _decided([self.test(operand, entity_type) for operand in criterion.operands], by=False)
        if isinstance(criterion, Or):
            return _decided([self.test(operand, entity_type) for operand in criterion.operands], by=True)
        if isinstance(criterion, Not):
            return negated(self.test(criterion.operand, entity_type))
        if isinstance(criterion, Comparison):
            return self.comparison(criterion, entity_type)
        if isinstance(criterion, Membership):
            return self.membership(criterion, entity_type)
        return self.related(criterion, entity_type)

    # -- conditions -----------------------------------------------------------------------------------------------

    def comparison(self, node: Comparison, entity_type: str | None) -> _Test:
        def make(value_type: str, label: str, exact: bool) -> Matcher:
            return matcher(node.operator, node.value, value_type, label, exact=exact)

        return self.walk(node.path, entity_type, lambda step, place: self.valued(step, place, make))

    def membership(self, node: Membership, entity_type: str | None) -> _Test:
        selected = self.selected(node.values) if isinstance(node.values, Select) else []

        def make(value_type: str, label: str, exact: bool) -> Matcher:
            if isinstance(node.values, Select):
                belongs = among_selected(selected, value_type, exact=exact)
            else:
                belongs = among(node.values, value_type, label, exact=exact)
            # Over a collection `not_in` asks for an item that is not among the values, as `is_not` does.
            return negated(belongs) if node.negated else belongs

        return self.walk(node.path, entity_type, lambda step, place: self.valued(step, place, make))

    def selected(self, subquery: Select) -> list[Any]:
        if self.resolve_subquery is None:
            raise QueryError(
                f"The subquery of {subquery.entity_type} cannot be decided on loaded entities alone; "
                "give resolve_subquery, which returns the values it selects."
            )
        return list(self.resolve_subquery(subquery))

    def valued(self, step: Step, place: ResolvedPath | None, make: Callable[[str, str, bool], Matcher]) -> _Test:
        """Return the test of the value, or of the id of the related entity, that the last step of a path ends at."""
        if place is not None and place.attribute.is_plural:
            raise QueryError(
                f"{step.name} holds many entities and cannot be compared. "
                f"Use '{step.name} any (...)', or 'not {step.name} any ()' for none."
            )
        value_matches = make(_value_type(place), step.name, _is_id(step, place))
        id_matches = make("text", step.name, True)

        def test(holder: Any) -> Verdict:
            value = self.value(holder, step, place)
            if isinstance(value, Absence):
                return False
            value = self.narrowed(value, step)
            return id_matches(self.identifier(value)) if _is_related(value, place) else value_matches(value)

        return test

    def related(self, node: Related, entity_type: str | None) -> _Test:
        def end(step: Step, place: ResolvedPath | None) -> _Test:
            inner = None if node.criterion is None else self.test(node.criterion, _leads_to(step, place))
            is_plural = node.quantifier is Quantifier.ANY

            def test(holder: Any) -> Verdict:
                value = self.value(holder, step, place)
                if value is None or isinstance(value, Absence):
                    return False
                items = self.items(value, step, place) if is_plural else [self.narrowed(value, step)]
                return any(item is not None and (inner is None or inner(item) is True) for item in items)

            return test

        return self.walk(node.path, entity_type, end)

    # -- paths ----------------------------------------------------------------------------------------------------

    def walk(
        self, path: Path, entity_type: str | None, end: Callable[[Step, ResolvedPath | None], _Test], start: int = 0
    ) -> _Test:
        """Return the test of what *path* leads to, which is true of a collection when it is of some item."""
        step = path.steps[start]
        place = self.place(step, entity_type, path)
        if start == len(path.steps) - 1:
            return end(step, place)
        rest = self.walk(path, _leads_to(step, place), end, start + 1)

        def test(holder: Any) -> Verdict:
            value = self.value(holder, step, place)
            if isinstance(value, Absence):
                return False
            if self.is_collection(value, holder, place):
                return any(rest(item) is True for item in self.items(value, step, place))
            return rest(self.narrowed(value, step))

        return test

    def value_at(self, path: Path, entity_type: str | None) -> Callable[[Any], Any]:
        """Return what reads the one value at the end of a path; a relation's is its id."""
        steps = []
        for step in path.steps:
            place = self.place(step, entity_type, path)
            steps.append((step, place))
            entity_type = _leads_to(step, place)

        def value_of(holder: Any) -> Any:
            for step, place in steps:
                value = self.value(holder, step, place)
                if self.is_collection(value, holder, place):
                    raise QueryError(f"'{path}' leads over the collection {step.name}, so it has no single value.")
                holder = self.narrowed(value, step)
            return self.identifier(holder) if _is_related(holder, place) else holder

        return value_of

    def order(self, ordering: Ordering, entity_type: str) -> Callable[[Any], tuple[int, Any]]:
        value_of = self.value_at(ordering.path, entity_type)
        place = None if self.vocabulary is None else resolve.follow(ordering.path, entity_type, self.vocabulary)
        value_type, exact = _value_type(place), _is_id(ordering.path.steps[-1], place)
        return lambda entity: sort_key(value_of(entity), value_type, str(ordering.path), exact=exact)

    def place(self, step: Step, entity_type: str | None, path: Path) -> ResolvedPath | None:
        if self.vocabulary is None or entity_type is None:
            return None
        return resolve.take_step(step, entity_type, self.vocabulary, path.position)

    # -- values ---------------------------------------------------------------------------------------------------

    def value(self, holder: Any, step: Step, place: ResolvedPath | None) -> Any:
        """Return the value of one attribute; `NOT_LOADED` only where a condition on what is not there is false."""
        if holder is None or not self.has_attribute(holder, step, place):
            return None
        value = self.read(holder, step.name)
        if isinstance(value, Absence) and not self.is_lenient:
            raise _not_fetched(holder, step.name)
        return value

    def has_attribute(self, holder: Any, step: Step, place: ResolvedPath | None) -> bool:
        entity_type = None if self.vocabulary is None else entity_type_of(holder)
        if self.vocabulary is None or entity_type is None:
            return True
        own = self.vocabulary.type(entity_type).attributes.get(step.name)
        if own is None or place is None:
            return own is not None
        # Subtypes may mean different things by one name: a project's `status` is a word, a task's is a Status.
        target = place.attribute.target
        if own.target is None or target is None:
            return own.is_relation == place.attribute.is_relation
        return self.vocabulary.related(own.target, target)

    def identifier(self, value: Any) -> Any:
        """Return the id that a relation is compared by."""
        found = identifier(value)
        if isinstance(found, Absence):
            raise _not_fetched(value, "id")
        return found

    def is_collection(self, value: Any, holder: Any, place: ResolvedPath | None) -> bool:
        if place is not None:
            return place.attribute.is_plural
        # Plain data has lists of items; entities have mappings for what is read as key and value.
        return is_several(value) or (_is_mapped(value) and not _is_mapped(holder))

    def items(self, value: Any, step: Step, place: ResolvedPath | None) -> list[Any]:
        if value is None:
            return []
        names = (None, None) if place is None else (place.attribute.key_name, place.attribute.value_name)
        found = items_of(value, *names)
        return [item for item in found if step.cast is None or self.is_of_type(item, step.cast)]

    def narrowed(self, value: Any, step: Step) -> Any:
        """Return what a relation leads to, or None when that is not of the type it is cast to."""
        if value is None or step.cast is None or self.is_of_type(value, step.cast):
            return value
        return None

    def is_of_type(self, holder: Any, entity_type: str) -> bool:
        found = entity_type_of(holder)
        if found == entity_type:
            return True
        if found is None or self.vocabulary is None:
            what = "does not say its type" if found is None else f"is a {found}"
            raise QueryError(f"Whether {holder!r} is a {entity_type} cannot be decided: it {what}.")
        return self.vocabulary.is_a(found, entity_type)


def _decided(tests: list[_Test], *, by: bool) -> _Test:
    """Return the test of `and` (decided by a False) or of `or` (decided by a True)."""

    def test(entity: Any) -> Verdict:
        verdict: Verdict = not by
        for operand in tests:
            found = operand(entity)
            if found is by:
                return by
            if found is None:
                verdict = None
        return verdict

    return test


def _value_type(place: ResolvedPath | None) -> str:
    if place is None:
        return ANY
    if place.attribute.is_relation:
        return "text"
    return ANY if place.attribute.value_type is None else str(place.attribute.value_type.value)


def _is_id(step: Step, place: ResolvedPath | None) -> bool:
    """Whether what a step ends at is an id: relations are compared by them, and attributes of ids are called so."""
    is_relation = place is not None and place.attribute.is_relation
    return is_relation or step.name == "id" or step.name.endswith("_id")


def _leads_to(step: Step, place: ResolvedPath | None) -> str | None:
    return step.cast if place is None else place.leads_to


def _is_related(value: Any, place: ResolvedPath | None) -> bool:
    """Whether a value is an entity, or a mapping that stands for one, rather than something to compare."""
    if place is not None:
        return place.attribute.is_relation
    return entity_type_of(value) is not None or (_is_mapped(value) and "id" in value)


def _is_mapped(value: Any) -> bool:
    return hasattr(value, "keys")


def _not_fetched(holder: Any, name: str) -> NotFetched:
    message = f"{name!r} of {holder!r} is not loaded, so the criterion cannot be decided. Project or populate it first."
    return NotFetched(message, entity_type=entity_type_of(holder), attribute=name)
