"""Pure: a free-text search as the query it amounts to: where to look for its terms, and in which part of a production.

How real servers search is not documented. Here every term has to be found, as a part of a word and in any case, in one
of the texts that describe an entity (names, descriptions, comments) or in the names of the contexts it lies in. So
"sh010 anim" finds the animation task of the shot sh010.
"""

from __future__ import annotations

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
from ftrack_orm.schema.model import EntityType, Schema
from ftrack_orm.wire.operations import SearchOperation

#: The attributes that describe an entity to people, on whatever type they are.
_TEXTS = (
    "name", "full_name", "description", "comment", "content", "label", "username", "first_name", "last_name", "email",
)  # fmt: skip

#: Family -> the way to the context an entity lies in, for those that lie in one.
_WAYS: dict[str, tuple[str, ...]] = {"Context": (), "Asset": ("parent",), "AssetVersion": ("asset", "parent")}

#: Family -> related entities whose names are as good as the entity's own.
_NAMESAKES = {"AssetVersion": ("asset",)}


def narrowed(select: Select, search: SearchOperation, schema: Schema) -> Select:
    """Return *select*, which is the expression of *search*, for those of its results that the search finds.

    Raises `UnknownEntityType`, `InvalidValue` when expression and operation name different types, and
    `SandboxUnsupported` for what types outside of the tree of contexts are asked.
    """
    entity_type = schema.type(search.entity_type)
    if select.entity_type != entity_type.name:
        message = f"The search is for {entity_type.name}, and its expression selects {select.entity_type}."
        raise InvalidValue(message, entity_type=entity_type.name)
    criterion = conjunction(
        select.criterion,
        None if search.context_id is None else _inside(entity_type, search.context_id, schema),
        _of_object_types(entity_type, search.object_type_ids, schema) if search.object_type_ids else None,
        *(_found(entity_type, term, schema) for term in search.terms),
    )
    return attrs.evolve(select, criterion=criterion)


def _found(entity_type: EntityType, term: str, schema: Schema) -> Criterion:
    """Return whether one term is found in one of the texts."""
    pattern = f"%{escape_pattern(term)}%"
    places: list[Criterion] = [
        Comparison(Path.of(name), Operator.LIKE, pattern) for name in _texts(entity_type, schema)
    ]
    places += [
        Comparison(Path.of(relation, "name"), Operator.LIKE, pattern)
        for relation in _NAMESAKES.get(entity_type.family, ())
    ]
    way = _WAYS.get(entity_type.family)
    if way is not None:
        if way:
            places.append(Comparison(Path.of(*way, "name"), Operator.LIKE, pattern))
        places += _above(entity_type, way, "name", Operator.LIKE, pattern, schema)
    if not places:
        message = f"The embedded server knows no text of {entity_type.name} to search by."
        raise SandboxUnsupported(message, entity_type=entity_type.name)
    return disjunction(*places)


def _texts(entity_type: EntityType, schema: Schema) -> list[str]:
    """Return the describing attributes of the type and of those below it, whose entities it is asked for as well."""
    known = [schema.type(name).attributes for name in schema.concrete(entity_type.name)]
    return [
        name
        for name in _TEXTS
        if any(name in attributes and attributes[name].value_type is ValueType.TEXT for attributes in known)
    ]


def _above(
    entity_type: EntityType, way: tuple[str, ...], name: str, operator: Operator, value: str, schema: Schema
) -> list[Criterion]:
    """Return whether a context above the one *way* leads to, or its project, compares so; nothing for projects."""
    if not way and not _has(entity_type, "ancestors", schema):
        return []
    # The ancestors are typed contexts: the project on top is not among them.
    return [
        Comparison(Path.of(*way, "project", name), operator, value),
        Related(Path.of(*way, "ancestors"), Quantifier.ANY, Comparison(Path.of(name), operator, value)),
    ]


def _has(entity_type: EntityType, name: str, schema: Schema) -> bool:
    """Return whether the type, or one below it, has an attribute called *name*."""
    return any(name in schema.type(each).attributes for each in schema.concrete(entity_type.name))


def _inside(entity_type: EntityType, context_id: str, schema: Schema) -> Criterion:
    """Return whether an entity lies in a context, which is the context itself or anything below it."""
    way = _WAYS.get(entity_type.family)
    if way is None:
        message = f"The embedded server does not know which contexts entities of {entity_type.name} lie in."
        raise SandboxUnsupported(message, entity_type=entity_type.name)
    return disjunction(
        Comparison(Path.of(*way, "id"), Operator.IS, context_id),
        *_above(entity_type, way, "id", Operator.IS, context_id, schema),
    )


def _of_object_types(entity_type: EntityType, object_type_ids: tuple[str, ...], schema: Schema) -> Criterion:
    name = "object_type_id"
    if not _has(entity_type, name, schema):
        message = f"The embedded server cannot search {entity_type.name} by object types: it has none."
        raise SandboxUnsupported(message, entity_type=entity_type.name)
    return Membership(Path.of(name), object_type_ids)
