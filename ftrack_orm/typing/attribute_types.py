"""Pure: the annotations of one attribute: on a class, on a path, as an argument of `create`, and in a criterion."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import attrs

from ftrack_orm.schema.attribute import Attribute, Kind, ValueType
from ftrack_orm.schema.facts import PATH_ATTRIBUTES

from .custom_keys import has_configured_keys
from .literals import alias_of
from .source_text import literal

if TYPE_CHECKING:
    from ftrack_orm.schema.model import EntityType

    from .content import SchemaContent

_ANY: Final = "_typing.Any"
_OBJECT: Final = f"_abc.Mapping[str, {_ANY}]"

#: Type of a scalar -> the types of a value to assign and of one in a criterion, the descriptor, and the expression.
_SCALARS: Final = {
    ValueType.TEXT: ("str", "str", "Text[str]", "TextExpression[str]"),
    ValueType.BOOLEAN: ("bool", "bool", "Value[bool]", "ValueExpression[bool]"),
    ValueType.INTEGER: ("int", "float", "Number[int]", "NumberExpression"),
    ValueType.NUMBER: ("float", "float", "Number[float]", "NumberExpression"),
    ValueType.DATETIME: ("_datetime.date | str", "_datetime.date | str", "Moment", "MomentExpression"),
    ValueType.OBJECT: (_OBJECT, _ANY, f"Value[_typing.Dict[str, {_ANY}]]", f"ValueExpression[{_ANY}]"),
    ValueType.ANY: (_ANY, _ANY, f"Value[{_ANY}]", f"ValueExpression[{_ANY}]"),
}


@attrs.frozen
class AttributeAnnotations:
    """The annotations of an attribute as source text. Those that it cannot have are empty."""

    declared: str  # in the class
    path: str  # on a path that leads to its entity
    argument: str  # of the constructor, and so of `create`
    criterion: str  # in `any` and `has`


class AttributeTypes:
    """Returns the annotations of attributes. *names* are the classes of the package by entity type."""

    def __init__(self, content: SchemaContent, names: Mapping[str, str]) -> None:
        self.content = content
        self.names = names
        aliases = {name: alias_of(name, content) for name in names}
        self._aliases = {name: alias for name, alias in aliases.items() if alias is not None}

    def annotations(self, entity_type: EntityType, attribute: Attribute) -> AttributeAnnotations:
        """Return the annotations of *attribute* as an attribute of *entity_type*."""
        if attribute.kind is Kind.SCALAR:
            return self._of_scalar(entity_type, attribute)
        if attribute.kind is Kind.MAPPING:
            return self._of_mapping(entity_type, attribute)
        name = self.names.get(str(attribute.target))
        path, entity = (f"_{name}", name) if name is not None else (_ANY, _ANY)
        if attribute.kind is Kind.REFERENCE:
            declared = f"{_access(attribute)}Reference[{path}, {entity}]"
            optional = entity if attribute.required else f"{entity} | None"
            return _annotations(attribute, declared, path, optional, f"{entity} | None")
        path = f"{path}Paths" if name is not None else path
        declared = f"{'ReadOnly' if attribute.is_derived else ''}Entities[{path}, {entity}]"
        return _annotations(attribute, declared, path, f"_abc.Iterable[{entity}]", str(entity))

    def _of_scalar(self, entity_type: EntityType, attribute: Attribute) -> AttributeAnnotations:
        assigned, criterion, declared, path = _SCALARS[attribute.value_type or ValueType.ANY]
        names = self._aliases.get(entity_type.name) if attribute.name == "name" else None
        if attribute.enumeration:
            choices = literal(attribute.enumeration)
            assigned = criterion = choices
            kind = "Text" if attribute.computed or attribute.immutable else "Choice"
            declared, path = f"{kind}[{choices}]", f"TextExpression[{choices}]"
        elif names is not None:
            criterion, declared, path = names, f"Text[{names}]", f"TextExpression[{names}]"
        elif attribute.value_type is ValueType.TEXT and (
            attribute.name in entity_type.primary_key or attribute.foreign_key or attribute.has_generated_default
        ):
            assigned = criterion = "str | _uuid.UUID"
            declared, path = "Key", f"TextExpression[{criterion}]"
        elif attribute.name in PATH_ATTRIBUTES:
            declared = "Value[_abc.Sequence[_t.PathEntry]]"
        optional = assigned if attribute.required else f"{assigned} | None"
        return _annotations(attribute, _access(attribute) + declared, f"_t.{path}", optional, f"{criterion} | None")

    def _of_mapping(self, entity_type: EntityType, attribute: Attribute) -> AttributeAnnotations:
        name, target = entity_type.name, self.names.get(str(attribute.target))
        if target is None:
            return _annotations(
                attribute,
                "Attribute[_typing.Any, _typing.Any, _typing.Any]",
                "_typing.Any",
                _OBJECT,
                "",
            )
        if has_configured_keys(self.content.schema, attribute.target):
            path, mapping, values = f"_{name}CustomItems", f"_{name}CustomAttributes", f"_{name}CustomValues"
        else:
            path, mapping, values = f"_{target}Items", "_orm.MappedCollection", _OBJECT
        return _annotations(attribute, f"Attribute[{path}, {mapping}, {values}]", path, values, "")


def _access(attribute: Attribute) -> str:
    """Return the beginning of the name of the descriptor: how an attribute can be set."""
    if attribute.computed or attribute.immutable:
        return "ReadOnly"
    return "Required" if attribute.required else ""


def _annotations(attribute: Attribute, declared: str, path: str, argument: str, criterion: str) -> AttributeAnnotations:
    return AttributeAnnotations(f"_t.{declared}", path, "" if attribute.is_derived else argument, criterion)
