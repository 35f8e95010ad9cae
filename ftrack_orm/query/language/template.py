"""Pure: inserts values into queries that are written as text, escaped."""

from __future__ import annotations

import re
import string
from collections.abc import Iterable
from typing import Any

from ftrack_orm.errors import QueryError
from ftrack_orm.foreign_values import native_value

from .compiler import compile_select, compile_value
from .literals import as_reference, as_scalar, as_select

_QUOTE = re.compile(r"""\\.|["']""", re.DOTALL)


def expression(template: str, *values: Any, **named: Any) -> str:
    r"""Return *template* with each `{}`, `{0}` or `{name}` replaced by its value, escaped so that it stays one value.

    Text is quoted, a datetime is converted to UTC, an entity to its id, a query to its text, and any other iterable to
    its items separated by commas, for `in ({})`. Doubled braces are literal braces. Raises `QueryError` for a
    placeholder in quotes, since values are quoted already, for a missing or superfluous value, and for a value that has
    no literal.

    >>> expression("name is {} and id in ({})", 'the "best"', ["a", "b"])
    'name is "the \\"best\\"" and id in ("a", "b")'
    """
    parts: list[str] = []
    used: set[int | str] = set()
    quote = ""
    automatic = 0
    for text, field, specification, conversion in _parse_template(template):
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
            key, automatic = automatic, automatic + 1
        parts.append(_compile(_value(key, values, named, template), f"{{{field}}}"))
        used.add(key)
    unused = [key for key in (*range(len(values)), *named) if key not in used]
    if unused:
        raise QueryError(f"{template!r} has no placeholder for the value {unused[0]!r}.")
    return "".join(parts)


def _parse_template(template: str) -> list[tuple[str, str | None, str | None, str | None]]:
    try:
        return list(string.Formatter().parse(template))
    except ValueError as error:
        raise QueryError(f"{template!r} is not a valid template: {error}. Write a literal brace twice.") from None


def _open_quote(text: str, quote: str) -> str:
    """Return the quote that is open at the end of *text*, or "". *quote* is the one open at its beginning."""
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
        raise QueryError(f"{template!r} has a placeholder {key!r} without a value.") from None


def _compile(value: Any, label: str) -> str:
    reference = as_reference(value)
    if reference is not None:
        return compile_value(reference.id)
    select = as_select(value)
    if select is not None:
        return compile_select(select)
    value = native_value(value)
    if isinstance(value, Iterable) and not isinstance(value, (str, bytes)):
        return ", ".join(_compile(item, label) for item in value)
    return compile_value(as_scalar(value, label))
