"""Pure: values put into a text of the query language, for those who write queries as text."""

from __future__ import annotations

import re
import string
from collections.abc import Iterable
from typing import Any

from ftrack_orm.errors import QueryError

from .compiler import compile_select, compile_value
from .literals import reference, scalar, subquery

_QUOTE = re.compile(r"""\\.|["']""", re.DOTALL)


def expression(template: str, *values: Any, **named: Any) -> str:
    r"""Return *template* with each `{}`, `{0}` or `{name}` replaced by its value, escaped so that it stays one value.

    Text is quoted, datetimes become UTC, an entity becomes its id, a query its text; any other iterable becomes its
    items with commas between them, for `in ({})`. Braces are doubled to stand for themselves. Raises `QueryError` for a
    placeholder between quotes, which is quoted already, for a missing or superfluous value, and for values that the
    language has no form for.

    >>> expression("name is {} and id in ({})", 'the "best"', ["a", "b"])
    'name is "the \\"best\\"" and id in ("a", "b")'
    """
    parts: list[str] = []
    used: set[int | str] = set()
    quote = ""
    counted = 0
    for text, field, specification, conversion in _fields(template):
        parts.append(text)
        quote = _open_quote(text, quote)
        if field is None:
            continue
        if quote:
            raise QueryError(f"Leave out the quotes around {{{field}}} in {template!r}: values get their own.")
        if specification or conversion:
            raise QueryError(f"{{{field}}} in {template!r} cannot have a format; format the value first.")
        key: int | str = int(field) if field.isdecimal() else field
        if field == "":
            key, counted = counted, counted + 1
        parts.append(_text(_value(key, values, named, template), f"{{{field}}}"))
        used.add(key)
    left = [key for key in (*range(len(values)), *named) if key not in used]
    if left:
        raise QueryError(f"{template!r} has no placeholder for the value {left[0]!r}.")
    return "".join(parts)


def _fields(template: str) -> list[tuple[str, str | None, str | None, str | None]]:
    try:
        return list(string.Formatter().parse(template))
    except ValueError as error:
        raise QueryError(f"{template!r} is no template: {error}. Double a brace that is meant as itself.") from None


def _open_quote(text: str, quote: str) -> str:
    """Return the quote still open at the end of *text*, when *quote* was open at its beginning."""
    for mark in _QUOTE.findall(text):
        if not quote:
            quote = mark if mark in ('"', "'") else ""
        elif mark == quote:
            quote = ""
    return quote


def _value(key: int | str, values: tuple[Any, ...], named: dict[str, Any], template: str) -> Any:
    try:
        return values[key] if isinstance(key, int) else named[key]
    except LookupError:
        raise QueryError(f"{template!r} has a placeholder {key!r} that no value was given for.") from None


def _text(value: Any, label: str) -> str:
    pointer = reference(value)
    if pointer is not None:
        return compile_value(pointer.id)
    select = subquery(value)
    if select is not None:
        return compile_select(select)
    if isinstance(value, Iterable) and not isinstance(value, (str, bytes)):
        return ", ".join(_text(item, label) for item in value)
    return compile_value(scalar(value, label))
