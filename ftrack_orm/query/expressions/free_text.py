"""Pure: what a search looks for: words, and where to look for them."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import attrs

from ftrack_orm.errors import QueryError
from ftrack_orm.query.language.literals import reference, type_name

if TYPE_CHECKING:
    from ftrack_orm.query.language.schema_protocol import SchemaInfo

#: The family of everything that has a place in a project's tree.
_CONTEXT = "Context"

_OBJECT_TYPE = "ObjectType"


@attrs.frozen(slots=True)
class FreeText:
    """Words that have all to be found in an entity, and the part of the production to look in."""

    terms: tuple[str, ...]
    context_id: str | None = None
    object_type_ids: tuple[str, ...] = ()

    def __str__(self) -> str:
        words = [repr(term) for term in self.terms]
        where = [] if self.context_id is None else [f"in context {self.context_id}"]
        kinds = [f"of object types {', '.join(self.object_type_ids)}"] if self.object_type_ids else []
        return " ".join(["search for", ", ".join(words), *where, *kinds])


def free_text(terms: Any, context: Any, object_types: Any, vocabulary: SchemaInfo | None) -> FreeText:
    """Return what to search for, given as users give it.

    *terms* is a text, of which every word is a term, or an iterable of terms. *context* is an entity or an id, and
    *object_types* are entities of `ObjectType` or ids. Raises `QueryError` for anything else.
    """
    kinds = [object_types] if isinstance(object_types, str) or reference(object_types) is not None else object_types
    if not isinstance(kinds, Iterable):
        raise QueryError(f"object_types takes entities of ObjectType or their ids, not {object_types!r}.")
    return FreeText(
        _terms(terms),
        None if context is None else _id("context", context, _CONTEXT, vocabulary),
        tuple(_id("object_types", kind, _OBJECT_TYPE, vocabulary) for kind in kinds),
    )


def _terms(terms: Any) -> tuple[str, ...]:
    if isinstance(terms, str):
        found = tuple(terms.split())
    elif isinstance(terms, Iterable):
        found = tuple(terms)
    else:
        raise QueryError(f"search takes text or several texts to look for, not {terms!r}.")
    for term in found:
        if not isinstance(term, str) or not term.strip():
            raise QueryError(f"search looks for words; {term!r} is none.")
    if not found:
        raise QueryError("search needs at least one word to look for; without any, leave search out.")
    return found


def _id(argument: str, value: Any, entity_type: str, vocabulary: SchemaInfo | None) -> str:
    if isinstance(value, str) and value:
        return value
    if isinstance(value, uuid.UUID):
        return str(value)
    pointer = reference(value)
    if pointer is None:
        advice = ""
        if type_name(value) is not None:
            advice = f" To find only a {type_name(value)}, query that type."
        raise QueryError(f"{argument} takes entities of {entity_type} or their ids, not {value!r}.{advice}")
    if vocabulary is not None and not vocabulary.is_a(pointer.entity_type, entity_type):
        raise QueryError(f"{argument} takes entities of {entity_type}; a {pointer.entity_type} is none.")
    return pointer.id
