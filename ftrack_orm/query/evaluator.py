"""Pure: deciding queries on what is already in memory: entities, and plain mappings such as rows and events.

The answer is the one a server would give, by the rules stated in `matching` and by these:

* `and`, `or` and `not` follow SQL where something is neither true nor false: `not` leaves it so, `and` is false as soon
  as one operand is, `or` true as soon as one is. What is not true in the end does not match.
* A path over a relation that leads nowhere ends at nothing. A path over a collection asks whether *some* item makes the
  rest true (two such conditions may be true of different items), while `any (...)` binds one item to all that its
  parentheses say. That, `any` and `has` are always true or false.
* An entity that is not of the type a relation is cast to is not there. An attribute that only other subtypes have is
  nothing.

Nothing is guessed and nothing is fetched: what is not loaded raises `NotFetched`. The schema is not required, but
without it a value is what it looks like, and ISO 8601 text is text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Literal, TypeVar

import attrs

from ..errors import NotFetched, QueryError
from ..values import Absence
from . import resolve
from .matching import ANY, Matcher, Verdict, among, among_selected, matcher, sort_key
from .nodes import (
    And,
    Comparison,
    Criterion,
    Membership,
    Not,
    Operator,
    Or,
    Ordering,
    Path,
    Quantifier,
    Related,
    Scalar,
    Select,
    Step,
)
from .reading import entity_type_of, identifier, is_several, items_of, read_loaded
from .resolve import Place
from .vocabulary import Vocabulary

T = TypeVar("T")

Read = Callable[[Any, str], Any]
ResolveSubquery = Callable[[Select], Iterable[Any]]
Missing = Literal["refuse", "false"]
_Test = Callable[[Any], Verdict]


def predicate(
    criterion: Criterion,
    vocabulary: Vocabulary | None = None,
    *,
    entity_type: str | None = None,
    read: Read = read_loaded,
    missing: Missing = "refuse",
    resolve_subquery: ResolveSubquery | None = None,
) -> Callable[[object], bool]:
    """Return what tells whether *criterion* holds for an entity or a mapping; make it once, ask it often.

    With a *vocabulary*, names are checked and values have the types it says, beginning at *entity_type*. *read* gives
    the value an entity or a mapping has for an attribute, or `NOT_LOADED`. With *missing* "false" a condition on what
    is not there is false, as in event subscriptions, instead of an error. *resolve_subquery* gives the values that the
    query of an `in (select ...)` selects.

    Raises `UnknownEntityType`, `UnknownAttribute` and `QueryError` for what the criterion gets wrong, and for a
    subquery that nobody resolves. What is returned raises `NotFetched` for what is not loaded, and `QueryError` where a
    cast cannot be decided for want of a type.
    """
    evaluation = _Evaluation(vocabulary, read, missing == "false", resolve_subquery)
    if vocabulary is not None and entity_type is not None:
        resolve.check_criterion(criterion, entity_type, vocabulary)
    return evaluation.predicate(criterion, entity_type)


def matches(
    criterion: Criterion,
    entity: object,
    vocabulary: Vocabulary | None = None,
    *,
    read: Read = read_loaded,
    missing: Missing = "refuse",
    resolve_subquery: ResolveSubquery | None = None,
) -> bool:
    """Return whether *criterion* holds for one entity or mapping; arguments and errors as those of `predicate`."""
    holds = predicate(
        criterion,
        vocabulary,
        entity_type=entity_type_of(entity),
        read=read,
        missing=missing,
        resolve_subquery=resolve_subquery,
    )
    return holds(entity)


def evaluate(
    select: Select,
    candidates: Iterable[T],
    vocabulary: Vocabulary | None = None,
    *,
    read: Read = read_loaded,
    resolve_subquery: ResolveSubquery | None = None,
) -> list[T]:
    """Return those of *candidates* that *select* finds, in its order, within its offset and limit.

    Candidates of other entity types are left out. Those that `order by` does not tell apart stay in the order they are
    given in; a server has them in that of their primary key. Projections make no difference. Raises as `predicate`
    does, and `QueryError` for `group by`, and for a candidate of which nobody knows whether it is of the type.
    """
    if select.group_by:
        raise QueryError("Groups can only be made by the server: a query with group by is not evaluated locally.")
    if vocabulary is not None:
        resolve.check(select, vocabulary)
    evaluation = _Evaluation(vocabulary, read, False, resolve_subquery)
    found = [candidate for candidate in candidates if evaluation.is_of_type(candidate, select.entity_type)]
    if select.criterion is not None:
        found = list(filter(evaluation.predicate(select.criterion, select.entity_type), found))
    for ordering in reversed(select.order_by):
        found.sort(key=evaluation.order(ordering, select.entity_type), reverse=ordering.descending)
    start = select.offset or 0
    return found[start:] if select.limit is None else found[start : start + select.limit]


def selected_values(
    select: Select,
    candidates: Iterable[Any],
    vocabulary: Vocabulary | None = None,
    *,
    read: Read = read_loaded,
    resolve_subquery: ResolveSubquery | None = None,
) -> list[Any]:
    """Return the values of the one attribute that *select* selects: what `resolve_subquery` is to give.

    A relation is told by its id, and missing values are None. Raises as `evaluate` does, and `QueryError` when not
    exactly one attribute is selected or a collection is on the way to it.
    """
    paths = select.projections
    if len(paths) != 1 or not isinstance(paths[0], Path):
        raise QueryError(f"A subquery must select exactly one attribute; that of {select.entity_type} does not.")
    found = evaluate(select, candidates, vocabulary, read=read, resolve_subquery=resolve_subquery)
    value_of = _Evaluation(vocabulary, read, False, resolve_subquery).value_at(paths[0], select.entity_type)
    return [value_of(entity) for entity in found]


@attrs.frozen
class _Evaluation:
    """How values are known, and the criteria turned into functions by it."""

    vocabulary: Vocabulary | None
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
            return _negated(self.test(criterion.operand, entity_type))
        if isinstance(criterion, Comparison):
            return self.comparison(criterion, entity_type)
        if isinstance(criterion, Membership):
            test = self.membership(criterion, entity_type)
            return _negated(test) if criterion.negated else test
        return self.related(criterion, entity_type)

    # -- conditions -----------------------------------------------------------------------------------------------

    def comparison(self, node: Comparison, entity_type: str | None) -> _Test:
        def make(value_type: str, exact: bool, label: str) -> Matcher:
            return matcher(node.operator, node.value, value_type, label, exact=exact)

        return self.walk(node.path, entity_type, lambda step, place: self.valued(step, place, make))

    def membership(self, node: Membership, entity_type: str | None) -> _Test:
        make: Callable[[str, bool, str], Matcher]
        if isinstance(node.values, Select):
            selected = self.selected(node.values)
            make = lambda value_type, exact, label: among_selected(selected, value_type, exact=exact)  # noqa: E731
        else:
            listed: tuple[Scalar, ...] = node.values
            make = lambda value_type, exact, label: among(listed, value_type, label, exact=exact)  # noqa: E731
        return self.walk(node.path, entity_type, lambda step, place: self.valued(step, place, make))

    def selected(self, subquery: Select) -> list[Any]:
        if self.resolve_subquery is None:
            raise QueryError(
                f"The subquery of {subquery.entity_type} cannot be decided on loaded entities alone; "
                "give resolve_subquery, which returns the values it selects."
            )
        return [value for value in self.resolve_subquery(subquery) if value is not None]

    def valued(self, step: Step, place: Place | None, make: Callable[[str, bool, str], Matcher]) -> _Test:
        """Return the test of the value that the last step of a path ends at."""
        if place is not None and place.attribute.is_plural:
            raise QueryError(
                f"{step.name} holds many entities and cannot be compared. "
                f"Use '{step.name} any (...)', or 'not {step.name} any ()' for none."
            )
        matches = make(_value_type(place), _is_id(step, place), step.name)
        relation_matches = matches if place is not None else make("text", True, step.name)

        def test(holder: Any) -> Verdict:
            value = self.value(holder, step)
            if isinstance(value, Absence):
                return False
            known = self.narrowed(value, step)
            compared = identifier(known) if _leads_on(known) and (place is None or place.leads_to) else known
            if isinstance(compared, Absence):
                raise _not_fetched(known, "id")
            return matches(compared) if compared is known else relation_matches(compared)

        return test

    def related(self, node: Related, entity_type: str | None) -> _Test:
        def end(step: Step, place: Place | None) -> _Test:
            inner = None if node.criterion is None else self.test(node.criterion, _leads_to(step, place))
            is_plural = node.quantifier is Quantifier.ANY

            def test(holder: Any) -> Verdict:
                value = self.value(holder, step)
                if value is None or isinstance(value, Absence):
                    return False
                items = self.items(value, step, place) if is_plural else [self.narrowed(value, step)]
                return any(item is not None and (inner is None or inner(item) is True) for item in items)

            return test

        return self.walk(node.path, entity_type, end)

    # -- paths ----------------------------------------------------------------------------------------------------

    def walk(
        self, path: Path, entity_type: str | None, end: Callable[[Step, Place | None], _Test], start: int = 0
    ) -> _Test:
        """Return the test of what *path* leads to, which is true of a collection when it is of some item."""
        step = path.steps[start]
        place = self.place(step, entity_type, path)
        if start == len(path.steps) - 1:
            return end(step, place)
        rest = self.walk(path, _leads_to(step, place), end, start + 1)

        def test(holder: Any) -> Verdict:
            value = self.value(holder, step)
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
                value = self.value(holder, step)
                if self.is_collection(value, holder, place):
                    raise QueryError(f"'{path}' leads over the collection {step.name}, so it has no single value.")
                holder = self.narrowed(value, step)
            return identifier(holder) if _leads_on(holder) and (place is None or place.leads_to) else holder

        return value_of

    def order(self, ordering: Ordering, entity_type: str) -> Callable[[Any], tuple[int, Any]]:
        value_of = self.value_at(ordering.path, entity_type)
        place = None if self.vocabulary is None else resolve.follow(ordering.path, entity_type, self.vocabulary)
        value_type, exact = _value_type(place), _is_id(ordering.path.steps[-1], place)
        return lambda entity: sort_key(value_of(entity), value_type, str(ordering.path), exact=exact)

    def place(self, step: Step, entity_type: str | None, path: Path) -> Place | None:
        if self.vocabulary is None or entity_type is None:
            return None
        return resolve.take_step(step, entity_type, self.vocabulary, path.position)

    # -- values ---------------------------------------------------------------------------------------------------

    def value(self, holder: Any, step: Step) -> Any:
        """Return the value of one attribute; `NOT_LOADED` only where a condition on what is not there is false."""
        if holder is None:
            return None
        if self.vocabulary is not None:
            entity_type = entity_type_of(holder)
            if entity_type is not None and step.name not in self.vocabulary.type(entity_type).attributes:
                return None
        value = self.read(holder, step.name)
        if isinstance(value, Absence) and not self.is_lenient:
            raise _not_fetched(holder, step.name)
        return value

    def is_collection(self, value: Any, holder: Any, place: Place | None) -> bool:
        if place is not None:
            return place.attribute.is_plural
        # Plain data has lists of items; entities have mappings for what is read as key and value.
        return is_several(value) or (_is_mapped(value) and not _is_mapped(holder))

    def items(self, value: Any, step: Step, place: Place | None) -> list[Any]:
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


def _negated(test: _Test) -> _Test:
    def negation(entity: Any) -> Verdict:
        verdict = test(entity)
        return None if verdict is None else not verdict

    return negation


def _value_type(place: Place | None) -> str:
    if place is None:
        return ANY
    if place.attribute.is_relation:
        return "text"
    return ANY if place.attribute.value_type is None else str(place.attribute.value_type.value)


def _is_id(step: Step, place: Place | None) -> bool:
    """Whether what a step ends at is an id: relations are compared by them, and attributes of ids are called so."""
    is_relation = place is not None and place.attribute.is_relation
    return is_relation or step.name == "id" or step.name.endswith("_id")


def _leads_to(step: Step, place: Place | None) -> str | None:
    return step.cast if place is None else place.leads_to


def _leads_on(value: Any) -> bool:
    """Whether a value is an entity, or a mapping that stands for one, rather than something to compare."""
    return _is_mapped(value) or entity_type_of(value) is not None


def _is_mapped(value: Any) -> bool:
    return hasattr(value, "keys")


def _not_fetched(holder: Any, name: str) -> NotFetched:
    entity_type = entity_type_of(holder)
    return NotFetched(
        f"{name!r} of {holder!r} is not loaded, so the criterion cannot be decided. Populate it first, or project it in "
        "the query.",
        entity_type=entity_type,
        attribute=name,
    )
