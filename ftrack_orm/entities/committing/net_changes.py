"""Pure: the change of each entity that the operations of a commit make together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from .committed_operations import CREATE, DELETE, CommittedOperation, ReceiptContent
from .restorable import identity_of

if TYPE_CHECKING:
    from ftrack_orm.schema.model import Schema
    from ftrack_orm.values import Reference

    from .planning import Target


@attrs.define
class NetChange:
    """The change of one entity: its values *before*, None if it did not exist, and *after*, None if it is gone.

    An entity that existed before and after has the values of the changed attributes only. The values before of a
    deleted entity are empty if they are not known. *updated* are the values that were set before a deletion: that of a
    side effect may not have come about, because the commit has moved the entity away.
    """

    entity_type: str
    key: tuple[str, ...]
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    updated: dict[str, Any] | None = None

    @property
    def kept(self) -> NetChange | None:
        """The change of an entity that was not deleted after all, None if it was not updated."""
        if self.updated is None or self.before is None:
            return None
        before = {name: self.before[name] for name in self.updated if name in self.before}
        return NetChange(self.entity_type, self.key, before, self.updated)

    @property
    def reference_name(self) -> str:
        """The entity as text for people."""
        return f"{self.entity_type} {'/'.join(self.key)}"


def net_changes(schema: Schema, content: ReceiptContent) -> dict[Target, NetChange]:
    """Return the changes in a receipt by the identity of the entity, in the order of the first change of each.

    Raises `UnknownEntityType` and `UnknownAttribute` for names that the schema does not have.
    """
    nets: dict[Target, NetChange] = {}
    for operation in (*content.operations, *content.side_effects):
        _check_names(schema, operation)
        identity = identity_of(schema, *operation.target)
        net = nets.get(identity)
        if net is None:
            before = None if operation.action == CREATE else dict(operation.before or {})
            after = None if operation.action == DELETE else dict(operation.after or {})
            nets[identity] = NetChange(*operation.target, before, after)
        elif operation.action == DELETE:
            net.entity_type = operation.entity_type
            if net.before is not None:
                net.before = {**net.before, **(operation.before or {})}
            net.updated, net.after = net.after, None
        elif net.after is not None:
            if net.before is not None:
                net.before = {**(operation.before or {}), **net.before}
            net.after = {**net.after, **(operation.after or {})}
    return {identity: net for identity, net in nets.items() if net.before is not None or net.after is not None}


def _check_names(schema: Schema, operation: CommittedOperation) -> None:
    kind = schema.type(operation.entity_type)
    for values in (operation.before, operation.after):
        for name in values or ():
            kind.attribute(name)


def undone_list(before: Any, after: Any, present: Any) -> list[Reference] | None:
    """Return the members that a collection gets by an undo, None if the values are no lists of members.

    Members that others have added or removed since stay added or removed.
    """
    if not all(isinstance(each, (list, tuple)) for each in (before, after, present)):
        return None
    added = {each.id for each in after} - {each.id for each in before}
    removed = [each for each in before if each.id not in {other.id for other in after}]
    kept = [each for each in present if each.id not in added]
    return [*kept, *(each for each in removed if each.id not in {other.id for other in kept})]
