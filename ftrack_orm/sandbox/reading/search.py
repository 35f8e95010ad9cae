"""Pure: translates a free-text search into a query: the attributes to search, and the part of a production.

The rules of real servers are not documented. Here every term must occur, as part of a word and in any case, in one of
the texts that describe an entity (names, descriptions, comments) or in the names of the contexts above it. So "sh010
anim" finds the animation task of the shot sh010. Clients send an empty text for no term, and for no context (PROTOCOL
8.2).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from ftrack_orm.errors import InvalidValue, SandboxUnsupported
from ftrack_orm.query.language.literals import escape_pattern
from ftrack_orm.query.language.nodes import (
    Comparison,
    Criterion,
    Membership,
    Operator,
    Path,
    Quantifier,
    Related,
    Select,
    conjunction,
    disjunction,
)
from ftrack_orm.schema.attribute import ValueType

if TYPE_CHECKING:
    from ftrack_orm.schema.model import EntityType, Schema
    from ftrack_orm.wire.operations import SearchOperation

#: The text attributes that are searched, on any type that has them.
_TEXT_ATTRIBUTES = (
    "name", "full_name", "description", "comment", "content", "label", "username", "first_name", "last_name", "email",
)  # fmt: skip

#: Family -> the path to the context of an entity, for entities that have one.
_PATHS_TO_CONTEXT: dict[str, tuple[str, ...]] = {
    "Context": (),
    "Asset": ("parent",),
    "AssetVersion": ("asset", "parent"),
}

#: Family -> references whose names count as the entity's own.
_NAMING_RELATIONS = {"AssetVersion": ("asset",)}


def apply_search(select: Select, search: SearchOperation, schema: Schema) -> Select:
    """Return *select*, the expression of *search*, with the criteria of the search added.

    Raises `UnknownEntityType`, `InvalidValue` when expression and operation name different types, and
    `SandboxUnsupported` for a type without searchable texts, contexts or object types.
    """
    entity_type = schema.type(search.entity_type)
    if select.entity_type != entity_type.name:
        message = f"The search is for {entity_type.name}, and its expression selects {select.entity_type}."
        raise InvalidValue(message, entity_type=entity_type.name)
    criterion = conjunction(
        select.criterion,
        None if not search.context_id else _context_criterion(entity_type, search.context_id, schema),
        _object_type_criterion(entity_type, search.object_type_ids, schema) if search.object_type_ids else None,
        *(_term_criterion(entity_type, term, schema) for term in search.terms if term),
    )
    return attrs.evolve(select, criterion=criterion)


def _term_criterion(entity_type: EntityType, term: str, schema: Schema) -> Criterion:
    """Return the criterion that one of the texts contains *term*."""
    pattern = f"%{escape_pattern(term)}%"
    alternatives: list[Criterion] = [
        Comparison(Path.of(name), Operator.LIKE, pattern) for name in _text_attributes(entity_type, schema)
    ]
    alternatives += [
        Comparison(Path.of(relation, "name"), Operator.LIKE, pattern)
        for relation in _NAMING_RELATIONS.get(entity_type.family, ())
    ]
    path = _PATHS_TO_CONTEXT.get(entity_type.family)
    if path is not None:
        if path:
            alternatives.append(Comparison(Path.of(*path, "name"), Operator.LIKE, pattern))
        alternatives += _ancestor_criteria(entity_type, path, "name", Operator.LIKE, pattern, schema)
    if not alternatives:
        message = f"The embedded server knows no text of {entity_type.name} to search by."
        raise SandboxUnsupported(message, entity_type=entity_type.name)
    return disjunction(*alternatives)


def _text_attributes(entity_type: EntityType, schema: Schema) -> list[str]:
    """Return the searched attributes of the type and of its subtypes, whose entities it finds as well."""
    known = [schema.type(name).attributes for name in schema.concrete(entity_type.name)]
    return [
        name
        for name in _TEXT_ATTRIBUTES
        if any(name in attributes and attributes[name].value_type is ValueType.TEXT for attributes in known)
    ]


def _ancestor_criteria(
    entity_type: EntityType, path: tuple[str, ...], name: str, operator: Operator, value: str, schema: Schema
) -> list[Criterion]:
    """Return the criteria that an ancestor of the context at *path*, or its project, matches; none for projects."""
    if not path and not _has_attribute(entity_type, "ancestors", schema):
        return []
    # The collection `ancestors` holds typed contexts, but not the project.
    return [
        Comparison(Path.of(*path, "project", name), operator, value),
        Related(Path.of(*path, "ancestors"), Quantifier.ANY, Comparison(Path.of(name), operator, value)),
    ]


def _has_attribute(entity_type: EntityType, name: str, schema: Schema) -> bool:
    """Return whether the type or one of its subtypes has an attribute called *name*."""
    return any(name in schema.type(each).attributes for each in schema.concrete(entity_type.name))


def _context_criterion(entity_type: EntityType, context_id: str, schema: Schema) -> Criterion:
    """Return the criterion that an entity belongs to a context: to the context itself or to a descendant."""
    path = _PATHS_TO_CONTEXT.get(entity_type.family)
    if path is None and "project" in entity_type.attributes:  # a list or a review session
        return Comparison(Path.of("project", "id"), Operator.IS, context_id)
    if path is None:
        message = f"The embedded server does not know which contexts entities of {entity_type.name} belong to."
        raise SandboxUnsupported(message, entity_type=entity_type.name)
    return disjunction(
        Comparison(Path.of(*path, "id"), Operator.IS, context_id),
        *_ancestor_criteria(entity_type, path, "id", Operator.IS, context_id, schema),
    )


def _object_type_criterion(entity_type: EntityType, object_type_ids: tuple[str, ...], schema: Schema) -> Criterion:
    name = "object_type_id"
    if not _has_attribute(entity_type, name, schema):
        message = f"The embedded server cannot search {entity_type.name} by object types: it has none."
        raise SandboxUnsupported(message, entity_type=entity_type.name)
    return Membership(Path.of(name), object_type_ids)
