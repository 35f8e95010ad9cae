"""Pure: the comparisons of attributes, and the errors of Python operations that the language does not have."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from ftrack_orm.errors import QueryError
from ftrack_orm.query.language.literals import as_reference, as_scalar, as_select, escape_pattern
from ftrack_orm.query.language.nodes import Operator, Scalar

if TYPE_CHECKING:
    import datetime

    from .criteria import CriterionExpression

# Module constants, because reading a member of an enumeration is a function call before Python 3.12.
_IS = Operator.IS
_LESS, _LESS_OR_EQUAL, _GREATER, _GREATER_OR_EQUAL = (
    Operator.LESS,
    Operator.LESS_OR_EQUAL,
    Operator.GREATER,
    Operator.GREATER_OR_EQUAL,
)

_C = TypeVar("_C", bound="Comparable")


class Comparable:
    """Base class of expressions for a value on the server. Every comparison returns a criterion."""

    __slots__ = ()

    #: Has `numpy` leave comparisons with its numbers to the methods below.
    __array_ufunc__ = None

    def _compare(self, operator: Operator, value: Any) -> CriterionExpression:
        raise NotImplementedError

    def _member_of(self, values: Any, negated: bool) -> CriterionExpression:
        raise NotImplementedError

    @property
    def _spelling(self) -> str:
        """The Python expression for this value, as errors recommend it."""
        raise NotImplementedError

    def _error(self, reason: str) -> QueryError:
        return QueryError(f"{self!r} {reason}")

    def __eq__(self, value: object) -> CriterionExpression:  # type: ignore[override]  # returns a criterion
        return self._compare(_IS, value)

    def __ne__(self, value: object) -> CriterionExpression:  # type: ignore[override]  # returns a criterion
        return self._compare(Operator.IS_NOT, value)

    __hash__ = object.__hash__

    def __lt__(self, value: Any) -> CriterionExpression:
        return self._compare(_LESS, value)

    def __le__(self, value: Any) -> CriterionExpression:
        return self._compare(_LESS_OR_EQUAL, value)

    def __gt__(self, value: Any) -> CriterionExpression:
        return self._compare(_GREATER, value)

    def __ge__(self, value: Any) -> CriterionExpression:
        return self._compare(_GREATER_OR_EQUAL, value)

    def is_(self, value: Any) -> CriterionExpression:
        """Return the criterion that the value equals *value*, as `==` does; with None, that there is no value."""
        return self._compare(Operator.IS, value)

    def is_not(self, value: Any) -> CriterionExpression:
        """Return the criterion that the value differs from *value*, as `!=` does; with None, that there is a value."""
        return self._compare(Operator.IS_NOT, value)

    def before(self, moment: datetime.date | str) -> CriterionExpression:
        """Return the criterion that the value is before *moment*: an aware datetime, a date, or ISO 8601 text."""
        return self._compare(Operator.LESS, moment)

    def after(self, moment: datetime.date | str) -> CriterionExpression:
        """Return the criterion that the value is after *moment*: an aware datetime, a date, or ISO 8601 text."""
        return self._compare(Operator.GREATER, moment)

    def in_(self, values: Iterable[Any]) -> CriterionExpression:
        """Return the criterion that the value is one of *values*: an iterable of values or of entities, or a query.

        Without values the criterion never holds, and a query with it makes no request.
        """
        return self._member_of(values, negated=False)

    def not_in(self, values: Iterable[Any]) -> CriterionExpression:
        """Return the criterion that the value is not among *values*, which are as for `in_`."""
        return self._member_of(values, negated=True)

    def like(self, pattern: str) -> CriterionExpression:
        r"""Return the criterion that the text matches *pattern*; `%` matches any text and `\%` a percent sign."""
        return self._compare(Operator.LIKE, self._text(pattern, "like"))

    def not_like(self, pattern: str) -> CriterionExpression:
        """Return the criterion that the text does not match *pattern*, which is as for `like`."""
        return self._compare(Operator.NOT_LIKE, self._text(pattern, "not_like"))

    def startswith(self, text: str) -> CriterionExpression:
        """Return the criterion that the text begins with *text*, in which `%` is a percent sign."""
        return self._compare(Operator.LIKE, escape_pattern(self._text(text, "startswith")) + "%")

    def endswith(self, text: str) -> CriterionExpression:
        """Return the criterion that the text ends with *text*, in which `%` is a percent sign."""
        return self._compare(Operator.LIKE, "%" + escape_pattern(self._text(text, "endswith")))

    def contains(self, text: str) -> CriterionExpression:
        """Return the criterion that the text contains *text*, in which `%` is a percent sign."""
        return self._compare(Operator.LIKE, f"%{escape_pattern(self._text(text, 'contains'))}%")

    def _items(self, values: Any) -> list[Any]:
        is_single = isinstance(values, (str, bytes)) or as_reference(values) is not None
        if is_single or not isinstance(values, Iterable) or getattr(values, "shape", None) == ():
            raise self._error(f"needs several values for in_ and not_in, such as a list, not {values!r}.")
        return list(values)

    def _refuse_several(self, operator: Operator, value: Any) -> None:
        """Raise `QueryError` if *value* is an expression, a list, a set or a query: comparisons take one value."""
        if isinstance(value, Comparable):
            raise QueryError(f"{self} cannot be compared with {value!r}: ftrack compares attributes with values only.")
        if not isinstance(value, (list, tuple, set, frozenset)) and as_select(value) is None:
            return
        method = {_IS: "in_", Operator.IS_NOT: "not_in"}.get(operator)
        advice = f"Use {self._spelling}.{method}(...) for one of several values." if method else "Give one value."
        raise self._error(f"cannot be compared with {value!r:.200} ({type(value).__name__}). {advice}")

    def _refuse_none(self, items: Iterable[Any], negated: bool) -> None:
        """Raise `QueryError` if None is among the values of `in_` or, if *negated*, `not_in`."""
        if any(item is None for item in items):
            more = f"& ({self._spelling} != None)" if negated else f"| ({self._spelling} == None)"
            raise self._error(f"cannot be compared with None among several values; leave it out and add {more}.")

    def _scalars(self, items: Iterable[Any], negated: bool) -> tuple[Scalar, ...]:
        items = tuple(items)
        self._refuse_none(items, negated)
        for item in items:
            if isinstance(item, Comparable):
                raise self._error(f"cannot be compared with {item!r}: ftrack compares attributes with values only.")
            if isinstance(item, (list, tuple, set, frozenset)):
                raise self._error(f"is compared with several single values, among which {item!r:.200} is a list.")
        return tuple(as_scalar(item, repr(self)) for item in items)

    def _text(self, value: Any, operator: str) -> str:
        if type(value) is str:
            return value
        from ftrack_orm.foreign_values import native_value

        text = native_value(value)
        if isinstance(text, str):
            return text
        raise self._error(f"can only be matched with text: {operator}({value!r}) is a {type(value).__name__}.")

    # -- copies ----------------------------------------------------------------------------------------------------

    def __copy__(self: _C) -> _C:
        return self  # immutable

    def __deepcopy__(self: _C, memo: dict[int, Any]) -> _C:
        return self

    # -- Python operations that the language does not have ---------------------------------------------------------

    def __bool__(self) -> NoReturn:
        raise self._error("has no truth value of its own; compare it, with True or None for instance.")

    def _item_advice(self) -> str:
        """Return the advice for code that looks for items: `any(...)`, `for`, `len(...)`."""
        return f"Compare it instead, such as {self._spelling} == value, and give the comparison to query.where(...)."

    if not TYPE_CHECKING:  # Checkers refuse these by themselves.

        def __contains__(self, value):
            advice = (
                f"Write {self._spelling}.contains({value!r:.200})." if isinstance(value, str) else self._item_advice()
            )
            raise self._error(f"cannot be searched with 'in': it stands for the value of every entity. {advice}")

        def __iter__(self):
            raise self._error(
                "stands for the attribute of every entity and has no items of its own, so that any(...), all(...), "
                f"list(...) and loops of Python cannot be used with it. {self._item_advice()}"
            )

        def __len__(self):
            raise self._error(f"stands for the attribute of every entity and has no length. {self._item_advice()}")

        def _refuse_joining(self, _=None):
            raise self._error(
                "is not a criterion; compare it, with each comparison in parentheses: (a == 1) & (b == 2)."
            )

        __and__ = __rand__ = __or__ = __ror__ = __invert__ = _refuse_joining

        def _refuse_computing(self, *_):
            raise self._error(
                "cannot be computed with: ftrack compares attributes with values only. Compute on the side of the "
                f"value, such as {self._spelling} > 2 * limit, or with the values of loaded entities."
            )

        __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = _refuse_computing
        __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = __pow__ = __rpow__ = __neg__ = __abs__ = _refuse_computing
        __int__ = __float__ = __index__ = __round__ = _refuse_computing
