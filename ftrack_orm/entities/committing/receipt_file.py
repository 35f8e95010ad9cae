"""Edge: the JSON files that hold receipts of commits."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ftrack_orm.errors import InvalidValue, ProtocolError, UsageError
from ftrack_orm.values import NOT_LOADED, Reference
from ftrack_orm.wire.codec import decode, encode

from .changes_file import Form, position_of, read_changes, write_changes
from .committed_operations import CREATE, DELETE, UPDATE, CommittedOperation, ReceiptContent
from .restorable import as_sent

if TYPE_CHECKING:
    import os

    from ftrack_orm.schema.model import Schema

OPERATIONS, SIDE_EFFECTS = "operations", "side_effects"
RECEIPT = Form(
    "ftrack_orm receipt", 1, (OPERATIONS, SIDE_EFFECTS), "committed operations", "session.commit().save(path)"
)

#: The largest number of characters of a key.
_MAX_KEY_LENGTH = 1000


def write_receipt(path: str | os.PathLike[str], number: int, content: ReceiptContent) -> None:
    """Write a receipt of *number* operations to *path* atomically. Raises `StorageError` when that fails."""
    document = {
        "number": number,
        OPERATIONS: [_to_json(each) for each in content.operations],
        SIDE_EFFECTS: [_to_json(each) for each in content.side_effects],
        "gaps": list(content.gaps),
    }
    write_changes(Path(path), document, RECEIPT)


def read_receipt(path: str | os.PathLike[str], schema: Schema) -> tuple[int, ReceiptContent]:
    """Return the number of operations and the content of the receipt in a file.

    Raises `StorageError` if it cannot be read, `InvalidValue`, which states the position, if it is damaged or of
    another format, and `UnknownEntityType` and `UnknownAttribute` for names that *schema* does not have.
    """
    file = Path(path)
    document = read_changes(file, RECEIPT)
    try:
        number, gaps = document.get("number"), document.get("gaps", [])
        if not isinstance(number, int) or isinstance(number, bool) or number < 0:
            raise InvalidValue(f"number must be a number of operations, not {number!r:.80}.")
        if not isinstance(gaps, list) or not all(isinstance(each, str) for each in gaps):
            raise InvalidValue("gaps must be a list of sentences.")
        operations, side_effects = (
            tuple(_operation(schema, item, position_of(name, index)) for index, item in enumerate(document[name]))
            for name in (OPERATIONS, SIDE_EFFECTS)
        )
    except UsageError as error:
        raise type(error)(f"The receipt in {file} cannot be loaded: {error.message}", **error.details) from None
    return number, ReceiptContent(operations, side_effects, tuple(gaps))


def _to_json(operation: CommittedOperation) -> dict[str, Any]:
    return {
        "action": operation.action,
        "entity_type": operation.entity_type,
        "key": list(operation.key),
        "before": _values_to_json(operation.before),
        "after": _values_to_json(operation.after),
    }


def _values_to_json(values: Mapping[str, Any] | None) -> dict[str, Any] | None:
    # A value that is not known has no item, so that reading the file shows it as not known again.
    return None if values is None else {name: encode(each) for name, each in values.items() if each is not NOT_LOADED}


def _operation(schema: Schema, item: Mapping[str, Any], position: str) -> CommittedOperation:
    action, name, key = item.get("action"), item.get("entity_type"), item.get("key")
    if action not in (CREATE, UPDATE, DELETE):
        raise InvalidValue(f"{position}.action must be create, update or delete, not {action!r:.80}.")
    if not isinstance(name, str):
        raise InvalidValue(f"{position}.entity_type must be the name of an entity type, not {name!r:.80}.")
    kind = schema.type(name)
    if (
        not isinstance(key, list)
        or len(key) != len(kind.primary_key)
        or not all(isinstance(part, str) and 0 < len(part) <= _MAX_KEY_LENGTH for part in key)
    ):
        raise InvalidValue(f"{position}.key must be the primary key of a {name}, not {key!r:.80}.")
    before, after = (_values(schema, name, item.get(side), f"{position}.{side}") for side in ("before", "after"))
    if (before is None and action == UPDATE) or (after is None and action != DELETE):
        raise InvalidValue(f"{position} lacks the values that its action has.")
    if action == UPDATE:
        before = {name: (before or {}).get(name, NOT_LOADED) for name in after or {}}
    return CommittedOperation(
        action, name, tuple(key), None if action == CREATE else before, None if action == DELETE else after
    )


def _values(schema: Schema, entity_type: str, values: Any, position: str) -> dict[str, Any] | None:
    if values is None:
        return None
    if not isinstance(values, dict):
        raise InvalidValue(f"{position} must be an object, not {values!r:.80}.")
    kind = schema.type(entity_type)
    read: dict[str, Any] = {}
    for name, value in values.items():
        attribute = kind.attribute(name)
        try:
            read[name] = as_sent(schema, decode(value)) if attribute.is_relation else decode(value)
        except ProtocolError:
            raise InvalidValue(f"{position}.{name:.80} is not a date or time that ftrack has: {value!r:.80}.") from None
        each = read[name] if isinstance(read[name], list) else [read[name]]
        if attribute.is_relation and not all(item is None or isinstance(item, Reference) for item in each):
            raise InvalidValue(f"{position}.{name:.80} must be entities, not {value!r:.80}.")
    return read
