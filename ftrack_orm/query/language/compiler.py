"""Pure: queries to the text that ftrack reads; the only place where values are escaped."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal
from typing import Any, TypeVar

from ftrack_orm.errors import QueryError

from .nodes import (
    Aggregate,
    And,
    Comparison,
    Criterion,
    Membership,
    Not,
    Or,
    Projection,
    Related,
    Scalar,
    Select,
)

Node = TypeVar("Node")
Text = TypeVar("Text")


def compile_select(select: Select) -> str:
    """Return a whole query as one line of text that `parse` reads back as an equal query.

    Raises `QueryError` for what no text can say: infinite numbers, and criteria nested deeper than Python can walk.
    """
    return " ".join(_within_the_stack(_clauses, select))


def compile_pretty(select: Select) -> str:
    """Return a query with one clause a line and one condition a line, for people; it means the same as the one line."""
    return "\n".join(_within_the_stack(_lines, select))


def compile_criterion(criterion: Criterion) -> str:
    """Return a criterion as text, parenthesised only where the precedence of not, and, or needs it."""
    return _within_the_stack(_criterion, criterion)


def compile_value(value: Scalar) -> str:
    """Return one value as text: strings always quoted, so that none of them can be taken for anything else."""
    if isinstance(value, str):
        return quote(value)
    if value is None:
        return "none"
    if value is True:
        return "true"
    if value is False:
        return "false"
    return _number(value)


def quote(text: str) -> str:
    """Return *text* as a string of the query language: double quotes, a backslash before quotes and backslashes."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _number(value: int | float) -> str:
    try:
        if isinstance(value, int):
            return str(int(value))
        if not math.isfinite(value):
            raise QueryError(f"A query cannot compare with {value!r}: ftrack knows only finite numbers.")
        # Written out in full, since the language is not known to have exponents; the point keeps it a decimal.
        text = format(Decimal(repr(value)), "f")
        return text if "." in text else text + ".0"
    except ValueError:
        raise QueryError("A query cannot compare with a number of thousands of digits.") from None


def _within_the_stack(write: Callable[[Node], Text], node: Node) -> Text:
    try:
        return write(node)
    except RecursionError:
        message = "The query is nested too deeply; join conditions with and_(...) or or_(...) instead."
        raise QueryError(message) from None


def _clauses(select: Select) -> list[str]:
    clauses = _head(select)
    if select.criterion is not None:
        clauses.append("where " + _criterion(select.criterion))
    clauses.extend(_tail(select))
    return clauses


def _lines(select: Select) -> list[str]:
    lines = _head(select)
    criterion = select.criterion
    if isinstance(criterion, (And, Or)):
        write, word = (_operand, "  and ") if isinstance(criterion, And) else (_criterion, "   or ")
        first, *others = map(write, criterion.operands)
        lines.append("where " + first)
        lines.extend(word + other for other in others)
    elif criterion is not None:
        lines.append("where " + _criterion(criterion))
    return lines + _tail(select)


def _head(select: Select) -> list[str]:
    if not select.projections:
        return [select.entity_type]
    return ["select " + ", ".join(map(_projection, select.projections)), "from " + select.entity_type]


def _tail(select: Select) -> list[str]:
    clauses = []
    if select.group_by:
        clauses.append("group by " + ", ".join(map(str, select.group_by)))
    if select.order_by:
        keys = [key.path.text + " descending" if key.descending else key.path.text for key in select.order_by]
        clauses.append("order by " + ", ".join(keys))
    if select.offset is not None:
        clauses.append(f"offset {select.offset}")
    if select.limit is not None:
        clauses.append(f"limit {select.limit}")
    return clauses


def _projection(projection: Projection) -> str:
    if isinstance(projection, Aggregate):
        return f"{projection.function.value}({projection.path.text})"
    return projection.text


def _criterion(criterion: Criterion) -> str:
    return _WRITERS[type(criterion)](criterion)


def _comparison(node: Comparison) -> str:
    return f"{node.path.text} {node.operator.spelling} {compile_value(node.value)}"


def _membership(node: Membership) -> str:
    word = "not_in" if node.negated else "in"
    if isinstance(node.values, Select):
        if len(node.values.projections) != 1:
            raise QueryError(f"The subquery of '{node.path} {word}' must select exactly one attribute.")
        return f"{node.path} {word} ({' '.join(_clauses(node.values))})"
    return f"{node.path.text} {word} ({', '.join(map(compile_value, node.values))})"


def _related(node: Related) -> str:
    inner = "" if node.criterion is None else _criterion(node.criterion)
    return f"{node.path.text} {node.quantifier.spelling} ({inner})"


def _operand(operand: Criterion) -> str:
    return f"({_or(operand)})" if isinstance(operand, Or) else _criterion(operand)


def _and(node: And) -> str:
    return " and ".join(map(_operand, node.operands))


def _or(node: Or) -> str:
    return " or ".join(map(_criterion, node.operands))


def _not(node: Not) -> str:
    text = _criterion(node.operand)
    # ftrack is only known to take `not` before has, any and parentheses.
    return f"not {text}" if isinstance(node.operand, Related) else f"not ({text})"


_WRITERS: dict[type, Callable[[Any], str]] = {
    Comparison: _comparison,
    Membership: _membership,
    Related: _related,
    And: _and,
    Or: _or,
    Not: _not,
}
