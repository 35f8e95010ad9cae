"""Pure: the operations of a commit as values, with the values of attributes before and after them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import attrs

from ftrack_orm.values import NOT_LOADED, Reference

if TYPE_CHECKING:
    from ftrack_orm.wire.operations import Operation

    from .planning import Target, ValuesByTarget

CREATE, UPDATE, DELETE = "create", "update", "delete"


@attrs.frozen
class CommittedOperation:
    """One change that a commit has made on the server.

    *action* is `"create"`, `"update"` or `"delete"`, and *key* the primary key, with values in the order of the type.
    *before* and *after* are the values of the attributes by name: for an update those that it has set, otherwise those
    of the whole entity. A new entity has no values before, a deleted one none after. Related entities are
    `Reference`s, and a value that is not known is `NOT_LOADED`.
    """

    action: str
    entity_type: str
    key: tuple[str, ...]
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None

    @property
    def target(self) -> Target:
        """The entity type and the primary key."""
        return self.entity_type, self.key

    def __str__(self) -> str:
        return f"{self.action} {self.entity_type} {'/'.join(self.key)}" + self._values()

    def _values(self) -> str:
        if self.action != UPDATE:
            return ""
        before, after = self.before or {}, self.after or {}
        return ": " + ", ".join(
            f"{name} {shown(before.get(name, NOT_LOADED))} -> {shown(value)}" for name, value in after.items()
        )


@attrs.frozen
class ReceiptContent:
    """The content of a receipt: its *operations*, and the *side_effects* of the deletions among them.

    *gaps* has a sentence for each reason why values from before the commit are missing.
    """

    operations: tuple[CommittedOperation, ...] = ()
    side_effects: tuple[CommittedOperation, ...] = ()
    gaps: tuple[str, ...] = ()


class SentBatch(NamedTuple):
    """The *operations* of one request that the server has carried out, with its *rows*, one for each written entity.

    *replaced* are the values that the operations replace, as far as they were known.
    """

    operations: Sequence[Operation]
    replaced: ValuesByTarget
    rows: Sequence[Mapping[str, Any]]


def shown(value: Any) -> str:
    """Return a value of an operation as text for people."""
    if value is NOT_LOADED:
        return "?"
    if isinstance(value, Reference):
        return f"{value.entity_type} {'/'.join(part for _, part in value.key)}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(shown, value))}]"
    return f"{value!r:.200}"
