"""Pure: the operations of a plan as an HTML table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from .markup import Markup, table, text

#: Operations that are shown; a plan may have thousands.
OPERATIONS: Final = 50


def plan_html(operations: Sequence[Mapping[str, Any]], remarks: Iterable[object] = ()) -> Markup:
    """Return *operations*, as they are sent, with a row for each, and *remarks* below."""
    rows = [_row(number, each) for number, each in enumerate(operations[:OPERATIONS], 1)]
    count = len(operations)
    notes = [f"{count} operations, of which the first {OPERATIONS} are shown"] if count > OPERATIONS else []
    if not count:
        notes = ["nothing to do"]
    return table(["#", "action", "type", "id", "values"], rows, notes=[*notes, *remarks])


def _row(number: int, operation: Mapping[str, Any]) -> list[object]:
    values = {name: value for name, value in operation.get("entity_data", {}).items() if name != "__entity_type__"}
    key = operation.get("entity_key") or [values.pop("id", "")]
    shown = Markup("<br>".join(f"{text(name)} = {text(repr(value))}" for name, value in values.items()))
    return [number, operation.get("action", ""), operation.get("entity_type", ""), "/".join(map(str, key)), shown]
