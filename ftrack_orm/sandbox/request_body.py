"""Pure: reads the operations in the body of a request, and refuses text and numbers that no answer could hold."""

from __future__ import annotations

import math
import re
from typing import Any

from ftrack_orm.errors import InvalidValue
from ftrack_orm.values import NOT_ENCODABLE, unencodable_text
from ftrack_orm.wire import json_text
from ftrack_orm.wire.operations import Operation, operation_from_json

_RULE = "The body of a request must be a JSON array of operations"

#: Escaped halves of surrogate pairs, and numbers that may be infinite: values are searched only if the body has one.
_NEEDS_SEARCH = re.compile(rb"\\u[dD]|[,:\[\s-](?:NaN|Infinity|[0-9.]+[eE]\+?[0-9]{3}|[0-9]{309})")


def parse_operations(body: bytes) -> list[Operation]:
    """Return the operations of a request. Raises `InvalidValue` for a body that is not a JSON array of operations.

    Text with lone surrogates, NaN and infinite numbers are refused: neither the database nor a response can hold them.
    """
    try:
        body.decode("utf-8")
        batch = json_text.loads(body)
        if not isinstance(batch, list):
            raise InvalidValue(f"{_RULE}, not {type(batch).__name__}.")
        if _NEEDS_SEARCH.search(body):
            _refuse_unusable_values(batch)
        return [operation_from_json(operation) for operation in batch]
    except InvalidValue:
        raise
    except UnicodeDecodeError as error:
        raise InvalidValue(f"{_RULE} in UTF-8; it is not UTF-8: {error.reason} at byte {error.start}.") from None
    except ValueError as error:
        raise InvalidValue(f"{_RULE}; it is not JSON: {error}.") from None
    except RecursionError:
        raise nested_too_deeply() from None


def nested_too_deeply() -> InvalidValue:
    """Return the error for a request that is nested too deeply to be handled."""
    return InvalidValue("The request is nested too deeply: send fewer levels of lists, objects or criteria.")


def _refuse_unusable_values(batch: list[Any]) -> None:
    text = unencodable_text(batch)
    if text is not None:
        raise InvalidValue(f"The request has the text {text!r:.300}, which {NOT_ENCODABLE}")
    remaining: list[Any] = [batch]
    while remaining:
        value = remaining.pop()
        if isinstance(value, dict):
            remaining.extend(value.values())
        elif isinstance(value, list):
            remaining.extend(value)
        elif isinstance(value, (int, float)) and not _is_finite(value):
            raise InvalidValue(f"The request has the number {value!r:.30}, which is too large or not a number.")


def _is_finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer of more than 308 digits
        return False
