"""Pure: the configuration of a custom attribute: its type, its default and the values it takes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NoReturn

import attrs

from ftrack_orm.entities.editing.coercion import check_encodable, coerce
from ftrack_orm.errors import InvalidValue, ReadOnlyAttribute, suggestion
from ftrack_orm.foreign_values import advice_for, listed, native_value
from ftrack_orm.schema.attribute import Attribute, Kind, ValueType
from ftrack_orm.schema.custom_attributes import ConfigurationScope, applicable, names_in_mapping
from ftrack_orm.schema.facts import CUSTOM_ATTRIBUTES, ENUMERATORS, EXPRESSION
from ftrack_orm.wire.codec import decode, parse_datetime

_VALUE_TYPES = {
    "text": ValueType.TEXT,
    "url": ValueType.TEXT,
    "boolean": ValueType.BOOLEAN,
    "number": ValueType.NUMBER,
    "date": ValueType.DATETIME,
}


class Options(list[str]):
    """The chosen options of an enumerator: a list that refuses edits in place, which would not be recorded."""

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise InvalidValue(
            "The list of a custom attribute cannot be edited in place; set the custom attribute to a new list."
        )

    __setitem__ = __delitem__ = __iadd__ = __imul__ = _refuse
    append = extend = insert = remove = pop = clear = sort = reverse = _refuse

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        # A copy is an ordinary list.
        return list, (list(self),)


@attrs.frozen(slots=True)
class Configuration:
    """A custom attribute as configured on the server.

    *kind* is the name of its type: text, url, boolean, number, date, enumerator, dynamic enumerator or expression.
    *entity_type* is ftrack's name for the entities it belongs to: show, task, asset, assetversion, list, user.
    *project_id* is None when it applies to all projects. *options* are those of an enumerator, empty if not fixed.
    """

    id: str
    key: str
    label: str
    kind: str
    entity_type: str
    object_type_id: str | None = None
    project_id: str | None = None
    default: Any = None
    is_hierarchical: bool = False
    is_whole: bool = False  # for a number: no decimals
    is_multiple: bool = True  # for an enumerator: more than one option may be chosen
    options: tuple[str, ...] = ()

    def check(self, entity_type: str, value: Any) -> Any:
        """Return *value* in the form this custom attribute keeps; None, which empties it, always fits.

        A single option may be given without a list and is kept as a list of one, as ftrack keeps it. Raises
        `InvalidValue`, naming the key, its type and the allowed values, and `ReadOnlyAttribute` for an expression.
        """
        name = f"{CUSTOM_ATTRIBUTES}[{self.key!r}]"
        where = {"entity_type": entity_type, "attribute": CUSTOM_ATTRIBUTES}
        if self.kind == EXPRESSION:
            raise ReadOnlyAttribute(f"{entity_type}.{name} is an expression, which ftrack computes.", **where)
        if value is None:
            return None
        if self.kind in ENUMERATORS:
            return self._check_options(f"{entity_type}.{name}", where, value)
        value_type = _VALUE_TYPES.get(self.kind, ValueType.ANY)
        value = coerce(entity_type, Attribute(name, Kind.SCALAR, value_type=value_type), value)
        if self.is_whole and isinstance(value, float):
            if not value.is_integer():
                raise InvalidValue(f"{entity_type}.{name} is configured to hold whole numbers, not {value!r}.", **where)
            value = int(value)
        return value

    def _check_options(self, name: str, where: Mapping[str, str], value: Any) -> list[str]:
        chosen = self._chosen(value)
        if not all(isinstance(option, str) for option in chosen):
            is_iterator = isinstance(value, Iterator)
            advice = " Write list(value)." if is_iterator else advice_for(value, ValueType.TEXT.value)
            raise InvalidValue(
                f"{name} is of type {self.kind} and holds a list of text, not {value!r:.200} ({type(value).__name__})."
                f"{advice}{self._allowed()}",
                **where,
            )
        chosen = list(dict.fromkeys(chosen))
        if len(chosen) > 1 and not self.is_multiple:
            raise InvalidValue(f"{name} holds one option only, not {chosen!r}.", **where)
        for option in chosen:
            if self.options and option not in self.options:
                raise InvalidValue(
                    f"{name} has no option {option!r}.{self._allowed()}{suggestion(option, self.options)}", **where
                )
        check_encodable(chosen, name, **where)
        return chosen

    def _chosen(self, value: Any) -> list[Any]:
        """Return the options in *value*: one option or several, in a list, a tuple, an array or a set."""
        items = listed(value)
        chosen = [native_value(item) for item in ([value] if items is None else items)]
        if isinstance(value, (set, frozenset)) and self.options:
            chosen.sort(key=lambda option: self.options.index(option) if option in self.options else -1)
        return chosen

    def _allowed(self) -> str:
        return f" Allowed: {', '.join(map(repr, self.options))}." if self.options else ""


def read_configuration(row: Mapping[str, Any], kind: str) -> Configuration:
    """Return the configuration in a row of `CustomAttributeConfiguration`; *kind* is the name of its type."""
    details = _json_object(row.get("config"))
    return Configuration(
        id=str(row["id"]),
        key=str(row.get("key")),
        label=str(row.get("label") or row.get("key")),
        kind=kind,
        entity_type=str(row.get("entity_type")),
        object_type_id=row.get("object_type_id"),
        project_id=row.get("project_id"),
        default=_default(kind, row.get("default")),
        is_hierarchical=bool(row.get("is_hierarchical")),
        is_whole=kind == "number" and details.get("isdecimal") is False,
        is_multiple=details.get("multiSelect") is not False,
        options=_options(details.get("data")) if kind == "enumerator" else (),
    )


def applying(configurations: Iterable[Configuration], scope: ConfigurationScope) -> dict[str, Configuration]:
    """Return the configurations that apply to entities of *scope*, by their names in the mapping of an entity."""
    found = applicable(configurations, scope)
    names = names_in_mapping((configuration.id, configuration.key) for configuration in found)
    return {names[configuration.id]: configuration for configuration in found}


def _default(kind: str, value: Any) -> Any:
    value = decode(value)
    # The default of a date is bare text (seen in responses of a real server), unlike dates that were set.
    if kind == "date" and isinstance(value, str):
        try:
            return parse_datetime(value)
        except (ValueError, OverflowError):
            return None
    return value


def _options(data: Any) -> tuple[str, ...]:
    """Return the values of an enumerator's options, which are JSON text inside of JSON text (protocol fact)."""
    try:
        options = json.loads(data) if isinstance(data, str) else data
    except (ValueError, RecursionError):
        return ()
    if not isinstance(options, list):
        return ()
    values = (option.get("value") for option in options if isinstance(option, dict))
    return tuple(value for value in values if isinstance(value, str))


def _json_object(text: Any) -> Mapping[str, Any]:
    try:
        value = json.loads(text or "{}")
    except (TypeError, ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
