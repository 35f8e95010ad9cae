"""Pure: the methods of a session that take an entity type as a class or by name, as type checkers see them.

A name that the package has a class for gives results of that class: `session.query("Task")` is a query on `Task`. Each
method has an overload for each name, since no checker knows another relation between a text and a type. Other texts
are accepted as by any session: whole expressions, and names that are known only when the program runs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import attrs

_OPTIONS: Final = "page_size: int | None = ..., **options: _extensions.Unpack[_t.QueryOptions]"
_TEXT_OPTIONS: Final = _OPTIONS.replace("**", "*, expression: str | None = ..., **")
_TERMS: Final = "terms: str | _abc.Iterable[str], **options: _extensions.Unpack[_t.SearchOptions]"
_KEY: Final = "key: _t.EntityKey | None = ..., *, entity_key: _t.EntityKey | None = ..."
_IDENTIFYING: Final = "identifying_keys: _abc.Collection[str] | None = ..., *, commit: bool = ..."
_DATA: Final = f"data: _abc.Mapping[str, _typing.Any], {_IDENTIFYING}"
_SEVERAL_DATA: Final = f"data: _abc.Iterable[_abc.Mapping[str, _typing.Any]], {_IDENTIFYING}"


@attrs.frozen
class NamedMethod:
    """A method as source text. *result* has braces in place of the class; *other* are the overloads after the names."""

    name: str
    parameter: str
    arguments: str
    result: str
    other: tuple[tuple[str, str, str], ...]


def _of_text(arguments: str, result: str) -> tuple[str, str, str]:
    return "str", arguments, result


#: The methods. The last overload of each accepts any text.
NAMED_METHODS: Final = (
    NamedMethod(
        "query",
        "what",
        _OPTIONS,
        "_t.TypedQuery[{}]",
        (("_t.Q", _OPTIONS, "_t.Q"), ("str | None = ...", _TEXT_OPTIONS, "_orm.Query[_typing.Any]")),
    ),
    NamedMethod("search", "what", _TERMS, "_t.TypedQuery[{}]", (_of_text(_TERMS, "_orm.Query[_typing.Any]"),)),
    NamedMethod("get", "entity_type", _KEY, "{} | None", (_of_text(_KEY, "_orm.Entity | None"),)),
    NamedMethod("reference", "entity_type", "key: _t.EntityKey", "{}", (_of_text("key: _t.EntityKey", "_orm.Entity"),)),
    NamedMethod("ensure", "entity_type", _DATA, "{}", (_of_text(_DATA, "_orm.Entity"),)),
    NamedMethod(
        "ensure_many",
        "entity_type",
        _SEVERAL_DATA,
        "_typing.List[{}]",
        (_of_text(_SEVERAL_DATA, "_typing.List[_orm.Entity]"),),
    ),
)

_METHODS: Final = frozenset(method.name for method in NAMED_METHODS)


def types_by_name(classes: Iterable[str]) -> Iterator[str]:
    """Yield the method that returns a class of *classes* by the name of its entity type: `session.types["Task"]`."""
    for accepted, result in [*((f"_typing.Literal[{name!r}]", name) for name in classes), ("str", "_typing.Any")]:
        yield "    @_typing.overload"
        yield f"    def __getitem__(self, name: {accepted}) -> type[{result}]: ..."


def named_methods(classes: Iterable[str]) -> Iterator[str]:
    """Yield the methods for *classes*, which have the names of their entity types."""
    named = [name for name in classes if name not in _METHODS]
    for method in NAMED_METHODS:
        # A class comes first: checkers try the overloads in turn.
        overloads = [("type[_t.E]", method.arguments, method.result.format("_t.E"))]
        overloads += [(f"_typing.Literal[{name!r}]", method.arguments, method.result.format(name)) for name in named]
        for accepted, arguments, result in (*overloads, *method.other):
            yield "    @_typing.overload"
            yield f"    def {method.name}(self, {method.parameter}: {accepted}, {arguments}) -> {result}: ..."
