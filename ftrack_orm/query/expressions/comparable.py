"""Pure: the comparisons that attributes offer, and what they say to the Python that means something else."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NoReturn

from ftrack_orm.errors import QueryError
from ftrack_orm.query.language.literals import escape_pattern, scalar
from ftrack_orm.query.language.nodes import Operator, Scalar

if TYPE_CHECKING:
    from .criteria import CriterionExpression

# Bound once: until Python 3.12 reading a member from its enumeration is a call.
_IS = Operator.IS
_LESS, _LESS_OR_EQUAL, _GREATER, _GREATER_OR_EQUAL = (
    Operator.LESS,
    Operator.LESS_OR_EQUAL,
    Operator.GREATER,
    Operator.GREATER_OR_EQUAL,
)


class Comparable:
    """What a value on the server can be compared with; every operator gives a criterion, none an answer."""

    __slots__ = ()

    def _compare(self, operator: Operator, value: Any) -> CriterionExpression:
        raise NotImplementedError

    def _belongs(self, values: Any, negated: bool) -> CriterionExpression:
        raise NotImplementedError

    def _refuse(self, what: str) -> QueryError:
        return QueryError(f"{self!r} {what}")

    def __eq__(self, value: object) -> CriterionExpression:  # type: ignore[override]  # comparing gives a criterion
        return self._compare(_IS, value)

    def __ne__(self, value: object) -> CriterionExpression:  # type: ignore[override]  # comparing gives a criterion
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
        """Hold where the value is *value*, the same as `==`; `is_(None)` where there is none."""
        return self._compare(Operator.IS, value)

    def is_not(self, value: Any) -> CriterionExpression:
        """Hold where the value is not *value*, the same as `!=`; `is_not(None)` where there is one."""
        return self._compare(Operator.IS_NOT, value)

    def before(self, moment: Any) -> CriterionExpression:
        """Hold where the value is earlier than *moment*: an aware datetime, a date, or ISO 8601 text."""
        return self._compare(Operator.LESS, moment)

    def after(self, moment: Any) -> CriterionExpression:
        """Hold where the value is later than *moment*: an aware datetime, a date, or ISO 8601 text."""
        return self._compare(Operator.GREATER, moment)

    def in_(self, values: Any) -> CriterionExpression:
        """Hold where the value is one of *values*: any iterable of values or of entities, or a query.

        No values match nothing, and the server is not asked then.
        """
        return self._belongs(values, negated=False)

    def not_in(self, values: Any) -> CriterionExpression:
        """Hold where the value is none of *values*, which are given as to `in_`."""
        return self._belongs(values, negated=True)

    def like(self, pattern: str) -> CriterionExpression:
        r"""Hold where the text matches *pattern*, in which `%` stands for any text and `\%` for a percent sign."""
        return self._compare(Operator.LIKE, self._text(pattern, "like"))

    def not_like(self, pattern: str) -> CriterionExpression:
        """Hold where the text does not match *pattern*, which is as for `like`."""
        return self._compare(Operator.NOT_LIKE, self._text(pattern, "not_like"))

    def startswith(self, text: str) -> CriterionExpression:
        """Hold where the text begins with just *text*, percent signs included."""
        return self._compare(Operator.LIKE, escape_pattern(self._text(text, "startswith")) + "%")

    def endswith(self, text: str) -> CriterionExpression:
        """Hold where the text ends with just *text*, percent signs included."""
        return self._compare(Operator.LIKE, "%" + escape_pattern(self._text(text, "endswith")))

    def contains(self, text: str) -> CriterionExpression:
        """Hold where *text* is somewhere in the text, percent signs included."""
        return self._compare(Operator.LIKE, f"%{escape_pattern(self._text(text, 'contains'))}%")

    def _items(self, values: Any) -> list[Any]:
        if isinstance(values, (str, bytes)) or not isinstance(values, Iterable):
            raise self._refuse(f"needs several values for in_ and not_in, such as a list, not {values!r}.")
        return list(values)

    def _scalars(self, items: Iterable[Any]) -> tuple[Scalar, ...]:
        if any(item is None for item in items):
            raise self._refuse("cannot be compared with None among several values; add | (a == None) instead.")
        return tuple(scalar(item, repr(self)) for item in items)

    def _text(self, value: Any, operator: str) -> str:
        if isinstance(value, str):
            return value
        raise self._refuse(f"can only be matched with text: {operator}({value!r}) is a {type(value).__name__}.")

    # -- what Python offers and the language does not have ---------------------------------------------------------

    def __bool__(self) -> NoReturn:
        raise self._refuse("has no truth value of its own; compare it, with True or None for instance.")

    def __contains__(self, value: object) -> NoReturn:
        raise self._refuse("cannot be searched with 'in'; use contains(...) for text, any(...) for collections.")

    def __iter__(self) -> NoReturn:
        raise self._refuse("stands for the attribute of every entity and has no items of its own.")

    def _need_parentheses(self, _: object = None) -> NoReturn:
        raise self._refuse("is no criterion; compare it, and put each comparison in parentheses: (a == 1) & (b == 2).")

    __and__ = __rand__ = __or__ = __ror__ = __invert__ = _need_parentheses
