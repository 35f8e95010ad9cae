"""Pure: assignments such as `status=Approved` or `metadata.reviewed=yes`, and their texts as values of attributes."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Union

import attrs

from ftrack_orm.errors import InvalidValue, UsageError, quoted
from ftrack_orm.schema.attribute import Attribute, Kind, ValueType
from ftrack_orm.schema.facts import ENUMERATORS

_BOOLEANS: Final = {
    **dict.fromkeys(("true", "yes", "on", "1"), True),
    **dict.fromkeys(("false", "no", "off", "0"), False),
}
#: Kinds of custom attributes -> the types of their values.
_CONFIGURED: Final = {"boolean": ValueType.BOOLEAN, "number": ValueType.NUMBER, "date": ValueType.DATETIME}


@attrs.frozen
class Assignment:
    """The attribute to set, the key in it if it is a mapping, and the text of the value."""

    attribute: str
    key: Union[str, None]
    text: str

    @property
    def place(self) -> str:
        """The attribute with the key, as it was written."""
        return self.attribute if self.key is None else f"{self.attribute}.{self.key}"


def split_arguments(arguments: Sequence[str]) -> tuple[list[str], list[Assignment]]:
    """Return the ids among *arguments*, and the assignments, which have an equals sign.

    Raises `UsageError` if one of the two is missing, or for an assignment without a name.
    """
    ids = [each for each in arguments if "=" not in each]
    assignments = [parse_assignment(each) for each in arguments if "=" in each]
    if not ids:
        raise UsageError("Which entity? Write its id or its name before the values: set Task ID status=Approved")
    if not assignments:
        raise UsageError("Which values? Write them as NAME=VALUE: set Task ID status=Approved")
    return ids, assignments


def parse_assignment(argument: str) -> Assignment:
    """Return the assignment that an argument stands for; raises `UsageError` if it has no name."""
    place, _, text = argument.partition("=")
    attribute, dot, key = place.strip().partition(".")
    if not attribute or (dot and not key):
        raise UsageError(f"{quoted(argument)} is no assignment. Write NAME=VALUE, such as status=Approved.")
    return Assignment(attribute, key if dot else None, text)


def scalar_value(entity_type: str, attribute: Attribute, text: str) -> Any:
    """Return the value of a scalar attribute that a text stands for; an empty text is None, except for text.

    Raises `InvalidValue` for a text that is not of the attribute's type.
    """
    assert attribute.kind is Kind.SCALAR
    return _converted(f"{entity_type}.{attribute.name}", attribute.value_type or ValueType.ANY, text)


def configured_value(place: str, kind: str, text: str) -> Any:
    """Return the value of a custom attribute of a kind; the options of an enumerator are separated by commas.

    Raises `InvalidValue` for a text that is not of that kind.
    """
    if kind in ENUMERATORS:
        return [each.strip() for each in text.split(",") if each.strip()]
    return _converted(place, _CONFIGURED.get(kind, ValueType.TEXT), text)


def _converted(place: str, value_type: ValueType, text: str) -> Any:
    if value_type is ValueType.TEXT:
        return text
    if not text:
        return None
    convert, expected = _CONVERSIONS[value_type]
    try:
        return convert(text.strip())
    except (ValueError, KeyError):
        raise InvalidValue(f"{place} is {expected}, not {quoted(text)}.") from None


def _number(text: str) -> float | int:
    return int(text) if text.lstrip("+-").isdigit() else float(text)


def _datetime(text: str) -> datetime.datetime:
    # Before Python 3.11, `fromisoformat` does not read the letter that stands for UTC.
    return datetime.datetime.fromisoformat(text[:-1] + "+00:00" if text[-1:] in "Zz" else text)


_CONVERSIONS: Final[Mapping[ValueType, tuple[Callable[[str], Any], str]]] = {
    ValueType.BOOLEAN: (lambda text: _BOOLEANS[text.lower()], "true or false"),
    ValueType.INTEGER: (int, "a whole number"),
    ValueType.NUMBER: (_number, "a number"),
    ValueType.DATETIME: (_datetime, "a date such as 2026-01-31 or 2026-01-31T18:00"),
    ValueType.OBJECT: (json.loads, "JSON"),
    ValueType.ANY: (json.loads, "JSON"),
}
