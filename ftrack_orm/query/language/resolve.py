"""Pure: resolves paths to the attributes of a schema."""

from __future__ import annotations

import attrs

from ftrack_orm.errors import QueryError, UnknownAttribute, UnknownEntityType
from ftrack_orm.values import attribute_suggestion

from .advice import key_advice, key_advice_in_text, method_advice
from .literals import plain_types
from .nodes import Function, Path, Step
from .schema_protocol import AttributeInfo, SchemaInfo


@attrs.frozen(slots=True)
class ResolvedPath:
    """The attribute at the end of a path, and the entity type it leads to if it is a relation."""

    attribute: AttributeInfo
    target: str | None  # the cast or the relation's target; None for a value
    through_collection: bool  # whether any step, the last one included, is a collection

    @property
    def value_type(self) -> str:
        """The type of the values, by the names of `AttributeInfo.value_type`; "any" when the schema has none."""
        value_type = self.attribute.value_type
        return "any" if value_type is None else str(value_type.value)

    @property
    def plain_types(self) -> frozenset[type]:
        """The Python types whose values can be compared with the attribute without a conversion or check."""
        return frozenset() if self.attribute.is_relation else plain_types(self.value_type)


def resolve_path(path: Path, entity_type: str, schema: SchemaInfo) -> ResolvedPath:
    """Return the end of *path*, which starts at *entity_type*.

    Raises `UnknownAttribute`, `UnknownEntityType` for a cast, or `QueryError` for a cast that cannot hold. Their
    `position` is that of the path.
    """
    resolved = resolve_step(path.steps[0], entity_type, schema, path.position)
    for index in range(1, len(path.steps)):
        resolved = resolve_next(resolved, path, index, entity_type, schema)
    return resolved


def resolve_next(resolved: ResolvedPath, path: Path, index: int, entity_type: str, schema: SchemaInfo) -> ResolvedPath:
    """Return the end of the step of *path* at *index*, whose previous steps end at *resolved*.

    The path starts at *entity_type*. Raises the errors of `resolve_path`.
    """
    if resolved.target is None:
        name = path.steps[index].name
        trail = str(Path(path.steps[:index]))
        message = (
            f"{entity_type}.{trail} holds a value, not an entity that could have an attribute {name!r}."
            f"{method_advice(f'{entity_type}.{trail}', name)}"
        )
        raise UnknownAttribute(message, entity_type=entity_type, attribute=name, position=path.position)
    through_collection = resolved.through_collection
    try:
        following = resolve_step(path.steps[index], resolved.target, schema, path.position)
    except UnknownAttribute as error:
        if resolved.attribute.key_name is None:
            raise
        advice = key_advice(entity_type, Path(path.steps[:index]), path.steps[index].name)
        if path.position is not None:
            advice = key_advice_in_text(Path(path.steps[:index]), resolved.attribute, path.steps[index].name)
        raise UnknownAttribute(f"{error.message} {advice}", **error.details) from None
    resolved = following
    if through_collection and not resolved.through_collection:
        return ResolvedPath(resolved.attribute, resolved.target, through_collection=True)
    return resolved


def resolve_step(step: Step, entity_type: str, schema: SchemaInfo, position: int | None = None) -> ResolvedPath:
    """Return the end of a single step from *entity_type*; *position* is that of its path in a text, for errors."""
    attribute = _resolve_attribute(step.name, entity_type, schema, position)
    if step.cast is None:
        return ResolvedPath(attribute, attribute.target, attribute.is_plural)
    label = f"{entity_type}.{step.name}"
    if not attribute.is_relation or attribute.target is None:
        raise QueryError(f"{label} is not a relation, so it cannot be cast to {step.cast}.", position=position)
    check_entity_type(step.cast, schema, position)
    if not schema.related(step.cast, attribute.target):
        message = f"{label} leads to a {attribute.target}, which can never be a {step.cast}."
        raise QueryError(message, position=position)
    return ResolvedPath(attribute, step.cast, attribute.is_plural)


def value_type_of_aggregate(function: Function, resolved: ResolvedPath | None) -> str:
    """Return the type of the values of an aggregate over the attribute at *resolved*, as `ResolvedPath.value_type`."""
    if function is Function.COUNT:
        return "integer"
    if function in (Function.SUM, Function.AVG):
        return "number"
    return "any" if resolved is None else resolved.value_type


def check_entity_type(entity_type: str, schema: SchemaInfo, position: int | None = None) -> None:
    """Raise `UnknownEntityType` unless *schema* has the type; *position* is that of its name in a text."""
    try:
        schema.type(entity_type)
    except UnknownEntityType as error:
        raise UnknownEntityType(error.message, **{**error.details, "position": position}) from None


def _resolve_attribute(name: str, entity_type: str, schema: SchemaInfo, position: int | None) -> AttributeInfo:
    """Return the attribute *name* of the type, or of the most general of its subtypes that has one of that name.

    Servers accept an attribute of a subtype without a cast, and much pipeline code relies on it: `assignments any
    (resource.username is "x")`, where only users have a `username`. Entities of other subtypes have no value there.
    """
    attributes = schema.type(entity_type).attributes
    if name in attributes:
        return attributes[name]
    owners = [subtype for subtype in schema.concrete(entity_type) if name in schema.type(subtype).attributes]
    if owners:
        return schema.type(max(owners, key=lambda owner: len(schema.concrete(owner)))).attributes[name]
    message = f"{entity_type} has no attribute {name!r}.{attribute_suggestion(name, attributes)}"
    raise UnknownAttribute(message, entity_type=entity_type, attribute=name, position=position)
