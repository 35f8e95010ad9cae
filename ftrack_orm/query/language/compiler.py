"""Pure: compiles queries to the text that ftrack reads. Values are escaped here and nowhere else."""

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
    """Return a whole query as one line of text, which `parse` reads as an equal query.

    Raises `QueryError` for infinite numbers, which have no literal, and for criteria nested too deeply for Python's
    stack.
    """
    return " ".join(_compile_within_stack(_clauses, select))


def compile_pretty(select: Select) -> str:
    """Return a whole query as text for people, with a line for each clause and each condition.

    It is equivalent to the text of `compile_select`.
    """
    return "\n".join(_compile_within_stack(_pretty_clauses, select))


def compile_criterion(criterion: Criterion) -> str:
    """Return a criterion as text, with parentheses only where the precedence of `not`, `and` and `or` needs them."""
    return _compile_within_stack(_criterion, criterion)


def compile_value(value: Scalar) -> str:
    """Return one literal as text. Strings are always quoted, so that none is read as a keyword or a number."""
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
    """Return *text* as a string literal: in double quotes, with a backslash before each quote and backslash."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _number(value: int | float) -> str:
    try:
        if isinstance(value, int):
            return str(int(value))
        if not math.isfinite(value):
            raise QueryError(f"A query cannot compare with {value!r}: ftrack knows only finite numbers.")
        # The language is not known to have exponents. The decimal point keeps the number a decimal.
        text = format(Decimal(repr(value)), "f")
        return text if "." in text else text + ".0"
    except ValueError:
        raise QueryError("A query cannot compare with a number of thousands of digits.") from None


def _compile_within_stack(compile_node: Callable[[Node], Text], node: Node) -> Text:
    try:
        return compile_node(node)
    except RecursionError:
        message = "The query is nested too deeply; join conditions with and_(...) or or_(...) instead."
        raise QueryError(message) from None


def _clauses(select: Select) -> list[str]:
    clauses = _head(select)
    if select.criterion is not None:
        clauses.append("where " + _criterion(select.criterion))
    clauses.extend(_tail(select))
    return clauses


def _pretty_clauses(select: Select) -> list[str]:
    lines = _head(select)
    criterion = select.criterion
    if isinstance(criterion, (And, Or)):
        compile_operand, word = (_operand, "  and ") if isinstance(criterion, And) else (_criterion, "   or ")
        first, *others = map(compile_operand, criterion.operands)
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
    return _COMPILERS[type(criterion)](criterion)


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
    # ftrack is only known to accept `not` before `has`, `any` and parentheses.
    return f"not {text}" if isinstance(node.operand, Related) else f"not ({text})"


_COMPILERS: dict[type, Callable[[Any], str]] = {
    Comparison: _comparison,
    Membership: _membership,
    Related: _related,
    And: _and,
    Or: _or,
    Not: _not,
}
