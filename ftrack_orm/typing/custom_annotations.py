"""Pure: the classes of the custom attributes of one entity type: their mapping, their paths, and their values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from ftrack_orm.schema.attribute import Kind, ValueType

from .custom_keys import CustomKey, custom_keys, has_configured_keys
from .source_text import literal

if TYPE_CHECKING:
    from ftrack_orm.schema.model import EntityType

    from .attribute_types import AttributeTypes

#: The end of the parameters of `get` in the overloads that return plain values.
_PLAIN = "*, inherited: _typing.Literal[False] = False"


def custom_classes(entity_type: EntityType, types: AttributeTypes) -> Iterator[str]:
    """Yield the classes for the mapped collections of *entity_type*, and for those that consist of its entities."""
    schema = types.content.schema
    mapped = [str(each.target) for each in entity_type.attributes.values() if each.kind is Kind.MAPPING]
    configured = [target for target in mapped if has_configured_keys(schema, target)]
    if configured and configured[0] in types.names:
        keys = custom_keys(entity_type, types.content)
        # Entities of a base can be of any subtype, which may have keys that the base does not name. A file with types
        # alone says nothing about keys.
        is_open = len(schema.concrete(entity_type.name)) > 1 or not types.content.configurations
        yield from _items_class(entity_type.name, f"_{types.names[configured[0]]}Paths", keys, is_open)
        yield from _mapping_class(entity_type.name, keys, is_open)
        yield _values_type(entity_type.name, keys, is_open)
    if is_mapped(entity_type, types) and not has_configured_keys(schema, entity_type.name):
        value = entity_type.attributes.get("value")
        is_text = value is not None and value.value_type is ValueType.TEXT
        item = "_t.TextItem[str]" if is_text else "_t.ValueItem[_typing.Any]"
        yield f"class _{entity_type.name}Items(_{entity_type.name}Paths):"
        yield f"    def __getitem__(self, key: str) -> {item}: ..."


def is_mapped(entity_type: EntityType, types: AttributeTypes) -> bool:
    """Return whether a mapped collection of any entity type consists of entities of *entity_type*."""
    every = types.content.schema.types.values()
    return any(
        attribute.kind is Kind.MAPPING and attribute.target == entity_type.name
        for each in every
        for attribute in each.attributes.values()
    )


def _items_class(name: str, base: str, keys: list[CustomKey], is_open: bool) -> Iterator[str]:
    yield f"class _{name}CustomItems({base}):"
    by_item = [f"(self, key: {literal(group)}) -> {item}" for item, group in _grouped(keys, lambda key: key.item)]
    yield from _overloads("__getitem__", by_item, "(self, key: str) -> _t.ItemExpression" if is_open else "")


def _mapping_class(name: str, keys: list[CustomKey], is_open: bool) -> Iterator[str]:
    yield f"class _{name}CustomAttributes(_t.TypedCustomAttributes):"
    by_value = list(_grouped(keys, lambda key: key.value))
    read = [f"(self, key: {literal(group)}) -> {value}" for value, group in by_value]
    yield from _overloads("__getitem__", read, "(self, key: str) -> _typing.Any" if is_open else "")
    settable = _grouped([key for key in keys if key.assigned], lambda key: key.set_by_item)
    written = [f"(self, key: {literal(group)}, value: {value}) -> None" for value, group in settable]
    yield from _overloads("__setitem__", written, "(self, key: str, value: _typing.Any) -> None" if is_open else "")
    found = []
    for value, group in by_value:
        key = f"self, key: {literal(group)}"
        if value.endswith(" | None"):
            found.append(f"({key}, default: {value} = None, {_PLAIN}) -> {value}")
        else:
            found.append(f"({key}, default: None = None, {_PLAIN}) -> {value} | None")
            found.append(f"({key}, default: {value}, {_PLAIN}) -> {value}")
    if is_open:
        found.append(
            "(self, key: str, default: _typing.Any = None, *, inherited: _typing.Literal[False] = False) -> _typing.Any"
        )
    any_key = "str" if is_open else literal(key.key for key in keys) if keys else "_typing.NoReturn"
    resolved = f"(self, key: {any_key}, default: _typing.Any = None, *, inherited: _typing.Literal[True])"
    yield from _overloads("get", found, f"{resolved} -> _orm.InheritedValue | _typing.Any")


def _values_type(name: str, keys: list[CustomKey], is_open: bool) -> str:
    if is_open:
        return f"_{name}CustomValues: _extensions.TypeAlias = _abc.Mapping[str, _typing.Any]"
    items = ", ".join(f"{key.key!a}: {key.assigned}" for key in keys if key.assigned)
    return f'_{name}CustomValues = _extensions.TypedDict("_{name}CustomValues", {{{items}}}, total=False)'


def _grouped(keys: Iterable[CustomKey], annotation: Callable[[CustomKey], str]) -> Iterator[tuple[str, list[str]]]:
    """Yield each annotation with the keys that have it, in the order of the annotations."""
    groups: dict[str, list[str]] = {}
    for key in keys:
        groups.setdefault(annotation(key), []).append(key.key)
    yield from sorted(groups.items())


def _overloads(method: str, signatures: list[str], last: str) -> Iterator[str]:
    """Yield the overloads of *method*; without any, the definition that no call fits."""
    every = [*signatures, last] if last else signatures
    if not every:
        value = ", value: _typing.Any" if method == "__setitem__" else ""
        every = [f"(self, key: _typing.NoReturn{value}) -> _typing.NoReturn"]
    for signature in every:
        if len(every) > 1:
            yield "    @_typing.overload"
        yield f"    def {method}{signature}: ..."
