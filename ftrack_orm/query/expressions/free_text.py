"""Pure: the terms and the scope of a text search."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import attrs

from ftrack_orm.errors import QueryError
from ftrack_orm.foreign_values import native_value
from ftrack_orm.query.language.literals import as_reference, check_encodable, entity_type_of_class

if TYPE_CHECKING:
    from ftrack_orm.query.language.schema_protocol import SchemaInfo

#: The root type of every entity in the tree of a project.
_CONTEXT = "Context"
_OBJECT_TYPE = "ObjectType"


@attrs.frozen(slots=True)
class FreeText:
    """The terms that an entity must all contain, and the part of the production that is searched."""

    terms: tuple[str, ...]
    context_id: str | None = None
    object_type_ids: tuple[str, ...] = ()

    def __str__(self) -> str:
        terms = ", ".join(map(repr, self.terms))
        context = [] if self.context_id is None else [f"in context {self.context_id}"]
        object_types = [f"of object types {', '.join(self.object_type_ids)}"] if self.object_type_ids else []
        return " ".join(["search for", terms, *context, *object_types])


def build_free_text(terms: Any, context: Any, object_types: Any, schema: SchemaInfo | None) -> FreeText:
    """Return the search for *terms*, checked if there is a *schema*.

    *terms* is a text, whose words are the terms, or an iterable of terms. *context* is an entity or an id, and
    *object_types* are `ObjectType` entities or ids. Raises `QueryError` for any other argument and without terms.
    """
    is_single = isinstance(object_types, str) or as_reference(object_types) is not None
    types = [object_types] if is_single else object_types
    if not isinstance(types, Iterable) or isinstance(types, type):
        raise QueryError(f"object_types takes {_OBJECT_TYPE} entities or their ids, not {object_types!r}.")
    return FreeText(
        _build_terms(terms),
        None if context is None else _id("context", context, _CONTEXT, schema),
        tuple(_id("object_types", object_type, _OBJECT_TYPE, schema) for object_type in types),
    )


def _build_terms(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        terms = tuple(value.split())
    elif isinstance(value, Iterable) and as_reference(value) is None:
        terms = tuple(map(native_value, value))
    else:
        raise QueryError(f"search takes text or several texts to search for, not {value!r}.")
    for term in terms:
        if not isinstance(term, str):
            raise QueryError(f"search terms must be text, not {term!r}.")
        if not term.strip():
            raise QueryError(f"search terms must not be blank, as {term!r} is.")
        check_encodable(term, "A search term cannot be")
    if not terms:
        raise QueryError("search needs at least one term; to find all entities, leave search out.")
    return terms


def _id(argument: str, value: Any, entity_type: str, schema: SchemaInfo | None) -> str:
    text = native_value(value)
    if isinstance(text, str) and text:
        check_encodable(text, f"{argument} cannot be")
        return text
    reference = as_reference(value)
    if reference is None:
        advice = ""
        if entity_type_of_class(value) is not None:
            advice = f" To find only a {entity_type_of_class(value)}, query that type."
        raise QueryError(f"{argument} takes {entity_type} entities or their ids, not {value!r}.{advice}")
    if schema is not None and not schema.is_a(reference.entity_type, entity_type):
        raise QueryError(f"{argument} takes {entity_type} entities or their ids, not a {reference.entity_type}.")
    return reference.id
