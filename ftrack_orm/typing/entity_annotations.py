"""Pure: the class of one entity type, the class of the paths that lead to it, and the values of its criteria."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ftrack_orm.behaviours.table import BEHAVIOURS
from ftrack_orm.schema.description import describe
from ftrack_orm.values import spelling_of

from .behaviours import NAMES_OF, TYPED_BEHAVIOURS
from .literals import alias_of
from .names import is_declared, is_declared_on_paths
from .source_text import docstring

if TYPE_CHECKING:
    from ftrack_orm.schema.attribute import Attribute
    from ftrack_orm.schema.model import EntityType

    from .attribute_types import AttributeTypes


def criteria_class(entity_type: EntityType, types: AttributeTypes) -> Iterator[str]:
    """Yield the values that `any` and `has` compare, as keyword arguments of a path to *entity_type*."""
    base = _base(entity_type, types, "_{}Criteria", "_extensions.TypedDict")
    yield f"class _{entity_type.name}Criteria({base}, total=False):"
    yield from _body(
        f"    {spelling_of(name)}: {types.annotations(entity_type, attribute).criterion}"
        for name, attribute in _own_attributes(entity_type, types)
        if types.annotations(entity_type, attribute).criterion
    )


def path_class(entity_type: EntityType, types: AttributeTypes) -> Iterator[str]:
    """Yield the classes of the paths that lead to one entity of *entity_type*, and to several."""
    name = entity_type.name
    yield f"class _{name}(_t.EntityPath[{name}]):"
    # Without inheritance from the paths of a base: the path of a shot is compared with shots, not with every context.
    for attribute_name, attribute in sorted(entity_type.attributes.items()):
        if is_declared_on_paths(attribute_name):
            yield f"    {spelling_of(attribute_name)}: {types.annotations(entity_type, attribute).path}"
    arguments = _criteria_arguments(name)
    yield f"    def has({arguments}) -> _orm.CriterionExpression: ..."
    yield f"class _{name}Paths(_t.EntityPaths, _{name}):"
    yield f"    def any({arguments}) -> _orm.CriterionExpression: ..."


def entity_class(entity_type: EntityType, types: AttributeTypes) -> Iterator[str]:
    """Yield the class of *entity_type* itself. Its constructor has the arguments of `session.create`."""
    name = entity_type.name
    behaviours = "".join(f"{each}, " for each in _behaviours(entity_type, types))
    yield f"class {name}({behaviours}{_base(entity_type, types, '{}', '_t.TypedEntity')}):"
    yield f"    {docstring(_summary(entity_type))}"
    rules = {each.name: str(each) for each in describe(entity_type).attributes}
    for attribute_name, attribute in _own_attributes(entity_type, types):
        yield f"    {spelling_of(attribute_name)}: {types.annotations(entity_type, attribute).declared}"
        yield f"    {docstring(rules[attribute_name])}"
    yield "    @classmethod"
    yield f"    def __path__(cls) -> _{name}: ..."
    yield "    @classmethod"
    yield f"    def __paths__(cls) -> _{name}Paths: ..."
    yield f"    def __criteria__({_criteria_arguments(name)}) -> None: ..."
    yield f"    def __init__({', '.join(_arguments(entity_type, types))}) -> None: ..."


def imported_behaviours(entity_type: EntityType, types: AttributeTypes) -> dict[type, str]:
    """Return the own behaviours of *entity_type* whose methods return no entities, with their names in the file."""
    return {each: _alias(each) for each in _own_behaviours(entity_type, types) if each not in TYPED_BEHAVIOURS}


def _behaviours(entity_type: EntityType, types: AttributeTypes) -> Iterator[str]:
    """Yield the bases that stand for the own behaviours of *entity_type*."""
    for behaviour in _own_behaviours(entity_type, types):
        if behaviour in TYPED_BEHAVIOURS:
            typed, results = TYPED_BEHAVIOURS[behaviour]
            yield f"_t.{typed.__name__}[{', '.join(_result(name, types) for name in results)}]"
        else:
            yield _alias(behaviour)


def _result(name: str, types: AttributeTypes) -> str:
    """Return the class of the entity type *name*, or the alias of the names of its entities."""
    if name.startswith(NAMES_OF):
        return alias_of(name.removeprefix(NAMES_OF), types.content) or "str"
    return types.names.get(name, "_typing.Any")


def _own_behaviours(entity_type: EntityType, types: AttributeTypes) -> list[type]:
    """Return the behaviours of *entity_type* that its bases do not have."""
    inherited = {each for base in entity_type.bases for each in BEHAVIOURS.of(types.content.schema.types[base])}
    return list(dict.fromkeys(each for each in BEHAVIOURS.of(entity_type) if each not in inherited))


def _alias(behaviour: type) -> str:
    return f"_{behaviour.__module__.rpartition('.')[2]}_{behaviour.__name__}"


def _summary(entity_type: EntityType) -> str:
    base = f" It is a {', a '.join(entity_type.bases)}." if entity_type.bases else ""
    return f"The entity type {entity_type.name}. Its key is {', '.join(entity_type.primary_key)}.{base}"


def _base(entity_type: EntityType, types: AttributeTypes, pattern: str, root: str) -> str:
    """Return the base class of one of the classes for *entity_type*: its name by *pattern*, or *root* without one."""
    base = base_type(entity_type, types)
    return pattern.format(base) if base is not None else root


def base_type(entity_type: EntityType, types: AttributeTypes) -> str | None:
    """Return the nearest base of *entity_type* that the package has a class for, or None."""
    return next((base for base in entity_type.bases if base in types.names), None)


def _own_attributes(entity_type: EntityType, types: AttributeTypes) -> Iterator[tuple[str, Attribute]]:
    """Yield the attributes that *entity_type* declares: those its base does not have, or has with other types."""
    base = base_type(entity_type, types)
    inherited = {} if base is None else types.content.schema.types[base].attributes
    for name, attribute in sorted(entity_type.attributes.items()):
        if not is_declared(name):
            continue
        if base is not None and name in inherited:
            above = types.annotations(types.content.schema.types[base], inherited[name])
            if above == types.annotations(entity_type, attribute):
                continue
        yield name, attribute


def _criteria_arguments(name: str) -> str:
    """Return the parameters of the methods that compare the attributes of entities of the class *name*."""
    return f"self, *criteria: _orm.CriterionExpression | str, **values: _extensions.Unpack[_{name}Criteria]"


def _arguments(entity_type: EntityType, types: AttributeTypes) -> Iterator[str]:
    yield "self, _values: _abc.Mapping[str, _typing.Any] | None = ..., /"
    given = {
        spelling_of(name): types.annotations(entity_type, attribute).argument
        for name, attribute in sorted(entity_type.attributes.items())
        if is_declared(name)
    }
    arguments = [f"{name}: {annotation} = ..." for name, annotation in given.items() if annotation and name != "self"]
    if arguments:
        yield "*"
        yield from arguments


def _body(lines: Iterator[str]) -> Iterator[str]:
    written = False
    for line in lines:
        written = True
        yield line
    if not written:
        yield "    ..."
